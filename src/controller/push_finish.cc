// VersionAdmin: how pushes end, and which version serves.
#include <algorithm>

#include "base/log.h"
#include "controller/version_admin.h"
#include "helix/paths.h"
#include "protocol/topic_name.h"

namespace venice::controller {

using metadata::ExecutionStatus;
using metadata::Store;
using metadata::Version;
using metadata::VersionStatus;

namespace {

// The region is one of the comma-separated names.
bool Names(const std::string& regions, const std::string& region) {
  size_t start = 0;
  while (start <= regions.size()) {
    const size_t end = std::min(regions.find(',', start), regions.size());
    if (regions.compare(start, end - start, region) == 0) return true;
    start = end + 1;
  }
  return false;
}

void MakeCurrent(Store& store, int32_t number, int64_t now_ms) {
  store.previous_current_version = store.current_version;
  store.current_version = number;
  store.latest_version_promote_ms = now_ms;
}

std::string StatesOf(const Store& store) {
  std::string text;
  for (const Version& version : store.versions)
    text += (text.empty() ? "" : ", ") + std::to_string(version.number) + " " + std::string(ToText(version.status));
  return text.empty() ? "no versions" : "versions: " + text;
}

Status WritesEnabled(const Store& store) {
  if (store.enable_writes) return Ok();
  return Error(ErrorCode::kStoreDisabled, "store " + store.name +
                                              " is disabled for writing, so its current version cannot change; enable "
                                              "it first: enable_store with operation=write and status=true");
}

}  // namespace

VersionAdmin::VersionAdmin(ClusterContext& context, std::function<void(std::function<void()>)> in_background)
    : context_(context),
      in_background_(std::move(in_background)),
      monitor_(context,
               {[this](const std::string& topic) { return CompletePush(topic); },
                [this](const std::string& topic, const std::string& reason) { return FailPush(topic, reason); }}) {}

Status VersionAdmin::SetPushStatus(const std::string& topic, ExecutionStatus status, const std::string& details) {
  const int64_t now = context_.clock.WallMs();
  VENICE_TRY(context_.pushes.Update(topic, [&](metadata::OfflinePush& push) {
    if (metadata::IsTerminal(push.status)) return;
    push.status = status;
    push.status_details = details;
    push.history.push_back({status, metadata::LocalDateTimeText(now), ""});
  }));
  return Ok();
}

// The version swap comes before the push's own record says COMPLETED: a leader that dies in between leaves a push that
// the next one judges again.
Status VersionAdmin::CompletePush(const std::string& topic) {
  const protocol::TopicName name = protocol::ParseTopicName(topic);
  const int64_t now = context_.clock.WallMs();
  bool gone = false;
  int64_t started_ms = now;
  Result<Store> updated = context_.stores.Update(name.store, [&](Store& store) -> Status {
    Version* version = store.FindVersion(name.version);
    gone = version == nullptr || version->status == VersionStatus::kKilled || version->status == VersionStatus::kError;
    if (gone || version->status == VersionStatus::kRolledBack) return Ok();
    started_ms = version->created_ms;
    if (!store.enable_writes) {
      if (version->status == VersionStatus::kStarted) version->status = VersionStatus::kPushed;
      return Ok();
    }
    const bool targeted = !version->target_swap_region.empty();
    const bool here = targeted && Names(version->target_swap_region, context_.settings.region);
    const bool swap = !version->defer_version_swap || here;
    version->status = swap || !targeted ? VersionStatus::kOnline : VersionStatus::kPushed;
    if (swap && version->number > store.current_version) MakeCurrent(store, version->number, now);
    return Ok();
  });
  if (!updated.ok()) {
    if (updated.error().code() == ErrorCode::kStoreNotFound) return Ok();
    return std::move(updated).error();
  }
  if (gone) return Ok();
  VENICE_TRY(context_.pushes.Update(topic, [&](metadata::OfflinePush& push) {
    if (metadata::IsTerminal(push.status)) return;
    push.status = ExecutionStatus::kCompleted;
    push.status_details = "";
    push.history.push_back({ExecutionStatus::kCompleted, metadata::LocalDateTimeText(now), ""});
    push.successful_push_duration_seconds = std::max<int64_t>(0, (now - started_ms) / 1000);
  }));
  LogInfo("push.completed", {{"cluster", context_.name},
                             {"topic", topic},
                             {"current_version", updated->current_version},
                             {"duration_ms", now - started_ms}});
  in_background_([this, store = name.store] {
    if (Status retired = Retire(store, false); !retired.ok())
      LogWarning("version.retire_failed", {{"store", store}, {"error", retired.error().ToString()}});
  });
  return Ok();
}

// The reason is written first: whoever takes over after a crash must still be able to tell it.
Status VersionAdmin::FailPush(const std::string& topic, const std::string& reason) {
  const protocol::TopicName name = protocol::ParseTopicName(topic);
  VENICE_TRY(SetPushStatus(topic, ExecutionStatus::kError, reason));
  Result<Store> updated = context_.stores.Update(name.store, [&](Store& store) -> Status {
    Version* version = store.FindVersion(name.version);
    if (version != nullptr &&
        (version->status == VersionStatus::kStarted || version->status == VersionStatus::kCreated))
      version->status = VersionStatus::kError;
    return Ok();
  });
  if (!updated.ok() && updated.error().code() != ErrorCode::kStoreNotFound) return std::move(updated).error();
  LogError("push.failed", {{"cluster", context_.name}, {"topic", topic}, {"reason", reason}});
  in_background_([this, store = name.store, number = name.version] {
    if (Status deleted = DeleteVersion(store, number); !deleted.ok())
      LogWarning("version.delete_failed",
                 {{"store", store}, {"version", number}, {"error", deleted.error().ToString()}});
  });
  return Ok();
}

Status VersionAdmin::KillPush(const std::string& topic) {
  const protocol::TopicName name = protocol::ParseTopicName(topic);
  if (name.kind != protocol::TopicKind::kVersion)
    return Error(ErrorCode::kInvalidArgument,
                 "'" + topic + "' is not the topic of a version; it must look like my-store_v3");
  const StoreLocks::Guard guard = context_.locks.Lock(name.store);
  VENICE_ASSIGN(const Store store, context_.Store(name.store));
  const Version* version = store.FindVersion(name.version);
  if (version == nullptr)
    return Error(ErrorCode::kNotFound, "store " + name.store + " has no version " + std::to_string(name.version) +
                                           " (" + StatesOf(store) + ")");
  if (version->status == VersionStatus::kKilled || version->status == VersionStatus::kError) return Ok();
  if (version->status != VersionStatus::kStarted && version->status != VersionStatus::kCreated)
    return Error(ErrorCode::kInvalidArgument, "version " + std::to_string(name.version) + " of store " + name.store +
                                                  " is " + std::string(ToText(version->status)) +
                                                  ": there is no running push to kill");
  bool killed = false;
  VENICE_TRY(context_.stores.Update(name.store, [&](Store& record) -> Status {
    Version* running = record.FindVersion(name.version);
    killed =
        running != nullptr && running->status != VersionStatus::kOnline && running->status != VersionStatus::kPushed;
    if (killed) running->status = VersionStatus::kKilled;
    return Ok();
  }));
  if (!killed)
    return Error(ErrorCode::kInvalidArgument, "the push of " + topic + " completed before it could be killed");
  monitor_.Forget(topic);
  VENICE_TRY(SetPushStatus(topic, ExecutionStatus::kError, "the push was killed by kill_offline_push_job"));
  LogInfo("push.killed", {{"cluster", context_.name}, {"topic", topic}});
  return DeleteVersionLocked(name.store, name.version);
}

Status VersionAdmin::SetCurrentVersion(const std::string& store_name, int32_t number) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  const int64_t now = context_.clock.WallMs();
  VENICE_TRY(context_.stores.Update(store_name, [&](Store& store) -> Status {
    VENICE_TRY(WritesEnabled(store));
    if (number == store.current_version) return Ok();
    if (number != 0) {
      Version* version = store.FindVersion(number);
      if (version == nullptr)
        return Error(ErrorCode::kNotFound, "store " + store_name + " has no version " + std::to_string(number) + " (" +
                                               StatesOf(store) + ")");
      if (version->status != VersionStatus::kOnline && version->status != VersionStatus::kPushed &&
          version->status != VersionStatus::kRolledBack)
        return Error(ErrorCode::kInvalidArgument, "version " + std::to_string(number) + " of store " + store_name +
                                                      " is " + std::string(ToText(version->status)) +
                                                      " and cannot serve");
      version->status = VersionStatus::kOnline;
    }
    MakeCurrent(store, number, now);
    return Ok();
  }));
  LogInfo("version.set_current", {{"store", store_name}, {"version", number}});
  return Ok();
}

