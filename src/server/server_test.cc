// A server in a whole cluster: embedded tree and log, Helix's controller, real HTTP.
#include "server/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/file.h"
#include "base/wait.h"
#include "embedded/kafka_server.h"
#include "embedded/zookeeper_server.h"
#include "helix/admin.h"
#include "helix/controller.h"
#include "helix/participant.h"
#include "helix/paths.h"
#include "helix/spectator.h"
#include "ingestion/scripted_log.h"
#include "metadata/push_status.h"
#include "metadata/store_writer.h"
#include "net/http_client.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::server {
namespace {

using ingestion::ScriptedLog;
using ingestion::ScriptedPush;
using Json = nlohmann::json;

constexpr char kCluster[] = "test-cluster";
constexpr std::chrono::seconds kLimit{30};

#define ASSERT_OK(expression)                        \
  do {                                               \
    auto ok_ = (expression);                         \
    ASSERT_TRUE(ok_.ok()) << ok_.error().ToString(); \
  } while (false)

// Log, tree and controller; what a server needs around it.
class Cluster {
 public:
  Cluster() : zookeeper_({.data_dir = folder_ / "zk"}), kafka_({.data_dir = folder_ / "kafka"}) {
    EXPECT_TRUE(zookeeper_.Start().ok());
    EXPECT_TRUE(kafka_.Start().ok());
    zk_ = std::move(zk::Connect({.address = zookeeper_.address()})).value();
    EXPECT_TRUE(helix::Admin(*zk_).CreateCluster(kCluster).ok());
    EXPECT_TRUE(metadata::StoreWriter(*zk_, kCluster).EnsureFolders().ok());
    helix::ControllerOptions options;
    options.cluster = kCluster;
    options.instance = "controller_1";
    controller_ = std::make_unique<helix::Controller>(*zk_, options);
    EXPECT_TRUE(controller_->Start().ok());
    log_ = std::move(pubsub::kafka::NewKafkaClient({.bootstrap_servers = kafka_.address()})).value();
  }
  ~Cluster() { controller_->Stop(); }

  void StopController() { controller_->Stop(); }

  std::string Folder(std::string_view name) { return folder_ / name; }
  zk::Client& zk() { return *zk_; }

  ServerSettings Settings(const std::string& name) {
    ServerSettings settings;
    settings.cluster = kCluster;
    settings.zk_address = zookeeper_.address();
    settings.kafka_bootstrap_servers = kafka_.address();
    settings.data_dir = Folder(name);
    settings.event_loops = 2;
    settings.ingestion_threads = 1;
    settings.block_cache_bytes = 16_MiB;
    settings.checkpoint_bytes = 64_KiB;
    settings.zk_session_timeout = std::chrono::seconds(5);
    settings.graceful_drop_delay = std::chrono::milliseconds(50);
    return settings;
  }

  // The records of what the controller does for a new version: store, version, topic, push status, resource.
  void CreateVersion(const std::string& store_name, int version_number, int partitions, int replicas) {
    metadata::StoreWriter writer(*zk_, kCluster);
    if (!writer.Read(store_name).value()) {
      metadata::Store store;
      store.name = store_name;
      ASSERT_OK(writer.Create(store, "\"string\"", "\"string\""));
    }
    ASSERT_OK(writer.Update(store_name, [&](metadata::Store& store) {
      metadata::Version version;
      version.store_name = store_name;
      version.number = version_number;
      version.partition_count = partitions;
      store.versions.push_back(version);
      return Ok();
    }));
    const std::string topic = fmt::format("{}_v{}", store_name, version_number);
    ASSERT_OK(log_->NewAdmin().value()->CreateTopic(topic, {.partitions = partitions}));
    metadata::OfflinePush push;
    push.topic = topic;
    push.partition_count = partitions;
    push.replication_factor = replicas;
    ASSERT_OK(metadata::PushStatusStore(*zk_, kCluster).Create(push));
    ASSERT_OK(
        helix::Admin(*zk_).AddResource(kCluster, {.name = topic, .partitions = partitions, .replicas = replicas}));
  }

