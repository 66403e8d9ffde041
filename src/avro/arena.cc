#include "avro/arena.h"

#include <algorithm>
#include <new>

namespace venice::avro {
namespace {

constexpr size_t kChunkBytesMax = 1 << 20;  // of a chunk that no single request asked for

}  // namespace

void Arena::Free::operator()(char* bytes) const { ::operator delete(bytes, std::align_val_t(kAlignment)); }

void* Arena::AllocateChunk(size_t bytes) {
  const size_t room = (bytes_max_ - capacity_bytes_) & ~(kAlignment - 1);
  if (bytes > room) return nullptr;
  const size_t rounded = (bytes + kAlignment - 1) & ~(kAlignment - 1);
  const size_t size = std::min(std::max(rounded, next_chunk_bytes_), room);
  auto* const chunk = static_cast<char*>(::operator new(size, std::align_val_t(kAlignment)));
  chunks_.push_back({std::unique_ptr<char, Free>(chunk), size});
  capacity_bytes_ += size;
  next_chunk_bytes_ = std::clamp(capacity_bytes_, next_chunk_bytes_, kChunkBytesMax);
  at_ = chunk;
  left_ = size;
  return Allocate(bytes);
}

// Gives all chunks back; the next one will be as large as they were together.
void Arena::Merge() {
  if (chunks_.empty()) return;
  next_chunk_bytes_ = capacity_bytes_;
  chunks_.clear();
  capacity_bytes_ = 0;
  at_ = nothing_;
  left_ = 0;
}

}  // namespace venice::avro
