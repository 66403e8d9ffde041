// Servers, replicas and the health of a cluster.
#include "admin/command_table.h"

namespace venice::admin {
namespace {

Flag StorageNodeFlag() {
  return {"storage-node", "n", "Server as host_port.", "localhost_7778", Flag::Need::kRequired, "storage_node_id"};
}

}  // namespace

std::vector<Command> ClusterCommands() {
  const Flag cluster = ClusterFlag(Flag::Need::kRequired);
  std::vector<Command> commands;
  commands.push_back({.name = "leader-controller",
                      .summary = "Tells which controller leads a cluster.",
                      .examples = {"leader-controller --url http://localhost:5555 --cluster venice-cluster0"},
                      .flags = {UrlFlag(), cluster},
                      .path = "/leader_controller"});
  commands.push_back({.name = "list-storage-nodes",
                      .summary = "Lists the servers of a cluster.",
                      .examples = {"list-storage-nodes --url http://localhost:5555 --cluster venice-cluster0"},
                      .flags = {UrlFlag(), cluster},
                      .path = "/list_instances"});
  commands.push_back(
      {.name = "cluster-health-instances",
       .summary = "Tells which servers are connected.",
       .examples = {"cluster-health-instances --url http://localhost:5555 --cluster venice-cluster0"},
       .flags = {UrlFlag(),
                 cluster,
                 {"enable-disabled-replicas", "edr", "Also enables replicas that were disabled after errors.", "false",
                  Flag::Need::kOptional, "enable_disabled_replicas"}},
       .path = "/cluster_health_instances"});
  commands.push_back({.name = "cluster-health-stores",
                      .summary = "Tells which stores have all their replicas.",
                      .examples = {"cluster-health-stores --url http://localhost:5555 --cluster venice-cluster0"},
                      .flags = {UrlFlag(), cluster},
                      .path = "/cluster_health_stores"});
  commands.push_back({.name = "replicas-on-storage-node",
                      .summary = "Lists the replicas that a server holds.",
                      .examples = {"replicas-on-storage-node --url http://localhost:5555 --cluster venice-cluster0 "
                                   "--storage-node localhost_7778"},
                      .flags = {UrlFlag(), cluster, StorageNodeFlag()},
                      .path = "/storage_node_replicas"});
  commands.push_back({.name = "node-removable",
                      .summary = "Tells whether a server can be taken away without losing data.",
                      .examples = {"node-removable --url http://localhost:5555 --cluster venice-cluster0 "
                                   "--storage-node localhost_7778"},
                      .flags = {UrlFlag(), cluster, StorageNodeFlag()},
                      .path = "/node_removable"});
  return commands;
}

}  // namespace venice::admin
