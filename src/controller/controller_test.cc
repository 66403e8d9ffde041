// The controller on embedded engines. Storage nodes are played by participants that report what the test wants.
#include "controller/controller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/file.h"
#include "base/wait.h"
#include "controller/handlers.h"
#include "controller_api/client.h"
#include "controller_api/routes.h"
#include "embedded/kafka_server.h"
#include "embedded/zookeeper_server.h"
#include "helix/participant.h"
#include "helix/paths.h"
#include "metadata/paths.h"
#include "metadata/push_status.h"
#include "net/http_client.h"
#include "protocol/topic_name.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::controller {
namespace {

using namespace std::chrono_literals;
using controller_api::ControllerClient;
using metadata::ExecutionStatus;

constexpr const char* kCluster = "venice-cluster0";
constexpr auto kLimit = 20'000ms;
constexpr const char* kKey = R"("string")";
constexpr const char* kValue1 = R"({"type":"record","name":"V","fields":[{"name":"a","type":"int","default":0}]})";
constexpr const char* kValue2 =
    R"({"type":"record","name":"V","fields":[{"name":"a","type":"int","default":0},{"name":"b","type":"long","default":1}]})";

// Reports COMPLETED for every replica as soon as it has one, unless told otherwise.
class FakeNode : public helix::TransitionHandler {
 public:
  FakeNode(const std::string& zk_address, const std::string& name) : name_(name) {
    zk::ClientOptions options;
    options.address = zk_address;
    options.session_timeout = 4'000ms;
    zk_ = zk::Connect(options).value();
    reporter_ = std::make_unique<metadata::PushStatusReporter>(*zk_, kCluster, name);
    helix::ParticipantOptions participant;
    participant.cluster = kCluster;
    participant.instance = name;
    participant_ = std::make_unique<helix::Participant>(*zk_, participant, *this);
  }
  ~FakeNode() override { participant_->Stop(); }
  Status Start() { return participant_->Start(); }

  Status OnTransition(const helix::Transition& transition) override {
    if (transition.from != "OFFLINE" || transition.to != "STANDBY") return Ok();
    const int partition = *helix::PartitionIndex(transition.partition);
    VENICE_TRY(Report(transition.resource, partition, ExecutionStatus::kStarted));
    ++started_;
    ExecutionStatus status = ExecutionStatus::kCompleted;
    std::string text;
    {
      std::lock_guard lock(mutex_);
      if (hold_) return Ok();
      if (const auto it = errors_.find(transition.partition); it != errors_.end()) {
        status = ExecutionStatus::kError;
        text = it->second;
      }
    }
    return Report(transition.resource, partition, status, text);
  }
  void OnReset(const std::string&, const std::string&) override {}

  Status Report(const std::string& topic, int partition, ExecutionStatus status, const std::string& text = "") {
    if (status == ExecutionStatus::kCompleted)
      participant_->SetCustomizedState("OFFLINE_PUSH", topic, helix::PartitionName(topic, partition), "COMPLETED");
    return reporter_->Report(topic, partition, status, text);
  }
  // Replicas that have reported STARTED: what a test reports before that is overwritten by it.
  int started() const { return started_; }
  void Hold(bool hold) {
    std::lock_guard lock(mutex_);
    hold_ = hold;
  }
  void FailOn(const std::string& partition, const std::string& text) {
    std::lock_guard lock(mutex_);
    errors_[partition] = text;
  }

