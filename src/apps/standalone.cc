#include "apps/standalone.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/wait.h"
#include "controller/controller.h"
#include "controller_api/client.h"
#include "embedded/zookeeper_server.h"
#include "net/http_client.h"
#include "router/router.h"
#include "server/server.h"

namespace venice::apps {
namespace {

// What Venice's own configuration files use.
constexpr uint16_t kUsualControllerPort = 5555;
constexpr uint16_t kUsualRouterPort = 7777;
constexpr uint16_t kUsualKafkaPort = 9092;
constexpr uint16_t kUsualZooKeeperPort = 2181;

constexpr std::chrono::seconds kReadyLimit{30};

// One process per data folder; the lock goes with the process, also after kill -9.
class FolderLock {
 public:
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Status Take(const std::string& folder) {
    const std::string path = folder + "/LOCK";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) return ErrnoError("cannot create " + path, errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      fd_ = -1;
      return Error(
          ErrorCode::kAlreadyExists,
          fmt::format("{} is in use by another venice-standalone; stop it or choose another --data-dir", folder));
    }
    return Ok();
  }

 private:
  int fd_ = -1;
};

// The ports of the last run, kept so that clients find a restarted Venice where it was.
struct RememberedPorts {
  std::map<std::string, uint16_t> by_service;

  static RememberedPorts Load(const std::string& path) {
    RememberedPorts ports;
    const auto text = ReadFile(path);
    if (!text.ok()) return ports;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object()) return ports;
    for (const auto& [service, port] : json.items()) {
      if (port.is_number_unsigned() && port.get<uint64_t>() <= 65535) ports.by_service[service] = port.get<uint16_t>();
    }
    return ports;
  }
  Status Save(const std::string& path) const { return WriteFileDurably(path, nlohmann::json(by_service).dump()); }
};

// The ports to try, in order; only the last one's failure is the caller's.
std::vector<uint16_t> Candidates(std::optional<uint16_t> wanted, const std::string& service, uint16_t usual,
                                 const RememberedPorts& remembered) {
  if (wanted && *wanted != 0) return {*wanted};
  std::vector<uint16_t> ports;
  if (const auto found = remembered.by_service.find(service); found != remembered.by_service.end()) {
    ports.push_back(found->second);
  }
  if (!wanted) ports.push_back(usual);
  ports.push_back(0);
  return ports;
}

// Makes and starts a service on the first port that is free. `make(port)` returns a unique_ptr of something with
// Start().
template <typename Make>
auto StartOnFirst(const std::vector<uint16_t>& ports, std::string_view service, Make make)
    -> Result<decltype(make(uint16_t{0}))> {
  for (size_t i = 0;; ++i) {
    auto started = make(ports[i]);
    Status status = started->Start();
    if (status.ok()) return started;
    const bool port_taken =
        status.error().code() == ErrorCode::kAlreadyExists || status.error().code() == ErrorCode::kUnavailable;
    if (!port_taken || i + 1 == ports.size()) return std::move(status).error().In(service);
  }
}

}  // namespace

std::string StandaloneAddresses::ToJson() const {
  const nlohmann::ordered_json json = {
      {"controller", controller}, {"router", router}, {"servers", servers}, {"kafka", kafka}, {"zookeeper", zookeeper}};
  return json.dump(2) + "\n";
}

class Standalone::Impl {
 public:
  explicit Impl(StandaloneOptions options) : options_(std::move(options)) {}
  ~Impl() { Stop(); }

  Status Start();
  void Stop();

  StandaloneAddresses addresses;

 private:
  Status StartServers();
  Status WaitUntilReady();
  Status WaitForStores(controller_api::ControllerClient& client);

  StandaloneOptions options_;
  FolderLock lock_;
  RememberedPorts ports_;
  std::unique_ptr<embedded::ZooKeeperServer> zookeeper_;
  std::unique_ptr<embedded::KafkaServer> kafka_;
  std::unique_ptr<controller::Controller> controller_;
  std::vector<std::unique_ptr<server::Server>> servers_;
  std::unique_ptr<router::Router> router_;
};

