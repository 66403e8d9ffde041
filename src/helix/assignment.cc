#include "helix/assignment.h"

#include <algorithm>

namespace venice::helix {
namespace {

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool SameInput(const PlacementInput& a, const PlacementInput& b) {
  const auto same_nodes = [](const PlacementNode& left, const PlacementNode& right) {
    return left.name == right.name && left.zone == right.zone && left.weight == right.weight;
  };
  return a.replicas == b.replicas && a.dead == b.dead && a.partitions == b.partitions &&
         std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), same_nodes);
}

// The fault zone of an instance; empty when it is its own.
std::string ZoneOf(const ZnRecord& cluster_config, const InstanceConfig& instance) {
  if (!cluster_config.Flag("TOPOLOGY_AWARE_ENABLED", false)) return "";
  const std::string key(cluster_config.Text("FAULT_ZONE_TYPE"));
  if (key.empty() || SameText(key, "instance")) return "";
  if (const auto it = instance.domain.find(key); it != instance.domain.end()) return it->second;
  return instance.zone.empty() ? "Helix_default_" + key : instance.zone;
}

// How long the replicas of an absent instance are kept for it; 0 for not at all.
int64_t RebalanceDelayMs(const ZnRecord& cluster_config, const ZnRecord& ideal_state) {
  const bool off = !cluster_config.Flag("DELAY_REBALANCE_ENABLED", true) ||
                   cluster_config.Flag("DELAY_REBALANCE_DISABLED", false) ||
                   ideal_state.Flag("DELAY_REBALANCE_DISABLED", false);
  if (off) return 0;
  const int64_t cluster_delay = cluster_config.Number("DELAY_REBALANCE_TIME", 0);
  return std::max<int64_t>(0, ideal_state.Number("REBALANCE_DELAY", cluster_delay));
}

int MinActiveReplicas(const ZnRecord& ideal_state, int replicas) {
  const auto wanted = static_cast<int>(ideal_state.Number("MIN_ACTIVE_REPLICAS", -1));
  return wanted < 0 ? replicas : std::min(wanted, replicas);
}

// In maintenance nothing new is placed: the instances that hold the partition are its preference list.
std::vector<std::string> HoldersByState(const StateModel& model, const ReplicaStates& current) {
  std::vector<std::string> holders;
  for (const auto& [instance, state] : current) holders.push_back(instance);
  std::stable_sort(holders.begin(), holders.end(), [&](const std::string& a, const std::string& b) {
    return model.Priority(current.at(a)) < model.Priority(current.at(b));
  });
  return holders;
}

// The list without the nodes that are only kept in mind, topped up to the minimum of active replicas.
std::vector<std::string> TopUp(const std::vector<std::string>& kept, const std::vector<std::string>& fresh,
                               const std::set<std::string>& live, int min_active) {
  std::vector<std::string> list;
  for (const std::string& instance : kept) {
    if (live.contains(instance)) list.push_back(instance);
  }
  if (static_cast<int>(list.size()) >= min_active) return kept;
  for (const std::string& instance : fresh) {
    if (static_cast<int>(list.size()) >= min_active) break;
    if (!Contains(list, instance)) list.push_back(instance);
  }
  return list;
}

// One partition on its way to its states; the steps of AssignStates().
class StateAssigner {
 public:
  StateAssigner(const StateModel& model, const std::vector<std::string>& preference, const ReplicaStates& current,
                const std::set<std::string>& live, const std::set<std::string>& disabled,
                const std::set<std::string>& starting)
      : model_(model),
        preference_(preference),
        current_(current),
        live_(live),
        disabled_(disabled),
        starting_(starting) {}

  ReplicaStates Run() {
    Gather();
    GiveFixedStates();
    for (const auto& [state, count] : StatesInOrder()) {
      for (int i = 0; i < count; ++i) GiveState(state);
    }
    for (const std::string& instance : eligible_) result_.emplace(instance, model_.initial());
    DropSurplus();
    for (const std::string& instance : dropped_) result_[instance] = kDropped;
    return result_;
  }