  void SetCurrent(const std::string& store_name, int version) {
    ASSERT_OK(metadata::StoreWriter(*zk_, kCluster).Update(store_name, [&](metadata::Store& store) {
      store.current_version = version;
      return Ok();
    }));
  }

  void RemoveVersion(const std::string& store_name, int version) {
    ASSERT_OK(helix::Admin(*zk_).DropResource(kCluster, fmt::format("{}_v{}", store_name, version)));
    ASSERT_OK(metadata::StoreWriter(*zk_, kCluster).Update(store_name, [&](metadata::Store& store) {
      std::erase_if(store.versions, [&](const metadata::Version& v) { return v.number == version; });
      return Ok();
    }));
  }

  // Writes a push of `records` into one partition; `tamper` may change what goes into the log.
  void Push(const std::string& topic, int partition, int records,
            const std::function<void(std::vector<ingestion::ScriptedRecord>&)>& tamper = {}) {
    ScriptedLog script;
    const pubsub::TopicPartition to{topic, partition};
    ScriptedPush(script, to).Push(records);
    if (tamper) tamper(script.records(to));
    auto producer = std::move(log_->NewProducer()).value();
    for (const ingestion::ScriptedRecord& record : script.records(to))
      ASSERT_OK(producer->Send(to, record.key, record.value, record.headers, {}));
    ASSERT_OK(producer->Flush(std::chrono::seconds(30)));
  }

  // Newest status per replica: "host_port" -> status, error text.
  std::map<std::string, metadata::StatusSnapshot> Statuses(const std::string& topic, int partition) {
    std::map<std::string, metadata::StatusSnapshot> statuses;
    const auto status = metadata::PushStatusStore(*zk_, kCluster).ReadPartition(topic, partition);
    if (!status.ok()) return statuses;
    for (const metadata::ReplicaStatus& replica : status->replicas) statuses[replica.instance] = replica.Determined();
    return statuses;
  }
  bool WaitForStatus(const std::string& topic, int partition, metadata::ExecutionStatus wanted, size_t replicas) {
    return WaitUntil(
        [&] {
          const auto statuses = Statuses(topic, partition);
          return static_cast<size_t>(std::count_if(statuses.begin(), statuses.end(), [&](const auto& entry) {
                   return entry.second.status == wanted;
                 })) == replicas;
        },
        kLimit);
  }

 private:
  TemporaryDirectory folder_;
  embedded::ZooKeeperServer zookeeper_;
  embedded::KafkaServer kafka_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<helix::Controller> controller_;
  std::unique_ptr<pubsub::Client> log_;
};

class Browser {
 public:
  explicit Browser(const Server& server) : to_{"127.0.0.1", server.port()} {}
  net::HttpResponse Get(const std::string& target) { return Send({.method = "GET", .target = target}); }
  net::HttpResponse Send(net::HttpRequest request) {
    auto response = http_.Send(to_, std::move(request), std::chrono::seconds(10));
    EXPECT_TRUE(response.ok()) << response.error().ToString();
    return response.ok() ? *response : net::HttpResponse{.status = 0};
  }
  net::HttpResponse Key(const std::string& topic, int partition, std::string_view key) {
    return Get(fmt::format("/storage/{}/{}/{}?f=b64", topic, partition, Base64Encode(key, Base64::kUrlSafe)));
  }

