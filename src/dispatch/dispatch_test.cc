#include <gtest/gtest.h>

#include <future>
#include <set>

#include "base/wait.h"
#include "dispatch/dispatcher.h"
#include "dispatch/host_pool.h"
#include "dispatch/retry_policy.h"
#include "dispatch/routing_table.h"
#include "dispatch/version_choice.h"
#include "net/http_server.h"
#include "protocol/multi_get.h"

namespace venice::dispatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::shared_ptr<const helix::ClusterView> View(const std::vector<std::string>& live, const std::string& topic,
                                               const helix::StateMap& states) {
  auto view = std::make_shared<helix::ClusterView>();
  for (const std::string& name : live) {
    helix::LiveInstanceView instance;
    instance.instance = name;
    instance.host = name.substr(0, name.rfind('_'));
    instance.port = static_cast<uint16_t>(std::stoi(name.substr(name.rfind('_') + 1)));
    view->live[name] = instance;
  }
  auto resource = std::make_shared<helix::ResourceView>();
  resource->resource = topic;
  resource->partitions = states;
  view->customized["OFFLINE_PUSH"][topic] = resource;
  return view;
}

TEST(RoutingTable, HoldsOnlyLiveAndCompletedReplicas) {
  RoutingTableBuilder builder;
  const auto table =
      builder.Build(*View({"a_1", "b_2"}, "s-x_v3",
                          {{"s-x_v3_0", {{"a_1", "COMPLETED"}, {"b_2", "STARTED"}, {"gone_3", "COMPLETED"}}},
                           {"s-x_v3_2", {{"a_1", "COMPLETED"}, {"b_2", "COMPLETED"}}},
                           {"s-x_v3_x", {{"a_1", "COMPLETED"}}},
                           {"other_v3_1", {{"a_1", "COMPLETED"}}}}));
  const auto routes = table->Find("s-x_v3");
  ASSERT_TRUE(routes);
  EXPECT_EQ(routes->Replicas(0).size(), 1u);
  EXPECT_EQ(table->hosts[routes->Replicas(0)[0]].ToString(), "a:1");
  EXPECT_EQ(routes->Replicas(1).size(), 0u);
  EXPECT_EQ(routes->Replicas(2).size(), 2u);
  EXPECT_EQ(routes->Replicas(3).size(), 0u);
  EXPECT_EQ(routes->Replicas(-1).size(), 0u);
  EXPECT_FALSE(routes->AllReady(3));
  EXPECT_FALSE(routes->AllReady(0));
  EXPECT_FALSE(table->Find("s-x_v4"));
}

TEST(RoutingTable, KeepsHostIdsAndUnchangedRoutes) {
  RoutingTableBuilder builder;
  auto view = std::make_shared<helix::ClusterView>(*View({"a_1", "b_2"}, "s_v1", {{"s_v1_0", {{"b_2", "COMPLETED"}}}}));
  const auto first = builder.Build(*view);
  EXPECT_EQ(builder.Build(*view)->Find("s_v1"), first->Find("s_v1"));
  const HostId b = first->Find("s_v1")->Replicas(0)[0];
  view->live.erase("a_1");
  const auto second = builder.Build(*view);
  EXPECT_NE(second->Find("s_v1"), first->Find("s_v1"));
  EXPECT_EQ(second->Find("s_v1")->Replicas(0)[0], b);
  EXPECT_EQ(second->live, std::vector<HostId>{b});
  view->live.erase("b_2");
  EXPECT_EQ(builder.Build(*view)->Find("s_v1")->Replicas(0).size(), 0u);
}

