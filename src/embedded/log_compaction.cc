// Key compaction: of records with one key only the last stays. Sealed segments are read and written again one by one,
// without the partition's lock; the lock is held only to swap a segment for its cleaned form.
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/log.h"
#include "embedded/log_partition.h"

namespace venice::embedded {
namespace {

// Key -> last offset, in a fixed amount of memory. Keys are held as 128-bit hashes under a random seed.
class OffsetMap {
 public:
  explicit OffsetMap(size_t bytes_max) : seed_(std::random_device()()), slots_max_(bytes_max / sizeof(Slot)) {
    slots_.resize(std::min<size_t>(slots_max_, 1024));
  }

  // False when full: the key is not in, then.
  bool Put(std::string_view key, int64_t offset) {
    if ((count_ + 1) * 4 > slots_.size() * 3 && !Grow()) return false;
    Slot& slot = Probe(slots_, Hash(key));
    if (slot.offset < 0) {
      ++count_;
      slot.hash = Hash(key);
    }
    slot.offset = std::max(slot.offset, offset);
    return true;
  }

  // -1 when the key is unknown.
  int64_t Get(std::string_view key) const { return Probe(const_cast<std::vector<Slot>&>(slots_), Hash(key)).offset; }

 private:
  struct Slot {
    XXH128_hash_t hash{};
    int64_t offset = -1;
  };

  XXH128_hash_t Hash(std::string_view key) const { return XXH3_128bits_withSeed(key.data(), key.size(), seed_); }

  static Slot& Probe(std::vector<Slot>& slots, const XXH128_hash_t& hash) {
    for (size_t i = hash.low64 % slots.size();; i = i + 1 == slots.size() ? 0 : i + 1) {
      if (slots[i].offset < 0 || XXH128_isEqual(slots[i].hash, hash) != 0) return slots[i];
    }
  }

  bool Grow() {
    // Both tables stand side by side for a moment: the larger one gets two thirds.
    const size_t size = std::min(slots_.size() * 2, slots_max_ * 2 / 3);
    if (size <= slots_.size()) return false;
    std::vector<Slot> larger(size);
    for (const Slot& slot : slots_) {
      if (slot.offset >= 0) Probe(larger, slot.hash) = slot;
    }
    slots_ = std::move(larger);
    return true;
  }

