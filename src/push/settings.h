// What a push job is told: Venice's property names, or the flags of venice-push-job.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/result.h"

namespace venice::push {

enum class InputFormat : uint8_t { kAuto, kAvro, kJsonLines, kCsv };
std::string_view ToString(InputFormat format);                // "auto", "avro", "jsonl", "csv"
Result<InputFormat> ParseInputFormat(std::string_view name);  // Errors: kInvalidConfig

struct PushSettings {
  std::vector<std::string> controller_urls;
  std::string store;
  std::string input_path;  // a file, a folder or a glob; "#LATEST" stands for the lexically last sub-folder
  InputFormat format = InputFormat::kAuto;
  std::string key_field = "key";
  std::string value_field = "value";
  std::optional<int32_t> value_schema_id;  // JSON Lines and CSV; default: the newest registered
  char csv_delimiter = ',';
  bool allow_duplicate_keys = false;
  bool source_etl = false;  // unwrap a nullable value union; records with a null value are left out

  ByteSize memory = 1_GiB;  // of the whole job, roughly; at least kMemoryMin
  std::string temp_dir;     // of spilled data; empty: the system's
  int threads = 0;          // 0: one per core

  bool send_control_messages_directly = true;
  bool defer_version_swap = false;
  bool suppress_end_of_push = false;  // neither end of push nor polling
  std::chrono::milliseconds poll_interval{1'000};
  std::chrono::milliseconds unknown_state_timeout{30 * 60'000};
  std::optional<std::chrono::milliseconds> timeout;  // of the whole job; default: the store's bootstrap-to-online time
  int controller_attempts = 10;
  std::chrono::milliseconds controller_retry_interval{1'000};

  int zstd_level = 22;  // Venice's default: written once, read many times
  ByteSize dictionary_sample{200u << 20};
  ByteSize dictionary_bytes_max = 950_KiB;
  ByteSize record_bytes_max = 950_KiB;  // key and stored value of one record

  std::string execution_id = "unknown_exec_id";
  std::string execution_url = "failed_to_obtain_execution_url";
  std::optional<std::string> push_job_id;    // default: <start ms>_<execution url>
  std::map<std::string, std::string> kafka;  // the properties kafka.*, for the log's client
  std::vector<std::string> ignored;          // property names that this job has no use for

  // Errors: kInvalidConfig naming the property and what to write instead.
  Status Validate() const;
};

inline constexpr ByteSize kMemoryMin = 32_MiB;

// Unknown properties are listed in `ignored`, not refused: Venice's own files carry many that concern Hadoop or Spark.
// Errors: kInvalidConfig for a value that cannot be read. Does not call Validate: flags may still fill in.
Result<PushSettings> SettingsFromProperties(const std::map<std::string, std::string>& properties);

}  // namespace venice::push