 private:
  const std::string name_;
  std::unique_ptr<zk::Client> zk_;
  std::unique_ptr<metadata::PushStatusReporter> reporter_;
  std::unique_ptr<helix::Participant> participant_;
  std::atomic<int> started_{0};
  std::mutex mutex_;
  bool hold_ = false;
  std::map<std::string, std::string> errors_;
};

class ControllerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embedded::ZooKeeperServerOptions zk;
    zk.data_dir = directory_ / "zk";
    zk_ = std::make_unique<embedded::ZooKeeperServer>(zk);
    ASSERT_TRUE(zk_->Start().ok());
    embedded::KafkaServerOptions kafka;
    kafka.data_dir = directory_ / "kafka";
    kafka_ = std::make_unique<embedded::KafkaServer>(kafka);
    ASSERT_TRUE(kafka_->Start().ok());
    zk::ClientOptions options;
    options.address = zk_->address();
    client_ = zk::Connect(options).value();
    writer_ = std::make_unique<metadata::StoreWriter>(*client_, kCluster);
  }

  ControllerSettings Settings() {
    ControllerSettings settings;
    settings.zk_address = zk_->address();
    settings.zk_session_timeout = 4'000ms;
    settings.kafka_bootstrap_servers = kafka_->address();
    settings.clusters = {kCluster};
    settings.partition_count = 2;
    settings.store_recreation_window = std::chrono::seconds(0);
    settings.cluster_to_d2 = {{kCluster, "venice-discovery"}};
    return settings;
  }

  std::unique_ptr<Controller> StartController(ControllerSettings settings) {
    auto controller = std::make_unique<Controller>(std::move(settings));
    const Status started = controller->Start();
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    EXPECT_TRUE(controller->WaitForLeaders(kLimit));
    return controller;
  }
  void Start() {
    controller_ = StartController(Settings());
    UseClient({controller_->url()});
  }

  void UseClient(std::vector<std::string> urls) {
    controller_api::ControllerClientOptions options;
    options.urls = std::move(urls);
    options.cluster = kCluster;
    options.attempts = 40;
    options.retry_interval = 100ms;
    api_ = std::make_unique<ControllerClient>(options);
  }

  FakeNode& AddNode(int i) {
    nodes_.push_back(std::make_unique<FakeNode>(zk_->address(), fmt::format("localhost_{}", 1690 + i)));
    const Status started = nodes_.back()->Start();
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    EXPECT_TRUE(WaitUntil(
        [&] { return Health().find(fmt::format("\"storageNodes\":{}", nodes_.size())) != std::string::npos; }, kLimit));
    return *nodes_.back();
  }

  std::string Health() { return Http("GET", "/health").body; }

  net::HttpResponse Http(const std::string& method, const std::string& target, const std::string& body = "") {
    net::HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    Result<net::HttpResponse> response = http_.Send({"127.0.0.1", controller_->port()}, request, 20s);
    return response.ok() ? *response : net::HttpResponse{0, {}, response.error().ToString()};
  }

  void NewStore(const std::string& name) {
    const Status created = api_->NewStore({name, "owner", kKey, kValue1});
    ASSERT_TRUE(created.ok()) << created.error().ToString();
  }

  Result<controller_api::VersionCreation> Push(const std::string& store, const std::string& id, bool defer = false) {
    controller_api::RequestTopicRequest request;
    request.store = store;
    request.push_job_id = id;
    request.start_of_push = true;
    request.defer_version_swap = defer;
    return api_->RequestTopic(request);
  }

  ::testing::AssertionResult Reaches(const std::string& store, int version, ExecutionStatus status) {
    controller_api::JobStatus job;
    if (WaitUntil(
            [&] {
              Result<controller_api::JobStatus> answer = api_->GetJobStatus(store, version);
              if (answer.ok()) job = *answer;
              return job.status == status;
            },
            kLimit, 20ms))
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << job.status_text << ": " << job.details;
  }

  metadata::Store Get(const std::string& store) { return writer_->Read(store).value().value(); }

  bool TopicExists(const std::string& topic) {
    pubsub::kafka::KafkaOptions options;
    options.bootstrap_servers = kafka_->address();
    auto kafka = pubsub::kafka::NewKafkaClient(options).value();
    return kafka->NewAdmin().value()->PartitionCount(topic).value().has_value();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<embedded::ZooKeeperServer> zk_;
  std::unique_ptr<embedded::KafkaServer> kafka_;
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<metadata::StoreWriter> writer_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<ControllerClient> api_;
  std::vector<std::unique_ptr<FakeNode>> nodes_;
  net::BlockingHttpClient http_;
};

