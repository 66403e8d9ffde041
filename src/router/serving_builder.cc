#include "router/serving_builder.h"

#include <algorithm>

#include "base/log.h"

namespace venice::router {
namespace {

constexpr auto kFetchTimeout = std::chrono::milliseconds(30'000);  // router.dictionary.retrieval.time.ms
constexpr auto kBackoffFirst = std::chrono::milliseconds(100);
constexpr auto kBackoffMax = std::chrono::milliseconds(10'000);

bool NeedsDictionary(const metadata::Version& version) {
  return version.compression == metadata::CompressionStrategy::kZstdWithDict;
}

bool MayServeSoon(metadata::VersionStatus status) {
  return status == metadata::VersionStatus::kOnline || status == metadata::VersionStatus::kStarted ||
         status == metadata::VersionStatus::kPushed || status == metadata::VersionStatus::kRolledBack;
}

}  // namespace

ServingBuilder::ServingBuilder(metadata::StoreRepository& stores, helix::Spectator& spectator, Publish publish)
    : stores_(stores), spectator_(spectator), publish_(std::move(publish)), fetcher_("router-dict", 1) {
  stores_.AddListener([this](const metadata::StoreChange&) { Wake(); });
  spectator_.AddListener([this](const std::shared_ptr<const helix::ClusterView>&) { Wake(); });
}

ServingBuilder::~ServingBuilder() { Stop(); }

void ServingBuilder::Start(std::chrono::milliseconds dictionary_wait) {
  Build();
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, dictionary_wait, [this] { return fetching_.empty(); });
  lock.unlock();
  Build();
  lock.lock();
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
}

void ServingBuilder::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  fetcher_.Stop();
}

void ServingBuilder::Wake() {
  std::lock_guard lock(mutex_);
  dirty_ = true;
  wake_.notify_all();
}

void ServingBuilder::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return dirty_ || stopping_; });
      if (stopping_) return;
      dirty_ = false;
    }
    Build();
  }
}

void ServingBuilder::Build() {
  std::lock_guard building(build_mutex_);
  const std::shared_ptr<const helix::ClusterView> view = spectator_.View();
  if (view != routes_view_ || !routes_) {
    routes_ = routing_builder_.Build(*view);
    routes_view_ = view;
  }
  auto table = std::make_shared<ServingTable>();
  table->view = view;
  table->routes = routes_;
  const std::shared_ptr<const metadata::StoreMap> stores = stores_.Snapshot();  // held while it is walked
  for (const auto& [name, entry] : *stores) {
    if (entry.store) table->stores.emplace(name, Serve(entry, *routes_));
  }
  served_ = table->stores;
  {
    std::lock_guard lock(mutex_);  // dictionaries of versions that are gone
    std::erase_if(dictionaries_, [&](const auto& known) {
      return std::none_of(table->stores.begin(), table->stores.end(), [&](const auto& store) {
        const auto& versions = store.second->store->versions;
        return std::any_of(versions.begin(), versions.end(),
                           [&](const metadata::Version& version) { return version.Topic() == known.first; });
      });
    });
  }
  publish_(std::move(table));
}

