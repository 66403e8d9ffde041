#include "helix/pipeline.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "helix/views.h"

namespace venice::helix {
namespace {

struct Replica {
  std::string state;  // empty: no current state
  int64_t end_ms = -1;
  // Of the pending message; empty for none.
  std::string pending_from;
  std::string pending_to;
  int64_t pending_since_ms = 0;
};

struct Partition {
  std::map<std::string, Replica> replicas;  // by instance
};

struct Resource {
  const ZnRecord* ideal_state = nullptr;  // null: to be dropped
  const StateModel* model = nullptr;
  std::map<std::string, Partition> partitions;
};

// A message that would bring a replica one hop closer, before the constraints had their say.
struct Proposal {
  TransitionMessage message;
  int priority = 0;
};

class Pipeline {
 public:
  Pipeline(const ClusterData& data, int64_t now_ms, PlacementCache& cache)
      : data_(data), now_ms_(now_ms), cache_(cache), latest_term_ms_(data.latest_term_ms) {}

  Actions Run() {
    for (const auto& [instance, since_ms] : data_.offline_since_ms) {
      if (since_ms < 0) actions_.newly_offline.push_back(instance);
    }
    if (data_.paused) return std::move(actions_);
    for (const auto& [instance, session] : data_.live) live_.insert(instance);
    CollectResources();
    CollectCurrentStates();
    CollectMessages();
    for (auto& [name, resource] : resources_) {
      if (resource.model != nullptr) Drive(name, resource);
    }
    StampMessages();
    actions_.external_views = ExternalViews(data_);
    actions_.customized_views = CustomizedViews(data_);
    actions_.views_valid = true;
    return std::move(actions_);
  }

 private:
  const StateModel* FindModel(std::string_view name) const {
    const auto it = data_.state_models.find(std::string(name));
    return it == data_.state_models.end() ? nullptr : &it->second;
  }

  void RerunAt(int64_t time_ms) {
    actions_.rerun_ms = actions_.rerun_ms ? std::min(*actions_.rerun_ms, time_ms) : time_ms;
  }

  void CollectResources() {
    for (const auto& [name, record] : data_.ideal_states) {
      if (record->Number("NUM_PARTITIONS", 0) <= 0) continue;
      Resource& resource = resources_[name];
      resource.ideal_state = record.get();
      resource.model = FindModel(record->Text("STATE_MODEL_DEF_REF"));
      for (const auto& [partition, list] : record->lists) resource.partitions[partition];
    }
  }

  void CollectCurrentStates() {
    for (const auto& [instance, records] : data_.current_states) {
      for (const auto& [name, record] : records) {
        if (data_.ideal_states.contains(name) && !resources_.contains(name))
          continue;  // an ideal state without partitions
        Resource& resource = resources_[name];
        if (resource.model == nullptr && resource.ideal_state == nullptr) {
          resource.model = FindModel(record->Text("STATE_MODEL_DEF"));
        }
        for (const auto& [partition, fields] : record->maps) ReadCurrentState(fields, resource, partition, instance);
      }
    }
  }

  void ReadCurrentState(const ZnRecord::Map& fields, Resource& resource, const std::string& partition,
                        const std::string& instance) {
    const auto state = fields.find("CURRENT_STATE");
    if (state == fields.end()) return;
    ZnRecord times;
    times.simple = fields;
    Replica& replica = resource.partitions[partition].replicas[instance];
    replica.state = Upper(state->second);
    replica.end_ms = times.Number("END_TIME", -1);
    latest_term_ms_ = std::max({latest_term_ms_, times.Number("START_TIME", 0)});
  }

  void CollectMessages() {
    for (const auto& [instance, messages] : data_.messages) {
      const auto live = data_.live.find(instance);
      if (live == data_.live.end()) continue;
      for (const auto& [id, message] : messages) {
        latest_term_ms_ = std::max(latest_term_ms_, message->Number("CREATE_TIMESTAMP", 0));
        if (message->Text("TGT_SESSION_ID") != live->second) continue;
        if (!SameText(message->Text("MSG_TYPE"), "STATE_TRANSITION")) continue;
        CollectMessage(instance, id, *message);
      }
    }
  }

