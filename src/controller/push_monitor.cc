#include "controller/push_monitor.h"

#include <condition_variable>
#include <map>
#include <set>
#include <thread>

#include "base/log.h"
#include "helix/paths.h"
#include "protocol/topic_name.h"

namespace venice::controller {

using metadata::ExecutionStatus;

namespace {

constexpr std::chrono::milliseconds kRetryInterval{200};
// Everything is judged again as often, for what no watch tells: overdue pushes, a status node made anew.
constexpr std::chrono::milliseconds kTick{5'000};
constexpr std::string_view kAssigned = "Helix assignment complete";
constexpr size_t kReasonsMax = 5;

}  // namespace

// Shared with watch callbacks, which may come after the end.
class PushMonitor::Impl : public std::enable_shared_from_this<PushMonitor::Impl> {
 public:
  Impl(ClusterContext& context, PushOutcomes outcomes) : context_(context), outcomes_(std::move(outcomes)) {}

  void Start() {
    context_.spectator.AddListener([weak = weak_from_this()](const std::shared_ptr<const helix::ClusterView>&) {
      if (const auto self = weak.lock()) self->JudgeAll();
    });
    context_.zk.AddSessionListener([weak = weak_from_this()](zk::SessionEvent event) {
      if (const auto self = weak.lock(); self && event == zk::SessionEvent::kConnected) self->ReadAll();
    });
    std::lock_guard lock(mutex_);
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  void Watch(const std::string& topic) {
    std::lock_guard lock(mutex_);
    watched_.insert(topic);
    stale_[topic].all = true;
    wake_.notify_all();
  }

  void Forget(const std::string& topic) {
    std::lock_guard lock(mutex_);
    watched_.erase(topic);
    progress_.erase(topic);
  }

  void ForgetAll() {
    std::lock_guard lock(mutex_);
    watched_.clear();
    progress_.clear();
    stale_.clear();
  }

  std::optional<PushProgress> Progress(const std::string& topic) const {
    std::lock_guard lock(mutex_);
    const auto it = progress_.find(topic);
    if (it == progress_.end()) return std::nullopt;
    return it->second;
  }

 private:
  struct Stale {
    bool all = false;              // read everything
    std::set<int32_t> partitions;  // read these; none: judge only
  };
  // Owned by the monitor's thread.
  struct Push {
    metadata::OfflinePush record;
    std::string store;
    int64_t overdue_ms = 0;  // wall clock
    std::vector<metadata::PartitionStatus> partitions;
    std::set<std::string> disabled;  // "partition instance"
  };

  bool Watched(const std::string& topic) const {
    std::lock_guard lock(mutex_);
    return watched_.contains(topic);
  }

  void JudgeAll() {
    std::lock_guard lock(mutex_);
    for (const std::string& topic : watched_) stale_[topic];
    wake_.notify_all();
  }

  void ReadAll() {
    std::lock_guard lock(mutex_);
    armed_.clear();
    for (const std::string& topic : watched_) stale_[topic].all = true;
    wake_.notify_all();
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      const bool told = wake_.wait_for(lock, kTick, [&] { return stopped_ || !stale_.empty(); });
      if (stopped_) return;
      if (!told)
        for (const std::string& topic : watched_) stale_[topic].all = true;
      std::map<std::string, Stale> work;
      work.swap(stale_);
      lock.unlock();
      bool failed = false;
      for (const auto& [topic, stale] : work) {
        if (!Watched(topic)) {
          loaded_.erase(topic);
          continue;
        }
        Status done = Process(topic, stale);
        if (done.ok()) continue;
        failed = true;
        LogWarning("push_monitor.retry", {{"topic", topic}, {"error", done.error().ToString()}});
        std::lock_guard relock(mutex_);
        stale_[topic].all = true;
      }
      lock.lock();
      if (failed) wake_.wait_for(lock, kRetryInterval, [&] { return stopped_; });
    }
  }

  Status Process(const std::string& topic, const Stale& stale) {
    auto it = loaded_.find(topic);
    if (it == loaded_.end()) {
      VENICE_ASSIGN(std::optional<Push> push, Load(topic));
      if (!push) {
        Drop(topic);
        return Ok();
      }
      it = loaded_.emplace(topic, *std::move(push)).first;
    } else if (stale.all) {
      for (int32_t p = 0; p < it->second.record.partition_count; ++p) VENICE_TRY(Read(topic, p, it->second));
    } else {
      for (const int32_t p : stale.partitions) VENICE_TRY(Read(topic, p, it->second));
    }
    return Judge(topic, it->second);
  }

