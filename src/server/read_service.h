// The data endpoints: GET /storage/<S>_v<N>/<partition>/<key>, POST /storage/<S>_v<N>. Source: read-path reference 4.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "metadata/store_repository.h"
#include "net/http_server.h"
#include "server/replica_table.h"

namespace venice::server {

// Its handlers run on the loops; what is not in memory goes to the pool and is answered from there.
class ReadService {
 public:
  ReadService(const PublishedTable& table, metadata::StoreRepository& stores, ThreadPool& pool)
      : table_(table), stores_(stores), pool_(pool) {}

  // parts  of the target, the action first
  void SingleGet(const std::vector<std::string_view>& parts, net::Responder responder);
  void BatchGet(const std::vector<std::string_view>& parts, net::HttpRequest request, net::Responder responder);
  // Read compute is not offered: clients compute themselves.
  void Compute(const std::vector<std::string_view>& parts, net::Responder responder);

 private:
  struct Batch;
  enum class Progress { kDone, kMore, kFailed };

  static Progress Advance(Batch& batch, storage::ReadTier tier, size_t keys_max);
  static void Finish(Batch& batch, Progress progress, net::Responder responder);
  // 503 when this host should have the version but cannot answer now, 400 when it is asked for another than the
  // current.
  net::HttpResponse NotHere(std::string_view topic) const;

  const PublishedTable& table_;
  metadata::StoreRepository& stores_;
  ThreadPool& pool_;
};

}  // namespace venice::server
