#include "metadata/store_writer.h"

#include <charconv>

#include "metadata/json_fields.h"
#include "metadata/paths.h"

namespace venice::metadata {

namespace {

constexpr int kUpdateAttempts = 9;  // as Venice

std::optional<int32_t> ParseId(const std::string& text) {
  int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

// The schemas of one folder, in order.
Result<std::vector<GeneratedSchemaEntry>> ReadGenerated(zk::Client& zk, const std::string& folder) {
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names, zk.Children(folder));
  std::vector<GeneratedSchemaEntry> schemas;
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    const auto ids = ParseGeneratedSchemaName(name);
    if (!ids) continue;
    VENICE_ASSIGN(const std::optional<zk::Node> node, zk.Get(folder + "/" + name));
    if (node) schemas.push_back({ids->first, ids->second, node->data, node->stat.created_ms});
  }
  std::sort(schemas.begin(), schemas.end(), [](const auto& a, const auto& b) {
    return std::pair(a.value_id, a.id) < std::pair(b.value_id, b.id);
  });
  return schemas;
}

Status CreateIfAbsent(zk::Client& zk, const std::string& path, std::string_view data) {
  Result<std::string> made = zk.Create(path, data);
  if (!made.ok() && made.error().code() != ErrorCode::kAlreadyExists) return std::move(made).error();
  return Ok();
}

Status Put(zk::Client& zk, const std::string& path, std::string_view data) {
  for (int attempt = 0; attempt < kUpdateAttempts; ++attempt) {
    Result<zk::Stat> set = zk.Set(path, data);
    if (set.ok()) return Ok();
    if (set.error().code() != ErrorCode::kNotFound) return std::move(set).error();
    VENICE_TRY(zk::EnsurePath(zk, path.substr(0, path.rfind('/'))));
    Result<std::string> made = zk.Create(path, data);
    if (made.ok()) return Ok();
    if (made.error().code() != ErrorCode::kAlreadyExists) return std::move(made).error();
  }
  return Error(ErrorCode::kConflict, "write " + path + ": it is created and deleted all the time; who else writes it?");
}

}  // namespace

std::string ToZooKeeperJson(const StoreConfig& config) {
  Json object;
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  object["storeName"] = config.store_name;
  object["cluster"] = config.cluster;
  object["deleting"] = config.deleting;
  object["migrationSrcCluster"] = text_or_null(config.migration_source_cluster);
  object["migrationDestCluster"] = text_or_null(config.migration_destination_cluster);
  return PrettyJson(object);
}

Result<StoreConfig> ParseStoreConfig(std::string_view json) {
  VENICE_ASSIGN(const Json object, ParseObject(json, "discovery entry"));
  StoreConfig config;
  FieldReader reader(object);
  reader.Field("storeName", config.store_name);
  reader.Field("cluster", config.cluster);
  reader.Field("deleting", config.deleting);
  reader.Field("migrationSrcCluster", config.migration_source_cluster);
  reader.Field("migrationDestCluster", config.migration_destination_cluster);
  if (!reader.failed().empty())
    return Error(ErrorCode::kCorruption, "discovery entry: property '" + reader.failed() + "' has a wrong type");
  return config;
}

Result<std::optional<Store>> ReadStore(zk::Client& zk, const std::string& cluster, const std::string& store) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, zk.Get(paths::Store(cluster, store)));
  if (!node || node->data.empty()) return std::optional<Store>();
  Result<Store> parsed = ParseZooKeeperStore(node->data);
  if (!parsed.ok()) return std::move(parsed).error().In(paths::Store(cluster, store));
  return std::optional<Store>(std::move(parsed).value());
}

