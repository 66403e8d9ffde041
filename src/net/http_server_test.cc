#include "net/http_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/thread_pool.h"
#include "base/wait.h"
#include "net/http_client.h"
#include "net/socket.h"

namespace venice::net {
namespace {

using std::chrono::milliseconds;

// A peer that writes and reads raw bytes.
class RawPeer {
 public:
  explicit RawPeer(uint16_t port) {
    const auto address = LiteralAddresses("127.0.0.1", port).front();
    fd_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM, 0));
    connected_ = ::connect(fd_.get(), address.get(), address.size) == 0;
  }
  bool connected() const { return connected_; }
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(sent);
    }
    return true;
  }
  // Until `bytes` are there, or the peer closed, or 10 s have passed.
  std::string ReadAtLeast(size_t bytes) {
    std::string out;
    char buffer[4096];
    while (out.size() < bytes) {
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 10'000) <= 0) break;
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) {
        closed_ = true;
        reset_ = got < 0;
        break;
      }
      out.append(buffer, got);
    }
    return out;
  }
  std::string ReadUntilClosed() { return ReadAtLeast(1 << 30); }
  std::string ReadUntil(std::string_view text) {
    std::string out;
    while (out.find(text) == std::string::npos && !closed_) {
      const std::string more = ReadAtLeast(1);
      if (more.empty()) break;
      out += more;
    }
    return out;
  }
  bool closed() const { return closed_ && !reset_; }
  void HalfClose() { ::shutdown(fd_.get(), SHUT_WR); }
  int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  bool connected_ = false;
  bool closed_ = false;
  bool reset_ = false;
};

