#include <future>

#include "base/check.h"
#include "net/http_client.h"

namespace venice::net {

BlockingHttpClient::BlockingHttpClient(HttpClientOptions options) : loop_("http-client") {
  loop_.Start();
  client_ = std::make_unique<HttpClient>(loop_, options);
}

BlockingHttpClient::~BlockingHttpClient() {
  loop_.RunAndWait([this] { client_.reset(); });
  loop_.Stop();
}

Result<HttpResponse> BlockingHttpClient::Send(const Endpoint& to, HttpRequest request,
                                              std::chrono::milliseconds timeout) {
  VENICE_CHECK(EventLoop::Current() == nullptr);
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  std::future<Result<HttpResponse>> future = promise->get_future();
  loop_.Post([this, to, promise, timeout, request = std::move(request)]() mutable {
    client_->Send(to, std::move(request), timeout,
                  [promise](Result<HttpResponse> result) { promise->set_value(std::move(result)); });
  });
  return future.get();
}

}  // namespace venice::net
