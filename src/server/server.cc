#include "server/server.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "helix/participant.h"
#include "ingestion/ingestion_service.h"
#include "metadata/push_status.h"
#include "metadata/store_repository.h"
#include "net/http_server.h"
#include "pubsub/kafka/kafka_client.h"
#include "server/admin_service.h"
#include "server/http_reply.h"
#include "server/read_service.h"
#include "server/replica_manager.h"
#include "server/replica_table.h"
#include "server/status_writer.h"
#include "storage/storage_engine.h"
#include "zk/client.h"

namespace venice::server {

namespace {

constexpr size_t kReadQueueMax = 20'000;
constexpr size_t kScanQueueMax = 1'000;
constexpr size_t kPartsMax = 4;  // of a target

int CoresOr(int wanted) {
  return wanted > 0 ? wanted : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
}

// The port is half of the instance's name, by which Helix knows whose data lies in the folder: it stays.
std::string PortFile(const std::string& data_dir) { return data_dir + "/listener.port"; }

std::optional<uint16_t> RememberedPort(const std::string& data_dir) {
  const Result<std::string> text = ReadFile(PortFile(data_dir));
  if (!text.ok()) return std::nullopt;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), port);
  if (error != std::errc() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerSettings settings) : settings_(std::move(settings)) {}
  ~Impl() { Stop(); }

  Status Start();
  void Stop();

  uint16_t port = 0;
  std::string instance;

 private:
  Status Validate() const;
  Status Listen();
  Status ConnectLogAndTree();
  Status Join();
  void Route(net::HttpRequest request, net::Responder responder);

  const ServerSettings settings_;
  bool started_ = false;

  // In the order of their start.
  std::unique_ptr<storage::StorageEngine> engine_;
  std::unique_ptr<net::EventLoopGroup> loops_;
  std::unique_ptr<PublishedTable> table_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<metadata::StoreRepository> stores_;
  std::unique_ptr<pubsub::Client> log_;
  std::unique_ptr<ingestion::IngestionService> ingestion_;
  std::unique_ptr<ThreadPool> read_pool_;
  std::unique_ptr<ThreadPool> scan_pool_;
  std::unique_ptr<ReadService> reads_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<metadata::PushStatusReporter> reporter_;
  std::unique_ptr<StatusWriter> statuses_;
  std::unique_ptr<ReplicaManager> replicas_;
  std::unique_ptr<AdminService> admin_;
  std::unique_ptr<helix::Participant> participant_;
  std::atomic<AdminService*> admin_on_loops_{nullptr};  // the port is known, and answers, before the rest exists
};

Status Server::Impl::Validate() const {
  const auto missing = [](std::string_view key) {
    return Error(ErrorCode::kInvalidConfig, fmt::format("{} is not set; give it in the server's properties", key));
  };
  if (settings_.cluster.empty()) return missing("cluster.name");
  if (settings_.zk_address.empty()) return missing("zookeeper.address");
  if (settings_.kafka_bootstrap_servers.empty()) return missing("kafka.bootstrap.servers");
  if (settings_.data_dir.empty()) return missing("data.base.path");
  return Ok();
}

Status Server::Impl::Start() {
  if (started_) return Ok();
  VENICE_TRY(Validate());
  started_ = true;
  Status status = [&]() -> Status {
    auto memory = std::make_shared<storage::Memory>(
        storage::MemoryOptions{settings_.block_cache_bytes, settings_.write_buffer_bytes});
    VENICE_ASSIGN(engine_, storage::StorageEngine::Open(settings_.data_dir, std::move(memory)));
    VENICE_TRY(ConnectLogAndTree());
    VENICE_TRY(Listen());
    return Join();
  }();
  if (!status.ok()) {
    Stop();
    return std::move(status).error().In("server");
  }
  LogInfo("server.started", {{"instance", instance}, {"cluster", settings_.cluster}, {"data", settings_.data_dir}});
  return Ok();
}

Status Server::Impl::ConnectLogAndTree() {
  zk::ClientOptions options;
  options.address = settings_.zk_address;
  options.session_timeout = settings_.zk_session_timeout;
  VENICE_ASSIGN(zk_, zk::Connect(options));
  stores_ = std::make_unique<metadata::StoreRepository>(*zk_, settings_.cluster);
  VENICE_TRY(stores_->Start());
  VENICE_ASSIGN(log_, pubsub::kafka::NewKafkaClient({settings_.kafka_bootstrap_servers, settings_.kafka_config}));
  ingestion_ = std::make_unique<ingestion::IngestionService>(
      *log_, ingestion::IngestionOptions{CoresOr(settings_.ingestion_threads), settings_.ingestion_buffer_bytes});
  return ingestion_->Start();
}