int32_t VersionAdmin::BackupVersion(const Store& store) {
  int32_t backup = 0;
  for (const Version& version : store.versions)
    if (version.number < store.current_version && version.status == VersionStatus::kOnline)
      backup = std::max(backup, version.number);
  return backup;
}

int32_t VersionAdmin::FutureVersion(const Store& store) {
  int32_t future = 0;
  for (const Version& version : store.versions)
    if (version.number > store.current_version &&
        (version.status == VersionStatus::kOnline || version.status == VersionStatus::kPushed))
      future = std::max(future, version.number);
  return future;
}

Result<int32_t> VersionAdmin::Rollback(const std::string& store_name) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  const int64_t now = context_.clock.WallMs();
  VENICE_ASSIGN(const Store store, context_.stores.Update(store_name, [&](Store& record) -> Status {
    VENICE_TRY(WritesEnabled(record));
    const int32_t backup = BackupVersion(record);
    if (backup == 0)
      return Error(ErrorCode::kNotFound, "store " + store_name + " has no backup version to roll back to: current is " +
                                             std::to_string(record.current_version) + ", " + StatesOf(record));
    if (Version* current = record.FindVersion(record.current_version)) current->status = VersionStatus::kRolledBack;
    MakeCurrent(record, backup, now);
    return Ok();
  }));
  LogInfo("version.rolled_back", {{"store", store_name}, {"current_version", store.current_version}});
  return store.current_version;
}

