// HTTP/1.1 clients: a loop-bound one with pooled connections, and a blocking one for tools and jobs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/byte_size.h"
#include "base/result.h"
#include "net/event_loop.h"
#include "net/http.h"

namespace venice::net {

struct Endpoint {
  std::string host;
  uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
  std::string ToString() const;  // "host:port", "[::1]:port"
};

// "host:port", "[::1]:port". Errors: kInvalidArgument.
Result<Endpoint> ParseEndpoint(const std::string& text);

// "http://host:port[/path]" -> endpoint and path. Errors: kInvalidArgument.
struct Url {
  Endpoint endpoint;
  std::string path;  // with the query; "/" when the URL has none
};
Result<Url> ParseUrl(const std::string& url);

struct HttpClientOptions {
  int connections_per_endpoint_max = 64;
  size_t waiting_per_endpoint_max = 10'000;  // requests beyond the connections; more end with kResourceExhausted
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{60'000};
  ByteSize response_body_max{256u << 20};
};

// Loop-bound: made, used and destroyed on one loop; the callback runs there.
//
// A request whose reused connection turns out to have been closed by the peer is sent once more on a fresh one, when
// that cannot do harm: it is a GET or HEAD, it is marked repeatable, or none of it had left.
class HttpClient {
 public:
  explicit HttpClient(EventLoop& loop, HttpClientOptions options = {});
  ~HttpClient();  // pending requests end with kCancelled

  // Errors to the callback: kUnavailable (refused, reset), kTimeout, kCorruption (not HTTP), kTooLarge,
  // kResourceExhausted. The callback never runs inside Send().
  void Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout,
            std::function<void(Result<HttpResponse>)> callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// Thread-safe. Never on an event loop.
class BlockingHttpClient {
 public:
  explicit BlockingHttpClient(HttpClientOptions options = {});
  ~BlockingHttpClient();
  Result<HttpResponse> Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout);

 private:
  EventLoop loop_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace venice::net
