#include <gtest/gtest.h>

#include <mutex>

#include <fmt/format.h>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "metadata/paths.h"
#include "metadata/push_status.h"
#include "metadata/store.h"
#include "metadata/store_repository.h"
#include "metadata/store_writer.h"
#include "zk/client.h"

namespace venice::metadata {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCluster = "metadata-test";
constexpr const char* kKeySchema = R"("string")";
constexpr const char* kValueSchema = R"({"type":"record","name":"V","fields":[]})";

// The shape that Venice's controller writes: names and value types of the reference, section 2; with a property of a
// newer Venice in every record.
constexpr const char* kVeniceStore = R"({
  "name" : "test-store",
  "owner" : "team",
  "createdTime" : 1700000000000,
  "currentVersion" : 1,
  "enableReads" : false,
  "offLinePushStrategy" : "WAIT_N_MINUS_ONE_REPLCIA_PER_PARTITION",
  "storageQuotaInByte" : -1,
  "hybridStoreConfig" : {
    "rewindTimeInSeconds" : 60,
    "offsetLagThresholdToGoOnline" : 1000,
    "producerTimestampLagThresholdToGoOnlineInSeconds" : -1,
    "dataReplicationPolicy" : "ACTIVE_ACTIVE",
    "bufferReplayPolicy" : "REWIND_FROM_SOP",
    "realTimeTopicName" : "",
    "hybridNewcomer" : 5
  },
  "ttlrepushEnabled" : true,
  "rmdVersion" : 1,
  "rmdVersionID" : { "broken" : { } },
  "etlStoreConfig" : { "etledUserProxyAccount" : "", "etlstrategy" : "EXTERNAL_SERVICE" },
  "views" : { "v" : { "viewClassName" : "x", "viewParameters" : { } } },
  "versions" : [ {
    "storeName" : "test-store",
    "number" : 2,
    "status" : "FROM_THE_FUTURE",
    "pushJobId" : "b"
  }, {
    "storeName" : "test-store",
    "number" : 1,
    "status" : "ONLINE",
    "pushJobId" : "a",
    "compressionStrategy" : "ZSTD_WITH_DICT",
    "versionSwapDeferred" : true,
    "timestampMetadataVersionId" : 1,
    "viewConfigs" : { },
    "partitionCount" : 3,
    "versionNewcomer" : [ 1, 2 ]
  } ],
  "systemStores" : { "venice_system_store_meta_store" : { "currentVersion" : 7 } },
  "storeNewcomer" : { "a" : null }
})";

TEST(StoreJson, ReadsWhatVeniceWrites) {
  const Store store = ParseZooKeeperStore(kVeniceStore).value();
  EXPECT_EQ(store.name, "test-store");
  EXPECT_FALSE(store.enable_reads);
  EXPECT_TRUE(store.enable_writes);  // missing: true
  EXPECT_EQ(store.storage_quota_bytes, kUnlimited);
  ASSERT_TRUE(store.hybrid);
  EXPECT_EQ(store.hybrid->rewind_seconds, 60);
  EXPECT_EQ(store.hybrid->data_replication_policy, DataReplicationPolicy::kActiveActive);
  EXPECT_TRUE(store.ttl_repush_enabled);
  ASSERT_EQ(store.versions.size(), 2u);
  EXPECT_EQ(store.versions[0].number, 1);  // sorted
  EXPECT_EQ(store.versions[0].compression, CompressionStrategy::kZstdWithDict);
  EXPECT_TRUE(store.versions[0].defer_version_swap);
  EXPECT_EQ(store.versions[0].rmd_version_id, 1);
  EXPECT_EQ(store.versions[1].status, VersionStatus::kStarted);  // an unknown name is the default
  EXPECT_EQ(store.CurrentVersion()->Topic(), "test-store_v1");
}

TEST(StoreJson, KeepsWhatItDoesNotKnow) {
  const std::string written = ToZooKeeperJson(ParseZooKeeperStore(kVeniceStore).value());
  for (const char* kept : {"storeNewcomer", "versionNewcomer", "hybridNewcomer", "rmdVersionID",
                           "etledUserProxyAccount", "venice_system_store_meta_store", "viewClassName"})
    EXPECT_NE(written.find(kept), std::string::npos) << kept;
  EXPECT_EQ(ToZooKeeperJson(ParseZooKeeperStore(written).value()), written);
}

