#include "avro/equality.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace venice::avro {

namespace {

using Pair = std::pair<const Node*, const Node*>;

// 1 and 1.0 differ, as Jackson's nodes do; the order of an object's members does not count.
bool SameJson(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const nlohmann::json left = nlohmann::json::parse(a, nullptr, false);
  const nlohmann::json right = nlohmann::json::parse(b, nullptr, false);
  return !left.is_discarded() && left.dump() == right.dump();
}

// In any order.
bool SameProperties(const Properties& a, const Properties& b) {
  size_t count = 0;
  for (const Property& property : a) {
    const std::string* other = b.Find(property.name);
    if (other == nullptr || !SameJson(property.json, *other)) return false;
    ++count;
  }
  for ([[maybe_unused]] const Property& property : b) --count;
  return count == 0;
}

class DocComparison {
 public:
  bool Differ(const Node& a, const Node& b) {
    if (&a == &b || !seen_.insert({&a, &b}).second) return false;
    if (a.doc != b.doc) return true;
    for (size_t i = 0; i < a.fields.size() && i < b.fields.size(); ++i)
      if (a.fields[i].doc != b.fields[i].doc || Differ(*a.fields[i].type, *b.fields[i].type)) return true;
    for (size_t i = 0; i < a.branches.size() && i < b.branches.size(); ++i)
      if (Differ(*a.branches[i], *b.branches[i])) return true;
    return a.items != nullptr && b.items != nullptr && Differ(*a.items, *b.items);
  }

 private:
  std::set<Pair> seen_;
};

}  // namespace

bool EqualityCache::Equal(const Node& a, const Node& b) {
  const bool same = Same(a, b);
  // Records that were only met on the way to a difference are equal perhaps: they are compared again when asked for.
  if (same) equal_.merge(assumed_);
  assumed_.clear();
  return same;
}

bool EqualityCache::Same(const Node& a, const Node& b) {
  if (&a == &b) return true;
  if (a.type != b.type || a.name != b.name || !SameProperties(a.properties, b.properties)) return false;
  switch (a.type) {
    case Type::kRecord:
      return SameRecords(a, b);
    case Type::kEnum:
      return a.symbols == b.symbols;
    case Type::kFixed:
      return a.fixed_size == b.fixed_size;
    case Type::kArray:
    case Type::kMap:
      return Same(*a.items, *b.items);
    case Type::kUnion:
      if (a.branches.size() != b.branches.size()) return false;
      for (size_t i = 0; i < a.branches.size(); ++i)
        if (!Same(*a.branches[i], *b.branches[i])) return false;
      return true;
    default:
      return true;
  }
}

bool EqualityCache::SameRecords(const Node& a, const Node& b) {
  const Pair pair(&a, &b);
  if (unequal_.contains(pair)) return false;
  if (equal_.contains(pair) || !assumed_.insert(pair).second) return true;
  if (SameFields(a, b)) return true;
  unequal_.insert(pair);
  return false;
}

bool EqualityCache::SameFields(const Node& a, const Node& b) {
  if (a.fields.size() != b.fields.size()) return false;
  for (size_t i = 0; i < a.fields.size(); ++i) {
    const Field& left = a.fields[i];
    const Field& right = b.fields[i];
    if (left.name != right.name || left.order != right.order || !SameProperties(left.properties, right.properties))
      return false;
    if (left.default_json.has_value() != right.default_json.has_value()) return false;
    if (left.default_json && !SameJson(*left.default_json, *right.default_json)) return false;
    if (!Same(*left.type, *right.type)) return false;
  }
  return true;
}

bool Equal(const Node& a, const Node& b) { return EqualityCache().Equal(a, b); }
bool DocsDiffer(const Node& a, const Node& b) { return DocComparison().Differ(a, b); }

}  // namespace venice::avro
