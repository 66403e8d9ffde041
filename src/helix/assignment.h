// Which replica should be where, and in which state: Helix's delayed auto-rebalancer over our placement. Pure.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "helix/cluster_data.h"
#include "helix/placement.h"
#include "helix/state_model.h"

namespace venice::helix {

// Instance -> state, of one partition.
using ReplicaStates = std::map<std::string, std::string>;

// Remembers recent placements by their input. Changes nothing but the time they take. Belongs to one thread.
class PlacementCache {
 public:
  const PlacementResult& Get(const PlacementInput& input);

 private:
  static constexpr size_t kPerResourceMax = 2;  // with and without the nodes that are only away for a while
  std::map<std::string, std::list<std::pair<PlacementInput, PlacementResult>>> entries_;  // by resource
};

// The instances that count for one resource at one moment.
struct Candidates {
  std::vector<PlacementNode> all;     // that may be assigned to, sorted
  std::set<std::string> live;         // of all: alive and enabled
  std::set<std::string> active;       // of all: live, or away for less than the rebalance delay
  std::optional<int64_t> recheck_ms;  // when the first of them stops being active
};
Candidates FindCandidates(const ClusterData& data, const ZnRecord& ideal_state, int64_t now_ms);

// Preference list per partition of a FULL_AUTO resource; the first should lead.
// current  partition -> states now, which decide in maintenance mode
PlacementResult PreferenceLists(const ClusterData& data, const std::string& resource, const ZnRecord& ideal_state,
                                const Candidates& candidates, const std::map<std::string, ReplicaStates>& current,
                                PlacementCache& cache);

// The states one partition should get to.
// preference  may name instances that are not live
// current     states on live instances; a replica that a pending message creates counts as being in the initial state
// live        instances that are alive
// disabled    of them, those where this partition must be OFFLINE
// starting    instances that have just been told to start this partition: one of them may wait to become leader
// returns     a state for every instance that has, or should have, a replica; DROPPED for those that should not
ReplicaStates AssignStates(const StateModel& model, const std::vector<std::string>& preference,
                           const ReplicaStates& current, const std::set<std::string>& live,
                           const std::set<std::string>& disabled, const std::set<std::string>& starting = {});

// REPLICAS of an ideal state; ANY_LIVEINSTANCE is the number of live instances.
int ReplicaCount(const ClusterData& data, const ZnRecord& ideal_state);

}  // namespace venice::helix
