// The controller's HTTP interface: parses, checks in Venice's order, runs the handler, wraps the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "controller/cluster.h"
#include "controller/settings.h"
#include "net/http_server.h"

namespace venice::controller {

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
  const ControllerSettings& settings_;
  const std::vector<Cluster*> clusters_;
  ThreadPool pool_;
};

}  // namespace venice::controller
