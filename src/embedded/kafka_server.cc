#include "embedded/kafka_server.h"

#include <sys/resource.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "embedded/kafka_broker.h"
#include "embedded/kafka_groups.h"
#include "embedded/kafka_network.h"
#include "embedded/log_durable_map.h"
#include "embedded/log_engine.h"

namespace venice::embedded {
namespace {

// Every segment is an open file; the usual soft limit of 1024 is far below what the system allows.
void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

LogEngineOptions EngineOptions(const KafkaServerOptions& options) {
  LogEngineOptions engine;
  engine.data_dir = options.data_dir;
  engine.topic_defaults = options.topic_defaults;
  engine.hold_back_unsynced = options.sync == LogSync::kBeforeAck;
  engine.compaction_memory_max = options.compaction_memory_max;
  engine.partitions_max = options.partitions_max;
  return engine;
}

}  // namespace

// Everything that lives from Start() to Stop().
class KafkaServer::Impl {
 public:
  explicit Impl(KafkaServerOptions options) : options_(std::move(options)) {}

  Status Start() {
    const std::lock_guard lock(mutex_);
    if (network_ != nullptr) return Ok();
    RaiseFileLimit();
    const Status started = StartLocked();
    if (!started.ok()) Discard();
    return started;
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    if (network_ == nullptr) return;
    network_->Stop();
    if (network_thread_.joinable()) network_thread_.join();
    {
      const std::lock_guard wake(maintenance_mutex_);
      stopping_ = true;
    }
    engine_->RequestStop();
    maintenance_wake_.notify_all();
    if (maintenance_thread_.joinable()) maintenance_thread_.join();
    engine_->Close();
    Discard();
  }

  uint16_t port() const { return port_; }
  std::string address() const { return advertised_host_ + ":" + std::to_string(advertised_port_); }

 private:
  Status StartLocked() {
    const Clock& clock = options_.clock != nullptr ? *options_.clock : SystemClock();
    engine_ = std::make_unique<LogEngine>(EngineOptions(options_), clock);
    VENICE_TRY(engine_->Open());
    VENICE_ASSIGN(offsets_, OpenOffsets());
    broker_ = std::make_unique<KafkaBroker>(options_, *engine_);
    KafkaNetworkOptions network;
    network.host = options_.host;
    network.port = options_.port;
    network.request_bytes_max = options_.request_bytes_max.bytes();
    network.request_memory_max = options_.request_memory_max.bytes();
    network.connections_max = options_.connections_max;
    network_ = std::make_unique<KafkaNetwork>(network, *broker_);
    VENICE_TRY(network_->Listen());
    port_ = network_->port();
    advertised_port_ = options_.advertised_port != 0 ? options_.advertised_port : port_;
    advertised_host_ = options_.advertised_host;
    if (advertised_host_.empty()) advertised_host_ = options_.host == "0.0.0.0" ? "127.0.0.1" : options_.host;
    groups_ = std::make_unique<GroupCoordinator>(
        GroupCoordinator::Options{.initial_delay = options_.group_initial_delay}, *network_, *offsets_);
    broker_->Attach(*network_, *groups_, *offsets_, advertised_host_, advertised_port_);
    stopping_ = false;
    network_thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "kafka-net");
      network_->Run();
    });
    maintenance_thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "kafka-maint");
      Maintain();
    });
    return Ok();
  }

  Result<std::unique_ptr<DurableMap>> OpenOffsets() const {
    VENICE_ASSIGN(DurableMap map, DurableMap::Open(options_.data_dir + "/offsets"));
    return std::make_unique<DurableMap>(std::move(map));
  }

  void Maintain() {
    std::unique_lock lock(maintenance_mutex_);
    while (!maintenance_wake_.wait_for(lock, options_.maintenance_interval, [this] { return stopping_; })) {
      lock.unlock();
      engine_->RunMaintenance();
      lock.lock();
    }
  }

  void Discard() {
    groups_.reset();
    network_.reset();
    broker_.reset();
    offsets_.reset();
    engine_.reset();
  }

  const KafkaServerOptions options_;
  std::mutex mutex_;  // Start and Stop
  std::unique_ptr<LogEngine> engine_;
  std::unique_ptr<DurableMap> offsets_;
  std::unique_ptr<KafkaBroker> broker_;
  std::unique_ptr<KafkaNetwork> network_;
  std::unique_ptr<GroupCoordinator> groups_;
  uint16_t port_ = 0;
  uint16_t advertised_port_ = 0;
  std::string advertised_host_;
  std::thread network_thread_;
  std::thread maintenance_thread_;
  std::mutex maintenance_mutex_;
  std::condition_variable maintenance_wake_;
  bool stopping_ = false;
};

KafkaServer::KafkaServer(KafkaServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaServer::~KafkaServer() { Stop(); }
Status KafkaServer::Start() { return impl_->Start(); }
void KafkaServer::Stop() { impl_->Stop(); }
uint16_t KafkaServer::port() const { return impl_->port(); }
std::string KafkaServer::address() const { return impl_->address(); }

}  // namespace venice::embedded
