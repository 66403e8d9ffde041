#include "avro/datum.h"

#include <algorithm>
#include <cmath>

namespace venice::avro {
namespace {

template <typename T>
bool SameNumber(T a, T b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool SameEntries(const Datum::Entries& a, const Datum::Entries& b) {
  if (a.size() != b.size()) return false;
  auto sorted = [](const Datum::Entries& entries) {
    std::vector<const MapEntry*> pointers;
    for (const MapEntry& entry : entries) pointers.push_back(&entry);
    std::stable_sort(pointers.begin(), pointers.end(), [](auto* x, auto* y) { return x->key < y->key; });
    return pointers;
  };
  const auto left = sorted(a);
  const auto right = sorted(b);
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i]->key != right[i]->key || !(left[i]->value == right[i]->value)) return false;
  }
  return true;
}

}  // namespace

bool Datum::operator==(const Datum& other) const {
  if (type_ != other.type_) return false;
  switch (type_) {
    case Type::kFloat:
      return SameNumber(float_value(), other.float_value());
    case Type::kDouble:
      return SameNumber(double_value(), other.double_value());
    case Type::kMap:
      return SameEntries(entries(), other.entries());
    case Type::kRecord:
    case Type::kArray:
      return items() == other.items();
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return boolean() == other.boolean();
    case Type::kInt:
    case Type::kEnum:
      return int_value() == other.int_value();
    case Type::kLong:
      return long_value() == other.long_value();
    default:
      return text() == other.text();
  }
}

}  // namespace venice::avro
