// Handlers of storage nodes and replicas.
#include <set>

#include "controller/handlers.h"
#include "helix/paths.h"
#include "metadata/paths.h"
#include "protocol/topic_name.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;

Json InstanceJson(const std::string& instance) {
  const std::optional<helix::HostPort> parsed = helix::ParseInstanceName(instance);
  const std::string host = parsed ? parsed->host : instance;
  const int port = parsed ? parsed->port : 0;
  Json json;
  json["nodeId"] = instance;
  json["host"] = host;
  json["port"] = port;
  json["sslPort"] = port;
  json["grpcPort"] = -1;
  json["grpcSslPort"] = -1;
  json["grpcUrl"] = nullptr;
  json["grpcSslUrl"] = nullptr;
  return json;
}

Json ReplicaJson(const std::string& resource, int partition, const std::string& instance, const std::string& state) {
  Json json;
  json["instance"] = InstanceJson(instance);
  json["partitionId"] = partition;
  json["resource"] = resource;
  json["status"] = state;
  return json;
}

Status ListInstances(Call& call) {
  VENICE_ASSIGN(const auto instances, call.cluster->context().helix.ListInstances(call.cluster->name()));
  Json nodes = Json::array();
  for (const helix::InstanceState& instance : instances) nodes.push_back(instance.name);
  call.out["nodes"] = std::move(nodes);
  return Ok();
}

Status ClusterHealthInstances(Call& call) {
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const bool enable, call.Bool("enable_disabled_replicas", false));
  VENICE_ASSIGN(const auto instances, context.helix.ListInstances(context.name));
  Json states = Json::object();
  for (const helix::InstanceState& instance : instances)
    states[instance.name] = instance.live ? "CONNECTED" : "DISCONNECTED";
  if (enable) {
    const auto view = context.spectator.View();
    for (const auto& [resource, content] : view->external) {
      std::map<std::string, std::vector<std::string>> by_instance;
      for (const auto& [partition, replicas] : content->partitions)
        for (const auto& [instance, state] : replicas)
          if (state == "OFFLINE") by_instance[instance].push_back(partition);
      for (const auto& [instance, partitions] : by_instance)
        VENICE_TRY(context.helix.EnablePartitions(context.name, instance, resource, partitions, true));
    }
  }
  call.out["instancesStatusMap"] = std::move(states);
  return Ok();
}

Status ListReplicas(Call& call) {
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const int32_t number, call.Integer(param::kVersion));
  VENICE_TRY(context.Store(call.Store()));
  const std::string topic = protocol::VersionTopic(call.Store(), number);
  const auto view = context.spectator.View();
  const auto resource = view->external.find(topic);
  if (resource == view->external.end())
    return Error(ErrorCode::kInvalidArgument, "version " + std::to_string(number) + " of store " + call.Store() +
                                                  " has no replicas: " + topic + " is not assigned to storage nodes");
  Json replicas = Json::array();
  for (const auto& [partition, states] : resource->second->partitions)
    for (const auto& [instance, state] : states)
      replicas.push_back(ReplicaJson(topic, helix::PartitionIndex(partition).value_or(-1), instance, state));
  call.out["version"] = number;
  call.out["replicas"] = std::move(replicas);
  return Ok();
}

Status StorageNodeReplicas(Call& call) {
  const std::string node = call.Text(param::kStorageNode);
  const auto view = call.cluster->context().spectator.View();
  Json replicas = Json::array();
  for (const auto& [resource, content] : view->external)
    for (const auto& [partition, states] : content->partitions)
      if (const auto state = states.find(node); state != states.end())
        replicas.push_back(ReplicaJson(resource, helix::PartitionIndex(partition).value_or(-1), node, state->second));
  call.out["version"] = 0;
  call.out["replicas"] = std::move(replicas);
  return Ok();
}

// Why the node cannot go while `gone` are gone too; empty when it can. A version that serves must keep one ready
// replica of every partition, and as many as keep Helix from copying.
Result<std::string> WhyNotRemovable(ClusterContext& context, const std::string& node,
                                    const std::set<std::string>& gone) {
  const auto view = context.spectator.View();
  for (const auto& [resource, content] : view->external) {
    const protocol::TopicName name = protocol::ParseTopicName(resource);
    if (name.kind != protocol::TopicKind::kVersion) continue;
    VENICE_ASSIGN(const std::optional<metadata::Store> store, context.stores.Read(name.store));
    if (!store || store->current_version != name.version) continue;
    const metadata::Version* version = store->FindVersion(name.version);
    const size_t active_min =
        static_cast<size_t>(std::max(version != nullptr ? version->replication_factor - 1 : 1, 1));
    for (const auto& [partition, states] : content->partitions) {
      if (!states.contains(node)) continue;
      size_t left = 0;
      for (const std::string& instance :
           view->InCustomizedState(std::string(helix::kOfflinePush), resource, partition, "COMPLETED"))
        if (instance != node && !gone.contains(instance)) ++left;
      if (left == 0) return partition + " of current version " + resource + " would have no ready replica left";
      if (left < active_min)
        return partition + " of current version " + resource + " would have " + std::to_string(left) +
               " ready replicas, fewer than " + std::to_string(active_min) + ", and data would be moved";
    }
  }
  return std::string();
}

