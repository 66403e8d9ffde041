// The controller's HTTP interface: parses, checks in Venice's order, runs the handler, wraps the answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "controller/cluster.h"
#include "controller/settings.h"
#include "net/http_server.h"

namespace venice::controller {

struct Call;

// 503 with the reason, as JSON like every other answer.
net::HttpResponse NotNow(const std::string& why);

// Thread-safe. Handlers run on its bounded pool, never on a loop.
class HttpFront {
 public:
  HttpFront(const ControllerSettings& settings, std::vector<Cluster*> clusters);
  ~HttpFront();

  // For net::HttpServer; runs on a loop.
  void Handle(net::HttpRequest request, net::Responder responder);
  // Refuses what comes, finishes what runs.
  void Stop();

  // The whole way of one request, on the calling thread.
  net::HttpResponse Answer(const net::HttpRequest& request) const;

 private:
  // Sets the call's cluster, by name or by store; or the answer when it cannot be asked here.
  std::optional<net::HttpResponse> FindCluster(Call& call) const;
  Result<std::string> ClusterOf(const std::string& store) const;

  const ControllerSettings& settings_;
  const std::vector<Cluster*> clusters_;
  ThreadPool pool_;
};

}  // namespace venice::controller
