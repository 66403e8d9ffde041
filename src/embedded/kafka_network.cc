#include "embedded/kafka_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/byte_order.h"
#include "base/file.h"
#include "base/log.h"

namespace venice::embedded {
namespace {

constexpr ConnectionId kListenerId = 1;
constexpr ConnectionId kWakeId = 2;
constexpr size_t kSizePrefix = 4;
constexpr size_t kReadBytes = 64u << 10;  // requests up to this size need no reservation
constexpr size_t kKeptBufferBytes = 4u << 20;
constexpr size_t kRequestsPerTurn = 32;  // of one connection, so that others get their turn
constexpr auto kStalledRequest = std::chrono::seconds(30);
constexpr auto kIdleConnection = std::chrono::minutes(10);
constexpr auto kIdleCheck = std::chrono::seconds(5);

}  // namespace

// Bytes that are read but not yet served lie at [begin, end) of the buffer.
struct KafkaNetwork::Connection {
  ConnectionId id = 0;
  int fd = -1;
  std::string peer;
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;
  size_t begin = 0;
  size_t end = 0;
  size_t reserved = 0;
  bool waiting_for_memory = false;
  bool busy = false;     // a request is being answered
  bool serving = false;  // inside ServeBuffered
  bool dead = false;
  uint32_t interest = 0;
  std::deque<WirePiece> out;
  size_t out_position = 0;  // in the first piece, its bytes and then its slice
  TimePoint last_progress;

  size_t held() const { return end - begin; }
  // Makes room for `total` bytes from `begin` on.
  void MakeRoom(size_t total) {
    if (begin + total <= capacity) return;
    if (total <= capacity) {
      std::memmove(buffer.get(), buffer.get() + begin, held());
    } else {
      std::unique_ptr<char[]> larger(new char[total]);  // not zeroed
      if (held() > 0) std::memcpy(larger.get(), buffer.get() + begin, held());
      buffer = std::move(larger);
      capacity = total;
    }
    end = held();
    begin = 0;
  }
};

KafkaNetwork::KafkaNetwork(KafkaNetworkOptions options, RequestHandler& handler)
    : options_(std::move(options)), handler_(handler), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  VENICE_CHECK(wake_fd_ >= 0);
}

KafkaNetwork::~KafkaNetwork() {
  for (auto& [id, connection] : connections_) {
    if (!connection->dead) ::close(connection->fd);
  }
  for (const int fd : {listen_fd_, epoll_fd_, wake_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

Status KafkaNetwork::Listen() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options_.port);
  if (const int code = ::getaddrinfo(options_.host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("cannot listen on {}: {}", options_.host, ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  listen_fd_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listen_fd_ < 0) return ErrnoError("cannot make a socket", errno);
  const int one = 1;
  ::setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  const std::string where = fmt::format("{}:{}", options_.host, options_.port);
  if (::bind(listen_fd_, found->ai_addr, found->ai_addrlen) != 0 || ::listen(listen_fd_, 1024) != 0) {
    if (errno == EADDRINUSE) {
      return Error(ErrorCode::kAlreadyExists, where + " is in use by another process: stop it or choose another port");
    }
    return ErrnoError("cannot listen on " + where, errno);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return ErrnoError("cannot make an epoll", errno);
  for (const auto& [fd, id] : {std::pair{listen_fd_, kListenerId}, std::pair{wake_fd_, kWakeId}}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) return ErrnoError("cannot watch a socket", errno);
  }
  return Ok();
}

void KafkaNetwork::Stop() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_fd_, &one, sizeof(one));
}

void KafkaNetwork::Run() {
  RunAfter(std::chrono::duration_cast<std::chrono::milliseconds>(kIdleCheck), [this] { CloseIdle(); });
  epoll_event events[256];
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_fd_, events, 256, ready_.empty() ? NextTimeoutMs() : 0);
    if (count < 0 && errno != EINTR) {
      LogError("kafka.epoll.failed", {{"errno", errno}});
      break;
    }
    // What was answered in the last turn goes on first.
    std::vector<ConnectionId> ready;
    ready.swap(ready_);
    for (const ConnectionId id : ready) {
      const auto found = connections_.find(id);
      if (found != connections_.end() && !found->second->dead) ServeBuffered(*found->second);
    }
    for (int i = 0; i < count; ++i) {
      const ConnectionId id = events[i].data.u64;
      if (id == kListenerId) {
        Accept();
      } else if (id == kWakeId) {
        stopping_ = true;
      } else if (const auto found = connections_.find(id); found != connections_.end()) {
        Connection& connection = *found->second;
        if (!connection.dead && (events[i].events & (EPOLLERR | EPOLLHUP)) != 0) Close(id);
        if (!connection.dead && (events[i].events & EPOLLOUT) != 0) OnWritable(connection);
        if (!connection.dead && (events[i].events & EPOLLIN) != 0) OnReadable(connection);
        // Half-closed, and nothing is read just now: nobody waits for the answer.
        const bool gone = (events[i].events & EPOLLRDHUP) != 0 && (events[i].events & EPOLLIN) == 0;
        if (!connection.dead && gone) Close(id);
      }
    }
    RunTimers();
    handler_.OnTurnEnd();
    Reap();
  }
  std::vector<ConnectionId> all;
  for (const auto& [id, connection] : connections_) all.push_back(id);
  for (const ConnectionId id : all) Close(id);
  Reap();
}