std::set<std::string> SplitCommas(const std::string& text) {
  std::set<std::string> parts;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find(',', start), text.size());
    if (end > start) parts.insert(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Status NodeRemovable(Call& call) {
  VENICE_ASSIGN(const std::string why, WhyNotRemovable(call.cluster->context(), call.Text(param::kStorageNode),
                                                       SplitCommas(call.Text("to_be_stopped_instances"))));
  call.out["removable"] = why.empty();
  call.out["details"] = why.empty() ? Json(nullptr) : Json(why);
  return Ok();
}

// A name becomes part of a path.
Result<std::string> StorageNode(const Call& call) {
  std::string node = call.Text(param::kStorageNode);
  if (!helix::ParseInstanceName(node) || node.find('/') != std::string::npos)
    return Error(ErrorCode::kInvalidArgument, "parameter storage_node_id=" + node + ": must be host_port");
  return node;
}

Status AllowListAdd(Call& call) {
  VENICE_ASSIGN(const std::string node, StorageNode(call));
  ClusterContext& context = call.cluster->context();
  return zk::EnsurePath(context.zk, metadata::paths::AllowList(context.name) + "/" + node);
}

Status AllowListRemove(Call& call) {
  VENICE_ASSIGN(const std::string node, StorageNode(call));
  ClusterContext& context = call.cluster->context();
  return zk::DeleteRecursively(context.zk, metadata::paths::AllowList(context.name) + "/" + node);
}

Status RemoveNode(Call& call) {
  VENICE_ASSIGN(const std::string node, StorageNode(call));
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const bool exists, context.helix.InstanceExists(context.name, node));
  if (!exists) return Error(ErrorCode::kNotFound, "cluster " + context.name + " has no storage node " + node);
  VENICE_TRY(context.helix.DropInstance(context.name, node));
  return zk::DeleteRecursively(context.zk, metadata::paths::AllowList(context.name) + "/" + node);
}

Status AggregatedHealth(Call& call) {
  const Json body = Json::parse(call.body, nullptr, false);
  const auto list = [&](const char* name) {
    std::vector<std::string> items;
    if (const auto it = body.find(name); it != body.end() && it->is_array())
      for (const Json& item : *it)
        if (item.is_string()) items.push_back(item.get<std::string>());
    return items;
  };
  if (!body.is_object() || !body.contains("cluster_id") || !body["cluster_id"].is_string())
    return Error(
        ErrorCode::kInvalidArgument,
        R"(the body must be JSON: {"cluster_id": "...", "instances": ["host_port"], "to_be_stopped_instances": []})");
  const std::vector<std::string> instances = list("instances");
  if (instances.empty()) return Error(ErrorCode::kInvalidArgument, "instances must name at least one storage node");
  Cluster* cluster = call.FindCluster(body["cluster_id"].get<std::string>());
  if (cluster == nullptr)
    return Error(ErrorCode::kNotFound, "cluster " + body["cluster_id"].get<std::string>() + " is not served here");
  if (!cluster->Leads()) {
    const std::string leader = UrlOfInstance(cluster->Leader());
    if (leader.empty()) return Error(ErrorCode::kNotReady, "cluster " + cluster->name() + " has no leader now; retry");
    call.http_status = 302;
    call.location = leader + "/aggregatedHealthStatus";
    return Ok();
  }
  const std::vector<std::string> stopping = list("to_be_stopped_instances");
  std::set<std::string> gone(stopping.begin(), stopping.end());
  Json stoppable = Json::array();
  Json reasons = Json::object();
  for (const std::string& instance : instances) {
    VENICE_ASSIGN(const std::string why, WhyNotRemovable(cluster->context(), instance, gone));
    if (why.empty()) {
      stoppable.push_back(instance);
      gone.insert(instance);
    } else {
      reasons[instance] = why;
    }
  }
  call.out["stoppableInstances"] = std::move(stoppable);
  call.out["nonStoppableInstancesWithReasons"] = std::move(reasons);
  return Ok();
}

}  // namespace

void AddNodeHandlers(HandlerTable& table) {
  table["/list_instances"] = ListInstances;
  table["/cluster_health_instances"] = ClusterHealthInstances;
  table["/list_replicas"] = ListReplicas;
  table["/storage_node_replicas"] = StorageNodeReplicas;
  table["/allow_list_add_node"] = AllowListAdd;
  table["/allow_list_remove_node"] = AllowListRemove;
  table["/remove_node"] = RemoveNode;
  table["/node_removable"] = NodeRemovable;
  table["/aggregatedHealthStatus"] = AggregatedHealth;
}

}  // namespace venice::controller
