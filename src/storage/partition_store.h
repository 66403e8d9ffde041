// The data of one partition of one store version on this host, with the checkpoint of how far it has been filled.
//
// A partition is filled in one of two ways:
//   sorted batch   BeginBatch, PutSorted..., Checkpoint..., EndBatch: straight into table files, readable from EndBatch
//   on writes         BeginWrites, Put/Delete..., Commit, Checkpoint: readable from Commit on; also what follows
//   EndBatch
//
// A checkpoint is the caller's bytes (position, validation state, digest). It is durable together with exactly the data
// written before it: after kill -9 the partition reopens with the last checkpoint, at least the data it covers, and in
// a sorted batch not one record more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::storage {

// A value read, kept in place in the cache block (or memtable copy) it was found in. Reusable: a next Get releases it.
// One thread at a time; released before the partition.
class PinnedValue {
 public:
  PinnedValue();
  ~PinnedValue();
  PinnedValue(PinnedValue&&) noexcept;
  PinnedValue& operator=(PinnedValue&&) noexcept;

  std::string_view view() const;
  void Release();

 private:
  friend class PartitionStore;
  // A rocksdb::PinnableSlice lives here, so that a read allocates nothing and this header stays light.
  alignas(8) std::byte slice_[104];
};

enum class ReadTier {
  kMemory,    // never blocks: kNotInMemory when the answer needs the disk
  kBlocking,  // may read the disk: not on an event loop
};

enum class GetOutcome {
  kFound,
  kMissing,      // there is no such key
  kNotInMemory,  // unknown: ask again with ReadTier::kBlocking
  kNotReady,     // the batch is still being loaded
  kError,        // disk error or corruption; logged
};

enum class Phase {
  kNew,    // nothing is stored yet
  kBatch,  // between BeginBatch and EndBatch
  kOpen,   // readable, and accepts Put and Delete
};

struct PartitionStats {
  uint64_t records_estimate = 0;
  uint64_t table_bytes = 0;  // finished files, also those of a batch not yet ended
  uint64_t table_files = 0;
  uint64_t write_buffer_bytes = 0;
};

// Writing calls: one thread at a time. Get, Scan, stats, phase: any thread, also while writing.
// Errors of every call: kDiskFull, kIo, kCorruption, naming the partition.
class PartitionStore {
 public:
  ~PartitionStore();  // closes; on the last reference, so not on an event loop
  PartitionStore(const PartitionStore&) = delete;
  PartitionStore& operator=(const PartitionStore&) = delete;

  const std::string& name() const;  // "<store>_v<N>_<partition>"
  int32_t partition() const;
  Phase phase() const;

  // The last checkpoint; nullopt when there is none: fill the partition from the beginning. Writing thread.
  const std::optional<std::string>& checkpoint() const;

  // kNew -> kBatch. When the partition reopened in kBatch, it continues and this does nothing.
  Status BeginBatch();
  // key    above every key before it in bytewise order; kInvalidArgument when not (also when equal)
  // value  as it will be read back
  Status PutSorted(std::string_view key, std::string_view value);
  // kBatch -> kOpen: everything written becomes readable at once, together with the checkpoint.
  Status EndBatch(std::string_view checkpoint);

  // kNew -> kOpen; nothing to do when kOpen.
  Status BeginWrites();
  Status Put(std::string_view key, std::string_view value);
  Status Delete(std::string_view key);
  // Makes the puts and deletes so far visible; large backlogs are committed on the way.
  Status Commit();

  // Makes durable what was written so far (with fsync), then, with it, these bytes.
  Status Checkpoint(std::string_view checkpoint);

  GetOutcome Get(std::string_view key, ReadTier tier, PinnedValue& value) const;
  // Every pair in key order, from one snapshot, past the cache; stops early when the visitor returns false.
  // Errors: kNotReady in phases other than kOpen. Blocking.
  Status Scan(const std::function<bool(std::string_view key, std::string_view value)>& visitor) const;
  PartitionStats stats() const;

 private:
  friend class VersionStore;
  class Impl;
  explicit PartitionStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::storage
