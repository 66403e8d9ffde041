// Participant: joining a cluster in a new session, losing the session, leaving.
#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/wait.h"
#include "helix/admin.h"
#include "helix/history.h"
#include "helix/participant_impl.h"
#include "helix/process_identity.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

constexpr std::chrono::milliseconds kRetryMin{20};
constexpr std::chrono::milliseconds kRetryMax{1'000};
// A transition that does not heed its cancellation holds the next join up this long; its replica stays in order
// anyway, because the next transition of the partition waits for it.
constexpr std::chrono::seconds kResetWaitMax{30};

bool IsNotFound(const Status& status) { return !status.ok() && status.error().code() == ErrorCode::kNotFound; }

}  // namespace

// Whether there is a session to join with, and whether it is time to do so.
void Participant::Impl::CheckSession() {
  if (stopping_) return;
  const int64_t session = client_.SessionId();
  if (session == 0) return;  // kConnected will call again
  if (joined_ && session == session_) {
    retry_pause_ = kRetryMin;
    ReadMessages();
    WriteStates();
    WriteReports();
    return;
  }
  if (joined_) LoseSession();
  if (resets_running_) return;  // ResetDone() will call again
  const Status status = Join(session);
  {
    std::lock_guard lock(mutex_);
    join_status_ = status;
    if (status.ok()) join_settled_ = true;
    // Waiting cannot help: another process has the name, or nobody may join by himself.
    if (!status.ok() &&
        (status.error().code() == ErrorCode::kConflict || status.error().code() == ErrorCode::kPermissionDenied)) {
      join_settled_ = true;
    }
  }
  changed_.notify_all();
  if (status.ok()) {
    retry_pause_ = kRetryMin;
    ReadMessages();
    return;
  }
  LogDebug("helix.participant.join_retry", {{"instance", options_.instance}, {"error", status.error().ToString()}});
  Retry();
}

void Participant::Impl::Retry() {
  if (retry_pending_) return;
  retry_pending_ = true;
  worker_->PostAfter(retry_pause_, [this] {
    retry_pending_ = false;
    CheckSession();
  });
  retry_pause_ = std::min(retry_pause_ * 2, kRetryMax);
}

void Participant::Impl::LoseSession() {
  if (!joined_.exchange(false)) return;
  LogWarning("helix.participant.session_lost",
             {{"cluster", options_.cluster}, {"instance", options_.instance}, {"session", SessionText(session_)}});
  handler_.OnSessionLost();
  ResetReplicas();
}

// Every replica counts as OFFLINE again. What runs is cancelled; the reset of a partition comes after it.
void Participant::Impl::ResetReplicas() {
  ++term_;
  cancel_.request_stop();
  cancel_ = std::stop_source();
  std::vector<ReplicaKey> active;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, replica] : replicas_) {
      if (replica.busy || replica.state != kOffline) active.push_back(key);
    }
    replicas_.clear();
    completions_.clear();
    reports_.clear();
  }
  current_.clear();
  unwritten_.clear();
  finished_.clear();
  working_.clear();
  customized_.clear();
  customized_unwritten_.clear();
  if (active.empty()) return;
  resets_running_ = true;
  resets_left_ += static_cast<int>(active.size());
  for (const ReplicaKey& key : active) {
    const bool queued = strands_.Submit(key.first + "/" + key.second, [this, key] {
      handler_.OnReset(key.first, key.second);
      if (--resets_left_ == 0) worker_->Post([this] { ResetDone(); });
    });
    if (!queued && --resets_left_ == 0) worker_->Post([this] { ResetDone(); });
  }
  worker_->PostAfter(kResetWaitMax, [this, term = term_] {
    if (term != term_ || !resets_running_) return;
    LogWarning("helix.participant.reset_slow", {{"instance", options_.instance}, {"replicas", resets_left_.load()}});
    resets_running_ = false;
    CheckSession();
  });
}

void Participant::Impl::ResetDone() {
  if (resets_left_ != 0) return;
  resets_running_ = false;
  CheckSession();
}