void KafkaNetwork::Accept() {
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    const int fd = ::accept4(listen_fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) LogWarning("kafka.accept.failed", {{"errno", errno}});
      return;
    }
    if (connections_.size() >= static_cast<size_t>(options_.connections_max)) {
      LogWarning("kafka.connection.refused", {{"connections_max", options_.connections_max}});
      ::close(fd);
      continue;
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    auto connection = std::make_unique<Connection>();
    connection->id = next_id_++;
    connection->fd = fd;
    connection->last_progress = std::chrono::steady_clock::now();
    char host[NI_MAXHOST] = "unknown";
    ::getnameinfo(reinterpret_cast<sockaddr*>(&from), size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
    connection->peer = host;
    connection->interest = EPOLLIN | EPOLLRDHUP;
    epoll_event event{};
    event.events = connection->interest;
    event.data.u64 = connection->id;
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
      ::close(fd);
      continue;
    }
    connections_.emplace(connection->id, std::move(connection));
  }
}

void KafkaNetwork::UpdateInterest(Connection& connection) {
  if (connection.dead) return;
  uint32_t wanted = EPOLLRDHUP;
  if (!connection.busy && !connection.waiting_for_memory && connection.out.empty()) wanted |= EPOLLIN;
  if (!connection.out.empty()) wanted |= EPOLLOUT;
  if (wanted == connection.interest) return;
  connection.interest = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event);
}

bool KafkaNetwork::Reserve(Connection& connection, size_t frame_bytes) {
  if (frame_bytes <= kReadBytes || connection.reserved >= frame_bytes) return true;
  if (reserved_bytes_ + frame_bytes > std::max(options_.request_memory_max, options_.request_bytes_max + kSizePrefix)) {
    if (!connection.waiting_for_memory) waiting_for_memory_.push_back(connection.id);
    connection.waiting_for_memory = true;
    return false;
  }
  reserved_bytes_ += frame_bytes;
  connection.reserved = frame_bytes;
  return true;
}

void KafkaNetwork::Release(Connection& connection) {
  if (connection.reserved == 0) return;
  reserved_bytes_ -= std::exchange(connection.reserved, 0);
  // All ask again, in order; those for whom there is still no room wait again.
  std::deque<ConnectionId> waiting;
  waiting.swap(waiting_for_memory_);
  for (const ConnectionId id : waiting) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || found->second->dead) continue;
    found->second->waiting_for_memory = false;
    ready_.push_back(id);
  }
}

void KafkaNetwork::OnReadable(Connection& connection) {
  if (connection.busy || connection.waiting_for_memory) return UpdateInterest(connection);
  // A small request comes with what follows it; of a large one exactly the rest is read, so that the next one starts a
  // fresh buffer and is never moved.
  size_t total = kReadBytes;
  if (connection.held() >= kSizePrefix) {
    total = std::max(total, kSizePrefix + LoadBigEndian<uint32_t>(connection.buffer.get() + connection.begin));
  }
  connection.MakeRoom(total);
  const ssize_t count = ::read(connection.fd, connection.buffer.get() + connection.end, total - connection.held());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return Close(connection.id);
  connection.end += static_cast<size_t>(count);
  connection.last_progress = std::chrono::steady_clock::now();
  ServeBuffered(connection);
}

