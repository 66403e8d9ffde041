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

// A schema made of a value schema: an update schema (derived id from 1), or a replication metadata schema (its protocol
// version).
struct GeneratedSchemaEntry {
  int32_t value_id = 0;
  int32_t id = 0;
  std::string text;
  int64_t registered_ms = 0;
  bool operator==(const GeneratedSchemaEntry&) const = default;
};

struct StoreSchemas {
  SchemaEntry key;                                         // id 1; empty text while the store is being created
  std::vector<SchemaEntry> values;                         // ascending by id
  std::vector<GeneratedSchemaEntry> derived;               // ascending by value id, then id
  std::vector<GeneratedSchemaEntry> replication_metadata;  // ascending by value id, then id

  const SchemaEntry* Value(int32_t id) const {
    for (const SchemaEntry& entry : values)
      if (entry.id == id) return &entry;
    return nullptr;
  }
  // The update schema of a value schema with the highest id.
  const GeneratedSchemaEntry* LatestDerived(int32_t value_id) const {
    const GeneratedSchemaEntry* latest = nullptr;
    for (const GeneratedSchemaEntry& entry : derived)
      if (entry.value_id == value_id) latest = &entry;
    return latest;
  }
  const GeneratedSchemaEntry* ReplicationMetadata(int32_t value_id, int32_t version) const {
    for (const GeneratedSchemaEntry& entry : replication_metadata)
      if (entry.value_id == value_id && entry.id == version) return &entry;
    return nullptr;
  }
  const SchemaEntry* LatestValue() const { return values.empty() ? nullptr : &values.back(); }
  bool operator==(const StoreSchemas&) const = default;
};

}  // namespace venice::metadata
