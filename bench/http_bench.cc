// How fast net's HTTP server answers a small get, beside a peer that does nothing but the system calls: it counts the
// blank lines that arrive and sends as many canned answers. Same load, same run, alternating rounds.
//
//   http-bench [seconds per round = 2] [rounds = 3]
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/socket.h"

namespace {

using namespace venice::net;

constexpr int kConnections = 50;
const std::string kRequest =
    "GET /storage/profiles_v1/3/Y2hhcmxpZQ==?f=b64 HTTP/1.1\r\nHost: 127.0.0.1:1234\r\nX-VENICE-API-VERSION: 1\r\n\r\n";
const std::string kCanned =
    "HTTP/1.1 200 OK\r\nContent-Type: avro/binary\r\nX-VENICE-SCHEMA-ID: 1\r\nX-VENICE-COMPRESSION-STRATEGY: 0\r\n"
    "X-VENICE-RCU: 1\r\nContent-Length: 100\r\n\r\n" +
    std::string(100, 'v');

double ThreadSeconds(pthread_t thread) {
  clockid_t clock;
  timespec time{};
  pthread_getcpuclockid(thread, &clock);
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The floor: receive, count, send.
class CannedPeer {
 public:
  CannedPeer() : listener_(std::move(ListenOn("127.0.0.1", 0, 1)->front())), thread_([this] { Run(); }) {}
  ~CannedPeer() {
    stop_ = true;
    thread_.join();
    for (const int fd : fds_) ::close(fd);
  }
  uint16_t port() const { return LocalPort(listener_.get()); }
  pthread_t thread() { return thread_.native_handle(); }

 private:
  void Run() {
    const int poll = ::epoll_create1(0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener_.get()}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, listener_.get(), &event);
    std::vector<char> buffer(64 << 10);
    std::string out;
    epoll_event events[256];
    while (!stop_) {
      const int count = ::epoll_wait(poll, events, 256, 50);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_.get()) {
          const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
          if (accepted < 0) continue;
          SetNoDelay(accepted);
          fds_.push_back(accepted);
          epoll_event one{.events = EPOLLIN, .data = {.fd = accepted}};
          ::epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &one);
          continue;
        }
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
          ::epoll_ctl(poll, EPOLL_CTL_DEL, fd, nullptr);
          continue;
        }
        out.clear();
        for (size_t n = got / kRequest.size(); n > 0; --n) out += kCanned;
        ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
      }
    }
    ::close(poll);
  }

  FileDescriptor listener_;
  std::vector<int> fds_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Keeps `depth` requests under way on each connection. Returns answers a second.
double Load(uint16_t port, int depth, double seconds) {
  const SocketAddress address = LiteralAddresses("127.0.0.1", port).front();
  const int poll = ::epoll_create1(0);
  std::vector<FileDescriptor> connections;
  std::vector<size_t> received(kConnections, 0);
  std::string burst;
  for (int i = 0; i < depth; ++i) burst += kRequest;
  for (int i = 0; i < kConnections; ++i) {
    connections.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    if (::connect(connections[i].get(), address.get(), address.size) != 0) return 0;
    SetNoDelay(connections[i].get());
    epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<uint32_t>(i)}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].get(), &event);
    ::send(connections[i].get(), burst.data(), burst.size(), MSG_NOSIGNAL);
  }
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
  uint64_t answers = 0;
  std::vector<char> buffer(256 << 10);
  epoll_event events[kConnections];
  while (std::chrono::steady_clock::now() < end) {
    const int count = ::epoll_wait(poll, events, kConnections, 100);
    for (int i = 0; i < count; ++i) {
      const uint32_t which = events[i].data.u32;
      const ssize_t got = ::recv(connections[which].get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return 0;
      received[which] += got;  // every answer has the size of the canned one
      const size_t whole = received[which] / kCanned.size();
      received[which] -= whole * kCanned.size();
      answers += whole;
      ::send(connections[which].get(), burst.data(), whole * kRequest.size(), MSG_NOSIGNAL);
    }
  }
  ::close(poll);
  return static_cast<double>(answers) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Outcome {
  double per_second = 0;
  double cpu_us = 0;
};

Outcome Measure(uint16_t port, pthread_t server, int depth, double seconds) {
  const double cpu = ThreadSeconds(server);
  const double rate = Load(port, depth, seconds);
  return {rate, (ThreadSeconds(server) - cpu) / (rate * seconds) * 1e6};
}

Outcome Median(std::vector<Outcome> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const auto& a, const auto& b) { return a.per_second < b.per_second; });
  return rounds[rounds.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  EventLoopGroup loops("http", 1);
  HttpServer server(loops, {}, [](HttpRequest, Responder responder) {
    HttpResponse response;
    response.headers.fields = {{"Content-Type", "avro/binary"},
                               {"X-VENICE-SCHEMA-ID", "1"},
                               {"X-VENICE-COMPRESSION-STRATEGY", "0"},
                               {"X-VENICE-RCU", "1"}};
    response.body.assign(100, 'v');
    responder.Send(std::move(response));
  });
  if (!server.Start().ok()) return 1;
  loops.Start();
  pthread_t server_thread{};
  loops.loop(0).RunAndWait([&] { server_thread = pthread_self(); });
  CannedPeer canned;

  std::printf("%d connections, one server thread, medians of %d rounds of %.1f s\n", kConnections, rounds, seconds);
  std::printf("%-8s %16s %16s %8s %14s %14s\n", "depth", "net answers/s", "canned answers/s", "ratio", "net cpu us",
              "canned cpu us");
  for (const int depth : {1, 16}) {
    std::vector<Outcome> ours, floor;
    for (int round = 0; round < rounds; ++round) {
      ours.push_back(Measure(server.port(), server_thread, depth, seconds));
      floor.push_back(Measure(canned.port(), canned.thread(), depth, seconds));
    }
    const Outcome a = Median(ours), b = Median(floor);
    std::printf("%-8d %16.0f %16.0f %8.2f %14.2f %14.2f\n", depth, a.per_second, b.per_second,
                a.per_second / b.per_second, a.cpu_us, b.cpu_us);
  }

  // Our own client against our own server: requests under way at once over its pooled connections.
  EventLoop loop("client");
  loop.Start();
  std::unique_ptr<HttpClient> client;
  std::atomic<uint64_t> answers = 0;
  std::atomic<bool> stop = false;
  const Endpoint to{"127.0.0.1", server.port()};
  std::function<void()> next = [&] {
    if (stop) return;
    client->Send(to, HttpRequest{.target = "/storage/profiles_v1/3/Y2hhcmxpZQ==?f=b64"}, std::chrono::seconds(5),
                 [&](venice::Result<HttpResponse>) {
                   ++answers;
                   next();
                 });
  };
  loop.RunAndWait([&] {
    client = std::make_unique<HttpClient>(loop);
    for (int i = 0; i < kConnections; ++i) next();
  });
  pthread_t client_thread{};
  loop.RunAndWait([&] { client_thread = pthread_self(); });
  const double cpu = ThreadSeconds(client_thread);
  const uint64_t before = answers;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double done = static_cast<double>(answers - before);
  std::printf("HttpClient, %d under way: %.0f answers/s, %.2f us of client CPU each\n", kConnections, done / seconds,
              (ThreadSeconds(client_thread) - cpu) / done * 1e6);
  stop = true;
  loop.RunAndWait([&] { client.reset(); });
  server.Stop();
  return 0;
}
