// Builds serving tables: follows stores and replicas, decides versions, fetches dictionaries.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/thread_pool.h"
#include "dispatch/routing_table.h"
#include "helix/spectator.h"
#include "metadata/store_repository.h"
#include "net/http_client.h"
#include "router/serving_table.h"

namespace venice::router {

// Thread-safe. Owns one thread that builds (many changes at once cost one build) and one that fetches dictionaries.
class ServingBuilder {
 public:
  using Publish = std::function<void(std::shared_ptr<const ServingTable>)>;

  // Registers itself with both sources, which must be stopped before this is destroyed.
  ServingBuilder(metadata::StoreRepository& stores, helix::Spectator& spectator, Publish publish);
  ~ServingBuilder();  // as Stop()

  // Builds and publishes the first table on the calling thread, after fetching the dictionaries it needs as far as
  // they can be had within `dictionary_wait`.
  void Start(std::chrono::milliseconds dictionary_wait);
  void Stop();
  void Wake();

 private:
  using DictionaryKey = std::string;  // version topic

  void Run();
  void Build();
  std::shared_ptr<const ServedStore> Serve(const metadata::StoreEntry& entry, const dispatch::RoutingTable& routes);
  std::shared_ptr<const protocol::ZstdDictionary> Dictionary(const metadata::Version& version);
  void WantDictionary(const metadata::Version& version, const dispatch::RoutingTable& routes);
  void FetchDictionary(const std::string& topic, const std::string& store, int32_t version,
                       std::vector<net::Endpoint> servers, int attempt);

  metadata::StoreRepository& stores_;
  helix::Spectator& spectator_;
  const Publish publish_;

  std::mutex build_mutex_;  // one build at a time
  dispatch::RoutingTableBuilder routing_builder_;
  std::shared_ptr<const helix::ClusterView> routes_view_;
  std::shared_ptr<const dispatch::RoutingTable> routes_;
  std::map<std::string, std::shared_ptr<const ServedStore>, std::less<>> served_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable wake_;
  bool dirty_ = false;
  bool stopping_ = false;
  std::map<DictionaryKey, std::shared_ptr<const protocol::ZstdDictionary>> dictionaries_;
  std::set<DictionaryKey> fetching_;
  std::thread thread_;
  net::BlockingHttpClient http_;
  ThreadPool fetcher_;
};

}  // namespace venice::router