Result<std::optional<StoreSchemas>> ReadSchemas(zk::Client& zk, const std::string& cluster, const std::string& store) {
  StoreSchemas schemas;
  VENICE_ASSIGN(const std::optional<zk::Node> key, zk.Get(paths::KeySchema(cluster, store)));
  if (!key) return std::optional<StoreSchemas>();
  schemas.key = {1, key->data, key->stat.created_ms};
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> ids, zk.Children(paths::ValueSchemas(cluster, store)));
  for (const std::string& name : ids.value_or(std::vector<std::string>())) {
    const std::optional<int32_t> id = ParseId(name);
    if (!id) continue;
    VENICE_ASSIGN(const std::optional<zk::Node> node, zk.Get(paths::ValueSchema(cluster, store, *id)));
    if (node) schemas.values.push_back({*id, node->data, node->stat.created_ms});
  }
  std::sort(schemas.values.begin(), schemas.values.end(),
            [](const SchemaEntry& a, const SchemaEntry& b) { return a.id < b.id; });
  VENICE_ASSIGN(schemas.derived, ReadGenerated(zk, paths::DerivedSchemas(cluster, store)));
  VENICE_ASSIGN(schemas.replication_metadata, ReadGenerated(zk, paths::ReplicationMetadataSchemas(cluster, store)));
  return std::optional<StoreSchemas>(std::move(schemas));
}

Result<std::optional<StoreConfig>> ReadStoreConfig(zk::Client& zk, const std::string& store) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, zk.Get(paths::StoreConfig(store)));
  if (!node || node->data.empty()) return std::optional<StoreConfig>();
  VENICE_ASSIGN(StoreConfig config, ParseStoreConfig(node->data));
  return std::optional<StoreConfig>(std::move(config));
}

Status StoreWriter::EnsureFolders() {
  for (const std::string& path :
       {paths::StoreConfigs(), paths::Stores(cluster_), paths::OfflinePushes(cluster_), paths::Graveyard(cluster_),
        paths::Routers(cluster_), paths::AllowList(cluster_), paths::ExecutionIds(cluster_)})
    VENICE_TRY(zk::EnsurePath(zk_, path));
  return Ok();
}

Result<std::vector<std::string>> StoreWriter::List() {
  VENICE_ASSIGN(std::optional<std::vector<std::string>> names, zk_.Children(paths::Stores(cluster_)));
  return names ? *std::move(names) : std::vector<std::string>();
}

Status StoreWriter::Create(const Store& store, const std::string& key_schema, const std::string& value_schema) {
  VENICE_TRY(EnsureFolders());
  const std::string path = paths::Store(cluster_, store.name);
  Result<std::string> made = zk_.Create(path, ToZooKeeperJson(store));
  if (!made.ok()) {
    if (made.error().code() != ErrorCode::kAlreadyExists) return std::move(made).error();
    // Left by a creation that was cut off before its schemas were written: finish that one with the new content.
    VENICE_ASSIGN(const std::optional<StoreConfig> config, ReadStoreConfig(zk_, store.name));
    VENICE_ASSIGN(const std::optional<StoreSchemas> schemas, ReadSchemas(zk_, cluster_, store.name));
    if (config && schemas && !schemas->values.empty())
      return Error(ErrorCode::kAlreadyExists, "store " + store.name + " already exists in cluster " + cluster_);
    VENICE_TRY(zk_.Set(path, ToZooKeeperJson(store)));
  }
  StoreConfig config;
  config.store_name = store.name;
  config.cluster = cluster_;
  VENICE_TRY(WriteStoreConfig(config));
  VENICE_TRY(CreateIfAbsent(zk_, paths::KeySchemas(cluster_, store.name), ""));
  VENICE_TRY(Put(zk_, paths::KeySchema(cluster_, store.name), key_schema));
  VENICE_TRY(CreateIfAbsent(zk_, paths::ValueSchemas(cluster_, store.name), ""));
  return Put(zk_, paths::ValueSchema(cluster_, store.name, 1), value_schema);
}