  void CollectMessage(const std::string& instance, const std::string& id, const ZnRecord& message) {
    const auto resource = resources_.find(std::string(message.Text("RESOURCE_NAME")));
    const std::string from = Upper(message.Text("FROM_STATE"));
    const std::string to = Upper(message.Text("TO_STATE"));
    const std::string partition(message.Text("PARTITION_NAME"));
    if (resource == resources_.end() || partition.empty()) {
      // Nobody wants this resource any more. A participant that starts it anyway creates a current state, and the
      // replica is then dropped from there.
      return;
    }
    Replica& replica = resource->second.partitions[partition].replicas[instance];
    replica.pending_from = from;
    replica.pending_to = to;
    replica.pending_since_ms = message.Number("CREATE_TIMESTAMP", 0);
    const std::string initial = resource->second.model == nullptr ? "OFFLINE" : resource->second.model->initial();
    const bool absent = replica.state.empty();
    const bool stale = absent ? from != initial : (from != "*" && from != replica.state) || to == replica.state;
    if (!stale) return;
    const int64_t purge_ms = absent || replica.end_ms < 0 ? now_ms_ : replica.end_ms + kMessagePurgeDelayMs;
    if (purge_ms <= now_ms_) {
      actions_.obsolete_messages.emplace_back(instance, id);
    } else {
      RerunAt(purge_ms);
    }
  }

  std::map<std::string, ReplicaStates> CurrentStates(const Resource& resource) const {
    std::map<std::string, ReplicaStates> states;
    for (const auto& [name, partition] : resource.partitions) {
      for (const auto& [instance, replica] : partition.replicas) {
        if (!replica.state.empty()) {
          states[name][instance] = replica.state;
        } else if (!replica.pending_to.empty()) {
          states[name][instance] = resource.model->initial();
        }
      }
    }
    return states;
  }

  // Instances where the partition must be OFFLINE.
  std::set<std::string> Disabled(const std::string& resource, const std::string& partition) const {
    std::set<std::string> disabled;
    for (const std::string& instance : live_) {
      const auto config = data_.instances.find(instance);
      if (config == data_.instances.end()) continue;
      const InstanceOperation operation = config->second.operation;
      if (operation == InstanceOperation::kDisable || operation == InstanceOperation::kUnknown ||
          config->second.PartitionDisabled(resource, partition)) {
        disabled.insert(instance);
      }
    }
    return disabled;
  }

  // Instances that were told a moment ago to start the partition.
  std::set<std::string> Starting(const Resource& resource, const Partition& partition) {
    std::set<std::string> starting;
    for (const auto& [instance, replica] : partition.replicas) {
      if (!resource.model->IsSecondTop(replica.pending_to)) continue;
      const int64_t ends_ms = replica.pending_since_ms + kStartGraceMs;
      if (ends_ms <= now_ms_ || replica.pending_since_ms > now_ms_ + kStartGraceMs) continue;
      starting.insert(instance);
      RerunAt(ends_ms);
    }
    return starting;
  }

  // Preference lists of a resource that has an ideal state.
  PlacementResult Lists(const std::string& name, const Resource& resource,
                        const std::map<std::string, ReplicaStates>& current) {
    const ZnRecord& ideal_state = *resource.ideal_state;
    const std::string_view mode = ideal_state.Text("REBALANCE_MODE");
    if (!SameText(mode, "FULL_AUTO")) return ideal_state.lists;  // SEMI_AUTO: somebody else decides the lists
    const Candidates candidates = FindCandidates(data_, ideal_state, now_ms_);
    if (candidates.recheck_ms) RerunAt(*candidates.recheck_ms);
    return PreferenceLists(data_, name, ideal_state, candidates, current, cache_);
  }

