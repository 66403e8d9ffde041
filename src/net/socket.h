// TCP sockets as the server and the client of this folder need them: non-blocking, close-on-exec, no SIGPIPE.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace venice::net {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  uint16_t port() const;
};

// Literals and "localhost" only, without asking anyone; empty for a name that needs resolving.
std::vector<SocketAddress> LiteralAddresses(const std::string& host, uint16_t port);
// Blocks. Errors: kUnavailable naming the host.
Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port);

// `count` listeners on one port, sharing it with SO_REUSEPORT among themselves and with nobody else.
// Errors: kAlreadyExists naming the port, kPermissionDenied, kInvalidArgument for a host that is not ours.
Result<std::vector<FileDescriptor>> ListenOn(const std::string& host, uint16_t port, size_t count);

// Starts connecting. Errors: kUnavailable.
Result<FileDescriptor> StartConnect(const SocketAddress& address);
// 0, or the errno with which connecting ended.
int ConnectError(int fd);

void SetNoDelay(int fd);
uint16_t LocalPort(int fd);

// Bytes on their way out: small pieces gathered, large ones kept as they are and not copied.
class OutputQueue {
 public:
  void Append(std::string_view bytes);
  void Append(std::string&& bytes);
  bool empty() const { return pending_ == 0; }
  size_t size() const { return pending_; }
  // Takes all of `other`.
  void Splice(OutputQueue&& other);
  // Sends what the socket takes. False when the connection is broken.
  bool Flush(int fd);

 private:
  std::vector<std::string> segments_;
  size_t first_segment_ = 0;
  size_t first_offset_ = 0;
  size_t pending_ = 0;
};

}  // namespace venice::net
