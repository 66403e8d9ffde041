// One run of the controller: from what is known of a cluster to what has to be done. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "helix/assignment.h"
#include "helix/cluster_data.h"
#include "helix/message.h"

namespace venice::helix {

struct Actions {
  std::vector<TransitionMessage> messages;  // in the order to send; id, source and source session are left empty
  std::vector<std::pair<std::string, std::string>> obsolete_messages;  // instance, message id
  std::map<std::string, ZnRecord> ideal_states;     // resource -> lists and maps that replace the stored ones
  std::vector<std::string> newly_offline;           // instances whose LAST_OFFLINE_TIME must become now
  Records external_views;                           // as they should be; others should not exist
  std::map<std::string, Records> customized_views;  // by aggregated type
  bool views_valid = false;                         // false while paused: leave the views alone
  std::optional<int64_t> rerun_ms;                  // run again at this time even if nothing changes
};

// now_ms  wall time
// cache   of placements; its contents never change the result
Actions ComputeActions(const ClusterData& data, int64_t now_ms, PlacementCache& cache);

// A stale message is removed this long after the replica's last transition ended (Helix's purge delay).
inline constexpr int64_t kMessagePurgeDelayMs = 60'000;
// A partition without leader waits this long for the preferred replica to start. Long enough for replicas that start
// without blocking, short against anything a writer would notice.
inline constexpr int64_t kStartGraceMs = 1'000;

}  // namespace venice::helix
