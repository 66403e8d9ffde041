// The 16 bytes that identify a producer.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

// Immutable value. Bytes in wire order: a UUID's most significant long first.
struct Guid {
  std::array<uint8_t, 16> bytes{};

  // A random version-4 UUID. Thread-safe.
  static Guid Random();
  // The version-4 shaped GUID of a name: the same name gives the same GUID, so that a retried job repeats itself.
  static Guid FromName(std::string_view name);
  // 16 raw bytes. Errors: kCorruption for another length.
  static Result<Guid> FromBytes(std::string_view raw);

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // "81545f3c-bd09-3909-a467-a583ef39e468"
  std::string ToString() const;
  auto operator<=>(const Guid&) const = default;
};

// The fixed producers of the two kinds of control record that stand outside every segment.
// Source: data-plane reference 2.1 (version-3 UUIDs of two names).
inline constexpr Guid kHeartbeatGuid{{0x81, 0x54, 0x5f, 0x3c, 0xbd, 0x09, 0x39, 0x09,  //
                                      0xa4, 0x67, 0xa5, 0x83, 0xef, 0x39, 0xe4, 0x68}};
inline constexpr Guid kLeadershipGuid{{0x4a, 0x5e, 0xad, 0x6e, 0xf3, 0xa9, 0x32, 0xf0,  //
                                       0x86, 0x4e, 0x3b, 0x7c, 0x32, 0x4c, 0x92, 0x75}};

}  // namespace venice::protocol

template <>
struct std::hash<venice::protocol::Guid> {
  size_t operator()(const venice::protocol::Guid& guid) const {
    uint64_t halves[2];
    std::memcpy(halves, guid.bytes.data(), sizeof(halves));
    return static_cast<size_t>(halves[0] * 0x9e3779b97f4a7c15u ^ halves[1]);
  }
};
