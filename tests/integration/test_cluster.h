// A Venice of several nodes in one process, whose nodes come and go one by one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "client/thin_client.h"
#include "controller/controller.h"
#include "controller_api/client.h"
#include "embedded/kafka_server.h"
#include "embedded/zookeeper_server.h"
#include "push/push_job.h"
#include "router/router.h"
#include "server/server.h"

namespace venice::test {

inline constexpr const char* kCluster = "venice-cluster0";

struct TestClusterOptions {
  int controllers = 1;
  int servers = 1;
  int replication_factor = 1;
  std::chrono::milliseconds rebalance_delay{1'800'000};
  std::chrono::milliseconds zk_session_timeout{4'000};
  decltype(embedded::KafkaServerOptions::tamper_for_test) tamper;
};

// One thread. Everything ends with it.
class TestCluster {
 public:
  explicit TestCluster(TestClusterOptions options = {});
  ~TestCluster();

  // Fails the test when something does not start.
  void Start();

  void StartServer(int index);  // again, with its old data and name
  void StopServer(int index);
  void StopController(int index);
  server::Server& server(int index) { return *servers_.at(static_cast<size_t>(index)); }
  controller::Controller& controller(int index) { return *controllers_.at(static_cast<size_t>(index)); }
  embedded::ZooKeeperServer& zookeeper() { return *zookeeper_; }
  std::string router_url() const;
  controller_api::ControllerClient& api() { return *api_; }

  // A store of string keys and string values.
  void NewStore(const std::string& store);
  // Pushes pairs from an Avro file of the temporary folder.
  Result<push::PushSummary> Push(const std::string& store, const std::map<std::string, std::string>& pairs);
  // nullopt: the key is missing.
  Result<std::optional<std::string>> Get(const std::string& store, const std::string& key);
  int32_t CurrentVersion(const std::string& store);

 private:
  TestClusterOptions options_;
  TemporaryDirectory folder_;
  std::unique_ptr<embedded::ZooKeeperServer> zookeeper_;
  std::unique_ptr<embedded::KafkaServer> kafka_;
  std::vector<std::unique_ptr<controller::Controller>> controllers_;
  std::vector<std::unique_ptr<server::Server>> servers_;
  std::vector<uint16_t> server_ports_;
  std::unique_ptr<router::Router> router_;
  std::unique_ptr<controller_api::ControllerClient> api_;
  std::map<std::string, std::unique_ptr<client::ThinClient>> clients_;
};

// "key-0".."key-<count-1>" with values that name the tag.
std::map<std::string, std::string> Pairs(int count, const std::string& tag);

}  // namespace venice::test
