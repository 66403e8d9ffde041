#include <condition_variable>
#include <deque>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "zk/client.h"
#include "zk/zookeeper_session.h"

namespace venice::zk {
namespace {

// Thread-safe. One thread of its own delivers every event in order and replaces an expired session.
class ZooKeeperClient : public Client {
 public:
  explicit ZooKeeperClient(ClientOptions options) : options_(std::move(options)) {}

  ~ZooKeeperClient() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (events_thread_.joinable()) events_thread_.join();
    session_.reset();
  }

  Status Open() {
    VENICE_TRY(OpenSession());
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, options_.connect_timeout, [this] { return !notices_.empty(); })) {
      return Error(ErrorCode::kUnavailable,
                   fmt::format("no ZooKeeper answered at \"{}\" within {} ms; check that it runs and that the address "
                               "is right",
                               options_.address, options_.connect_timeout.count()));
    }
    if (notices_.front().kind == SessionNotice::Kind::kAuthFailed) {
      return Error(
          ErrorCode::kPermissionDenied,
          fmt::format("ZooKeeper at \"{}\" refused the digest user and password; correct them", options_.address));
    }
    // Returning tells of the first connection; nobody can have been listening for it.
    notices_.pop_front();
    lock.unlock();
    events_thread_ = std::thread([this] { DeliverEvents(); });
    return Ok();
  }

  Result<std::string> Create(const std::string& path, std::string_view data, CreateMode mode) override {
    return session()->Create(path, data, mode);
  }
  Status Delete(const std::string& path, int32_t version) override { return session()->Delete(path, version); }
  Result<std::optional<Stat>> Exists(const std::string& path, Watcher watcher) override {
    return session()->Exists(path, std::move(watcher));
  }
  Result<std::optional<Node>> Get(const std::string& path, Watcher watcher) override {
    return session()->Get(path, std::move(watcher));
  }
  Result<Stat> Set(const std::string& path, std::string_view data, int32_t version) override {
    return session()->Set(path, data, version);
  }
  Result<std::optional<std::vector<std::string>>> Children(const std::string& path, Watcher watcher) override {
    return session()->Children(path, std::move(watcher));
  }
  Result<std::vector<std::string>> Multi(const std::vector<Op>& ops) override { return session()->Multi(ops); }
  Status Sync(const std::string& path) override { return session()->Sync(path); }

  int64_t SessionId() const override { return session()->id(); }
  bool Connected() const override { return session()->connected(); }

  void AddSessionListener(std::function<void(SessionEvent)> listener) override {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(std::move(listener));
  }

 private:
  std::shared_ptr<Session> session() const {
    const std::lock_guard lock(mutex_);
    return session_;
  }

  Status OpenSession() {
    VENICE_ASSIGN(std::shared_ptr<Session> opened, Session::Open(options_, [this](SessionNotice notice) {
                    {
                      const std::lock_guard lock(mutex_);
                      notices_.push_back(std::move(notice));
                    }
                    wake_.notify_all();
                  }));
    std::shared_ptr<Session> previous;  // closed outside the lock
    const std::lock_guard lock(mutex_);
    previous = std::exchange(session_, std::move(opened));
    return Ok();
  }

  void DeliverEvents() {
    while (true) {
      SessionNotice notice;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !notices_.empty(); });
        if (stopping_) return;
        notice = std::move(notices_.front());
        notices_.pop_front();
      }
      Deliver(notice);
    }
  }

  void Deliver(const SessionNotice& notice) {
    switch (notice.kind) {
      case SessionNotice::Kind::kConnected:
        Tell(SessionEvent::kConnected);
        break;
      case SessionNotice::Kind::kDisconnected:
        Tell(SessionEvent::kDisconnected);
        break;
      case SessionNotice::Kind::kExpired:
        LogWarning("zookeeper.session.expired", {{"address", options_.address}, {"watches", notice.watches.size()}});
        Tell(SessionEvent::kExpired);
        break;
      case SessionNotice::Kind::kAuthFailed:
        LogError("zookeeper.auth.failed", {{"address", options_.address}, {"next", "correct the digest password"}});
        Tell(SessionEvent::kDisconnected);
        break;
      case SessionNotice::Kind::kWatch:
        break;
    }
    for (const auto& [watcher, event] : notice.watches) watcher(event);
    if (notice.kind == SessionNotice::Kind::kExpired) ReplaceSession();
  }

  void ReplaceSession() {
    constexpr auto kRetryPause = std::chrono::seconds(1);
    while (true) {
      const Status opened = OpenSession();
      if (opened.ok()) return;
      // For example a host name that does not resolve at the moment.
      LogWarning("zookeeper.session.reopen.failed", {{"error", opened.error().ToString()}});
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kRetryPause, [this] { return stopping_; })) return;
    }
  }

  void Tell(SessionEvent event) {
    std::vector<std::function<void(SessionEvent)>> listeners;
    {
      const std::lock_guard lock(listeners_mutex_);
      listeners = listeners_;
    }
    for (const auto& listener : listeners) listener(event);
  }

  const ClientOptions options_;

  mutable std::mutex mutex_;  // guards session_, notices_ and stopping_
  std::condition_variable wake_;
  std::shared_ptr<Session> session_;
  std::deque<SessionNotice> notices_;
  bool stopping_ = false;

  std::mutex listeners_mutex_;
  std::vector<std::function<void(SessionEvent)>> listeners_;

  std::thread events_thread_;
};

Status CheckAddress(const std::string& address) {
  const std::string servers = address.substr(0, address.find('/'));
  bool good = !servers.empty();
  size_t start = 0;
  while (good && start <= servers.size()) {
    const size_t end = std::min(servers.find(',', start), servers.size());
    const std::string_view server = std::string_view(servers).substr(start, end - start);
    const size_t colon = server.rfind(':');
    good = colon != std::string_view::npos && colon > 0 && colon + 1 < server.size() &&
           server.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    start = end + 1;
  }
  if (good) return Ok();
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("\"{}\" is no ZooKeeper address; write host:port,host:port[/chroot]", address));
}

}  // namespace

Result<std::unique_ptr<Client>> Connect(const ClientOptions& options) {
  VENICE_TRY(CheckAddress(options.address));
  auto client = std::make_unique<ZooKeeperClient>(options);
  VENICE_TRY(client->Open());
  return std::unique_ptr<Client>(std::move(client));
}

}  // namespace venice::zk
