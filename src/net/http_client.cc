#include "net/http_client.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/thread_pool.h"
#include "net/event_loop_impl.h"
#include "net/http_parser.h"
#include "net/socket.h"

namespace venice::net {
namespace {

using Callback = std::function<void(Result<HttpResponse>)>;
using Time = std::chrono::steady_clock::time_point;

constexpr auto kAddressesFreshFor = std::chrono::seconds(30);

// One request on its way, from Send() to its callback.
struct Exchange {
  std::string wire;
  bool head_request = false;
  bool safe_to_repeat = false;
  bool repeated = false;
  EventLoop::TimerId timer = 0;
  Callback callback;
};

std::string Serialize(const Endpoint& to, const HttpRequest& request) {
  std::string out;
  out.reserve(256 + request.target.size() + request.body.size());
  fmt::format_to(std::back_inserter(out), "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target,
                 to.ToString());
  for (const auto& [name, value] : request.headers.fields) {
    if (EqualsIgnoreCase(name, "content-length") || EqualsIgnoreCase(name, "host")) continue;
    out.append(name).append(": ");
    for (const char c : value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
    out += "\r\n";
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  }
  out += "\r\n";
  out += request.body;
  return out;
}

}  // namespace

class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(EventLoop& loop, HttpClientOptions options) : loop_(loop), options_(options) {}

  void Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout, Callback callback);
  void Shutdown();

 private:
  class Connection;

  struct Pool {
    Endpoint endpoint;
    std::vector<SocketAddress> addresses;
    Time resolved_at;
    bool resolving = false;
    std::vector<std::shared_ptr<Connection>> idle;  // the most recently used at the back
    std::unordered_map<Connection*, std::shared_ptr<Connection>> all;
    std::deque<std::shared_ptr<Exchange>> waiting;
  };

  void Pump(Pool& pool);
  void StartResolving(Pool& pool);
  void FailWaiting(Pool& pool, const Error& error);
  void Complete(const std::shared_ptr<Exchange>& exchange, Result<HttpResponse> result);
  void OnTimeout(Pool& pool, const std::shared_ptr<Exchange>& exchange, std::chrono::milliseconds timeout);
  void Sweep();
  HttpParserLimits Limits() const { return {8192, 64 << 10, options_.response_body_max.bytes()}; }

  EventLoop& loop_;
  const HttpClientOptions options_;
  std::map<Endpoint, std::unique_ptr<Pool>> pools_;  // a pool lives as long as the client
  std::unique_ptr<ThreadPool> resolver_;
  EventLoop::TimerId sweep_timer_ = 0;
  bool down_ = false;
  bool sending_ = false;
};

