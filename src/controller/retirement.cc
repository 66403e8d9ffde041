// VersionAdmin: how versions end, and what a new leader finds to finish.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "controller/version_admin.h"
#include "helix/paths.h"
#include "metadata/paths.h"
#include "protocol/topic_name.h"

namespace venice::controller {

using metadata::ExecutionStatus;
using metadata::Store;
using metadata::Version;
using metadata::VersionStatus;

namespace {
constexpr size_t kFailedPushRecordsMax = 5;  // per store, as in Venice
}

std::vector<int32_t> VersionsToDelete(const Store& store, int32_t preserve, bool push_starts) {
  // Asked late, when the push is over already, the room is not needed any more, and the backup is.
  push_starts = push_starts && !store.versions.empty() && store.versions.back().status == VersionStatus::kStarted;
  int32_t keep = std::max(push_starts ? preserve - 1 : preserve, 1);
  std::vector<int32_t> doomed;
  if (store.FindVersion(store.current_version) != nullptr) --keep;
  for (auto version = store.versions.rbegin(); version != store.versions.rend(); ++version) {
    if (version->number == store.current_version) continue;
    switch (version->status) {
      case VersionStatus::kError:
      case VersionStatus::kKilled:
        doomed.push_back(version->number);
        break;
      case VersionStatus::kOnline:
      case VersionStatus::kPartiallyOnline:
        if (keep > 0)
          --keep;
        else
          doomed.push_back(version->number);
        break;
      case VersionStatus::kStarted:
        if (version != store.versions.rbegin() && !store.migrating) doomed.push_back(version->number);
        break;
      default:
        break;
    }
  }
  std::sort(doomed.begin(), doomed.end());
  return doomed;
}

Status VersionAdmin::Retire(const std::string& store_name, bool push_starts) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const std::optional<Store> store, context_.stores.Read(store_name));
  if (!store) return Ok();
  const int32_t preserve =
      store->num_versions_to_preserve > 0 ? store->num_versions_to_preserve : context_.settings.versions_to_preserve;
  for (const int32_t number : VersionsToDelete(*store, preserve, push_starts))
    VENICE_TRY(DeleteVersionLocked(store_name, number));
  return Ok();
}

Status VersionAdmin::DeleteVersion(const std::string& store, int32_t number) {
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  return DeleteVersionLocked(store, number);
}

// The resource goes first, so that no replica serves or consumes what is about to vanish; the record goes before the
// topic, because a topic without a version is found by CleanUpTopics, and a version without a topic would be a lie.
Status VersionAdmin::DeleteVersionLocked(const std::string& store_name, int32_t number) {
  const std::string topic = protocol::VersionTopic(store_name, number);
  VENICE_ASSIGN(const std::optional<Store> store, context_.stores.Read(store_name));
  const Version* version = store ? store->FindVersion(number) : nullptr;
  if (store && store->current_version == number && number != 0)
    return Error(ErrorCode::kUnsupported, "version " + std::to_string(number) + " of store " + store_name +
                                              " is current and cannot be deleted; make another version current first");
  monitor_.Forget(topic);
  VENICE_TRY(context_.helix.DropResource(context_.name, topic));

  // Replicas of failed leaders were disabled; the name of the partition must be free for whoever uses it next.
  const int32_t partitions = version != nullptr ? version->partition_count : 0;
  std::map<std::string, std::vector<std::string>> failed;
  for (int32_t p = 0; p < partitions; ++p) {
    VENICE_ASSIGN(const metadata::PartitionStatus status, context_.pushes.ReadPartition(topic, p));
    for (const metadata::ReplicaStatus& replica : status.replicas)
      if (metadata::IsError(replica.Determined().status))
        failed[replica.instance].push_back(helix::PartitionName(topic, p));
  }
  for (const auto& [instance, names] : failed)
    if (Status enabled = context_.helix.EnablePartitions(context_.name, instance, topic, names, true); !enabled.ok())
      LogDebug("version.enable_partitions_failed", {{"instance", instance}, {"error", enabled.error().ToString()}});

  // Of a failed push the record stays: the job still asks why.
  VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
  if (record && !metadata::IsError(record->status)) VENICE_TRY(context_.pushes.Delete(topic));
  if (store) {
    VENICE_TRY(PrunePushRecords(store_name));
    Result<Store> updated = context_.stores.Update(store_name, [&](Store& changed) -> Status {
      std::erase_if(changed.versions, [&](const Version& v) { return v.number == number; });
      return Ok();
    });
    if (!updated.ok() && updated.error().code() != ErrorCode::kStoreNotFound) return std::move(updated).error();
  }
  LogInfo("version.deleted", {{"cluster", context_.name}, {"topic", topic}});
  if (Status truncated = context_.topics.Truncate(topic); !truncated.ok()) {
    // The periodic cleanup finds it again.
    LogWarning("topic.truncate_failed", {{"topic", topic}, {"error", truncated.error().ToString()}});
    return Ok();
  }
  in_background_([this] {
    if (Status cleaned = CleanUpTopics(); !cleaned.ok())
      LogDebug("topic.cleanup_failed", {{"error", cleaned.error().ToString()}});
  });
  return Ok();
}