 private:
  // Those who hold a replica, and of those who should get one as many as make at most one replica too many.
  void Gather() {
    size_t holders = 0;
    for (const auto& [instance, state] : current_) {
      // Without a preferred place anywhere (every node disabled) the data stays where it is.
      if (state == model_.initial() && !Contains(preference_, instance) && !preference_.empty()) {
        dropped_.push_back(instance);
      } else {
        ++holders;
        if (!Contains(preference_, instance)) surplus_.push_back(instance);
      }
    }
    std::stable_sort(surplus_.begin(), surplus_.end(), [this](const std::string& a, const std::string& b) {
      return model_.Priority(current_.at(a)) < model_.Priority(current_.at(b));
    });
    size_t room = holders <= preference_.size() ? preference_.size() + 1 - holders : 0;
    for (const std::string& instance : preference_) {
      if (current_.contains(instance)) {
        combined_.push_back(instance);
      } else if (room > 0 && live_.contains(instance) && !disabled_.contains(instance)) {
        combined_.push_back(instance);
        --room;
      }
    }
    combined_.insert(combined_.end(), surplus_.begin(), surplus_.end());
  }

  std::string StateOf(const std::string& instance) const {
    const auto it = current_.find(instance);
    return it == current_.end() ? model_.initial() : it->second;
  }

  // ERROR stays until it is reset, and takes nobody's place. A disabled replica is OFFLINE.
  void GiveFixedStates() {
    for (const std::string& instance : combined_) {
      if (StateOf(instance) == kErrorState) {
        result_[instance] = kErrorState;
      } else if (disabled_.contains(instance)) {
        result_[instance] = model_.initial();
      } else if (live_.contains(instance)) {
        eligible_.push_back(instance);
      }
    }
  }

  std::vector<std::pair<std::string, int>> StatesInOrder() const {
    const std::map<std::string, int> counts =
        model_.Counts(static_cast<int>(eligible_.size()), static_cast<int>(combined_.size()));
    std::vector<std::pair<std::string, int>> ordered;
    for (const std::string& state : model_.states()) {
      if (const auto it = counts.find(state); it != counts.end()) ordered.emplace_back(state, it->second);
    }
    return ordered;
  }

  void GiveState(const std::string& state) {
    const std::string* chosen = nullptr;
    for (const std::string& instance : eligible_) {
      if (!result_.contains(instance)) {
        chosen = &instance;
        break;
      }
    }
    if (chosen == nullptr) return;
    if (state == model_.top()) chosen = ReadyFor(*chosen);
    result_[*chosen] = state;
  }

  // Leadership does not wait for a slow start: when the preferred replica is not up, the best one that is leads. (One
  // that has only just been told to start is waited for, so that a new resource does not change leaders at once.)
  const std::string* ReadyFor(const std::string& preferred) const {
    const auto rank = [this](const std::string& instance) {
      const std::string state = StateOf(instance);
      return state == model_.top() ? 0 : model_.IsSecondTop(state) ? 1 : 2;
    };
    const bool led = std::any_of(current_.begin(), current_.end(),
                                 [this](const auto& entry) { return entry.second == model_.top(); });
    if (rank(preferred) < 2 || (!led && starting_.contains(preferred))) return &preferred;
    const std::string* best = &preferred;
    for (const std::string& instance : eligible_) {
      if (!result_.contains(instance) && rank(instance) < rank(*best)) best = &instance;
    }
    return best;
  }

  // Replicas too many go once the others, preferred ones first, are where they should be. Not all preferred ones need
  // be among those: when several move, each makes room for the next.
  void DropSurplus() {
    const size_t wanted = preference_.size();
    if (wanted == 0 || combined_.size() <= wanted) return;
    for (size_t i = 0; i < wanted; ++i) {
      const auto now = current_.find(combined_[i]);
      const auto then = result_.find(combined_[i]);
      if (now == current_.end() || then == result_.end() || now->second != then->second) return;
    }
    for (const std::string& instance : preference_) {
      if (StateOf(instance) == kErrorState) return;
    }
    for (size_t i = wanted; i < combined_.size(); ++i) result_[combined_[i]] = kDropped;
  }

  const StateModel& model_;
  const std::vector<std::string>& preference_;
  const ReplicaStates& current_;
  const std::set<std::string>& live_;
  const std::set<std::string>& disabled_;
  const std::set<std::string>& starting_;
  std::vector<std::string> combined_;  // preferred ones in their order, then the surplus, best state first
  std::vector<std::string> surplus_;
  std::vector<std::string> dropped_;
  std::vector<std::string> eligible_;
  ReplicaStates result_;
};

}  // namespace