// The order of these steps is Helix's: no old state may become visible under the new session.
Status Participant::Impl::Join(int64_t session) {
  const std::string session_text = SessionText(session);
  VENICE_TRY(EnsureMember());
  VENICE_TRY(ClearCustomizedStates());
  VENICE_TRY(CarryOver(session_text));
  VENICE_TRY(CreateLiveInstance(session));
  if (client_.SessionId() != session) return Error(ErrorCode::kSessionExpired, "the session ended while joining");
  VENICE_TRY(RecordHistory(session_text));
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> tasks,
                client_.Children(paths_.TaskCurrentStates(options_.instance)));
  for (const std::string& old : tasks.value_or(std::vector<std::string>())) {
    VENICE_TRY(zk::DeleteRecursively(client_, Paths::Join(paths_.TaskCurrentStates(options_.instance), old)));
  }
  session_ = session;
  session_start_ms_ = clock_.WallMs();
  stale_until_.reset();
  {
    std::lock_guard lock(mutex_);
    session_text_ = session_text;
    joined_ = true;
  }
  LogInfo("helix.participant.joined",
          {{"cluster", options_.cluster}, {"instance", options_.instance}, {"session", session_text}});
  return Ok();
}

Status Participant::Impl::EnsureMember() {
  Admin admin(client_, clock_);
  VENICE_ASSIGN(const bool set_up, admin.IsClusterSetUp(options_.cluster));
  if (!set_up) {
    return Error(ErrorCode::kNotReady, "the cluster is not set up yet; the controller creates it when it starts");
  }
  VENICE_ASSIGN(const bool member, admin.InstanceExists(options_.cluster, options_.instance));
  if (member) return Ok();
  VENICE_ASSIGN(const ZnRecord config, admin.GetClusterConfig(options_.cluster));
  if (!config.Flag("allowParticipantAutoJoin", false)) {
    return Error(ErrorCode::kPermissionDenied,
                 "the instance is not registered and allowParticipantAutoJoin is off; register it first");
  }
  return admin.AddInstance(options_.cluster, options_.instance);
}

Status Participant::Impl::ClearCustomizedStates() {
  customized_.clear();
  customized_unwritten_.clear();
  {
    std::lock_guard lock(mutex_);
    reports_.clear();
    reports_in_flight_ = false;
  }
  changed_.notify_all();
  for (const std::string& type : options_.customized_state_types) {
    VENICE_TRY(zk::DeleteRecursively(client_, paths_.CustomizedStates(options_.instance, type)));
  }
  return Ok();
}

// The replicas of former sessions are ours, in the initial state, so that the controller knows they exist.
Status Participant::Impl::CarryOver(const std::string& session_text) {
  const std::string root = paths_.CurrentStates(options_.instance);
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> sessions, client_.Children(root));
  std::map<std::string, ZnRecord> carried;
  std::vector<std::string> old_sessions;
  for (const std::string& session : sessions.value_or(std::vector<std::string>())) {
    const bool own = session == session_text;
    if (!own) old_sessions.push_back(session);
    VENICE_ASSIGN(const std::optional<std::vector<std::string>> resources,
                  client_.Children(paths_.CurrentStates(options_.instance, session)));
    for (const std::string& resource : resources.value_or(std::vector<std::string>())) {
      ZnRecord& record = carried[resource];
      VENICE_TRY(CarryOverResource(paths_.CurrentState(options_.instance, session, resource), record));
      record.id = resource;
      record.simple["SESSION_ID"] = session_text;
    }
  }
  VENICE_TRY(zk::EnsurePath(client_, paths_.CurrentStates(options_.instance, session_text)));
  std::map<ReplicaKey, Replica> replicas;
  for (const auto& [resource, record] : carried) {
    VENICE_TRY(WriteOrDelete(paths_.CurrentState(options_.instance, session_text, resource), record));
    for (const auto& [partition, fields] : record.maps) replicas[{resource, partition}];
  }
  for (const std::string& session : old_sessions) {
    VENICE_TRY(zk::DeleteRecursively(client_, paths_.CurrentStates(options_.instance, session)));
  }
  current_ = std::move(carried);
  std::erase_if(current_, [](const auto& entry) { return entry.second.maps.empty(); });
  std::lock_guard lock(mutex_);
  replicas_ = std::move(replicas);
  return Ok();
}

Status Participant::Impl::CarryOverResource(const std::string& old_path, ZnRecord& record) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, client_.Get(old_path));
  if (!node || node->data.empty()) return Ok();
  const Result<ZnRecord> old = DecodeZnRecord(node->data);
  if (!old.ok()) {
    LogWarning("helix.current_state.unreadable", {{"path", old_path}, {"error", old.error().message()}});
    return Ok();
  }
  for (const auto& [key, value] : old->simple) record.simple[key] = value;
  for (const auto& [partition, fields] : old->maps) record.maps[partition] = {{"CURRENT_STATE", std::string(kOffline)}};
  return Ok();
}

