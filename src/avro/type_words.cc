#include "avro/type_words.h"

#include <fmt/format.h>

#include "avro/names.h"

namespace venice::avro {
namespace {

// A union of more types than this is a list nobody reads to its end.
constexpr size_t kBranchesShownMax = 12;

// Empty when there is none, or one that does not go with the type: Avro ignores it then.
std::string LogicalInWords(const Node& node) {
  switch (node.logical.kind) {
    case LogicalKind::kNone:
      return "";
    case LogicalKind::kDecimal:
      return fmt::format("decimal({}, {})", node.logical.precision, node.logical.scale);
    case LogicalKind::kBigDecimal:
      return "decimal";
    case LogicalKind::kUuid:
      return "UUID";
    case LogicalKind::kDate:
      return "date";
    case LogicalKind::kTimeMillis:
      return "time of day in ms";
    case LogicalKind::kTimeMicros:
      return "time of day in us";
    case LogicalKind::kTimestampMillis:
      return "timestamp in ms";
    case LogicalKind::kTimestampMicros:
      return "timestamp in us";
    case LogicalKind::kTimestampNanos:
      return "timestamp in ns";
    case LogicalKind::kLocalTimestampMillis:
      return "local timestamp in ms";
    case LogicalKind::kLocalTimestampMicros:
      return "local timestamp in us";
    case LogicalKind::kLocalTimestampNanos:
      return "local timestamp in ns";
    case LogicalKind::kDuration:
      return "duration";
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
