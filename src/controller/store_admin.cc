#include "controller/store_admin.h"

#include <algorithm>

#include "base/log.h"
#include "controller/schema_admin.h"
#include "metadata/paths.h"
#include "protocol/topic_name.h"

namespace venice::controller {

using metadata::Store;

namespace {

constexpr size_t kStoreNameMax = 128;
constexpr std::string_view kSystemPrefix = "venice_system_store_";

}  // namespace

Status CheckStoreName(const std::string& name, bool system_store) {
  const auto refuse = [&](const std::string& rule) {
    return Error(ErrorCode::kInvalidArgument, "store name '" + name + "' is not allowed: " + rule);
  };
  if (name.empty() || name.size() > kStoreNameMax) return refuse("it must have 1 to 128 characters");
  if (!std::all_of(name.begin(), name.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; }))
    return refuse("only letters, digits, '_' and '-' are");
  if (name.find("--") != std::string::npos) return refuse("'--' must not occur in it");
  if (name.ends_with("_rt")) return refuse("names ending in _rt are real-time topics");
  if (name == "total") return refuse("it is the name of a metric");
  if (name.starts_with("view_store_")) return refuse("view_store_ begins names of views");
  if (!system_store && name.starts_with(kSystemPrefix))
    return refuse("venice_system_store_ begins names of system stores");
  const protocol::TopicName parsed = protocol::ParseTopicName(protocol::VersionTopic(name, 1));
  if (parsed.kind != protocol::TopicKind::kVersion || parsed.store != name || parsed.version != 1)
    return refuse("its topics could not be told from those of another store");
  return Ok();
}

Status StoreAdmin::Create(const NewStore& request) {
  VENICE_TRY(CheckStoreName(request.name, request.system_store));
  VENICE_ASSIGN(const std::string key_schema, NormalizeSchema(request.key_schema, "key schema"));
  const SchemaPlan plan = PlanValueSchema({}, {}, {.text = request.value_schema});
  if (plan.verdict == SchemaPlan::Verdict::kRejected)
    return Error(ErrorCode::kInvalidSchema, "value schema: " + plan.reason);
  const std::string& value_schema = plan.text;

  const StoreLocks::Guard guard = context_.locks.Lock(request.name);
  VENICE_ASSIGN(const std::optional<metadata::StoreConfig> config,
                metadata::ReadStoreConfig(context_.zk, request.name));
  if (config) {
    if (config->cluster == context_.name && config->deleting) {
      VENICE_TRY(DeleteLocked(request.name));
    } else if (config->cluster != context_.name) {
      return Error(ErrorCode::kAlreadyExists,
                   "Store: " + request.name + " already exists in cluster " + config->cluster);
    }
  }
  int32_t largest_used_version = 0;
  VENICE_ASSIGN(const std::optional<metadata::GraveyardEntry> buried, context_.stores.ReadGraveyard(request.name));
  if (buried) {
    const int64_t age_ms = context_.clock.WallMs() - buried->deleted_ms;
    const int64_t window_ms = context_.settings.store_recreation_window.count() * 1000;
    if (age_ms < window_ms)
      return Error(ErrorCode::kConflict, "store " + request.name + " was deleted " + std::to_string(age_ms / 1000) +
                                             " s ago and cannot be created again for another " +
                                             std::to_string((window_ms - age_ms) / 1000) +
                                             " s (controller.store.recreation.after.deletion.time.window.seconds)");
    largest_used_version = buried->store.largest_used_version;
  }

  Store store;
  store.name = request.name;
  store.owner = request.owner;
  store.created_ms = context_.clock.WallMs();
  store.latest_version_promote_ms = -1;
  store.replication_factor = context_.settings.replication_factor;
  store.offline_push_strategy = context_.settings.offline_push_strategy;
  store.largest_used_version = largest_used_version;
  VENICE_TRY(context_.stores.Create(store, key_schema, value_schema));
  LogInfo("store.created", {{"cluster", context_.name}, {"store", request.name}});
  return Ok();
}

