#include "helix/admin.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "helix/instance_config.h"
#include "helix/paths.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

// Creates a node unless it is there. The parent must exist.
Status CreateIfAbsent(zk::Client& client, const std::string& path, std::string_view data) {
  const Result<std::string> created = client.Create(path, data);
  if (created.ok() || created.error().code() == ErrorCode::kAlreadyExists) return Ok();
  return created.error();
}

std::string EmptyRecord(const std::string& id) {
  ZnRecord record;
  record.id = id;
  return EncodeZnRecord(record);
}

// Parents before children: what Helix demands of a cluster, and what it creates besides.
std::vector<std::string> ClusterPaths(const Paths& paths) {
  return {paths.IdealStates(),
          paths.Configs(),
          paths.Configs() + "/CLUSTER",
          paths.ClusterConfig(),
          paths.ParticipantConfigs(),
          paths.ResourceConfigs(),
          paths.Configs() + "/CUSTOMIZED_STATE",
          paths.PropertyStore(),
          paths.LiveInstances(),
          paths.Instances(),
          paths.ExternalViews(),
          paths.StateModelDefs(),
          paths.Controller(),
          paths.ControllerMessages(),
          paths.ControllerErrors(),
          paths.ControllerStatusUpdates(),
          paths.ControllerHistory()};
}

ZnRecord ClusterConfigOf(const ClusterSettings& settings) {
  ZnRecord record;
  record.simple["allowParticipantAutoJoin"] = "true";
  record.simple["PERSIST_BEST_POSSIBLE_ASSIGNMENT"] = "true";
  record.simple["TOPOLOGY_AWARE_ENABLED"] = settings.topology_aware ? "true" : "false";
  if (settings.topology_aware) {
    record.simple["TOPOLOGY"] = settings.topology;
    record.simple["FAULT_ZONE_TYPE"] = settings.fault_zone_type;
  }
  if (settings.rebalance_delay.count() > 0) {
    record.simple["DELAY_REBALANCE_TIME"] = std::to_string(settings.rebalance_delay.count());
  }
  return record;
}

ZnRecord IdealStateOf(const ResourceSettings& settings) {
  const int min_active =
      settings.min_active_replicas >= 0 ? settings.min_active_replicas : std::max(settings.replicas - 1, 1);
  ZnRecord record;
  record.id = settings.name;
  record.simple = {{"NUM_PARTITIONS", std::to_string(settings.partitions)},
                   {"REPLICAS", std::to_string(settings.replicas)},
                   {"MIN_ACTIVE_REPLICAS", std::to_string(min_active)},
                   {"STATE_MODEL_DEF_REF", std::string(kLeaderStandby)},
                   {"STATE_MODEL_FACTORY_NAME", "DEFAULT"},
                   {"REBALANCE_MODE", "FULL_AUTO"},
                   {"IDEAL_STATE_MODE", "AUTO_REBALANCE"},
                   {"REBALANCER_CLASS_NAME", "org.apache.helix.controller.rebalancer.DelayedAutoRebalancer"},
                   {"REBALANCE_STRATEGY", "org.apache.helix.controller.rebalancer.strategy.CrushEdRebalanceStrategy"}};
  for (int i = 0; i < settings.partitions; ++i) {
    record.lists[PartitionName(settings.name, i)];
    record.maps[PartitionName(settings.name, i)];
  }
  return record;
}

// A record that must be there.
Result<ZnRecord> MustRead(zk::Client& client, const std::string& path, const std::string& what) {
  VENICE_ASSIGN(std::optional<ZnRecord> record, ReadRecord(client, path));
  if (!record) return Error(ErrorCode::kNotFound, fmt::format("{} is not there ({})", what, path));
  return std::move(*record);
}

}  // namespace

Status Admin::CreateCluster(const std::string& cluster, const ClusterSettings& settings) {
  if (cluster.empty() || cluster.find('/') != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, "a cluster name must not be empty or contain '/': " + cluster);
  }
  const Paths paths(cluster);
  VENICE_TRY(zk::EnsurePath(client_, paths.Root()));
  for (const std::string& path : ClusterPaths(paths)) {
    std::string data;
    if (path == paths.ClusterConfig()) data = EmptyRecord(cluster);
    if (path == paths.ControllerHistory()) {
      ZnRecord history;
      history.id = "HISTORY";
      history.lists[cluster];
      data = EncodeZnRecord(history);
    }
    VENICE_TRY(CreateIfAbsent(client_, path, data));
  }
  VENICE_TRY(
      CreateIfAbsent(client_, paths.StateModelDef(kLeaderStandby), EncodeZnRecord(StateModel::LeaderStandbyRecord())));
  VENICE_TRY(UpdateClusterConfig(cluster, ClusterConfigOf(settings)));
  return ChangeRecord(client_, paths.CustomizedStateConfig(), [&](ZnRecord& record) {
    std::vector<std::string>& types = record.lists["AGGREGATION_ENABLED_TYPES"];
    const std::vector<std::string> before = types;
    for (const std::string& type : settings.customized_state_types) {
      if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    }
    return types != before;
  });
}

Result<bool> Admin::IsClusterSetUp(const std::string& cluster) {
  const Paths paths(cluster);
  for (const std::string& path : ClusterPaths(paths)) {
    if (path == paths.Configs() + "/CUSTOMIZED_STATE") continue;  // created with the others, demanded by nobody
    VENICE_ASSIGN(const std::optional<zk::Stat> stat, client_.Exists(path));
    if (!stat) return false;
  }
  return true;
}

