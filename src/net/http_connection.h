// One connection of an HttpServer: bytes in, requests to the handler, answers out in request order.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop_impl.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/socket.h"

namespace venice::net {

class ServerConnection;

// One request's place in the queue of answers. The loop's thread owns it, but for `started` and `answered`, which
// belong to whoever holds the Responder.
class Responder::Sink {
 public:
  Sink(std::shared_ptr<ServerConnection> connection, EventLoop& loop) : connection(std::move(connection)), loop(loop) {}

  std::shared_ptr<ServerConnection> connection;
  EventLoop& loop;
  bool started = false;
  bool answered = false;

  OutputQueue early;  // what was answered before this was the oldest request
  bool head_request = false;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool chunked = false;
  bool done = false;
};

// What a connection needs from its server on this loop; outlives the connections.
struct ServerLoopState {
  const HttpServerOptions& options;
  const HttpHandler& handler;
  EventLoop& loop;
  std::function<void(ServerConnection&)> closed;
};

// Loop-bound.
class ServerConnection final : public IoHandler,
                               public TurnEndHandler,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Sink = Responder::Sink;

  ServerConnection(FileDescriptor fd, ServerLoopState& server);
  ~ServerConnection();

  void Open();
  // Answers 429 and closes.
  void Refuse();
  void Close();
  bool closed() const { return !fd_.valid(); }
  // Ends what takes too long.
  void CheckTime(Time now);

  void OnIo(uint32_t events) override;
  void OnTurnEnd() override;

  void SendWhole(const std::shared_ptr<Sink>& sink, HttpResponse response);
  void SendHead(const std::shared_ptr<Sink>& sink, HttpResponse head);
  void SendChunk(const std::shared_ptr<Sink>& sink, std::string bytes);
  void Finish(const std::shared_ptr<Sink>& sink);

 private:
  enum class Mode {
    kServing,
    kClosing,    // nothing more is read; closes when the answers have left
    kLingering,  // answers have left, our side is shut; what still arrives is dropped, so that no reset eats the answer
  };

  void Read();
  void Consume(std::string_view bytes);
  void Keep(std::string_view bytes);
  size_t ParseAll(std::string_view bytes);
  void Dispatch();
  void AnswerError(int status, const std::string& message);
  OutputQueue& OutputOf(const Sink& sink);
  void Done(const std::shared_ptr<Sink>& sink);
  void FlushLater();
  void UpdateInterest();
  bool MayRead() const;
  void BeginClose();

  FileDescriptor fd_;
  ServerLoopState& server_;
  HttpRequestParser parser_;
  std::string unread_;  // an incomplete line, or what arrived while reading was paused
  std::deque<std::shared_ptr<Sink>> pending_;
  OutputQueue output_;
  Mode mode_ = Mode::kServing;
  uint32_t interest_ = 0;
  bool flush_queued_ = false;
  bool peer_closed_ = false;
  bool linger_ = false;  // the peer may still be sending
  Time last_progress_;
  Time request_started_;  // epoch: no request is half way in
};

}  // namespace venice::net
