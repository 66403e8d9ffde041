// Memory for values that live and die together: taken piece by piece, given back all at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/byte_size.h"

namespace venice::avro {

// A bump allocator. Belongs to one thread at a time. What it hands out is uninitialised, aligned to 16 bytes, and lives
// until Reset or the arena's end; nothing in it is destroyed, so only trivially destructible types go there.
class Arena {
 public:
  static constexpr ByteSize kBytesMax = ByteSize(1 << 30);

  // bytes_max  Allocate gives nullptr rather than go beyond
  explicit Arena(ByteSize bytes_max = kBytesMax) : bytes_max_(bytes_max.bytes()) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // nullptr at the limit. Zero bytes are a valid request.
  void* Allocate(size_t bytes) {
    if (bytes > left_) [[unlikely]]
      return AllocateChunk(bytes);
    char* const result = at_;
    const size_t rounded = (bytes + kAlignment - 1) & ~(kAlignment - 1);
    at_ += rounded;
    left_ -= rounded;
    return result;
  }

  template <typename T>
  T* AllocateArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    if (count > bytes_max_ / sizeof(T)) [[unlikely]]
      return nullptr;
    return static_cast<T*>(Allocate(count * sizeof(T)));
  }

  // The bytes in the arena, or nullptr at the limit.
  const char* Copy(std::string_view bytes) {
    void* const copy = Allocate(bytes.size());
    if (copy != nullptr && !bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    return static_cast<const char*>(copy);
  }

  // Takes everything back. The memory is kept, in one piece from the second time on: a loop that resets for each value
  // soon takes nothing from the system.
  void Reset() {
    if (chunks_.size() != 1) return Merge();
    at_ = chunks_.front().bytes.get();
    left_ = capacity_bytes_;
  }

  size_t bytes_max() const { return bytes_max_; }
  // Held from the system.
  size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  static constexpr size_t kAlignment = 16;

  struct Free {
    void operator()(char* bytes) const;
  };
  struct Chunk {
    std::unique_ptr<char, Free> bytes;
    size_t size = 0;
  };

  void* AllocateChunk(size_t bytes);
  void Merge();

  alignas(kAlignment) static inline char nothing_[kAlignment];  // what a request of zero bytes may point to

  std::vector<Chunk> chunks_;
  char* at_ = nothing_;
  size_t left_ = 0;  // a multiple of kAlignment
  size_t capacity_bytes_ = 0;
  size_t next_chunk_bytes_ = 4 << 10;
  size_t bytes_max_;
};

}  // namespace venice::avro
