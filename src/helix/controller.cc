#include "helix/controller.h"

#include <atomic>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "helix/admin.h"
#include "helix/cluster_reader.h"
#include "helix/dispatcher.h"
#include "helix/history.h"
#include "helix/mirror.h"
#include "helix/paths.h"
#include "helix/pipeline.h"
#include "helix/process_identity.h"
#include "helix/worker.h"

namespace venice::helix {
namespace {

constexpr std::chrono::milliseconds kRetryMin{20};
constexpr std::chrono::milliseconds kRetryMax{1'000};

}  // namespace

// Everything but the atomics and `leader_` belongs to the worker's thread.
class Controller::Impl {
 public:
  Impl(zk::Client& client, ControllerOptions options)
      : client_(client),
        options_(std::move(options)),
        paths_(options_.cluster),
        worker_(std::make_shared<Worker>("helix-ctrl", *options_.clock)),
        mirror_(client, [this] { Wake(); }),
        reader_(mirror_, paths_) {}

  Status Start() {
    if (started_.exchange(true)) return Ok();
    if (options_.cluster.empty() || options_.instance.empty()) {
      return Error(ErrorCode::kInvalidArgument, "a Helix controller needs a cluster and an instance name");
    }
    client_.AddSessionListener([worker = std::weak_ptr(worker_), this](zk::SessionEvent) {
      // A locked pointer alone does not keep `this`; but a task runs only before Stop() has joined the thread.
      if (const auto alive = worker.lock()) alive->Post([this] { Step(); });
    });
    worker_->Start();
    worker_->Post([this] { Step(); });
    ScheduleResync();
    return Ok();
  }

  void Stop() {
    if (stopped_.exchange(true)) return;
    worker_->Stop();
    const bool led = leading_;
    StepDown("stopped");
    if (!led || client_.SessionId() != session_) return;
    const Status deleted = client_.Delete(paths_.ControllerLeader());
    if (!deleted.ok()) LogWarning("helix.controller.resign_failed", {{"error", deleted.error().ToString()}});
  }

  bool IsLeader() const { return leading_; }
  uint64_t Runs() const { return runs_; }
  std::string Leader() const {
    std::lock_guard lock(mutex_);
    return leader_;
  }

 private:
  // From any thread; many wakes before the next step are one.
  void Wake() {
    if (!awake_.exchange(true)) worker_->Post([this] { Step(); });
  }

  void ScheduleResync() {
    worker_->PostAfter(options_.resync_interval, [this] {
      mirror_.Invalidate();
      dispatcher_views_loaded_ = false;
      Wake();
      ScheduleResync();
    });
  }

  void Step() {
    awake_ = false;
    Status status = Compete();
    if (status.ok() && leading_) status = RunPipeline();
    if (status.ok()) {
      retry_ = kRetryMin;
      return;
    }
    LogDebug("helix.controller.retry", {{"cluster", options_.cluster}, {"error", status.error().ToString()}});
    if (retry_pending_) return;
    retry_pending_ = true;
    worker_->PostAfter(retry_, [this] {
      retry_pending_ = false;
      Wake();
    });
    retry_ = std::min(retry_ * 2, kRetryMax);
  }

  // Takes the leader node when nobody has it.
  Status Compete() {
    if (leading_ && client_.SessionId() != session_) StepDown("session expired");
    while (true) {
      const int64_t session = client_.SessionId();
      if (session == 0) return Error(ErrorCode::kUnavailable, "not connected to ZooKeeper yet");
      if (session != seen_session_) {
        mirror_.Invalidate();
        seen_session_ = session;
      }
      VENICE_ASSIGN(const auto node, mirror_.Node(paths_.ControllerLeader()));
      if (node->exists && node->stat.ephemeral_owner != session && node->record != nullptr &&
          IsSurelyDead(node->record->Text(kProcessIdentityField))) {
        LogInfo("helix.controller.replaces_dead_process", {{"cluster", options_.cluster}});
        const Status deleted = client_.Delete(paths_.ControllerLeader(), node->stat.version);
        if (!deleted.ok() && deleted.error().code() != ErrorCode::kNotFound) return deleted;
        mirror_.Invalidate();
        continue;
      }
      if (node->exists) {
        SetLeader(node->record == nullptr ? "" : node->record->id);
        const bool mine = node->stat.ephemeral_owner == session && client_.SessionId() == session;
        if (mine && !leading_) VENICE_TRY(TakeOffice(session));
        if (!mine && leading_) StepDown("another leader");
        return Ok();
      }
      if (leading_) StepDown("leader node deleted");
      SetLeader("");
      const Result<std::string> created =
          client_.Create(paths_.ControllerLeader(), EncodeZnRecord(LeaderRecord(session)), zk::CreateMode::kEphemeral);
      if (!created.ok() && created.error().code() != ErrorCode::kAlreadyExists) return created.error();
    }
  }