// One TCP connection with at most one request on it.
class HttpClient::Impl::Connection final : public IoHandler, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& client, Pool& pool) : client_(client), pool_(pool), parser_(client.Limits()) {}

  // Starts connecting; the exchange is sent when that is done.
  void Open(std::shared_ptr<Exchange> exchange) {
    exchange_ = std::move(exchange);
    connect_timer_ = client_.loop_.RunAfter(client_.options_.connect_timeout, [this] {
      TryNextAddress(Error(ErrorCode::kTimeout, "no connection to " + pool_.endpoint.ToString() + " within " +
                                                    std::to_string(client_.options_.connect_timeout.count()) + " ms"));
    });
    TryNextAddress(Error(ErrorCode::kUnavailable, "host " + pool_.endpoint.host + " has no address"));
  }

  void Reuse(std::shared_ptr<Exchange> exchange) {
    reused_ = true;
    exchange_ = std::move(exchange);
    Write();
  }

  void Close() {
    client_.loop_.Cancel(connect_timer_);
    if (fd_.valid()) {
      client_.loop_.impl().Remove(fd_.get(), this);
      fd_.Close();
    }
    std::erase_if(pool_.idle, [this](const auto& idle) { return idle.get() == this; });
    pool_.all.erase(this);
  }

  const std::shared_ptr<Exchange>& exchange() const { return exchange_; }
  Time idle_since() const { return idle_since_; }

  void OnIo(uint32_t events) override {
    const auto self = shared_from_this();
    if (connecting_) {
      if (const int error = ConnectError(fd_.get()); error != 0) {
        return TryNextAddress(Error(ErrorCode::kUnavailable, "cannot connect to " + pool_.endpoint.ToString() + ": " +
                                                                 std::strerror(error) +
                                                                 "; is the process there running?"));
      }
      if (!(events & EPOLLOUT)) return;
      connecting_ = false;
      client_.loop_.Cancel(connect_timer_);
      return Write();
    }
    if (events & EPOLLOUT) Write();
    if (fd_.valid() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) Read();
  }

 private:
  void TryNextAddress(Error error) {
    const auto self = shared_from_this();
    if (fd_.valid()) {
      client_.loop_.impl().Remove(fd_.get(), this);
      fd_.Close();
    }
    while (next_address_ < pool_.addresses.size()) {
      Result<FileDescriptor> fd = StartConnect(pool_.addresses[next_address_++]);
      if (!fd.ok()) {
        error = std::move(fd).error().In(pool_.endpoint.ToString());
        continue;
      }
      fd_ = std::move(fd).value();
      connecting_ = true;
      interest_ = EPOLLOUT;
      client_.loop_.impl().Add(fd_.get(), interest_, this);
      return;
    }
    Fail(std::move(error));
  }

  void Write() {
    const std::string& wire = exchange_->wire;
    while (sent_ < wire.size()) {
      const ssize_t count = ::send(fd_.get(), wire.data() + sent_, wire.size() - sent_, MSG_NOSIGNAL);
      if (count < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        // The peer may have answered (413, say) before it closed: what it said is worth more than our errno.
        write_error_ = errno;
        sent_ = wire.size();
        return Read();
      }
      sent_ += count;
      wrote_ = true;
    }
    SetInterest(sent_ < wire.size() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  void Read() {
    char* scratch = client_.loop_.impl().scratch();
    const ssize_t got = ::recv(fd_.get(), scratch, EventLoop::Impl::kScratchSize, 0);
    if (got < 0) {
      if (errno == EINTR) return;
      if ((errno == EAGAIN || errno == EWOULDBLOCK) && write_error_ == 0) return;
      return Lost(errno == EAGAIN || errno == EWOULDBLOCK ? write_error_ : errno);
    }
    if (!exchange_) return Close();  // idle: closed by the peer, or talking out of turn
    if (got == 0) {
      if (parser_.untouched() && unread_.empty()) return Lost(0);
      parser_.EndOfStream();
    } else if (unread_.empty()) {
      const std::string_view bytes(scratch, got);
      unread_ = bytes.substr(parser_.Parse(bytes));
    } else {
      unread_.append(scratch, got);
      unread_.erase(0, parser_.Parse(unread_));
    }
    if (parser_.state() == HttpResponseParser::State::kFailed) {
      const bool too_large = parser_.error_status() == 413;
      return Fail(Error(too_large  ? ErrorCode::kTooLarge
                        : got == 0 ? ErrorCode::kUnavailable
                                   : ErrorCode::kCorruption,
                        pool_.endpoint.ToString() + ": " + parser_.error()));
    }
    if (parser_.state() == HttpResponseParser::State::kComplete) Answered();
  }

  void Answered() {
    const bool reusable =
        parser_.keep_alive() && unread_.empty() && sent_ == exchange_->wire.size() && write_error_ == 0 && fd_.valid();
    HttpResponse response = parser_.Take();
    const std::shared_ptr<Exchange> exchange = std::move(exchange_);
    exchange_ = nullptr;
    sent_ = 0;
    wrote_ = false;
    const auto self = shared_from_this();
    const auto client = client_.shared_from_this();  // the callback may destroy the HttpClient
    if (reusable) {
      SetInterest(EPOLLIN);
      idle_since_ = std::chrono::steady_clock::now();
      pool_.idle.push_back(self);
    } else {
      Close();
    }
    client->Complete(exchange, std::move(response));
    if (!client->down_) client->Pump(pool_);
  }

  // The connection broke before any byte of the answer.
  void Lost(int error_number) {
    if (!exchange_) return Close();
    const bool repeat =
        reused_ && !exchange_->repeated && parser_.untouched() && (exchange_->safe_to_repeat || !wrote_);
    if (repeat) {
      const auto self = shared_from_this();
      const std::shared_ptr<Exchange> exchange = std::move(exchange_);
      exchange_ = nullptr;
      exchange->repeated = true;
      Impl& client = client_;
      Pool& pool = pool_;
      Close();
      // Idle connections as old as this one are likely gone as well: a fresh one it is.
      auto fresh = std::make_shared<Connection>(client, pool);
      pool.all.emplace(fresh.get(), fresh);
      return fresh->Open(exchange);
    }
    Fail(Error(ErrorCode::kUnavailable,
               pool_.endpoint.ToString() + ": the connection was lost before the answer" +
                   (error_number != 0 ? std::string(": ") + std::strerror(error_number) : std::string())));
  }

  void Fail(Error error) {
    const auto self = shared_from_this();
    const auto client = client_.shared_from_this();
    const std::shared_ptr<Exchange> exchange = std::move(exchange_);
    exchange_ = nullptr;
    Close();
    if (exchange) client->Complete(exchange, std::move(error));
    if (!client->down_) client->Pump(pool_);
  }

  void SetInterest(uint32_t wanted) {
    if (wanted == interest_) return;
    interest_ = wanted;
    client_.loop_.impl().Modify(fd_.get(), wanted, this);
  }

  Impl& client_;
  Pool& pool_;
  FileDescriptor fd_;
  HttpResponseParser parser_;
  std::string unread_;
  std::shared_ptr<Exchange> exchange_;
  size_t sent_ = 0;
  bool wrote_ = false;  // some byte of the exchange has left
  size_t next_address_ = 0;
  bool connecting_ = false;
  bool reused_ = false;
  int write_error_ = 0;
  uint32_t interest_ = 0;
  Time idle_since_;
  EventLoop::TimerId connect_timer_ = 0;

  friend class Impl;
};

void HttpClient::Impl::Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout,
                            Callback callback) {
  VENICE_CHECK(loop_.InLoopThread());
  std::unique_ptr<Pool>& slot = pools_[to];
  if (!slot) {
    slot = std::make_unique<Pool>();
    slot->endpoint = to;
  }
  Pool& pool = *slot;
  auto exchange = std::make_shared<Exchange>();
  exchange->wire = Serialize(to, request);
  exchange->head_request = request.method == "HEAD";
  exchange->safe_to_repeat = request.method == "GET" || exchange->head_request || request.repeatable;
  exchange->callback = std::move(callback);
  if (pool.waiting.size() >= options_.waiting_per_endpoint_max) {
    loop_.Post([exchange, to] {
      exchange->callback(Error(ErrorCode::kResourceExhausted, "too many requests wait for " + to.ToString()));
    });
    return;
  }
  exchange->timer = loop_.RunAfter(timeout, [this, &pool, exchange, timeout] { OnTimeout(pool, exchange, timeout); });
  pool.waiting.push_back(std::move(exchange));
  if (sweep_timer_ == 0) Sweep();
  sending_ = true;
  Pump(pool);
  sending_ = false;
}