TEST(StoreJson, WritesVenicesNamesInVenicesLayout) {
  Store store;
  store.name = "s";
  Version version;
  version.store_name = "s";
  version.number = 1;
  store.versions.push_back(version);
  const std::string json = ToZooKeeperJson(store);
  for (const char* line :
       {"{\n  \"name\" : \"s\",\n", "\"enableReads\" : true", "\"hybridStoreConfig\" : null",
        "\"readQuotaInCU\" : 1800", "\"offLinePushStrategy\" : \"WAIT_N_MINUS_ONE_REPLCIA_PER_PARTITION\"",
        "\"versions\" : [ {\n", "\"storageQuotaInByte\" : 21474836480",
        "\"schemaAutoRegisterFromPushJobEnabled\" : false", "\"status\" : \"STARTED\"",
        "\"versionSwapDeferred\" : false", "\"viewConfigs\" : { }", "\"timestampMetadataVersionId\" : -1",
        "\"dataRecoveryVersionConfig\" : null", "\"systemStores\" : { }", "\"leaderFollowerModelEnabled\" : true",
        "\"ttlrepushEnabled\" : false"})
    EXPECT_NE(json.find(line), std::string::npos) << line << "\nin\n" << json;
}

TEST(StoreJson, DescriptionUsesItsOwnNamesAndComesBack) {
  const Store store = ParseZooKeeperStore(kVeniceStore).value();
  const std::string info = ToStoreInfoJson(store);
  EXPECT_NE(info.find("\"enableStoreReads\":false"), std::string::npos);
  EXPECT_NE(info.find("\"compactionThreshold\":-1"), std::string::npos);
  EXPECT_EQ(info.find("\"enableReads\""), std::string::npos);
  const Store back = ParseStoreInfo(info).value();
  EXPECT_EQ(back.enable_reads, store.enable_reads);
  EXPECT_EQ(back.hybrid, store.hybrid);
  EXPECT_EQ(back.versions, store.versions);
}

