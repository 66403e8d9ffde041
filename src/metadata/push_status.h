// Progress of a push, as znodes under OfflinePushes/<topic>: one overall record written by the controller and one
// record per partition written by the servers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "metadata/enums.h"
#include "zk/client.h"

namespace venice::metadata {

struct StatusSnapshot {
  ExecutionStatus status = ExecutionStatus::kNotCreated;
  std::string time;                      // local date-time without zone: never compare across machines
  std::string incremental_push_version;  // for an ERROR of a replica: the error's text
  bool operator==(const StatusSnapshot&) const = default;
};

struct OfflinePush {
  std::string topic;
  int32_t partition_count = 0;
  int32_t replication_factor = 1;
  OfflinePushStrategy strategy = OfflinePushStrategy::kWaitNMinusOne;
  ExecutionStatus status = ExecutionStatus::kNotCreated;
  std::string status_details;
  std::vector<StatusSnapshot> history;
  std::string incremental_push_version;
  std::map<std::string, std::string> properties;
  int64_t successful_push_duration_seconds = -1;
};

struct ReplicaStatus {
  std::string instance;  // host_port
  ExecutionStatus status = ExecutionStatus::kNotCreated;
  std::string incremental_push_version;
  std::vector<StatusSnapshot> history;
  bool operator==(const ReplicaStatus&) const = default;

  // The newest of STARTED, END_OF_PUSH_RECEIVED, COMPLETED, ERROR, DROPPED in the history, with its text;
  // STARTED when there is none.
  StatusSnapshot Determined() const;
  // As newest status. Keeps the history within Venice's bound of 50 and its rules on what must stay.
  void Append(ExecutionStatus status, std::string text, std::string time);
};

struct PartitionStatus {
  int32_t partition = 0;
  std::vector<ReplicaStatus> replicas;
  bool operator==(const PartitionStatus&) const = default;

  const ReplicaStatus* Find(std::string_view instance) const;
};

std::string ToZooKeeperJson(const OfflinePush& push);
Result<OfflinePush> ParseOfflinePush(std::string_view json);
std::string ToZooKeeperJson(const PartitionStatus& status);
Result<PartitionStatus> ParsePartitionStatus(std::string_view json);

// The text of a time in these records: 2026-11-21T02:00:00.123
std::string LocalDateTimeText(int64_t wall_ms);

// The server's side: reports the states of this instance's replicas. Thread-safe; blocks.
class PushStatusReporter {
 public:
  // The client and the clock must outlive the reporter.
  PushStatusReporter(zk::Client& zk, std::string cluster, std::string instance, const Clock& clock = SystemClock())
      : zk_(zk), cluster_(std::move(cluster)), instance_(std::move(instance)), clock_(clock) {}

  // Adds one status to this replica's history by compare-and-set. Consecutive PROGRESS are stored once. Silently does
  // nothing when the push has no record (the version is being retired).
  //
  // text   why, for ERROR: it is what the user of the push reads
  // errors those of zk::Client; kConflict after too many lost races: repeat
  Status Report(const std::string& topic, int32_t partition, ExecutionStatus status, const std::string& text = "");

 private:
  zk::Client& zk_;
  const std::string cluster_;
  const std::string instance_;
  const Clock& clock_;
};

// The controller's side. Thread-safe; blocks.
class PushStatusStore {
 public:
  PushStatusStore(zk::Client& zk, std::string cluster) : zk_(zk), cluster_(std::move(cluster)) {}

  // The overall record and one empty record per partition, all or nothing where possible; what exists is kept.
  Status Create(const OfflinePush& push);
  Result<std::optional<OfflinePush>> Read(const std::string& topic);
  // Changes the newest record by compare-and-set; false when there is none.
  Result<bool> Update(const std::string& topic, const std::function<void(OfflinePush&)>& mutate);
  // An absent record reads as one without replicas. The watcher, if any, fires on the next change.
  Result<PartitionStatus> ReadPartition(const std::string& topic, int32_t partition, zk::Watcher watcher = nullptr);
  Result<std::vector<std::string>> List();
  Status Delete(const std::string& topic);

 private:
  zk::Client& zk_;
  const std::string cluster_;
};

}  // namespace venice::metadata
