#include "embedded/log_topic_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace venice::embedded {
namespace {

Error Bad(std::string_view name, std::string_view value, std::string_view takes) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("Invalid value {} for configuration {}: it takes {}", value, name, takes));
}

Result<int64_t> Integer(std::string_view name, std::string_view value, int64_t min, int64_t max) {
  int64_t number = 0;
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (code != std::errc() || end != value.data() + value.size() || number < min || number > max) {
    return Bad(name, value, fmt::format("a number from {} to {}", min, max));
  }
  return number;
}

Result<double> Ratio(std::string_view name, const std::string& value) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number >= 0 && number <= 1)) return Bad(name, value, "a number from 0 to 1");
  return number;
}

bool OneOf(std::string_view value, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

constexpr int64_t kMax = INT64_MAX;

}  // namespace

const std::vector<TopicSetting>& TopicSettings() {
  using enum SettingType;
  static const std::vector<TopicSetting> settings = {
      {"cleanup.policy", kList, "delete", true, "delete, compact, or both: what happens to old records"},
      {"compression.type", kString, "producer", false, "kept as the producer sent it"},
      {"delete.retention.ms", kLong, "86400000", true, "how long tombstones stay after a compaction"},
      {"file.delete.delay.ms", kLong, "60000", false, "files go as soon as their last reader is done"},
      {"flush.messages", kLong, "9223372036854775807", false, "syncing is a setting of the server"},
      {"flush.ms", kLong, "9223372036854775807", false, "syncing is a setting of the server"},
      {"follower.replication.throttled.replicas", kList, "", false, "there are no followers"},
      {"index.interval.bytes", kInt, "65536", false, "fixed"},
      {"leader.replication.throttled.replicas", kList, "", false, "there are no followers"},
      {"max.compaction.lag.ms", kLong, "9223372036854775807", true, "a record is compacted after this time at most"},
      {"max.message.bytes", kInt, "1048588", true, "largest record batch"},
      {"message.format.version", kString, "3.0-IV1", false, "always format 2"},
      {"message.timestamp.after.max.ms", kLong, "9223372036854775807", false, "any timestamp is taken"},
      {"message.timestamp.before.max.ms", kLong, "9223372036854775807", false, "any timestamp is taken"},
      {"message.timestamp.difference.max.ms", kLong, "9223372036854775807", false, "any timestamp is taken"},
      {"message.timestamp.type", kString, "CreateTime", true, "CreateTime (the producer's) or LogAppendTime"},
      {"min.cleanable.dirty.ratio", kDouble, "0.5", true, "share of new bytes that starts a compaction"},
      {"min.compaction.lag.ms", kLong, "0", true, "younger records are not compacted"},
      {"min.insync.replicas", kInt, "1", false, "there is one replica, always in sync"},
      {"preallocate", kBoolean, "false", false, "files grow as they are written"},
      {"remote.storage.enable", kBoolean, "false", false, "there is no remote storage"},
      {"retention.bytes", kLong, "-1", true, "largest size of a partition; -1: any"},
      {"retention.ms", kLong, "604800000", true, "records older than this go; -1: none"},
      {"segment.bytes", kInt, "67108864", true, "size at which a new file is begun"},
      {"segment.index.bytes", kInt, "10485760", false, "indexes grow with their segment"},
      {"segment.jitter.ms", kLong, "0", false, "no jitter"},
      {"segment.ms", kLong, "604800000", true, "age at which a new file is begun"},
      {"unclean.leader.election.enable", kBoolean, "false", false, "there are no elections"},
  };
  return settings;
}

const TopicSetting* FindTopicSetting(std::string_view name) {
  const auto& settings = TopicSettings();
  const auto found = std::lower_bound(settings.begin(), settings.end(), name,
                                      [](const TopicSetting& setting, std::string_view n) { return setting.name < n; });
  return found != settings.end() && found->name == name ? &*found : nullptr;
}

Status LogTopicConfig::Set(const std::string& name, const std::string& value) {
  const TopicSetting* setting = FindTopicSetting(name);
  if (setting == nullptr) return Error(ErrorCode::kInvalidArgument, fmt::format("Unknown topic config name: {}", name));
  if (name == "cleanup.policy") {
    const bool both = OneOf(value, {"compact,delete", "delete,compact"});
    if (!both && !OneOf(value, {"compact", "delete"})) return Bad(name, value, "compact, delete or both");
    cleanup_compact = both || value == "compact";
    cleanup_delete = both || value == "delete";
    return Ok();
  }
  if (name == "message.timestamp.type") {
    if (!OneOf(value, {"CreateTime", "LogAppendTime"})) return Bad(name, value, "CreateTime or LogAppendTime");
    log_append_time = value == "LogAppendTime";
    return Ok();
  }
  if (name == "min.cleanable.dirty.ratio") {
    VENICE_ASSIGN(dirty_ratio_min, Ratio(name, value));
    return Ok();
  }
  struct Number {
    std::string_view name;
    int64_t LogTopicConfig::*field;
    int64_t min;
    int64_t max;
  };
  static constexpr Number kNumbers[] = {
      {"retention.ms", &LogTopicConfig::retention_ms, -1, kMax},
      {"retention.bytes", &LogTopicConfig::retention_bytes, -1, kMax},
      {"segment.bytes", &LogTopicConfig::segment_bytes, 14, INT32_MAX},
      {"segment.ms", &LogTopicConfig::segment_ms, 1, kMax},
      {"max.message.bytes", &LogTopicConfig::message_bytes_max, 0, INT32_MAX},
      {"min.compaction.lag.ms", &LogTopicConfig::compaction_lag_ms_min, 0, kMax},
      {"max.compaction.lag.ms", &LogTopicConfig::compaction_lag_ms_max, 1, kMax},
      {"delete.retention.ms", &LogTopicConfig::delete_retention_ms, 0, kMax},
  };
  for (const Number& number : kNumbers) {
    if (number.name != name) continue;
    VENICE_ASSIGN(this->*number.field, Integer(name, value, number.min, number.max));
    return Ok();
  }
  // Without effect, but a value of the wrong type is still the user's mistake.
  if (setting->type == SettingType::kInt)
    VENICE_TRY(Integer(name, value, name == "min.insync.replicas" ? 1 : 0, INT32_MAX));
  if (setting->type == SettingType::kLong) VENICE_TRY(Integer(name, value, 0, kMax));
  if (setting->type == SettingType::kBoolean && !OneOf(value, {"true", "false"}))
    return Bad(name, value, "true or false");
  return Ok();
}

Result<LogTopicConfig> LogTopicConfig::From(const LogTopicConfig& defaults,
                                            const std::map<std::string, std::string>& settings) {
  LogTopicConfig config = defaults;
  for (const auto& [name, value] : settings) VENICE_TRY(config.Set(name, value));
  return config;
}

}  // namespace venice::embedded
