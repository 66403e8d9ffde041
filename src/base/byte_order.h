// Fixed-width integers in big-endian (network) order, as Venice's and Kafka's hand-written formats use them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace venice {

template <typename T>
requires std::is_integral_v<T>
constexpr T ByteSwap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

static_assert(std::endian::native == std::endian::little, "the loads and stores below assume a little-endian host");

// Reads sizeof(T) bytes at `bytes`; the caller has checked that they are there.
template <typename T>
T LoadBigEndian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return ByteSwap(value);
}

template <typename T>
void StoreBigEndian(char* bytes, T value) {
  value = ByteSwap(value);
  std::memcpy(bytes, &value, sizeof(T));
}

template <typename T>
void AppendBigEndian(std::string& out, T value) {
  value = ByteSwap(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace venice
