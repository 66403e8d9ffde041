// Reads and writes store records, schemas and the discovery entry, always against the znode's version.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "metadata/schema_entry.h"
#include "metadata/store.h"
#include "zk/client.h"

namespace venice::metadata {

// The discovery entry of one store: which cluster owns it. Global, not per cluster.
struct StoreConfig {
  std::string store_name;
  std::string cluster;
  bool deleting = false;
  std::string migration_source_cluster;       // empty: null
  std::string migration_destination_cluster;  // empty: null
};
std::string ToZooKeeperJson(const StoreConfig& config);
Result<StoreConfig> ParseStoreConfig(std::string_view json);

// Blocking reads of single records. nullopt when absent.
Result<std::optional<Store>> ReadStore(zk::Client& zk, const std::string& cluster, const std::string& store);
Result<std::optional<StoreSchemas>> ReadSchemas(zk::Client& zk, const std::string& cluster, const std::string& store);
Result<std::optional<StoreConfig>> ReadStoreConfig(zk::Client& zk, const std::string& store);
// Value id and own id of a node named "3-1"; nullopt for any other name.
std::optional<std::pair<int32_t, int32_t>> ParseGeneratedSchemaName(const std::string& name);

// A deleted store: its last record, and when it was deleted.
struct GraveyardEntry {
  Store store;
  int64_t deleted_ms = 0;
};

// Thread-safe; blocks. For one cluster. Two writers never overwrite each other: a lost race is read again and repeated.
class StoreWriter {
 public:
  StoreWriter(zk::Client& zk, std::string cluster) : zk_(zk), cluster_(std::move(cluster)) {}

  // Makes the folders of an empty cluster. Idempotent.
  Status EnsureFolders();

  Result<std::optional<Store>> Read(const std::string& store) { return ReadStore(zk_, cluster_, store); }
  Result<std::vector<std::string>> List();

  // Store, discovery entry, key schema 1, value schema 1, in Venice's order. A leftover of an interrupted creation is
  // completed. Errors: kAlreadyExists.
  Status Create(const Store& store, const std::string& key_schema, const std::string& value_schema);
  // Applies `mutate` to the newest record and writes it if it changed. `mutate` may run several times; its error ends
  // the update and is returned. Returns the record written.
  // Errors: kStoreNotFound, kConflict (lost nine races in a row), and those of zk::Client.
  Result<Store> Update(const std::string& store, const std::function<Status(Store&)>& mutate);
  // Buries the record in the graveyard, then deletes it with its schemas. Absent is fine.
  Status Delete(const std::string& store);

  // Writes the discovery entry, creating or replacing.
  Status WriteStoreConfig(const StoreConfig& config);
  Status DeleteStoreConfig(const std::string& store);

  // kAlreadyExists when the id is taken.
  Status AddValueSchema(const std::string& store, int32_t id, const std::string& schema);
  // Make their folder when it is missing. kAlreadyExists when the id is taken.
  Status AddDerivedSchema(const std::string& store, const GeneratedSchemaEntry& schema);
  Status AddReplicationMetadataSchema(const std::string& store, const GeneratedSchemaEntry& schema);
  // Absent is fine.
  Status RemoveDerivedSchema(const std::string& store, int32_t value_id, int32_t id);
  Result<std::optional<StoreSchemas>> Schemas(const std::string& store) { return ReadSchemas(zk_, cluster_, store); }

  // Ascending; empty when the store is not there.
  Result<std::vector<int32_t>> ValueSchemaIds(const std::string& store);

  Result<std::optional<GraveyardEntry>> ReadGraveyard(const std::string& store);

 private:
  Status AddGenerated(const std::string& folder, const GeneratedSchemaEntry& schema);

  zk::Client& zk_;
  const std::string cluster_;
};

}  // namespace venice::metadata