void KafkaNetwork::ServeBuffered(Connection& connection) {
  connection.serving = true;
  for (size_t served = 0; !connection.dead && !connection.busy && connection.out.empty(); ++served) {
    if (connection.held() < kSizePrefix) break;
    const auto size = LoadBigEndian<uint32_t>(connection.buffer.get() + connection.begin);
    if (size > options_.request_bytes_max) {
      LogWarning("kafka.request.too_large", {{"peer", connection.peer}, {"bytes", size}});
      Close(connection.id);
      break;
    }
    if (!Reserve(connection, kSizePrefix + size) || connection.held() < kSizePrefix + size) break;
    if (served == kRequestsPerTurn) {
      ready_.push_back(connection.id);
      break;
    }
    connection.busy = true;
    char* const request = connection.buffer.get() + connection.begin + kSizePrefix;
    connection.begin += kSizePrefix + size;
    handler_.OnRequest(connection.id, request, size);
    Release(connection);
    if (connection.begin == connection.end) {
      connection.begin = connection.end = 0;
      // Do not hold the memory of a large request for ever.
      if (connection.capacity > kKeptBufferBytes || (connection.capacity > kReadBytes && connections_.size() > 64)) {
        connection.buffer.reset();
        connection.capacity = 0;
      }
    }
  }
  connection.serving = false;
  UpdateInterest(connection);
}

void KafkaNetwork::Send(ConnectionId to, std::vector<WirePiece> response) {
  const auto found = connections_.find(to);
  if (found == connections_.end() || found->second->dead) return;
  Connection& connection = *found->second;
  for (WirePiece& piece : response) connection.out.push_back(std::move(piece));
  SendNothing(to);
  OnWritable(connection);
}

void KafkaNetwork::SendNothing(ConnectionId to) {
  const auto found = connections_.find(to);
  if (found == connections_.end() || found->second->dead) return;
  Connection& connection = *found->second;
  connection.busy = false;
  if (!connection.serving) ready_.push_back(to);
}

void KafkaNetwork::OnWritable(Connection& connection) {
  while (!connection.out.empty()) {
    WirePiece& piece = connection.out.front();
    ssize_t sent = 0;
    if (connection.out_position < piece.bytes.size()) {
      const bool more = piece.slice.bytes > 0 || connection.out.size() > 1;
      sent = ::send(connection.fd, piece.bytes.data() + connection.out_position,
                    piece.bytes.size() - connection.out_position, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    } else if (piece.slice.bytes > 0) {
      const size_t done = connection.out_position - piece.bytes.size();
      auto position = static_cast<off_t>(piece.slice.position + done);
      sent = ::sendfile(connection.fd, piece.slice.file->fd(), &position, piece.slice.bytes - done);
      if (sent == 0) errno = EIO;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0 || (sent == 0 && piece.slice.bytes > 0)) return Close(connection.id);
    connection.out_position += static_cast<size_t>(sent);
    connection.last_progress = std::chrono::steady_clock::now();
    if (connection.out_position >= piece.bytes.size() + piece.slice.bytes) {
      connection.out.pop_front();
      connection.out_position = 0;
    }
  }
  // With the answer out, the next request may already be in the buffer.
  if (connection.out.empty() && !connection.serving && connection.held() > 0) ready_.push_back(connection.id);
  if (!connection.serving) UpdateInterest(connection);
}

void KafkaNetwork::Close(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second->dead) return;
  Connection& connection = *found->second;
  connection.dead = true;
  ::close(connection.fd);
  Release(connection);
  closed_.push_back(id);
  handler_.OnClose(id);
}

void KafkaNetwork::Reap() {
  for (const ConnectionId id : closed_) connections_.erase(id);
  closed_.clear();
}

void KafkaNetwork::CloseIdle() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<ConnectionId> stale;
  for (const auto& [id, connection] : connections_) {
    if (connection->busy || connection->waiting_for_memory) continue;
    const bool mid_transfer = connection->held() > 0 || !connection->out.empty();
    const auto limit = mid_transfer ? std::chrono::steady_clock::duration(kStalledRequest)
                                    : std::chrono::steady_clock::duration(kIdleConnection);
    if (now - connection->last_progress > limit) stale.push_back(id);
  }
  for (const ConnectionId id : stale) Close(id);
  RunAfter(std::chrono::duration_cast<std::chrono::milliseconds>(kIdleCheck), [this] { CloseIdle(); });
}

std::string KafkaNetwork::PeerHost(ConnectionId connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? std::string() : found->second->peer;
}

KafkaNetwork::TimerId KafkaNetwork::RunAfter(std::chrono::milliseconds delay, std::function<void()> task) {
  const TimerId id = next_timer_++;
  const TimePoint when = std::chrono::steady_clock::now() + delay;
  timers_.emplace(std::pair{when, id}, std::move(task));
  timer_times_.emplace(id, when);
  return id;
}

void KafkaNetwork::Cancel(TimerId timer) {
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer});
  timer_times_.erase(found);
}

void KafkaNetwork::RunTimers() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

int KafkaNetwork::NextTimeoutMs() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first.first - std::chrono::steady_clock::now();
  return static_cast<int>(std::clamp<int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 60'000));
}

}  // namespace venice::embedded