class VersionChoiceTest : public testing::Test {
 protected:
  void SetUp() override {
    store_.name = "s";
    for (const int number : {1, 2}) {
      metadata::Version version;
      version.store_name = "s";
      version.number = number;
      version.partition_count = 1;
      store_.versions.push_back(version);
    }
    store_.current_version = 2;
  }
  void Ready(const std::string& topic, bool ready) {
    std::vector<std::vector<HostId>> replicas(1);
    if (ready) replicas[0].push_back(0);
    table_.versions[topic] = std::make_shared<VersionRoutes>(replicas);
  }
  VersionChoice Choose(int before, bool dictionary = true) {
    return ChooseVersion(store_, before, table_, [dictionary](const metadata::Version&) { return dictionary; });
  }
  metadata::Store store_;
  RoutingTable table_;
};

TEST_F(VersionChoiceTest, TheCurrentVersionIsAdoptedWhenAllOfItIsReady) {
  Ready("s_v1", true);
  EXPECT_EQ(Choose(0).version, 0);
  EXPECT_EQ(Choose(1).version, 1);
  EXPECT_EQ(Choose(1).reason, VersionChoice::Reason::kPartitionsMissing);
  Ready("s_v2", true);
  EXPECT_EQ(Choose(1).version, 2);
  EXPECT_EQ(Choose(1).reason, VersionChoice::Reason::kCurrent);
}

TEST_F(VersionChoiceTest, ADictionaryIsWaitedFor) {
  Ready("s_v1", true);
  Ready("s_v2", true);
  store_.FindVersion(2)->compression = metadata::CompressionStrategy::kZstdWithDict;
  EXPECT_EQ(Choose(1, false).version, 1);
  EXPECT_EQ(Choose(1, false).reason, VersionChoice::Reason::kDictionaryMissing);
  EXPECT_EQ(Choose(1, true).version, 2);
}

TEST_F(VersionChoiceTest, AnOldVersionWithoutReplicasIsNotKept) {
  Ready("s_v1", false);
  EXPECT_EQ(Choose(1).version, 0);
  store_.current_version = 0;
  EXPECT_EQ(Choose(0).reason, VersionChoice::Reason::kNoCurrent);
  Ready("s_v1", true);
  EXPECT_EQ(Choose(1).version, 1);
  store_.versions.clear();
  EXPECT_EQ(Choose(1).version, 0);
}