void HttpClient::Impl::Pump(Pool& pool) {
  while (!pool.waiting.empty()) {
    if (!pool.idle.empty()) {
      const std::shared_ptr<Connection> connection = std::move(pool.idle.back());
      pool.idle.pop_back();
      std::shared_ptr<Exchange> exchange = std::move(pool.waiting.front());
      pool.waiting.pop_front();
      if (exchange->head_request) connection->parser_.ExpectNoBody();
      connection->Reuse(std::move(exchange));
      continue;
    }
    if (pool.all.size() >= static_cast<size_t>(options_.connections_per_endpoint_max)) return;
    if (pool.addresses.empty() || std::chrono::steady_clock::now() - pool.resolved_at > kAddressesFreshFor) {
      pool.addresses = LiteralAddresses(pool.endpoint.host, pool.endpoint.port);
      pool.resolved_at = std::chrono::steady_clock::now();
      if (pool.addresses.empty()) return StartResolving(pool);
    }
    auto connection = std::make_shared<Connection>(*this, pool);
    pool.all.emplace(connection.get(), connection);
    std::shared_ptr<Exchange> exchange = std::move(pool.waiting.front());
    pool.waiting.pop_front();
    if (exchange->head_request) connection->parser_.ExpectNoBody();
    connection->Open(std::move(exchange));
  }
}