  Result<std::optional<Push>> Load(const std::string& topic) {
    Push push;
    VENICE_ASSIGN(std::optional<metadata::OfflinePush> record, context_.pushes.Read(topic));
    if (!record || metadata::IsTerminal(record->status)) return std::optional<Push>();
    const protocol::TopicName name = protocol::ParseTopicName(topic);
    VENICE_ASSIGN(const std::optional<metadata::Store> store, context_.stores.Read(name.store));
    const metadata::Version* version = store ? store->FindVersion(name.version) : nullptr;
    if (version == nullptr) return std::optional<Push>();
    push.record = *std::move(record);
    push.store = name.store;
    push.overdue_ms = version->created_ms + int64_t{3'600'000} * std::max(store->bootstrap_to_online_timeout_hours, 1);
    push.partitions.resize(static_cast<size_t>(push.record.partition_count));
    for (int32_t p = 0; p < push.record.partition_count; ++p) VENICE_TRY(Read(topic, p, push));
    return std::optional<Push>(std::move(push));
  }

  Status Read(const std::string& topic, int32_t partition, Push& push) {
    if (partition < 0 || partition >= push.record.partition_count) return Ok();
    const std::string key = topic + " " + std::to_string(partition);
    zk::Watcher watcher;
    {
      std::lock_guard lock(mutex_);
      if (armed_.insert(key).second)
        watcher = [weak = weak_from_this(), topic, partition, key](const zk::WatchEvent&) {
          const auto self = weak.lock();
          if (!self) return;
          std::lock_guard relock(self->mutex_);
          self->armed_.erase(key);
          if (!self->watched_.contains(topic)) return;
          self->stale_[topic].partitions.insert(partition);
          self->wake_.notify_all();
        };
    }
    Result<metadata::PartitionStatus> status = context_.pushes.ReadPartition(topic, partition, std::move(watcher));
    if (!status.ok()) {
      std::lock_guard lock(mutex_);
      armed_.erase(key);
      if (status.error().code() != ErrorCode::kCorruption) return std::move(status).error();
      // One server's bad bytes are not the end of the push; that replica just does not count.
      LogError("push_monitor.bad_status",
               {{"topic", topic}, {"partition", partition}, {"error", status.error().ToString()}});
      return Ok();
    }
    push.partitions[static_cast<size_t>(partition)] = std::move(status).value();
    return Ok();
  }

  Status Judge(const std::string& topic, Push& push) {
    const std::shared_ptr<const helix::ClusterView> view = context_.spectator.View();
    const auto resource = view->external.find(topic);
    PushProgress progress;
    progress.partitions = push.record.partition_count;
    std::vector<std::string> errors;
    for (int32_t p = 0; p < push.record.partition_count; ++p) {
      std::map<std::string, std::string> states;
      if (resource != view->external.end()) {
        const auto partition = resource->second->partitions.find(helix::PartitionName(topic, p));
        if (partition != resource->second->partitions.end())
          for (const auto& [instance, state] : partition->second)
            if (view->live.contains(instance)) states[instance] = state;
      }
      const metadata::PartitionStatus& status = push.partitions[static_cast<size_t>(p)];
      const PartitionVerdict verdict =
          JudgePartition(status, states, push.record.replication_factor, push.record.strategy);
      if (verdict.assigned == 0) ++progress.partitions_unassigned;
      if (verdict.verdict == Verdict::kError) errors.push_back(verdict.reason);
      if (verdict.verdict == Verdict::kEndOfPushReceived) ++progress.partitions_end_of_push;
      if (verdict.verdict == Verdict::kCompleted)
        ++progress.partitions_completed;
      else
        AddUncompleted(p, status, states, progress);
      if (verdict.verdict != Verdict::kError) FailOver(topic, p, verdict, push);
    }
    {
      std::lock_guard lock(mutex_);
      if (!watched_.contains(topic)) return Ok();
      progress_[topic] = progress;
    }
    if (!errors.empty()) return Decide(topic, outcomes_.fail(topic, Summary(errors)));
    if (push.record.partition_count > 0 && progress.partitions_completed == push.record.partition_count)
      return Decide(topic, outcomes_.complete(topic));
    if (push.overdue_ms > 0 && context_.clock.WallMs() > push.overdue_ms)
      return Decide(topic, outcomes_.fail(topic,
                                          "the push did not complete in time (store setting "
                                          "bootstrap_to_online_timeout_in_hours): " +
                                              std::to_string(progress.partitions_completed) + " of " +
                                              std::to_string(progress.partitions) + " partitions are complete"));
    if (progress.partitions_unassigned == 0 && push.record.status_details != kAssigned) {
      push.record.status_details = kAssigned;
      VENICE_TRY(context_.pushes.Update(topic, [&](metadata::OfflinePush& record) {
        if (record.status == push.record.status) record.status_details = kAssigned;
      }));
    }
    return Ok();
  }

