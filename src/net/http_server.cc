#include "net/http_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"
#include "net/event_loop_impl.h"
#include "net/http_connection.h"
#include "net/socket.h"

namespace venice::net {
namespace {

constexpr int kAcceptsPerEvent = 64;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr int kRefusalsMax = 256;  // refused connections that may still be saying goodbye

// The part of the server that lives on one loop: its listener and its connections.
class LoopServer final : public IoHandler {
 public:
  LoopServer(EventLoop& loop, FileDescriptor listener, const HttpServerOptions& options, const HttpHandler& handler,
             std::atomic<int>& connections)
      : listener_(std::move(listener)),
        total_(connections),
        state_{options, handler, loop, [this](ServerConnection& connection) { OnClosed(connection); }} {
    // Short limits (tests) get a finer check.
    const auto shortest = std::min(options.request_timeout, options.idle_timeout);
    check_interval_ = std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  }

  void Open() {
    state_.loop.impl().Add(listener_.get(), EPOLLIN, this);
    accepting_ = true;
    ScheduleCheck();
  }

  void Close() {
    if (accepting_) state_.loop.impl().Remove(listener_.get(), this);
    accepting_ = false;
    listener_.Close();
    state_.loop.Cancel(check_timer_);
    state_.loop.Cancel(resume_timer_);
    for (const auto& connection : Connections()) connection->Close();
  }

  void OnIo(uint32_t) override {
    for (int i = 0; i < kAcceptsPerEvent && listener_.valid(); ++i) {
      FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd.valid()) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) PauseAccepting(errno);
        return;
      }
      const bool full = total_.load(std::memory_order_relaxed) >= state_.options.connections_max;
      if (full && total_.load(std::memory_order_relaxed) >= state_.options.connections_max + kRefusalsMax) continue;
      total_.fetch_add(1, std::memory_order_relaxed);
      auto connection = std::make_shared<ServerConnection>(std::move(fd), state_);
      connections_.emplace(connection.get(), connection);
      full ? connection->Refuse() : connection->Open();
    }
  }

 private:
  std::vector<std::shared_ptr<ServerConnection>> Connections() const {
    std::vector<std::shared_ptr<ServerConnection>> out;
    out.reserve(connections_.size());
    for (const auto& [_, connection] : connections_) out.push_back(connection);
    return out;
  }

  void OnClosed(ServerConnection& connection) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    connections_.erase(&connection);
  }

  void ScheduleCheck() {
    check_timer_ = state_.loop.RunAfter(check_interval_, [this] {
      const auto now = std::chrono::steady_clock::now();
      for (const auto& connection : Connections()) connection->CheckTime(now);
      ScheduleCheck();
    });
  }

  // Out of descriptors: the waiting connection would wake us again and again.
  void PauseAccepting(int error) {
    if (!accepting_) return;
    LogWarning("http.accept.paused", {{"reason", std::strerror(error)}, {"connections", connections_.size()}});
    state_.loop.impl().Remove(listener_.get(), this);
    accepting_ = false;
    resume_timer_ = state_.loop.RunAfter(kAcceptPause, [this] {
      state_.loop.impl().Add(listener_.get(), EPOLLIN, this);
      accepting_ = true;
    });
  }

  FileDescriptor listener_;
  std::atomic<int>& total_;
  ServerLoopState state_;
  std::chrono::milliseconds check_interval_{};
  bool accepting_ = false;
  EventLoop::TimerId check_timer_ = 0;
  EventLoop::TimerId resume_timer_ = 0;
  std::unordered_map<ServerConnection*, std::shared_ptr<ServerConnection>> connections_;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(EventLoopGroup& loops, HttpServerOptions options, HttpHandler handler)
      : loops_(loops), options_(std::move(options)), handler_(std::move(handler)) {}

  Status Start() {
    if (!servers_.empty()) return Ok();
    VENICE_ASSIGN(std::vector<FileDescriptor> listeners, ListenOn(options_.host, options_.port, loops_.size()));
    port_ = LocalPort(listeners.front().get());
    for (size_t i = 0; i < loops_.size(); ++i) {
      servers_.push_back(
          std::make_unique<LoopServer>(loops_.loop(i), std::move(listeners[i]), options_, handler_, connections_));
      LoopServer* server = servers_.back().get();
      loops_.loop(i).Post([server] { server->Open(); });
    }
    return Ok();
  }

  void Stop() {
    for (size_t i = 0; i < servers_.size(); ++i) {
      loops_.loop(i).RunAndWait([&] { servers_[i]->Close(); });
    }
    servers_.clear();
  }

  uint16_t port() const { return port_; }

 private:
  EventLoopGroup& loops_;
  const HttpServerOptions options_;
  const HttpHandler handler_;
  std::atomic<int> connections_{0};
  uint16_t port_ = 0;
  std::vector<std::unique_ptr<LoopServer>> servers_;
};

HttpServer::HttpServer(EventLoopGroup& loops, HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_unique<Impl>(loops, std::move(options), std::move(handler))) {}
HttpServer::~HttpServer() { Stop(); }
Status HttpServer::Start() { return impl_->Start(); }
void HttpServer::Stop() { impl_->Stop(); }
uint16_t HttpServer::port() const { return impl_->port(); }

Responder::Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
Responder::Responder(Responder&&) noexcept = default;
Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(sink_, other.sink_);
  return *this;
}

Responder::~Responder() {
  if (!sink_ || sink_->answered) return;
  if (sink_->started) {  // half an answer cannot be taken back: the peer must see that it is cut
    sink_->answered = true;
    sink_->loop.InLoopThread() ? sink_->connection->Close()
                               : void(sink_->loop.Post([sink = sink_] { sink->connection->Close(); }));
    return;
  }
  HttpResponse response;
  response.status = 500;
  response.headers.Add("Content-Type", "text/plain");
  response.body = "the request was dropped without an answer\n";
  Send(std::move(response));
}

EventLoop& Responder::loop() const { return sink_->loop; }

void Responder::Send(HttpResponse response) {
  VENICE_CHECK(sink_ && !sink_->answered);
  sink_->answered = true;
  if (sink_->loop.InLoopThread()) return sink_->connection->SendWhole(sink_, std::move(response));
  sink_->loop.Post([sink = sink_, response = std::move(response)]() mutable {
    sink->connection->SendWhole(sink, std::move(response));
  });
}

void Responder::SendHead(HttpResponse head) {
  VENICE_CHECK(sink_ && !sink_->answered && !sink_->started);
  sink_->started = true;
  if (sink_->loop.InLoopThread()) return sink_->connection->SendHead(sink_, std::move(head));
  sink_->loop.Post(
      [sink = sink_, head = std::move(head)]() mutable { sink->connection->SendHead(sink, std::move(head)); });
}

void Responder::SendChunk(std::string bytes) {
  VENICE_CHECK(sink_ && sink_->started && !sink_->answered);
  if (sink_->loop.InLoopThread()) return sink_->connection->SendChunk(sink_, std::move(bytes));
  sink_->loop.Post(
      [sink = sink_, bytes = std::move(bytes)]() mutable { sink->connection->SendChunk(sink, std::move(bytes)); });
}

void Responder::Finish() {
  VENICE_CHECK(sink_ && sink_->started && !sink_->answered);
  sink_->answered = true;
  if (sink_->loop.InLoopThread()) return sink_->connection->Finish(sink_);
  sink_->loop.Post([sink = sink_] { sink->connection->Finish(sink); });
}

}  // namespace venice::net