 private:
  net::Endpoint to_;
  net::BlockingHttpClient http_;
};

std::string HeaderOf(const net::HttpResponse& response, std::string_view name) {
  const std::string* value = response.headers.Find(name);
  return value == nullptr ? "(none)" : *value;
}

TEST(Server, IngestsServesVerifiesAndRestarts) {
  Cluster cluster;
  auto server = std::make_unique<Server>(cluster.Settings("server-0"));
  ASSERT_OK(server->Start());
  cluster.CreateVersion("profiles", 1, 2, 1);
  cluster.Push("profiles_v1", 0, 1000);
  cluster.Push("profiles_v1", 1, 0);
  for (int p = 0; p < 2; ++p)
    ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", p, metadata::ExecutionStatus::kCompleted, 1)) << p;
  cluster.SetCurrent("profiles", 1);

  for (int run = 0; run < 2; ++run) {
    Browser browser(*server);
    net::HttpResponse found = browser.Key("profiles_v1", 0, ScriptedPush::Key(7));
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.body, ScriptedPush::Value(7));
    EXPECT_EQ(HeaderOf(found, "X-VENICE-SCHEMA-ID"), "1");
    EXPECT_EQ(HeaderOf(found, "X-VENICE-COMPRESSION-STRATEGY"), "0");
    EXPECT_EQ(HeaderOf(found, "X-VENICE-RCU"), "1");
    EXPECT_EQ(HeaderOf(found, "content-type"), "avro/binary");
    EXPECT_EQ(browser.Key("profiles_v1", 0, ScriptedPush::Key(7)).status, 200) << "now from memory";
    net::HttpResponse missing = browser.Key("profiles_v1", 0, "no such key");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.body, "");
    EXPECT_EQ(HeaderOf(missing, "X-VENICE-SCHEMA-ID"), "-1");

    for (const bool streaming : {false, true}) {
      net::HttpRequest batch{.method = "POST", .target = "/storage/profiles_v1"};
      batch.headers.Add("X-VENICE-API-VERSION", "1");
      if (streaming) batch.headers.Add("X-VENICE-STREAMING", "1");
      const std::string absent = "absent";
      protocol::AppendRouterKey({0, absent, 0}, batch.body);
      for (int i = 1; i <= 600; ++i) protocol::AppendRouterKey({i, ScriptedPush::Key(i), 0}, batch.body);
      protocol::AppendRouterKey({601, absent, 1}, batch.body);
      const net::HttpResponse reply = browser.Send(batch);
      ASSERT_EQ(reply.status, 200) << reply.body;
      EXPECT_EQ(HeaderOf(reply, "X-VENICE-RCU"), "602");
      EXPECT_EQ(HeaderOf(reply, "X-VENICE-SCHEMA-ID"), "1");
      EXPECT_EQ(HeaderOf(reply, "X-VENICE-STREAMING-RESPONSE"), streaming ? "1" : "(none)");
      std::string_view body = reply.body;
      int values = 0, absences = 0;
      while (!body.empty()) {
        const auto record = protocol::NextResponseRecord(body);
        ASSERT_OK(record);
        if (record->IsMissing()) {
          ++absences;
        } else {
          EXPECT_EQ(record->value, ScriptedPush::Value(record->key_index));
          ++values;
        }
      }
      EXPECT_EQ(values, 600);
      EXPECT_EQ(absences, streaming ? 2 : 0);
    }

    const Json verified = Json::parse(browser.Get("/verify/profiles_v1/0").body);
    EXPECT_EQ(verified["equal"], true) << verified.dump();
    EXPECT_EQ(verified["actual"]["records"], 1000);
    EXPECT_EQ(browser.Get("/health").body, "OK");
    EXPECT_EQ(Json::parse(browser.Get("/current_version/profiles").body)["currentVersion"], 1);
    const Json replicas = Json::parse(browser.Get("/replicas").body);
    ASSERT_EQ(replicas.size(), 2u);
    EXPECT_EQ(replicas[0]["state"], "COMPLETED");
    EXPECT_EQ(replicas[0]["records"], 1000);
    if (run == 1) break;

    const uint16_t port = server->port();
    const auto begin = std::chrono::steady_clock::now();
    server->Stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
    server = std::make_unique<Server>(cluster.Settings("server-0"));
    ASSERT_OK(server->Start());
    EXPECT_EQ(server->port(), port) << "the port is part of the name";
    Browser again(*server);
    EXPECT_TRUE(WaitUntil(
        [&] {
          return again.Key("profiles_v1", 0, ScriptedPush::Key(7)).status == 200 &&
                 again.Key("profiles_v1", 1, "absent").status == 404;
        },
        kLimit));
  }
}