Status VersionAdmin::PrunePushRecords(const std::string& store) {
  VENICE_ASSIGN(const std::vector<std::string> topics, context_.pushes.List());
  std::vector<int32_t> failed;
  for (const std::string& topic : topics) {
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    if (name.kind != protocol::TopicKind::kVersion || name.store != store) continue;
    VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
    if (record && metadata::IsError(record->status)) failed.push_back(name.version);
  }
  std::sort(failed.begin(), failed.end());
  for (size_t i = 0; i + kFailedPushRecordsMax < failed.size(); ++i)
    VENICE_TRY(context_.pushes.Delete(protocol::VersionTopic(store, failed[i])));
  return Ok();
}

Status VersionAdmin::DeleteOldVersion(const std::string& store_name, int32_t number) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const Store store, context_.Store(store_name));
  if (store.FindVersion(number) == nullptr)
    return Error(ErrorCode::kNotFound, "store " + store_name + " has no version " + std::to_string(number));
  return DeleteVersionLocked(store_name, number);
}

Result<std::vector<int32_t>> VersionAdmin::DeleteAllVersions(const std::string& store_name) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const Store store, context_.Store(store_name));
  if (store.enable_reads || store.enable_writes)
    return Error(ErrorCode::kInvalidArgument,
                 "store " + store_name + " must be disabled for " +
                     (store.enable_reads && store.enable_writes ? "reading and writing"
                      : store.enable_reads                      ? "reading"
                                                                : "writing") +
                     " before its versions are deleted: enable_store with operation=readwrite and status=false");
  return DeleteAllVersionsLocked(store_name);
}

Result<std::vector<int32_t>> VersionAdmin::DeleteAllVersionsLocked(const std::string& store_name) {
  VENICE_ASSIGN(const Store store, context_.stores.Update(store_name, [](Store& record) -> Status {
    record.current_version = 0;
    return Ok();
  }));
  std::vector<int32_t> numbers;
  for (const Version& version : store.versions) {
    VENICE_TRY(DeleteVersionLocked(store_name, version.number));
    numbers.push_back(version.number);
  }
  return numbers;
}

Status VersionAdmin::TakeOver() {
  monitor_.ForgetAll();
  VENICE_TRY(context_.stores.EnsureFolders());
  VENICE_ASSIGN(const std::vector<std::string> names, context_.stores.List());
  for (const std::string& name : names) {
    Result<std::optional<Store>> store = context_.stores.Read(name);
    if (!store.ok()) {
      if (store.error().code() != ErrorCode::kCorruption) return std::move(store).error();
      // One unreadable record must not stop the cluster; its store answers with this error until it is repaired.
      LogError("take_over.bad_record", {{"store", name}, {"error", store.error().ToString()}});
      continue;
    }
    if (*store) VENICE_TRY(TakeOverStore(**store));
  }
  return DropOrphans();
}

Status VersionAdmin::TakeOverStore(const Store& store) {
  for (const Version& version : store.versions) {
    const std::string topic = version.Topic();
    if (version.status == VersionStatus::kStarted || version.status == VersionStatus::kCreated) {
      VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
      VENICE_ASSIGN(const std::optional<helix::ZnRecord> resource, context_.helix.GetIdealState(context_.name, topic));
      if (record && !metadata::IsTerminal(record->status) && resource)
        monitor_.Watch(topic);
      else if (record && record->status == ExecutionStatus::kCompleted)
        VENICE_TRY(CompletePush(topic));
      else
        VENICE_TRY(FailPush(topic, record && metadata::IsError(record->status)
                                       ? record->status_details
                                       : "the controller stopped while this push was being started; push again"));
      LogInfo("push.taken_over", {{"cluster", context_.name}, {"topic", topic}});
    } else if (version.status == VersionStatus::kOnline) {
      // The leader before may have died between the swap and this.
      VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
      if (record && !metadata::IsTerminal(record->status))
        VENICE_TRY(SetPushStatus(topic, ExecutionStatus::kCompleted, ""));
    }
  }
  in_background_([this, name = store.name] {
    if (Status retired = Retire(name, false); !retired.ok())
      LogWarning("version.retire_failed", {{"store", name}, {"error", retired.error().ToString()}});
  });
  return Ok();
}

