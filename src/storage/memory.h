// The storage memory of one process: one block cache and one bound on write buffers, shared by every partition.
#pragma once

#include <memory>

#include "base/byte_size.h"

namespace venice::storage {

struct MemoryOptions {
  ByteSize block_cache_bytes = 512_MiB;   // data blocks, and the indexes and filters of every open file
  ByteSize write_buffer_bytes = 128_MiB;  // memtables of all partitions together; beyond it writers flush
};

// Thread-safe. Outlives every engine made with it.
class Memory {
 public:
  explicit Memory(const MemoryOptions& options = {});
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  ByteSize cache_used() const;
  ByteSize cache_capacity() const;
  ByteSize write_buffers_used() const;

  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::storage