Result<int32_t> VersionAdmin::RollForward(const std::string& store_name) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const Store before, context_.Store(store_name));
  const int32_t future = FutureVersion(before);
  if (future == 0)
    return Error(ErrorCode::kNotFound, "store " + store_name + " has no version to roll forward to: current is " +
                                           std::to_string(before.current_version) + ", " + StatesOf(before));
  const Version* version = before.FindVersion(future);
  const size_t needed = static_cast<size_t>(std::max(version->replication_factor - 1, 1));
  const auto view = context_.spectator.View();
  for (int32_t p = 0; p < version->partition_count; ++p) {
    const size_t ready = view->InCustomizedState(std::string(helix::kOfflinePush), version->Topic(),
                                                 helix::PartitionName(version->Topic(), p), "COMPLETED")
                             .size();
    if (ready < needed)
      return Error(ErrorCode::kNotReady, "version " + std::to_string(future) + " of store " + store_name +
                                             " is not ready: partition " + std::to_string(p) + " has " +
                                             std::to_string(ready) + " of " + std::to_string(needed) +
                                             " replicas it needs");
  }
  const int64_t now = context_.clock.WallMs();
  VENICE_TRY(context_.stores.Update(store_name, [&](Store& store) -> Status {
    VENICE_TRY(WritesEnabled(store));
    Version* next = store.FindVersion(future);
    if (next == nullptr)
      return Error(ErrorCode::kConflict, "version " + std::to_string(future) + " was deleted meanwhile");
    next->status = VersionStatus::kOnline;
    MakeCurrent(store, future, now);
    return Ok();
  }));
  LogInfo("version.rolled_forward", {{"store", store_name}, {"current_version", future}});
  return future;
}

}  // namespace venice::controller