TEST_F(ControllerTest, ChecksComeInVenicesOrder) {
  Start();
  EXPECT_EQ(Http("GET", "/store").status, 400);
  EXPECT_NE(Http("GET", "/store").body.find("\"error\":\"cluster_name is a required parameter\""), std::string::npos);
  const net::HttpResponse other = Http("GET", "/store?cluster_name=other");
  EXPECT_EQ(other.status, 421);
  EXPECT_NE(other.body.find("\"errorType\":\"INCORRECT_CONTROLLER\",\"exceptionType\":\"INCORRECT_CONTROLLER\""),
            std::string::npos);
  const net::HttpResponse missing = Http("GET", "/store?cluster_name=venice-cluster0&store_name=");
  EXPECT_EQ(missing.status, 400);
  EXPECT_NE(missing.body.find("store_name is a required parameter"), std::string::npos);
  EXPECT_EQ(Http("GET", "/store?cluster_name=venice-cluster0&store_name=nope").status, 404);
  EXPECT_NE(Http("GET", "/store?cluster_name=venice-cluster0&store_name=nope")
                .body.find(R"({"cluster":"venice-cluster0","name":"nope","error":"Store: nope does not exist)"),
            std::string::npos);
  EXPECT_EQ(Http("GET", "/store?cluster_name=venice-cluster0&store_name=a%2Fvalue-schema%2F1").status, 404);
  EXPECT_EQ(Http("GET", "/nothing").status, 404);
  EXPECT_EQ(Http("GET", "/stores/nope").status, 404);
  EXPECT_EQ(Http("GET", "/stores/nope?cluster_name=other").status, 421);
  EXPECT_EQ(Http("GET", "/stores/a%2Fvalue-schema%2F1").status, 404);
  EXPECT_EQ(Http("GET", "/stores/a/b").status, 404);
  EXPECT_EQ(Http("POST", "/stores/nope", "x=1").status, 405);
  EXPECT_EQ(Http("GET", "/new_store?cluster_name=venice-cluster0").status, 405);
  EXPECT_EQ(Http("GET", "/").status, 200);
  EXPECT_EQ(Http("GET", "/ui/").status, 200);
  EXPECT_EQ(Http("GET", "/openapi.yaml").status, 200);
  // Failures of these two travel as HTTP 200.
  const net::HttpResponse update =
      Http("POST", "/update_store", "cluster_name=venice-cluster0&store_name=nope&owner=x");
  EXPECT_EQ(update.status, 200);
  EXPECT_NE(update.body.find("\"errorType\":\"STORE_NOT_FOUND\""), std::string::npos);
}

TEST_F(ControllerTest, EveryRouteHasAHandler) {
  HandlerTable table;
  AddStoreHandlers(table);
  AddSchemaHandlers(table);
  AddVersionHandlers(table);
  AddNodeHandlers(table);
  AddDiscoveryHandlers(table);
  AddRestHandlers(table);
  EXPECT_EQ(table.size(), controller_api::Routes().size() - 1);  // /schema/{store} has two methods
  for (const controller_api::Route& route : controller_api::Routes()) {
    EXPECT_TRUE(table.contains(route.path)) << route.path;
    EXPECT_FALSE(route.summary.empty()) << route.path;
  }
}

TEST_F(ControllerTest, EveryUpdateParameterIsApplied) {
  for (const controller_api::RouteParameter& parameter : controller_api::UpdateStoreParameters()) {
    if (parameter.name == controller_api::param::kStore) continue;
    metadata::Store store;
    const Status applied =
        ApplyStoreUpdate({{std::string(parameter.name), "bad value \x01"}}, ControllerSettings(), store);
    if (!applied.ok()) {
      EXPECT_EQ(applied.error().message().find("is not known"), std::string::npos) << parameter.name;
    }
  }
}

