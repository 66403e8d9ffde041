#include "avro/logical_type.h"

#include <charconv>
#include <cmath>

#include "avro/schema.h"

namespace venice::avro {
namespace {

struct Rule {
  LogicalKind kind;
  std::string_view name;
  Type base;
  Type other_base;        // same as base when there is only one
  size_t fixed_size = 0;  // 0: any
};

constexpr Rule kRules[] = {
    {LogicalKind::kDecimal, "decimal", Type::kBytes, Type::kFixed},
    {LogicalKind::kBigDecimal, "big-decimal", Type::kBytes, Type::kBytes},
    {LogicalKind::kUuid, "uuid", Type::kString, Type::kFixed, 16},
    {LogicalKind::kDate, "date", Type::kInt, Type::kInt},
    {LogicalKind::kTimeMillis, "time-millis", Type::kInt, Type::kInt},
    {LogicalKind::kTimeMicros, "time-micros", Type::kLong, Type::kLong},
    {LogicalKind::kTimestampMillis, "timestamp-millis", Type::kLong, Type::kLong},
    {LogicalKind::kTimestampMicros, "timestamp-micros", Type::kLong, Type::kLong},
    {LogicalKind::kTimestampNanos, "timestamp-nanos", Type::kLong, Type::kLong},
    {LogicalKind::kLocalTimestampMillis, "local-timestamp-millis", Type::kLong, Type::kLong},
    {LogicalKind::kLocalTimestampMicros, "local-timestamp-micros", Type::kLong, Type::kLong},
    {LogicalKind::kLocalTimestampNanos, "local-timestamp-nanos", Type::kLong, Type::kLong},
    {LogicalKind::kDuration, "duration", Type::kFixed, Type::kFixed, 12},
};

// An attribute that must be a JSON integer of 32 bits.
bool ReadInt(const Properties& properties, std::string_view name, int32_t& value) {
  const std::string* json = properties.Find(name);
  if (json == nullptr) return false;
  const auto [end, error] = std::from_chars(json->data(), json->data() + json->size(), value);
  return error == std::errc() && end == json->data() + json->size();
}

// Decimal digits that any number of `bytes` bytes in two's complement can have.
int64_t DigitsMax(size_t bytes) {
  if (bytes == 0) return 0;
  return static_cast<int64_t>(std::floor(std::log10(2.0) * (8 * static_cast<double>(bytes) - 1)));
}

std::string DecimalProblem(const Node& node, Logical& logical) {
  if (!ReadInt(node.properties, "precision", logical.precision)) return "decimal needs an integer \"precision\"";
  if (node.properties.contains("scale") && !ReadInt(node.properties, "scale", logical.scale)) {
    return "the \"scale\" of a decimal is an integer";
  }
  if (logical.precision <= 0) return fmt::format("a decimal of precision {}; it must be positive", logical.precision);
  if (node.type == Type::kFixed && logical.precision > DigitsMax(node.fixed_size)) {
    return fmt::format("{} bytes hold at most {} digits, not {}", node.fixed_size, DigitsMax(node.fixed_size),
                       logical.precision);
  }
  if (logical.scale < 0 || logical.scale > logical.precision) {
    return fmt::format("a decimal of scale {}; it is from 0 to the precision, {}", logical.scale, logical.precision);
  }
  return "";
}

std::string Problem(const Node& node, const Rule& rule, Logical& logical) {
  if (node.type != rule.base && node.type != rule.other_base) {
    return rule.base == rule.other_base
               ? fmt::format("{} stands on {}, not on {}", rule.name, TypeName(rule.base), TypeName(node.type))
               : fmt::format("{} stands on {} or {}, not on {}", rule.name, TypeName(rule.base),
                             TypeName(rule.other_base), TypeName(node.type));
  }
  if (node.type == Type::kFixed && rule.fixed_size != 0 && node.fixed_size != rule.fixed_size) {
    return fmt::format("{} takes a fixed of {} bytes, not {}", rule.name, rule.fixed_size, node.fixed_size);
  }
  return rule.kind == LogicalKind::kDecimal ? DecimalProblem(node, logical) : "";
}

}  // namespace

std::string_view LogicalName(LogicalKind kind) {
  for (const Rule& rule : kRules) {
    if (rule.kind == kind) return rule.name;
  }
  return "";
}

void SetLogical(Node& node) {
  if (!node.properties.contains("logicalType")) return;
  const std::string name = node.LogicalType();
  for (const Rule& rule : kRules) {
    if (rule.name != name) continue;
    Logical logical{.kind = rule.kind};
    node.logical_problem = Problem(node, rule, logical);
    if (node.logical_problem.empty()) node.logical = logical;
    return;
  }
  node.logical_problem =
      name.empty() ? "\"logicalType\" is not a string" : fmt::format("Avro has no logical type \"{}\"", name);
}

}  // namespace venice::avro