Status StoreAdmin::Update(const std::string& store, const ParamList& params) {
  // A region that is not named skips the update.
  for (const auto& [name, text] : params)
    if (name == "regions_filter" && !context_.settings.region.empty() &&
        ("," + text + ",").find("," + context_.settings.region + ",") == std::string::npos)
      return Ok();
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  // Schemas come first: nobody sees a setting on without the schemas that it wants.
  VENICE_ASSIGN(const Store before, context_.Store(store));
  Store wanted = before;
  VENICE_TRY(ApplyStoreUpdate(params, context_.settings, wanted));
  int32_t superset_id = 0;
  if (SwitchesGeneratedSchemasOn(before, wanted)) {
    VENICE_ASSIGN(superset_id, WriteMissingSchemas(context_, wanted));
  }
  VENICE_TRY(context_.stores.Update(store, [&](Store& record) -> Status {
    VENICE_TRY(ApplyStoreUpdate(params, context_.settings, record));
    if (superset_id > 0) record.latest_superset_value_schema_id = superset_id;
    return Ok();
  }));
  LogInfo("store.updated", {{"cluster", context_.name}, {"store", store}, {"parameters", params.size()}});
  return Ok();
}

Status StoreAdmin::Enable(const std::string& store, const std::string& operation, bool enabled) {
  ParamList params;
  const std::string status = enabled ? "true" : "false";
  if (operation == "read" || operation == "readwrite") params.emplace_back("enable_reads", status);
  if (operation == "write" || operation == "readwrite") params.emplace_back("enable_writes", status);
  if (params.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "parameter operation=" + operation + ": must be read, write or readwrite");
  return Update(store, params);
}

Status StoreAdmin::Delete(const std::string& store_name) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const Store store, context_.Store(store_name));
  if (store.enable_reads || store.enable_writes)
    return Error(ErrorCode::kInvalidArgument,
                 "Unable to delete store " + store_name +
                     ": it must be disabled for reading and writing first "
                     "(enable_store with operation=readwrite and status=false; venice-admin-tool disable-store)");
  metadata::StoreConfig config;
  config.store_name = store_name;
  config.cluster = context_.name;
  config.deleting = true;
  VENICE_TRY(context_.stores.WriteStoreConfig(config));
  return DeleteLocked(store_name);
}

// Every step is repeatable, and the discovery entry, which says that a deletion is on its way, goes last.
Status StoreAdmin::DeleteLocked(const std::string& store_name) {
  VENICE_ASSIGN(const std::optional<Store> store, context_.stores.Read(store_name));
  if (store) {
    VENICE_TRY(versions_.DeleteAllVersionsLocked(store_name));
    VENICE_ASSIGN(const std::vector<std::string> topics, context_.pushes.List());
    for (const std::string& topic : topics) {
      const protocol::TopicName name = protocol::ParseTopicName(topic);
      if (name.kind == protocol::TopicKind::kVersion && name.store == store_name)
        VENICE_TRY(context_.pushes.Delete(topic));
    }
  }
  VENICE_TRY(context_.stores.Delete(store_name));
  VENICE_TRY(context_.stores.DeleteStoreConfig(store_name));
  LogInfo("store.deleted", {{"cluster", context_.name}, {"store", store_name}});
  return Ok();
}

Status StoreAdmin::FinishDeletions() {
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names,
                context_.zk.Children(metadata::paths::StoreConfigs()));
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    VENICE_ASSIGN(const std::optional<metadata::StoreConfig> config, metadata::ReadStoreConfig(context_.zk, name));
    if (!config || !config->deleting || config->cluster != context_.name) continue;
    const StoreLocks::Guard guard = context_.locks.Lock(name);
    LogInfo("take_over.finish_deletion", {{"store", name}});
    VENICE_TRY(DeleteLocked(name));
  }
  return Ok();
}

}  // namespace venice::controller
