#include "helix/spectator.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "helix/mirror.h"
#include "helix/paths.h"
#include "helix/worker.h"

namespace venice::helix {
namespace {

constexpr std::chrono::milliseconds kRetryMin{20};
constexpr std::chrono::milliseconds kRetryMax{1'000};

std::vector<std::string> Select(const ClusterView::Resources& resources, const std::string& resource,
                                const std::string& partition, std::string_view state,
                                const std::map<std::string, LiveInstanceView>& live) {
  std::vector<std::string> instances;
  const auto view = resources.find(resource);
  if (view == resources.end()) return instances;
  const auto replicas = view->second->partitions.find(partition);
  if (replicas == view->second->partitions.end()) return instances;
  for (const auto& [instance, value] : replicas->second) {
    if (SameText(value, state) && live.contains(instance)) instances.push_back(instance);
  }
  return instances;
}

}  // namespace

std::vector<std::string> ClusterView::InState(const std::string& resource, const std::string& partition,
                                              std::string_view state) const {
  return Select(external, resource, partition, state, live);
}

std::vector<std::string> ClusterView::InCustomizedState(const std::string& type, const std::string& resource,
                                                        const std::string& partition, std::string_view value) const {
  const auto resources = customized.find(type);
  if (resources == customized.end()) return {};
  return Select(resources->second, resource, partition, value, live);
}

// What is not guarded by mutex_ belongs to the worker's thread.
class Spectator::Impl {
 public:
  Impl(zk::Client& client, SpectatorOptions options)
      : client_(client),
        options_(std::move(options)),
        paths_(options_.cluster),
        worker_(std::make_shared<Worker>("helix-spect", *options_.clock)),
        mirror_(client, [this] { Wake(); }),
        view_(std::make_shared<const ClusterView>()) {}

  void AddListener(Listener listener) { listeners_.push_back(std::move(listener)); }

