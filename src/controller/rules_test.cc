// The pure rules: retention, partition counts, verdicts, settings.
#include <gtest/gtest.h>

#include "controller/push_verdict.h"
#include "controller/settings.h"
#include "controller/store_admin.h"
#include "controller/version_admin.h"

namespace venice::controller {
namespace {

using metadata::ExecutionStatus;
using metadata::OfflinePushStrategy;
using metadata::VersionStatus;

metadata::Store StoreWith(int32_t current, std::vector<std::pair<int32_t, VersionStatus>> versions) {
  metadata::Store store;
  store.name = "s";
  store.current_version = current;
  for (const auto& [number, status] : versions) {
    metadata::Version version;
    version.number = number;
    version.status = status;
    store.versions.push_back(version);
  }
  return store;
}

TEST(Retention, KeepsTheCurrentVersionAndTheNewestBackups) {
  using enum VersionStatus;
  using V = std::vector<int32_t>;
  EXPECT_EQ(VersionsToDelete(StoreWith(3, {{1, kOnline}, {2, kOnline}, {3, kOnline}}), 2, false), V{1});
  EXPECT_EQ(VersionsToDelete(StoreWith(3, {{2, kOnline}, {3, kOnline}, {4, kStarted}}), 2, true), V{2});
  EXPECT_EQ(VersionsToDelete(StoreWith(3, {{2, kOnline}, {3, kOnline}, {4, kStarted}}), 2, false), V{});
  // A push that is over when its early retirement runs: the backup stays.
  EXPECT_EQ(VersionsToDelete(StoreWith(4, {{3, kOnline}, {4, kOnline}}), 2, true), V{});
  EXPECT_EQ(VersionsToDelete(StoreWith(1, {{1, kOnline}, {2, kOnline}, {3, kOnline}}), 2, false), V{2});
  EXPECT_EQ(VersionsToDelete(StoreWith(1, {{1, kOnline}, {2, kError}, {3, kKilled}}), 2, false), (V{2, 3}));
  EXPECT_EQ(VersionsToDelete(StoreWith(4, {{1, kStarted}, {2, kRolledBack}, {3, kPushed}, {4, kOnline}}), 1, false),
            V{1});
  EXPECT_EQ(VersionsToDelete(StoreWith(1, {{1, kOnline}}), 1, true), V{});
}

TEST(PartitionCount, FollowsQuotaWithinBounds) {
  ControllerSettings settings;
  settings.partition_bytes = 100;
  settings.partition_count = 3;
  settings.partition_count_max = 10;
  metadata::Store store;
  store.storage_quota_bytes = 1;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 3);
  store.storage_quota_bytes = 700;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 7);
  settings.partition_count_round_up = 4;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 8);
  store.storage_quota_bytes = 1 << 30;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 10);
  store.storage_quota_bytes = -1;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 10);
  store.storage_quota_bytes = 0;
  EXPECT_EQ(PartitionCountFor(store, settings).error().code(), ErrorCode::kInvalidConfig);
  store.partition_count = 5;
  EXPECT_EQ(PartitionCountFor(store, settings).value(), 5);
}

metadata::PartitionStatus Statuses(std::vector<std::pair<std::string, ExecutionStatus>> replicas,
                                   const std::string& text = "") {
  metadata::PartitionStatus status;
  status.partition = 4;
  for (const auto& [instance, state] : replicas) {
    metadata::ReplicaStatus replica;
    replica.instance = instance;
    replica.Append(state, metadata::IsError(state) ? text : "", "t");
    status.replicas.push_back(replica);
  }
  return status;
}

