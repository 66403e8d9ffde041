// What a running push tells: for people (push/progress_printer.h) and for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/compression.h"
#include "protocol/content_digest.h"

namespace venice::push {

enum class Stage : uint8_t {
  kPreparing,  // asking the controller, looking at the input
  kReading,    // reading, slicing, partitioning, sorting, spilling
  kWriting,    // merging and producing to the version topic
  kIngesting,  // servers load the version
  kDone,
};
std::string_view ToString(Stage stage);  // "preparing", "reading", ...

struct Progress {
  Stage stage = Stage::kPreparing;
  uint64_t records = 0;  // of this stage
  uint64_t bytes = 0;    // of this stage: input bytes, key and value bytes, or none
  double fraction = 0;   // done of this stage, 0 to 1; negative: not known
  double bytes_per_second = 0;
  double records_per_second = 0;
  std::chrono::milliseconds elapsed{0};     // of this stage
  std::chrono::milliseconds remaining{-1};  // of this stage, estimated; negative: not known
  std::string detail;                       // "12 of 16 partitions", "store profiles, 3 files, 1.2 GiB"
};

// Called on the thread of PushJob::Run, a few times per second and at each change of stage.
using ProgressCallback = std::function<void(const Progress&)>;

struct PushSummary {
  std::string store;
  std::string cluster;
  std::string topic;
  std::string push_job_id;
  int32_t version = 0;
  int32_t partitions = 0;
  int32_t value_schema_id = 0;
  std::string status;   // the controller's last word: "COMPLETED", ...
  bool online = false;  // the version serves (false: deferred or suppressed)
  size_t files = 0;
  uint64_t input_bytes = 0;
  uint64_t records_read = 0;
  uint64_t records_written = 0;
  uint64_t duplicates_identical = 0;   // same key, same value: written once
  uint64_t duplicates_dropped = 0;     // same key, another value; only when duplicates are allowed
  uint64_t records_without_value = 0;  // null value of an ETL input
  uint64_t records_too_large = 0;      // > 0 only in a failed push
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;         // before compression
  uint64_t value_bytes_stored = 0;  // as sent
  uint64_t largest_value_bytes = 0;
  protocol::CompressionStrategy compression = protocol::CompressionStrategy::kNoOp;
  size_t dictionary_bytes = 0;
  uint64_t spilled_bytes = 0;
  int sorted_runs = 0;
  int merge_passes = 0;                            // beyond the final one
  std::vector<protocol::PartitionDigest> digests;  // as sent with the end of push
  std::chrono::milliseconds reading{0};
  std::chrono::milliseconds writing{0};
  std::chrono::milliseconds ingesting{0};
  std::chrono::milliseconds total{0};

  std::string ToJson() const;  // one object, for --json
};

}  // namespace venice::push
