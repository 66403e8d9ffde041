// RocksDB's options, errors and shared memory in one place. Only for the .cc files of this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include "base/result.h"
#include "storage/memory.h"

namespace venice::storage {

struct Memory::Impl {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

// Options of a data partition; the same for writing table files and for reading them.
rocksdb::Options DataOptions(const Memory& memory);
// Options of a version's metadata partition: small, with a write-ahead log.
rocksdb::Options MetadataOptions(const Memory& memory);

// kDiskFull, kIo, kCorruption, kAlreadyExists (locked by another process), kInternal; `attempt` says what was tried.
Error RocksError(const rocksdb::Status& status, std::string_view attempt);

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace venice::storage
