#include "embedded/log_partition.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "base/properties.h"

namespace venice::embedded {
namespace {

// Unindexed bytes after which the index of the growing segment is written again: what a start after a crash must scan.
constexpr uint64_t kCheckpointBytes = 16u << 20;

Result<std::vector<int64_t>> SegmentBases(const std::string& folder) {
  std::vector<int64_t> bases;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.ends_with(".log")) continue;
    int64_t base = -1;
    std::from_chars(name.data(), name.data() + name.size(), base);
    if (base < 0 || SegmentName(base) + ".log" != name) continue;
    bases.push_back(base);
  }
  if (error) return ErrnoError("cannot list " + folder, error.value());
  std::sort(bases.begin(), bases.end());
  return bases;
}

}  // namespace

PartitionLog::PartitionLog(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), config_(options_.config) {}

Result<std::shared_ptr<PartitionLog>> PartitionLog::Open(Options options, const Clock& clock) {
  const std::string folder = options.folder;
  std::shared_ptr<PartitionLog> log(new PartitionLog(std::move(options), clock));
  if (const Status recovered = log->Recover(); !recovered.ok())
    return Error(recovered.error()).In("partition " + folder);
  return log;
}

Status PartitionLog::Recover() {
  std::vector<int64_t> bases;
  if (std::filesystem::exists(options_.folder)) {
    std::error_code ignored;
    std::filesystem::remove_all(options_.folder + "/cleaned", ignored);
    VENICE_ASSIGN(bases, SegmentBases(options_.folder));
  }
  VENICE_TRY(LoadSegments(bases));
  if (segments_.empty()) segments_.push_back(std::make_shared<LogSegment>(options_.folder, 0));
  start_offset_ = segments_.front()->base_offset();
  if (const auto marks = ReadFile(options_.folder + "/marks"); marks.ok()) {
    if (const auto values = ParseProperties(*marks); values.ok()) {
      auto number = [&](const char* name) {
        const auto found = values->find(name);
        return found == values->end() ? int64_t{0} : std::strtoll(found->second.c_str(), nullptr, 10);
      };
      start_offset_ = std::clamp<int64_t>(number("start"), start_offset_, active().next_offset());
      compacted_to_ = number("compacted");
    }
  }
  visible_end_ = active().next_offset();
  visible_bytes_ = active().bytes();
  active_since_ms_ = clock_.WallMs();
  if (active().bytes() > 0) {
    VENICE_ASSIGN(const auto first, active().Find(active().base_offset()));
    if (first) active_since_ms_ = std::clamp<int64_t>(first->header.max_timestamp, 0, active_since_ms_);
  }
  return Ok();
}

Status PartitionLog::LoadSegments(const std::vector<int64_t>& bases) {
  bool damaged = false;
  for (const int64_t base : bases) {
    if (damaged || (!segments_.empty() && base < segments_.back()->next_offset())) {
      LogWarning("log.segment.dropped", {{"folder", options_.folder}, {"base_offset", base}});
      LogSegment(options_.folder, base).RemoveFiles();
      continue;
    }
    VENICE_ASSIGN(LogSegment::Recovered recovered, LogSegment::Recover(options_.folder, base));
    if (recovered.checkpoint) {
      auto state = ProducerState::Decode(*recovered.checkpoint);
      producers_ = state.ok() ? std::move(*state) : ProducerState();
    }
    for (const BatchHeader& header : recovered.scanned) producers_.Add(header, clock_.WallMs());
    segments_.push_back(std::move(recovered.segment));
    if (recovered.lost_bytes > 0) {
      LogWarning("log.tail.cut", {{"file", segments_.back()->log_path()},
                                  {"bytes", recovered.lost_bytes},
                                  {"next_offset", segments_.back()->next_offset()}});
      damaged = true;  // what follows a hole is not a log
    }
  }
  return Ok();
}

AppendOutcome PartitionLog::CheckLocked(const BatchHeader& header, std::string_view batch, std::string& message) const {
  using enum AppendOutcome;
  if (static_cast<int64_t>(batch.size()) > config_->message_bytes_max) {
    message = fmt::format("batch of {} bytes is beyond max.message.bytes={}: send smaller batches or raise the setting",
                          batch.size(), config_->message_bytes_max);
    return kTooLarge;
  }
  if (header.transactional() || header.control()) {
    message = "transactions are not supported";
    return kInvalidRecord;
  }
  if (header.record_count == 0 || header.record_count != header.last_offset_delta + 1) {
    message = "record count and last offset delta of the batch do not agree";
    return kInvalidRecord;
  }
  if (!config_->cleanup_compact) return kAppended;
  auto reader = BatchReader::Open(batch);
  while (reader.ok()) {
    const auto record = reader->Next();
    if (!record.ok()) break;
    if (!*record) return kAppended;
    if (!(*record)->key) {
      message = "a record without key was sent to a compacted topic";
      return kInvalidRecord;
    }
  }
  message = "the records of the batch do not decode";
  return kCorrupt;
}

