#include "router/metadata_handler.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "metadata/store_writer.h"
#include "protocol/topic_name.h"

namespace venice::router {
namespace {

using Json = nlohmann::ordered_json;
using net::HttpResponse;

constexpr const char* kStateType = "OFFLINE_PUSH";
constexpr int32_t kValueSchemaIdListedMax = 100'000;  // a list with gaps must not grow by an id that someone made up

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// The fields that every controller-style reply has.
Json Base(const std::string& cluster, const Json& name) {
  return {{"cluster", cluster}, {"name", name}, {"error", nullptr}, {"errorType", nullptr}, {"exceptionType", nullptr}};
}

void SetError(Json& json, const std::string& message, const char* type) {
  json["error"] = message;
  json["errorType"] = type;
  json["exceptionType"] = type;
}

std::optional<int32_t> ParseId(const std::string& text) {
  int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

// What the endpoints about one store need.
struct Context {
  const RouterSettings& settings;
  const RequestPath& path;
  const ServingTable& table;
  const ServedStore* store;  // nullptr: unknown

  Json Base() const { return router::Base(settings.cluster, path.name); }
  HttpResponse NoStore() const {
    return ErrorReply(404, "store '" + path.name + "' does not exist in cluster " + settings.cluster);
  }
};

Json SchemaJson(const metadata::SchemaEntry& schema) {
  return {{"id", schema.id}, {"derivedSchemaId", -1}, {"rmdValueSchemaId", -1}, {"schemaStr", schema.text}};
}

HttpResponse OneSchema(const Context& context, const metadata::SchemaEntry& schema) {
  Json json = context.Base();
  json["id"] = schema.id;
  json["derivedSchemaId"] = -1;
  json["schemaStr"] = schema.text;
  return JsonReply(200, Dump(json));
}

HttpResponse KeySchema(const Context& context) {
  if (context.store == nullptr || context.store->schemas->key.text.empty()) {
    return ErrorReply(404,
                      "store '" + context.path.name + "' has no key schema in cluster " + context.settings.cluster);
  }
  return OneSchema(context, context.store->schemas->key);
}

HttpResponse ValueSchema(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  if (context.path.key.empty()) {
    Json json = context.Base();
    json["superSetSchemaId"] = context.store->store->latest_superset_value_schema_id;
    json["schemas"] = Json::array();
    for (const metadata::SchemaEntry& schema : context.store->schemas->values) {
      if (schema.id >= 1) json["schemas"].push_back(SchemaJson(schema));
    }
    return JsonReply(200, Dump(json));
  }
  const std::optional<int32_t> id = ParseId(context.path.key);
  const metadata::SchemaEntry* schema = id ? context.store->schemas->Value(*id) : nullptr;
  if (schema == nullptr) {
    return ErrorReply(404, "store '" + context.path.name + "' has no value schema " + context.path.key);
  }
  return OneSchema(context, *schema);
}

HttpResponse LatestValueSchema(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  const metadata::StoreSchemas& schemas = *context.store->schemas;
  const metadata::SchemaEntry* schema = schemas.Value(context.store->store->latest_superset_value_schema_id);
  if (schema == nullptr) schema = schemas.LatestValue();
  if (schema == nullptr) return ErrorReply(500, "store '" + context.path.name + "' has no value schema");
  return OneSchema(context, *schema);
}

HttpResponse AllValueSchemaIds(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  Json json = context.Base();
  json["superSetSchemaId"] = context.store->store->latest_superset_value_schema_id;
  json["schemaIdSet"] = Json::array();
  for (const metadata::SchemaEntry& schema : context.store->schemas->values) {
    if (schema.id >= 1) json["schemaIdSet"].push_back(schema.id);
  }
  return JsonReply(200, Dump(json));
}

// The newest update schema of every value schema stands at the position of its value schema's id, less one; null
// where there is none.
HttpResponse AllUpdateSchemas(const Context& context) {
  const metadata::StoreSchemas& schemas = *context.store->schemas;
  Json json = context.Base();
  json["superSetSchemaId"] = context.store->store->latest_superset_value_schema_id;
  json["schemas"] = Json::array();
  if (schemas.derived.empty()) return JsonReply(200, Dump(json));
  const int32_t last = std::min(schemas.derived.back().value_id, kValueSchemaIdListedMax);
  for (int32_t id = 1; id <= last; ++id) {
    const metadata::GeneratedSchemaEntry* schema = schemas.LatestDerived(id);
    json["schemas"].push_back(
        schema == nullptr
            ? Json(nullptr)
            : Json{{"id", id}, {"derivedSchemaId", schema->id}, {"rmdValueSchemaId", -1}, {"schemaStr", schema->text}});
  }
  return JsonReply(200, Dump(json));
}

HttpResponse UpdateSchema(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  if (context.path.key.empty()) return AllUpdateSchemas(context);
  const std::optional<int32_t> id = ParseId(context.path.key);
  const metadata::GeneratedSchemaEntry* schema = id ? context.store->schemas->LatestDerived(*id) : nullptr;
  if (schema == nullptr) {
    return ErrorReply(404, "Update schema doesn't exist for value schema id: " + context.path.key + " of store: " +
                               context.path.name + "; update schemas come with write_computation_enabled");
  }
  Json json = context.Base();
  json["id"] = schema->value_id;
  json["derivedSchemaId"] = schema->id;
  json["schemaStr"] = schema->text;
  return JsonReply(200, Dump(json));
}

HttpResponse CurrentVersion(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  return JsonReply(200, Dump({{"currentVersion", context.store->store->current_version}}));
}

HttpResponse StoreState(const Context& context) {
  if (context.store == nullptr) return context.NoStore();
  return JsonReply(200, metadata::ToZooKeeperJson(*context.store->store));
}

HttpResponse HybridQuota(const Context& context) {
  Json json = context.Base();
  json["quotaStatus"] = "UNKNOWN";
  return JsonReply(200, Dump(json));
}

HttpResponse ResourceState(const Context& context) {
  const std::string& resource = context.path.name;
  const protocol::TopicName topic = protocol::ParseTopicName(resource);
  if (topic.kind != protocol::TopicKind::kVersion) {
    return ErrorReply(400, "'" + resource + "' is not a version topic name: <store>_v<N>");
  }
  const auto store = context.table.stores.find(topic.store);
  const metadata::Version* version =
      store == context.table.stores.end() ? nullptr : store->second->store->FindVersion(topic.version);
  const auto states = context.table.view->customized.find(kStateType);
  const helix::ResourceView* view = nullptr;
  if (states != context.table.view->customized.end()) {
    const auto found = states->second.find(resource);
    if (found != states->second.end()) view = found->second.get();
  }
  if (version == nullptr || view == nullptr) return ErrorReply(404, "resource '" + resource + "' is not known here");
  Json replicas = Json::array();
  Json unretrievable = Json::array();
  bool ready = true;
  for (int32_t partition = 0; partition < version->partition_count; ++partition) {
    const auto found = view->partitions.find(resource + "_" + std::to_string(partition));
    if (found == view->partitions.end() || found->second.empty()) {
      unretrievable.push_back(partition);
      ready = false;
      continue;
    }
    size_t completed = 0;
    for (const auto& [instance, state] : found->second) {
      if (!context.table.view->live.contains(instance)) continue;
      replicas.push_back({{"partition", partition}, {"participantId", instance}, {"venicePushStatus", state}});
      completed += state == "COMPLETED" ? 1 : 0;
    }
    ready = ready && completed > found->second.size() / 2;
  }
  Json json = context.Base();
  json["replicaStates"] = std::move(replicas);
  json["unretrievablePartitions"] = std::move(unretrievable);
  json["readyToServe"] = ready;
  return JsonReply(200, Dump(json));
}

HttpResponse PushStatus(const Context& context) {
  Json json = context.Base();
  const bool known =
      context.store != nullptr || context.table.stores.contains(protocol::ParseTopicName(context.path.name).store);
  SetError(json, "push status is not served by routers: ask the controller for the job's status", "GENERAL_ERROR");
  return JsonReply(known ? 400 : 404, Dump(json));
}

HttpResponse RequestTopic(const Context& context) {
  Json json = context.Base();
  const auto refuse = [&](int status, const std::string& message, const char* type) {
    SetError(json, message, type);
    return JsonReply(status, Dump(json));
  };
  const std::string& name = context.path.name;
  if (context.store == nullptr) return refuse(404, "store '" + name + "' does not exist", "STORE_NOT_FOUND");
  const metadata::Store& store = *context.store->store;
  if (!store.enable_writes) return refuse(400, "writes to store '" + name + "' are disabled", "BAD_REQUEST");
  if (!store.hybrid) {
    return refuse(400, "store '" + name + "' is not hybrid: it takes batch pushes only", "BAD_REQUEST");
  }
  const metadata::Version* version = store.CurrentVersion();
  if (version == nullptr) {
    return refuse(400, "store '" + name + "' has no current version; push one first", "BAD_REQUEST");
  }
  if (!version->hybrid) {
    return refuse(400, "the current version of store '" + name + "' is not hybrid; push again", "BAD_REQUEST");
  }
  if (const std::string* allowed = context.path.Parameter("partitioners")) {
    bool found = allowed->empty();
    std::string_view rest = *allowed;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      found = found || rest.substr(0, comma) == version->partitioner.partitioner_class;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (!found) {
      return refuse(400,
                    "the partitioner of store '" + name + "', " + version->partitioner.partitioner_class +
                        ", is not among those asked for",
                    "BAD_REQUEST");
    }
  }
  json["version"] = version->number;
  json["partitions"] = version->partition_count;
  json["replicas"] = version->replication_factor;
  json["kafkaTopic"] =
      store.hybrid->real_time_topic_name.empty() ? protocol::RealTimeTopic(name) : store.hybrid->real_time_topic_name;
  json["kafkaBootstrapServers"] = context.settings.kafka_bootstrap_servers;
  json["enableSSL"] = false;
  json["compressionStrategy"] = "NO_OP";
  json["partitionerClass"] = version->partitioner.partitioner_class;
  json["partitionerParams"] = version->partitioner.params;
  json["amplificationFactor"] = 1;
  json["daVinciPushStatusStoreEnabled"] = store.davinci_push_status_store_enabled;
  json["kafkaSourceRegion"] = nullptr;
  json["degradedDatacenters"] = nullptr;
  return JsonReply(200, Dump(json));
}

HttpResponse BlobDiscovery(const Context& context) {
  std::string values[3];
  const char* names[3] = {"store_name", "store_version", "store_partition"};
  for (int i = 0; i < 3; ++i) {
    const std::string* value = context.path.Parameter(names[i]);
    if (value == nullptr || value->empty())
      return ErrorReply(400, std::string("parameter ") + names[i] + " is required");
    values[i] = *value;
  }
  if (!context.table.stores.contains(values[0])) return ErrorReply(404, "store '" + values[0] + "' does not exist");
  return ErrorReply(403, "blob transfer is not enabled for store '" + values[0] + "'");
}

HttpResponse LeaderController(const Context& context) {
  const std::string& instance = context.table.view->controller;  // host_port
  const size_t split = instance.rfind('_');
  if (split == std::string::npos) {
    return ErrorReply(500,
                      "cluster " + context.settings.cluster + " has no leading controller at the moment; try again");
  }
  Json json = Base(context.settings.cluster, nullptr);
  json["url"] = "http://" + instance.substr(0, split) + ":" + instance.substr(split + 1);
  json["secureUrl"] = nullptr;
  json["grpcUrl"] = nullptr;
  json["secureGrpcUrl"] = nullptr;
  return JsonReply(200, Dump(json));
}

HttpResponse Stores(const Context& context) {
  Json json = Base(context.settings.cluster, nullptr);
  json["stores"] = Json::array();
  for (const auto& [name, _] : context.table.stores) json["stores"].push_back(name);
  return JsonReply(200, Dump(json));
}

// Read quotas are not enforced here: said truthfully, with or without a change asked for.
HttpResponse Admin(const Context& context) {
  if (context.path.name.empty()) return HttpResponse{.status = 200};
  if (context.path.name != "readQuotaThrottle") {
    return ErrorReply(501, "unknown admin task '" + context.path.name + "'; there is readQuotaThrottle");
  }
  if (!context.path.key.empty() && context.path.key != "enable" && context.path.key != "disable") {
    return ErrorReply(400, "unknown action '" + context.path.key + "'; there are enable and disable");
  }
  if (const std::string* delay = context.path.Parameter("delay_execution"); delay != nullptr && !ParseId(*delay)) {
    return ErrorReply(400, "delay_execution is a number of milliseconds");
  }
  return JsonReply(200, Dump({{"readThrottlingEnabled", "false"}, {"earlyThrottleEnabled", "false"}}));
}

struct Endpoint {
  std::string_view type;
  bool needs_name;
  std::string_view form;  // of a valid path
  HttpResponse (*answer)(const Context&);
};

constexpr Endpoint kEndpoints[] = {
    {"admin", false, "/admin", Admin},
    {"leader_controller", false, "/leader_controller", LeaderController},
    {"master_controller", false, "/master_controller", LeaderController},
    {"stores", false, "/stores", Stores},
    {"key_schema", true, "/key_schema/${storeName}", KeySchema},
    {"value_schema", true, "/value_schema/${storeName}[/${valueSchemaId}]", ValueSchema},
    {"latest_value_schema", true, "/latest_value_schema/${storeName}", LatestValueSchema},
    {"all_value_schema_ids", true, "/all_value_schema_ids/${storeName}", AllValueSchemaIds},
    {"update_schema", true, "/update_schema/${storeName}[/${valueSchemaId}]", UpdateSchema},
    {"current_version", true, "/current_version/${storeName}", CurrentVersion},
    {"resource_state", true, "/resource_state/${storeName}_v${versionNumber}", ResourceState},
    {"push_status", true, "/push_status/${resourceName}", PushStatus},
    {"stream_hybrid_store_quota", true, "/stream_hybrid_store_quota/${storeName}", HybridQuota},
    {"stream_reprocessing_hybrid_store_quota", true, "/stream_reprocessing_hybrid_store_quota/${resourceName}",
     HybridQuota},
    {"store_state", true, "/store_state/${storeName}", StoreState},
    {"request_topic", true, "/request_topic/${storeName}", RequestTopic},
    {"blob_discovery", false, "/blob_discovery?store_name=&store_version=&store_partition=", BlobDiscovery},
};

HttpResponse NameRequired(std::string_view form) {
  return ErrorReply(400, "Resource name required, valid path should be : " + std::string(form));
}

}  // namespace

bool MetadataHandler::Handle(const RequestPath& path, const net::HttpRequest& request,
                             const std::shared_ptr<const ServingTable>& table, net::Responder& responder) const {
  if (request.method == "OPTIONS") {  // load balancers ask like this
    responder.Send(HttpResponse{.status = 200});
    return true;
  }
  if (path.type == "discover_cluster") {
    const std::string* parameter = path.Parameter("store_name");
    const std::string store = path.name.empty() && parameter ? *parameter : path.name;
    if (store.empty()) {
      responder.Send(NameRequired("/discover_cluster/${storeName}"));
    } else {
      DiscoverCluster(store, std::move(responder));
    }
    return true;
  }
  for (const Endpoint& endpoint : kEndpoints) {
    if (endpoint.type != path.type) continue;
    if (endpoint.needs_name && path.name.empty()) {
      responder.Send(NameRequired(endpoint.form));
      return true;
    }
    const auto store = table->stores.find(path.name);
    const Context context{settings_, path, *table, store == table->stores.end() ? nullptr : store->second.get()};
    responder.Send(endpoint.answer(context));
    return true;
  }
  return false;
}

// The discovery entry is global and small, and clients ask once: it is read from ZooKeeper each time.
void MetadataHandler::DiscoverCluster(const std::string& store, net::Responder responder) const {
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  const bool queued = blocking_.Submit([this, store, shared] {
    Json json = {{"cluster", nullptr},
                 {"name", store},
                 {"d2Service", nullptr},
                 {"serverD2Service", nullptr},
                 {"zkAddress", settings_.zk_address},
                 {"kafkaBootstrapServers", settings_.kafka_bootstrap_servers},
                 {"error", nullptr},
                 {"errorType", nullptr},
                 {"exceptionType", nullptr}};
    const Result<std::optional<metadata::StoreConfig>> config = metadata::ReadStoreConfig(zk_, store);
    if (!config.ok()) {
      SetError(json, config.error().message(), "CONNECTION_ERROR");
      return shared->Send(JsonReply(500, Dump(json)));
    }
    const std::string cluster = *config ? (*config)->cluster : std::string();
    const auto d2 = settings_.cluster_to_d2.find(cluster);
    if (cluster.empty() || d2 == settings_.cluster_to_d2.end()) {
      SetError(json,
               "Store: " + store + " does not exist" +
                   (cluster.empty() ? std::string() : " in a cluster known here (it is in " + cluster + ")"),
               "STORE_NOT_FOUND");
      return shared->Send(JsonReply(404, Dump(json)));
    }
    json["cluster"] = cluster;
    json["d2Service"] = d2->second;
    if (const auto server = settings_.cluster_to_server_d2.find(cluster);
        server != settings_.cluster_to_server_d2.end()) {
      json["serverD2Service"] = server->second;
    }
    shared->Send(JsonReply(200, Dump(json)));
  });
  if (!queued) shared->Send(ErrorReply(503, "too many discovery requests at once; try again"));
}

}  // namespace venice::router
