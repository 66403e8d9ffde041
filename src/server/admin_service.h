// The endpoints beside data: health, dictionary, current version, and ours: /replicas and /verify.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "metadata/store_repository.h"
#include "net/http_server.h"
#include "server/replica_manager.h"

namespace venice::server {

// Its handlers run on the loops; what reads the disk runs on the pools.
class AdminService {
 public:
  AdminService(std::string instance, const ReplicaManager& replicas, metadata::StoreRepository& stores,
               ThreadPool& read_pool, ThreadPool& scan_pool)
      : instance_(std::move(instance)),
        replicas_(replicas),
        stores_(stores),
        read_pool_(read_pool),
        scan_pool_(scan_pool) {}

  // GET /dictionary/<S>/<N>
  void Dictionary(const std::vector<std::string_view>& parts, net::Responder responder);
  // GET /current_version/<S>
  void CurrentVersion(const std::vector<std::string_view>& parts, net::Responder responder);
  // GET /metadata/<S>, GET /store_properties/<S>
  void Metadata(const std::vector<std::string_view>& parts, net::Responder responder);
  // GET /replicas: JSON array, one object per replica on this host.
  void Replicas(net::Responder responder);
  // GET /verify/<S>_v<N>/<partition>: reads all stored pairs and compares their count and digest with what was pushed.
  void Verify(const std::vector<std::string_view>& parts, net::Responder responder);

 private:
  const std::string instance_;
  const ReplicaManager& replicas_;
  metadata::StoreRepository& stores_;
  ThreadPool& read_pool_;
  ThreadPool& scan_pool_;
};

}  // namespace venice::server