TEST(Server, RefusesWhatItCannotAnswer) {
  Cluster cluster;
  Server server(cluster.Settings("server-0"));
  ASSERT_OK(server.Start());
  cluster.CreateVersion("profiles", 1, 1, 1);
  cluster.Push("profiles_v1", 0, 10);
  ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", 0, metadata::ExecutionStatus::kCompleted, 1));
  Browser browser(server);
  for (const char* target :
       {"/", "/nothing", "/storage", "/storage/profiles_v1", "/storage/profiles_v1/0", "/storage/profiles_v1/0/a/b",
        "/storage/profiles_v1/x/a", "/storage/profiles_v1/0/a?f=b64", "/storage/profiles_v9/0/YQ==?f=b64",
        "/storage/profiles_v1/7/YQ==?f=b64", "/dictionary/profiles", "/verify/profiles_v1", "/verify/profiles/0"})
    EXPECT_EQ(browser.Get(target).status, 400) << target;
  EXPECT_EQ(browser.Get("/dictionary/profiles/1").status, 404);
  EXPECT_EQ(browser.Get("/verify/profiles_v1/3").status, 404);
  EXPECT_EQ(browser.Get("/metadata/profiles").status, 403);
  EXPECT_EQ(browser.Send({.method = "POST", .target = "/compute/profiles_v1"}).status, 405);
  EXPECT_EQ(browser.Send({.method = "POST", .target = "/storage/profiles_v1"}).status, 400) << "no API version";
  net::HttpRequest batch{.method = "POST", .target = "/storage/profiles_v1", .body = "rubbish"};
  batch.headers.Add("X-VENICE-API-VERSION", "1");
  EXPECT_EQ(browser.Send(batch).status, 400);
  batch.body.clear();
  protocol::AppendRouterKey({0, "k", 5}, batch.body);
  EXPECT_EQ(browser.Send(batch).status, 503) << "a partition that is not here";
}

TEST(Server, AlteredContentFailsTheVersionAndIsNeverServed) {
  Cluster cluster;
  Server server(cluster.Settings("server-0"));
  ASSERT_OK(server.Start());
  cluster.CreateVersion("profiles", 1, 1, 1);
  cluster.Push("profiles_v1", 0, 100, [](auto& records) { records[50].value[records[50].value.find("value")] ^= 1; });
  ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", 0, metadata::ExecutionStatus::kError, 1));
  const std::string text = cluster.Statuses("profiles_v1", 0).begin()->second.incremental_push_version;
  EXPECT_NE(text.find("content verification failed"), std::string::npos) << text;
  EXPECT_NE(text.find("partition 0 on replica " + server.instance()), std::string::npos) << text;
  Browser browser(server);
  EXPECT_EQ(browser.Key("profiles_v1", 0, ScriptedPush::Key(7)).status, 400);
  cluster.SetCurrent("profiles", 1);
  EXPECT_TRUE(WaitUntil([&] { return browser.Key("profiles_v1", 0, ScriptedPush::Key(7)).status == 503; }, kLimit));
  EXPECT_EQ(Json::parse(browser.Get("/replicas").body)[0]["state"], "ERROR");
}