TEST(Verdict, NeedsTheLeaderAndEnoughReplicas) {
  using enum ExecutionStatus;
  const auto strategy = OfflinePushStrategy::kWaitNMinusOne;
  const std::map<std::string, std::string> view{{"a", "LEADER"}, {"b", "STANDBY"}, {"c", "STANDBY"}};
  EXPECT_EQ(JudgePartition(Statuses({{"a", kCompleted}, {"b", kCompleted}}), view, 3, strategy).verdict,
            Verdict::kCompleted);
  EXPECT_EQ(JudgePartition(Statuses({{"b", kCompleted}, {"c", kCompleted}}), view, 3, strategy).verdict,
            Verdict::kEndOfPushReceived);
  EXPECT_EQ(
      JudgePartition(Statuses({{"a", kCompleted}, {"b", kCompleted}}), view, 3, OfflinePushStrategy::kWaitAllReplicas)
          .verdict,
      Verdict::kEndOfPushReceived);
  EXPECT_EQ(JudgePartition(Statuses({}), view, 3, strategy).verdict, Verdict::kStarted);
  EXPECT_EQ(JudgePartition(Statuses({}), {}, 3, strategy).verdict, Verdict::kStarted);  // nothing assigned yet
  // A replica that is not in the view does not count.
  EXPECT_EQ(JudgePartition(Statuses({{"x", kCompleted}}), {{"a", "LEADER"}}, 1, strategy).verdict, Verdict::kStarted);
  EXPECT_EQ(JudgePartition(Statuses({{"a", kCompleted}}), {{"a", "LEADER"}}, 1, strategy).verdict, Verdict::kCompleted);
}

TEST(Verdict, NamesWhoFailedAndWhy) {
  using enum ExecutionStatus;
  const auto strategy = OfflinePushStrategy::kWaitNMinusOne;
  const std::map<std::string, std::string> view{{"a", "LEADER"}, {"b", "STANDBY"}};
  const PartitionVerdict one =
      JudgePartition(Statuses({{"a", kError}, {"b", kCompleted}}, "disk full"), view, 2, strategy);
  EXPECT_NE(one.verdict, Verdict::kError);  // one of two is tolerated, but it must not lead
  EXPECT_EQ(one.error_leaders, std::vector<std::string>{"a"});
  const PartitionVerdict both =
      JudgePartition(Statuses({{"a", kError}, {"b", kError}}, "digest differs"), view, 2, strategy);
  EXPECT_EQ(both.verdict, Verdict::kError);
  EXPECT_EQ(both.reason, "partition 4, replica a: digest differs; partition 4, replica b: digest differs");
  const PartitionVerdict alone = JudgePartition(Statuses({}), {{"a", "ERROR"}}, 1, strategy);
  EXPECT_EQ(alone.verdict, Verdict::kError);
  const PartitionVerdict killed = JudgePartition(Statuses({{"a", kError}}, std::string(kKillText) + "s_v1"),
                                                 {{"a", "LEADER"}, {"b", "STANDBY"}}, 2, strategy);
  EXPECT_TRUE(killed.error_leaders.empty());
}

TEST(StoreName, FollowsVenicesRules) {
  for (const char* good : {"test-store", "a", "my_store", "store_v2x", "9lives", "s_v3"})
    EXPECT_TRUE(CheckStoreName(good, false).ok()) << good;
  for (const char* bad : {"", "a--b", "x_rt", "total", "view_store_a", "venice_system_store_x", "a b", "a/b", "ä"})
    EXPECT_FALSE(CheckStoreName(bad, false).ok()) << bad;
  EXPECT_TRUE(CheckStoreName("venice_system_store_x", true).ok());
}

TEST(Settings, TakeVenicesKeys) {
  ControllerSettings settings;
  ASSERT_TRUE(ApplyProperties({{"cluster.name", "a, b"},
                               {"default.partition.size", "1GB"},
                               {"cluster.to.d2", "a:x,b:y"},
                               {"admin.port", "0"},
                               {"some.other.service.key", "kept out"},
                               {"default.offline.push.strategy", "WAIT_ALL_REPLICAS"}},
                              settings)
                  .ok());
  EXPECT_EQ(settings.clusters, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(settings.partition_bytes, 1 << 30);
  EXPECT_EQ(settings.cluster_to_d2.at("b"), "y");
  const Status bad = ApplyProperties({{"admin.port", "70000"}}, settings);
  EXPECT_NE(bad.error().message().find("admin.port=70000"), std::string::npos);
}

}  // namespace
}  // namespace venice::controller