const PlacementResult& PlacementCache::Get(const PlacementInput& input) {
  auto& recent = entries_[input.resource];
  for (auto it = recent.begin(); it != recent.end(); ++it) {
    if (!SameInput(it->first, input)) continue;
    recent.splice(recent.begin(), recent, it);
    return recent.front().second;
  }
  recent.emplace_front(input, Place(input));
  if (recent.size() > kPerResourceMax) recent.pop_back();
  return recent.front().second;
}

int ReplicaCount(const ClusterData& data, const ZnRecord& ideal_state) {
  if (SameText(ideal_state.Text("REPLICAS"), "ANY_LIVEINSTANCE")) return static_cast<int>(data.live.size());
  return static_cast<int>(std::clamp<int64_t>(ideal_state.Number("REPLICAS", 0), 0, 10'000));
}

Candidates FindCandidates(const ClusterData& data, const ZnRecord& ideal_state, int64_t now_ms) {
  Candidates candidates;
  const std::string tag(ideal_state.Text("INSTANCE_GROUP_TAG"));
  const int64_t delay_ms = RebalanceDelayMs(data.config, ideal_state);
  const int64_t on_demand_ms = data.config.Number("LAST_ON_DEMAND_REBALANCE_TIMESTAMP", -1);
  for (const auto& [name, instance] : data.instances) {
    if (!instance.Assignable() || (!tag.empty() && !instance.tags.contains(tag))) continue;
    candidates.all.push_back({name, ZoneOf(data.config, instance), instance.weight});
    const bool alive = data.live.contains(name);
    if (alive && instance.Enabled()) {
      candidates.live.insert(name);
      candidates.active.insert(name);
      continue;
    }
    // Away since the later of the two when it is both down and disabled would keep it twice; the earlier one counts.
    int64_t away_ms = now_ms;
    if (const auto it = data.offline_since_ms.find(name);
        !alive && it != data.offline_since_ms.end() && it->second >= 0) {
      away_ms = std::min(away_ms, it->second);
    }
    if (!instance.Enabled() && instance.enabled_ms >= 0) away_ms = std::min(away_ms, instance.enabled_ms);
    if (away_ms + delay_ms <= now_ms || on_demand_ms > away_ms) continue;
    candidates.active.insert(name);
    const int64_t ends_ms = away_ms + delay_ms;
    candidates.recheck_ms = candidates.recheck_ms ? std::min(*candidates.recheck_ms, ends_ms) : ends_ms;
  }
  return candidates;
}

PlacementResult PreferenceLists(const ClusterData& data, const std::string& resource, const ZnRecord& ideal_state,
                                const Candidates& candidates, const std::map<std::string, ReplicaStates>& current,
                                PlacementCache& cache) {
  PlacementInput input;
  input.resource = resource;
  for (const auto& [partition, list] : ideal_state.lists) input.partitions.push_back(partition);
  if (data.maintenance) {
    PlacementResult lists;
    const auto model = data.state_models.find(std::string(ideal_state.Text("STATE_MODEL_DEF_REF")));
    for (const std::string& partition : input.partitions) {
      const auto states = current.find(partition);
      if (states == current.end() || model == data.state_models.end()) continue;
      lists[partition] = HoldersByState(model->second, states->second);
    }
    return lists;
  }
  input.replicas = ReplicaCount(data, ideal_state);
  input.nodes = candidates.all;
  std::set<std::string> away;
  for (const PlacementNode& node : candidates.all) {
    if (!candidates.live.contains(node.name)) input.dead.insert(node.name);
    if (!candidates.active.contains(node.name)) away.insert(node.name);
  }
  const int min_active = MinActiveReplicas(ideal_state, input.replicas);
  if (min_active >= input.replicas || candidates.active == candidates.live) return cache.Get(input);
  const PlacementResult fresh = cache.Get(input);
  input.dead = away;
  PlacementResult lists = cache.Get(input);
  for (auto& [partition, list] : lists) list = TopUp(list, fresh.at(partition), candidates.live, min_active);
  return lists;
}

ReplicaStates AssignStates(const StateModel& model, const std::vector<std::string>& preference,
                           const ReplicaStates& current, const std::set<std::string>& live,
                           const std::set<std::string>& disabled, const std::set<std::string>& starting) {
  return StateAssigner(model, preference, current, live, disabled, starting).Run();
}

}  // namespace venice::helix
