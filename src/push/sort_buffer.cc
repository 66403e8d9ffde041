#include "push/sort_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/byte_order.h"
#include "base/check.h"

namespace venice::push {
namespace {

constexpr size_t kChunkBytesMax = 4 << 20;
constexpr size_t kChunkBytesMin = 64 << 10;

// The eight key bytes from `skip` on as a number that compares like them; zeros stand for bytes beyond the end.
uint64_t Prefix(std::string_view key, size_t skip) {
  char bytes[8] = {};
  if (key.size() > skip) std::memcpy(bytes, key.data() + skip, std::min<size_t>(8, key.size() - skip));
  return LoadBigEndian<uint64_t>(bytes);
}

// Not zeroed. Sorted records are read in an order that jumps about, so large pages pay: most jumps would else miss the
// processor's table of page addresses.
char* NewChunk(size_t size) {
  constexpr size_t kLargePage = 2 << 20;
  const bool large = size % kLargePage == 0;
  void* data = large ? std::aligned_alloc(kLargePage, size) : std::malloc(size);
  if (data == nullptr) throw std::bad_alloc();
  if (large) ::madvise(data, size, MADV_HUGEPAGE);  // a hint: refused where the system has none
  return static_cast<char*>(data);
}

size_t CommonBytes(std::string_view a, std::string_view b, size_t at_most) {
  at_most = std::min({at_most, a.size(), b.size()});
  size_t common = 0;
  while (common < at_most && a[common] == b[common]) ++common;
  return common;
}

}  // namespace

SortBuffer::SortBuffer(int32_t partitions, size_t bytes_max)
    : bytes_max_(bytes_max),
      chunk_bytes_(std::clamp(bytes_max / 16, kChunkBytesMin, kChunkBytesMax)),
      counts_(static_cast<size_t>(partitions)),
      begins_(static_cast<size_t>(partitions) + 1) {}

char* SortBuffer::Allocate(size_t bytes) {
  while (current_chunk_ < chunks_.size()) {
    Chunk& chunk = chunks_[current_chunk_];
    if (chunk.size - chunk.used >= bytes) {
      char* at = chunk.data.get() + chunk.used;
      chunk.used += bytes;
      return at;
    }
    ++current_chunk_;
  }
  const size_t size = std::max(bytes, chunk_bytes_);
  chunks_.push_back({{NewChunk(size), std::free}, size, bytes});
  return chunks_.back().data.get();
}

bool SortBuffer::Add(int32_t partition, std::string_view key, std::string_view value) {
  const size_t bytes = kRecordHeaderBytes + key.size() + value.size();
  const size_t cost = bytes + sizeof(Entry);
  if (bytes_used_ + cost > bytes_max_ && count_ > 0) return false;
  StoreRecord(Allocate(bytes), static_cast<uint32_t>(partition), key, value);
  ++counts_[static_cast<size_t>(partition)];
  ++count_;
  bytes_used_ += cost;
  return true;
}

void SortBuffer::Sort() {
  const size_t partitions = counts_.size();
  begins_[0] = 0;
  for (size_t i = 0; i < partitions; ++i) begins_[i + 1] = begins_[i] + counts_[i];
  entries_.resize(count_);
  std::vector<uint64_t> next(begins_.begin(), begins_.end() - 1);
  std::vector<size_t> common(partitions, SIZE_MAX);
  for (const Chunk& chunk : chunks_) {
    for (size_t at = 0; at < chunk.used;) {
      const char* record = chunk.data.get() + at;
      const size_t partition = RecordPartition(record);
      const uint64_t first = begins_[partition];
      entries_[next[partition]].record = record;
      const char* first_record = entries_[first].record;
      common[partition] = CommonBytes(RecordKey(first_record), RecordKey(record), common[partition]);
      ++next[partition];
      at += RecordBytes(record);
    }
  }
  for (size_t i = 0; i < partitions; ++i) {
    SortPartition(std::span(entries_).subspan(begins_[i], counts_[i]), common[i]);
  }
}

void SortBuffer::SortPartition(std::span<Entry> entries, size_t common_bytes) {
  for (Entry& entry : entries) entry.prefix = Prefix(RecordKey(entry.record), common_bytes);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return Compare({RecordKey(a.record), RecordValue(a.record)}, {RecordKey(b.record), RecordValue(b.record)}) < 0;
  });
}

std::span<const SortBuffer::Entry> SortBuffer::partition(int32_t index) const {
  const auto i = static_cast<size_t>(index);
  if (entries_.empty()) return {};
  return std::span(entries_).subspan(begins_[i], begins_[i + 1] - begins_[i]);
}

void SortBuffer::Clear() {
  for (Chunk& chunk : chunks_) chunk.used = 0;
  // A chunk made for one huge record is not worth keeping.
  std::erase_if(chunks_, [&](const Chunk& chunk) { return chunk.size > chunk_bytes_; });
  current_chunk_ = 0;
  std::fill(counts_.begin(), counts_.end(), 0);
  std::fill(begins_.begin(), begins_.end(), 0);
  entries_.clear();
  count_ = 0;
  bytes_used_ = 0;
}

void SortBuffer::Release() {
  Clear();
  chunks_.clear();
  entries_ = {};
}

}  // namespace venice::push
