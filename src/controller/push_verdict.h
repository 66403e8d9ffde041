// What the statuses of a partition's replicas mean for the push. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metadata/push_status.h"

namespace venice::controller {

enum class Verdict { kStarted, kEndOfPushReceived, kCompleted, kError };

struct PartitionVerdict {
  Verdict verdict = Verdict::kStarted;
  std::string reason;                      // kError: which replicas failed, and why, in their own words
  std::vector<std::string> error_leaders;  // leaders that failed by themselves: another replica should lead
  int32_t completed = 0;                   // replicas
  int32_t end_of_push = 0;
  int32_t failed = 0;
  int32_t assigned = 0;
};

// The text by which a server says that it stopped because it was told to.
inline constexpr std::string_view kKillText = "Received the signal to kill this consumer. Topic ";

// status      what the replicas reported
// view        instance -> Helix state of this partition, from the external view (live instances only)
// Source: control-plane reference 3.3. In addition a replica in Helix state ERROR counts as failed, also when it could
// not report anything.
PartitionVerdict JudgePartition(const metadata::PartitionStatus& status, const std::map<std::string, std::string>& view,
                                int32_t replication_factor, metadata::OfflinePushStrategy strategy);

}  // namespace venice::controller