TEST(Server, TwoServersHoldTwoReplicasAndDropARetiredVersion) {
  Cluster cluster;
  Server first(cluster.Settings("server-0"));
  Server second(cluster.Settings("server-1"));
  ASSERT_OK(first.Start());
  ASSERT_OK(second.Start());
  Server same_folder(cluster.Settings("server-1"));
  const Status refused = same_folder.Start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);

  cluster.CreateVersion("profiles", 1, 3, 2);
  for (int p = 0; p < 3; ++p) cluster.Push("profiles_v1", p, 100 + p);
  for (int p = 0; p < 3; ++p)
    ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", p, metadata::ExecutionStatus::kCompleted, 2)) << p;
  cluster.SetCurrent("profiles", 1);
  for (Server* server : {&first, &second}) {
    Browser browser(*server);
    for (int p = 0; p < 3; ++p)
      EXPECT_EQ(browser.Key("profiles_v1", p, ScriptedPush::Key(99)).body, ScriptedPush::Value(99));
  }
  helix::Spectator spectator(cluster.zk(), {.cluster = kCluster});
  ASSERT_OK(spectator.Start());
  EXPECT_TRUE(WaitUntil(
      [&] {
        return spectator.View()
                   ->InCustomizedState("OFFLINE_PUSH", "profiles_v1", "profiles_v1_2", "COMPLETED")
                   .size() == 2;
      },
      kLimit));

  cluster.SetCurrent("profiles", 0);
  cluster.RemoveVersion("profiles", 1);
  for (const char* name : {"server-0", "server-1"})
    EXPECT_TRUE(WaitUntil([&] { return !std::filesystem::exists(cluster.Folder(name) + "/profiles_v1"); }, kLimit))
        << name;
  spectator.Stop();
}

TEST(Server, DropsVersionsThatWereDeletedWhileItWasAway) {
  Cluster cluster;
  {
    Server server(cluster.Settings("server-0"));
    ASSERT_OK(server.Start());
    cluster.CreateVersion("profiles", 1, 1, 1);
    cluster.Push("profiles_v1", 0, 10);
    ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", 0, metadata::ExecutionStatus::kCompleted, 1));
  }
  EXPECT_TRUE(std::filesystem::exists(cluster.Folder("server-0") + "/profiles_v1"));
  cluster.RemoveVersion("profiles", 1);
  Server server(cluster.Settings("server-0"));
  ASSERT_OK(server.Start());
  EXPECT_FALSE(std::filesystem::exists(cluster.Folder("server-0") + "/profiles_v1"));
}

TEST(Server, ServesAfterARestartWithoutAController) {
  Cluster cluster;
  {
    Server server(cluster.Settings("server-0"));
    ASSERT_OK(server.Start());
    cluster.CreateVersion("profiles", 1, 2, 1);
    cluster.Push("profiles_v1", 0, 100);
    ASSERT_TRUE(cluster.WaitForStatus("profiles_v1", 0, metadata::ExecutionStatus::kCompleted, 1));
    cluster.SetCurrent("profiles", 1);
  }
  cluster.StopController();
  Server server(cluster.Settings("server-0"));
  ASSERT_OK(server.Start());
  Browser browser(server);
  EXPECT_EQ(browser.Key("profiles_v1", 0, ScriptedPush::Key(7)).body, ScriptedPush::Value(7));
  EXPECT_EQ(browser.Key("profiles_v1", 1, ScriptedPush::Key(7)).status, 503) << "its push has not ended";
}

TEST(Settings, ComeFromVenicesPropertyNames) {
  const auto settings = SettingsFromProperties({{"cluster.name", "c"},
                                                {"zookeeper.address", "z:1"},
                                                {"kafka.bootstrap.servers", "k:1"},
                                                {"data.base.path", "/d"},
                                                {"listener.port", "1690"},
                                                {"listener.hostname", "h"},
                                                {"rocksdb.block.cache.size.in.bytes", "1GB"},
                                                {"unknown.key", "x"}});
  ASSERT_OK(settings);
  EXPECT_EQ(settings->cluster, "c");
  EXPECT_EQ(settings->port, 1690);
  EXPECT_EQ(settings->host, "h");
  EXPECT_EQ(settings->block_cache_bytes, 1_GiB);
  const auto bad = SettingsFromProperties({{"listener.port", "70000"}});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message().find("listener.port=70000: expected a number from 0 to 65535"), std::string::npos);
  Server server(ServerSettings{});
  const Status status = server.Start();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message().find("cluster.name is not set"), std::string::npos);
}

}  // namespace
}  // namespace venice::server