  Status Start(std::chrono::milliseconds limit) {
    if (!started_.exchange(true)) {
      client_.AddSessionListener([worker = std::weak_ptr(worker_), this](zk::SessionEvent) {
        // Tasks run only until Stop() has joined the worker, so `this` is there when they do.
        if (const auto alive = worker.lock()) alive->Post([this] { Refresh(); });
      });
      worker_->Start();
      worker_->Post([this] { Refresh(); });
      ScheduleResync();
    }
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, limit, [this] { return view_->generation > 0 || stopped_; })) return Ok();
    return Error(ErrorCode::kTimeout,
                 "cluster " + options_.cluster + " cannot be read: " + last_error_ + "; check the ZooKeeper address");
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
    }
    changed_.notify_all();
    worker_->Stop();
  }

  std::shared_ptr<const ClusterView> View() const {
    std::lock_guard lock(mutex_);
    return view_;
  }

 private:
  struct CachedResource {
    std::shared_ptr<const ZnRecord> record;
    std::shared_ptr<const ResourceView> view;
    uint64_t used = 0;
  };

  // From any thread; many wakes before the next refresh are one.
  void Wake() {
    if (!awake_.exchange(true)) worker_->Post([this] { Refresh(); });
  }

  void ScheduleResync() {
    worker_->PostAfter(options_.resync_interval, [this] {
      mirror_.Invalidate();
      Wake();
      ScheduleResync();
    });
  }

  void Refresh() {
    awake_ = false;
    const int64_t session = client_.SessionId();
    if (session != seen_session_) {
      mirror_.Invalidate();  // the watches of the old session are gone
      seen_session_ = session;
    }
    auto view = std::make_shared<ClusterView>();
    const Status status = Read(*view);
    if (status.ok()) {
      retry_ = kRetryMin;
      Publish(std::move(view));
      return;
    }
    {
      std::lock_guard lock(mutex_);
      last_error_ = status.error().ToString();
    }
    LogDebug("helix.spectator.retry", {{"cluster", options_.cluster}, {"error", status.error().ToString()}});
    if (retry_pending_) return;
    retry_pending_ = true;
    worker_->PostAfter(retry_, [this] {
      retry_pending_ = false;
      Wake();
    });
    retry_ = std::min(retry_ * 2, kRetryMax);
  }

  Status Read(ClusterView& view) {
    ++reads_;
    mirror_.BeginSweep();
    VENICE_TRY(ReadLive(view));
    VENICE_ASSIGN(const auto leader, mirror_.Node(paths_.ControllerLeader()));
    if (leader->record != nullptr) view.controller = leader->record->id;
    if (options_.external_view) VENICE_TRY(ReadResources(paths_.ExternalViews(), view.external));
    for (const std::string& type : options_.customized_types) {
      VENICE_TRY(ReadResources(paths_.CustomizedViews(type), view.customized[type]));
    }
    mirror_.EndSweep();
    std::erase_if(cache_, [this](const auto& entry) { return entry.second.used != reads_; });
    return Ok();
  }

  Status ReadLive(ClusterView& view) {
    VENICE_ASSIGN(const auto names, mirror_.Children(paths_.LiveInstances()));
    for (const std::string& name : *names) {
      VENICE_ASSIGN(const auto node, mirror_.Node(paths_.LiveInstance(name)));
      if (!node->exists) continue;
      LiveInstanceView& live = view.live[name];
      live.instance = name;
      if (const auto address = ParseInstanceName(name)) {
        live.host = address->host;
        live.port = address->port;
      }
      live.session = SessionText(node->stat.ephemeral_owner);
      if (node->record != nullptr) live.fields = node->record->simple;
    }
    return Ok();
  }

  Status ReadResources(const std::string& parent, ClusterView::Resources& resources) {
    VENICE_ASSIGN(const auto names, mirror_.Children(parent));
    for (const std::string& name : *names) {
      const std::string path = Paths::Join(parent, name);
      VENICE_ASSIGN(const auto node, mirror_.Node(path));
      if (node->record == nullptr) continue;
      CachedResource& cached = cache_[path];
      if (cached.record != node->record) {
        const bool same = cached.record != nullptr && *cached.record == *node->record;
        cached.record = node->record;
        if (same) {
          cached.used = reads_;
          resources[name] = cached.view;
          continue;
        }
        cached.view =
            std::make_shared<const ResourceView>(ResourceView{name, node->record->maps, node->record->simple});
      }
      cached.used = reads_;
      resources[name] = cached.view;
    }
    return Ok();
  }

  static bool SameContent(const ClusterView& a, const ClusterView& b) {
    const auto same_live = [](const auto& left, const auto& right) {
      return left.first == right.first && left.second.session == right.second.session &&
             left.second.fields == right.second.fields;
    };
    return a.controller == b.controller && a.external == b.external && a.customized == b.customized &&
           std::equal(a.live.begin(), a.live.end(), b.live.begin(), b.live.end(), same_live);
  }

  void Publish(std::shared_ptr<ClusterView> view) {
    std::shared_ptr<const ClusterView> published;
    {
      std::lock_guard lock(mutex_);
      if (view_->generation > 0 && SameContent(*view_, *view)) return;
      view->generation = view_->generation + 1;
      view_ = published = std::move(view);
    }
    for (const Listener& listener : listeners_) listener(published);
    changed_.notify_all();
  }

  std::atomic<bool> awake_{false};  // before the mirror, whose watchers wake us until it is gone
  zk::Client& client_;
  const SpectatorOptions options_;
  const Paths paths_;
  std::shared_ptr<Worker> worker_;
  Mirror mirror_;
  std::vector<Listener> listeners_;
  std::map<std::string, CachedResource> cache_;  // by path
  uint64_t reads_ = 0;
  int64_t seen_session_ = 0;
  std::chrono::milliseconds retry_ = kRetryMin;
  bool retry_pending_ = false;
  std::atomic<bool> started_{false};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::shared_ptr<const ClusterView> view_;
  std::string last_error_ = "no answer yet";
  bool stopped_ = false;
};

Spectator::Spectator(zk::Client& client, SpectatorOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(options))) {}
Spectator::~Spectator() { Stop(); }
void Spectator::AddListener(Listener listener) { impl_->AddListener(std::move(listener)); }
Status Spectator::Start(std::chrono::milliseconds limit) { return impl_->Start(limit); }
void Spectator::Stop() { impl_->Stop(); }
std::shared_ptr<const ClusterView> Spectator::View() const { return impl_->View(); }

}  // namespace venice::helix
