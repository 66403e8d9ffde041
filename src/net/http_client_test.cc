#include "net/http_client.h"

#include <sys/socket.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/wait.h"
#include "net/http_server.h"
#include "net/socket.h"

namespace venice::net {
namespace {

using std::chrono::milliseconds;

HttpResponse Text(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

// Accepts connections and answers each with the next script: bytes to send after the first read, then close.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> scripts) {
    listeners_ = std::move(*ListenOn("127.0.0.1", 0, 1));
    port_ = LocalPort(listeners_.front().get());
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (const std::string& script : scripts) {
        int fd = -1;
        if (!WaitUntil([&] { return (fd = ::accept(listeners_.front().get(), nullptr, nullptr)) >= 0; },
                       milliseconds(10'000)))
          return;
        ++accepted_;
        FileDescriptor owner(fd);
        char buffer[4096];
        if (::recv(fd, buffer, sizeof buffer, 0) <= 0) continue;
        ::send(fd, script.data(), script.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~ScriptedServer() { thread_.join(); }
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  int accepted() const { return accepted_; }

 private:
  std::vector<FileDescriptor> listeners_;
  uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

class HttpClientTest : public testing::Test {
 protected:
  void Serve(HttpHandler handler, HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(loops_, options, std::move(handler));
    ASSERT_TRUE(server_->Start().ok());
    loops_.Start();
  }
  Endpoint endpoint() const { return {"127.0.0.1", server_->port()}; }

  EventLoopGroup loops_{"test", 1};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, ReusesItsConnection) {
  Serve([](HttpRequest request,
           Responder responder) { responder.Send(Text(request.target + *request.headers.Find("x"))); },
        {.connections_max = 1});
  BlockingHttpClient client;
  for (int i = 0; i < 50; ++i) {
    HttpRequest request;
    request.target = "/" + std::to_string(i);
    request.headers.Add("X", "y");
    const auto response = client.Send(endpoint(), request, milliseconds(5000));
    ASSERT_TRUE(response.ok()) << response.error().ToString();
    EXPECT_EQ(response->status, 200);  // a second connection would be answered with 429
    EXPECT_EQ(response->body, request.target + "y");
  }
}

TEST_F(HttpClientTest, ManyRequestsAtOnceShareABoundedPool) {
  std::atomic<int> most = 0;
  std::vector<Responder> held;
  Serve([&](HttpRequest, Responder responder) {
    held.push_back(std::move(responder));
    most = std::max<int>(most, held.size());
    loops_.loop(0).RunAfter(milliseconds(1), [&] {
      for (Responder& one : held) one.Send(Text("ok"));
      held.clear();
    });
  });
  EventLoop loop("client");
  loop.Start();
  std::unique_ptr<HttpClient> client;
  std::promise<void> all;
  int answered = 0;
  loop.Post([&] {
    HttpClientOptions options;
    options.connections_per_endpoint_max = 4;
    client = std::make_unique<HttpClient>(loop, options);
    for (int i = 0; i < 200; ++i) {
      client->Send(endpoint(), {}, milliseconds(10'000), [&](Result<HttpResponse> response) {
        EXPECT_TRUE(response.ok());
        if (++answered == 200) all.set_value();
      });
    }
  });
  all.get_future().get();
  EXPECT_LE(most, 4);
  loop.RunAndWait([&] { client.reset(); });
}

TEST_F(HttpClientTest, ChunkedAndHeadAndEmptyAnswers) {
  Serve([](HttpRequest request, Responder responder) {
    if (request.target == "/chunks") {
      responder.SendHead(Text("a"));
      for (int i = 0; i < 100; ++i) responder.SendChunk("bc");
      responder.Finish();
    } else {
      responder.Send(Text(request.method == "HEAD" ? "body" : ""));
    }
  });
  BlockingHttpClient client;
  HttpRequest request;
  request.target = "/chunks";
  EXPECT_EQ(client.Send(endpoint(), request, milliseconds(5000))->body.size(), 201u);
  request.target = "/";
  request.method = "HEAD";
  const auto head = client.Send(endpoint(), request, milliseconds(5000));
  EXPECT_EQ(*head->headers.Find("content-length"), "4");
  EXPECT_EQ(head->body, "");
  request.method = "GET";
  EXPECT_EQ(client.Send(endpoint(), request, milliseconds(5000))->status, 200);
}

TEST_F(HttpClientTest, RefusedConnectionsNameTheEndpoint) {
  uint16_t port;
  {
    auto listener = ListenOn("127.0.0.1", 0, 1);
    port = LocalPort(listener->front().get());
  }
  BlockingHttpClient client;
  const auto response = client.Send({"127.0.0.1", port}, {}, milliseconds(5000));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(response.error().message().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST_F(HttpClientTest, UnknownHostsFail) {
  BlockingHttpClient client;
  const auto response = client.Send({"no-such-host.invalid", 80}, {}, milliseconds(20'000));
  ASSERT_FALSE(response.ok());
}

TEST_F(HttpClientTest, LocalhostNeedsNoResolver) {
  Serve([](HttpRequest, Responder responder) { responder.Send(Text("here")); });
  BlockingHttpClient client;
  EXPECT_EQ(client.Send({"localhost", server_->port()}, {}, milliseconds(5000))->body, "here");
}

TEST_F(HttpClientTest, TimesOutAndThenWorksAgain) {
  std::vector<Responder> held;
  Serve([&](HttpRequest request, Responder responder) {
    if (request.target == "/hang") {
      held.push_back(std::move(responder));
    } else {
      responder.Send(Text("ok"));
    }
  });
  BlockingHttpClient client;
  HttpRequest request;
  request.target = "/hang";
  const auto late = client.Send(endpoint(), request, milliseconds(30));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  request.target = "/";
  EXPECT_EQ(client.Send(endpoint(), request, milliseconds(5000))->body, "ok");
  loops_.loop(0).RunAndWait([&] { held.clear(); });
}

TEST_F(HttpClientTest, PendingRequestsAreCancelledWithTheClient) {
  std::vector<Responder> held;
  std::promise<void> arrived;
  Serve([&](HttpRequest, Responder responder) {
    held.push_back(std::move(responder));
    arrived.set_value();
  });
  EventLoop loop("client");
  loop.Start();
  std::unique_ptr<HttpClient> client;
  std::promise<ErrorCode> ended;
  loop.Post([&] {
    client = std::make_unique<HttpClient>(loop);
    client->Send(endpoint(), {}, milliseconds(10'000),
                 [&](Result<HttpResponse> response) { ended.set_value(response.error().code()); });
  });
  arrived.get_future().get();
  loop.RunAndWait([&] { client.reset(); });
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kCancelled);
  loops_.loop(0).RunAndWait([&] { held.clear(); });
}

TEST(HttpClientRetry, AGetOnAStaleConnectionIsSentOnceMore) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  // Each connection dies after one answer, without having said so.
  ScriptedServer server({answer + "a1", answer + "a2"});
  BlockingHttpClient client;
  EXPECT_EQ(client.Send(server.endpoint(), {}, milliseconds(5000))->body, "a1");
  const auto second = client.Send(server.endpoint(), {}, milliseconds(5000));
  ASSERT_TRUE(second.ok()) << second.error().ToString();
  EXPECT_EQ(second->body, "a2");
}

TEST(HttpClientRetry, APostOnAStaleConnectionIsSentOnceMoreOnlyWhenItMayBe) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  ScriptedServer server({answer + "a1", answer + "a2"});
  BlockingHttpClient client;
  HttpRequest post{.method = "POST", .body = "question", .repeatable = true};
  EXPECT_EQ(client.Send(server.endpoint(), post, milliseconds(5000))->body, "a1");
  const auto second = client.Send(server.endpoint(), post, milliseconds(5000));
  ASSERT_TRUE(second.ok()) << second.error().ToString();
  EXPECT_EQ(second->body, "a2");
}

TEST(HttpClientRetry, AFreshConnectionThatDiesIsNotRetried) {
  ScriptedServer server({""});
  BlockingHttpClient client;
  const auto response = client.Send(server.endpoint(), {}, milliseconds(5000));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClientFaults, HaveTheirCodes) {
  const std::vector<std::pair<std::string, ErrorCode>> cases = {
      {"SSH-2.0-Open\r\n", ErrorCode::kCorruption},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", ErrorCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", ErrorCode::kTooLarge},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ErrorCode::kCorruption},
  };
  for (const auto& [script, code] : cases) {
    ScriptedServer server({script});
    HttpClientOptions options;
    options.response_body_max = ByteSize(100);
    BlockingHttpClient client(options);
    const auto response = client.Send(server.endpoint(), {}, milliseconds(5000));
    ASSERT_FALSE(response.ok()) << script;
    EXPECT_EQ(response.error().code(), code) << script << response.error().ToString();
  }
}

TEST(HttpClientFaults, ABodyUntilCloseIsComplete) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\n\r\nall of it"});
  BlockingHttpClient client;
  EXPECT_EQ(client.Send(server.endpoint(), {}, milliseconds(5000))->body, "all of it");
}

}  // namespace
}  // namespace venice::net