  void Drive(const std::string& name, Resource& resource) {
    const std::map<std::string, ReplicaStates> current = CurrentStates(resource);
    static const ReplicaStates kNone;
    std::map<std::string, ReplicaStates> desired;
    PlacementResult lists;
    if (resource.ideal_state != nullptr) lists = Lists(name, resource, current);
    const bool enabled = resource.ideal_state == nullptr || resource.ideal_state->Flag("HELIX_ENABLED", true);
    for (const auto& [partition_name, partition] : resource.partitions) {
      const auto it = current.find(partition_name);
      const ReplicaStates& now = it == current.end() ? kNone : it->second;
      ReplicaStates& then = desired[partition_name];
      if (resource.ideal_state == nullptr || !resource.ideal_state->lists.contains(partition_name)) {
        for (const auto& [instance, state] : now) then[instance] = kDropped;
      } else if (!enabled) {
        for (const auto& [instance, state] : now)
          then[instance] = state == kErrorState ? state : resource.model->initial();
      } else {
        then = AssignStates(*resource.model, lists[partition_name], now, live_, Disabled(name, partition_name),
                            Starting(resource, partition));
      }
    }
    SendMessages(name, resource, desired);
    if (resource.ideal_state != nullptr && enabled) PersistAssignment(name, *resource.ideal_state, lists, desired);
  }

  // Everything that the replicas of one partition should do next, whatever the others do.
  std::vector<Proposal> Propose(const std::string& resource_name, const Resource& resource,
                                const std::string& partition_name, const Partition& partition,
                                const ReplicaStates& desired) const {
    std::vector<Proposal> proposals;
    for (const auto& [instance, state] : desired) {
      const auto it = partition.replicas.find(instance);
      if (it != partition.replicas.end() && !it->second.pending_to.empty()) continue;
      const std::string from =
          it == partition.replicas.end() || it->second.state.empty() ? resource.model->initial() : it->second.state;
      if (from == state || (it == partition.replicas.end() && state == resource.model->initial())) continue;
      const std::optional<std::string> hop = resource.model->NextHop(from, state);
      if (!hop || *hop == from) continue;
      Proposal proposal;
      proposal.message.target = instance;
      proposal.message.target_session = data_.live.at(instance);
      proposal.message.resource = resource_name;
      proposal.message.partition = partition_name;
      proposal.message.from = from;
      proposal.message.to = *hop;
      proposal.message.state_model = resource.model->name();
      proposal.priority = resource.model->TransitionPriority(from, *hop);
      proposals.push_back(std::move(proposal));
    }
    std::stable_sort(proposals.begin(), proposals.end(),
                     [](const Proposal& a, const Proposal& b) { return a.priority < b.priority; });
    return proposals;
  }

  void SendMessages(const std::string& name, const Resource& resource,
                    const std::map<std::string, ReplicaStates>& desired) {
    const int64_t threshold = data_.config.Number("ERROR_OR_RECOVERY_PARTITION_THRESHOLD_FOR_LOAD_BALANCE", 1);
    int64_t partitions_in_error = 0;
    for (const auto& [partition_name, partition] : resource.partitions) {
      partitions_in_error += std::any_of(partition.replicas.begin(), partition.replicas.end(),
                                         [](const auto& entry) { return entry.second.state == kErrorState; });
    }
    for (const auto& [partition_name, partition] : resource.partitions) {
      // States that replicas are in, or may be in while a message is on its way.
      std::map<std::string, int> occupied;
      std::map<std::string, int> reached;
      for (const auto& [instance, replica] : partition.replicas) {
        std::set<std::string> states{replica.state, replica.pending_from, replica.pending_to};
        for (const std::string& state : states) ++occupied[state];
        ++reached[replica.pending_to.empty() ? replica.state : replica.pending_to];
      }
      for (Proposal& proposal : Propose(name, resource, partition_name, partition, desired.at(partition_name))) {
        TransitionMessage& message = proposal.message;
        const bool top = message.to == resource.model->top();
        if (top && occupied[message.to] >= 1) continue;  // the old leader must be done first
        message.recovery = IsRecovery(resource, message, reached);
        const bool downward = resource.model->Priority(message.to) > resource.model->Priority(message.from);
        const bool needed = message.recovery || IsNeeded(resource, message, reached);
        if (!needed && !downward && partitions_in_error > threshold) continue;
        ++occupied[message.to];
        ++reached[message.to];
        actions_.messages.push_back(std::move(message));
      }
    }
  }

