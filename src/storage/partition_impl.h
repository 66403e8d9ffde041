// The insides of PartitionStore, for partition_store.cc, partition_recovery.cc and storage_engine.cc.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "storage/batch_loader.h"
#include "storage/manifest.h"
#include "storage/metadata_store.h"
#include "storage/partition_store.h"

namespace venice::storage {

class PartitionStore::Impl {
 public:
  struct Place {
    std::string name;  // "<store>_v<N>_<partition>"
    std::string folder;
    int32_t partition = 0;
    std::shared_ptr<Memory> memory;
    std::shared_ptr<MetadataStore> metadata;
    std::function<void()> on_closed;  // after the files are released
  };

  // Opens and recovers: see partition_recovery.cc. `on_closed` is called only if this succeeds.
  static Result<std::unique_ptr<Impl>> Open(Place place);
  ~Impl();

  Status BeginBatch();
  Status PutSorted(std::string_view key, std::string_view value);
  Status EndBatch(std::string_view checkpoint);
  Status BeginWrites();
  Status Put(std::string_view key, std::string_view value);
  Status Delete(std::string_view key);
  Status Commit();
  Status Checkpoint(std::string_view checkpoint);
  GetOutcome Get(std::string_view key, ReadTier tier, rocksdb::PinnableSlice& value) const;
  Status Scan(const std::function<bool(std::string_view, std::string_view)>& visitor) const;
  PartitionStats stats() const;

  const Place& place() const { return place_; }
  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  const std::optional<std::string>& checkpoint() const { return checkpoint_; }

 private:
  explicit Impl(Place place);

  Status OpenDatabase();
  // Brings files and phase to what the checkpoint says; false when the data for it is gone.
  Result<bool> Recover(const StoredCheckpoint& stored);
  Status StartFromScratch(std::string_view reason);
  bool DatabaseHasFiles() const;
  // Moves the loader's files into the database and the manifest to kOpen.
  Status FinishIngestion();
  Status Save(std::string_view checkpoint, Manifest::Phase phase);
  Status Require(Phase phase, std::string_view call) const;
  // Counts what is about to be written and asks for free space now and then. Errors: kDiskFull.
  Status RequireDiskFor(size_t bytes);
  std::string Attempt(std::string_view what) const;
  std::string BatchFolder() const { return place_.folder + "/.sst_files"; }

  Place place_;
  bool opened_ = false;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<BatchLoader> loader_;  // in kBatch
  rocksdb::WriteBatch pending_;          // in kOpen
  size_t unchecked_bytes_ = 0;           // written since the last look at the free space
  std::optional<std::string> checkpoint_;
  std::atomic<Phase> phase_{Phase::kNew};
  std::atomic<uint64_t> batch_records_{0};
  std::atomic<uint64_t> batch_bytes_{0};
  rocksdb::ReadOptions read_memory_;
  rocksdb::ReadOptions read_blocking_;
  rocksdb::WriteOptions unlogged_;
};

}  // namespace venice::storage
