// Sorts any number of records by partition and key in bounded memory.
//
//   ExternalSorter sorter({.partitions = 16, .shards = 2, .memory_bytes = 512 << 20});
//   sorter.Add(shard, partition, key, value)...  sorter.FinishShard(shard)    // a shard by one thread each
//   sorter.PrepareMerge();
//   auto cursor = sorter.Merge(partition); while (cursor->Next(record)) ...   // partitions by any threads
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "push/record_layout.h"
#include "push/sort_buffer.h"
#include "push/spill.h"

namespace venice::push {

struct SorterOptions {
  int32_t partitions = 1;
  int shards = 1;
  int merge_threads = 1;             // that call Merge at once
  size_t memory_bytes = 512u << 20;  // of sort buffers and merge buffers together
  std::string temp_dir = "/tmp";
  int runs_max = 128;  // merged at once, and files open at once; more take further passes
};

// Records of one partition in order of key, then value. One thread.
class MergeCursor {
 public:
  // Advances; false at the end or on error. The bytes are valid until the next call.
  bool Next(RecordView& record);
  const Status& status() const { return status_; }
  // Whether all records are in memory: their bytes then stay valid as long as the sorter.
  bool stable() const { return stable_; }

 private:
  friend class ExternalSorter;
  // Of a sort buffer or of a run.
  struct Source {
    std::span<const SortBuffer::Entry> entries;
    std::unique_ptr<SpillReader> reader;
    RecordView record;
    bool Advance();
  };
  void AddSource(Source source);
  void SiftDown(size_t index);

  std::vector<Source> heap_;  // smallest record first
  bool started_ = false;
  bool stable_ = true;
  Status status_;
};

class ExternalSorter {
 public:
  explicit ExternalSorter(SorterOptions options);

  // Spills the shard's buffer when it is full. Errors: kDiskFull, kIo.
  Status Add(int shard, int32_t partition, std::string_view key, std::string_view value);
  // Sorts what the shard still holds; it stays in memory. No Add afterwards.
  void FinishShard(int shard);
  // After every FinishShard: merges runs while there are more than runs_max. Errors: kDiskFull, kIo, kCorruption.
  Status PrepareMerge();
  std::unique_ptr<MergeCursor> Merge(int32_t partition) const;

  uint64_t spilled_bytes() const { return spilled_bytes_; }
  int runs() const { return runs_made_; }
  int extra_passes() const { return extra_passes_; }

 private:
  struct Shard {
    explicit Shard(int32_t partitions, size_t bytes) : buffer(partitions, bytes) {}
    SortBuffer buffer;
  };
  Status Spill(Shard& shard);
  Status MergeRuns(size_t count);

  const SorterOptions options_;
  const size_t merge_bytes_;  // of all merge buffers
  std::vector<std::unique_ptr<Shard>> shards_;
  std::mutex mutex_;  // guards runs_ while shards are filled
  std::vector<std::shared_ptr<const SpillRun>> runs_;
  std::atomic<uint64_t> spilled_bytes_{0};
  std::atomic<int> runs_made_{0};
  int extra_passes_ = 0;
};

}  // namespace venice::push