AppendResult PartitionLog::Append(char* batch, size_t bytes, const BatchHeader* sequence_as) {
  AppendResult result;
  auto refuse = [&result](AppendOutcome outcome, std::string message) {
    result.outcome = outcome;
    result.message = std::move(message);
    return result;
  };
  const std::string_view view(batch, bytes);
  auto checked = CheckBatch(view);
  if (!checked.ok()) {
    const bool old_format = checked.error().code() == ErrorCode::kUnsupported;
    return refuse(old_format ? AppendOutcome::kUnsupportedFormat : AppendOutcome::kCorrupt, checked.error().message());
  }
  BatchHeader header = *checked;
  BatchHeader sequence = sequence_as != nullptr ? *sequence_as : header;

  const std::lock_guard lock(mutex_);
  result.start_offset = start_offset_;
  if (deleted_) return refuse(AppendOutcome::kDeleted, "the topic is deleted");
  if (failed_) return refuse(AppendOutcome::kIoError, "an earlier sync of this partition failed; restart to recover");
  const AppendOutcome outcome = CheckLocked(header, view, result.message);
  if (outcome != AppendOutcome::kAppended) return refuse(outcome, std::move(result.message));
  const ProducerState::Answer answer = producers_.Check(sequence);
  switch (answer.verdict) {
    case ProducerState::Verdict::kAccept:
      break;
    case ProducerState::Verdict::kDuplicate:
      result.base_offset = answer.base_offset;
      result.append_time_ms = answer.timestamp_ms;
      return refuse(AppendOutcome::kDuplicate, "");
    case ProducerState::Verdict::kOldDuplicate:
      return refuse(AppendOutcome::kOldDuplicate, "stored long before");
    case ProducerState::Verdict::kOutOfOrder:
      return refuse(AppendOutcome::kOutOfOrderSequence, "the batch does not follow the producer's last one");
    case ProducerState::Verdict::kStaleEpoch:
      return refuse(AppendOutcome::kStaleProducerEpoch, "a newer producer has the same id");
  }

  if (const Status rolled = RollIfDue(bytes); !rolled.ok())
    return refuse(AppendOutcome::kIoError, rolled.error().message());
  const int64_t now_ms = clock_.WallMs();
  if (config_->log_append_time) {
    StampAppendTime(batch, bytes, now_ms);
    result.append_time_ms = now_ms;
  }
  PatchBaseOffset(batch, active().next_offset());
  header = *ParseBatchHeader(view);
  if (active().bytes() == 0) active_since_ms_ = now_ms;
  if (const Status written = active().Append(header, view); !written.ok()) {
    return refuse(AppendOutcome::kIoError, written.error().message());
  }
  sequence.base_offset = header.base_offset;
  producers_.Add(sequence, now_ms);
  unsynced_ = true;
  if (!options_.hold_back_unsynced) {
    visible_end_ = active().next_offset();
    visible_bytes_ = active().bytes();
  }
  result.outcome = AppendOutcome::kAppended;
  result.base_offset = header.base_offset;
  return result;
}

Status PartitionLog::RollIfDue(size_t incoming_bytes) {
  const LogSegment& segment = active();
  if (segment.bytes() == 0) return Ok();
  const bool full = segment.bytes() + incoming_bytes > static_cast<uint64_t>(config_->segment_bytes);
  const bool old = clock_.WallMs() - active_since_ms_ >= config_->segment_ms;
  const bool wide = segment.next_offset() - segment.base_offset() > INT32_MAX;  // the index holds 32-bit deltas
  return full || old || wide ? Roll() : Ok();
}

Status PartitionLog::Roll() {
  if (options_.hold_back_unsynced) VENICE_TRY(SyncLocked());
  VENICE_TRY(active().WriteIndex(producers_.Encode(), false));
  auto next = std::make_shared<LogSegment>(options_.folder, active().next_offset());
  VENICE_TRY(next->CreateFile());
  segments_.push_back(std::move(next));
  visible_bytes_ = 0;
  active_since_ms_ = clock_.WallMs();
  return Ok();
}

