// Administration of Helix clusters: what an operator or the Venice controller writes once, and read views for tools.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "helix/zn_record.h"
#include "zk/client.h"

namespace venice::helix {

inline constexpr std::string_view kLeaderStandby = "LeaderStandby";
inline constexpr std::string_view kOfflinePush = "OFFLINE_PUSH";  // customized state types of Venice
inline constexpr std::string_view kHybridStoreQuota = "HYBRID_STORE_QUOTA";

// What Venice sets on a storage cluster.
struct ClusterSettings {
  std::chrono::milliseconds rebalance_delay{1'800'000};  // a dead node's replicas move after this; 0 leaves it out
  std::vector<std::string> customized_state_types{std::string(kOfflinePush), std::string(kHybridStoreQuota)};
  bool topology_aware = false;
  std::string topology;         // e.g. "/zone/instance", when topology_aware
  std::string fault_zone_type;  // e.g. "zone"
};

// One resource whose partitions are <name>_0 .. <name>_(partitions-1), placed by the controller (FULL_AUTO).
struct ResourceSettings {
  std::string name;
  int partitions = 1;
  int replicas = 1;
  int min_active_replicas = -1;  // -1: max(replicas - 1, 1), Venice's rule
};

struct InstanceState {
  std::string name;
  bool live = false;
  bool enabled = true;
  std::string session;  // of the live instance; empty when not live
};

// Thread-safe as far as its client is. Every call blocks.
class Admin {
 public:
  explicit Admin(zk::Client& client, const Clock& clock = SystemClock()) : client_(client), clock_(clock) {}

  // Creates the cluster with the state model, cluster config and customized state config. An existing cluster gets what
  // it lacks; keys that the config already has and `settings` does not name are kept.
  Status CreateCluster(const std::string& cluster, const ClusterSettings& settings = {});
  // True when every node that Helix demands of a cluster exists.
  Result<bool> IsClusterSetUp(const std::string& cluster);
  Status DeleteCluster(const std::string& cluster);
  Result<ZnRecord> GetClusterConfig(const std::string& cluster);
  // Simple fields overwrite, maps merge by key, lists are replaced.
  Status UpdateClusterConfig(const std::string& cluster, const ZnRecord& change);

  // Writes the whole ideal state in one write. Errors: kAlreadyExists, kNotFound (no cluster), kInvalidArgument.
  Status AddResource(const std::string& cluster, const ResourceSettings& settings);
  // Deletes the ideal state; the controller then walks the replicas down to DROPPED. Absent is fine.
  Status DropResource(const std::string& cluster, const std::string& resource);
  Result<std::vector<std::string>> ListResources(const std::string& cluster);
  Result<std::optional<ZnRecord>> GetIdealState(const std::string& cluster, const std::string& resource);
  // Replaces the given keys of the ideal state (compare-and-set).
  Status UpdateIdealState(const std::string& cluster, const std::string& resource, const ZnRecord& change);
  Status EnableResource(const std::string& cluster, const std::string& resource, bool enabled);

  // Config and sub-paths; an existing instance is left as it is.
  Status AddInstance(const std::string& cluster, const std::string& instance);
  // Errors: kConflict while the instance is live.
  Status DropInstance(const std::string& cluster, const std::string& instance);
  Result<bool> InstanceExists(const std::string& cluster, const std::string& instance);
  // Disabling moves the instance's replicas to OFFLINE at once and elsewhere after the rebalance delay.
  Status EnableInstance(const std::string& cluster, const std::string& instance, bool enabled,
                        const std::string& reason = "");
  Status EnablePartitions(const std::string& cluster, const std::string& instance, const std::string& resource,
                          const std::vector<std::string>& partitions, bool enabled);
  // Asks a live instance to take partitions from ERROR to OFFLINE; the controller then starts them again.
  // Errors: kNotReady: instance not live, a partition not in ERROR, or a message pending for it.
  Status ResetPartitions(const std::string& cluster, const std::string& instance, const std::string& resource,
                         const std::vector<std::string>& partitions);

  Status Pause(const std::string& cluster, bool paused, const std::string& reason = "");
  Status Maintenance(const std::string& cluster, bool on, const std::string& reason = "");

  Result<std::vector<InstanceState>> ListInstances(const std::string& cluster);
  Result<std::optional<ZnRecord>> GetExternalView(const std::string& cluster, const std::string& resource);
  Result<std::optional<ZnRecord>> GetCustomizedView(const std::string& cluster, const std::string& type,
                                                    const std::string& resource);
  // Instance name of the cluster's Helix controller; nullopt while there is none.
  Result<std::optional<std::string>> GetControllerLeader(const std::string& cluster);

 private:
  zk::Client& client_;
  const Clock& clock_;
};

// nullopt when absent or empty. Errors: kCorruption for bytes that are no record, and those of the client.
Result<std::optional<ZnRecord>> ReadRecord(zk::Client& client, const std::string& path);
// Creates the node (with parents) or replaces its data.
Status WriteRecord(zk::Client& client, const std::string& path, const ZnRecord& record);
// Read, change, compare-and-set, again on a conflict. An absent node is created from an empty record with the id of
// the path. `change` returns false when there is nothing to write.
Status ChangeRecord(zk::Client& client, const std::string& path, const std::function<bool(ZnRecord&)>& change);

}  // namespace venice::helix