HttpResponse Text(std::string body, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

class HttpServerTest : public testing::Test {
 protected:
  void Serve(HttpHandler handler, HttpServerOptions options = {}, int loops = 1) {
    loops_ = std::make_unique<EventLoopGroup>("test", loops);
    loops_->Start();
    server_ = std::make_unique<HttpServer>(*loops_, options, std::move(handler));
    ASSERT_TRUE(server_->Start().ok());
  }
  void ServeEcho(HttpServerOptions options = {}) {
    Serve([](HttpRequest request,
             Responder responder) { responder.Send(Text(request.method + " " + request.target + " " + request.body)); },
          options);
  }
  uint16_t port() const { return server_->port(); }

  std::unique_ptr<EventLoopGroup> loops_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  ServeEcho();
  RawPeer peer(port());
  for (int i = 0; i < 3; ++i) {
    peer.Write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(peer.ReadUntil("/a "), "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nGET /a ");
  }
}

TEST_F(HttpServerTest, RequestsSplitAtEveryByteAreAnswered) {
  ServeEcho();
  const std::string wire = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  RawPeer peer(port());
  const int on = 1;
  ::setsockopt(peer.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
  for (size_t split = 1; split < wire.size(); ++split) {
    peer.Write(std::string_view(wire).substr(0, split));
    peer.Write(std::string_view(wire).substr(split));
    EXPECT_NE(peer.ReadUntil("POST /a abc").find("200 OK"), std::string::npos) << split;
  }
}

TEST_F(HttpServerTest, PipelinedAnswersLeaveInRequestOrderWhoeverIsFirst) {
  ThreadPool pool("test", 4);
  std::mutex mutex;
  std::vector<Responder> held;
  Serve([&](HttpRequest request, Responder responder) {
    if (request.target == "/hold") {
      std::lock_guard lock(mutex);
      held.push_back(std::move(responder));
    } else if (request.target == "/pool") {
      auto shared = std::make_shared<Responder>(std::move(responder));
      ASSERT_TRUE(pool.Submit([shared] { shared->Send(Text("[pool]")); }));
    } else if (request.target == "/chunks") {
      responder.SendHead(Text("[c1"));
      responder.SendChunk("c2]");
      responder.Finish();
    } else {
      responder.Send(Text("[" + request.target + "]"));
    }
  });
  RawPeer peer(port());
  std::string wire = "GET /hold HTTP/1.1\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    wire += "GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n";
    wire += "GET /pool HTTP/1.1\r\n\r\nGET /chunks HTTP/1.1\r\n\r\n";
  }
  wire += "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n";
  peer.Write(wire);
  ASSERT_TRUE(WaitUntil(
      [&] {
        std::lock_guard lock(mutex);
        return held.size() == 1;
      },
      milliseconds(5000)));
  held.front().Send(Text("[held]"));
  held.clear();
  const std::string got = peer.ReadUntilClosed();
  size_t at = got.find("[held]");
  ASSERT_NE(at, std::string::npos);
  for (int i = 0; i < 20; ++i) {
    const size_t own = got.find("[/" + std::to_string(i) + "]", at);
    const size_t pool_answer = got.find("[pool]", own);
    const size_t chunks = got.find("3\r\n[c1\r\n3\r\nc2]\r\n0\r\n\r\n", pool_answer);
    ASSERT_NE(chunks, std::string::npos) << i;
    at = chunks;
  }
  EXPECT_NE(got.find("Connection: close\r\nContent-Length: 7\r\n\r\n[/last]", at), std::string::npos);
}

TEST_F(HttpServerTest, AThousandPipelinedRequestsPassThroughASmallPipeline) {
  HttpServerOptions options;
  options.pipeline_max = 8;
  ThreadPool pool("test", 2);
  Serve(
      [&](HttpRequest request, Responder responder) {
        auto shared = std::make_shared<Responder>(std::move(responder));
        ASSERT_TRUE(pool.Submit([shared, target = request.target] { shared->Send(Text(target + ";")); }));
      },
      options);
  RawPeer peer(port());
  std::string wire;
  for (int i = 0; i < 1000; ++i) wire += "GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n";
  std::thread writer([&] { peer.Write(wire); });
  const std::string got = peer.ReadUntil("/999;");
  writer.join();
  size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = got.find("/" + std::to_string(i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpServerTest, LargeBodiesBothWays) {
  HttpServerOptions options;
  options.body_max = ByteSize(64 << 20);
  Serve([](HttpRequest request, Responder responder) { responder.Send(Text(std::move(request.body))); }, options);
  std::string body(20 << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 977) body[i] = static_cast<char>(i);
  BlockingHttpClient client;
  HttpRequest request;
  request.method = "POST";
  request.body = body;
  const auto response = client.Send({"127.0.0.1", port()}, request, milliseconds(30'000));
  ASSERT_TRUE(response.ok()) << response.error().ToString();
  EXPECT_TRUE(response->body == body);
}

TEST_F(HttpServerTest, HeadHasLengthButNoBody) {
  ServeEcho();
  RawPeer peer(port());
  peer.Write("HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(peer.ReadUntilClosed(), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\n");
}

TEST_F(HttpServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  ServeEcho();
  RawPeer peer(port());
  peer.Write("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(peer.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.Write("abc");
  EXPECT_NE(peer.ReadUntil("abc").find("POST /a abc"), std::string::npos);
}

TEST_F(HttpServerTest, ExpectContinueBehindAnotherRequestComesAfterItsAnswer) {
  std::promise<Responder> held;
  Serve([&](HttpRequest request, Responder responder) {
    if (request.method == "GET") return held.set_value(std::move(responder));
    responder.Send(Text(request.body));
  });
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  held.get_future().get().Send(Text("first"));
  EXPECT_NE(peer.ReadUntil("100 Continue\r\n\r\n").find("first"), std::string::npos);
  peer.Write("abc");
  EXPECT_NE(peer.ReadUntil("abc").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, GarbageGetsFourHundredAndAClose) {
  ServeEcho();
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::string garbage(1 + random() % 3000, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    garbage[0] = '\x01';
    RawPeer peer(port());
    peer.Write(garbage);
    EXPECT_TRUE(peer.ReadUntilClosed().starts_with("HTTP/1.1 400 Bad Request\r\n")) << round;
    EXPECT_TRUE(peer.closed());
  }
  RawPeer tls(port());
  tls.Write("\x16\x03\x01\x02\x01");
  EXPECT_NE(tls.ReadUntilClosed().find("http://"), std::string::npos);
}

TEST_F(HttpServerTest, LimitsHaveTheirStatuses) {
  ServeEcho();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", "414"},
      {"GET / HTTP/1.1\r\nA: " + std::string(9000, 'a') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + std::string(100'000, 'b'), "413"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"GET / HTTP/2.0\r\n\r\n", "505"},
  };
  for (const auto& [wire, status] : cases) {
    RawPeer peer(port());
    peer.Write(wire);
    EXPECT_TRUE(peer.ReadUntilClosed().starts_with("HTTP/1.1 " + status)) << status;
  }
  RawPeer good(port());
  good.Write("GET /ok HTTP/1.1\r\n\r\n");
  EXPECT_NE(good.ReadUntil("GET /ok ").find("200"), std::string::npos);
}

TEST_F(HttpServerTest, AFaultAfterGoodRequestsIsAnsweredInItsTurn) {
  ServeEcho();
  RawPeer peer(port());
  peer.Write("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\x01\x02\x03\r\n\r\n");
  const std::string got = peer.ReadUntilClosed();
  EXPECT_LT(got.find("GET /1"), got.find("GET /2"));
  EXPECT_LT(got.find("GET /2"), got.find("400 Bad Request"));
  EXPECT_NE(got.find("400 Bad Request"), std::string::npos);
}

TEST_F(HttpServerTest, SlowSendersAreCutAndIdleOnesClosed) {
  HttpServerOptions options;
  options.request_timeout = milliseconds(60);
  options.idle_timeout = milliseconds(60);
  ServeEcho(options);
  RawPeer slow(port());
  slow.Write("GET / HTTP/1.1\r\nHos");
  EXPECT_TRUE(slow.ReadUntilClosed().starts_with("HTTP/1.1 408"));
  RawPeer slow_body(port());
  slow_body.Write("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(slow_body.ReadUntilClosed().starts_with("HTTP/1.1 408"));
  RawPeer idle(port());
  EXPECT_EQ(idle.ReadUntilClosed(), "");
  EXPECT_TRUE(idle.closed());
}

TEST_F(HttpServerTest, ConnectionsOverTheCapGetFourTwentyNine) {
  HttpServerOptions options;
  options.connections_max = 2;
  ServeEcho(options);
  auto first = std::make_unique<RawPeer>(port());
  RawPeer second(port());
  for (RawPeer* peer : {first.get(), &second}) {
    peer->Write("GET /x HTTP/1.1\r\n\r\n");
    EXPECT_NE(peer->ReadUntil("GET /x ").find("200"), std::string::npos);
  }
  RawPeer third(port());
  EXPECT_TRUE(third.ReadUntilClosed().starts_with("HTTP/1.1 429 Too Many Connections\r\n"));
  first.reset();
  EXPECT_TRUE(WaitUntil(
      [&] {
        RawPeer again(port());
        again.Write("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n");
        return again.ReadUntilClosed().starts_with("HTTP/1.1 200");
      },
      milliseconds(10'000)));
}

TEST_F(HttpServerTest, ADroppedResponderAnswersFiveHundred) {
  Serve([](HttpRequest, Responder) {});
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(peer.ReadUntilClosed().starts_with("HTTP/1.1 500"));
}

TEST_F(HttpServerTest, AStreamDroppedHalfWayIsCutNotEnded) {
  Serve([](HttpRequest, Responder responder) { responder.SendHead(Text("half")); });
  BlockingHttpClient client;
  const auto response = client.Send({"127.0.0.1", port()}, {}, milliseconds(5000));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
}

TEST_F(HttpServerTest, OldClientsGetAnUnchunkedStream) {
  Serve([](HttpRequest, Responder responder) {
    responder.SendHead(Text(""));
    responder.SendChunk("abc");
    responder.SendChunk("def");
    responder.Finish();
  });
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(peer.ReadUntilClosed(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdef");
}

TEST_F(HttpServerTest, APeerThatHalfClosesStillGetsItsAnswer) {
  std::promise<Responder> held;
  Serve([&](HttpRequest, Responder responder) { held.set_value(std::move(responder)); });
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.1\r\n\r\n");
  peer.HalfClose();
  held.get_future().get().Send(Text("late"));
  EXPECT_NE(peer.ReadUntilClosed().find("late"), std::string::npos);
}

TEST_F(HttpServerTest, HeaderValuesCannotStartNewLines) {
  Serve([](HttpRequest, Responder responder) {
    HttpResponse response = Text("x");
    response.headers.Add("X-Error-Message", "bad\r\nSet-Cookie: evil");
    responder.Send(std::move(response));
  });
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(peer.ReadUntilClosed().find("X-Error-Message: bad  Set-Cookie: evil\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersAfterThePeerLeftAreDropped) {
  std::promise<Responder> held;
  Serve([&](HttpRequest, Responder responder) { held.set_value(std::move(responder)); });
  auto peer = std::make_unique<RawPeer>(port());
  peer->Write("GET / HTTP/1.1\r\n\r\n");
  Responder responder = held.get_future().get();
  peer.reset();
  responder.Send(Text(std::string(1 << 20, 'x')));
}

TEST_F(HttpServerTest, AnswersAfterStopAreDropped) {
  std::promise<Responder> held;
  Serve([&](HttpRequest, Responder responder) { held.set_value(std::move(responder)); });
  RawPeer peer(port());
  peer.Write("GET / HTTP/1.1\r\n\r\n");
  Responder responder = held.get_future().get();
  server_->Stop();
  EXPECT_EQ(peer.ReadUntilClosed(), "");
  responder.Send(Text("nobody"));
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  ServeEcho();
  EventLoopGroup loops("second", 2);
  HttpServerOptions options;
  options.port = port();
  HttpServer second(loops, options, [](HttpRequest, Responder) {});
  const Status status = second.Start();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_NE(status.error().message().find("port " + std::to_string(port())), std::string::npos);
  EXPECT_NE(status.error().message().find("in use"), std::string::npos);

  options.port = 0;
  options.host = "203.0.113.1";
  HttpServer elsewhere(loops, options, [](HttpRequest, Responder) {});
  EXPECT_EQ(elsewhere.Start().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(HttpServerTest, EveryLoopOfTheServerAcceptsAndThePortIsFreeAfterStop) {
  std::mutex mutex;
  std::set<EventLoop*> seen;
  Serve(
      [&](HttpRequest, Responder responder) {
        std::lock_guard lock(mutex);
        seen.insert(&responder.loop());
        responder.Send(Text("x"));
      },
      {}, 2);
  EXPECT_TRUE(WaitUntil(
      [&] {
        RawPeer peer(port());
        peer.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        peer.ReadUntilClosed();
        std::lock_guard lock(mutex);
        return seen.size() == 2;
      },
      milliseconds(10'000), milliseconds(0)));
  HttpServerOptions options;
  options.port = port();
  server_->Stop();
  HttpServer next(*loops_, options, [](HttpRequest, Responder responder) { responder.Send(Text("next")); });
  ASSERT_TRUE(next.Start().ok());
  RawPeer peer(options.port);
  peer.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(peer.ReadUntilClosed().find("next"), std::string::npos);
}

}  // namespace
}  // namespace venice::net
