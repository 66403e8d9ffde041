// Handlers of discovery, leadership and health.
#include "controller/handlers.h"
#include "helix/paths.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;

std::string Lookup(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Status DiscoverCluster(Call& call) {
  const std::string store = call.Store();
  VENICE_ASSIGN(const std::optional<metadata::StoreConfig> config,
                metadata::ReadStoreConfig(call.clusters.front()->context().zk, store));
  if (!config || config->cluster.empty())
    return Error(ErrorCode::kStoreNotFound, "Store: " + store + " does not exist in any cluster");
  call.out["cluster"] = config->cluster;
  call.out["name"] = store;
  call.out["d2Service"] = TextOrNull(Lookup(call.settings.cluster_to_d2, config->cluster));
  call.out["serverD2Service"] = TextOrNull(Lookup(call.settings.cluster_to_server_d2, config->cluster));
  call.out["zkAddress"] = nullptr;
  call.out["kafkaBootstrapServers"] = nullptr;
  return Ok();
}

Status LeaderController(Call& call) {
  const std::string name = call.Text(param::kCluster);
  const Cluster* cluster = call.FindCluster(name);
  if (cluster == nullptr)
    return Error(ErrorCode::kNotFound, "cluster " + name + " is not served by this controller (cluster.name)");
  const std::string url = UrlOfInstance(cluster->Leader());
  if (url.empty())
    return Error(ErrorCode::kNotReady, "cluster " + name + " has no leading controller at this moment; retry");
  call.out["url"] = url;
  call.out["secureUrl"] = nullptr;
  call.out["grpcUrl"] = nullptr;
  call.out["secureGrpcUrl"] = nullptr;
  return Ok();
}

Status ListChildClusters(Call& call) {
  call.out["childDataCenterControllerUrlMap"] = nullptr;
  call.out["childDataCenterControllerD2Map"] = nullptr;
  call.out["d2ServiceName"] = nullptr;
  return Ok();
}

Status Health(Call& call) {
  Json clusters = Json::object();
  bool healthy = true;
  for (Cluster* cluster : call.clusters) {
    Json row;
    const bool connected = cluster->context().zk.Connected();
    healthy = healthy && connected;
    row["zookeeper"] = connected ? "connected" : "disconnected";
    row["leads"] = cluster->Leads();
    row["leader"] = TextOrNull(UrlOfInstance(cluster->Leader()));
    row["storageNodes"] = cluster->context().spectator.View()->live.size();
    clusters[cluster->name()] = std::move(row);
  }
  call.out["clusters"] = std::move(clusters);
  if (!healthy)
    return Error(ErrorCode::kUnavailable, "ZooKeeper at " + call.settings.zk_address +
                                              " is not connected: check that it runs and can be reached from here");
  return Ok();
}

}  // namespace

std::string UrlOfInstance(const std::string& instance) {
  const std::optional<helix::HostPort> parsed = helix::ParseInstanceName(instance);
  return parsed ? "http://" + parsed->host + ":" + std::to_string(parsed->port) : std::string();
}

void AddDiscoveryHandlers(HandlerTable& table) {
  table["/discover_cluster"] = DiscoverCluster;
  table["/leader_controller"] = LeaderController;
  table["/master_controller"] = LeaderController;
  table["/list_child_clusters"] = ListChildClusters;
  table["/health"] = Health;
}

}  // namespace venice::controller