Status Participant::Impl::CreateLiveInstance(int64_t session) {
  const std::string path = paths_.LiveInstance(options_.instance);
  ZnRecord record;
  record.id = options_.instance;
  record.simple = options_.live_instance_fields;
  record.simple["SESSION_ID"] = SessionText(session);
  record.simple["HELIX_VERSION"] = kHelixVersion;
  record.simple["LIVE_INSTANCE"] = ProcessName();
  record.simple["CURRENT_TASK_THREAD_POOL_SIZE"] = "40";
  record.simple[kProcessIdentityField] = ProcessIdentity();
  const Result<std::string> created = client_.Create(path, EncodeZnRecord(record), zk::CreateMode::kEphemeral);
  if (created.ok()) return Ok();
  if (created.error().code() != ErrorCode::kAlreadyExists) return created.error();

  const auto wake = [worker = std::weak_ptr(worker_), this](const zk::WatchEvent&) {
    if (const auto alive = worker.lock()) alive->Post([this] { CheckSession(); });
  };
  VENICE_ASSIGN(const std::optional<zk::Node> node, client_.Get(path, wake));
  if (!node) return Error(ErrorCode::kUnavailable, "the old live instance has just gone");
  const Result<ZnRecord> other = DecodeZnRecord(node->data);
  if (node->stat.ephemeral_owner == session) {
    if (other.ok() && *other == record) return Ok();
    // Made by a join during which one session replaced another: Helix's readers believe the text if ids are negative.
    VENICE_TRY(client_.Set(path, EncodeZnRecord(record), node->stat.version));
    return Ok();
  }
  if (other.ok() && IsSurelyDead(other->Text(kProcessIdentityField))) {
    LogInfo("helix.participant.replaces_dead_process", {{"instance", options_.instance}});
    const Status deleted = client_.Delete(path, node->stat.version);
    if (!deleted.ok() && !IsNotFound(deleted)) return deleted;
    return Error(ErrorCode::kUnavailable, "the live instance of a dead process was removed");
  }
  if (!stale_until_) stale_until_ = clock_.Monotonic() + options_.stale_instance_wait;
  const bool in_time = clock_.Monotonic() < *stale_until_;
  return Error(in_time ? ErrorCode::kNotReady : ErrorCode::kConflict,
               fmt::format("{} already has a live instance, of session {}: another process uses the name, or a dead "
                           "one's session has not expired yet",
                           options_.instance, SessionText(node->stat.ephemeral_owner)));
}

Status Participant::Impl::RecordHistory(const std::string& session_text) {
  const std::string path = paths_.History(options_.instance);
  const Status recorded = ChangeRecord(client_, path, [&](ZnRecord& history) {
    history.id = options_.instance;
    RecordOnline(history, session_text, clock_.WallMs());
    return true;
  });
  if (recorded.ok() || recorded.error().code() != ErrorCode::kCorruption) return recorded;
  ZnRecord history;  // nobody can read the old one: it must not keep us out
  history.id = options_.instance;
  RecordOnline(history, session_text, clock_.WallMs());
  return WriteRecord(client_, path, history);
}

// A clean stop: nobody reads from us any more, then nobody counts on us, then the replicas rest.
void Participant::Impl::LeaveOnWorker() {
  // A connection that is just broken usually comes back; a node left behind would stay until the session times out.
  constexpr std::chrono::seconds kReconnectWaitMax{1};
  WaitUntil([this] { return client_.Connected(); }, kReconnectWaitMax);
  if (joined_ && client_.SessionId() == session_) {
    TakeCompletions();
    const auto warn = [this](const char* what, const Status& status) {
      if (status.ok() || IsNotFound(status)) return;
      LogWarning("helix.participant.leave",
                 {{"instance", options_.instance}, {"step", what}, {"error", status.error().ToString()}});
    };
    warn("customized states", ClearCustomizedStates());
    warn("history", ChangeRecord(client_, paths_.History(options_.instance),
                                 [this](ZnRecord& history) { return RecordOffline(history, clock_.WallMs()); }));
    warn("live instance", client_.Delete(paths_.LiveInstance(options_.instance)));
    LogInfo("helix.participant.left", {{"cluster", options_.cluster}, {"instance", options_.instance}});
  } else if (const int64_t session = client_.SessionId(); session != 0) {
    // A join that got half way may have left the node behind.
    const Result<std::optional<zk::Node>> node = client_.Get(paths_.LiveInstance(options_.instance));
    if (node.ok() && *node && (*node)->stat.ephemeral_owner == session) {
      const Status deleted = client_.Delete(paths_.LiveInstance(options_.instance));
      if (!deleted.ok()) LogDebug("helix.participant.leave", {{"error", deleted.error().ToString()}});
    }
  }
  joined_ = false;
  ResetReplicas();
}

}  // namespace venice::helix
