#include "embedded/zookeeper_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "embedded/tree_engine.h"
#include "embedded/tree_journal.h"
#include "embedded/zookeeper_admin.h"
#include "embedded/zookeeper_connection.h"

namespace venice::embedded {
namespace {

constexpr uint64_t kListenerTag = 1;
constexpr uint64_t kWakeTag = 2;
constexpr uint64_t kFirstConnectionId = 16;

// Above this a connection's next requests wait until its replies are taken.
constexpr size_t kOutputPauseBytes = 1 << 20;
// A failed write of the journal is tried again this often; until then nobody is served.
constexpr auto kJournalRetry = std::chrono::milliseconds(500);
constexpr auto kAcceptPause = std::chrono::milliseconds(200);  // when the process has no more file descriptors
// A connection that never says who it is.
constexpr auto kHandshakeLimit = std::chrono::seconds(30);

uint64_t RandomSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

Result<int> Listen(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("cannot resolve the listening address {}: {}; use an address "
                                                          "of this machine",
                                                          host, ::gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
  const int fd = ::socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoError("cannot open a socket", errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd, addresses->ai_addr, addresses->ai_addrlen) != 0 || ::listen(fd, 512) != 0) {
    const int error_number = errno;
    ::close(fd);
    return Error(
        ErrorCode::kUnavailable,
        fmt::format("cannot listen on {}:{} for ZooKeeper clients: {}; choose another port, or stop who has it", host,
                    port, ErrnoError("bind", error_number).message()));
  }
  return fd;
}

uint16_t BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

std::string IpOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof(text));
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof(text));
  }
  return text;
}

}  // namespace

// Everything below Run() happens on the server's thread.
class ZooKeeperServer::Impl {
 public:
  explicit Impl(ZooKeeperServerOptions options) : options_(std::move(options)) {}
  ~Impl() { Stop(); }

  Status Start() {
    if (thread_.joinable()) return Ok();
    engine_ = std::make_unique<TreeEngine>(
        TreeEngineOptions{options_.session_timeout_min, options_.session_timeout_max, RandomSeed()}, *options_.clock);
    handler_ = std::make_unique<ZooKeeperHandler>(*engine_);
    VENICE_ASSIGN(journal_, TreeJournal::Open({.data_dir = options_.data_dir,
                                               .sync_every_write = options_.sync_every_write,
                                               .log_size_before_snapshot = options_.log_size_before_snapshot},
                                              *engine_));
    engine_->SetWatchSink([this](WatcherId id, TreeEventType type, const std::string& path) {
      const auto it = connections_.find(id);
      if (it == connections_.end()) return;
      EncodeWatchEvent(type, path, it->second->peer().out);
      MarkDirty(*it->second);
    });
    Result<int> listener = Listen(options_.host, options_.port);
    if (!listener.ok()) {
      journal_.reset();
      return std::move(listener).error();
    }
    listener_ = *listener;
    port_ = BoundPort(listener_);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    Watch(listener_, kListenerTag, EPOLLIN, EPOLL_CTL_ADD);
    Watch(wake_, kWakeTag, EPOLLIN, EPOLL_CTL_ADD);
    stopping_ = false;
    thread_ = std::thread([this] { Run(); });
    return Ok();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    Post([this] { stopping_ = true; });
    thread_.join();
    CloseAll();
    dirty_.clear();
    journal_.reset();
    for (int* fd : {&listener_, &epoll_, &wake_}) ::close(std::exchange(*fd, -1));
    const std::lock_guard lock(posted_mutex_);
    posted_.clear();
  }

  uint16_t port() const { return port_; }
  std::string address() const { return fmt::format("{}:{}", options_.host, port_.load()); }

  void ExpireSession(int64_t session) {
    PostAndWait([this, session] {
      engine_->CloseSession(session);
      CloseSessionConnection(session);
    });
  }
  void DropConnections() {
    PostAndWait([this] { CloseAll(); });
  }

 private:
  using ConnectionPtr = std::unique_ptr<ZooKeeperConnection>;

