#include "controller/push_verdict.h"

#include <algorithm>

namespace venice::controller {

using metadata::ExecutionStatus;
using metadata::OfflinePushStrategy;

namespace {

bool WasKilled(const metadata::ReplicaStatus& replica) {
  return std::any_of(replica.history.begin(), replica.history.end(), [](const metadata::StatusSnapshot& snapshot) {
    return snapshot.incremental_push_version.find(kKillText) != std::string::npos;
  });
}

}  // namespace

PartitionVerdict JudgePartition(const metadata::PartitionStatus& status, const std::map<std::string, std::string>& view,
                                int32_t replication_factor, OfflinePushStrategy strategy) {
  PartitionVerdict result;
  // With a single replica there is none to spare.
  const int32_t tolerated = strategy == OfflinePushStrategy::kWaitAllReplicas || replication_factor <= 1 ? 0 : 1;
  bool leader_completed = false;
  result.assigned = static_cast<int32_t>(view.size());

  for (const auto& [instance, helix_state] : view) {
    const metadata::ReplicaStatus* replica = status.Find(instance);
    const metadata::StatusSnapshot state =
        replica != nullptr ? replica->Determined() : metadata::StatusSnapshot{ExecutionStatus::kStarted, "", ""};
    const bool helix_error = helix_state == "ERROR";
    if (metadata::IsError(state.status) || helix_error) {
      ++result.failed;
      std::string why = state.incremental_push_version;
      if (why.empty())
        why = helix_error ? "the replica is in Helix state ERROR; its server's log says why" : "no reason was reported";
      if (!result.reason.empty()) result.reason += "; ";
      result.reason += "partition " + std::to_string(status.partition) + ", replica " + instance + ": " + why;
      if (helix_state == "LEADER" && replica != nullptr && !WasKilled(*replica))
        result.error_leaders.push_back(instance);
    } else if (state.status == ExecutionStatus::kCompleted) {
      ++result.completed;
      leader_completed = leader_completed || helix_state == "LEADER";
    } else if (state.status == ExecutionStatus::kEndOfPushReceived) {
      ++result.end_of_push;
    }
  }

  if (result.completed >= std::max(replication_factor - tolerated, 1) && leader_completed)
    result.verdict = Verdict::kCompleted;
  else if (result.failed > 0 && result.failed > result.assigned - replication_factor + tolerated)
    result.verdict = Verdict::kError;
  else if (result.end_of_push + result.completed > 0)
    result.verdict = Verdict::kEndOfPushReceived;
  return result;
}

}  // namespace venice::controller
