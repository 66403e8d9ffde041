#include "server/replica_manager.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "helix/paths.h"
#include "ingestion/checkpoint.h"
#include "protocol/topic_name.h"

namespace venice::server {

using ingestion::ReplicaReport;
using ingestion::ReplicaState;
using metadata::ExecutionStatus;

namespace {
constexpr int kOpeners = 8;            // opening waits for the disk
constexpr uint64_t kNoGeneration = 0;  // no ingestion's: they count from one
}  // namespace

ReplicaManager::ReplicaManager(ReplicaManagerOptions options, storage::StorageEngine& engine,
                               ingestion::IngestionService& ingestion, metadata::StoreRepository& stores,
                               PublishedTable& table, StatusWriter& statuses)
    : options_(std::move(options)),
      engine_(engine),
      ingestion_(ingestion),
      stores_(stores),
      table_(table),
      statuses_(statuses),
      control_("replicas", 1) {}

ReplicaManager::~ReplicaManager() { Stop(); }

void ReplicaManager::Stop() {
  control_.Stop();
  std::map<Key, Replica> replicas;
  {
    std::lock_guard lock(mutex_);
    replicas.swap(replicas_);
    changed_.notify_all();
  }
  for (const auto& [key, replica] : replicas) ingestion_.StopReplica(key.first, key.second);
  Publish();
}

Status ReplicaManager::DropUnknownVersions() {
  VENICE_ASSIGN(const std::vector<std::string> topics, engine_.Versions());
  for (const std::string& topic : topics) {
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    if (name.kind != protocol::TopicKind::kVersion) continue;
    const auto store = stores_.Get(name.store);
    if (store && store->FindVersion(name.version) != nullptr) continue;
    LogInfo("server.version.unknown", {{"version", topic}});
    VENICE_TRY(engine_.DropVersion(topic));
  }
  return Ok();
}

Status ReplicaManager::OpenCompleted() {
  VENICE_ASSIGN(const std::vector<std::string> topics, engine_.Versions());
  ThreadPool openers("open-replicas", kOpeners);
  for (const std::string& topic : topics) {
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    const auto store = stores_.Get(name.store);
    const metadata::Version* version = store ? store->FindVersion(name.version) : nullptr;
    if (version == nullptr) continue;
    VENICE_ASSIGN(const std::shared_ptr<storage::VersionStore> data, engine_.OpenVersion(topic));
    VENICE_ASSIGN(const std::vector<int32_t> partitions, data->Partitions());
    for (const int32_t partition : partitions) {
      const Key key{topic, partition};
      const bool queued = openers.Submit([this, key, data, compression = static_cast<int32_t>(version->compression)] {
        // What cannot be opened now is opened, or filled again, when Helix asks for it.
        if (Result<bool> adopted = AdoptIfComplete(key, compression, data); !adopted.ok())
          LogWarning("server.replica.unopened",
                     {{"topic", key.first}, {"partition", key.second}, {"error", adopted.error().ToString()}});
      });
      if (!queued) break;
    }
  }
  openers.Stop();
  Publish();
  return Ok();
}

Result<bool> ReplicaManager::AdoptIfComplete(const Key& key, int32_t compression,
                                             const std::shared_ptr<storage::VersionStore>& version) {
  VENICE_ASSIGN(std::shared_ptr<storage::PartitionStore> store, version->OpenPartition(key.second));
  if (store->phase() != storage::Phase::kOpen || !store->checkpoint()) return false;
  VENICE_ASSIGN(const ingestion::Checkpoint checkpoint, ingestion::DecodeCheckpoint(*store->checkpoint()));
  if (!checkpoint.end_of_push) return false;
  std::lock_guard lock(mutex_);
  Replica& replica = replicas_[key];
  replica.version = version;
  replica.store = std::move(store);
  replica.compression = compression;
  replica.ready = true;
  replica.report = {.topic = key.first,
                    .partition = key.second,
                    .state = ReplicaState::kCompleted,
                    .offset = checkpoint.offset,
                    .records = checkpoint.digest.count(),
                    .bytes = checkpoint.bytes};
  return true;
}

Status ReplicaManager::OnTransition(const helix::Transition& transition) {
  const std::optional<int> partition = helix::PartitionIndex(transition.partition);
  if (!partition) return Error(ErrorCode::kInvalidArgument, "'" + transition.partition + "' names no partition");
  const Key key{transition.resource, *partition};
  Status status;
  if (transition.to == "STANDBY") {
    // A leader of a batch-only version does what a standby does: it follows the version topic.
    if (transition.from == "OFFLINE") status = ToStandby(transition, key);
  } else if (transition.to == "OFFLINE") {
    status = ToOffline(key);
  } else if (transition.to == "DROPPED") {
    return ToDropped(transition, key);
  } else if (transition.to != "LEADER") {
    return Error(ErrorCode::kUnsupported, fmt::format("no transition from {} to {}", transition.from, transition.to));
  }
  std::lock_guard lock(mutex_);
  if (const auto found = replicas_.find(key); found != replicas_.end())
    found->second.helix_state = status.ok() ? transition.to : "ERROR";
  return status;
}

void ReplicaManager::OnReset(const std::string& resource, const std::string& partition) {
  const std::optional<int> number = helix::PartitionIndex(partition);
  if (!number) return;
  Pause({resource, *number});
  std::lock_guard lock(mutex_);
  if (const auto found = replicas_.find({resource, *number}); found != replicas_.end())
    found->second.helix_state = "OFFLINE";
}

Status ReplicaManager::ToStandby(const helix::Transition& transition, const Key& key) {
  const protocol::TopicName name = protocol::ParseTopicName(key.first);
  if (name.kind != protocol::TopicKind::kVersion)
    return Error(ErrorCode::kInvalidArgument, "resource '" + key.first + "' is not a store version");
  VENICE_ASSIGN(const metadata::StoreEntry entry, stores_.Refresh(name.store));
  const metadata::Version* version = entry.store->FindVersion(name.version);
  if (version == nullptr)
    return Error(ErrorCode::kNotFound, "store " + name.store + " has no version " + std::to_string(name.version));

  Pause(key);
  if (IsReady(key)) {
    // Straight to COMPLETED: with a STARTED in between, routers would turn away for a moment.
    statuses_.Report(key.first, key.second, ExecutionStatus::kCompleted);
    return Ok();
  }
  const auto compression = static_cast<int32_t>(version->compression);
  VENICE_TRY(Open(key, compression));
  VENICE_TRY(StartIngestion(key, compression));
  // A version being pushed goes on in the background. Of the current one, standby means that it can be read.
  if (entry.store->current_version != name.version) return Ok();
  return WaitUntilReady(key, std::chrono::hours(entry.store->bootstrap_to_online_timeout_hours), transition.cancelled);
}

Status ReplicaManager::Open(const Key& key, int32_t compression) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = replicas_.find(key); found != replicas_.end() && found->second.store) return Ok();
  }
  std::shared_lock not_dropping(versions_mutex_);
  VENICE_ASSIGN(std::shared_ptr<storage::VersionStore> version, engine_.OpenVersion(key.first));
  Result<std::shared_ptr<storage::PartitionStore>> store = version->OpenPartition(key.second);
  if (!store.ok() && store.error().code() == ErrorCode::kCorruption) {
    LogError("server.replica.damaged",
             {{"topic", key.first}, {"partition", key.second}, {"error", store.error().ToString()}});
    VENICE_TRY(version->DropPartition(key.second));
    store = version->OpenPartition(key.second);
  }
  if (!store.ok()) return std::move(store).error();
  std::lock_guard lock(mutex_);
  Replica& replica = replicas_[key];
  replica.version = std::move(version);
  replica.store = std::move(store).value();
  replica.compression = compression;
  return Ok();
}