TEST(StoreJson, RefusesGarbage) {
  for (const char* bad : {"", "null", "[]", "{", R"({"name":7})", R"({"versions":[1]})", R"({"currentVersion":"1"})",
                          R"({"currentVersion":99999999999})", R"({"hybridStoreConfig":[]})"})
    EXPECT_EQ(ParseZooKeeperStore(bad).error().code(), ErrorCode::kCorruption) << bad;
  EXPECT_FALSE(ParseZooKeeperStore(std::string(100'000, '[')).ok());
}

TEST(PushStatusJson, HasVenicesNames) {
  OfflinePush push;
  push.topic = "s_v1";
  push.partition_count = 2;
  push.status = ExecutionStatus::kStarted;
  push.history.push_back({ExecutionStatus::kStarted, "2026-11-21T02:00:00.000", ""});
  const std::string json = ToZooKeeperJson(push);
  for (const char* line : {"\"kafkaTopic\" : \"s_v1\"", "\"numberOfPartition\" : 2", "\"currentStatus\" : \"STARTED\"",
                           "\"successfulPushDurationInSecs\" : -1", "\"strategy\" : \"WAIT_N_MINUS_ONE"})
    EXPECT_NE(json.find(line), std::string::npos) << line << json;
  EXPECT_EQ(ParseOfflinePush(R"({"offlinePushStrategy":"WAIT_ALL_REPLICAS","numberOfPartition":1})")->strategy,
            OfflinePushStrategy::kWaitAllReplicas);
  EXPECT_FALSE(ParseOfflinePush(R"({"numberOfPartition":-1})").ok());
}

TEST(ReplicaStatus, HistoryIsBoundedAndKeepsWhatDecides) {
  ReplicaStatus replica;
  replica.Append(ExecutionStatus::kStarted, "", "t");
  replica.Append(ExecutionStatus::kProgress, "10", "t");
  replica.Append(ExecutionStatus::kProgress, "20", "t");
  EXPECT_EQ(replica.history.size(), 2u);
  EXPECT_EQ(replica.Determined().status, ExecutionStatus::kStarted);
  replica.Append(ExecutionStatus::kEndOfPushReceived, "", "t");
  replica.Append(ExecutionStatus::kCompleted, "", "t");
  for (int i = 0; i < 200; ++i) replica.Append(ExecutionStatus::kCatchUpBaseTopicOffsetLag, "", "t");
  EXPECT_EQ(replica.history.size(), 50u);
  EXPECT_EQ(replica.Determined().status, ExecutionStatus::kCompleted);
  replica.Append(ExecutionStatus::kStartOfIncrementalPushReceived, "inc1", "t");
  EXPECT_EQ(replica.status, ExecutionStatus::kCatchUpBaseTopicOffsetLag);  // incremental statuses are beside it
}

class ZooKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embedded::ZooKeeperServerOptions options;
    options.data_dir = directory_ / "zk";
    server_ = std::make_unique<embedded::ZooKeeperServer>(options);
    ASSERT_TRUE(server_->Start().ok());
    client_ = Connect();
    writer_ = std::make_unique<StoreWriter>(*client_, kCluster);
  }

  std::unique_ptr<zk::Client> Connect() {
    zk::ClientOptions options;
    options.address = server_->address();
    options.session_timeout = 4'000ms;
    return zk::Connect(options).value();
  }

  Status Create(const std::string& name) {
    Store store;
    store.name = name;
    return writer_->Create(store, kKeySchema, kValueSchema);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<StoreWriter> writer_;
};

TEST_F(ZooKeeperTest, StoreIsCreatedFoundAndBuried) {
  ASSERT_TRUE(Create("a").ok());
  EXPECT_EQ(Create("a").error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(ReadStoreConfig(*client_, "a").value()->cluster, kCluster);
  EXPECT_EQ(writer_->Schemas("a").value()->key.text, kKeySchema);
  EXPECT_EQ(writer_->Schemas("a").value()->values.size(), 1u);
  EXPECT_EQ(writer_
                ->Update("a",
                         [](Store& s) -> Status {
                           s.largest_used_version = 3;
                           return Ok();
                         })
                ->largest_used_version,
            3);
  ASSERT_TRUE(writer_->Delete("a").ok());
  EXPECT_FALSE(writer_->Read("a").value());
  EXPECT_EQ(writer_->ReadGraveyard("a").value()->store.largest_used_version, 3);
  EXPECT_EQ(writer_->Update("a", [](Store&) -> Status { return Ok(); }).error().code(), ErrorCode::kStoreNotFound);
}

TEST_F(ZooKeeperTest, ConcurrentUpdatesAreAllKept) {
  ASSERT_TRUE(Create("a").ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i)
        while (!writer_
                    ->Update("a",
                             [](Store& s) -> Status {
                               ++s.read_quota_cu;
                               return Ok();
                             })
                    .ok()) {
        }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(writer_->Read("a").value()->read_quota_cu, 1830);
}

TEST_F(ZooKeeperTest, RepositoryFollowsStoresAndSchemas) {
  ASSERT_TRUE(Create("before").ok());
  StoreRepository repository(*client_, kCluster);
  ASSERT_TRUE(repository.Start().ok());
  std::mutex mutex;
  std::vector<std::string> seen;
  repository.AddListener([&](const StoreChange& change) {
    std::lock_guard lock(mutex);
    seen.push_back(fmt::format("{} {}", static_cast<int>(change.kind), change.name));
  });
  const auto has_seen = [&](const std::string& what) {
    std::lock_guard lock(mutex);
    return std::find(seen.begin(), seen.end(), what) != seen.end();
  };
  EXPECT_TRUE(has_seen("0 before"));
  ASSERT_TRUE(Create("after").ok());
  EXPECT_TRUE(WaitUntil([&] { return has_seen("0 after") && repository.Schemas("after")->LatestValue(); }, 5s));
  ASSERT_TRUE(writer_->AddValueSchema("after", 2, kValueSchema).ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Schemas("after")->LatestValue()->id == 2; }, 5s));
  // Schemas made of value schemas, whose folders come with the first one.
  ASSERT_TRUE(writer_->AddDerivedSchema("after", {2, 1, "\"d21\""}).ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Schemas("after")->LatestDerived(2) != nullptr; }, 5s));
  ASSERT_TRUE(writer_->AddDerivedSchema("after", {2, 2, "\"d22\""}).ok());
  EXPECT_EQ(writer_->AddDerivedSchema("after", {2, 2, "\"x\""}).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(WaitUntil([&] { return repository.Schemas("after")->LatestDerived(2)->text == "\"d22\""; }, 5s));
  ASSERT_TRUE(writer_->AddReplicationMetadataSchema("after", {1, 1, "\"r11\""}).ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Schemas("after")->ReplicationMetadata(1, 1) != nullptr; }, 5s));
  EXPECT_EQ(client_->Get("/" + std::string(kCluster) + "/Stores/after/timestamp-metadata-schema/1-1").value()->data,
            "\"r11\"");
  EXPECT_EQ(writer_->Schemas("after").value().value(), *repository.Schemas("after"));
  ASSERT_TRUE(writer_->RemoveDerivedSchema("after", 2, 2).ok());
  EXPECT_TRUE(writer_->RemoveDerivedSchema("after", 2, 2).ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Schemas("after")->LatestDerived(2)->id == 1; }, 5s));
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(writer_
                    ->Update("after",
                             [&](Store& s) -> Status {
                               s.current_version = i;
                               return Ok();
                             })
                    .ok());
    EXPECT_TRUE(WaitUntil([&] { return repository.Get("after")->current_version == i; }, 5s)) << i;
  }
  EXPECT_TRUE(has_seen("1 after"));
  ASSERT_TRUE(writer_->Delete("before").ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Get("before") == nullptr && has_seen("2 before"); }, 5s));
  EXPECT_EQ(repository.Refresh("before").error().code(), ErrorCode::kStoreNotFound);
  EXPECT_EQ(repository.Refresh("after")->store->current_version, 5);
}

