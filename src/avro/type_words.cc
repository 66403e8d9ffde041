#include "avro/type_words.h"

#include <fmt/format.h>

namespace venice::avro {
namespace {

// A union of more types than this is a list nobody reads to its end.
constexpr size_t kBranchesShownMax = 12;

// Empty when the logical type is unknown or does not go with the type: Avro ignores it then.
std::string LogicalInWords(const Node& node) {
  const std::string logical = node.LogicalType();
  if (logical.empty()) return "";
  const auto attribute = [&](const char* name, const char* missing) {
    const std::string* found = node.properties.Find(name);
    return found == nullptr ? std::string(missing) : *found;
  };
  const bool binary = node.type == Type::kBytes || node.type == Type::kFixed;
  if (logical == "decimal" && binary)
    return fmt::format("decimal({}, {})", attribute("precision", "?"), attribute("scale", "0"));
  if (logical == "uuid" && (node.type == Type::kString || node.fixed_size == 16)) return "UUID";
  if (logical == "duration" && node.fixed_size == 12) return "duration";
  struct Unit {
    std::string_view logical;
    Type type;
    std::string_view words;
  };
  static constexpr Unit kUnits[] = {
      {"date", Type::kInt, "date"},
      {"time-millis", Type::kInt, "time of day in milliseconds"},
      {"time-micros", Type::kLong, "time of day in microseconds"},
      {"timestamp-millis", Type::kLong, "timestamp in milliseconds"},
      {"timestamp-micros", Type::kLong, "timestamp in microseconds"},
      {"timestamp-nanos", Type::kLong, "timestamp in nanoseconds"},
      {"local-timestamp-millis", Type::kLong, "local timestamp in milliseconds"},
      {"local-timestamp-micros", Type::kLong, "local timestamp in microseconds"},
      {"local-timestamp-nanos", Type::kLong, "local timestamp in nanoseconds"},
  };
  for (const Unit& unit : kUnits) {
    if (unit.logical == logical && unit.type == node.type) return std::string(unit.words);
  }
  return "";
}

std::string UnionInWords(const Node& node) {
  std::string words;
  size_t shown = 0;
  size_t types = 0;
  for (const Node* branch : node.branches) {
    if (branch->type == Type::kNull) continue;
    ++types;
    if (shown == kBranchesShownMax) continue;
    if (shown++ > 0) words += " or ";
    words += TypeInWords(*branch);
  }
  if (types == 0) return node.branches.empty() ? "nothing" : "null";
  if (types > shown) words += fmt::format(" or ... ({} types)", types);
  return words;
}

// As the items of something: a union would not end where the reader thinks.
std::string ItemInWords(const Node& node) {
  if (node.type != Type::kUnion) return TypeInWords(node);
  const std::string words = UnionInWords(node);
  const bool several = node.branches.size() > (HasNullBranch(node) ? 2U : 1U);
  return (HasNullBranch(node) && words != "null" ? "nullable " : "") + (several ? "(" + words + ")" : words);
}

}  // namespace

bool HasNullBranch(const Node& node) {
  for (const Node* branch : node.branches) {
    if (branch->type == Type::kNull) return true;
  }
  return false;
}

const Node* NullableBranch(const Node& node) {
  if (node.branches.size() != 2 || !HasNullBranch(node)) return nullptr;
  return node.branches[node.branches[0]->type == Type::kNull ? 1 : 0];
}

std::string TypeInWords(const Node& node) {
  if (std::string logical = LogicalInWords(node); !logical.empty()) return logical;
  switch (node.type) {
    case Type::kRecord:
      return std::string(SimpleName(node.name));
    case Type::kEnum:
      return fmt::format("enum {}", SimpleName(node.name));
    case Type::kFixed:
      return fmt::format("{} ({} bytes)", SimpleName(node.name), node.fixed_size);
    case Type::kArray:
      return "list of " + ItemInWords(*node.items);
    case Type::kMap:
      return "map of " + ItemInWords(*node.items);
    case Type::kUnion: {
      std::string words = UnionInWords(node);
      if (HasNullBranch(node) && words != "null") words += " (nullable)";
      return words;
    }
    default:
      return std::string(TypeName(node.type));
  }
}

}  // namespace venice::avro
