// Versions of the stores of one cluster, from the start of a push to their retirement.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "controller/context.h"
#include "controller/push_monitor.h"
#include "metadata/store.h"
#include "protocol/content_digest.h"

namespace venice::controller {

struct PushRequest {
  std::string store;
  std::string push_job_id;
  metadata::PushType push_type = metadata::PushType::kBatch;
  bool start_of_push = false;
  bool sorted = false;
  std::string dictionary;  // raw bytes
  bool defer_version_swap = false;
  std::vector<std::string> partitioners;
  std::string targeted_regions;
  int32_t repush_source_version = -1;
  int32_t repush_ttl_seconds = -1;
};

// Which versions a store no longer keeps. Pure.
//
// preserve     versions to keep, the current one included; at least 1
// push_starts  a push is starting: one less is kept, so that the new version, the newest, has room
// source       control-plane reference 3.6
std::vector<int32_t> VersionsToDelete(const metadata::Store& store, int32_t preserve, bool push_starts);

// Partitions of the store's next version. Errors: kInvalidConfig. Pure. Source: control-plane reference 3.2.
Result<int32_t> PartitionCountFor(const metadata::Store& store, const ControllerSettings& settings);

// Thread-safe; blocks. Every step can be repeated after a crash at any point: what is left to do is worked out from
// ZooKeeper and the log by TakeOver().
class VersionAdmin {
 public:
  // `in_background` runs a task later on the cluster's background thread; it may drop it when stopping.
  VersionAdmin(ClusterContext& context, std::function<void(std::function<void()>)> in_background);

  PushMonitor& monitor() { return monitor_; }

  // The version for this push; the same id gets the same version. Errors: kStoreNotFound, kStoreDisabled,
  // kConcurrentPush, kInvalidConfig, kNotReady (no storage node), kUnavailable (no broker).
  Result<metadata::Version> StartPush(const PushRequest& request);
  // Writes the end-of-push records once. Errors: kNotFound (no such version), kInvalidArgument.
  Status EndPush(const std::string& store, int32_t version, const std::map<int32_t, int64_t>& counts,
                 const std::map<int32_t, protocol::PartitionDigest>& digests);
  Result<metadata::Version> EmptyPush(const std::string& store, const std::string& push_job_id);
  Status KillPush(const std::string& topic);

  // Outcomes of the monitor.
  Status CompletePush(const std::string& topic);
  Status FailPush(const std::string& topic, const std::string& reason);

  Status SetCurrentVersion(const std::string& store, int32_t version);
  // Returns the version that serves now. Errors: kNotFound when there is none to go to.
  Result<int32_t> Rollback(const std::string& store);
  Result<int32_t> RollForward(const std::string& store);
  // 0 when there is none. Pure.
  static int32_t BackupVersion(const metadata::Store& store);
  static int32_t FutureVersion(const metadata::Store& store);

  Status DeleteOldVersion(const std::string& store, int32_t version);
  // Reads and writes must be disabled. Returns the numbers deleted.
  Result<std::vector<int32_t>> DeleteAllVersions(const std::string& store);
  // Without asking whether the store is disabled. The caller holds the store's lock.
  Result<std::vector<int32_t>> DeleteAllVersionsLocked(const std::string& store);
  // Deletes what the store no longer keeps.
  Status Retire(const std::string& store, bool push_starts);

  // A new leader: monitors what runs, finishes what was half done.
  Status TakeOver();
  // Backups and rolled-back versions past their time, and orphans; every few minutes.
  Status RetireByAge();
  // Deletes topics of versions that are gone, once no replica uses them.
  Status CleanUpTopics();

 private:
  Result<metadata::Version> CreateVersion(const metadata::Store& store, const PushRequest& request);
  Result<int32_t> ReserveVersionWithTopic(const std::string& store, int32_t partitions);
  Status Launch(const metadata::Version& version, const PushRequest& request);
  Status WriteStartOfPushOnce(const metadata::Version& version, const PushRequest& request);
  Status MayStart(const metadata::Store& store, const PushRequest& request);
  Status DeleteVersion(const std::string& store, int32_t version);  // takes the store's lock
  Status DeleteVersionLocked(const std::string& store, int32_t version);
  Status SetPushStatus(const std::string& topic, metadata::ExecutionStatus status, const std::string& details);
  Status PrunePushRecords(const std::string& store);
  Status TakeOverStore(const metadata::Store& store);
  Status DropOrphans();

  ClusterContext& context_;
  const std::function<void(std::function<void()>)> in_background_;
  PushMonitor monitor_;
  std::map<std::string, int32_t> seen_truncated_;  // CleanUpTopics only: the background thread
};

}  // namespace venice::controller