TEST_F(ControllerTest, StoresAndSchemas) {
  Start();
  NewStore("books");
  EXPECT_EQ(api_->NewStore({"books", "", kKey, kValue1}).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(api_->NewStore({"bad--name", "", kKey, kValue1}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(api_->NewStore({"books2", "", "{", kValue1}).error().code(), ErrorCode::kInvalidSchema);
  EXPECT_EQ(api_->ListStores().value(), std::vector<std::string>{"books"});
  EXPECT_EQ(api_->DiscoverCluster("books")->cluster, kCluster);
  EXPECT_EQ(api_->DiscoverCluster("books")->d2_service, "venice-discovery");
  EXPECT_EQ(api_->DiscoverCluster("nope").error().code(), ErrorCode::kStoreNotFound);
  EXPECT_EQ(api_->LeaderController().value(), controller_->url());
  EXPECT_EQ(api_->GetKeySchema("books")->text, kKey);

  EXPECT_EQ(api_->AddValueSchema("books", kValue1)->id, 1);
  EXPECT_EQ(api_->AddValueSchema("books", kValue2)->id, 2);
  EXPECT_EQ(api_->GetValueSchemaId("books", kValue2).value(), 2);
  EXPECT_FALSE(api_->GetValueSchemaId("books", R"("bytes")").value());
  EXPECT_EQ(api_->GetAllValueSchemas("books")->size(), 2u);
  const auto bad = api_->AddValueSchema(
      "books", R"({"type":"record","name":"V","fields":[{"name":"a","type":"string","default":""}]})");
  EXPECT_EQ(bad.error().code(), ErrorCode::kInvalidSchema);

  EXPECT_TRUE(api_->UpdateStore("books", {{"storage_quota_in_byte", "-1"}, {"incremental_push_enabled", "true"}}).ok());
  EXPECT_EQ(Get("books").storage_quota_bytes, -1);
  const Status unknown = api_->UpdateStore("books", {{"no_such", "1"}});
  EXPECT_NE(unknown.error().message().find("no_such"), std::string::npos);
  EXPECT_EQ(api_->UpdateStore("books", {{"enable_reads", "maybe"}}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(api_->UpdateStore("books", {{"chunking_enabled", "true"}}).error().code(), ErrorCode::kInternal);

  EXPECT_EQ(api_->DeleteStore("books").error().code(), ErrorCode::kInvalidArgument);  // not disabled
  ASSERT_TRUE(api_->EnableStore("books", "readwrite", false).ok());
  ASSERT_TRUE(api_->DeleteStore("books").ok());
  EXPECT_EQ(api_->GetStore("books").error().code(), ErrorCode::kStoreNotFound);
}

TEST_F(ControllerTest, RestRoutesNeedNoClusterName) {
  Start();
  NewStore("films");
  NewStore("books");
  using Json = nlohmann::json;
  const Json clusters = Json::parse(Http("GET", "/clusters").body);
  EXPECT_EQ(clusters["clusters"][0]["name"], kCluster);
  EXPECT_EQ(clusters["clusters"][0]["leader"], controller_->url());
  net::HttpResponse added = Http("POST", "/schema/books", kValue2);  // raw, whatever its Content-Type
  EXPECT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(Json::parse(added.body)["id"], 2);
  added = Http("POST", "/schema/books", "value_schema=" + net::PercentEncode(kValue2));
  EXPECT_EQ(Json::parse(added.body)["id"], 2);
  EXPECT_EQ(Http("POST", "/schema/books", R"("string")").status, 400);
  EXPECT_EQ(Http("POST", "/schema/books").status, 400);
  EXPECT_EQ(Http("POST", "/schema/nope", kValue2).status, 400);

  const Json stores = Json::parse(Http("GET", "/stores").body)["stores"];
  ASSERT_EQ(stores.size(), 2u);
  EXPECT_EQ(stores[0].dump(),
            R"({"cluster":"venice-cluster0","currentVersion":0,"latestValueSchemaId":2,"name":"books",)"
            R"("owner":"owner","valueSchemaCount":2})");
  EXPECT_EQ(Json::parse(Http("GET", "/stores/books").body)["store"]["name"], "books");
  ASSERT_TRUE(client_->Set(metadata::paths::Store(kCluster, "films"), "[1]").ok());
  const Json with_bad = Json::parse(Http("GET", "/stores").body)["stores"];
  ASSERT_EQ(with_bad.size(), 2u);
  EXPECT_FALSE(with_bad[0].contains("error"));
  EXPECT_NE(with_bad[1].value("error", "").find("films"), std::string::npos) << with_bad[1];
  const Json schemas = Json::parse(Http("GET", "/schema/books").body);
  EXPECT_EQ(schemas["cluster"], kCluster);
  EXPECT_EQ(schemas["name"], "books");
  EXPECT_EQ(schemas["superSetSchemaId"], -1);
  EXPECT_EQ(schemas["keySchema"]["schemaStr"], kKey);
  EXPECT_EQ(schemas["schemas"][1]["id"], 2);
  EXPECT_EQ(schemas["schemas"][1]["schemaStr"], kValue2);
  EXPECT_GT(schemas["schemas"][1]["registrationTimestamp"], 1'600'000'000'000);
  EXPECT_EQ(Http("GET", "/schema/nope").status, 404);
}

TEST_F(ControllerTest, PushBecomesCurrentAndOldVersionsAreRetired) {
  Start();
  NewStore("books");
  EXPECT_EQ(Push("books", "none").error().code(), ErrorCode::kNotReady);  // no storage node
  AddNode(0);
  for (int n = 1; n <= 4; ++n) {
    const auto creation = Push("books", fmt::format("push{}", n));
    ASSERT_TRUE(creation.ok()) << creation.error().ToString();
    EXPECT_EQ(creation->version, n);
    EXPECT_EQ(creation->topic, fmt::format("books_v{}", n));
    EXPECT_EQ(creation->partitions, 2);
    EXPECT_EQ(creation->bootstrap_servers, kafka_->address());
    ASSERT_TRUE(Reaches("books", n, ExecutionStatus::kCompleted));
    EXPECT_EQ(Get("books").current_version, n);
  }
  EXPECT_TRUE(WaitUntil([&] { return Get("books").versions.size() == 2; }, kLimit));
  EXPECT_EQ(Get("books").versions.front().number, 3);
  EXPECT_TRUE(WaitUntil([&] { return !TopicExists("books_v1") && !TopicExists("books_v2"); }, kLimit));
  EXPECT_TRUE(TopicExists("books_v3"));
  EXPECT_FALSE(client_->Exists(helix::Paths(kCluster).IdealState("books_v1")).value());

  // Rollback, which blocks pushes until the version is gone or current again.
  ASSERT_TRUE(api_->Rollback("books").ok());
  EXPECT_EQ(Get("books").current_version, 3);
  EXPECT_EQ(api_->Rollback("books").error().code(), ErrorCode::kNotFound);
  EXPECT_NE(Push("books", "push5").error().message().find("delete_old_version"), std::string::npos);
  EXPECT_EQ(api_->DeleteOldVersion("books", 3).error().code(), ErrorCode::kUnsupported);
  ASSERT_TRUE(api_->DeleteOldVersion("books", 4).ok());
  EXPECT_EQ(Push("books", "push5")->version, 5);
  ASSERT_TRUE(Reaches("books", 5, ExecutionStatus::kCompleted));

  // Delete, and create again: numbers go on.
  ASSERT_TRUE(api_->EnableStore("books", "readwrite", false).ok());
  ASSERT_TRUE(api_->DeleteStore("books").ok());
  EXPECT_TRUE(WaitUntil([&] { return !TopicExists("books_v5") && !TopicExists("books_v3"); }, kLimit));
  NewStore("books");
  EXPECT_EQ(Push("books", "again")->version, 6);
}

TEST_F(ControllerTest, SamePushIdIsSameVersionAndAnotherIsRefused) {
  Start();
  NewStore("books");
  FakeNode& node = AddNode(0);
  node.Hold(true);
  ASSERT_EQ(Push("books", "a")->version, 1);
  EXPECT_EQ(Push("books", "a")->version, 1);
  const auto other = Push("books", "b");
  EXPECT_EQ(other.error().code(), ErrorCode::kConcurrentPush);
  EXPECT_NE(other.error().message().find("books_v1"), std::string::npos);
  EXPECT_EQ(api_->GetJobStatus("books", 1)->status, ExecutionStatus::kStarted);
  EXPECT_TRUE(WaitUntil([&] { return api_->GetJobStatus("books", 1)->uncompleted_partitions.size() == 2; }, kLimit));
  EXPECT_NE(api_->GetJobStatus("books", 1)->details.find("0 of 2 partitions complete"), std::string::npos);

  controller_api::EndOfPushRequest end;
  end.store = "books";
  end.version = 1;
  end.record_digests = {{0, protocol::PartitionDigest().Encode()}, {1, protocol::PartitionDigest().Encode()}};
  EXPECT_TRUE(api_->EndOfPush(end).ok());
  EXPECT_TRUE(api_->EndOfPush(end).ok());  // repeated: written once
  end.record_counts = {{7, 1}};
  EXPECT_EQ(Http("POST", "/end_of_push",
                 "cluster_name=venice-cluster0&store_name=books&version=1&partition_record_counts=nonsense")
                .status,
            400);

  ASSERT_TRUE(WaitUntil([&] { return node.started() == 2; }, kLimit));
  // Completion to current version: watches all the way.
  ASSERT_TRUE(node.Report("books_v1", 0, ExecutionStatus::kCompleted).ok());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(node.Report("books_v1", 1, ExecutionStatus::kCompleted).ok());
  ASSERT_TRUE(WaitUntil([&] { return Get("books").current_version == 1; }, kLimit, 1ms));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
  EXPECT_EQ(Push("books", "a")->version, 1);  // still the answer to that id
}

TEST_F(ControllerTest, FailedAndKilledPushesLeaveTheCurrentVersionAlone) {
  Start();
  NewStore("books");
  FakeNode& node = AddNode(0);
  ASSERT_TRUE(Push("books", "good").ok());
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));

  node.FailOn("books_v2_1", "digest of 7 records differs from the pushed one");
  ASSERT_EQ(Push("books", "bad")->version, 2);
  ASSERT_TRUE(Reaches("books", 2, ExecutionStatus::kError));
  const std::string details = api_->GetJobStatus("books", 2)->details;
  EXPECT_NE(details.find("partition 1, replica localhost_1690: digest of 7 records differs"), std::string::npos)
      << details;
  EXPECT_TRUE(WaitUntil([&] { return Get("books").versions.size() == 1 && !TopicExists("books_v2"); }, kLimit));
  EXPECT_EQ(Get("books").current_version, 1);
  EXPECT_EQ(api_->GetJobStatus("books", 2)->status, ExecutionStatus::kError);  // still known

  node.Hold(true);
  ASSERT_EQ(Push("books", "slow")->version, 3);
  ASSERT_TRUE(api_->KillPush("books_v3").ok());
  EXPECT_EQ(api_->GetJobStatus("books", 3)->status, ExecutionStatus::kError);
  EXPECT_NE(api_->GetJobStatus("books", 3)->details.find("killed"), std::string::npos);
  EXPECT_EQ(api_->KillPush("books_v1").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Get("books").current_version, 1);
  node.Hold(false);
  ASSERT_EQ(Push("books", "next")->version, 4);
  ASSERT_TRUE(Reaches("books", 4, ExecutionStatus::kCompleted));
}

TEST_F(ControllerTest, EndOfPushCarriesCountsOfAJobWithoutDigests) {
  Start();
  NewStore("books");
  AddNode(0).Hold(true);
  ASSERT_TRUE(Push("books", "a").ok());
  controller_api::EndOfPushRequest end;
  end.store = "books";
  end.version = 1;
  end.record_counts = {{1, 42}};
  ASSERT_TRUE(api_->EndOfPush(end).ok());

  pubsub::kafka::KafkaOptions options;
  options.bootstrap_servers = kafka_->address();
  auto kafka = pubsub::kafka::NewKafkaClient(options).value();
  auto consumer = kafka->NewConsumer().value();
  for (int p = 0; p < 2; ++p) ASSERT_TRUE(consumer->Subscribe({"books_v1", p}, pubsub::Position::Earliest()).ok());
  std::map<int, std::string> counts;
  int records = 0;
  EXPECT_TRUE(WaitUntil(
      [&] {
        auto batch = consumer->Poll(100ms, 100).value();
        for (const pubsub::RecordView& record : batch->records()) {
          ++records;
          for (const pubsub::Header& header : batch->Headers(record))
            if (header.name == "prc") counts[batch->topic_partition(record).partition] = header.value;
        }
        // Per partition and writer: start of segment, control message, end of segment; some are one record each.
        return records >= 12 || counts.size() > 1;
      },
      kLimit));
  EXPECT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[1], std::string("\0\0\0\0\0\0\0\x2a", 8));
}

TEST_F(ControllerTest, DeferredSwapWaitsForRollForward) {
  Start();
  NewStore("books");
  AddNode(0);
  ASSERT_TRUE(Push("books", "a").ok());
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));
  ASSERT_TRUE(Push("books", "b", true).ok());
  ASSERT_TRUE(Reaches("books", 2, ExecutionStatus::kCompleted));
  EXPECT_EQ(Get("books").current_version, 1);
  EXPECT_NE(api_->Call("/list_future_versions", {{"store_name", "books"}})->find(R"("books":"2")"), std::string::npos);
  EXPECT_TRUE(WaitUntil([&] { return api_->RollForward("books").ok(); }, kLimit));
  EXPECT_EQ(Get("books").current_version, 2);
  ASSERT_TRUE(api_->SetVersion("books", 1).ok());
  EXPECT_EQ(Get("books").current_version, 1);
  EXPECT_EQ(api_->SetVersion("books", 9).error().code(), ErrorCode::kNotFound);
}

