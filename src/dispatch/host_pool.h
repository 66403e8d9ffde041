// The storage nodes as one event loop sees them: how busy each is, whether it is well, and the connections to it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "dispatch/routing_table.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace venice::dispatch {

struct HostPoolOptions {
  int connections_per_host = 32;
  int pending_max = 30'000;          // requests under way over all hosts; more are refused
  int pending_per_host_max = 500;    // a host with more is left alone until it is down to
  int pending_per_host_resume = 15;  // this many
  std::chrono::milliseconds timeout{5'000};
  std::chrono::milliseconds heartbeat_cycle{5'000};
  std::chrono::milliseconds heartbeat_timeout{60'000};
};

// Loop-bound.
class HostPool {
 public:
  using Callback = std::function<void(Result<net::HttpResponse>)>;

  HostPool(net::EventLoop& loop, HostPoolOptions options);
  ~HostPool();

  // Hosts that appear are taken for healthy until they prove otherwise.
  void SetTable(std::shared_ptr<const RoutingTable> table);

  // The candidate with the fewest requests under way, unwell ones only when there is no other; ties by chance.
  // nullopt when all candidates are in `exclude`, or there are none.
  std::optional<HostId> Choose(std::span<const HostId> candidates, std::span<const HostId> exclude = {});
  // Counts a choice that has not been sent yet, so that the keys of one batch spread.
  int pending(HostId host) const { return hosts_[host].pending; }

  // Errors to the callback: those of HttpClient; kResourceExhausted when too much is under way already.
  void Send(HostId host, net::HttpRequest request, Callback callback);

  net::EventLoop& loop() { return loop_; }

 private:
  struct Host {
    int pending = 0;
    bool live = false;
    bool healthy = true;
    bool overloaded = false;
    bool beating = false;
  };

  void Heartbeat(HostId host);
  void ScheduleHeartbeats();

  net::EventLoop& loop_;
  const HostPoolOptions options_;
  std::shared_ptr<const RoutingTable> table_;
  std::vector<Host> hosts_;
  int pending_ = 0;
  std::minstd_rand random_;
  net::EventLoop::TimerId heartbeat_timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<net::HttpClient> client_;  // last: its end cancels requests that look at the above
};

}  // namespace venice::dispatch