Status PartitionLog::SyncLocked() {
  if (failed_) return Error(ErrorCode::kIo, "an earlier sync of " + options_.folder + " failed");
  if (unsynced_ && active().file() != nullptr) {
    Status synced = active().file()->Sync();
    // A file that is new must also be found again.
    if (synced.ok() && visible_bytes_ == 0) synced = SyncDirectory(options_.folder);
    if (!synced.ok()) {
      failed_ = true;
      return synced;
    }
  }
  unsynced_ = false;
  visible_end_ = active().next_offset();
  visible_bytes_ = active().bytes();
  return Ok();
}

Status PartitionLog::Sync() {
  const std::lock_guard lock(mutex_);
  return SyncLocked();
}

Result<ReadResult> PartitionLog::Read(int64_t offset, size_t bytes_max, bool at_least_one) const {
  const std::lock_guard lock(mutex_);
  ReadResult result;
  result.start_offset = start_offset_;
  result.end_offset = visible_end_;
  result.out_of_range = offset < start_offset_ || offset > visible_end_;
  if (result.out_of_range || offset == visible_end_) return result;
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                      [](int64_t o, const auto& segment) { return o < segment->base_offset(); });
  for (auto it = after == segments_.begin() ? after : std::prev(after); it != segments_.end(); ++it) {
    const LogSegment& segment = **it;
    VENICE_ASSIGN(const std::optional<LogSegment::Place> place, segment.Find(offset));
    if (!place) continue;
    const uint64_t end = &segment == segments_.back().get() ? visible_bytes_ : segment.bytes();
    if (place->position + place->batch_bytes > end) return result;
    uint64_t stop = place->position + place->batch_bytes;
    if (place->batch_bytes > bytes_max) {
      if (!at_least_one) return result;
    } else {
      VENICE_ASSIGN(stop, segment.LastBatchEnd(stop, std::min<uint64_t>(end, place->position + bytes_max)));
    }
    result.slice = {segment.file(), place->position, static_cast<size_t>(stop - place->position)};
    return result;
  }
  return result;
}

int64_t PartitionLog::start_offset() const {
  const std::lock_guard lock(mutex_);
  return start_offset_;
}

int64_t PartitionLog::end_offset() const {
  const std::lock_guard lock(mutex_);
  return visible_end_;
}

uint64_t PartitionLog::bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t total = 0;
  for (const auto& segment : segments_) total += segment->bytes();
  return total;
}

Result<std::optional<TimedOffset>> PartitionLog::FindTime(int64_t timestamp_ms) const {
  const std::lock_guard lock(mutex_);
  for (const auto& segment : segments_) {
    int64_t from = start_offset_;
    while (true) {
      VENICE_ASSIGN(const std::optional<LogSegment::Place> place, segment->FindTime(timestamp_ms, from));
      if (!place || place->header.base_offset >= visible_end_) break;
      VENICE_ASSIGN(const std::string batch, segment->ReadBatch(*place));
      VENICE_ASSIGN(BatchReader reader, BatchReader::Open(batch));
      while (true) {
        VENICE_ASSIGN(const std::optional<LogRecordView> record, reader.Next());
        if (!record) break;
        if (record->timestamp_ms >= timestamp_ms && record->offset >= start_offset_) {
          return std::optional<TimedOffset>(TimedOffset{record->offset, record->timestamp_ms});
        }
      }
      from = place->header.next_offset();
    }
  }
  return std::optional<TimedOffset>();
}

Result<std::optional<TimedOffset>> PartitionLog::FindMaxTime() const {
  int64_t newest = -1;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& segment : segments_) newest = std::max(newest, segment->timestamp_ms_max());
  }
  if (newest < 0) return std::optional<TimedOffset>();
  return FindTime(newest);
}

Result<int64_t> PartitionLog::DeleteRecordsBefore(int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (offset == -1) offset = visible_end_;
  if (offset < 0 || offset > visible_end_) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("offset {} is beyond the end {}", offset, visible_end_));
  }
  if (offset > start_offset_) {
    start_offset_ = offset;
    VENICE_TRY(WriteMarks());
  }
  return start_offset_;
}

Status PartitionLog::WriteMarks() const {
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  return WriteFileDurably(options_.folder + "/marks",
                          fmt::format("start={}\ncompacted={}\n", start_offset_, compacted_to_));
}

