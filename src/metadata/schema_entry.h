// A registered schema: its id and its text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace venice::metadata {

struct SchemaEntry {
  int32_t id = 0;
  std::string text;           // Avro schema JSON, compact
  int64_t registered_ms = 0;  // when its znode was created
  bool operator==(const SchemaEntry&) const = default;
};

struct StoreSchemas {
  SchemaEntry key;                  // id 1; empty text while the store is being created
  std::vector<SchemaEntry> values;  // ascending by id

  const SchemaEntry* Value(int32_t id) const {
    for (const SchemaEntry& entry : values)
      if (entry.id == id) return &entry;
    return nullptr;
  }
  const SchemaEntry* LatestValue() const { return values.empty() ? nullptr : &values.back(); }
  bool operator==(const StoreSchemas&) const = default;
};

}  // namespace venice::metadata