TEST_F(ControllerTest, EmptyPushNeedsNoJob) {
  Start();
  NewStore("books");
  AddNode(0);
  ASSERT_EQ(api_->EmptyPush("books", "e")->version, 1);
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));
  EXPECT_EQ(api_->EmptyPush("books", "e")->version, 1);
  EXPECT_EQ(api_->ListInstances().value(), std::vector<std::string>{"localhost_1690"});
  EXPECT_NE(api_->Call("/cluster_health_instances", {})->find(R"("localhost_1690":"CONNECTED")"), std::string::npos);
  EXPECT_TRUE(WaitUntil(
      [&] {
        return api_->Call("/cluster_health_stores", {})->find(R"("books":"FULLLY_REPLICATED")") != std::string::npos;
      },
      kLimit));
  EXPECT_NE(api_->Call("/node_removable", {{"storage_node_id", "localhost_1690"}})->find(R"("removable":false)"),
            std::string::npos);
  EXPECT_EQ(api_->Call("/remove_node", {{"storage_node_id", "localhost_1690"}}).error().code(),
            ErrorCode::kAlreadyExists);
  EXPECT_TRUE(api_->Call("/allow_list_add_node", {{"storage_node_id", "localhost_1690"}}).ok());
  EXPECT_TRUE(api_->Call("/set_owner", {{"store_name", "books"}, {"owner", "someone"}}).ok());
  EXPECT_NE(api_->Call("/get_stores_in_cluster", {})->find(R"("owner":"someone")"), std::string::npos);
  EXPECT_NE(api_->Call("/list_replicas", {{"store_name", "books"}, {"version", "1"}})->find(R"("status":"LEADER")"),
            std::string::npos);
}