std::shared_ptr<const ServedStore> ServingBuilder::Serve(const metadata::StoreEntry& entry,
                                                         const dispatch::RoutingTable& routes) {
  const metadata::Store& store = *entry.store;
  for (const metadata::Version& version : store.versions) {
    if (NeedsDictionary(version) && MayServeSoon(version.status)) WantDictionary(version, routes);
  }
  const auto before = served_.find(store.name);
  const std::shared_ptr<const ServedVersion> served = before == served_.end() ? nullptr : before->second->version;
  const dispatch::VersionChoice choice =
      dispatch::ChooseVersion(store, served ? served->number : 0, routes,
                              [this](const metadata::Version& version) { return Dictionary(version) != nullptr; });
  auto out = std::make_shared<ServedStore>();
  out->store = entry.store;
  out->schemas = entry.schemas ? entry.schemas : std::make_shared<const metadata::StoreSchemas>();
  if (before != served_.end() && before->second->schemas->key == out->schemas->key) {
    out->key_schema = before->second->key_schema;
  } else if (auto schema = avro::Schema::Parse(out->schemas->key.text, avro::Schema::Defaults::kAccept); schema.ok()) {
    out->key_schema = std::move(schema).value();
  }
  out->reason = choice.reason;
  if (choice.version != 0) {
    const metadata::Version& version = *store.FindVersion(choice.version);
    auto chosen = std::make_shared<ServedVersion>();
    chosen->number = version.number;
    chosen->partition_count = version.partition_count;
    chosen->topic = version.Topic();
    chosen->routes = routes.Find(chosen->topic);
    if (NeedsDictionary(version)) chosen->dictionary = Dictionary(version);
    out->version = std::move(chosen);
  }
  const int32_t old_number = served ? served->number : 0;
  if (choice.version != old_number) {
    LogInfo("router.version.served", {{"store", store.name},
                                      {"version", choice.version},
                                      {"before", old_number},
                                      {"current", store.current_version},
                                      {"reason", dispatch::ToText(choice.reason)}});
  }
  return out;
}

std::shared_ptr<const protocol::ZstdDictionary> ServingBuilder::Dictionary(const metadata::Version& version) {
  std::lock_guard lock(mutex_);
  const auto found = dictionaries_.find(version.Topic());
  return found == dictionaries_.end() ? nullptr : found->second;
}

void ServingBuilder::WantDictionary(const metadata::Version& version, const dispatch::RoutingTable& routes) {
  const std::shared_ptr<const dispatch::VersionRoutes> ready = routes.Find(version.Topic());
  if (!ready) return;
  std::vector<net::Endpoint> servers;
  for (int32_t partition = 0; partition < version.partition_count; ++partition) {
    for (const dispatch::HostId host : ready->Replicas(partition)) servers.push_back(routes.hosts[host]);
  }
  if (servers.empty()) return;  // asked again when a replica is ready
  std::sort(servers.begin(), servers.end());
  servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || dictionaries_.contains(version.Topic()) || !fetching_.insert(version.Topic()).second) return;
  }
  const bool queued =
      fetcher_.Submit([this, topic = version.Topic(), store = version.store_name, number = version.number,
                       servers = std::move(servers)] { FetchDictionary(topic, store, number, servers, 0); });
  if (!queued) {
    std::lock_guard lock(mutex_);
    fetching_.erase(version.Topic());
  }
}

void ServingBuilder::FetchDictionary(const std::string& topic, const std::string& store, int32_t version,
                                     std::vector<net::Endpoint> servers, int attempt) {
  net::HttpRequest request;
  request.target = "/dictionary/" + store + "/" + std::to_string(version);
  const net::Endpoint& server = servers[attempt % servers.size()];
  const Result<net::HttpResponse> response = http_.Send(server, std::move(request), kFetchTimeout);
  std::string problem;
  if (!response.ok()) {
    problem = response.error().message();
  } else if (response->status != 200) {
    problem = "status " + std::to_string(response->status);
  } else if (auto dictionary = protocol::ZstdDictionary::Make(response->body); dictionary.ok()) {
    std::lock_guard lock(mutex_);
    dictionaries_[topic] = std::move(dictionary).value();
  } else {
    problem = dictionary.error().message();
  }
  if (!problem.empty()) {
    LogWarning("router.dictionary.failed",
               {{"version", topic}, {"server", server.ToString()}, {"attempt", attempt}, {"reason", problem}});
    const auto backoff = std::min(kBackoffFirst * (1 << std::min(attempt, 10)), kBackoffMax);
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, backoff, [this] { return stopping_; })) return;
    const bool wanted = !dictionaries_.contains(topic) && attempt < 5;
    lock.unlock();
    if (wanted) return FetchDictionary(topic, store, version, std::move(servers), attempt + 1);
  }
  {
    std::lock_guard lock(mutex_);
    fetching_.erase(topic);  // a failure is tried again with the next change, with the servers of then
  }
  Wake();
}

}  // namespace venice::router