  ZnRecord LeaderRecord(int64_t session) const {
    ZnRecord record;
    record.id = options_.instance;
    record.simple = {{"LIVE_INSTANCE", ProcessName()},
                     {"SESSION_ID", SessionText(session)},
                     {"HELIX_VERSION", std::string(kHelixVersion)},
                     {kProcessIdentityField, ProcessIdentity()}};
    return record;
  }

  void SetLeader(const std::string& name) {
    std::lock_guard lock(mutex_);
    leader_ = name;
  }

  Status TakeOffice(int64_t session) {
    session_ = session;
    dispatcher_.emplace(client_, mirror_, paths_, options_.instance, session);
    VENICE_TRY(dispatcher_->TakeOffice());
    mirror_.Invalidate();  // after the claim: what is read from now on is all that earlier leaders have done
    dispatcher_views_loaded_ = false;
    LogInfo("helix.controller.leads", {{"cluster", options_.cluster}, {"instance", options_.instance}});
    const Status recorded = ChangeRecord(client_, paths_.ControllerHistory(), [this](ZnRecord& history) {
      RecordLeader(history, options_.cluster, options_.instance, options_.clock->WallMs());
      return true;
    });
    if (!recorded.ok()) LogWarning("helix.controller.history_failed", {{"error", recorded.error().ToString()}});
    leading_ = true;
    if (options_.on_leadership) options_.on_leadership(true);
    return Ok();
  }

  void StepDown(std::string_view reason) {
    if (!leading_.exchange(false)) return;
    LogInfo("helix.controller.stepped_down",
            {{"cluster", options_.cluster}, {"instance", options_.instance}, {"reason", reason}});
    dispatcher_.reset();
    if (options_.on_leadership) options_.on_leadership(false);
  }

  Status RunPipeline() {
    ++runs_;
    VENICE_ASSIGN(ClusterData data, reader_.Read());
    data.latest_term_ms = dispatcher_->latest_term_ms();
    if (!dispatcher_views_loaded_) {
      VENICE_TRY(dispatcher_->LoadViews(data.customized_types));
      dispatcher_views_loaded_ = true;
    }
    const int64_t now_ms = options_.clock->WallMs();
    const Actions actions = ComputeActions(data, now_ms, placements_);
    if (Status applied = dispatcher_->Apply(actions, data, now_ms); !applied.ok()) {
      mirror_.Invalidate();  // messages may be there that it does not know
      // The leader node may still be ours, if it was deleted and created again: then Compete() takes office anew.
      if (applied.error().code() == ErrorCode::kConflict) StepDown("another controller has taken office");
      return applied;
    }
    if (actions.rerun_ms) RerunAt(*actions.rerun_ms, now_ms);
    return Ok();
  }

  void RerunAt(int64_t time_ms, int64_t now_ms) {
    if (rerun_ms_ && *rerun_ms_ <= time_ms && *rerun_ms_ > now_ms) return;  // an earlier timer runs already
    rerun_ms_ = time_ms;
    worker_->PostAfter(std::chrono::milliseconds(std::max<int64_t>(1, time_ms - now_ms)), [this] { Wake(); });
  }

  std::atomic<bool> awake_{false};  // before the mirror, whose watchers wake us until it is gone
  zk::Client& client_;
  const ControllerOptions options_;
  const Paths paths_;
  std::shared_ptr<Worker> worker_;
  Mirror mirror_;
  ClusterReader reader_;
  PlacementCache placements_;
  std::optional<Dispatcher> dispatcher_;
  bool dispatcher_views_loaded_ = false;
  int64_t session_ = 0;       // that leads
  int64_t seen_session_ = 0;  // whose watches the mirror holds
  std::optional<int64_t> rerun_ms_;
  std::chrono::milliseconds retry_ = kRetryMin;
  bool retry_pending_ = false;

  std::atomic<bool> started_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> leading_{false};
  std::atomic<uint64_t> runs_{0};
  mutable std::mutex mutex_;
  std::string leader_;
};

Controller::Controller(zk::Client& client, ControllerOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(options))) {}
Controller::~Controller() { Stop(); }
Status Controller::Start() { return impl_->Start(); }
void Controller::Stop() { impl_->Stop(); }
bool Controller::IsLeader() const { return impl_->IsLeader(); }
std::string Controller::Leader() const { return impl_->Leader(); }
uint64_t Controller::Runs() const { return impl_->Runs(); }

}  // namespace venice::helix
