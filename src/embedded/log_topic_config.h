// A topic's settings by Kafka's names, typed. One table says which exist, their defaults and bounds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::embedded {

struct LogTopicConfig {
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  int64_t retention_ms = 7LL * 24 * 3600 * 1000;  // -1: for ever
  int64_t retention_bytes = -1;                   // of one partition; -1: any
  int64_t segment_bytes = 64 << 20;
  int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  int64_t message_bytes_max = 1'048'588;  // of one batch
  int64_t compaction_lag_ms_min = 0;
  int64_t compaction_lag_ms_max = INT64_MAX;
  double dirty_ratio_min = 0.5;
  int64_t delete_retention_ms = 24LL * 3600 * 1000;
  bool log_append_time = false;

  // Errors: kInvalidArgument naming the setting and what it takes.
  Status Set(const std::string& name, const std::string& value);
  static Result<LogTopicConfig> From(const LogTopicConfig& defaults,
                                     const std::map<std::string, std::string>& settings);
};

enum class SettingType : uint8_t { kBoolean, kString, kInt, kLong, kDouble, kList };

struct TopicSetting {
  std::string_view name;
  SettingType type;
  std::string_view fallback;  // the default, as text
  bool effective;             // false: accepted, stored and shown, without effect on one node
  std::string_view text;
};

// Every setting that is known, in order of name; static storage.
const std::vector<TopicSetting>& TopicSettings();
const TopicSetting* FindTopicSetting(std::string_view name);

}  // namespace venice::embedded
