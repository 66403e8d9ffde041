// Handlers of stores.
#include <algorithm>

#include "controller/handlers.h"
#include "protocol/topic_name.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::Store;

Status NewStoreHandler(Call& call) {
  NewStore request;
  request.name = call.Store();
  request.owner = call.Text(param::kOwner);
  request.key_schema = call.Text(param::kKeySchema);
  request.value_schema = call.Text(param::kValueSchema);
  VENICE_ASSIGN(request.system_store, call.Bool("is_system_store", false));
  VENICE_TRY(call.cluster->stores().Create(request));
  call.out["owner"] = request.owner;
  return Ok();
}

Status StoreHandler(Call& call) {
  VENICE_ASSIGN(Store store, call.cluster->context().Store(call.Store()));
  call.out["store"] = StoreInfo(std::move(store), call.settings);
  return Ok();
}

Status StoresInCluster(Call& call) {
  VENICE_ASSIGN(const std::vector<std::string> names, call.cluster->context().stores.List());
  Json list = Json::array();
  for (const std::string& name : names) {
    VENICE_ASSIGN(std::optional<Store> store, call.cluster->context().stores.Read(name));
    if (store) list.push_back(StoreInfo(*std::move(store), call.settings));
  }
  call.out["storeInfoList"] = std::move(list);
  return Ok();
}

Status SetOwner(Call& call) {
  const std::string owner = call.Text(param::kOwner);
  VENICE_TRY(call.cluster->stores().Update(call.Store(), {{"owner", owner}}));
  call.out["owner"] = owner;
  return Ok();
}

Status CheckResourceCleanup(Call& call) {
  ClusterContext& context = call.cluster->context();
  const std::string store = call.Store();
  std::string left;
  VENICE_ASSIGN(const std::vector<std::string> resources, context.helix.ListResources(context.name));
  for (const std::string& resource : resources)
    if (protocol::ParseTopicName(resource).store == store) left += " Helix resource " + resource + ";";
  VENICE_ASSIGN(const std::vector<std::string> topics, context.topics.List());
  for (const std::string& topic : topics)
    if (protocol::ParseTopicName(topic).store == store) left += " topic " + topic + ";";
  if (left.empty()) return Ok();
  return Error(ErrorCode::kConflict, "of store " + store + " there still is:" + left + " retry in a minute");
}

std::string FilterText(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// The filter names a property of the store; a property that is an object matches when it is there.
bool Matches(const Store& store, const std::string& name, const std::string& wanted) {
  if (name == "dataReplicationPolicy")
    return store.hybrid && std::string(ToText(store.hybrid->data_replication_policy)) == wanted;
  const Json record = Json::parse(metadata::ToZooKeeperJson(store));
  auto it = record.find(name);
  if (it == record.end()) it = record.find(name == "hybridConfig" ? "hybridStoreConfig" : name);
  if (it == record.end()) return false;
  if (it->is_object() || it->is_null()) return !it->is_null() == (wanted != "null" && wanted != "false");
  return FilterText(*it) == wanted;
}

Status ListStoresHandler(Call& call) {
  VENICE_ASSIGN(const bool system_stores, call.Bool("include_system_stores", true));
  const std::string filter = call.Text("store_config_name_filter");
  const std::string wanted = call.Text("store_config_value_filter");
  if (filter.empty() != wanted.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "store_config_name_filter and store_config_value_filter go together: give both or none");
  VENICE_ASSIGN(const std::vector<std::string> names, call.cluster->context().stores.List());
  Json stores = Json::array();
  for (const std::string& name : names) {
    if (!system_stores && name.starts_with("venice_system_store_")) continue;
    if (!filter.empty()) {
      VENICE_ASSIGN(const std::optional<Store> store, call.cluster->context().stores.Read(name));
      if (!store || !Matches(*store, filter, wanted)) continue;
    }
    stores.push_back(name);
  }
  call.out["stores"] = std::move(stores);
  return Ok();
}

Status UpdateStoreHandler(Call& call) { return call.cluster->stores().Update(call.Store(), call.params); }

Status DeleteStoreHandler(Call& call) {
  VENICE_TRY(call.cluster->stores().Delete(call.Store()));
  call.out["executionId"] = 0;
  return Ok();
}

Status EnableStoreHandler(Call& call) {
  VENICE_ASSIGN(const bool enabled, call.Bool("status", true));
  return call.cluster->stores().Enable(call.Store(), call.Text("operation"), enabled);
}

// Ready replicas of the current version decide.
std::string HealthOf(const Store& store, const helix::ClusterView& view) {
  const metadata::Version* version = store.CurrentVersion();
  if (version == nullptr) return "UNAVAILABLE";
  int32_t without = 0;
  bool under = false;
  for (int32_t p = 0; p < version->partition_count; ++p) {
    const size_t ready = view.InCustomizedState(std::string(helix::kOfflinePush), version->Topic(),
                                                version->Topic() + "_" + std::to_string(p), "COMPLETED")
                             .size();
    if (ready == 0) ++without;
    under = under || ready < static_cast<size_t>(version->replication_factor);
  }
  if (without == version->partition_count) return "UNAVAILABLE";
  if (without > 0) return "DEGRADED";
  return under ? "UNDER_REPLICATED" : "FULLLY_REPLICATED";  // three L's are the wire name
}

Status ClusterHealthStoresHandler(Call& call) {
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const std::vector<std::string> names, context.stores.List());
  const auto view = context.spectator.View();
  Json states = Json::object();
  for (const std::string& name : names) {
    VENICE_ASSIGN(const std::optional<Store> store, context.stores.Read(name));
    if (store) states[name] = HealthOf(*store, *view);
  }
  call.out["storeStatusMap"] = std::move(states);
  return Ok();
}

}  // namespace

Json StoreInfo(Store store, const ControllerSettings& settings) {
  if (store.backup_version_retention_ms < 0)
    store.backup_version_retention_ms = settings.backup_version_retention.count();
  if (store.max_record_size_bytes < 0) store.max_record_size_bytes = static_cast<int32_t>(settings.record_bytes_max);
  Json info = Json::parse(metadata::ToStoreInfoJson(store));
  info["kafkaBrokerUrl"] = settings.kafka_bootstrap_servers;
  return info;
}

void AddStoreHandlers(HandlerTable& table) {
  table["/new_store"] = NewStoreHandler;
  table["/store"] = StoreHandler;
  table["/list_stores"] = ListStoresHandler;
  table["/update_store"] = UpdateStoreHandler;
  table["/delete_store"] = DeleteStoreHandler;
  table["/set_owner"] = SetOwner;
  table["/get_stores_in_cluster"] = StoresInCluster;
  table["/check_resource_cleanup_for_store_creation"] = CheckResourceCleanup;
  table["/enable_store"] = EnableStoreHandler;
  table["/cluster_health_stores"] = ClusterHealthStoresHandler;
}

}  // namespace venice::controller
