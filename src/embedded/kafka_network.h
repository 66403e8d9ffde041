// The sockets of the Kafka front: one thread, epoll, one request of a connection at a time, everything bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "embedded/kafka_wire.h"

namespace venice::embedded {

using ConnectionId = uint64_t;

// What the network calls, on its thread.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // A whole request without its size prefix; the handler may change the bytes and must not keep them. It answers by
  // Send(), SendNothing() or Close(), now or later; the connection's next request comes after that.
  virtual void OnRequest(ConnectionId connection, char* bytes, size_t size) = 0;
  virtual void OnClose(ConnectionId connection) = 0;
  // After the requests at hand.
  virtual void OnTurnEnd() = 0;
};

struct KafkaNetworkOptions {
  std::string host;
  uint16_t port = 0;
  size_t request_bytes_max = 64u << 20;
  size_t request_memory_max = 256u << 20;
  int connections_max = 2'000;
};

// Loop-bound: after Listen(), everything happens in Run() and in what it calls. Only Stop() is thread-safe.
class KafkaNetwork {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using TimerId = uint64_t;

  KafkaNetwork(KafkaNetworkOptions options, RequestHandler& handler);
  ~KafkaNetwork();

  // Errors: kAlreadyExists (port in use), kInvalidArgument (host), kPermissionDenied, kIo.
  Status Listen();
  uint16_t port() const { return port_; }
  void Run();  // returns after Stop(), connections closed
  void Stop();

  void Send(ConnectionId to, std::vector<WirePiece> response);
  void SendNothing(ConnectionId to);
  void Close(ConnectionId connection);
  std::string PeerHost(ConnectionId connection) const;

  TimerId RunAfter(std::chrono::milliseconds delay, std::function<void()> task);
  void Cancel(TimerId timer);

 private:
  struct Connection;
  void Accept();
  void OnReadable(Connection& connection);
  void OnWritable(Connection& connection);
  void ServeBuffered(Connection& connection);
  bool Reserve(Connection& connection, size_t frame_bytes);
  void Release(Connection& connection);
  void UpdateInterest(Connection& connection);
  void CloseIdle();
  void RunTimers();
  int NextTimeoutMs() const;
  void Reap();

  const KafkaNetworkOptions options_;
  RequestHandler& handler_;
  int epoll_fd_ = -1;
  int listen_fd_ = -1;
  int wake_fd_ = -1;
  uint16_t port_ = 0;
  bool stopping_ = false;
  ConnectionId next_id_ = 16;  // below: the listener and the wake-up
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
  std::vector<ConnectionId> closed_;  // freed at the end of the turn
  std::vector<ConnectionId> ready_;   // answered outside of ServeBuffered: their next request may be waiting
  size_t reserved_bytes_ = 0;
  std::deque<ConnectionId> waiting_for_memory_;
  std::map<std::pair<TimePoint, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, TimePoint> timer_times_;
  TimerId next_timer_ = 1;
};

}  // namespace venice::embedded
