// Handlers of the routes with the store in their path.
#include <algorithm>

#include "controller/handlers.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::SchemaEntry;
using metadata::Store;
using metadata::StoreSchemas;

Status Clusters(Call& call) {
  Json list = Json::array();
  for (const Cluster* cluster : call.clusters) {
    const std::string leader = UrlOfInstance(cluster->Leader());
    Json row;
    row["name"] = cluster->name();
    row["leader"] = leader.empty() ? Json(nullptr) : Json(leader);
    list.push_back(std::move(row));
  }
  call.out["clusters"] = std::move(list);
  return Ok();
}

Status AddRows(Cluster& cluster, std::map<std::string, Json>& rows) {
  ClusterContext& context = cluster.context();
  VENICE_ASSIGN(const std::vector<std::string> names, context.stores.List());
  for (const std::string& name : names) {
    VENICE_ASSIGN(const std::optional<Store> store, context.stores.Read(name));
    if (!store) continue;  // deleted meanwhile
    VENICE_ASSIGN(const std::vector<int32_t> ids, context.stores.ValueSchemaIds(name));
    Json row;
    row["name"] = name;
    row["cluster"] = cluster.name();
    row["owner"] = store->owner;
    row["currentVersion"] = store->current_version;
    row["latestValueSchemaId"] = ids.empty() ? -1 : ids.back();
    row["valueSchemaCount"] = ids.size();
    rows[name] = std::move(row);
  }
  return Ok();
}

Status Stores(Call& call) {
  std::map<std::string, Json> rows;
  for (Cluster* cluster : call.clusters)
    if (call.cluster == nullptr || call.cluster == cluster) VENICE_TRY(AddRows(*cluster, rows));
  Json list = Json::array();
  for (auto& [name, row] : rows) list.push_back(std::move(row));
  call.out["stores"] = std::move(list);
  return Ok();
}

Status OneStore(Call& call) {
  VENICE_ASSIGN(Store store, call.cluster->context().Store(call.Store()));
  call.out["store"] = StoreInfo(std::move(store), call.settings);
  return Ok();
}

Json SchemaJson(const SchemaEntry& schema) {
  Json json;
  json["id"] = schema.id;
  json["schemaStr"] = schema.text;
  json["registrationTimestamp"] = schema.registered_ms;
  return json;
}

Status ListSchemas(Call& call) {
  VENICE_ASSIGN(const Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = store.latest_superset_value_schema_id;
  call.out["keySchema"] = schemas.key.text.empty() ? Json(nullptr) : SchemaJson(schemas.key);
  Json list = Json::array();
  for (const SchemaEntry& schema : schemas.values) list.push_back(SchemaJson(schema));
  call.out["schemas"] = std::move(list);
  return Ok();
}

Status RegisterSchema(Call& call) {
  VENICE_ASSIGN(const bool dry_run, call.Bool(param::kDryRun, false));
  if (dry_run) return Error(ErrorCode::kUnsupported, "dryRun=true is not supported yet; nothing was written");
  std::string text = call.Text(param::kValueSchema);
  if (text.empty()) text = call.body;
  if (text.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "the body must be the value schema as JSON, or a form with the parameter value_schema");
  VENICE_ASSIGN(const SchemaEntry schema,
                call.cluster->schemas().AddValueSchema(call.Store(), text, 0, Compatibility::kFull));
  call.out["id"] = schema.id;
  call.out["derivedSchemaId"] = -1;
  call.out["schemaStr"] = schema.text;
  return Ok();
}

Status Schemas(Call& call) { return call.route.method == "POST" ? RegisterSchema(call) : ListSchemas(call); }

}  // namespace

void AddRestHandlers(HandlerTable& table) {
  table["/clusters"] = Clusters;
  table["/stores"] = Stores;
  table["/stores/{store}"] = OneStore;
  table["/schema/{store}"] = Schemas;
}

}  // namespace venice::controller
