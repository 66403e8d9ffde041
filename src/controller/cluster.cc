#include "controller/cluster.h"

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/thread_pool.h"
#include "helix/controller.h"

namespace venice::controller {

namespace {
constexpr std::chrono::milliseconds kTakeOverRetry{500};
constexpr std::chrono::milliseconds kRetireByAgeInterval{300'000};
}  // namespace

class Cluster::Impl {
 public:
  Impl(std::string name, std::string instance, const ControllerSettings& settings, Topics& topics)
      : name_(std::move(name)), instance_(std::move(instance)), settings_(settings), topics_(topics) {}

  Status Start() {
    zk::ClientOptions options;
    options.address = settings_.zk_address;
    options.session_timeout = settings_.zk_session_timeout;
    options.connect_timeout = settings_.zk_connect_timeout;
    LogInfo("controller.connecting", {{"cluster", name_}, {"zookeeper", settings_.zk_address}});
    VENICE_ASSIGN(zk_, zk::Connect(options));
    context_ = std::make_unique<ClusterContext>(name_, settings_, *zk_, topics_);
    background_ = std::make_unique<ThreadPool>("ctl-background", 1);
    versions_ = std::make_unique<VersionAdmin>(*context_, [this](std::function<void()> task) { InBackground(task); });
    stores_ = std::make_unique<StoreAdmin>(*context_, *versions_);
    schemas_ = std::make_unique<SchemaAdmin>(*context_);

    helix::ClusterSettings cluster;
    cluster.rebalance_delay = settings_.rebalance_delay;
    VENICE_TRY(context_->helix.CreateCluster(name_, cluster));
    VENICE_TRY(context_->stores.EnsureFolders());

    versions_->monitor().Start();
    context_->spectator.AddListener(
        [this](const std::shared_ptr<const helix::ClusterView>& view) { ViewChanged(*view); });
    VENICE_TRY(context_->spectator.Start());
    thread_ = std::thread([this] { Run(); });

    helix::ControllerOptions helix_options;
    helix_options.cluster = name_;
    helix_options.instance = instance_;
    helix_options.clock = settings_.clock;
    helix_options.on_leadership = [this](bool leading) { LeadershipChanged(leading); };
    helix_controller_ = std::make_unique<helix::Controller>(*zk_, helix_options);
    return helix_controller_->Start();
  }

  void Stop() {
    stopping_ = true;
    if (helix_controller_) helix_controller_->Stop();
    LeadershipChanged(false);
    {
      std::lock_guard lock(mutex_);
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    if (versions_) versions_->monitor().Stop();
    if (background_) background_->Stop();
    if (context_) context_->spectator.Stop();
  }

  // After this nothing of the cluster may be used: the session ends, and with it the leader node.
  void Close() {
    Stop();
    helix_controller_.reset();
    schemas_.reset();
    stores_.reset();
    versions_.reset();
    background_.reset();
    context_.reset();
    zk_.reset();
  }

  std::string Leader() const {
    if (Leads()) return instance_;
    return helix_controller_ ? helix_controller_->Leader() : std::string();
  }
  bool Leads() const { return taken_over_; }

  const std::string name_;
  std::unique_ptr<ClusterContext> context_;
  std::unique_ptr<VersionAdmin> versions_;
  std::unique_ptr<StoreAdmin> stores_;
  std::unique_ptr<SchemaAdmin> schemas_;

 private:
  void InBackground(std::function<void()> task) {
    // Dropped tasks are not lost: the next leader works out again what is left to do.
    const bool queued = background_->Submit([this, task = std::move(task)] {
      if (!stopping_ && leading_) task();
    });
    if (!queued && !stopping_) LogWarning("controller.background_full", {{"cluster", name_}});
  }

  // Called on the Helix controller's thread: only flags are set.
  void LeadershipChanged(bool leading) {
    std::lock_guard lock(mutex_);
    if (leading_ == leading) return;
    leading_ = leading;
    taken_over_ = false;
    changed_ = true;
    wake_.notify_all();
  }

  void Run() {
    auto next_cleanup = std::chrono::steady_clock::now() + settings_.topic_cleanup_interval;
    auto next_retire = std::chrono::steady_clock::now() + kRetireByAgeInterval;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      wake_.wait_until(lock, std::min(next_cleanup, next_retire), [&] { return stopping_ || changed_; });
      if (stopping_) break;
      if (std::exchange(changed_, false)) {
        const bool leading = leading_;
        lock.unlock();
        const bool done = leading ? TakeOver() : StandDown();
        lock.lock();
        if (!done && !changed_) {
          wake_.wait_for(lock, kTakeOverRetry, [&] { return stopping_ || changed_; });
          changed_ = true;
        }
        continue;
      }
      const auto now = std::chrono::steady_clock::now();
      if (now >= next_cleanup) {
        next_cleanup = now + settings_.topic_cleanup_interval;
        Periodic("topic.cleanup_failed", [this] { return versions_->CleanUpTopics(); });
      }
      if (now >= next_retire) {
        next_retire = now + kRetireByAgeInterval;
        Periodic("version.retire_by_age_failed", [this] { return versions_->RetireByAge(); });
      }
    }
  }