TEST(RetryThresholds, ParseAndFind) {
  const auto thresholds = RetryThresholds::Parse("1-5:15,6-20:30,21-150:50,151-500:100,501-:500");
  ASSERT_TRUE(thresholds.ok());
  EXPECT_EQ(thresholds->For(1), milliseconds(15));
  EXPECT_EQ(thresholds->For(5), milliseconds(15));
  EXPECT_EQ(thresholds->For(6), milliseconds(30));
  EXPECT_EQ(thresholds->For(500), milliseconds(100));
  EXPECT_EQ(thresholds->For(100'000), milliseconds(500));
  EXPECT_EQ(RetryThresholds::Parse("")->For(1), milliseconds(0));
  for (const std::string bad : {"2-:5", "1-5:3", "1-5:3,7-:4", "1-5:3,6-:4,7-:5", "1-:x", "1-:5,", "x", "1-0:3,1-:4"}) {
    EXPECT_FALSE(RetryThresholds::Parse(bad).ok()) << bad;
  }
}

TEST(RetryBudget, IsATenthOfTheRequestsOnceTheRateIsKnown) {
  RetryBudget::Time now{};
  RetryBudget budget(now);
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(budget.Take(1, now));  // the first window has no limit
  for (int i = 0; i < 6'000; ++i) budget.CountRequest(now);
  now += seconds(60);
  budget.CountRequest(now);  // 100 a second: 11 retries a second (rounded up), bursts of five seconds' worth
  int taken = 0;
  for (int second = 0; second < 10; ++second) {
    now += seconds(1);
    while (budget.Take(1, now)) ++taken;
  }
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 170);
}

// A storage node that answers /storage with its name, or as told.
struct Node {
  explicit Node(std::string name) : name(std::move(name)) {
    loops.Start();
    server = std::make_unique<net::HttpServer>(
        loops, net::HttpServerOptions{}, [this](net::HttpRequest request, net::Responder responder) {
          if (request.target == "/health") return responder.Send({});
          ++requests;
          if (hang) return held.push_back(std::move(responder));
          net::HttpResponse response;
          response.status = status;
          response.body = this->name;
          if (request.method == "POST") {
            std::string_view body = request.body;
            response.body.clear();
            while (!body.empty())
              response.body += std::to_string(protocol::NextRouterKey(body)->key_index) + this->name + " ";
          }
          responder.Send(std::move(response));
        });
    EXPECT_TRUE(server->Start().ok());
  }
  ~Node() {
    server->Stop();
    loops.loop(0).RunAndWait([this] { held.clear(); });
    loops.Stop();
  }
  const std::string name;
  std::atomic<int> status{200};
  std::atomic<bool> hang{false};
  std::atomic<int> requests{0};
  std::vector<net::Responder> held;
  net::EventLoopGroup loops{"node", 1};
  std::unique_ptr<net::HttpServer> server;
};

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() {
    auto table = std::make_shared<RoutingTable>();
    table->hosts = {{"127.0.0.1", a_.server->port()}, {"127.0.0.1", b_.server->port()}};
    table->live = {0, 1};
    loop_.Start();
    loop_.RunAndWait([&] {
      HostPoolOptions options;
      options.heartbeat_cycle = milliseconds(20);
      options.timeout = milliseconds(10'000);
      hosts_ = std::make_unique<HostPool>(loop_, options);
      hosts_->SetTable(table);
      dispatcher_ = std::make_unique<Dispatcher>(*hosts_);
    });
  }
  ~DispatcherTest() override {
    loop_.RunAndWait([&] { hosts_.reset(); });
    loop_.Stop();
  }
  static std::shared_ptr<const VersionRoutes> Routes(std::vector<std::vector<HostId>> replicas) {
    return std::make_shared<VersionRoutes>(std::move(replicas));
  }
  Answer Get(std::shared_ptr<const VersionRoutes> routes, milliseconds retry_after = milliseconds(0)) {
    std::promise<Answer> promise;
    loop_.Post([&] {
      dispatcher_->Get({routes, "s_v1", nullptr, retry_after}, 0,
                       "AA==", [&](Answer answer) { promise.set_value(std::move(answer)); });
    });
    return promise.get_future().get();
  }
  std::vector<Answer> MultiGet(std::shared_ptr<const VersionRoutes> routes, int keys,
                               milliseconds retry_after = milliseconds(0)) {
    std::promise<std::vector<Answer>> promise;
    std::vector<Answer> parts;
    loop_.Post([&] {
      Batch batch;
      batch.bytes = std::make_shared<const std::string>("key");
      for (int i = 0; i < keys; ++i) batch.keys.push_back({i, i, *batch.bytes});
      dispatcher_->MultiGet(
          {routes, "s_v1", nullptr, retry_after}, std::move(batch),
          [&](Answer answer) { parts.push_back(std::move(answer)); }, [&] { promise.set_value(std::move(parts)); });
    });
    return promise.get_future().get();
  }

  Node a_{"a"}, b_{"b"};
  net::EventLoop loop_{"dispatch"};
  std::unique_ptr<HostPool> hosts_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DispatcherTest, BothReplicasAreUsed) {
  std::set<std::string> seen;
  EXPECT_TRUE(WaitUntil(
      [&] {
        seen.insert(Get(Routes({{0, 1}})).response.body);
        return seen.size() == 2;
      },
      milliseconds(10'000), milliseconds(0)));
}

TEST_F(DispatcherTest, NoReplicaIsFiveHundredAndThree) {
  const Answer answer = Get(Routes({{}}));
  EXPECT_EQ(answer.response.status, 503);
  EXPECT_NE(answer.error.find("No replica is available for this partition"), std::string::npos);
}

TEST_F(DispatcherTest, AnswersThatAreAnswersAreNotRetried) {
  for (const int status : {404, 429, 400, 529}) {
    a_.status = b_.status = status;
    const int before = a_.requests + b_.requests;
    EXPECT_EQ(Get(Routes({{0, 1}})).response.status, status);
    EXPECT_EQ(a_.requests + b_.requests, before + 1) << status;
  }
}

TEST_F(DispatcherTest, AFailureIsRetriedOnceElsewhere) {
  a_.status = 500;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get(Routes({{0, 1}})).response.body, "b");
  b_.status = 503;
  const int before = a_.requests + b_.requests;
  EXPECT_GE(Get(Routes({{0, 1}})).response.status, 500);
  EXPECT_EQ(a_.requests + b_.requests, before + 2);
  EXPECT_EQ(Get(Routes({{0}})).response.status, 500);
}

TEST_F(DispatcherTest, ADeadHostIsAvoided) {
  a_.server->Stop();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(Routes({{0, 1}})).response.body, "b");
  EXPECT_EQ(Get(Routes({{0}})).response.status, 500);
}

TEST_F(DispatcherTest, ASlowReplicaIsOvertakenByAnother) {
  a_.hang = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Get(Routes({{0, 1}}), milliseconds(5)).response.body, "b");
}

TEST_F(DispatcherTest, ABatchGoesToTheHostsOfItsPartitions) {
  const auto parts = MultiGet(Routes({{0}, {1}, {0}, {1}}), 4);
  std::set<std::string> bodies;
  for (const Answer& part : parts) bodies.insert(part.response.body);
  EXPECT_EQ(bodies, (std::set<std::string>{"0a 2a ", "1b 3b "}));
}

TEST_F(DispatcherTest, ABatchNamesPartitionsWithoutReplicaAndAnswersTheRest) {
  const auto parts = MultiGet(Routes({{0}, {}, {}}), 3);
  ASSERT_EQ(parts.size(), 2u);
  int good = 0, unready = 0;
  for (const Answer& part : parts) {
    good += part.good() ? 1 : 0;
    unready += part.response.status == 503 ? 1 : 0;
  }
  EXPECT_EQ(good, 1);
  EXPECT_EQ(unready, 1);
}

TEST_F(DispatcherTest, AFailedPartOfABatchMovesToOtherReplicas) {
  a_.status = 500;
  const auto parts = MultiGet(Routes({{0, 1}, {1, 0}, {0, 1}}), 3);
  std::string all;
  for (const Answer& part : parts) {
    EXPECT_TRUE(part.good());
    all += part.response.body;
  }
  for (const std::string key : {"0b ", "1b ", "2b "}) EXPECT_NE(all.find(key), std::string::npos) << all;
  // One key of the part has no other replica: then the part fails as it is.
  b_.status = 200;
  bool failed = false;
  for (const Answer& part : MultiGet(Routes({{0}, {0, 1}}), 2)) failed = failed || !part.good();
  EXPECT_TRUE(failed);
}

TEST_F(DispatcherTest, ASlowPartOfABatchIsOvertaken) {
  a_.hang = true;
  const auto parts = MultiGet(Routes({{0, 1}, {0, 1}, {0, 1}, {0, 1}}), 4, milliseconds(5));
  for (const Answer& part : parts) EXPECT_TRUE(part.good());
}

TEST_F(DispatcherTest, RequestsUnderWayEndWhenThePoolGoes) {
  a_.hang = b_.hang = true;
  std::promise<Answer> promise;
  loop_.Post([&] {
    dispatcher_->Get({Routes({{0, 1}}), "s_v1"}, 0,
                     "AA==", [&](Answer answer) { promise.set_value(std::move(answer)); });
  });
  EXPECT_TRUE(WaitUntil([&] { return a_.requests + b_.requests == 1; }, milliseconds(10'000)));
  loop_.RunAndWait([&] { hosts_.reset(); });
  EXPECT_FALSE(promise.get_future().get().error.empty());
}

}  // namespace
}  // namespace venice::dispatch
