// A version's metadata partition: its own record and, per partition, checkpoint and file list. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/manifest.h"
#include "storage/memory.h"

namespace rocksdb {
class DB;
}

namespace venice::storage {

struct StoredCheckpoint {
  std::string state;  // the caller's bytes
  Manifest manifest;
};

// Every write is fsynced before it returns.
class MetadataStore {
 public:
  static Result<std::shared_ptr<MetadataStore>> Open(const std::string& path, std::shared_ptr<Memory> memory);
  ~MetadataStore();

  // Both or neither.
  Status PutCheckpoint(int32_t partition, std::string_view state, const Manifest& manifest);
  Result<std::optional<StoredCheckpoint>> GetCheckpoint(int32_t partition) const;
  Status DeleteCheckpoint(int32_t partition);

  Status PutVersionState(std::string_view bytes);
  Result<std::optional<std::string>> GetVersionState() const;

 private:
  MetadataStore(std::string path, std::shared_ptr<Memory> memory, std::unique_ptr<rocksdb::DB> db);
  Result<std::optional<std::string>> Get(const std::string& key) const;

  const std::string path_;
  const std::shared_ptr<Memory> memory_;
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace venice::storage