TEST_F(ControllerTest, APushOfAnActiveActiveStoreFindsItsMetadataSchemas) {
  Start();
  NewStore("books");
  AddNode(0);
  // As another controller may have left it: the setting without its schemas.
  ASSERT_TRUE(writer_
                  ->Update("books",
                           [](metadata::Store& store) -> Status {
                             store.active_active_enabled = true;
                             return Ok();
                           })
                  .ok());
  ASSERT_TRUE(Push("books", "a").ok());
  EXPECT_NE(writer_->Schemas("books").value()->ReplicationMetadata(1, 1), nullptr);
  // Switched off, it leaves them.
  ASSERT_TRUE(api_->UpdateStore("books", {{"active_active_replication_enabled", "false"}}).ok());
  EXPECT_EQ(api_->AddValueSchema("books", kValue2)->id, 2);
  EXPECT_NE(writer_->Schemas("books").value()->ReplicationMetadata(1, 1), nullptr);
  EXPECT_EQ(writer_->Schemas("books").value()->ReplicationMetadata(2, 1), nullptr);
  const Status key = api_->UpdateStore("books", {{"key_schema", "\"int\""}});
  EXPECT_NE(key.error().message().find("can never change"), std::string::npos) << key.error().message();
}

TEST_F(ControllerTest, ANewLeaderGoesOnWithARunningPush) {
  Start();
  NewStore("books");
  FakeNode& node = AddNode(0);
  node.Hold(true);
  ASSERT_EQ(Push("books", "a")->version, 1);

  ASSERT_TRUE(WaitUntil([&] { return node.started() == 2; }, kLimit));
  std::unique_ptr<Controller> second = StartController(Settings());
  EXPECT_FALSE(second->Leads(kCluster));
  // What only reads is answered by any member of the cluster.
  net::HttpRequest request;
  request.target = "/schema/books";
  EXPECT_EQ(http_.Send({"127.0.0.1", second->port()}, request, 20s)->status, 200);
  request.method = "POST";
  request.body = kValue2;
  EXPECT_EQ(http_.Send({"127.0.0.1", second->port()}, request, 20s)->status, 421);
  const auto begin = std::chrono::steady_clock::now();
  controller_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1000ms);
  ASSERT_TRUE(WaitUntil([&] { return second->Leads(kCluster); }, kLimit));
  UseClient({second->url()});
  EXPECT_EQ(Push("books", "a")->version, 1);
  for (int p = 0; p < 2; ++p) ASSERT_TRUE(node.Report("books_v1", p, ExecutionStatus::kCompleted).ok());
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));
  EXPECT_EQ(Get("books").current_version, 1);
  second->Stop();
}

