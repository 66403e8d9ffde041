#include "base/byte_size.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace venice {

Result<ByteSize> ByteSize::Parse(std::string_view text) {
  const auto invalid = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not a size; write a number with B, KiB, MiB, GiB or TiB, such as 512MiB", text));
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return invalid();
  std::string unit;
  for (const char c : std::string_view(end, text.data() + text.size() - end)) {
    if (c != ' ') unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  constexpr std::string_view kPrefixes = "kmgt";
  int power = 0;
  if (!unit.empty() && unit != "b") {
    const size_t prefix = kPrefixes.find(unit[0]);
    const std::string_view rest = std::string_view(unit).substr(1);
    if (prefix == std::string_view::npos || (rest != "" && rest != "b" && rest != "ib")) return invalid();
    power = static_cast<int>(prefix) + 1;
  }
  const double bytes = std::ldexp(number, 10 * power);
  if (bytes > 9.0e18) return invalid();
  return ByteSize(static_cast<uint64_t>(bytes));
}

std::string ByteSize::ToString() const {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes_);
  int unit = 0;
  while (value >= 1024 && unit < 6) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes_) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace venice
