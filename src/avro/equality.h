// Whether two schemas are equal as Avro's Java implementation means it (Schema.equals), which decides what Venice takes
// for the same schema.
#pragma once

#include "avro/schema.h"

#include <set>
#include <utility>

namespace venice::avro {

// Compares many pairs of the same schemas: what was found once is kept. Thread-bound; the schemas must outlive it.
class EqualityCache {
 public:
  // As Equal() below.
  bool Equal(const Node& a, const Node& b);

 private:
  using Pair = std::pair<const Node*, const Node*>;
  bool Same(const Node& a, const Node& b);
  bool SameRecords(const Node& a, const Node& b);
  bool SameFields(const Node& a, const Node& b);

  std::set<Pair> equal_;
  std::set<Pair> unequal_;
  std::set<Pair> assumed_;  // equal, if what is being compared turns out to be
};

// Names, types, symbols, sizes, defaults of fields, their order and all custom properties count; docs, aliases and the
// default symbol of an enum do not. Recursive types are compared up to their own recurrence. Any thread.
bool Equal(const Node& a, const Node& b);

// Whether the docs of two schemas differ anywhere. The schemas must be equal but for their docs.
bool DocsDiffer(const Node& a, const Node& b);

}  // namespace venice::avro