  static void AddUncompleted(int32_t partition, const metadata::PartitionStatus& status,
                             const std::map<std::string, std::string>& states, PushProgress& progress) {
    for (const auto& [instance, helix_state] : states) {
      const metadata::ReplicaStatus* replica = status.Find(instance);
      if (replica != nullptr && replica->Determined().status == ExecutionStatus::kCompleted) continue;
      PushProgress::Replica row{partition, instance, ExecutionStatus::kNotCreated, ""};
      if (replica != nullptr) {
        row.status = replica->status;
        if (!replica->history.empty()) row.details = replica->history.back().incremental_push_version;
      }
      if (row.details.empty()) row.details = "Helix state " + helix_state;
      progress.uncompleted.push_back(std::move(row));
    }
  }

  // Lets another replica lead where the leader failed by itself.
  void FailOver(const std::string& topic, int32_t partition, const PartitionVerdict& verdict, Push& push) {
    if (!context_.settings.error_leader_fail_over) return;
    for (const std::string& instance : verdict.error_leaders) {
      if (!push.disabled.insert(std::to_string(partition) + " " + instance).second) continue;
      LogWarning("push_monitor.disable_failed_leader",
                 {{"topic", topic}, {"partition", partition}, {"instance", instance}, {"reason", verdict.reason}});
      Status disabled = context_.helix.EnablePartitions(context_.name, instance, topic,
                                                        {helix::PartitionName(topic, partition)}, false);
      if (!disabled.ok())
        LogError("push_monitor.disable_failed", {{"topic", topic}, {"error", disabled.error().ToString()}});
    }
  }

  static std::string Summary(const std::vector<std::string>& errors) {
    std::string text;
    for (size_t i = 0; i < errors.size() && i < kReasonsMax; ++i) text += (i == 0 ? "" : "; ") + errors[i];
    if (errors.size() > kReasonsMax)
      text += "; and " + std::to_string(errors.size() - kReasonsMax) + " more partitions";
    return text;
  }

  Status Decide(const std::string& topic, Status outcome) {
    if (outcome.ok()) Drop(topic);
    return outcome;
  }

  void Drop(const std::string& topic) {
    loaded_.erase(topic);
    Forget(topic);
  }

  ClusterContext& context_;
  const PushOutcomes outcomes_;
  std::map<std::string, Push> loaded_;  // the monitor's thread only

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::set<std::string> watched_;
  std::map<std::string, Stale> stale_;
  std::set<std::string> armed_;
  std::map<std::string, PushProgress> progress_;
  bool stopped_ = false;
  std::thread thread_;
};

PushMonitor::PushMonitor(ClusterContext& context, PushOutcomes outcomes)
    : impl_(std::make_shared<Impl>(context, std::move(outcomes))) {}
PushMonitor::~PushMonitor() { Stop(); }
void PushMonitor::Start() { impl_->Start(); }
void PushMonitor::Stop() { impl_->Stop(); }
void PushMonitor::Watch(const std::string& topic) { impl_->Watch(topic); }
void PushMonitor::Forget(const std::string& topic) { impl_->Forget(topic); }
void PushMonitor::ForgetAll() { impl_->ForgetAll(); }
std::optional<PushProgress> PushMonitor::Progress(const std::string& topic) const { return impl_->Progress(topic); }

}  // namespace venice::controller