  const uint64_t seed_;
  const size_t slots_max_;
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

Error Stopped() { return Error(ErrorCode::kCancelled, "stopping"); }

}  // namespace

struct PartitionLog::Cleaning {
  std::vector<std::shared_ptr<LogSegment>> segments;  // from the first, all sealed and old enough
  int64_t from = 0;                                   // everything before is compacted among itself
  int64_t to = 0;                                     // the map knows the keys of [from, to)
  int64_t now_ms = 0;
  int64_t delete_retention_ms = 0;
  std::unique_ptr<OffsetMap> last;
};

std::optional<PartitionLog::Cleaning> PartitionLog::PlanCleaning() const {
  const std::lock_guard lock(mutex_);
  if (deleted_ || !config_->cleanup_compact) return std::nullopt;
  Cleaning cleaning;
  cleaning.now_ms = clock_.WallMs();
  cleaning.from = std::max(compacted_to_, start_offset_);
  cleaning.delete_retention_ms = config_->delete_retention_ms;
  uint64_t clean_bytes = 0;
  uint64_t dirty_bytes = 0;
  bool overdue = false;
  for (size_t i = 0; i + 1 < segments_.size(); ++i) {
    const LogSegment& segment = *segments_[i];
    const int64_t age_ms = cleaning.now_ms - NewestMs(segment);
    if (segment.bytes() > 0 && config_->compaction_lag_ms_min > 0 && age_ms < config_->compaction_lag_ms_min) break;
    cleaning.segments.push_back(segments_[i]);
    if (segment.next_offset() <= cleaning.from) {
      clean_bytes += segment.bytes();
    } else {
      dirty_bytes += segment.bytes();
      overdue = overdue || age_ms >= config_->compaction_lag_ms_max;
    }
  }
  if (dirty_bytes == 0) return std::nullopt;
  const double ratio = static_cast<double>(dirty_bytes) / static_cast<double>(dirty_bytes + clean_bytes);
  if (!overdue && ratio < config_->dirty_ratio_min) return std::nullopt;
  return cleaning;
}

void PartitionLog::CompactIfDue(const std::atomic<bool>& stop) {
  std::optional<Cleaning> cleaning = PlanCleaning();
  if (!cleaning) return;
  const uint64_t bytes_before = bytes();
  const Status cleaned = Clean(*cleaning, stop);
  std::error_code ignored;
  std::filesystem::remove_all(options_.folder + "/cleaned", ignored);
  if (!cleaned.ok()) {
    if (cleaned.error().code() != ErrorCode::kCancelled) {
      LogError("log.compaction.failed", {{"folder", options_.folder}, {"error", cleaned.error().message()}});
    }
    return;
  }
  const std::lock_guard lock(mutex_);
  compacted_to_ = cleaning->to;
  if (deleted_) return;
  if (const Status written = WriteMarks(); !written.ok()) {
    LogError("log.marks.failed", {{"folder", options_.folder}, {"error", written.error().message()}});
  }
  LogInfo("log.compacted", {{"folder", options_.folder}, {"to_offset", cleaning->to}, {"bytes_before", bytes_before}});
}

Status PartitionLog::Clean(Cleaning& cleaning, const std::atomic<bool>& stop) {
  cleaning.last = std::make_unique<OffsetMap>(options_.compaction_memory_max);
  cleaning.to = cleaning.segments.back()->next_offset();
  bool full = false;
  for (const auto& segment : cleaning.segments) {
    if (segment->next_offset() <= cleaning.from || full) continue;
    VENICE_TRY(segment->ForEachBatch([&](const BatchHeader& header, std::string_view batch) -> Status {
      if (stop) return Stopped();
      if (full || header.next_offset() <= cleaning.from) return Ok();
      VENICE_ASSIGN(BatchReader reader, BatchReader::Open(batch));
      while (!full) {
        VENICE_ASSIGN(const std::optional<LogRecordView> record, reader.Next());
        if (!record) break;
        if (!record->key || record->offset < cleaning.from) continue;
        if (!cleaning.last->Put(*record->key, record->offset)) {
          full = true;
          cleaning.to = record->offset;
        }
      }
      return Ok();
    }));
  }
  for (const auto& segment : cleaning.segments) {
    if (segment->base_offset() >= cleaning.to) break;
    if (stop) return Stopped();
    VENICE_TRY(CleanSegment(cleaning, segment));
  }
  return Ok();
}

// What is left of one batch.
struct PartitionLog::CleanedBatch {
  std::vector<LogRecordView> kept;  // views into the reader
  bool changed = false;
  bool new_tombstone = false;  // kept now, gone after delete.retention.ms
};

Result<PartitionLog::CleanedBatch> PartitionLog::CleanBatch(const Cleaning& cleaning, BatchReader& reader) {
  const BatchHeader& header = reader.header();
  const bool horizon_passed = header.has_delete_horizon() && header.base_timestamp < cleaning.now_ms;
  CleanedBatch cleaned;
  while (true) {
    VENICE_ASSIGN(const std::optional<LogRecordView> record, reader.Next());
    if (!record) break;
    const bool decided = record->key.has_value() && record->offset < cleaning.to;
    const bool tombstone = decided && !record->value.has_value();
    if ((decided && cleaning.last->Get(*record->key) > record->offset) || (tombstone && horizon_passed)) {
      cleaned.changed = true;
      continue;
    }
    cleaned.new_tombstone = cleaned.new_tombstone || (tombstone && !header.has_delete_horizon());
    cleaned.kept.push_back(*record);
  }
  cleaned.changed = cleaned.changed || cleaned.new_tombstone;
  return cleaned;
}

Status PartitionLog::CleanSegment(const Cleaning& cleaning, const std::shared_ptr<LogSegment>& segment) {
  // Look first: a segment that stays as it is is not written again.
  bool changed = false;
  VENICE_TRY(segment->ForEachBatch([&](const BatchHeader&, std::string_view batch) -> Status {
    if (changed) return Ok();
    VENICE_ASSIGN(BatchReader reader, BatchReader::Open(batch));
    VENICE_ASSIGN(const CleanedBatch cleaned, CleanBatch(cleaning, reader));
    changed = cleaned.changed;
    return Ok();
  }));
  if (!changed) return Ok();
  auto output = std::make_shared<LogSegment>(options_.folder + "/cleaned", segment->base_offset());
  VENICE_TRY(segment->ForEachBatch([&](const BatchHeader& header, std::string_view batch) -> Status {
    VENICE_ASSIGN(BatchReader reader, BatchReader::Open(batch));
    VENICE_ASSIGN(const CleanedBatch cleaned, CleanBatch(cleaning, reader));
    if (!cleaned.changed) return output->Append(header, batch);
    if (cleaned.kept.empty()) return Ok();
    std::optional<int64_t> horizon;
    if (header.has_delete_horizon()) {
      horizon = header.base_timestamp;
    } else if (cleaned.new_tombstone) {
      horizon = cleaning.now_ms + std::min(cleaning.delete_retention_ms, INT64_MAX - cleaning.now_ms);
    }
    VENICE_ASSIGN(const std::string encoded, EncodeBatch(header, cleaned.kept, header.last_offset_delta, horizon));
    VENICE_ASSIGN(const BatchHeader new_header, ParseBatchHeader(encoded));
    return output->Append(new_header, encoded);
  }));
  output->RaiseNextOffset(segment->next_offset());
  VENICE_TRY(output->WriteIndex(segment->ReadCheckpoint(), true));
  return Replace(segment, output);
}

Status PartitionLog::Replace(const std::shared_ptr<LogSegment>& old_segment,
                             const std::shared_ptr<LogSegment>& cleaned) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(segments_.begin(), segments_.end(), old_segment);
  if (deleted_ || found == segments_.end()) return Ok();  // removed meanwhile
  // The first segment stays, also empty: its name is where the log starts, which compaction does not move.
  if (cleaned->bytes() == 0 && found != segments_.begin()) {
    (*found)->RemoveFiles();
    segments_.erase(found);
    return Ok();
  }
  VENICE_TRY(cleaned->MoveTo(options_.folder));
  *found = cleaned;
  return Ok();
}

}  // namespace venice::embedded
