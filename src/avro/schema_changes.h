// What differs between two versions of a schema, whether or not it breaks anybody.
#pragma once

#include <string>
#include <vector>

#include "avro/compatibility.h"
#include "avro/schema.h"

namespace venice::avro {

struct SchemaChange {
  enum class Kind : uint8_t { kAdded, kRemoved, kRenamed, kType, kDefault, kSymbols, kDoc };
  Kind kind = Kind::kAdded;
  std::string path;  // in the old schema for kRemoved, else in the new one; "" is the root
  // kAdded, kRemoved: the field's type in words; kRenamed: the old name; kSymbols: "+SUSPENDED -OLD"; others: "old ->
  // new"; kDoc: empty
  std::string text;
  // The two sides, nullptr where there is none. They live as long as the schemas.
  const Node* old_node = nullptr;
  const Node* new_node = nullptr;
  const Field* old_field = nullptr;
  const Field* new_field = nullptr;
};

constexpr size_t kChangesMax = 1'000;  // the rest is left out

// In the order of the new schema's fields, each record's removed fields after the others. A type met twice is walked
// once. Field names and the reader's aliases decide which fields belong together. Pure.
std::vector<SchemaChange> ChangesBetween(const Schema& old_schema, const Schema& new_schema);

// One line: "added `email`, `city`; removed `age`; `id`: int -> long". "nothing" when there is no change.
std::string ChangeSummary(const std::vector<SchemaChange>& changes);

}  // namespace venice::avro
