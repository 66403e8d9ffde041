#include "net/http_connection.h"

#include <sys/socket.h>

#include <cerrno>

#include <fmt/format.h>

namespace venice::net {
namespace {

constexpr size_t kOutputHighMark = 4 << 20;  // a peer that does not read its answers sends no more requests
constexpr auto kLingerTime = std::chrono::seconds(2);

HttpParserLimits LimitsOf(const HttpServerOptions& options) {
  return {options.request_line_max.bytes(), options.header_block_max.bytes(), options.body_max.bytes()};
}

// Header values never start a new line, whatever went into them.
void AppendFieldText(std::string& out, std::string_view text) {
  const size_t start = out.size();
  out.append(text);
  for (size_t i = start; i < out.size(); ++i) {
    if (static_cast<unsigned char>(out[i]) < 32 && out[i] != '\t') out[i] = ' ';
  }
}

void AppendHead(std::string& out, const Responder::Sink& sink, const HttpResponse& response) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
  }
  for (const auto& [name, value] : response.headers.fields) {
    if (EqualsIgnoreCase(name, "content-length") || EqualsIgnoreCase(name, "connection") ||
        EqualsIgnoreCase(name, "transfer-encoding")) {
      continue;  // ours to say
    }
    AppendFieldText(out, name);
    out += ": ";
    AppendFieldText(out, value);
    out += "\r\n";
  }
  if (!sink.keep_alive) {
    out += "Connection: close\r\n";
  } else if (sink.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
}

}  // namespace

ServerConnection::ServerConnection(FileDescriptor fd, ServerLoopState& server)
    : fd_(std::move(fd)), server_(server), parser_(LimitsOf(server.options)) {
  last_progress_ = std::chrono::steady_clock::now();
}

ServerConnection::~ServerConnection() { Close(); }

void ServerConnection::Open() {
  SetNoDelay(fd_.get());
  interest_ = EPOLLIN;
  server_.loop.impl().Add(fd_.get(), interest_, this);
}

