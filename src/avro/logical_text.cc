// LogicalText: values of logical types in words.
#include <algorithm>
#include <charconv>

#include "avro/datum.h"
#include "avro/logical_type.h"
#include "avro/primitives.h"
#include "base/encoding.h"

namespace venice::avro {
namespace {

constexpr size_t kDecimalBytesMax = 256;  // over 600 digits; printing takes quadratic time
constexpr int32_t kScaleMax = 1000;
constexpr int64_t kSecondsPerDay = 86'400;

int64_t FloorDivide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// Days since 1970-01-01 as a date of the proleptic Gregorian calendar. The year starts in March here, so that the leap
// day is its last; eras of 400 years repeat.
std::string DateText(int64_t days) {
  constexpr int64_t kDaysPerEra = 146'097;
  days += 719'468;  // from 0000-03-01
  const int64_t era = FloorDivide(days, kDaysPerEra);
  const int64_t day_of_era = days - era * kDaysPerEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::string_view sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, year < 0 ? -year : year, month, day);
}

// Since midnight, in units of 10^-digits seconds.
std::string TimeText(int64_t units, int digits) {
  int64_t per_second = 1;
  for (int i = 0; i < digits; ++i) per_second *= 10;
  const int64_t seconds = units / per_second;
  return fmt::format("{:02}:{:02}:{:02}.{:0{}}", seconds / 3600, seconds / 60 % 60, seconds % 60, units % per_second,
                     digits);
}

std::optional<std::string> TimeOfDay(int64_t units, int digits) {
  int64_t per_day = kSecondsPerDay;
  for (int i = 0; i < digits; ++i) per_day *= 10;
  if (units < 0 || units >= per_day) return std::nullopt;
  return TimeText(units, digits);
}

std::string Timestamp(int64_t units, int digits, std::string_view zone) {
  int64_t per_day = kSecondsPerDay;
  for (int i = 0; i < digits; ++i) per_day *= 10;
  const int64_t days = FloorDivide(units, per_day);
  // Unsigned: the day of the least number begins below it.
  const uint64_t within = static_cast<uint64_t>(units) - static_cast<uint64_t>(days) * static_cast<uint64_t>(per_day);
  return fmt::format("{}T{}{}", DateText(days), TimeText(static_cast<int64_t>(within), digits), zone);
}

// Big-endian two's complement as decimal digits.
std::string Digits(std::string_view bytes, bool& negative) {
  negative = !bytes.empty() && (static_cast<uint8_t>(bytes.front()) & 0x80) != 0;
  constexpr uint64_t kChunk = 1'000'000'000;
  std::vector<uint32_t> chunks;  // of nine digits, least first
  const auto multiply_add = [&](uint64_t factor, uint64_t carry) {
    for (uint32_t& chunk : chunks) {
      const uint64_t value = chunk * factor + carry;
      chunk = static_cast<uint32_t>(value % kChunk);
      carry = value / kChunk;
    }
    if (carry > 0) chunks.push_back(static_cast<uint32_t>(carry));
  };
  // The magnitude of a negative number is its complement plus one.
  for (const char c : bytes) multiply_add(256, static_cast<uint8_t>(negative ? ~c : c));
  if (negative) multiply_add(1, 1);
  std::string digits = chunks.empty() ? "0" : std::to_string(chunks.back());
  for (size_t i = chunks.size(); i > 1; --i) digits += fmt::format("{:09}", chunks[i - 2]);
  return digits;
}

std::optional<std::string> DecimalText(std::string_view bytes, int32_t scale) {
  if (bytes.empty() || bytes.size() > kDecimalBytesMax || scale > kScaleMax || scale < -kScaleMax) return std::nullopt;
  bool negative = false;
  std::string digits = Digits(bytes, negative);
  if (scale < 0) digits.append(static_cast<size_t>(-scale), '0');
  if (scale > 0) {
    const auto behind = static_cast<size_t>(scale);
    if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
    digits.insert(digits.size() - behind, 1, '.');
  }
  return (negative ? "-" : "") + digits;
}

std::optional<std::string> BigDecimalText(std::string_view in) {
  std::string_view unscaled;
  int32_t scale = 0;
  if (!ReadBytes(in, unscaled) || !avro::ReadInt(in, scale) || !in.empty()) return std::nullopt;
  return DecimalText(unscaled, scale);
}

std::optional<std::string> UuidText(const Datum& datum) {
  constexpr size_t kDashes[] = {8, 13, 18, 23};
  if (datum.type() == Type::kFixed) {
    std::string text = HexEncode(datum.text());
    for (const size_t dash : kDashes) text.insert(dash, 1, '-');
    return text;
  }
  const std::string text(datum.text());
  if (text.size() != 36) return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<uint8_t>(text[i]))) return std::nullopt;
  }
  return text;
}

std::string DurationText(std::string_view bytes) {
  uint32_t parts[3] = {};
  for (size_t i = 0; i < bytes.size(); ++i) {
    parts[i / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * (i % 4));
  }
  return fmt::format("P{}M{}DT{}.{:03}S", parts[0], parts[1], parts[2] / 1000, parts[2] % 1000);
}

}  // namespace

std::optional<std::string> LogicalText(const Node& node, const Datum& datum) {
  switch (node.logical.kind) {
    case LogicalKind::kNone:
      return std::nullopt;
    case LogicalKind::kDecimal:
      return DecimalText(datum.text(), node.logical.scale);
    case LogicalKind::kBigDecimal:
      return BigDecimalText(datum.text());
    case LogicalKind::kUuid:
      return UuidText(datum);
    case LogicalKind::kDate:
      return DateText(datum.int_value());
    case LogicalKind::kTimeMillis:
      return TimeOfDay(datum.int_value(), 3);
    case LogicalKind::kTimeMicros:
      return TimeOfDay(datum.long_value(), 6);
    case LogicalKind::kTimestampMillis:
      return Timestamp(datum.long_value(), 3, "Z");
    case LogicalKind::kTimestampMicros:
      return Timestamp(datum.long_value(), 6, "Z");
    case LogicalKind::kTimestampNanos:
      return Timestamp(datum.long_value(), 9, "Z");
    case LogicalKind::kLocalTimestampMillis:
      return Timestamp(datum.long_value(), 3, "");
    case LogicalKind::kLocalTimestampMicros:
      return Timestamp(datum.long_value(), 6, "");
    case LogicalKind::kLocalTimestampNanos:
      return Timestamp(datum.long_value(), 9, "");
    case LogicalKind::kDuration:
      return DurationText(datum.text());
  }
  return std::nullopt;
}

}  // namespace venice::avro