TEST_F(ControllerTest, TakingOverFinishesWhatWasHalfDone) {
  Start();
  NewStore("books");
  AddNode(0);
  ASSERT_TRUE(Push("books", "a").ok());
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));
  NewStore("doomed");
  controller_->Stop();

  // A push cut off before its records; a version that lost its swap's second half; an orphaned resource; a deletion.
  ASSERT_TRUE(writer_
                  ->Update("books",
                           [](metadata::Store& store) -> Status {
                             metadata::Version cut;
                             cut.store_name = "books";
                             cut.number = 2;
                             cut.partition_count = 2;
                             cut.push_job_id = "b";
                             cut.created_ms = store.created_ms;
                             store.versions.push_back(cut);
                             store.largest_used_version = 2;
                             return Ok();
                           })
                  .ok());
  helix::Admin admin(*client_);
  helix::ResourceSettings orphan;
  orphan.name = "books_v77";
  ASSERT_TRUE(admin.AddResource(kCluster, orphan).ok());
  metadata::StoreConfig deleting;
  deleting.store_name = "doomed";
  deleting.cluster = kCluster;
  deleting.deleting = true;
  ASSERT_TRUE(writer_->WriteStoreConfig(deleting).ok());

  Start();
  EXPECT_TRUE(WaitUntil([&] { return Get("books").versions.size() == 1; }, kLimit));
  EXPECT_EQ(Get("books").current_version, 1);
  EXPECT_FALSE(admin.GetIdealState(kCluster, "books_v77").value());
  EXPECT_FALSE(writer_->Read("doomed").value());
  EXPECT_FALSE(metadata::ReadStoreConfig(*client_, "doomed").value());
  EXPECT_EQ(Push("books", "b")->version, 3);
}

