// The dataset of the bulk benchmarks: record i is the same everywhere, so that a reader can check what a push wrote.
#pragma once

#include <cstdint>
#include <string>

#include "avro/primitives.h"

namespace venice::bench {

inline uint64_t Mix(uint64_t x) {  // splitmix64's finaliser
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

inline void AppendHex(std::string& out, uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
}

constexpr size_t kKeyBytes = 16;  // of the string, without Avro's length

inline std::string Key(uint64_t i) {
  std::string key;
  AppendHex(key, Mix(i));
  return key;
}

// `bytes` characters that do not compress away.
inline std::string Value(uint64_t i, size_t bytes) {
  std::string value;
  value.reserve(bytes + 16);
  for (uint64_t word = 0; value.size() < bytes; ++word) AppendHex(value, Mix(i * 31 + word + 1));
  value.resize(bytes);
  return value;
}

inline std::string AvroString(const std::string& text) {
  char length[avro::kVarintBytesMax];
  std::string out(length, avro::StoreVarint(length, avro::ZigZag(static_cast<int64_t>(text.size()))));
  return out += text;
}

}  // namespace venice::bench