void HttpClient::Impl::StartResolving(Pool& pool) {
  if (pool.resolving) return;
  pool.resolving = true;
  if (!resolver_) resolver_ = std::make_unique<ThreadPool>("net-resolve", 1);
  const bool submitted = resolver_->Submit([self = weak_from_this(), loop = &loop_, endpoint = pool.endpoint] {
    auto resolved = std::make_shared<Result<std::vector<SocketAddress>>>(Resolve(endpoint.host, endpoint.port));
    loop->Post([self, endpoint, resolved] {
      const auto client = self.lock();
      if (!client || client->down_) return;
      Pool& pool = *client->pools_.at(endpoint);
      pool.resolving = false;
      if (!resolved->ok()) return client->FailWaiting(pool, resolved->error());
      pool.addresses = std::move(*resolved).value();
      pool.resolved_at = std::chrono::steady_clock::now();
      client->Pump(pool);
    });
  });
  if (!submitted) pool.resolving = false;  // the requests run into their time limits
}

void HttpClient::Impl::FailWaiting(Pool& pool, const Error& error) {
  const auto self = shared_from_this();
  std::deque<std::shared_ptr<Exchange>> waiting;
  waiting.swap(pool.waiting);
  for (const std::shared_ptr<Exchange>& exchange : waiting) Complete(exchange, error);
}

void HttpClient::Impl::Complete(const std::shared_ptr<Exchange>& exchange, Result<HttpResponse> result) {
  loop_.Cancel(exchange->timer);
  if (!exchange->callback) return;
  if (sending_) {  // a refusal that came at once: callers do not expect to be called back inside Send()
    loop_.Post([self = shared_from_this(), exchange, result = std::move(result)]() mutable {
      self->Complete(exchange, std::move(result));
    });
    return;
  }
  const Callback callback = std::move(exchange->callback);
  exchange->callback = nullptr;
  callback(std::move(result));
}

void HttpClient::Impl::OnTimeout(Pool& pool, const std::shared_ptr<Exchange>& exchange,
                                 std::chrono::milliseconds timeout) {
  const auto self = shared_from_this();
  Error error(ErrorCode::kTimeout,
              "no answer from " + pool.endpoint.ToString() + " within " + std::to_string(timeout.count()) + " ms");
  std::erase(pool.waiting, exchange);
  for (const auto& [_, connection] : pool.all) {
    if (connection->exchange() != exchange) continue;
    const std::shared_ptr<Connection> late = connection;
    return late->Fail(std::move(error));  // its answer may still come: the connection is of no more use
  }
  Complete(exchange, std::move(error));
}

void HttpClient::Impl::Sweep() {
  const auto interval =
      std::clamp(options_.idle_timeout / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(5'000));
  const auto now = std::chrono::steady_clock::now();
  for (auto& [_, pool] : pools_) {
    const auto idle = pool->idle;
    for (const std::shared_ptr<Connection>& connection : idle) {
      if (now - connection->idle_since() > options_.idle_timeout) connection->Close();
    }
  }
  sweep_timer_ = loop_.RunAfter(interval, [this] { Sweep(); });
}

void HttpClient::Impl::Shutdown() {
  if (down_) return;
  down_ = true;
  loop_.Cancel(sweep_timer_);
  std::vector<std::shared_ptr<Exchange>> cancelled;
  for (auto& [_, pool] : pools_) {
    cancelled.insert(cancelled.end(), pool->waiting.begin(), pool->waiting.end());
    pool->waiting.clear();
    const auto all = pool->all;
    for (const auto& [_, connection] : all) {
      if (connection->exchange()) cancelled.push_back(connection->exchange());
      connection->Close();
    }
  }
  for (const std::shared_ptr<Exchange>& exchange : cancelled) {
    Complete(exchange, Error(ErrorCode::kCancelled, "the HTTP client was closed"));
  }
  if (resolver_) resolver_->Stop();
}

HttpClient::HttpClient(EventLoop& loop, HttpClientOptions options) : impl_(std::make_shared<Impl>(loop, options)) {}
HttpClient::~HttpClient() { impl_->Shutdown(); }
void HttpClient::Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout,
                      std::function<void(Result<HttpResponse>)> callback) {
  impl_->Send(to, std::move(request), timeout, std::move(callback));
}

}  // namespace venice::net