Status ReplicaManager::StartIngestion(const Key& key, int32_t compression) {
  ingestion::ReplicaOptions options;
  options.topic = key.first;
  options.partition = key.second;
  options.replica = options_.instance;
  options.checkpoint_bytes = options_.checkpoint_bytes;
  options.replays = options_.replays;
  options.compression = compression;
  const uint64_t generation = ++generations_;
  {
    std::lock_guard lock(mutex_);
    Replica& replica = replicas_[key];
    replica.generation = generation;
    replica.progress_told = false;
    replica.report = {.topic = key.first, .partition = key.second};
    options.version = replica.version;
    options.store = replica.store;
  }
  options.listener = [this, generation](const ReplicaReport& report) { OnReport(generation, report); };
  return ingestion_.StartReplica(std::move(options));
}

Status ReplicaManager::WaitUntilReady(const Key& key, std::chrono::milliseconds limit,
                                      const std::stop_token& cancelled) {
  const std::stop_callback on_cancel(cancelled, [this] {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  const auto state = [&]() -> ReplicaState {
    const auto found = replicas_.find(key);
    if (found == replicas_.end()) return ReplicaState::kError;
    if (found->second.ready) return ReplicaState::kCompleted;
    return found->second.report.state == ReplicaState::kError ? ReplicaState::kError : ReplicaState::kStarted;
  };
  const bool ended =
      changed_.wait_for(lock, limit, [&] { return cancelled.stop_requested() || state() != ReplicaState::kStarted; });
  if (cancelled.stop_requested()) return Error(ErrorCode::kCancelled, "the session ended");
  if (!ended)
    return Error(ErrorCode::kTimeout, fmt::format("{}-{} did not become ready in time", key.first, key.second));
  if (state() == ReplicaState::kCompleted) return Ok();
  const auto found = replicas_.find(key);
  if (found == replicas_.end()) return Error(ErrorCode::kCancelled, "the replica is gone");
  return Error(found->second.report.error_code, found->second.report.detail);
}

void ReplicaManager::Pause(const Key& key) {
  ingestion_.StopReplica(key.first, key.second);
  std::shared_ptr<storage::PartitionStore> closing;
  std::lock_guard lock(mutex_);
  const auto found = replicas_.find(key);
  if (found == replicas_.end() || found->second.ready) return;
  found->second.generation = kNoGeneration;  // a report still queued must not make ready what has no store
  closing = std::move(found->second.store);
  found->second.store.reset();
}

Status ReplicaManager::ToOffline(const Key& key) {
  Pause(key);
  std::lock_guard lock(mutex_);
  if (const auto found = replicas_.find(key); found != replicas_.end())
    found->second.offline_since = std::chrono::steady_clock::now();
  return Ok();
}

bool ReplicaManager::IsCurrentVersion(const std::string& topic) const {
  const protocol::TopicName name = protocol::ParseTopicName(topic);
  const auto store = stores_.Get(name.store);
  return store && store->current_version == name.version;
}

Status ReplicaManager::ToDropped(const helix::Transition& transition, const Key& key) {
  Pause(key);
  if (transition.from != "ERROR" && IsCurrentVersion(key.first)) {
    // Routers that still list this replica get answers until they have seen that it leaves.
    // Outside the lock, at both ends: it may run at once, and its end waits for a run on another thread.
    const std::stop_callback on_cancel(transition.cancelled, [this] {
      std::lock_guard inner(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    const auto found = replicas_.find(key);
    const auto until =
        (found == replicas_.end() ? std::chrono::steady_clock::time_point() : found->second.offline_since) +
        options_.graceful_drop_delay;
    while (std::chrono::steady_clock::now() < until && !transition.cancelled.stop_requested())
      changed_.wait_until(lock, until);
    if (transition.cancelled.stop_requested()) return Error(ErrorCode::kCancelled, "the session ended");
  }
  statuses_.Remove(key.first, key.second);
  DeleteData(key);
  DropVersionIfEmpty(key.first);
  return Ok();
}

void ReplicaManager::DeleteData(const Key& key) {
  Replica gone;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = replicas_.find(key); found != replicas_.end()) {
      gone = std::move(found->second);
      replicas_.erase(found);
    }
  }
  Publish();
  gone.store.reset();
  std::shared_lock not_dropping(versions_mutex_);
  if (!gone.version) {
    // Never opened in this process: there may still be data of an earlier one.
    const Result<std::vector<std::string>> versions = engine_.Versions();
    if (!versions.ok() || std::find(versions->begin(), versions->end(), key.first) == versions->end()) return;
    Result<std::shared_ptr<storage::VersionStore>> version = engine_.OpenVersion(key.first);
    if (!version.ok())
      return LogWarning("server.drop.failed", {{"topic", key.first}, {"error", version.error().ToString()}});
    gone.version = std::move(version).value();
  }
  if (Status status = gone.version->DropPartition(key.second); !status.ok())
    LogWarning("server.drop.failed",
               {{"topic", key.first}, {"partition", key.second}, {"error", status.error().ToString()}});
}

void ReplicaManager::DropVersionIfEmpty(const std::string& topic) {
  std::unique_lock dropping(versions_mutex_);
  {
    std::lock_guard lock(mutex_);
    const auto first = replicas_.lower_bound({topic, 0});
    if (first != replicas_.end() && first->first.first == topic) return;
  }
  const Result<std::vector<std::string>> versions = engine_.Versions();
  if (!versions.ok() || std::find(versions->begin(), versions->end(), topic) == versions->end()) return;
  {
    Result<std::shared_ptr<storage::VersionStore>> version = engine_.OpenVersion(topic);
    if (version.ok()) {
      const Result<std::vector<int32_t>> partitions = (*version)->Partitions();
      if (!partitions.ok() || !partitions->empty()) return;
    }
  }
  if (Status status = engine_.DropVersion(topic); !status.ok())
    LogWarning("server.drop.failed", {{"topic", topic}, {"error", status.error().ToString()}});
}

void ReplicaManager::OnReport(uint64_t generation, const ReplicaReport& report) {
  if (!control_.Submit([this, generation, report] { HandleReport(generation, report); }))
    LogDebug("server.report.after_stop", {{"topic", report.topic}, {"partition", report.partition}});
}

void ReplicaManager::HandleReport(uint64_t generation, const ReplicaReport& report) {
  const Key key{report.topic, report.partition};
  bool tell_progress = false;
  {
    std::lock_guard lock(mutex_);
    const auto found = replicas_.find(key);
    if (found == replicas_.end() || found->second.generation != generation) return;
    Replica& replica = found->second;
    replica.report = report;
    if (report.state == ReplicaState::kCompleted) replica.ready = true;
    if (report.state == ReplicaState::kError) replica.ready = false;
    tell_progress = report.state == ReplicaState::kProgress && !std::exchange(replica.progress_told, true);
  }
  switch (report.state) {
    case ReplicaState::kStarted:
      statuses_.Report(key.first, key.second, ExecutionStatus::kStarted);
      break;
    case ReplicaState::kProgress:
      if (tell_progress) statuses_.Report(key.first, key.second, ExecutionStatus::kProgress);
      return;
    case ReplicaState::kEndOfPushReceived:
      statuses_.Report(key.first, key.second, ExecutionStatus::kEndOfPushReceived);
      break;
    case ReplicaState::kCompleted:
      Publish();  // before anybody hears that it can be read
      ingestion_.StopReplica(key.first, key.second);
      statuses_.Report(key.first, key.second, ExecutionStatus::kCompleted);
      break;
    case ReplicaState::kError: {
      statuses_.Report(key.first, key.second, ExecutionStatus::kError, report.detail);
      // What is stored can neither be read nor continued; on a full disk it is in the way of what can.
      Publish();
      Pause(key);
      std::shared_ptr<storage::VersionStore> version;
      {
        std::lock_guard lock(mutex_);
        if (const auto found = replicas_.find(key); found != replicas_.end()) version = found->second.version;
      }
      if (version)
        if (Status status = version->DropPartition(key.second); !status.ok())
          LogWarning("server.drop.failed",
                     {{"topic", key.first}, {"partition", key.second}, {"error", status.error().ToString()}});
      break;
    }
  }
  std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void ReplicaManager::Publish() {
  auto table = std::make_shared<ReplicaTable>();
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, replica] : replicas_) {
      ServedVersion& version = (*table)[key.first];
      version.compression = replica.compression;
      if (version.partitions.size() <= static_cast<size_t>(key.second))
        version.partitions.resize(static_cast<size_t>(key.second) + 1);
      version.partitions[static_cast<size_t>(key.second)] = {replica.ready ? replica.store : nullptr, replica.ready};
    }
  }
  table_.Publish(std::move(table));
}

std::vector<ReplicaView> ReplicaManager::Replicas() const {
  std::map<Key, ReplicaReport> running;
  for (ReplicaReport& report : ingestion_.Reports()) {
    const Key key{report.topic, report.partition};
    running[key] = std::move(report);
  }
  std::vector<ReplicaView> views;
  std::lock_guard lock(mutex_);
  for (const auto& [key, replica] : replicas_) {
    const auto live = running.find(key);
    views.push_back({live == running.end() ? replica.report : live->second, replica.helix_state, replica.ready});
  }
  return views;
}

bool ReplicaManager::IsReady(const Key& key) const {
  std::lock_guard lock(mutex_);
  const auto found = replicas_.find(key);
  return found != replicas_.end() && found->second.ready;
}

std::shared_ptr<storage::PartitionStore> ReplicaManager::ReadyStore(const std::string& topic, int32_t partition) const {
  std::lock_guard lock(mutex_);
  const auto found = replicas_.find({topic, partition});
  return found != replicas_.end() && found->second.ready ? found->second.store : nullptr;
}

std::shared_ptr<storage::VersionStore> ReplicaManager::OpenVersion(const std::string& topic) const {
  std::lock_guard lock(mutex_);
  const auto first = replicas_.lower_bound({topic, 0});
  return first != replicas_.end() && first->first.first == topic ? first->second.version : nullptr;
}

}  // namespace venice::server
