// Avro's binary primitives, inline: zigzag varints, length-prefixed bytes, little-endian floats.
//
// Readers take a view and advance it past what they read; they return false, and leave the view unspecified, when the
// bytes are cut short or not a valid encoding. Nothing is read outside the view.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace venice::avro {

constexpr size_t kVarintBytesMax = 10;  // of a 64-bit number

constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// Writes at most kVarintBytesMax bytes at `out`; returns how many.
inline size_t StoreVarint(char* out, uint64_t value) {
  size_t size = 0;
  while (value >= 0x80) {
    out[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out[size++] = static_cast<char>(value);
  return size;
}

// A varint of more than one byte, or one whose first byte may be missing; as LoadVarint.
inline const char* LoadLongVarint(const char* at, const char* end, uint64_t& value) {
  if (end - at >= 8) [[likely]] {
    // Eight bytes at once: the lowest clear top bit ends the number; then the groups of 7 bits close up. No branch
    // depends on the length, which in real data cannot be predicted.
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    const uint64_t stops = ~word & 0x8080808080808080;
    if (stops != 0) [[likely]] {
      word &= (stops ^ (stops - 1)) & 0x7f7f7f7f7f7f7f7f;
      word = (word & 0x007f007f007f007f) | ((word & 0x7f007f007f007f00) >> 1);
      word = (word & 0x00003fff00003fff) | ((word & 0x3fff00003fff0000) >> 2);
      value = (word & 0x000000000fffffff) | ((word & 0x0fffffff00000000) >> 4);
      return at + (std::countr_zero(stops) / 8 + 1);
    }
  }
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = result;
      return at;
    }
  }
  return nullptr;
}

// A pointer just after the varint, or nullptr when it is cut short or does not fit 64 bits.
inline const char* LoadVarint(const char* at, const char* end, uint64_t& value) {
  if (at < end && static_cast<uint8_t>(*at) < 0x80) [[likely]] {
    value = static_cast<uint8_t>(*at);
    return at + 1;
  }
  return LoadLongVarint(at, end, value);
}

// These pass over `count` encoded values from `at`; on false `at` is where number `index` is none.
inline bool PassVarints(const char*& at, const char* end, uint32_t count, uint64_t largest, uint32_t& index) {
  for (index = 0; index < count; ++index) {
    uint64_t raw = 0;
    const char* const after = LoadVarint(at, end, raw);
    if (after == nullptr || raw > largest) [[unlikely]]
      return false;
    at = after;
  }
  return true;
}
inline bool PassBooleans(const char*& at, const char* end, uint32_t count, uint32_t& index) {
  for (index = 0; index < count; ++index, ++at) {
    if (at == end || static_cast<uint8_t>(*at) > 1) [[unlikely]]
      return false;
  }
  return true;
}
inline bool PassTexts(const char*& at, const char* end, uint32_t count, uint32_t& index) {
  for (index = 0; index < count; ++index) {
    uint64_t raw = 0;
    const char* const text = LoadVarint(at, end, raw);
    // An odd number is a negative one.
    if (text == nullptr || (raw & 1) != 0 || raw / 2 > static_cast<uint64_t>(end - text)) [[unlikely]]
      return false;
    at = text + raw / 2;
  }
  return true;
}
// A branch or a symbol, as the number it is.
inline const char* LoadIndex(const char* at, const char* end, uint32_t count, uint64_t& index) {
  const char* const after = LoadVarint(at, end, index);
  if (after == nullptr || (index & 1) != 0 || index / 2 >= count) [[unlikely]]
    return nullptr;
  index /= 2;
  return after;
}

inline bool ReadLong(std::string_view& in, int64_t& value) {
  uint64_t raw = 0;
  const char* after = LoadVarint(in.data(), in.data() + in.size(), raw);
  if (after == nullptr) [[unlikely]]
    return false;
  in.remove_prefix(static_cast<size_t>(after - in.data()));
  value = UnZigZag(raw);
  return true;
}

inline bool ReadInt(std::string_view& in, int32_t& value) {
  int64_t wide = 0;
  if (!ReadLong(in, wide) || wide < INT32_MIN || wide > INT32_MAX) [[unlikely]]
    return false;
  value = static_cast<int32_t>(wide);
  return true;
}

inline bool ReadBoolean(std::string_view& in, bool& value) {
  if (in.empty() || static_cast<uint8_t>(in[0]) > 1) [[unlikely]]
    return false;
  value = in[0] != 0;
  in.remove_prefix(1);
  return true;
}

template <typename T>
bool ReadLittleEndian(std::string_view& in, T& value) {
  if (in.size() < sizeof(T)) [[unlikely]]
    return false;
  std::memcpy(&value, in.data(), sizeof(T));
  in.remove_prefix(sizeof(T));
  return true;
}
inline bool ReadFloat(std::string_view& in, float& value) { return ReadLittleEndian(in, value); }
inline bool ReadDouble(std::string_view& in, double& value) { return ReadLittleEndian(in, value); }

// `size` bytes as they stand (Avro fixed).
inline bool ReadFixed(std::string_view& in, size_t size, std::string_view& value) {
  if (in.size() < size) [[unlikely]]
    return false;
  value = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

// Length-prefixed bytes or string; the view points into `in`.
inline bool ReadBytes(std::string_view& in, std::string_view& value) {
  int64_t size = 0;
  if (!ReadLong(in, size) || size < 0 || static_cast<uint64_t>(size) > in.size()) [[unlikely]]
    return false;
  return ReadFixed(in, static_cast<size_t>(size), value);
}

inline void AppendLong(std::string& out, int64_t value) {
  char buffer[kVarintBytesMax];
  out.append(buffer, StoreVarint(buffer, ZigZag(value)));
}
inline void AppendInt(std::string& out, int32_t value) { AppendLong(out, value); }
inline void AppendBoolean(std::string& out, bool value) { out.push_back(value ? '\1' : '\0'); }
inline void AppendFloat(std::string& out, float value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
inline void AppendDouble(std::string& out, double value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
inline void AppendBytes(std::string& out, std::string_view value) {
  AppendLong(out, static_cast<int64_t>(value.size()));
  out.append(value);
}

}  // namespace venice::avro