TEST_F(ZooKeeperTest, RepositorySurvivesALostSession) {
  ASSERT_TRUE(Create("a").ok());
  std::unique_ptr<zk::Client> own = Connect();
  StoreRepository repository(*own, kCluster);
  ASSERT_TRUE(repository.Start().ok());
  server_->ExpireSession(own->SessionId());
  ASSERT_TRUE(writer_
                  ->Update("a",
                           [](Store& s) -> Status {
                             s.current_version = 9;
                             return Ok();
                           })
                  .ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Get("a") && repository.Get("a")->current_version == 9; }, 15s));
  ASSERT_TRUE(writer_
                  ->Update("a",
                           [](Store& s) -> Status {
                             s.current_version = 10;
                             return Ok();
                           })
                  .ok());
  EXPECT_TRUE(WaitUntil([&] { return repository.Get("a")->current_version == 10; }, 15s));
  repository.Stop();
}

TEST_F(ZooKeeperTest, ReplicasReportAndTheControllerReads) {
  PushStatusStore pushes(*client_, kCluster);
  PushStatusReporter one(*client_, kCluster, "h_1");
  PushStatusReporter two(*client_, kCluster, "h_2");
  EXPECT_TRUE(one.Report("s_v1", 0, ExecutionStatus::kStarted).ok());  // no push: nothing is written
  EXPECT_FALSE(client_->Exists(paths::OfflinePush(kCluster, "s_v1")).value());

  OfflinePush push;
  push.topic = "s_v1";
  push.partition_count = 2;
  ASSERT_TRUE(pushes.Create(push).ok());
  ASSERT_TRUE(pushes.Create(push).ok());
  std::atomic<bool> fired{false};
  EXPECT_TRUE(pushes.ReadPartition("s_v1", 1, [&](const zk::WatchEvent&) { fired = true; })->replicas.empty());
  ASSERT_TRUE(one.Report("s_v1", 1, ExecutionStatus::kStarted).ok());
  ASSERT_TRUE(two.Report("s_v1", 1, ExecutionStatus::kError, "digest differs").ok());
  EXPECT_TRUE(WaitUntil([&] { return fired.load(); }, 5s));
  const PartitionStatus status = pushes.ReadPartition("s_v1", 1).value();
  EXPECT_EQ(status.Find("h_1")->status, ExecutionStatus::kStarted);
  EXPECT_EQ(status.Find("h_2")->Determined().incremental_push_version, "digest differs");
  EXPECT_TRUE(pushes.Update("s_v1", [](OfflinePush& p) { p.properties["k"] = "v"; }).value());
  EXPECT_EQ(pushes.Read("s_v1").value()->properties.at("k"), "v");
  ASSERT_TRUE(pushes.Delete("s_v1").ok());
  EXPECT_FALSE(pushes.Update("s_v1", [](OfflinePush&) {}).value());
}

}  // namespace
}  // namespace venice::metadata