  static int64_t MinActive(const Resource& resource) {
    const int64_t replicas = resource.ideal_state->Number("REPLICAS", 1);
    return std::min(resource.ideal_state->Number("MIN_ACTIVE_REPLICAS", replicas), replicas);
  }

  static int Count(const std::map<std::string, int>& states, const std::string& state) {
    const auto it = states.find(state);
    return it == states.end() ? 0 : it->second;
  }

  // Helix's word for a move into a state that the minimum of active replicas still lacks; all others are load moves.
  static bool IsRecovery(const Resource& resource, const TransitionMessage& message,
                         const std::map<std::string, int>& reached) {
    if (resource.ideal_state == nullptr) return false;
    const auto min_active = static_cast<int>(MinActive(resource));
    return Count(resource.model->Counts(min_active, min_active), message.to) > Count(reached, message.to);
  }

  // Helix would also hold back the start of a partition's only replica as a load move; here it counts as needed.
  static bool IsNeeded(const Resource& resource, const TransitionMessage& message,
                       const std::map<std::string, int>& reached) {
    if (resource.ideal_state == nullptr || !resource.model->IsSecondTop(message.to)) return false;
    return Count(reached, resource.model->top()) + Count(reached, message.to) < MinActive(resource);
  }

  void PersistAssignment(const std::string& name, const ZnRecord& ideal_state, const PlacementResult& lists,
                         const std::map<std::string, ReplicaStates>& desired) {
    if (!data_.config.Flag("PERSIST_BEST_POSSIBLE_ASSIGNMENT", false)) return;
    if (!SameText(ideal_state.Text("REBALANCE_MODE"), "FULL_AUTO")) return;
    ZnRecord change;
    change.id = name;
    for (const auto& [partition, before] : ideal_state.lists) {
      const auto list = lists.find(partition);
      const std::vector<std::string> preferred = list == lists.end() ? std::vector<std::string>() : list->second;
      if (preferred != before) change.lists[partition] = preferred;
      ZnRecord::Map states;
      for (const auto& [instance, state] : desired.at(partition)) {
        if (state != kDropped && state != kErrorState) states[instance] = state;
      }
      const auto stored = ideal_state.maps.find(partition);
      if (stored == ideal_state.maps.end() || stored->second != states) change.maps[partition] = std::move(states);
    }
    if (!change.lists.empty() || !change.maps.empty()) actions_.ideal_states[name] = std::move(change);
  }

  // The time of a message is the term of the leader it makes, so it never goes back nor stands still, whatever this
  // machine's clock says. What replicas and messages show is for controllers that keep no record of the latest term.
  void StampMessages() {
    const int64_t stamp_ms = std::max(now_ms_, latest_term_ms_ + 1);
    for (TransitionMessage& message : actions_.messages) message.create_ms = stamp_ms;
    std::stable_sort(actions_.messages.begin(), actions_.messages.end(), [](const auto& a, const auto& b) {
      return a.recovery && !b.recovery;  // what is needed before what is nice
    });
  }

  const ClusterData& data_;
  const int64_t now_ms_;
  PlacementCache& cache_;
  std::set<std::string> live_;
  std::map<std::string, Resource> resources_;
  int64_t latest_term_ms_;
  Actions actions_;
};

}  // namespace

Actions ComputeActions(const ClusterData& data, int64_t now_ms, PlacementCache& cache) {
  return Pipeline(data, now_ms, cache).Run();
}

}  // namespace venice::helix
