// Nodes that come and go: the service goes on.
#include <gtest/gtest.h>

#include "base/wait.h"
#include "tests/integration/test_cluster.h"

namespace venice::test {
namespace {

constexpr std::chrono::seconds kLimit{30};

bool Serves(TestCluster& cluster, const std::string& store, const std::map<std::string, std::string>& pairs) {
  for (const auto& [key, value] : pairs) {
    const auto got = cluster.Get(store, key);
    if (!got.ok() || got->value_or("") != value) return false;
  }
  return true;
}

// A version is served as soon as one of two replicas is ready: who takes one away waits for the other.
bool AllReady(TestCluster& cluster, const std::string& topic, int replicas) {
  const auto client = client::ThinClient::Connect({.router_url = cluster.router_url(), .store = "s"});
  if (!client.ok()) return false;
  const auto state = (*client)->GetRaw("resource_state/" + topic);
  int ready = 0;
  for (size_t at = 0; state.ok() && (at = state->find("COMPLETED", at)) != std::string::npos; ++at) ++ready;
  return ready == replicas;
}

TEST(FailOver, ReadsGoOnWhenAServerStops) {
  TestCluster cluster({.servers = 2, .replication_factor = 2});
  cluster.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  cluster.NewStore("s");
  const auto pairs = Pairs(200, "v");
  const auto pushed = cluster.Push("s", pairs);
  ASSERT_TRUE(pushed.ok()) << pushed.error().ToString();
  ASSERT_TRUE(WaitUntil([&] { return Serves(cluster, "s", pairs); }, kLimit));
  ASSERT_TRUE(WaitUntil([&] { return AllReady(cluster, "s_v1", 2 * pushed->partitions); }, kLimit));
  cluster.StopServer(0);
  // From the first read on: a refused connection is repeated on the other replica.
  EXPECT_TRUE(Serves(cluster, "s", pairs));
  cluster.StartServer(0);
  cluster.StopServer(1);
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "s", pairs); }, kLimit));
}

TEST(FailOver, ReplicasOfADeadServerMove) {
  TestCluster cluster({.servers = 3, .replication_factor = 2, .rebalance_delay = std::chrono::milliseconds(500)});
  cluster.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  cluster.NewStore("s");
  const auto pairs = Pairs(200, "v");
  const auto pushed = cluster.Push("s", pairs);
  ASSERT_TRUE(pushed.ok()) << pushed.error().ToString();
  const std::string dead = cluster.server(0).instance();
  cluster.StopServer(0);
  // Every partition has two ready replicas again, none on the dead one.
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto replicas = cluster.api().Call("/list_replicas", {{"store_name", "s"}, {"version", "1"}});
        if (!replicas.ok() || replicas->find(dead) != std::string::npos) return false;
        size_t ready = 0;
        for (size_t at = 0; (at = replicas->find("\"status\"", at)) != std::string::npos; ++at) {
          const std::string_view state = std::string_view(*replicas).substr(at, 24);
          ready += state.find("LEADER") != std::string_view::npos || state.find("STANDBY") != std::string_view::npos;
        }
        return ready >= 2 * static_cast<size_t>(pushed->partitions);
      },
      kLimit));
  cluster.StopServer(1);
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "s", pairs); }, kLimit));
}

TEST(FailOver, AnotherControllerTakesOver) {
  TestCluster cluster({.controllers = 2, .servers = 1});
  cluster.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  cluster.NewStore("s");
  ASSERT_TRUE(cluster.Push("s", Pairs(50, "one")).ok());
  const int leader = cluster.controller(0).Leads(kCluster) ? 0 : 1;
  EXPECT_TRUE(cluster.controller(leader).Leads(kCluster));
  cluster.StopController(leader);
  EXPECT_TRUE(WaitUntil([&] { return cluster.controller(1 - leader).Leads(kCluster); }, kLimit));
  const auto second = cluster.Push("s", Pairs(50, "two"));
  ASSERT_TRUE(second.ok()) << second.error().ToString();
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "s", Pairs(50, "two")); }, kLimit));
}

TEST(FailOver, AServerThatLosesItsSessionComesBack) {
  TestCluster cluster({.servers = 1});
  cluster.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  cluster.NewStore("s");
  const auto pairs = Pairs(100, "v");
  ASSERT_TRUE(cluster.Push("s", pairs).ok());
  cluster.zookeeper().DropConnections();
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "s", pairs); }, kLimit));
  const auto second = cluster.Push("s", Pairs(100, "w"));
  ASSERT_TRUE(second.ok()) << second.error().ToString();
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "s", Pairs(100, "w")); }, kLimit));
}

TEST(FailOver, TwoStoresDoNotDisturbEachOther) {
  TestCluster cluster({.servers = 2});
  cluster.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  cluster.NewStore("a");
  cluster.NewStore("b");
  ASSERT_TRUE(cluster.Push("a", Pairs(100, "a")).ok());
  ASSERT_TRUE(cluster.Push("b", Pairs(100, "b")).ok());
  ASSERT_TRUE(cluster.Push("a", Pairs(100, "a2")).ok());
  EXPECT_TRUE(WaitUntil([&] { return Serves(cluster, "a", Pairs(100, "a2")); }, kLimit));
  EXPECT_TRUE(Serves(cluster, "b", Pairs(100, "b")));
}

}  // namespace
}  // namespace venice::test
