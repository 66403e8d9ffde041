// Records in memory, sorted by partition and key without moving them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "push/record_layout.h"

namespace venice::push {

// One thread at a time. Records lie in large chunks that are kept between fillings; sorting needs 16 bytes a record
// more, which counts against the limit.
class SortBuffer {
 public:
  struct Entry {
    uint64_t prefix;     // eight bytes of the key, from where the keys of the partition first differ
    const char* record;  // push/record_layout.h
  };

  SortBuffer(int32_t partitions, size_t bytes_max);

  // False when the buffer is full: nothing was added. An empty buffer takes a record of any size.
  bool Add(int32_t partition, std::string_view key, std::string_view value);
  // After it and until Clear, Add is not allowed.
  void Sort();
  // Sorted records of one partition; valid after Sort.
  std::span<const Entry> partition(int32_t index) const;

  uint64_t count() const { return count_; }
  size_t bytes_used() const { return bytes_used_; }
  // Forgets the records, keeps the chunks.
  void Clear();
  // Gives the memory back.
  void Release();

 private:
  struct Chunk {
    std::unique_ptr<char, void (*)(void*)> data;  // freed with free()
    size_t size = 0;
    size_t used = 0;
  };
  char* Allocate(size_t bytes);
  void SortPartition(std::span<Entry> entries, size_t common_bytes);

  const size_t bytes_max_;
  const size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  size_t current_chunk_ = 0;
  std::vector<uint64_t> counts_;
  std::vector<uint64_t> begins_;  // of each partition in entries_, and the end
  std::vector<Entry> entries_;
  uint64_t count_ = 0;
  size_t bytes_used_ = 0;
};

}  // namespace venice::push
