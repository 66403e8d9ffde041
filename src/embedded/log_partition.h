// One partition: segments in offset order, appended at the end, cut at the front, compacted between.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "embedded/log_producer_state.h"
#include "embedded/log_segment.h"
#include "embedded/log_topic_config.h"

namespace venice::embedded {

enum class AppendOutcome : uint8_t {
  kAppended,
  kDuplicate,     // stored before; base_offset says where
  kOldDuplicate,  // stored before, longer ago than is remembered
  kOutOfOrderSequence,
  kStaleProducerEpoch,
  kCorrupt,            // CRC, or not a batch
  kInvalidRecord,      // counts that do not agree, a control batch, a compacted topic's record without key
  kUnsupportedFormat,  // magic 0 or 1
  kTooLarge,           // beyond max.message.bytes
  kDeleted,
  kDiskFull,  // what is left is kept for bookkeeping and deletion
  kIoError,
};

struct AppendResult {
  AppendOutcome outcome = AppendOutcome::kIoError;
  int64_t base_offset = -1;
  int64_t append_time_ms = -1;  // when the log stamps records
  int64_t start_offset = 0;
  std::string message;
};

// A piece of a segment file: whole batches.
struct LogSlice {
  std::shared_ptr<LogFile> file;  // null when empty
  uint64_t position = 0;
  size_t bytes = 0;
};

struct ReadResult {
  bool out_of_range = false;
  LogSlice slice;
  int64_t start_offset = 0;
  int64_t end_offset = 0;  // what readers may see: the high watermark
};

struct TimedOffset {
  int64_t offset = -1;
  int64_t timestamp_ms = -1;
};

// Thread-safe. Locks are held across writes and reads of its own files, not across compaction.
class PartitionLog {
 public:
  struct Options {
    std::string folder;
    std::shared_ptr<const LogTopicConfig> config;
    bool hold_back_unsynced = false;
    size_t compaction_memory_max = 64u << 20;
  };

  // Recovers the folder; a missing folder is an empty partition and is created at the first append.
  static Result<std::shared_ptr<PartitionLog>> Open(Options options, const Clock& clock);

  // One batch, exactly; its base offset is patched in place. `sequence_as` (tests only): the header whose producer
  // fields count for deduplication when the batch was altered on its way.
  AppendResult Append(char* batch, size_t bytes, const BatchHeader* sequence_as = nullptr);

  // From the batch that holds `offset`, whole batches up to `bytes_max`, at least one when there is any and
  // `at_least_one`. Errors: kIo, kCorruption.
  Result<ReadResult> Read(int64_t offset, size_t bytes_max, bool at_least_one = true) const;

  int64_t start_offset() const;
  int64_t end_offset() const;  // what readers may see
  uint64_t bytes() const;

  // First record with a timestamp at or after; nullopt when there is none.
  Result<std::optional<TimedOffset>> FindTime(int64_t timestamp_ms) const;
  Result<std::optional<TimedOffset>> FindMaxTime() const;

  // Makes everything appended durable and visible.
  Status Sync();
  // Records before `offset` are gone; -1: all. Errors: kInvalidArgument beyond the end.
  Result<int64_t> DeleteRecordsBefore(int64_t offset);

  void SetConfig(std::shared_ptr<const LogTopicConfig> config);
  // Retention and rolling, then compaction, then recovery points.
  void RunMaintenance(const std::atomic<bool>& stop);
  void Close();        // writes a checkpoint
  void MarkDeleted();  // appends fail from now on

 private:
  PartitionLog(Options options, const Clock& clock);
  Status Recover();
  Status LoadSegments(const std::vector<int64_t>& bases);

  // The caller holds mutex_.
  AppendOutcome CheckLocked(const BatchHeader& header, std::string_view batch, std::string& message) const;
  Status RollIfDue(size_t incoming_bytes);
  Status Roll();
  Status SyncLocked();
  void ExpireLocked();
  void RemoveFirstSegments(size_t count);
  Status WriteMarks() const;
  int64_t NewestMs(const LogSegment& segment) const;
  LogSegment& active() const { return *segments_.back(); }

  void SyncSealedSegments();

  // log_compaction.cc
  struct Cleaning;
  struct CleanedBatch;
  void CompactIfDue(const std::atomic<bool>& stop);
  std::optional<Cleaning> PlanCleaning() const;
  Status Clean(Cleaning& cleaning, const std::atomic<bool>& stop);
  static Result<CleanedBatch> CleanBatch(const Cleaning& cleaning, BatchReader& reader);
  Status CleanSegment(const Cleaning& cleaning, const std::shared_ptr<LogSegment>& segment);
  Status Replace(const std::shared_ptr<LogSegment>& old_segment, const std::shared_ptr<LogSegment>& cleaned);

  const Options options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const LogTopicConfig> config_;
  std::vector<std::shared_ptr<LogSegment>> segments_;  // never empty; the last takes appends
  ProducerState producers_;
  int64_t start_offset_ = 0;
  int64_t visible_end_ = 0;
  uint64_t visible_bytes_ = 0;   // of the last segment
  int64_t active_since_ms_ = 0;  // first append of the last segment
  int64_t compacted_to_ = 0;     // everything before has been through a compaction
  bool unsynced_ = false;
  bool failed_ = false;  // a sync failed: what the disk holds is unknown
  bool deleted_ = false;
};

}  // namespace venice::embedded
