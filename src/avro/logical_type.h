// Logical types: what an int, a long, bytes or a fixed stand for. They change neither encoding nor resolution.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace venice::avro {

class Datum;
struct Node;

enum class LogicalKind : uint8_t {
  kNone,
  kDecimal,     // bytes, fixed: two's complement, big-endian, unscaled
  kBigDecimal,  // bytes: an encoded record of the unscaled bytes and the scale
  kUuid,        // string, fixed(16)
  kDate,        // int: days since 1970-01-01
  kTimeMillis,  // int: since midnight
  kTimeMicros,  // long
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,  // long: since 1970-01-01 00:00 UTC
  kLocalTimestampMillis,
  kLocalTimestampMicros,
  kLocalTimestampNanos,  // long: the same in whatever time zone the reader is in
  kDuration,             // fixed(12): months, days, milliseconds, each an unsigned little-endian 32-bit number
};
// "decimal", "timestamp-millis", ...; "" for kNone.
std::string_view LogicalName(LogicalKind kind);

struct Logical {
  LogicalKind kind = LogicalKind::kNone;
  int32_t precision = 0;  // kDecimal: digits
  int32_t scale = 0;      // kDecimal: of them, behind the point
};

// Reads the attributes of a complete node and sets its `logical`, or `logical_problem` when the specification says to
// ignore them.
void SetLogical(Node& node);

// What a value stands for, for people: "2026-11-21T10:15:00.123Z", "-12.34", "P1M2DT0.500S". Nullopt when the type has
// no logical type, or the value none of its meanings (a time of 25 hours). `datum` is of the node's type.
std::optional<std::string> LogicalText(const Node& node, const Datum& datum);

}  // namespace venice::avro
