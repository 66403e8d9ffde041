// How a record lies in sort buffers and spill files: [partition u32][key size u32][value size u32][key][value], host
// byte order, unaligned. Never leaves the process.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace venice::push {

struct RecordView {
  std::string_view key;
  std::string_view value;
};

inline constexpr size_t kRecordHeaderBytes = 12;

inline uint32_t LoadU32(const char* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline uint32_t RecordPartition(const char* record) { return LoadU32(record); }
inline std::string_view RecordKey(const char* record) { return {record + kRecordHeaderBytes, LoadU32(record + 4)}; }
inline std::string_view RecordValue(const char* record) {
  return {record + kRecordHeaderBytes + LoadU32(record + 4), LoadU32(record + 8)};
}
inline size_t RecordBytes(const char* record) { return kRecordHeaderBytes + LoadU32(record + 4) + LoadU32(record + 8); }

// Starts loading a record that will be read soon. Its size is not known before it is loaded; four lines hold most.
inline void PrefetchRecord(const char* record) {
  for (size_t line = 0; line < 4; ++line) __builtin_prefetch(record + line * 64);
}

inline void StoreRecord(char* at, uint32_t partition, std::string_view key, std::string_view value) {
  const uint32_t header[3] = {partition, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())};
  std::memcpy(at, header, sizeof(header));
  std::memcpy(at + sizeof(header), key.data(), key.size());
  std::memcpy(at + sizeof(header) + key.size(), value.data(), value.size());
}

// Unsigned byte order of the key, then of the value.
inline int Compare(const RecordView& a, const RecordView& b) {
  const int by_key = a.key.compare(b.key);
  return by_key != 0 ? by_key : a.value.compare(b.value);
}

}  // namespace venice::push