// Resources and push records of versions that no store has: what a crash in the middle of a deletion leaves.
Status VersionAdmin::DropOrphans() {
  // Listed before the stores are read: a version's record is written before its resource.
  VENICE_ASSIGN(const std::vector<std::string> resources, context_.helix.ListResources(context_.name));
  VENICE_ASSIGN(const std::vector<std::string> records, context_.pushes.List());
  std::set<std::string> topics(resources.begin(), resources.end());
  topics.insert(records.begin(), records.end());
  for (const std::string& topic : topics) {
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    if (name.kind != protocol::TopicKind::kVersion) continue;
    VENICE_ASSIGN(const std::optional<Store> store, context_.stores.Read(name.store));
    if (store && store->FindVersion(name.version) != nullptr) continue;
    if (std::find(resources.begin(), resources.end(), topic) != resources.end()) {
      LogInfo("take_over.drop_resource", {{"resource", topic}});
      VENICE_TRY(context_.helix.DropResource(context_.name, topic));
    }
    VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
    if (record && (!store || !metadata::IsError(record->status))) VENICE_TRY(context_.pushes.Delete(topic));
  }
  return Ok();
}

Status VersionAdmin::RetireByAge() {
  VENICE_ASSIGN(const std::vector<std::string> names, context_.stores.List());
  const int64_t now = context_.clock.WallMs();
  for (const std::string& name : names) {
    const StoreLocks::Guard guard = context_.locks.Lock(name);
    VENICE_ASSIGN(const std::optional<Store> store, context_.stores.Read(name));
    if (!store || store->latest_version_promote_ms <= 0) continue;
    const int64_t age = now - store->latest_version_promote_ms;
    const int64_t backup_age = store->backup_version_retention_ms >= 0
                                   ? store->backup_version_retention_ms
                                   : context_.settings.backup_version_retention.count();
    for (const Version& version : store->versions) {
      const bool old_backup =
          version.number < store->current_version && version.status == VersionStatus::kOnline && age > backup_age;
      const bool old_rolled_back = version.status == VersionStatus::kRolledBack &&
                                   version.number != store->current_version &&
                                   age > context_.settings.rolled_back_version_retention.count();
      if (old_backup || old_rolled_back) VENICE_TRY(DeleteVersionLocked(name, version.number));
    }
  }
  return DropOrphans();
}

Status VersionAdmin::CleanUpTopics() {
  VENICE_ASSIGN(const std::vector<std::string> topics, context_.topics.List());
  std::map<std::string, int32_t> seen;
  for (const std::string& topic : topics) {
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    if (name.kind != protocol::TopicKind::kVersion) continue;
    // A version being created has its topic before its record: its store's lock is held meanwhile.
    const StoreLocks::Guard guard = context_.locks.Lock(name.store);
    VENICE_ASSIGN(std::optional<Store> store, context_.stores.Read(name.store));
    if (!store) {
      VENICE_ASSIGN(const std::optional<metadata::GraveyardEntry> buried, context_.stores.ReadGraveyard(name.store));
      VENICE_ASSIGN(const std::optional<metadata::StoreConfig> config,
                    metadata::ReadStoreConfig(context_.zk, name.store));
      if (!buried || config) continue;  // not ours, or ours elsewhere now
      store = buried->store;
      store->versions.clear();
    }
    if (store->FindVersion(name.version) != nullptr || name.version > store->largest_used_version) continue;
    VENICE_ASSIGN(const bool truncated, context_.topics.IsTruncated(topic));
    if (!truncated) {
      LogInfo("topic.truncate_orphan", {{"topic", topic}});
      VENICE_TRY(context_.topics.Truncate(topic));
    }
    VENICE_ASSIGN(const std::optional<helix::ZnRecord> resource, context_.helix.GetIdealState(context_.name, topic));
    VENICE_ASSIGN(const std::optional<helix::ZnRecord> view, context_.helix.GetExternalView(context_.name, topic));
    if (resource || (view && !view->maps.empty())) continue;  // some replica may still read it
    const int32_t times = seen_truncated_[topic] + 1;
    seen[topic] = times;
    if (times < context_.settings.topic_cleanup_delay_factor) continue;
    VENICE_TRY(context_.topics.Delete(topic));
    seen.erase(topic);
    LogInfo("topic.deleted", {{"topic", topic}});
  }
  seen_truncated_ = std::move(seen);
  return Ok();
}

}  // namespace venice::controller