  void Post(std::function<void()> task) {
    {
      const std::lock_guard lock(posted_mutex_);
      posted_.push_back(std::move(task));
    }
    const uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof(one));
  }

  void PostAndWait(std::function<void()> task) {
    if (!thread_.joinable()) return;
    std::promise<void> done;
    Post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  void Run() {
    std::array<epoll_event, 256> events;
    while (!stopping_) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), WaitMs());
      for (int i = 0; i < count; ++i) HandleEvent(events[static_cast<size_t>(i)]);
      RunPosted();
      if (!paused_) ExpireWhatIsDue();
      CommitAndSend();
    }
    CommitAndSend();
  }

  int WaitMs() const {
    constexpr int kHousekeepingMs = 1'000;
    if (paused_) return static_cast<int>(kJournalRetry.count());
    const auto next = engine_->NextExpiry();
    if (!next) return kHousekeepingMs;
    const auto left = std::chrono::ceil<milliseconds>(*next - options_.clock->Monotonic()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, kHousekeepingMs));
  }

  void HandleEvent(const epoll_event& event) {
    if (event.data.u64 == kListenerTag) return Accept();
    if (event.data.u64 == kWakeTag) {
      uint64_t ignored = 0;
      (void)!::read(wake_, &ignored, sizeof(ignored));
      return;
    }
    const auto it = connections_.find(event.data.u64);
    if (it == connections_.end()) return;
    ZooKeeperConnection& connection = *it->second;
    if (event.events & EPOLLOUT) MarkDirty(connection);
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    if (!connection.Receive()) return Close(connection.id());
    CountBytes(connection);
    TakeFrames(connection);
  }

  void Accept() {
    while (true) {
      sockaddr_storage address{};
      socklen_t length = sizeof(address);
      const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) MuteListener();
        return;
      }
      if (paused_ || connections_.size() >= static_cast<size_t>(options_.connections_max)) {
        if (!paused_) LogWarning("zookeeper.connections.full", {{"limit", options_.connections_max}});
        ::close(fd);
        continue;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      const WatcherId id = next_connection_++;
      auto connection = std::make_unique<ZooKeeperConnection>(fd, id, IpOf(address), options_.clock->Monotonic());
      connection->epoll_events = EPOLLIN;
      Watch(fd, id, EPOLLIN, EPOLL_CTL_ADD);
      connections_.emplace(id, std::move(connection));
    }
  }

  // Without this a machine out of file descriptors would find the listener ready again and again.
  void MuteListener() {
    LogWarning("zookeeper.accept.failed", {{"error", ErrnoError("accept", errno).message()},
                                           {"next", "raise the limit of open files (ulimit -n)"}});
    listener_muted_until_ = options_.clock->Monotonic() + kAcceptPause;
    Watch(listener_, kListenerTag, 0, EPOLL_CTL_MOD);
  }

  // Serves the whole requests that have arrived, as long as the replies are being taken.
  void TakeFrames(ZooKeeperConnection& connection) {
    if (connection.peer().caller.session == 0 && TakeFourLetterWord(connection)) return;
    std::string_view frame;
    while (!connection.closing && connection.output_bytes() < kOutputPauseBytes) {
      switch (connection.PeekFrame(options_.request_bytes_max, frame)) {
        case ZooKeeperConnection::FrameState::kIncomplete:
          return;
        case ZooKeeperConnection::FrameState::kTooLarge:
          LogWarning("zookeeper.request.refused", {{"reason", "larger than the limit, or not a ZooKeeper client"},
                                                   {"limit_bytes", options_.request_bytes_max}});
          return Close(connection.id());
        case ZooKeeperConnection::FrameState::kReady:
          break;
      }
      const auto next = Serve(connection, frame);
      connection.PopFrame(frame);
      MarkDirty(connection);
      if (next == ZooKeeperHandler::Next::kClose) connection.closing = true;
    }
  }

  ZooKeeperHandler::Next Serve(ZooKeeperConnection& connection, std::string_view frame) {
    ++counters_.requests;
    ++requests_in_round_;
    ZooKeeperPeer& peer = connection.peer();
    if (peer.caller.session != 0) return handler_->Request(peer, frame);
    const auto next = handler_->Connect(peer, frame);
    if (peer.caller.session != 0) {
      // A client that came back before its old connection was seen to be dead.
      CloseSessionConnection(peer.caller.session);
      session_connections_[peer.caller.session] = connection.id();
    }
    return next;
  }

  bool TakeFourLetterWord(ZooKeeperConnection& connection) {
    const std::optional<std::string_view> word = connection.FirstWord();
    if (!word) return false;
    counters_.connections = static_cast<int64_t>(connections_.size());
    std::optional<std::string> answer = AnswerFourLetterWord(
        *word,
        {*engine_, counters_, options_.data_dir, port_, options_.session_timeout_min, options_.session_timeout_max});
    if (!answer) return false;
    connection.peer().out += *answer;
    connection.closing = true;
    MarkDirty(connection);
    return true;
  }

  void ExpireWhatIsDue() {
    for (const int64_t session : engine_->ExpireSessions()) {
      LogInfo("zookeeper.session.expired", {{"session", fmt::format("{:#x}", session)}});
      CloseSessionConnection(session);
    }
    const auto now = options_.clock->Monotonic();
    if (listener_muted_until_ && now >= *listener_muted_until_) {
      listener_muted_until_.reset();
      Watch(listener_, kListenerTag, EPOLLIN, EPOLL_CTL_MOD);
    }
    if (now < next_handshake_check_) return;
    next_handshake_check_ = now + std::chrono::seconds(1);
    std::vector<WatcherId> silent;
    for (const auto& [id, connection] : connections_) {
      if (connection->peer().caller.session == 0 && now - connection->opened_at() > kHandshakeLimit)
        silent.push_back(id);
    }
    for (const WatcherId id : silent) Close(id);
  }

  // Nothing leaves before what it tells of is in the journal.
  void CommitAndSend() {
    const auto started = std::chrono::steady_clock::now();
    const Status committed = journal_->Commit();
    if (!committed.ok()) {
      if (!paused_) {
        LogError("zookeeper.journal.failed", {{"error", committed.error().ToString()},
                                              {"next", "free space on the disk; clients are served again after that"}});
      }
      paused_ = true;
      CloseAll();
      return;
    }
    if (std::exchange(paused_, false)) {
      LogInfo("zookeeper.journal.recovered");
      engine_->RestartSessionTimeouts();
    }
    if (requests_in_round_ > 0) {
      const auto took = std::chrono::steady_clock::now() - started;
      const int64_t took_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
      counters_.latency_us_total += took_us * std::exchange(requests_in_round_, 0);
      counters_.latency_us_max = std::max(counters_.latency_us_max, took_us);
    }
    // Sending makes room for waiting requests, whose replies then wait for the next commit.
    const std::vector<WatcherId> dirty = std::exchange(dirty_, {});
    for (const WatcherId id : dirty) {
      const auto it = connections_.find(id);
      if (it == connections_.end()) continue;
      ZooKeeperConnection& connection = *it->second;
      connection.dirty = false;
      ++counters_.replies;
      if (!connection.Send() || (connection.closing && connection.output_bytes() == 0) ||
          connection.output_bytes() > options_.connection_output_bytes_max.bytes()) {
        Close(id);
        continue;
      }
      CountBytes(connection);
      AdjustInterest(connection);
    }
    while (buffered_bytes_ > options_.buffered_bytes_max.bytes()) CloseFullest();
  }

  void AdjustInterest(ZooKeeperConnection& connection) {
    const bool pause = connection.closing || connection.output_bytes() >= kOutputPauseBytes;
    const uint32_t wanted = (pause ? 0u : static_cast<uint32_t>(EPOLLIN)) |
                            (connection.output_bytes() > 0 ? static_cast<uint32_t>(EPOLLOUT) : 0u);
    if (wanted != connection.epoll_events) {
      connection.epoll_events = wanted;
      Watch(connection.fd(), connection.id(), wanted, EPOLL_CTL_MOD);
    }
    std::string_view frame;
    if (!pause && connection.PeekFrame(options_.request_bytes_max, frame) == ZooKeeperConnection::FrameState::kReady) {
      const WatcherId id = connection.id();
      Post([this, id] {
        if (const auto it = connections_.find(id); it != connections_.end()) TakeFrames(*it->second);
      });
    }
  }

  void CountBytes(ZooKeeperConnection& connection) {
    const size_t bytes = connection.input_bytes() + connection.output_bytes();
    buffered_bytes_ += bytes - connection.bytes_counted;
    connection.bytes_counted = bytes;
  }

  void CloseFullest() {
    const auto fullest = std::max_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
      return a.second->bytes_counted < b.second->bytes_counted;
    });
    VENICE_CHECK(fullest != connections_.end());
    ++disconnected_for_bytes_;
    const auto now = options_.clock->Monotonic();
    if (now >= next_bytes_warning_) {
      next_bytes_warning_ = now + std::chrono::seconds(1);
      LogWarning("zookeeper.buffers.full", {{"limit_bytes", options_.buffered_bytes_max.bytes()},
                                            {"disconnected_ever", disconnected_for_bytes_}});
    }
    Close(fullest->first);
  }

  void MarkDirty(ZooKeeperConnection& connection) {
    if (std::exchange(connection.dirty, true)) return;
    dirty_.push_back(connection.id());
  }

  void Close(WatcherId id) {
    const auto it = connections_.find(id);
    if (it == connections_.end()) return;
    engine_->watches().RemoveWatcher(id);
    buffered_bytes_ -= it->second->bytes_counted;
    const int64_t session = it->second->peer().caller.session;
    const auto owner = session_connections_.find(session);
    if (owner != session_connections_.end() && owner->second == id) session_connections_.erase(owner);
    connections_.erase(it);
  }

  void CloseSessionConnection(int64_t session) {
    if (const auto it = session_connections_.find(session); it != session_connections_.end()) Close(it->second);
  }

  void CloseAll() {
    while (!connections_.empty()) Close(connections_.begin()->first);
  }

  void RunPosted() {
    std::vector<std::function<void()>> tasks;
    {
      const std::lock_guard lock(posted_mutex_);
      tasks.swap(posted_);
    }
    for (const auto& task : tasks) task();
  }

  void Watch(int fd, uint64_t tag, uint32_t wanted, int operation) {
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = tag;
    VENICE_CHECK(::epoll_ctl(epoll_, operation, fd, &event) == 0);
  }

  const ZooKeeperServerOptions options_;
  std::atomic<uint16_t> port_{0};
  int listener_ = -1;
  int epoll_ = -1;
  int wake_ = -1;
  std::thread thread_;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;

  std::unique_ptr<TreeEngine> engine_;
  std::unique_ptr<ZooKeeperHandler> handler_;
  std::unique_ptr<TreeJournal> journal_;  // after the engine: it goes first
  std::unordered_map<WatcherId, ConnectionPtr> connections_;
  std::unordered_map<int64_t, WatcherId> session_connections_;
  std::vector<WatcherId> dirty_;
  size_t buffered_bytes_ = 0;  // of all connections
  int64_t disconnected_for_bytes_ = 0;
  std::chrono::nanoseconds next_bytes_warning_{0};
  WatcherId next_connection_ = kFirstConnectionId;
  ZooKeeperCounters counters_;
  int64_t requests_in_round_ = 0;
  std::chrono::nanoseconds next_handshake_check_{0};
  std::optional<std::chrono::nanoseconds> listener_muted_until_;
  bool paused_ = false;  // the journal cannot be written
  bool stopping_ = false;
};

ZooKeeperServer::ZooKeeperServer(ZooKeeperServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ZooKeeperServer::~ZooKeeperServer() = default;
Status ZooKeeperServer::Start() { return impl_->Start(); }
void ZooKeeperServer::Stop() { impl_->Stop(); }
uint16_t ZooKeeperServer::port() const { return impl_->port(); }
std::string ZooKeeperServer::address() const { return impl_->address(); }
void ZooKeeperServer::ExpireSession(int64_t session_id) { impl_->ExpireSession(session_id); }
void ZooKeeperServer::DropConnections() { impl_->DropConnections(); }

}  // namespace venice::embedded