TEST_F(ControllerTest, SurvivesALostSession) {
  Start();
  NewStore("books");
  FakeNode& node = AddNode(0);
  node.Hold(true);
  ASSERT_EQ(Push("books", "a")->version, 1);
  ASSERT_TRUE(WaitUntil([&] { return node.started() == 2; }, kLimit));
  const std::string leader = client_->Get(helix::Paths(kCluster).ControllerLeader()).value()->data;
  const int64_t session = client_->Get(helix::Paths(kCluster).ControllerLeader()).value()->stat.ephemeral_owner;
  zk_->ExpireSession(session);
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto node_now = client_->Get(helix::Paths(kCluster).ControllerLeader()).value();
        return node_now && node_now->stat.ephemeral_owner != session && controller_->Leads(kCluster);
      },
      kLimit));
  for (int p = 0; p < 2; ++p) ASSERT_TRUE(node.Report("books_v1", p, ExecutionStatus::kCompleted).ok());
  ASSERT_TRUE(Reaches("books", 1, ExecutionStatus::kCompleted));
}

TEST_F(ControllerTest, SeveralClustersInOneProcess) {
  ControllerSettings settings = Settings();
  settings.clusters = {kCluster, "venice-cluster1"};
  controller_ = StartController(settings);
  UseClient({controller_->url()});
  NewStore("books");
  controller_api::ControllerClientOptions options;
  options.urls = {controller_->url()};
  options.cluster = "venice-cluster1";
  ControllerClient other(options);
  EXPECT_EQ(other.NewStore({"books", "", kKey, kValue1}).error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(other.NewStore({"films", "", kKey, kValue1}).ok());
  options.cluster.clear();
  ControllerClient discovering(options);
  EXPECT_EQ(discovering.DiscoverCluster("films")->cluster, "venice-cluster1");
  EXPECT_EQ(discovering.GetStore("films")->store.name, "films");
  EXPECT_EQ(discovering.GetStore("books")->store.name, "books");
}

TEST_F(ControllerTest, StartSaysWhatIsWrong) {
  ControllerSettings settings = Settings();
  settings.zk_address.clear();
  EXPECT_NE(Controller(settings).Start().error().message().find("zookeeper.address"), std::string::npos);
  Start();
  settings = Settings();
  settings.port = controller_->port();
  EXPECT_FALSE(Controller(settings).Start().ok());
}

}  // namespace
}  // namespace venice::controller