Status Standalone::Impl::Start() {
  std::error_code error;
  std::filesystem::create_directories(options_.data_dir, error);
  if (error) return ErrnoError("cannot create the data folder " + options_.data_dir, error.value());
  VENICE_TRY(lock_.Take(options_.data_dir));
  const std::string ports_path = options_.data_dir + "/ports.json";
  ports_ = RememberedPorts::Load(ports_path);

  VENICE_ASSIGN(zookeeper_, StartOnFirst(Candidates(options_.zookeeper_port, "zookeeper", kUsualZooKeeperPort, ports_),
                                         "zookeeper", [&](uint16_t port) {
                                           embedded::ZooKeeperServerOptions zookeeper;
                                           zookeeper.data_dir = options_.data_dir + "/zookeeper";
                                           zookeeper.host = options_.host;
                                           zookeeper.port = port;
                                           zookeeper.sync_every_write = options_.sync_every_write;
                                           return std::make_unique<embedded::ZooKeeperServer>(std::move(zookeeper));
                                         }));
  VENICE_ASSIGN(
      kafka_,
      StartOnFirst(Candidates(options_.kafka_port, "kafka", kUsualKafkaPort, ports_), "kafka", [&](uint16_t port) {
        embedded::KafkaServerOptions kafka;
        kafka.data_dir = options_.data_dir + "/kafka";
        kafka.host = options_.host;
        kafka.port = port;
        kafka.sync = options_.sync_every_write ? embedded::LogSync::kBeforeAck : embedded::LogSync::kOperatingSystem;
        kafka.tamper_for_test = options_.tamper_for_test;
        return std::make_unique<embedded::KafkaServer>(std::move(kafka));
      }));
  addresses.zookeeper = zookeeper_->address();
  addresses.kafka = kafka_->address();

  VENICE_ASSIGN(controller_,
                StartOnFirst(Candidates(options_.controller_port, "controller", kUsualControllerPort, ports_),
                             "controller", [&](uint16_t port) {
                               controller::ControllerSettings controller;
                               controller.clusters = {options_.cluster};
                               controller.zk_address = addresses.zookeeper;
                               controller.kafka_bootstrap_servers = addresses.kafka;
                               controller.host = options_.host;
                               controller.port = port;
                               controller.replication_factor = std::min(options_.replication_factor, options_.servers);
                               controller.partition_count =
                                   std::min(controller.partition_count, options_.partitions_max);
                               controller.partition_count_max = options_.partitions_max;
                               // The wait protects caches of a fleet; who tries things out deletes a store and makes it
                               // again.
                               controller.store_recreation_window = std::chrono::seconds(0);
                               return std::make_unique<controller::Controller>(std::move(controller));
                             }));
  addresses.controller = controller_->url();
  VENICE_TRY(StartServers());
  VENICE_ASSIGN(router_, StartOnFirst(Candidates(options_.router_port, "router", kUsualRouterPort, ports_), "router",
                                      [&](uint16_t port) {
                                        router::RouterSettings router;
                                        router.cluster = options_.cluster;
                                        router.zk_address = addresses.zookeeper;
                                        router.kafka_bootstrap_servers = addresses.kafka;
                                        router.host = options_.host;
                                        router.port = port;
                                        return std::make_unique<router::Router>(std::move(router));
                                      }));
  addresses.router = fmt::format("http://{}:{}", options_.host, router_->port());

  ports_.by_service = {{"zookeeper", zookeeper_->port()},
                       {"kafka", kafka_->port()},
                       {"controller", controller_->port()},
                       {"router", router_->port()}};
  VENICE_TRY(ports_.Save(ports_path));
  return WaitUntilReady();
}

Status Standalone::Impl::StartServers() {
  for (int i = 0; i < options_.servers; ++i) {
    server::ServerSettings settings;
    settings.cluster = options_.cluster;
    settings.zk_address = addresses.zookeeper;
    settings.kafka_bootstrap_servers = addresses.kafka;
    settings.data_dir = fmt::format("{}/server-{}", options_.data_dir, i);
    settings.host = options_.host;
    auto server = std::make_unique<server::Server>(std::move(settings));
    if (Status status = server->Start(); !status.ok()) return std::move(status).error().In(fmt::format("server {}", i));
    addresses.servers.push_back(fmt::format("http://{}:{}", options_.host, server->port()));
    servers_.push_back(std::move(server));
  }
  return Ok();
}

// Every store with a current version can be read again: the router says so itself.
Status Standalone::Impl::WaitForStores(controller_api::ControllerClient& client) {
  VENICE_ASSIGN(const std::vector<std::string> stores, client.ListStores());
  VENICE_ASSIGN(const net::Url router, net::ParseUrl(addresses.router));
  net::BlockingHttpClient http;
  for (const std::string& store : stores) {
    const auto described = client.GetStore(store);
    if (!described.ok() || described->store.current_version == 0) continue;
    const bool ready = WaitUntil(
        [&] {
          net::HttpRequest request;
          request.target = fmt::format("/resource_state/{}_v{}", store, described->store.current_version);
          const auto answer = http.Send(router.endpoint, std::move(request), std::chrono::seconds(5));
          if (!answer.ok() || answer->status != 200) return false;
          const auto json = nlohmann::json::parse(answer->body, nullptr, false);
          return json.is_object() && json.value("readyToServe", false);
        },
        kReadyLimit, std::chrono::milliseconds(10));
    // One broken store must not keep the others from being served.
    if (!ready)
      LogWarning("standalone.store_not_ready", {{"store", store}, {"version", described->store.current_version}});
  }
  return Ok();
}

Status Standalone::Impl::WaitUntilReady() {
  controller_api::ControllerClientOptions options;
  options.urls = {addresses.controller};
  options.cluster = options_.cluster;
  options.attempts = 1;
  controller_api::ControllerClient client(std::move(options));
  std::string last = "the controller does not lead yet";
  const bool ready = WaitUntil(
      [&] {
        const auto instances = client.ListInstances();
        if (!instances.ok()) {
          last = instances.error().message();
          return false;
        }
        last = fmt::format("{} of {} servers joined", instances->size(), servers_.size());
        return instances->size() >= servers_.size();
      },
      kReadyLimit, std::chrono::milliseconds(10));
  if (!ready) return Error(ErrorCode::kTimeout, fmt::format("not ready within {} s: {}", kReadyLimit.count(), last));
  return WaitForStores(client);
}

void Standalone::Impl::Stop() {
  if (router_) router_->Stop();
  for (auto& server : servers_) server->Stop();
  if (controller_) controller_->Stop();
  if (kafka_) kafka_->Stop();
  if (zookeeper_) zookeeper_->Stop();
}

Standalone::Standalone(StandaloneOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Standalone::~Standalone() = default;
Status Standalone::Start() { return impl_->Start(); }
void Standalone::Stop() { impl_->Stop(); }
const StandaloneAddresses& Standalone::addresses() const { return impl_->addresses; }

}  // namespace venice::apps
