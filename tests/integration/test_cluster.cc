#include "tests/integration/test_cluster.h"

#include <gtest/gtest.h>

#include "avro/container.h"
#include "base/wait.h"

namespace venice::test {
namespace {

constexpr const char* kRowSchema =
    R"({"type":"record","name":"Row","fields":[{"name":"key","type":"string"},{"name":"value","type":"string"}]})";

#define VENICE_MUST(expression)                                        \
  do {                                                                 \
    const auto venice_must_ = (expression);                            \
    if (!venice_must_.ok()) FAIL() << venice_must_.error().ToString(); \
  } while (false)

}  // namespace

TestCluster::TestCluster(TestClusterOptions options) : options_(std::move(options)) {}

TestCluster::~TestCluster() {
  clients_.clear();
  if (router_) router_->Stop();
  for (auto& server : servers_) {
    if (server) server->Stop();
  }
  for (auto& controller : controllers_) {
    if (controller) controller->Stop();
  }
}

void TestCluster::Start() {
  embedded::ZooKeeperServerOptions zookeeper;
  zookeeper.data_dir = folder_ / "zookeeper";
  zookeeper_ = std::make_unique<embedded::ZooKeeperServer>(zookeeper);
  VENICE_MUST(zookeeper_->Start());
  embedded::KafkaServerOptions kafka;
  kafka.data_dir = folder_ / "kafka";
  kafka.tamper_for_test = options_.tamper;
  kafka_ = std::make_unique<embedded::KafkaServer>(kafka);
  VENICE_MUST(kafka_->Start());

  controller_api::ControllerClientOptions api;
  api.cluster = kCluster;
  api.attempts = 40;
  api.retry_interval = std::chrono::milliseconds(250);
  for (int i = 0; i < options_.controllers; ++i) {
    controller::ControllerSettings settings;
    settings.zk_address = zookeeper_->address();
    settings.zk_session_timeout = options_.zk_session_timeout;
    settings.kafka_bootstrap_servers = kafka_->address();
    settings.clusters = {kCluster};
    settings.replication_factor = options_.replication_factor;
    settings.rebalance_delay = options_.rebalance_delay;
    controllers_.push_back(std::make_unique<controller::Controller>(settings));
    VENICE_MUST(controllers_.back()->Start());
    api.urls.push_back(controllers_.back()->url());
  }
  ASSERT_TRUE(controllers_[0]->WaitForLeaders(std::chrono::seconds(20)));
  api_ = std::make_unique<controller_api::ControllerClient>(api);
  servers_.resize(static_cast<size_t>(options_.servers));
  server_ports_.resize(servers_.size());
  for (int i = 0; i < options_.servers; ++i) StartServer(i);

  router::RouterSettings router;
  router.cluster = kCluster;
  router.zk_address = zookeeper_->address();
  router.zk_session_timeout = options_.zk_session_timeout;
  router.kafka_bootstrap_servers = kafka_->address();
  router_ = std::make_unique<router::Router>(router);
  VENICE_MUST(router_->Start());
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto instances = api_->ListInstances();
        return instances.ok() && instances->size() == servers_.size();
      },
      std::chrono::seconds(20)));
}

void TestCluster::StartServer(int index) {
  const auto at = static_cast<size_t>(index);
  server::ServerSettings settings;
  settings.cluster = kCluster;
  settings.zk_address = zookeeper_->address();
  settings.zk_session_timeout = options_.zk_session_timeout;
  settings.kafka_bootstrap_servers = kafka_->address();
  settings.data_dir = folder_ / fmt::format("server-{}", index);
  settings.port = server_ports_[at];
  settings.graceful_drop_delay = std::chrono::milliseconds(0);
  servers_[at] = std::make_unique<server::Server>(settings);
  VENICE_MUST(servers_[at]->Start());
  server_ports_[at] = servers_[at]->port();
}

void TestCluster::StopServer(int index) {
  servers_.at(static_cast<size_t>(index))->Stop();
  servers_.at(static_cast<size_t>(index)).reset();
}

void TestCluster::StopController(int index) {
  controllers_.at(static_cast<size_t>(index))->Stop();
  controllers_.at(static_cast<size_t>(index)).reset();
}

std::string TestCluster::router_url() const { return fmt::format("http://127.0.0.1:{}", router_->port()); }

void TestCluster::NewStore(const std::string& store) {
  VENICE_MUST(
      api_->NewStore({.store = store, .owner = "test", .key_schema = "\"string\"", .value_schema = "\"string\""}));
}

Result<push::PushSummary> TestCluster::Push(const std::string& store, const std::map<std::string, std::string>& pairs) {
  static std::atomic<int> files = 0;
  const std::string path = folder_ / fmt::format("input-{}.avro", files++);
  VENICE_ASSIGN(const avro::Schema schema, avro::Schema::Parse(kRowSchema));
  VENICE_ASSIGN(const auto writer, avro::ContainerWriter::Create(path, schema));
  for (const auto& [key, value] : pairs) {
    VENICE_TRY(writer->Append(avro::Datum::Record({avro::Datum::String(key), avro::Datum::String(value)})));
  }
  VENICE_TRY(writer->Close());
  push::PushSettings settings;
  for (const auto& controller : controllers_) {
    if (controller) settings.controller_urls.push_back(controller->url());
  }
  settings.store = store;
  settings.input_path = path;
  settings.memory = 64_MiB;
  settings.poll_interval = std::chrono::milliseconds(50);
  settings.controller_retry_interval = std::chrono::milliseconds(250);
  settings.controller_attempts = 40;
  return push::PushJob(settings).Run();
}

Result<std::optional<std::string>> TestCluster::Get(const std::string& store, const std::string& key) {
  auto& client = clients_[store];
  if (!client) {
    VENICE_ASSIGN(client, client::ThinClient::Connect({.router_url = router_url(), .store = store}));
  }
  VENICE_ASSIGN(const std::optional<client::Value> value, client->Get(avro::Datum::String(key)));
  if (!value) return std::optional<std::string>();
  return std::optional<std::string>(value->datum.text());
}

int32_t TestCluster::CurrentVersion(const std::string& store) {
  const auto described = api_->GetStore(store);
  return described.ok() ? described->store.current_version : -1;
}

std::map<std::string, std::string> Pairs(int count, const std::string& tag) {
  std::map<std::string, std::string> pairs;
  for (int i = 0; i < count; ++i) pairs[fmt::format("key-{}", i)] = fmt::format("{}-{}", tag, i);
  return pairs;
}

}  // namespace venice::test
