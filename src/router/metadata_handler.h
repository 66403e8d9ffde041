// The metadata and admin endpoints of the router: JSON about stores, schemas, versions, clusters.
// Source: read-path reference 2.6, 2.7.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/thread_pool.h"
#include "net/http_server.h"
#include "router/request_path.h"
#include "router/router.h"
#include "router/serving_table.h"
#include "zk/client.h"

namespace venice::router {

// Thread-safe: every event loop calls it with its own table.
class MetadataHandler {
 public:
  // `blocking` runs what asks ZooKeeper. All must outlive the handler.
  MetadataHandler(const RouterSettings& settings, zk::Client& zk, ThreadPool& blocking)
      : settings_(settings), zk_(zk), blocking_(blocking) {}

  // True when the path is one of ours: the request is then answered. Data paths are left alone.
  bool Handle(const RequestPath& path, const net::HttpRequest& request,
              const std::shared_ptr<const ServingTable>& table, net::Responder& responder) const;

 private:
  void DiscoverCluster(const std::string& store, net::Responder responder) const;

  const RouterSettings& settings_;
  zk::Client& zk_;
  ThreadPool& blocking_;
};

}  // namespace venice::router
