#include "push/external_sorter.h"

#include <algorithm>

#include "base/check.h"

namespace venice::push {
namespace {

// Sorted entries lead to records anywhere in memory: without this, waiting for them is most of a merge.
constexpr size_t kPrefetchAhead = 8;
constexpr size_t kReadBufferMin = 16 << 10;
constexpr size_t kReadBufferMax = 4 << 20;
constexpr size_t kWriteBuffer = 1 << 20;

}  // namespace

bool MergeCursor::Source::Advance() {
  if (reader != nullptr) return reader->Next(record);
  if (entries.empty()) return false;
  if (entries.size() > kPrefetchAhead) PrefetchRecord(entries[kPrefetchAhead].record);
  const char* at = entries.front().record;
  record = {RecordKey(at), RecordValue(at)};
  entries = entries.subspan(1);
  return true;
}

void MergeCursor::AddSource(Source source) {
  stable_ = stable_ && source.reader == nullptr;
  if (source.Advance()) {
    heap_.push_back(std::move(source));
  } else if (source.reader != nullptr && !source.reader->status().ok()) {
    status_ = source.reader->status();
  }
}

void MergeCursor::SiftDown(size_t index) {
  while (true) {
    size_t smallest = index;
    for (size_t child = 2 * index + 1; child <= 2 * index + 2 && child < heap_.size(); ++child) {
      if (Compare(heap_[child].record, heap_[smallest].record) < 0) smallest = child;
    }
    if (smallest == index) return;
    std::swap(heap_[index], heap_[smallest]);
    index = smallest;
  }
}

bool MergeCursor::Next(RecordView& record) {
  if (!status_.ok()) return false;
  if (!started_) {
    started_ = true;
    for (size_t i = heap_.size() / 2; i-- > 0;) SiftDown(i);
  } else if (!heap_.empty()) {
    Source& top = heap_.front();
    if (!top.Advance()) {
      if (top.reader != nullptr && !top.reader->status().ok()) {
        status_ = top.reader->status();
        return false;
      }
      std::swap(top, heap_.back());
      heap_.pop_back();
    }
    SiftDown(0);
  }
  if (heap_.empty()) return false;
  record = heap_.front().record;
  return true;
}

ExternalSorter::ExternalSorter(SorterOptions options)
    : options_(std::move(options)), merge_bytes_(options_.memory_bytes / 8) {
  VENICE_CHECK(options_.shards >= 1 && options_.partitions >= 1 && options_.runs_max >= 2);
  const size_t shard_bytes = (options_.memory_bytes - merge_bytes_) / static_cast<size_t>(options_.shards);
  for (int i = 0; i < options_.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(options_.partitions, shard_bytes));
  }
}

Status ExternalSorter::Add(int shard, int32_t partition, std::string_view key, std::string_view value) {
  Shard& own = *shards_[static_cast<size_t>(shard)];
  if (own.buffer.Add(partition, key, value)) [[likely]]
    return Ok();
  VENICE_TRY(Spill(own));
  VENICE_CHECK(own.buffer.Add(partition, key, value));
  return Ok();
}

Status ExternalSorter::Spill(Shard& shard) {
  shard.buffer.Sort();
  VENICE_ASSIGN(SpillWriter writer, SpillWriter::Create(options_.temp_dir, options_.partitions, kWriteBuffer));
  for (int32_t partition = 0; partition < options_.partitions; ++partition) {
    const auto entries = shard.buffer.partition(partition);
    if (entries.empty()) continue;
    writer.StartPartition(partition);
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i + kPrefetchAhead < entries.size()) PrefetchRecord(entries[i + kPrefetchAhead].record);
      VENICE_TRY(writer.Add({RecordKey(entries[i].record), RecordValue(entries[i].record)}));
    }
  }
  VENICE_ASSIGN(auto run, writer.Finish());
  shard.buffer.Clear();
  spilled_bytes_ += run->bytes();
  ++runs_made_;
  // Open files are bounded: the thread that finds too many merges them while the others go on.
  const std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
  if (runs_.size() >= static_cast<size_t>(options_.runs_max) * 2)
    return MergeRuns(static_cast<size_t>(options_.runs_max));
  return Ok();
}

void ExternalSorter::FinishShard(int shard) { shards_[static_cast<size_t>(shard)]->buffer.Sort(); }

// The first `count` runs become one, which goes to the end of the list.
Status ExternalSorter::MergeRuns(size_t count) {
  const size_t buffer_bytes = std::clamp(merge_bytes_ / (count + 1), kReadBufferMin, kReadBufferMax);
  VENICE_ASSIGN(SpillWriter writer, SpillWriter::Create(options_.temp_dir, options_.partitions, kWriteBuffer));
  for (int32_t partition = 0; partition < options_.partitions; ++partition) {
    MergeCursor cursor;
    for (size_t i = 0; i < count; ++i) {
      if (runs_[i]->section(partition).bytes == 0) continue;
      cursor.AddSource({.reader = std::make_unique<SpillReader>(runs_[i], partition, buffer_bytes)});
    }
    writer.StartPartition(partition);
    RecordView record;
    while (cursor.Next(record)) VENICE_TRY(writer.Add(record));
    VENICE_TRY(cursor.status());
  }
  VENICE_ASSIGN(auto merged, writer.Finish());
  spilled_bytes_ += merged->bytes();
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<ptrdiff_t>(count));
  runs_.push_back(std::move(merged));
  ++extra_passes_;
  return Ok();
}

Status ExternalSorter::PrepareMerge() {
  const std::lock_guard lock(mutex_);
  const auto runs_max = static_cast<size_t>(options_.runs_max);
  while (runs_.size() > runs_max) VENICE_TRY(MergeRuns(std::min(runs_max, runs_.size() - runs_max + 1)));
  return Ok();
}

std::unique_ptr<MergeCursor> ExternalSorter::Merge(int32_t partition) const {
  auto cursor = std::make_unique<MergeCursor>();
  const size_t readers = runs_.size() * static_cast<size_t>(std::max(1, options_.merge_threads));
  const size_t buffer_bytes = std::clamp(merge_bytes_ / (readers + 1), kReadBufferMin, kReadBufferMax);
  for (const auto& run : runs_) {
    if (run->section(partition).bytes == 0) continue;
    cursor->AddSource({.reader = std::make_unique<SpillReader>(run, partition, buffer_bytes)});
  }
  for (const auto& shard : shards_) {
    if (const auto entries = shard->buffer.partition(partition); !entries.empty()) {
      cursor->AddSource({.entries = entries});
    }
  }
  return cursor;
}

}  // namespace venice::push