  void Periodic(const char* event, std::function<Status()> task) {
    if (!leading_) return;
    InBackground([this, event, task = std::move(task)] {
      if (Status done = task(); !done.ok()) LogWarning(event, {{"cluster", name_}, {"error", done.error().ToString()}});
    });
  }

  bool TakeOver() {
    Status done = versions_->TakeOver();
    if (done.ok()) done = stores_->FinishDeletions();
    if (!done.ok()) {
      LogWarning("controller.take_over_failed", {{"cluster", name_}, {"error", done.error().ToString()}});
      return false;
    }
    {
      std::lock_guard lock(mutex_);
      if (!leading_ || changed_) return true;  // lost meanwhile
      taken_over_ = true;
    }
    LogInfo("controller.leads", {{"cluster", name_}, {"instance", instance_}});
    return true;
  }

  bool StandDown() {
    versions_->monitor().ForgetAll();
    LogInfo("controller.stands_by", {{"cluster", name_}, {"instance", instance_}});
    return true;
  }

  // On the spectator's thread. A resource that left the external view has no reader any more: its topic may go.
  void ViewChanged(const helix::ClusterView& view) {
    bool vanished = false;
    for (const std::string& resource : resources_) vanished = vanished || !view.external.contains(resource);
    resources_.clear();
    for (const auto& [resource, content] : view.external) resources_.insert(resource);
    if (vanished && taken_over_) Periodic("topic.cleanup_failed", [this] { return versions_->CleanUpTopics(); });
  }

  const std::string instance_;
  const ControllerSettings& settings_;
  Topics& topics_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<ThreadPool> background_;
  std::unique_ptr<helix::Controller> helix_controller_;
  std::set<std::string> resources_;  // the spectator's thread only

  std::atomic<bool> stopping_{false};
  std::atomic<bool> leading_{false};     // written under mutex_
  std::atomic<bool> taken_over_{false};  // written under mutex_
  std::mutex mutex_;
  std::condition_variable wake_;
  bool changed_ = false;
  std::thread thread_;
};

Cluster::Cluster(std::string name, std::string instance, const ControllerSettings& settings, Topics& topics)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(instance), settings, topics)) {}
Cluster::~Cluster() { impl_->Close(); }
Status Cluster::Start() { return impl_->Start(); }
void Cluster::Stop() { impl_->Stop(); }
bool Cluster::Leads() const { return impl_->Leads(); }
std::string Cluster::Leader() const { return impl_->Leader(); }
const std::string& Cluster::name() const { return impl_->name_; }
ClusterContext& Cluster::context() { return *impl_->context_; }
VersionAdmin& Cluster::versions() { return *impl_->versions_; }
StoreAdmin& Cluster::stores() { return *impl_->stores_; }
SchemaAdmin& Cluster::schemas() { return *impl_->schemas_; }

}  // namespace venice::controller
