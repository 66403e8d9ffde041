#include "dispatch/host_pool.h"

#include <algorithm>
#include <climits>

#include "base/log.h"

namespace venice::dispatch {
namespace {

// A host whose connection broke is asked again this soon, then with every cycle.
constexpr auto kFirstCheckAfterFailure = std::chrono::milliseconds(250);

}  // namespace

HostPool::HostPool(net::EventLoop& loop, HostPoolOptions options)
    : loop_(loop), options_(options), table_(std::make_shared<RoutingTable>()), random_(std::random_device{}()) {
  net::HttpClientOptions client;
  client.connections_per_endpoint_max = options.connections_per_host;
  client_ = std::make_unique<net::HttpClient>(loop, client);
  ScheduleHeartbeats();
}

HostPool::~HostPool() {
  *alive_ = false;
  loop_.Cancel(heartbeat_timer_);
  client_.reset();
}

void HostPool::SetTable(std::shared_ptr<const RoutingTable> table) {
  table_ = std::move(table);
  hosts_.resize(std::max(hosts_.size(), table_->hosts.size()));
  std::vector<bool> live(hosts_.size(), false);
  for (const HostId id : table_->live) live[id] = true;
  for (size_t id = 0; id < hosts_.size(); ++id) {
    if (live[id] && !hosts_[id].live) hosts_[id].healthy = true;  // it is back, or new
    hosts_[id].live = live[id];
  }
}

std::optional<HostId> HostPool::Choose(std::span<const HostId> candidates, std::span<const HostId> exclude) {
  std::optional<HostId> best;
  if (!*alive_) return best;  // going down: what is cancelled now is not sent again
  int best_cost = INT_MAX;
  uint32_t ties = 0;
  for (const HostId id : candidates) {
    if (std::find(exclude.begin(), exclude.end(), id) != exclude.end()) continue;
    const Host& host = hosts_[id];
    const int cost = host.pending + (host.overloaded ? 1'000'000 : 0) + (host.healthy ? 0 : 10'000'000);
    if (cost < best_cost) {
      best = id;
      best_cost = cost;
      ties = 1;
    } else if (cost == best_cost && random_() % ++ties == 0) {
      best = id;
    }
  }
  return best;
}

void HostPool::Send(HostId id, net::HttpRequest request, Callback callback) {
  if (pending_ >= options_.pending_max) {
    loop_.Post([callback = std::move(callback), max = options_.pending_max] {
      callback(Error(ErrorCode::kResourceExhausted,
                     "this router has " + std::to_string(max) + " requests under way; try again later"));
    });
    return;
  }
  ++pending_;
  Host& host = hosts_[id];
  if (++host.pending > options_.pending_per_host_max) host.overloaded = true;
  client_->Send(table_->hosts[id], std::move(request), options_.timeout,
                [this, alive = alive_, id, callback = std::move(callback)](Result<net::HttpResponse> response) {
                  if (*alive) {
                    --pending_;
                    Host& host = hosts_[id];
                    if (--host.pending <= options_.pending_per_host_resume) host.overloaded = false;
                    if (!response.ok() && response.error().code() == ErrorCode::kUnavailable && host.healthy) {
                      LogWarning("dispatch.host.unwell",
                                 {{"host", table_->hosts[id].ToString()}, {"reason", response.error().message()}});
                      host.healthy = false;
                      loop_.RunAfter(kFirstCheckAfterFailure, [this, alive, id] {
                        if (*alive) Heartbeat(id);
                      });
                    }
                  }
                  callback(std::move(response));
                });
}

void HostPool::ScheduleHeartbeats() {
  heartbeat_timer_ = loop_.RunAfter(options_.heartbeat_cycle, [this] {
    for (const HostId id : table_->live) Heartbeat(id);
    ScheduleHeartbeats();
  });
}

void HostPool::Heartbeat(HostId id) {
  Host& host = hosts_[id];
  if (host.beating || !host.live) return;
  host.beating = true;
  net::HttpRequest request;
  request.target = "/health";
  client_->Send(
      table_->hosts[id], std::move(request), options_.heartbeat_timeout,
      [this, alive = alive_, id](Result<net::HttpResponse> response) {
        if (!*alive) return;
        Host& host = hosts_[id];
        host.beating = false;
        const bool well = response.ok() && response->status == 200;
        if (well != host.healthy) {
          LogInfo(well ? "dispatch.host.well" : "dispatch.host.unwell", {{"host", table_->hosts[id].ToString()}});
        }
        host.healthy = well;
      });
}

}  // namespace venice::dispatch
