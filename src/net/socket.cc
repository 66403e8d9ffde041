#include "net/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace venice::net {
namespace {

constexpr size_t kSmallPiece = 16 << 10;  // copying this costs less than one more iovec and allocation
constexpr int kIovecMax = 64;

SocketAddress AnyPort(const sockaddr* address, socklen_t size, uint16_t port) {
  SocketAddress out;
  std::memcpy(&out.storage, address, size);
  out.size = size;
  if (address->sa_family == AF_INET) reinterpret_cast<sockaddr_in*>(&out.storage)->sin_port = htons(port);
  if (address->sa_family == AF_INET6) reinterpret_cast<sockaddr_in6*>(&out.storage)->sin6_port = htons(port);
  return out;
}

Error BindError(const std::string& host, uint16_t port, int error_number) {
  const std::string where = host + ":" + std::to_string(port);
  switch (error_number) {
    case EADDRINUSE:
      return Error(ErrorCode::kAlreadyExists, "cannot listen on " + where + ": port " + std::to_string(port) +
                                                  " is in use by another process; stop it or choose another port "
                                                  "(0 takes any free one)");
    case EACCES:
    case EPERM:
      return Error(ErrorCode::kPermissionDenied,
                   "cannot listen on " + where + ": not allowed for this user; choose a port above 1023");
    case EADDRNOTAVAIL:
      return Error(ErrorCode::kInvalidArgument, "cannot listen on " + where +
                                                    ": this machine has no such address; use 127.0.0.1, 0.0.0.0 or "
                                                    "an address of this machine");
  }
  return Error(ErrorCode::kIo, "cannot listen on " + where + ": " + std::strerror(error_number));
}

}  // namespace

void FileDescriptor::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

uint16_t SocketAddress::port() const {
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
}

std::vector<SocketAddress> LiteralAddresses(const std::string& host, uint16_t port) {
  std::vector<SocketAddress> out;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  const bool local = host == "localhost";
  if (local || ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    if (local) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.push_back(AnyPort(reinterpret_cast<const sockaddr*>(&v4), sizeof v4, port));
  }
  if (local || ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    if (local) v6.sin6_addr = in6addr_loopback;
    out.push_back(AnyPort(reinterpret_cast<const sockaddr*>(&v6), sizeof v6, port));
  }
  return out;
}

Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port) {
  std::vector<SocketAddress> out = LiteralAddresses(host, port);
  if (!out.empty()) return out;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  if (error != 0) {
    return Error(ErrorCode::kUnavailable, "cannot find the address of host '" + host + "': " + ::gai_strerror(error) +
                                              "; check the spelling and the name service");
  }
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    out.push_back(AnyPort(info->ai_addr, info->ai_addrlen, port));
  }
  if (out.empty()) return Error(ErrorCode::kUnavailable, "host '" + host + "' has no IP address");
  return out;
}

Result<std::vector<FileDescriptor>> ListenOn(const std::string& host, uint16_t port, size_t count) {
  Result<std::vector<SocketAddress>> addresses = Resolve(host, port);
  if (!addresses.ok()) {
    return Error(ErrorCode::kInvalidArgument, "cannot listen on host '" + host + "': " + addresses.error().message());
  }
  SocketAddress address = addresses->front();
  std::vector<FileDescriptor> listeners;
  for (size_t i = 0; i < count; ++i) {
    FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return BindError(host, port, errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // The first one binds without SO_REUSEPORT: another process of this user that shares its ports in the same way
    // would otherwise be let in silently, and each would get half of the connections.
    if (i > 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (::bind(fd.get(), address.get(), address.size) != 0) return BindError(host, port, errno);
    if (i == 0) {
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
      port = LocalPort(fd.get());
      address = AnyPort(address.get(), address.size, port);
    }
    if (::listen(fd.get(), SOMAXCONN) != 0) return BindError(host, port, errno);
    listeners.push_back(std::move(fd));
  }
  return listeners;
}

Result<FileDescriptor> StartConnect(const SocketAddress& address) {
  FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Error(ErrorCode::kUnavailable, std::string("cannot open a socket: ") + std::strerror(errno));
  SetNoDelay(fd.get());
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
    return Error(ErrorCode::kUnavailable, std::string("cannot connect: ") + std::strerror(errno));
  }
  return fd;
}

int ConnectError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void SetNoDelay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

uint16_t LocalPort(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) return 0;
  return address.port();
}

void OutputQueue::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  pending_ += bytes.size();
  const bool fits = !segments_.empty() && (segments_.back().size() < kSmallPiece ||
                                           segments_.back().size() + bytes.size() <= segments_.back().capacity());
  if (!fits) segments_.emplace_back();
  segments_.back().append(bytes);
}

void OutputQueue::Append(std::string&& bytes) {
  if (bytes.size() <= kSmallPiece) return Append(std::string_view(bytes));
  pending_ += bytes.size();
  segments_.push_back(std::move(bytes));
}

void OutputQueue::Splice(OutputQueue&& other) {
  for (size_t i = other.first_segment_; i < other.segments_.size(); ++i) Append(std::move(other.segments_[i]));
  other = OutputQueue();
}

bool OutputQueue::Flush(int fd) {
  while (pending_ > 0) {
    iovec vectors[kIovecMax];
    int count = 0;
    size_t offset = first_offset_;
    for (size_t i = first_segment_; i < segments_.size() && count < kIovecMax; ++i, offset = 0) {
      vectors[count++] = {segments_[i].data() + offset, segments_[i].size() - offset};
    }
    msghdr message{};
    message.msg_iov = vectors;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    pending_ -= sent;
    size_t left = sent;
    while (left > 0) {
      const size_t available = segments_[first_segment_].size() - first_offset_;
      if (left < available) {
        first_offset_ += left;
        break;
      }
      left -= available;
      first_offset_ = 0;
      if (pending_ > 0) segments_[first_segment_] = std::string();
      ++first_segment_;
    }
    if (pending_ > 0 && first_segment_ >= kIovecMax) {
      segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(first_segment_));
      first_segment_ = 0;
    }
  }
  // One small segment is kept, so that a busy connection allocates nothing and an idle one holds little.
  if (!segments_.empty() && segments_.front().capacity() <= kSmallPiece) {
    segments_.resize(1);
    segments_.front().clear();
  } else {
    segments_.clear();
  }
  first_segment_ = first_offset_ = 0;
  return true;
}

}  // namespace venice::net
