// All store versions on this host: <data>/<store>_v<N>/<store>_v<N>_<partition>/, as Venice lays them out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/memory.h"
#include "storage/partition_store.h"

namespace venice::storage {

// The partition number under which a version's own records and its partitions' checkpoints are kept.
inline constexpr int32_t kMetadataPartition = 1'000'000'000;

// One version: its partitions and its metadata. Thread-safe.
class VersionStore {
 public:
  ~VersionStore();
  VersionStore(const VersionStore&) = delete;
  VersionStore& operator=(const VersionStore&) = delete;

  const std::string& name() const;  // "<store>_v<N>"
  // Partitions with data on disk, open or not, in order.
  Result<std::vector<int32_t>> Partitions() const;
  // Opens or creates it, and brings it to its last checkpoint. The same object for the same partition while somebody
  // holds it. Errors: kNotReady when a dropped partition of that number is still in use.
  Result<std::shared_ptr<PartitionStore>> OpenPartition(int32_t partition);
  // Removes its data and checkpoint once its last holder is gone, waiting for that. Absent is fine.
  // Errors: kNotReady when it is still in use after 30 seconds.
  Status DropPartition(int32_t partition);

  // The version's own record (Venice's StoreVersionState); durable on return.
  Status PutVersionState(std::string_view bytes);
  Result<std::optional<std::string>> VersionState() const;

 private:
  friend class StorageEngine;
  class Impl;
  explicit VersionStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Thread-safe.
class StorageEngine {
 public:
  // Creates the folder when it is missing. Errors: kPermissionDenied, kDiskFull, kIo; kAlreadyExists when another
  // process has it open.
  static Result<std::unique_ptr<StorageEngine>> Open(const std::string& data_dir, std::shared_ptr<Memory> memory);
  ~StorageEngine();
  StorageEngine(const StorageEngine&) = delete;
  StorageEngine& operator=(const StorageEngine&) = delete;

  const std::string& data_dir() const;
  // Versions with data on disk, in order.
  Result<std::vector<std::string>> Versions() const;
  // Opens or creates; the same object for the same name while somebody holds it.
  Result<std::shared_ptr<VersionStore>> OpenVersion(const std::string& name);
  // Removes everything of the version once its last holders are gone, waiting for that. Absent is fine.
  // Errors: kNotReady when it is still in use after 30 seconds.
  Status DropVersion(const std::string& name);

 private:
  class Impl;
  explicit StorageEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::storage
