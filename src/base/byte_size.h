// A number of bytes that cannot be mistaken for a count, with literals: 64_KiB, 1_MiB, 2_GiB.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice {

class ByteSize {
 public:
  constexpr ByteSize() = default;
  constexpr explicit ByteSize(uint64_t bytes) : bytes_(bytes) {}

  constexpr uint64_t bytes() const { return bytes_; }
  constexpr auto operator<=>(const ByteSize&) const = default;

  // "512", "64k", "64KiB", "1MB", "2 GiB"; powers of 1024 in every spelling. Errors: kInvalidArgument.
  static Result<ByteSize> Parse(std::string_view text);
  // "1.5 GiB", "512 B"
  std::string ToString() const;

 private:
  uint64_t bytes_ = 0;
};

constexpr ByteSize operator""_KiB(unsigned long long count) { return ByteSize(count << 10); }
constexpr ByteSize operator""_MiB(unsigned long long count) { return ByteSize(count << 20); }
constexpr ByteSize operator""_GiB(unsigned long long count) { return ByteSize(count << 30); }

}  // namespace venice