void ServerConnection::Refuse() {
  Open();
  output_.Append(
      std::string_view("HTTP/1.1 429 Too Many Connections\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  linger_ = true;
  BeginClose();
  FlushLater();
}

void ServerConnection::Close() {
  if (!fd_.valid()) return;
  server_.loop.impl().Remove(fd_.get(), this);
  fd_.Close();
  // Requests still being answered keep this object alive; their answers go nowhere.
  const std::deque<std::shared_ptr<Sink>> dropped = std::move(pending_);  // may hold the last reference to us
  pending_.clear();
  output_ = OutputQueue();
  unread_ = std::string();
  server_.closed(*this);
}

void ServerConnection::CheckTime(Time now) {
  const auto quiet = now - last_progress_;
  const HttpServerOptions& options = server_.options;
  if (mode_ == Mode::kLingering) {
    if (quiet > kLingerTime) Close();
  } else if (!output_.empty()) {
    if (quiet > options.request_timeout) Close();  // the peer does not take its answer
  } else if (mode_ == Mode::kServing && request_started_ != Time()) {
    if (pending_.empty() && now - request_started_ > options.request_timeout) {
      AnswerError(408, fmt::format("the request was not complete after {} ms", options.request_timeout.count()));
    }
  } else if (pending_.empty() && quiet > options.idle_timeout) {
    Close();
  }
}

void ServerConnection::OnIo(uint32_t events) {
  const auto self = shared_from_this();
  if (events & EPOLLOUT) {
    const size_t before = output_.size();
    if (!output_.Flush(fd_.get())) return Close();
    if (output_.size() != before) last_progress_ = std::chrono::steady_clock::now();
    FlushLater();
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    if (!MayRead() && !(events & EPOLLIN)) return Close();  // reset while we were not reading
    Read();
  }
}

bool ServerConnection::MayRead() const {
  if (peer_closed_) return false;
  if (mode_ == Mode::kLingering) return true;
  return mode_ == Mode::kServing && pending_.size() < server_.options.pipeline_max && output_.size() < kOutputHighMark;
}

void ServerConnection::Read() {
  // One bite per event keeps a fast sender from starving its neighbours.
  char* scratch = server_.loop.impl().scratch();
  const ssize_t got = ::recv(fd_.get(), scratch, EventLoop::Impl::kScratchSize, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) Close();
    return;
  }
  if (mode_ == Mode::kLingering) {
    if (got == 0) Close();
    return;
  }
  last_progress_ = std::chrono::steady_clock::now();
  if (got == 0) {
    peer_closed_ = true;
    if (pending_.empty() && output_.empty()) return Close();
    if (mode_ == Mode::kServing) BeginClose();  // a peer may shut its side and still read our answers
    FlushLater();
    return;
  }
  if (mode_ == Mode::kServing) Consume(std::string_view(scratch, got));
}

void ServerConnection::Consume(std::string_view bytes) {
  if (unread_.empty()) {
    const size_t used = ParseAll(bytes);
    Keep(bytes.substr(used));
  } else {
    unread_.append(bytes);
    std::string taken = std::move(unread_);  // a handler may answer at once, and reach us again
    unread_ = std::string();
    const size_t used = ParseAll(taken);
    Keep(std::string_view(taken).substr(used));
  }
  if (!fd_.valid()) return;
  const bool half_way = !unread_.empty() || parser_.head_complete();
  if (!half_way) {
    request_started_ = Time();
  } else if (request_started_ == Time()) {
    request_started_ = last_progress_;
  }
  UpdateInterest();
}

void ServerConnection::Keep(std::string_view bytes) {
  if (closed() || bytes.empty()) return;
  if (mode_ == Mode::kServing) {
    unread_.append(bytes);
  } else {
    linger_ = true;  // the peer sends more than we will read
  }
}

size_t ServerConnection::ParseAll(std::string_view bytes) {
  size_t used = 0;
  while (fd_.valid() && mode_ == Mode::kServing && used < bytes.size() && MayRead()) {
    const size_t step = parser_.Parse(bytes.substr(used));
    used += step;
    if (parser_.state() == HttpRequestParser::State::kFailed) {
      AnswerError(parser_.error_status(), parser_.error());
    } else if (parser_.state() == HttpRequestParser::State::kComplete) {
      request_started_ = Time();
      Dispatch();
    } else if (step == 0) {
      break;
    }
  }
  // With answers still to come, the interim one would be taken for theirs: then the client waits a little.
  if (fd_.valid() && mode_ == Mode::kServing && parser_.wants_continue() && pending_.empty()) {
    output_.Append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    parser_.ContinueSent();
    FlushLater();
  }
  return used;
}

void ServerConnection::Dispatch() {
  auto sink = std::make_shared<Sink>(shared_from_this(), server_.loop);
  sink->http_1_0 = parser_.http_1_0();
  sink->keep_alive = parser_.keep_alive();
  HttpRequest request = parser_.Take();
  sink->head_request = request.method == "HEAD";
  pending_.push_back(sink);
  if (!sink->keep_alive) BeginClose();
  server_.handler(std::move(request), Responder(std::move(sink)));
}

void ServerConnection::AnswerError(int status, const std::string& message) {
  auto sink = std::make_shared<Sink>(shared_from_this(), server_.loop);
  sink->keep_alive = false;
  sink->answered = true;
  linger_ = true;
  pending_.push_back(sink);
  BeginClose();
  HttpResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain");
  response.body = message + "\n";
  SendWhole(sink, std::move(response));
}

void ServerConnection::BeginClose() {
  if (mode_ == Mode::kServing) mode_ = Mode::kClosing;
  request_started_ = Time();
  unread_.clear();
  UpdateInterest();
}

OutputQueue& ServerConnection::OutputOf(const Sink& sink) {
  return !pending_.empty() && pending_.front().get() == &sink ? output_ : const_cast<Sink&>(sink).early;
}

void ServerConnection::SendWhole(const std::shared_ptr<Sink>& sink, HttpResponse response) {
  if (closed()) return;
  OutputQueue& out = OutputOf(*sink);
  const std::string* connection = response.headers.Find("connection");
  if (connection != nullptr && EqualsIgnoreCase(*connection, "close")) {  // the handler's wish
    sink->keep_alive = false;
    linger_ = true;
    BeginClose();
  }
  std::string head;
  head.reserve(256);
  AppendHead(head, *sink, response);
  if (response.status != 204 && response.status != 304) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  head += "\r\n";
  out.Append(std::string_view(head));
  if (!sink->head_request && response.status != 204 && response.status != 304) out.Append(std::move(response.body));
  Done(sink);
}

void ServerConnection::SendHead(const std::shared_ptr<Sink>& sink, HttpResponse response) {
  if (closed()) return;
  OutputQueue& out = OutputOf(*sink);
  sink->chunked = !sink->http_1_0;
  if (sink->http_1_0) {  // the end of the connection is then the end of the body
    sink->keep_alive = false;
    BeginClose();
  }
  std::string head;
  AppendHead(head, *sink, response);
  head += sink->chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  out.Append(std::string_view(head));
  if (!response.body.empty()) SendChunk(sink, std::move(response.body));
  FlushLater();
}

void ServerConnection::SendChunk(const std::shared_ptr<Sink>& sink, std::string bytes) {
  if (closed() || bytes.empty() || sink->head_request) return;
  OutputQueue& out = OutputOf(*sink);
  if (sink->chunked) out.Append(std::string_view(fmt::format("{:x}\r\n", bytes.size())));
  out.Append(std::move(bytes));
  if (sink->chunked) out.Append(std::string_view("\r\n"));
  FlushLater();
}

void ServerConnection::Finish(const std::shared_ptr<Sink>& sink) {
  if (closed()) return;
  if (sink->chunked && !sink->head_request) OutputOf(*sink).Append(std::string_view("0\r\n\r\n"));
  Done(sink);
}

void ServerConnection::Done(const std::shared_ptr<Sink>& sink) {
  sink->done = true;
  while (!pending_.empty() && pending_.front()->done) {
    pending_.pop_front();
    if (!pending_.empty()) output_.Splice(std::move(pending_.front()->early));
  }
  last_progress_ = std::chrono::steady_clock::now();
  FlushLater();
}

void ServerConnection::FlushLater() {
  if (flush_queued_) return;
  flush_queued_ = true;
  server_.loop.impl().AtTurnEnd(shared_from_this());
}

void ServerConnection::OnTurnEnd() {
  flush_queued_ = false;
  if (closed()) return;
  if (mode_ != Mode::kLingering && !output_.Flush(fd_.get())) return Close();
  if (mode_ == Mode::kClosing && pending_.empty() && output_.empty()) {
    if (!linger_ || peer_closed_) return Close();
    ::shutdown(fd_.get(), SHUT_WR);
    mode_ = Mode::kLingering;
    last_progress_ = std::chrono::steady_clock::now();
  }
  // Answers made room for requests that have already arrived.
  if (mode_ == Mode::kServing && MayRead() && (!unread_.empty() || parser_.wants_continue())) Consume({});
  if (!closed()) UpdateInterest();
}

void ServerConnection::UpdateInterest() {
  if (closed()) return;
  const uint32_t wanted =
      (MayRead() ? uint32_t{EPOLLIN} : 0u) | (output_.empty() || flush_queued_ ? 0u : uint32_t{EPOLLOUT});
  if (wanted == interest_) return;
  interest_ = wanted;
  server_.loop.impl().Modify(fd_.get(), wanted, this);
}

}  // namespace venice::net