void PartitionLog::SetConfig(std::shared_ptr<const LogTopicConfig> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

int64_t PartitionLog::NewestMs(const LogSegment& segment) const {
  return segment.timestamp_ms_max() >= 0 ? segment.timestamp_ms_max() : segment.ModifiedMs();
}

void PartitionLog::RunMaintenance(const std::atomic<bool>& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (deleted_) return;
    ExpireLocked();
    const int64_t age_max = std::min(config_->segment_ms, config_->compaction_lag_ms_max);
    if (config_->cleanup_compact && active().bytes() > 0 && clock_.WallMs() - active_since_ms_ >= age_max) {
      if (const Status rolled = Roll(); !rolled.ok()) {
        LogError("log.roll.failed", {{"folder", options_.folder}, {"error", rolled.error().message()}});
      }
    }
    if (active().bytes() >= active().indexed_bytes() + kCheckpointBytes) {
      if (const Status written = active().WriteIndex(producers_.Encode(), false); !written.ok()) {
        LogError("log.checkpoint.failed", {{"folder", options_.folder}, {"error", written.error().message()}});
      }
    }
  }
  CompactIfDue(stop);
  if (!stop) SyncSealedSegments();
}

void PartitionLog::ExpireLocked() {
  const int64_t now_ms = clock_.WallMs();
  auto expired = [&](const LogSegment& segment) {
    return config_->cleanup_delete && config_->retention_ms >= 0 && segment.bytes() > 0 &&
           now_ms - NewestMs(segment) > config_->retention_ms;
  };
  if (expired(active()) || (active().bytes() > 0 && start_offset_ >= active().next_offset())) {
    if (!Roll().ok()) return;
  }
  uint64_t total = 0;
  for (const auto& segment : segments_) total += segment->bytes();
  size_t count = 0;
  while (count + 1 < segments_.size()) {
    const LogSegment& segment = *segments_[count];
    const bool deleted = segments_[count + 1]->base_offset() <= start_offset_;
    const bool too_much = config_->cleanup_delete && config_->retention_bytes >= 0 &&
                          total - segment.bytes() >= static_cast<uint64_t>(config_->retention_bytes);
    // An emptied segment says nothing about age; it goes with what follows it.
    if (!deleted && !too_much && !expired(segment)) break;
    total -= segment.bytes();
    ++count;
  }
  if (count > 0) RemoveFirstSegments(count);
}

void PartitionLog::RemoveFirstSegments(size_t count) {
  // The index carries the producer state, which the removed segments may be the only other place of.
  if (const Status written = active().WriteIndex(producers_.Encode(), false); !written.ok()) {
    LogError("log.checkpoint.failed", {{"folder", options_.folder}, {"error", written.error().message()}});
    return;
  }
  LogInfo("log.segments.removed",
          {{"folder", options_.folder}, {"segments", count}, {"start_offset", segments_[count]->base_offset()}});
  for (size_t i = 0; i < count; ++i) segments_[i]->RemoveFiles();
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(count));
  start_offset_ = std::max(start_offset_, segments_.front()->base_offset());
}

void PartitionLog::SyncSealedSegments() {
  std::vector<std::shared_ptr<LogSegment>> sealed;
  {
    const std::lock_guard lock(mutex_);
    if (deleted_) return;
    for (size_t i = 0; i + 1 < segments_.size(); ++i) {
      if (!segments_[i]->synced() && segments_[i]->file() != nullptr) sealed.push_back(segments_[i]);
    }
  }
  for (const auto& segment : sealed) {
    const std::string checkpoint = segment->ReadCheckpoint();
    if (const Status synced = segment->file()->Sync(); !synced.ok()) return;
    const std::lock_guard lock(mutex_);
    if (deleted_ || std::find(segments_.begin(), segments_.end(), segment) == segments_.end()) continue;
    if (const Status written = segment->WriteIndex(checkpoint, true); !written.ok()) {
      LogError("log.checkpoint.failed", {{"folder", options_.folder}, {"error", written.error().message()}});
      return;
    }
  }
}

void PartitionLog::Close() {
  const std::lock_guard lock(mutex_);
  if (deleted_ || active().file() == nullptr || active().indexed_bytes() == active().bytes()) return;
  if (const Status written = active().WriteIndex(producers_.Encode(), options_.hold_back_unsynced); !written.ok()) {
    LogError("log.checkpoint.failed", {{"folder", options_.folder}, {"error", written.error().message()}});
  }
}

void PartitionLog::MarkDeleted() {
  const std::lock_guard lock(mutex_);
  deleted_ = true;
}

}  // namespace venice::embedded
