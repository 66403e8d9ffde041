// Where everything of one Helix cluster lives in ZooKeeper.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace venice::helix {

// Immutable. All paths are absolute below the client's chroot.
class Paths {
 public:
  explicit Paths(std::string_view cluster) : cluster_(cluster), root_("/" + cluster_) {}

  const std::string& cluster() const { return cluster_; }
  const std::string& Root() const { return root_; }

  std::string Configs() const { return root_ + "/CONFIGS"; }
  std::string ClusterConfig() const { return root_ + "/CONFIGS/CLUSTER/" + cluster_; }
  std::string ParticipantConfigs() const { return root_ + "/CONFIGS/PARTICIPANT"; }
  std::string ParticipantConfig(std::string_view instance) const { return Join(ParticipantConfigs(), instance); }
  std::string ResourceConfigs() const { return root_ + "/CONFIGS/RESOURCE"; }
  std::string ResourceConfig(std::string_view resource) const { return Join(ResourceConfigs(), resource); }
  std::string CustomizedStateConfig() const { return root_ + "/CONFIGS/CUSTOMIZED_STATE/" + cluster_; }

  std::string LiveInstances() const { return root_ + "/LIVEINSTANCES"; }
  std::string LiveInstance(std::string_view instance) const { return Join(LiveInstances(), instance); }

  std::string Instances() const { return root_ + "/INSTANCES"; }
  std::string Instance(std::string_view instance) const { return Join(Instances(), instance); }
  std::string Messages(std::string_view instance) const { return Instance(instance) + "/MESSAGES"; }
  std::string Message(std::string_view instance, std::string_view id) const { return Join(Messages(instance), id); }
  std::string CurrentStates(std::string_view instance) const { return Instance(instance) + "/CURRENTSTATES"; }
  std::string CurrentStates(std::string_view instance, std::string_view session) const {
    return Join(CurrentStates(instance), session);
  }
  std::string CurrentState(std::string_view instance, std::string_view session, std::string_view resource) const {
    return Join(CurrentStates(instance, session), resource);
  }
  std::string TaskCurrentStates(std::string_view instance) const { return Instance(instance) + "/TASKCURRENTSTATES"; }
  std::string CustomizedStates(std::string_view instance) const { return Instance(instance) + "/CUSTOMIZEDSTATES"; }
  std::string CustomizedStates(std::string_view instance, std::string_view type) const {
    return Join(CustomizedStates(instance), type);
  }
  std::string CustomizedState(std::string_view instance, std::string_view type, std::string_view resource) const {
    return Join(CustomizedStates(instance, type), resource);
  }
  std::string History(std::string_view instance) const { return Instance(instance) + "/HISTORY"; }

  std::string IdealStates() const { return root_ + "/IDEALSTATES"; }
  std::string IdealState(std::string_view resource) const { return Join(IdealStates(), resource); }
  std::string ExternalViews() const { return root_ + "/EXTERNALVIEW"; }
  std::string ExternalView(std::string_view resource) const { return Join(ExternalViews(), resource); }
  std::string CustomizedViews() const { return root_ + "/CUSTOMIZEDVIEW"; }
  std::string CustomizedViews(std::string_view type) const { return Join(CustomizedViews(), type); }
  std::string CustomizedView(std::string_view type, std::string_view resource) const {
    return Join(CustomizedViews(type), resource);
  }
  std::string StateModelDefs() const { return root_ + "/STATEMODELDEFS"; }
  std::string StateModelDef(std::string_view name) const { return Join(StateModelDefs(), name); }
  std::string PropertyStore() const { return root_ + "/PROPERTYSTORE"; }
  std::string LeadershipEpoch() const { return PropertyStore() + "/LEADERSHIP_EPOCH"; }  // ours: no Helix has it

  std::string Controller() const { return root_ + "/CONTROLLER"; }
  std::string ControllerLeader() const { return root_ + "/CONTROLLER/LEADER"; }
  std::string ControllerHistory() const { return root_ + "/CONTROLLER/HISTORY"; }
  std::string ControllerMessages() const { return root_ + "/CONTROLLER/MESSAGES"; }
  std::string ControllerErrors() const { return root_ + "/CONTROLLER/ERRORS"; }
  std::string ControllerStatusUpdates() const { return root_ + "/CONTROLLER/STATUSUPDATES"; }
  std::string ControllerPause() const { return root_ + "/CONTROLLER/PAUSE"; }
  std::string ControllerMaintenance() const { return root_ + "/CONTROLLER/MAINTENANCE"; }

  static std::string Join(std::string parent, std::string_view child) {
    parent += '/';
    parent += child;
    return parent;
  }

 private:
  std::string cluster_;
  std::string root_;
};

// ZooKeeper's session id as Helix writes it: lower-case hexadecimal, no prefix, no padding.
std::string SessionText(int64_t session_id);

// "host_1690" or "host:1690" -> {"host", 1690}; nullopt when the name does not end in a port.
struct HostPort {
  std::string host;
  uint16_t port = 0;
};
std::optional<HostPort> ParseInstanceName(std::string_view instance);

// "store_v3", 0 -> "store_v3_0", and back; nullopt when the text after the last '_' is not a partition number.
std::string PartitionName(std::string_view resource, int partition);
std::optional<int> PartitionIndex(std::string_view partition_name);

}  // namespace venice::helix
