#include "protocol/java_hash_order.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace venice::protocol {

namespace {

uint32_t HashOfBytes(const std::string& text) {
  uint32_t hash = 0;
  for (const char c : text) hash = hash * 31 + static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(c)));
  return hash;
}

// Over UTF-16 code units. The text is well-formed UTF-8: it went through a JSON parser.
uint32_t HashOfUtf16(const std::string& text) {
  uint32_t hash = 0;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<uint8_t>(text[i]);
    const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t point = length == 1 ? first : first & (0x7fu >> length);
    for (size_t k = 1; k < length && i + k < text.size(); ++k)
      point = point << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3fu);
    if (point >= 0x10000) {
      hash = hash * 31 + (0xd800 + ((point - 0x10000) >> 10));
      hash = hash * 31 + (0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      hash = hash * 31 + point;
    }
    i += length;
  }
  return hash;
}

std::vector<size_t> Order(const std::vector<std::string>& keys, size_t capacity_asked,
                          uint32_t (*hash_of)(const std::string&)) {
  size_t capacity = 1;
  while (capacity < capacity_asked) capacity *= 2;
  while (keys.size() > capacity * 3 / 4) capacity *= 2;  // the load factor
  std::vector<size_t> buckets(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    const uint32_t hash = hash_of(keys[i]);
    buckets[i] = (hash ^ hash >> 16) & (capacity - 1);
  }
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return buckets[a] < buckets[b]; });
  return order;
}

}  // namespace

std::vector<size_t> JavaHashOrder(const std::vector<std::string>& keys, size_t capacity_asked) {
  return Order(keys, capacity_asked, HashOfUtf16);
}
std::vector<size_t> JavaUtf8HashOrder(const std::vector<std::string>& keys, size_t capacity_asked) {
  return Order(keys, capacity_asked, HashOfBytes);
}

}  // namespace venice::protocol