Result<Store> StoreWriter::Update(const std::string& store, const std::function<Status(Store&)>& mutate) {
  const std::string path = paths::Store(cluster_, store);
  for (int attempt = 0; attempt < kUpdateAttempts; ++attempt) {
    VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(path));
    if (!node || node->data.empty())
      return Error(ErrorCode::kStoreNotFound, "Store: " + store + " does not exist in cluster " + cluster_);
    VENICE_ASSIGN(const Store before, ParseZooKeeperStore(node->data));
    Store after = before;
    VENICE_TRY(mutate(after));
    if (after == before) return after;
    Result<zk::Stat> set = zk_.Set(path, ToZooKeeperJson(after), node->stat.version);
    if (set.ok()) return after;
    if (set.error().code() != ErrorCode::kConflict && set.error().code() != ErrorCode::kNotFound)
      return std::move(set).error().In("update store " + store);
  }
  return Error(ErrorCode::kConflict, "update store " + store + ": lost " + std::to_string(kUpdateAttempts) +
                                         " races for " + path + "; retry");
}

Status StoreWriter::Delete(const std::string& store) {
  VENICE_ASSIGN(const std::optional<Store> record, Read(store));
  if (record) VENICE_TRY(Put(zk_, paths::Graveyard(cluster_, store), ToZooKeeperJson(*record)));
  return zk::DeleteRecursively(zk_, paths::Store(cluster_, store));
}

Status StoreWriter::WriteStoreConfig(const StoreConfig& config) {
  return Put(zk_, paths::StoreConfig(config.store_name), ToZooKeeperJson(config));
}

Status StoreWriter::DeleteStoreConfig(const std::string& store) {
  Status deleted = zk_.Delete(paths::StoreConfig(store));
  if (!deleted.ok() && deleted.error().code() == ErrorCode::kNotFound) return Ok();
  return deleted;
}

Status StoreWriter::AddValueSchema(const std::string& store, int32_t id, const std::string& schema) {
  VENICE_TRY(zk_.Create(paths::ValueSchema(cluster_, store, id), schema));
  return Ok();
}

std::optional<std::pair<int32_t, int32_t>> ParseGeneratedSchemaName(const std::string& name) {
  const size_t dash = name.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const std::optional<int32_t> value_id = ParseId(name.substr(0, dash));
  const std::optional<int32_t> id = ParseId(name.substr(dash + 1));
  if (!value_id || !id) return std::nullopt;
  return std::pair(*value_id, *id);
}

Status StoreWriter::AddGenerated(const std::string& folder, const GeneratedSchemaEntry& schema) {
  VENICE_TRY(CreateIfAbsent(zk_, folder, ""));
  VENICE_TRY(zk_.Create(paths::GeneratedSchema(folder, schema.value_id, schema.id), schema.text));
  return Ok();
}

Status StoreWriter::AddDerivedSchema(const std::string& store, const GeneratedSchemaEntry& schema) {
  return AddGenerated(paths::DerivedSchemas(cluster_, store), schema);
}

Status StoreWriter::AddReplicationMetadataSchema(const std::string& store, const GeneratedSchemaEntry& schema) {
  return AddGenerated(paths::ReplicationMetadataSchemas(cluster_, store), schema);
}

Status StoreWriter::RemoveDerivedSchema(const std::string& store, int32_t value_id, int32_t id) {
  Status removed = zk_.Delete(paths::GeneratedSchema(paths::DerivedSchemas(cluster_, store), value_id, id));
  if (!removed.ok() && removed.error().code() == ErrorCode::kNotFound) return Ok();
  return removed;
}

Result<std::vector<int32_t>> StoreWriter::ValueSchemaIds(const std::string& store) {
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names,
                zk_.Children(paths::ValueSchemas(cluster_, store)));
  std::vector<int32_t> ids;
  for (const std::string& name : names.value_or(std::vector<std::string>()))
    if (const std::optional<int32_t> id = ParseId(name)) ids.push_back(*id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<std::optional<GraveyardEntry>> StoreWriter::ReadGraveyard(const std::string& store) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(paths::Graveyard(cluster_, store)));
  if (!node || node->data.empty()) return std::optional<GraveyardEntry>();
  VENICE_ASSIGN(Store record, ParseZooKeeperStore(node->data));
  return std::optional<GraveyardEntry>({std::move(record), node->stat.modified_ms});
}

}  // namespace venice::metadata
