#include "router/router.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/thread_pool.h"
#include "helix/spectator.h"
#include "metadata/paths.h"
#include "metadata/store_repository.h"
#include "net/http_server.h"
#include "router/metadata_handler.h"
#include "router/read_handler.h"
#include "router/serving_builder.h"
#include "zk/client.h"

namespace venice::router {
namespace {

constexpr auto kFirstDictionaries = std::chrono::milliseconds(10'000);
constexpr auto kRegisterRetry = std::chrono::milliseconds(1'000);

RouterSettings Complete(RouterSettings settings) {
  if (settings.bind_host.empty()) settings.bind_host = settings.host;
  if (settings.event_loops <= 0) {
    settings.event_loops = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
  }
  // A deployment without D2 discovers by this router's own cluster name.
  settings.cluster_to_d2.try_emplace(settings.cluster, settings.cluster);
  return settings;
}

}  // namespace

// The presence of this router in ZooKeeper: an ephemeral node, made again in every new session.
class Registration {
 public:
  Registration(zk::Client& zk, const std::string& cluster, std::string instance)
      : zk_(zk), folder_(metadata::paths::Routers(cluster)), path_(metadata::paths::Router(cluster, instance)) {}
  ~Registration() { Stop(); }

  void Start() {
    zk_.AddSessionListener([shared = shared_](zk::SessionEvent event) {
      if (event != zk::SessionEvent::kConnected) return;
      std::lock_guard lock(shared->mutex);
      shared->due = true;
      shared->wake.notify_all();
    });
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() {
    {
      std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
      shared_->wake.notify_all();
    }
    if (!thread_.joinable()) return;
    thread_.join();
    const Status gone = zk_.Delete(path_);
    if (!gone.ok()) LogDebug("router.unregister.failed", {{"reason", gone.error().message()}});
  }

 private:
  // Outlives this object in the session listener.
  struct Shared {
    std::mutex mutex;
    std::condition_variable wake;
    bool due = true;
    bool stopping = false;
  };

  void Run() {
    std::unique_lock lock(shared_->mutex);
    while (true) {
      shared_->wake.wait(lock, [this] { return shared_->due || shared_->stopping; });
      if (shared_->stopping) return;
      shared_->due = false;
      lock.unlock();
      const bool done = Register();
      lock.lock();
      if (done) continue;
      shared_->due = true;
      if (shared_->wake.wait_for(lock, kRegisterRetry, [this] { return shared_->stopping; })) return;
    }
  }

  bool Register() {
    if (!zk::EnsurePath(zk_, folder_).ok()) return false;
    const Result<std::optional<zk::Stat>> existing = zk_.Exists(path_);
    if (!existing.ok()) return false;
    if (*existing) {
      if ((*existing)->ephemeral_owner == zk_.SessionId()) return true;
      if (!zk_.Delete(path_).ok()) return false;  // ours, of a session that is about to end
    }
    return zk_.Create(path_, "", zk::CreateMode::kEphemeral).ok();
  }

  zk::Client& zk_;
  const std::string folder_;
  const std::string path_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::thread thread_;
};

class Router::Impl {
 public:
  explicit Impl(RouterSettings settings) : settings_(Complete(std::move(settings))) {}
  ~Impl() { Stop(); }

  Status Start() {
    const Status status = TryStart();
    if (!status.ok()) Stop();
    return status;
  }

  void Stop() {
    registration_.reset();
    if (server_) server_->Stop();
    if (blocking_) blocking_->Stop();
    if (builder_) builder_->Stop();
    if (spectator_) spectator_->Stop();
    if (stores_) stores_->Stop();
    if (loops_) {
      for (size_t i = 0; i < handlers_.size(); ++i) loops_->loop(i).RunAndWait([&] { handlers_[i].reset(); });
    }
    if (loops_) loops_->Stop();
    builder_.reset();
    spectator_.reset();
    stores_.reset();
    metadata_.reset();
    zk_.reset();
  }

  uint16_t port() const { return server_ ? server_->port() : 0; }

 private:
  Status TryStart() {
    VENICE_ASSIGN(const dispatch::RetryThresholds thresholds,
                  dispatch::RetryThresholds::Parse(settings_.multi_get_retry_after));
    VENICE_ASSIGN(zk_, zk::Connect({.address = settings_.zk_address, .session_timeout = settings_.zk_session_timeout}));
    VENICE_ASSIGN(const std::optional<zk::Stat> cluster, zk_->Exists("/" + settings_.cluster));
    if (!cluster) {
      return Error(ErrorCode::kNotFound, "there is no cluster '" + settings_.cluster + "' in ZooKeeper at " +
                                             settings_.zk_address +
                                             "; start its controller first, or correct "
                                             "cluster.name");
    }
    loops_ = std::make_unique<net::EventLoopGroup>("router", settings_.event_loops);
    for (int i = 0; i < settings_.event_loops; ++i) {
      handlers_.push_back(std::make_unique<ReadHandler>(loops_->loop(i), settings_, thresholds));
    }
    blocking_ = std::make_unique<ThreadPool>("router-block", 2, 1'000);
    metadata_ = std::make_unique<MetadataHandler>(settings_, *zk_, *blocking_);

    net::HttpServerOptions options;
    options.host = settings_.bind_host;
    options.port = settings_.port;
    options.body_max = settings_.request_bytes_max;
    options.connections_max = settings_.connections_max;
    server_ =
        std::make_unique<net::HttpServer>(*loops_, options, [this](net::HttpRequest request, net::Responder responder) {
          Handle(std::move(request), std::move(responder));
        });

    stores_ = std::make_unique<metadata::StoreRepository>(*zk_, settings_.cluster);
    helix::SpectatorOptions spectator;
    spectator.cluster = settings_.cluster;
    spectator_ = std::make_unique<helix::Spectator>(*zk_, spectator);
    VENICE_TRY(stores_->Start());
    builder_ = std::make_unique<ServingBuilder>(
        *stores_, *spectator_, [this](std::shared_ptr<const ServingTable> table) { Publish(std::move(table)); });
    VENICE_TRY(spectator_->Start());
    loops_->Start();
    builder_->Start(kFirstDictionaries);
    VENICE_TRY(server_->Start());
    registration_ =
        std::make_unique<Registration>(*zk_, settings_.cluster, settings_.host + "_" + std::to_string(server_->port()));
    registration_->Start();
    LogInfo("router.started",
            {{"cluster", settings_.cluster}, {"host", settings_.bind_host}, {"port", server_->port()}});
    return Ok();
  }

  void Publish(std::shared_ptr<const ServingTable> table) {
    for (size_t i = 0; i < handlers_.size(); ++i) {
      loops_->loop(i).Post([this, i, table] {
        if (handlers_[i]) handlers_[i]->SetTable(table);
      });
    }
  }

  void Handle(net::HttpRequest request, net::Responder responder) {
    ReadHandler* handler = nullptr;
    for (size_t i = 0; i < handlers_.size(); ++i) {
      if (&loops_->loop(i) == net::EventLoop::Current()) handler = handlers_[i].get();
    }
    if (handler == nullptr) return;
    RequestPath path = ParseRequestPath(request);
    if (metadata_->Handle(path, request, handler->table(), responder)) return;
    handler->Handle(std::move(path), std::move(request), std::move(responder));
  }

  const RouterSettings settings_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<net::EventLoopGroup> loops_;
  std::vector<std::unique_ptr<ReadHandler>> handlers_;  // one per loop
  std::unique_ptr<ThreadPool> blocking_;
  std::unique_ptr<MetadataHandler> metadata_;
  std::unique_ptr<metadata::StoreRepository> stores_;
  std::unique_ptr<helix::Spectator> spectator_;
  std::unique_ptr<ServingBuilder> builder_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Registration> registration_;
};

Router::Router(RouterSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Router::~Router() { Stop(); }
Status Router::Start() { return impl_->Start(); }
void Router::Stop() { impl_->Stop(); }
uint16_t Router::port() const { return impl_->port(); }

}  // namespace venice::router