Status Admin::DeleteCluster(const std::string& cluster) {
  return zk::DeleteRecursively(client_, Paths(cluster).Root());
}

Result<ZnRecord> Admin::GetClusterConfig(const std::string& cluster) {
  return MustRead(client_, Paths(cluster).ClusterConfig(), "the configuration of cluster " + cluster);
}

Status Admin::UpdateClusterConfig(const std::string& cluster, const ZnRecord& change) {
  return ChangeRecord(client_, Paths(cluster).ClusterConfig(), [&](ZnRecord& record) {
    const ZnRecord before = record;
    for (const auto& [key, value] : change.simple) record.simple[key] = value;
    for (const auto& [key, map] : change.maps) {
      for (const auto& [inner, value] : map) record.maps[key][inner] = value;
    }
    for (const auto& [key, list] : change.lists) record.lists[key] = list;
    return !(record == before);
  });
}

Status Admin::AddResource(const std::string& cluster, const ResourceSettings& settings) {
  if (settings.name.empty() || settings.partitions < 1 || settings.replicas < 1) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("resource '{}' needs a name, at least 1 partition ({}) and at least 1 replica ({})",
                             settings.name, settings.partitions, settings.replicas));
  }
  const Paths paths(cluster);
  VENICE_ASSIGN(const std::optional<zk::Stat> model, client_.Exists(paths.StateModelDef(kLeaderStandby)));
  if (!model) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("cluster {} is not set up for LeaderStandby: create it first", cluster));
  }
  Result<std::string> created = client_.Create(paths.IdealState(settings.name), EncodeZnRecord(IdealStateOf(settings)));
  if (!created.ok()) return std::move(created).error().In("resource " + settings.name);
  return Ok();
}

Status Admin::DropResource(const std::string& cluster, const std::string& resource) {
  const Paths paths(cluster);
  for (const std::string& path : {paths.IdealState(resource), paths.ResourceConfig(resource)}) {
    const Status deleted = client_.Delete(path);
    if (!deleted.ok() && deleted.error().code() != ErrorCode::kNotFound) return deleted;
  }
  return Ok();
}

Result<std::vector<std::string>> Admin::ListResources(const std::string& cluster) {
  VENICE_ASSIGN(std::optional<std::vector<std::string>> names, client_.Children(Paths(cluster).IdealStates()));
  if (!names) return Error(ErrorCode::kNotFound, "no cluster " + cluster);
  return std::move(*names);
}

Result<std::optional<ZnRecord>> Admin::GetIdealState(const std::string& cluster, const std::string& resource) {
  return ReadRecord(client_, Paths(cluster).IdealState(resource));
}

Status Admin::UpdateIdealState(const std::string& cluster, const std::string& resource, const ZnRecord& change) {
  bool found = true;
  VENICE_TRY(ChangeRecord(client_, Paths(cluster).IdealState(resource), [&](ZnRecord& record) {
    found = record.simple.contains("STATE_MODEL_DEF_REF");
    if (found) record.Update(change);
    return found;
  }));
  if (!found) return Error(ErrorCode::kNotFound, fmt::format("cluster {} has no resource {}", cluster, resource));
  return Ok();
}

Status Admin::EnableResource(const std::string& cluster, const std::string& resource, bool enabled) {
  ZnRecord change;
  change.simple["HELIX_ENABLED"] = enabled ? "true" : "false";
  return UpdateIdealState(cluster, resource, change);
}

Result<std::optional<ZnRecord>> Admin::GetExternalView(const std::string& cluster, const std::string& resource) {
  return ReadRecord(client_, Paths(cluster).ExternalView(resource));
}

Result<std::optional<ZnRecord>> Admin::GetCustomizedView(const std::string& cluster, const std::string& type,
                                                         const std::string& resource) {
  return ReadRecord(client_, Paths(cluster).CustomizedView(type, resource));
}

Result<std::optional<std::string>> Admin::GetControllerLeader(const std::string& cluster) {
  VENICE_ASSIGN(std::optional<ZnRecord> record, ReadRecord(client_, Paths(cluster).ControllerLeader()));
  if (!record) return std::optional<std::string>();
  return std::optional(std::move(record->id));
}

Status Admin::Pause(const std::string& cluster, bool paused, const std::string& reason) {
  const std::string path = Paths(cluster).ControllerPause();
  if (!paused) {
    const Status deleted = client_.Delete(path);
    return !deleted.ok() && deleted.error().code() == ErrorCode::kNotFound ? Ok() : deleted;
  }
  ZnRecord record;
  record.id = "pause";
  record.simple["REASON"] = reason;
  return WriteRecord(client_, path, record);
}

Status Admin::Maintenance(const std::string& cluster, bool on, const std::string& reason) {
  const std::string path = Paths(cluster).ControllerMaintenance();
  if (!on) {
    const Status deleted = client_.Delete(path);
    return !deleted.ok() && deleted.error().code() == ErrorCode::kNotFound ? Ok() : deleted;
  }
  ZnRecord record;
  record.id = "maintenance";
  record.simple = {{"REASON", reason},
                   {"TIMESTAMP", std::to_string(clock_.WallMs())},
                   {"TRIGGERED_BY", "USER"},
                   {"AUTO_TRIGGER_REASON", "NOT_APPLICABLE"}};
  return WriteRecord(client_, path, record);
}

}  // namespace venice::helix
