// The bytes of one client connection: frames in, frames out, within bounds. Knows no requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "embedded/zookeeper_handler.h"

namespace venice::embedded {

// Loop-bound. Owns its socket.
class ZooKeeperConnection {
 public:
  ZooKeeperConnection(int fd, WatcherId id, std::string peer_ip, std::chrono::nanoseconds now);
  ~ZooKeeperConnection();
  ZooKeeperConnection(const ZooKeeperConnection&) = delete;
  ZooKeeperConnection& operator=(const ZooKeeperConnection&) = delete;

  // Reads what the socket has, at most one portion. False when the client is gone.
  bool Receive();
  // Sends what the socket takes. False when the client is gone.
  bool Send();

  // The first four bytes while nothing has been taken yet and they have arrived.
  std::optional<std::string_view> FirstWord() const;
  enum class FrameState { kIncomplete, kReady, kTooLarge };
  // A view into the input until PopFrame().
  FrameState PeekFrame(uint32_t bytes_max, std::string_view& frame) const;
  void PopFrame(std::string_view frame);

  int fd() const { return fd_; }
  WatcherId id() const { return peer_.id; }
  ZooKeeperPeer& peer() { return peer_; }
  size_t output_bytes() const { return peer_.out.size() - sent_; }
  size_t input_bytes() const { return in_.size() - taken_; }
  std::chrono::nanoseconds opened_at() const { return opened_at_; }

  bool closing = false;       // hang up when everything is sent
  size_t bytes_counted = 0;   // in the server's total
  bool dirty = false;         // on the server's list of connections to send to
  uint32_t epoll_events = 0;  // what the loop waits for

 private:
  const int fd_;
  const std::chrono::nanoseconds opened_at_;
  ZooKeeperPeer peer_;
  size_t sent_ = 0;  // of peer_.out
  std::string in_;
  size_t taken_ = 0;  // of in_
  bool first_frame_taken_ = false;
};

}  // namespace venice::embedded