Status Server::Impl::Listen() {
  loops_ = std::make_unique<net::EventLoopGroup>("server", CoresOr(settings_.event_loops));
  loops_->Start();
  table_ = std::make_unique<PublishedTable>(*loops_);
  read_pool_ = std::make_unique<ThreadPool>("read", std::max(1, settings_.read_threads), kReadQueueMax);
  scan_pool_ = std::make_unique<ThreadPool>("scan", 1, kScanQueueMax);
  reads_ = std::make_unique<ReadService>(*table_, *stores_, *read_pool_);

  net::HttpServerOptions options;
  options.host = settings_.bind_host.empty() ? settings_.host : settings_.bind_host;
  options.port = settings_.port != 0 ? settings_.port : RememberedPort(settings_.data_dir).value_or(0);
  options.body_max = settings_.request_bytes_max;
  http_ = std::make_unique<net::HttpServer>(
      *loops_, options,
      [this](net::HttpRequest request, net::Responder responder) { Route(std::move(request), std::move(responder)); });
  VENICE_TRY(http_->Start());
  port = http_->port();
  instance = fmt::format("{}_{}", settings_.host, port);
  return WriteFileDurably(PortFile(settings_.data_dir), std::to_string(port) + "\n");
}

Status Server::Impl::Join() {
  reporter_ = std::make_unique<metadata::PushStatusReporter>(*zk_, settings_.cluster, instance);
  statuses_ = std::make_unique<StatusWriter>(*reporter_);
  statuses_->Start();
  ReplicaManagerOptions options;
  options.instance = instance;
  options.checkpoint_bytes = settings_.checkpoint_bytes;
  options.replays = settings_.tolerate_replayed_records ? ingestion::Replays::kDrop : ingestion::Replays::kFail;
  options.graceful_drop_delay = settings_.graceful_drop_delay;
  replicas_ = std::make_unique<ReplicaManager>(options, *engine_, *ingestion_, *stores_, *table_, *statuses_);
  VENICE_TRY(replicas_->DropUnknownVersions());
  VENICE_TRY(replicas_->OpenCompleted());
  admin_ = std::make_unique<AdminService>(instance, *replicas_, *stores_, *read_pool_, *scan_pool_);
  admin_on_loops_ = admin_.get();

  helix::ParticipantOptions helix;
  helix.cluster = settings_.cluster;
  helix.instance = instance;
  helix.transition_threads = settings_.transition_threads;
  helix.live_instance_fields = {{"HOST", settings_.host}, {"PORT", std::to_string(port)}};
  participant_ = std::make_unique<helix::Participant>(*zk_, helix, *replicas_);
  statuses_->SetParticipant(participant_.get());
  return participant_->Start();
}

void Server::Impl::Stop() {
  if (!started_) return;
  started_ = false;
  // Leave first: the customized states and the live node go, so routers stop asking; reads go on meanwhile.
  if (participant_) participant_->Stop();
  if (statuses_) statuses_->Stop();
  if (statuses_) statuses_->SetParticipant(nullptr);
  if (replicas_) replicas_->Stop();
  if (ingestion_) ingestion_->Stop();
  if (http_) http_->Stop();
  if (scan_pool_) scan_pool_->Stop();
  if (read_pool_) read_pool_->Stop();
  if (table_) table_->StopWaiting();
  if (loops_) loops_->Stop();
  if (stores_) stores_->Stop();

  participant_.reset();
  http_.reset();
  admin_.reset();
  reads_.reset();
  replicas_.reset();
  statuses_.reset();
  reporter_.reset();
  scan_pool_.reset();
  read_pool_.reset();
  table_.reset();
  ingestion_.reset();
  log_.reset();
  stores_.reset();
  zk_.reset();
  loops_.reset();
  engine_.reset();
}

void Server::Impl::Route(net::HttpRequest request, net::Responder responder) {
  const std::string target = std::move(request.target);
  const std::vector<std::string_view> parts = SplitTarget(target, kPartsMax);
  const bool get = request.method == "GET";
  if (parts.empty() || (!get && request.method != "POST"))
    return responder.Send(MakeError(400, fmt::format("{} {} is not a request of this server", request.method, target)));
  const auto is = [&](std::string_view action) { return EqualsIgnoreCase(parts[0], action); };

  if (is("storage")) {
    if (get && parts.size() == 4) return reads_->SingleGet(parts, std::move(responder));
    if (!get && parts.size() == 2) return reads_->BatchGet(parts, std::move(request), std::move(responder));
    return responder.Send(MakeError(400, get ? "expected /storage/<store>_v<version>/<partition>/<key>?f=b64"
                                             : "expected /storage/<store>_v<version>"));
  }
  if (is("health")) return responder.Send(MakeReply({}, "OK"));
  if (is("compute") && !get) return reads_->Compute(parts, std::move(responder));
  AdminService* admin = admin_on_loops_.load();
  if (admin == nullptr) return responder.Send(MakeError(503, "the server is starting"));
  if (get) {
    if (is("dictionary")) return admin->Dictionary(parts, std::move(responder));
    if (is("current_version")) return admin->CurrentVersion(parts, std::move(responder));
    if (is("metadata") || is("store_properties")) return admin->Metadata(parts, std::move(responder));
    if (is("replicas")) return admin->Replicas(std::move(responder));
    if (is("verify")) return admin->Verify(parts, std::move(responder));
  }
  responder.Send(MakeError(400, fmt::format("{} {} is not a request of this server", request.method, target)));
}

Server::Server(ServerSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Server::~Server() = default;
Status Server::Start() { return impl_->Start(); }
void Server::Stop() { impl_->Stop(); }
uint16_t Server::port() const { return impl_->port; }
const std::string& Server::instance() const { return impl_->instance; }

}  // namespace venice::server
