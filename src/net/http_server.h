// An HTTP/1.1 server on event loops: keep-alive, pipelining, bounded everything, replies of one turn sent together.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_size.h"
#include "base/result.h"
#include "net/event_loop.h"
#include "net/http.h"

namespace venice::net {

// Answers one request, once: Send(), or SendHead() then SendChunk()* then Finish(). Move-only. May be moved to another
// thread and used from there (one thread at a time): replies are posted to the connection's loop and leave in request
// order. Destroyed without an answer, it sends 500; in the middle of one, it cuts the connection. If the peer is gone,
// everything is silently dropped. It must not outlive the loops.
class Responder {
 public:
  class Sink;
  explicit Responder(std::shared_ptr<Sink> sink);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  void Send(HttpResponse response);  // with a header "Connection: close" the connection ends behind it
  // Starts a chunked reply.
  void SendHead(HttpResponse head);
  void SendChunk(std::string bytes);
  void Finish();
  // The loop that owns the connection.
  EventLoop& loop() const;

 private:
  std::shared_ptr<Sink> sink_;
};

// Runs on the connection's loop; must not block.
using HttpHandler = std::function<void(HttpRequest request, Responder responder)>;

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free port, see HttpServer::port()
  ByteSize request_line_max{4096};
  ByteSize header_block_max{8192};
  ByteSize body_max{1 << 20};
  int connections_max = 10'000;
  std::chrono::milliseconds idle_timeout{3 * 3600 * 1000};
  std::chrono::milliseconds request_timeout{30'000};  // from its first byte to its last: slow senders are cut
  size_t pipeline_max = 128;                          // requests of one connection waiting for answers
};

// Thread-safe. The loops outlive the server.
class HttpServer {
 public:
  // Every loop listens on the port with SO_REUSEPORT.
  HttpServer(EventLoopGroup& loops, HttpServerOptions options, HttpHandler handler);
  ~HttpServer();  // as Stop()

  // Errors: kAlreadyExists when the port is in use, naming it; kPermissionDenied; kInvalidArgument for a bad host.
  Status Start();
  // Closes the listeners and every connection. Idempotent.
  void Stop();
  uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::net
