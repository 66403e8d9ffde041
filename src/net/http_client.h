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
  std::string ToString() const { return host + ":" + std::to_string(port); }
};

// "http://host:port[/path]" -> endpoint and path. Errors: kInvalidArgument.
struct Url {
  Endpoint endpoint;
  std::string path;
};
Result<Url> ParseUrl(const std::string& url);

struct HttpClientOptions {
  int connections_per_endpoint_max = 64;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{60'000};
  ByteSize response_body_max{256u << 20};
};

// Loop-bound: made, used and destroyed on one loop; the callback runs there.
class HttpClient {
 public:
  explicit HttpClient(EventLoop& loop, HttpClientOptions options = {});
  ~HttpClient();  // pending requests end with kCancelled

  // Errors to the callback: kUnavailable (refused, reset), kTimeout, kCorruption (not HTTP), kTooLarge.
  void Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout,
            std::function<void(Result<HttpResponse>)> callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// Thread-safe; one connection per calling thread and endpoint at most. Never on an event loop.
class BlockingHttpClient {
 public:
  BlockingHttpClient();
  ~BlockingHttpClient();
  Result<HttpResponse> Send(const Endpoint& to, HttpRequest request, std::chrono::milliseconds timeout);

 private:
  EventLoop loop_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace venice::net
