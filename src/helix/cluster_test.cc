// Participants, controllers and spectators together on a ZooKeeper server: the embedded one, or with
// VENICE_TEST_ZOOKEEPER=host:port a real one (tests that must upset the server are skipped there).
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>

#include <fmt/format.h>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "helix/admin.h"
#include "helix/controller.h"
#include "helix/participant.h"
#include "helix/paths.h"
#include "helix/pipeline.h"
#include "helix/spectator.h"
#include "zk/client.h"

namespace venice::helix {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 20'000ms;

// Of tests that are skipped on a real ZooKeeper.
constexpr const char* kNeedsToUpsetTheServer =
    "ZooKeeper has no call that expires another's session or cuts its connection; every run without "
    "VENICE_TEST_ZOOKEEPER does this on the embedded server";

std::unique_ptr<zk::Client> Connect(const std::string& address, std::chrono::milliseconds timeout = 6'000ms) {
  zk::ClientOptions options;
  options.address = address;
  options.session_timeout = timeout;
  return zk::Connect(options).value();
}

// A node of the cluster with its own session; remembers what it was told, and who leads here.
class Node : public TransitionHandler {
 public:
  Node(const std::string& address, const std::string& cluster, const std::string& instance)
      : client_(Connect(address)) {
    ParticipantOptions options;
    options.cluster = cluster;
    options.instance = instance;
    participant_ = std::make_unique<Participant>(*client_, options, *this);
  }
  ~Node() override {
    participant_->Stop();
    participant_.reset();
  }

  Status OnTransition(const Transition& transition) override {
    std::lock_guard lock(mutex_);
    log_.push_back(fmt::format("{} {}-{}", transition.partition, transition.from, transition.to));
    terms_.push_back(transition.create_ms);
    if (failing_.contains(transition.partition)) return Error(ErrorCode::kInternal, "told to fail");
    if (transition.to == "LEADER") leading_.insert(transition.partition);
    if (transition.from == "LEADER") leading_.erase(transition.partition);
    return Ok();
  }
  void OnReset(const std::string&, const std::string& partition) override {
    std::lock_guard lock(mutex_);
    log_.push_back(partition + " reset");
    leading_.erase(partition);
  }
  void OnSessionLost() override { ++sessions_lost_; }

  void FailOn(const std::string& partition, bool fail) {
    std::lock_guard lock(mutex_);
    if (fail) {
      failing_.insert(partition);
    } else {
      failing_.erase(partition);
    }
  }
  std::vector<std::string> Log() const {
    std::lock_guard lock(mutex_);
    return log_;
  }
  std::set<std::string> Leading() const {
    std::lock_guard lock(mutex_);
    return leading_;
  }
  int sessions_lost() const { return sessions_lost_; }

  Participant& operator*() { return *participant_; }
  Participant* operator->() { return participant_.get(); }
  zk::Client& client() { return *client_; }

 private:
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<Participant> participant_;
  mutable std::mutex mutex_;
  std::vector<std::string> log_;
  std::vector<int64_t> terms_;
  std::set<std::string> failing_;
  std::set<std::string> leading_;
  std::atomic<int> sessions_lost_{0};
};

class ClusterTest : public ::testing::Test {
 protected:
  static constexpr const char* kResource = "store_v1";

  void SetUp() override {
    if (const char* address = std::getenv("VENICE_TEST_ZOOKEEPER")) {
      address_ = address;
    } else {
      embedded::ZooKeeperServerOptions options;
      options.data_dir = directory_ / "zk";
      server_ = std::make_unique<embedded::ZooKeeperServer>(options);
      ASSERT_TRUE(server_->Start().ok());
      address_ = server_->address();
    }
    client_ = Connect(address_);
    admin_ = std::make_unique<Admin>(*client_);
    cluster_ = fmt::format("helix-test-{}", client_->SessionId());
    Create(cluster_);
  }

  void TearDown() override {
    spectator_.reset();
    controllers_.clear();
    nodes_.clear();
    if (admin_) {
      EXPECT_TRUE(admin_->DeleteCluster(cluster_).ok());
    }
  }

  void Create(const std::string& cluster, std::chrono::milliseconds delay = 300ms) {
    ClusterSettings settings;
    settings.rebalance_delay = delay;
    const Status created = admin_->CreateCluster(cluster, settings);
    ASSERT_TRUE(created.ok()) << created.error().ToString();
  }

  struct OwnController {
    std::unique_ptr<zk::Client> client;
    std::unique_ptr<Controller> controller;
    ~OwnController() { controller.reset(); }
  };

  Controller& StartController(const std::string& instance = "ctrl_1576", const Clock& clock = SystemClock()) {
    auto own = std::make_unique<OwnController>();
    own->client = Connect(address_);
    ControllerOptions options;
    options.cluster = cluster_;
    options.instance = instance;
    options.clock = &clock;
    own->controller = std::make_unique<Controller>(*own->client, options);
    EXPECT_TRUE(own->controller->Start().ok());
    controllers_.push_back(std::move(own));
    return *controllers_.back()->controller;
  }

  static std::string Name(int i) { return fmt::format("localhost_{}", 1690 + i); }

  Node& StartNode(int i) {
    nodes_[i] = std::make_unique<Node>(address_, cluster_, Name(i));
    const Status started = (*nodes_[i])->Start();
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    return *nodes_[i];
  }

  void StartSpectator() {
    SpectatorOptions options;
    options.cluster = cluster_;
    spectator_ = std::make_unique<Spectator>(*client_, options);
    const Status started = spectator_->Start(kLimit);
    ASSERT_TRUE(started.ok()) << started.error().ToString();
  }

  void AddResource(int partitions, int replicas, const std::string& name = kResource) {
    ResourceSettings settings;
    settings.name = name;
    settings.partitions = partitions;
    settings.replicas = replicas;
    const Status added = admin_->AddResource(cluster_, settings);
    ASSERT_TRUE(added.ok()) << added.error().ToString();
  }

  // Every partition has one leader and replicas - 1 standbys, all alive, and nothing else.
  static bool Converged(const ClusterView& view, int partitions, int replicas,
                        const std::string& resource = kResource) {
    const auto it = view.external.find(resource);
    if (it == view.external.end() || static_cast<int>(it->second->partitions.size()) != partitions) return false;
    for (const auto& [partition, states] : it->second->partitions) {
      if (static_cast<int>(states.size()) != replicas) return false;
      if (view.InState(resource, partition, "LEADER").size() != 1) return false;
      if (static_cast<int>(view.InState(resource, partition, "STANDBY").size()) != replicas - 1) return false;
    }
    return true;
  }

  ::testing::AssertionResult AwaitConverged(int partitions, int replicas, const std::string& resource = kResource) {
    if (WaitUntil([&] { return Converged(*spectator_->View(), partitions, replicas, resource); }, kLimit)) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << Describe(resource);
  }

  std::string Describe(const std::string& resource = kResource) {
    const auto view = spectator_->View();
    std::string text = "live:";
    for (const auto& [name, live] : view->live) text += " " + name;
    if (const auto it = view->external.find(resource); it != view->external.end()) {
      for (const auto& [partition, states] : it->second->partitions) {
        text += "\n" + partition + ":";
        for (const auto& [instance, state] : states) text += fmt::format(" {}={}", instance, state);
      }
    } else {
      text += "\nno external view of " + resource;
    }
    return text;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::string address_;
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<Admin> admin_;
  std::string cluster_;
  std::map<int, std::unique_ptr<Node>> nodes_;
  const ManualClock standing_clock_{SystemClock().WallMs()};  // outlives the controllers
  std::vector<std::unique_ptr<OwnController>> controllers_;
  std::unique_ptr<Spectator> spectator_;
};

TEST_F(ClusterTest, ReplicasConvergeWithOneLeaderPerPartition) {
  StartController();
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  const auto start = std::chrono::steady_clock::now();
  AddResource(3, 3);
  ASSERT_TRUE(AwaitConverged(3, 3));
  const auto took = std::chrono::steady_clock::now() - start;
  fmt::print("3 x 3 replicas converged in {} ms\n", std::chrono::duration_cast<milliseconds>(took).count());

  const auto ideal = admin_->GetIdealState(cluster_, kResource).value().value();
  for (int p = 0; p < 3; ++p) {
    const std::string partition = PartitionName(kResource, p);
    ASSERT_TRUE(WaitUntil(
        [&] { return admin_->GetIdealState(cluster_, kResource).value()->lists.at(partition).size() == 3; }, kLimit));
  }
  EXPECT_EQ(ideal.Text("STATE_MODEL_DEF_REF"), "LeaderStandby");
  const auto view = spectator_->View();
  EXPECT_EQ(view->external.at(kResource)->simple.at("REPLICAS"), "3");
  EXPECT_EQ(view->controller, "ctrl_1576");
  std::set<std::string> leaders;
  for (auto& [i, node] : nodes_) {
    for (const std::string& partition : node->Leading()) EXPECT_TRUE(leaders.insert(partition).second);
  }
  EXPECT_EQ(leaders.size(), 3u);
}

TEST_F(ClusterTest, ANewResourceDoesNotChangeLeadersWhileItStarts) {
  // Its clock stands still, so that the grace for preferred leaders never ends, however busy the machine is.
  StartController("ctrl_1576", standing_clock_);
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  AddResource(3, 3);
  ASSERT_TRUE(AwaitConverged(3, 3));
  for (auto& [i, node] : nodes_) {
    for (const std::string& line : node->Log()) EXPECT_EQ(line.find("LEADER-STANDBY"), std::string::npos) << line;
  }
}

TEST_F(ClusterTest, ADeadNodesReplicasMoveAfterTheDelay) {
  StartController();
  for (int i = 0; i < 4; ++i) StartNode(i);
  StartSpectator();
  AddResource(4, 2);  // min active 1: the delay applies
  ASSERT_TRUE(AwaitConverged(4, 2));
  nodes_.erase(0);
  ASSERT_TRUE(WaitUntil([&] { return !spectator_->View()->live.contains(Name(0)); }, kLimit));
  ASSERT_TRUE(AwaitConverged(4, 2));
  for (const auto view = spectator_->View();
       const auto& [partition, states] : view->external.at(kResource)->partitions) {
    EXPECT_FALSE(states.contains(Name(0)));
  }
}

TEST_F(ClusterTest, LeadershipMovesAtOnceAndReplicasStayWithinTheDelay) {
  ZnRecord change;
  change.simple["DELAY_REBALANCE_TIME"] = "3600000";
  ASSERT_TRUE(admin_->UpdateClusterConfig(cluster_, change).ok());
  StartController();
  for (int i = 0; i < 4; ++i) StartNode(i);
  StartSpectator();
  AddResource(8, 3);
  ASSERT_TRUE(AwaitConverged(8, 3));
  const std::set<std::string> led = nodes_[1]->Leading();
  const auto before = spectator_->View()->external.at(kResource)->partitions;
  ASSERT_FALSE(led.empty());
  nodes_.erase(1);
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto view = spectator_->View();
        return !view->live.contains(Name(1)) && std::all_of(led.begin(), led.end(), [&](const std::string& partition) {
          return view->InState(kResource, partition, "LEADER").size() == 1;
        });
      },
      kLimit));
  for (const auto view = spectator_->View();
       const auto& [partition, states] : view->external.at(kResource)->partitions) {
    for (const auto& [instance, state] : states) EXPECT_TRUE(before.at(partition).contains(instance)) << partition;
  }
  // Back within the delay: its replicas come back to the same places.
  StartNode(1);
  ASSERT_TRUE(AwaitConverged(8, 3));
  for (const auto view = spectator_->View();
       const auto& [partition, states] : view->external.at(kResource)->partitions) {
    for (const auto& [instance, state] : states) EXPECT_TRUE(before.at(partition).contains(instance)) << partition;
  }
}

TEST_F(ClusterTest, DroppingAResourceWalksItsReplicasDown) {
  StartController();
  for (int i = 0; i < 2; ++i) StartNode(i);
  StartSpectator();
  AddResource(2, 2);
  ASSERT_TRUE(AwaitConverged(2, 2));
  ASSERT_TRUE(admin_->DropResource(cluster_, kResource).ok());
  ASSERT_TRUE(WaitUntil([&] { return !spectator_->View()->external.contains(kResource); }, kLimit)) << Describe();
  for (auto& [i, node] : nodes_) {
    const std::vector<std::string> log = node->Log();
    EXPECT_EQ(std::count(log.begin(), log.end(), "store_v1_0 OFFLINE-DROPPED"), 1);
    EXPECT_TRUE((*node)->CurrentStates(kResource).empty());
    const Paths paths(cluster_);
    EXPECT_TRUE(WaitUntil([&] { return client_->Children(paths.Messages(Name(i))).value()->empty(); }, kLimit));
    EXPECT_TRUE(client_->Children(paths.CurrentStates(Name(i), (*node)->Session())).value()->empty());
  }
}

TEST_F(ClusterTest, AnotherControllerGoesOnWhereTheFirstStopped) {
  Controller& first = StartController("ctrl_1");
  ASSERT_TRUE(WaitUntil([&] { return first.IsLeader(); }, kLimit));
  Controller& second = StartController("ctrl_2");
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  AddResource(3, 2);
  ASSERT_TRUE(AwaitConverged(3, 2));
  EXPECT_FALSE(second.IsLeader());
  const auto before = spectator_->View()->external.at(kResource)->partitions;
  first.Stop();
  ASSERT_TRUE(WaitUntil([&] { return second.IsLeader(); }, kLimit));
  AddResource(2, 3, "other_v1");
  ASSERT_TRUE(AwaitConverged(2, 3, "other_v1"));
  EXPECT_EQ(spectator_->View()->external.at(kResource)->partitions, before);
  ASSERT_TRUE(WaitUntil([&] { return spectator_->View()->controller == "ctrl_2"; }, kLimit));
}

TEST_F(ClusterTest, AControllersSessionExpires) {
  if (!server_) GTEST_SKIP() << kNeedsToUpsetTheServer;
  Controller& first = StartController("ctrl_1");
  ASSERT_TRUE(WaitUntil([&] { return first.IsLeader(); }, kLimit));
  const uint64_t runs = first.Runs();
  server_->ExpireSession(controllers_[0]->client->SessionId());
  ASSERT_TRUE(WaitUntil([&] { return first.IsLeader() && first.Runs() > runs; }, kLimit));
  for (int i = 0; i < 2; ++i) StartNode(i);
  StartSpectator();
  AddResource(2, 2);
  ASSERT_TRUE(AwaitConverged(2, 2));
}

TEST_F(ClusterTest, AParticipantJoinsAgainAfterItsSessionExpired) {
  if (!server_) GTEST_SKIP() << kNeedsToUpsetTheServer;
  StartController();
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  AddResource(3, 3);
  ASSERT_TRUE(AwaitConverged(3, 3));
  Node& node = *nodes_[0];
  const std::string old_session = node->Session();
  node->SetCustomizedState("OFFLINE_PUSH", kResource, "store_v1_0", "COMPLETED");
  ASSERT_TRUE(node->FlushCustomizedStates(kLimit).ok());
  server_->ExpireSession(node.client().SessionId());
  ASSERT_TRUE(WaitUntil([&] { return node->Joined() && node->Session() != old_session; }, kLimit));
  EXPECT_EQ(node.sessions_lost(), 1);
  ASSERT_TRUE(WaitUntil([&] { return (*node).CurrentStates(kResource).size() == 3; }, kLimit));
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto view = spectator_->View();
        const auto live = view->live.find(Name(0));
        return live != view->live.end() && live->second.session == node->Session();
      },
      kLimit));
  ASSERT_TRUE(AwaitConverged(3, 3));
  const std::vector<std::string> log = node.Log();
  EXPECT_EQ(std::count(log.begin(), log.end(), "store_v1_0 reset"), 1);
  EXPECT_EQ(std::count(log.begin(), log.end(), "store_v1_0 OFFLINE-STANDBY"), 2);
  const Paths paths(cluster_);
  EXPECT_EQ(client_->Children(paths.CurrentStates(Name(0))).value().value(), std::vector<std::string>{node->Session()});
  // What it had reported does not count any more.
  EXPECT_FALSE(client_->Exists(paths.CustomizedState(Name(0), "OFFLINE_PUSH", kResource)).value());
}

TEST_F(ClusterTest, ConnectionsThatBreakLoseNothing) {
  if (!server_) GTEST_SKIP() << kNeedsToUpsetTheServer;
  StartController();
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  for (int round = 0; round < 5; ++round) {
    const std::string resource = fmt::format("store{}_v1", round);
    AddResource(3, 2, resource);
    server_->DropConnections();
    ASSERT_TRUE(AwaitConverged(3, 2, resource)) << round;
  }
  for (auto& [i, node] : nodes_) EXPECT_EQ(node->sessions_lost(), 0);
}

TEST_F(ClusterTest, CustomizedStatesBecomeAViewAndVanishWithACleanStop) {
  StartController();
  for (int i = 0; i < 2; ++i) StartNode(i);
  StartSpectator();
  AddResource(1, 2);
  ASSERT_TRUE(AwaitConverged(1, 2));
  for (auto& [i, node] : nodes_) {
    (*node)->SetCustomizedState("OFFLINE_PUSH", kResource, "store_v1_0", "STARTED");
    (*node)->SetCustomizedState("OFFLINE_PUSH", kResource, "store_v1_0", "COMPLETED");
    (*node)->SetCustomizedState("OFFLINE_PUSH", "unknown_v1", "unknown_v1_0", "COMPLETED");
  }
  const auto completed = [&] {
    return spectator_->View()->InCustomizedState("OFFLINE_PUSH", kResource, "store_v1_0", "COMPLETED");
  };
  ASSERT_TRUE(WaitUntil([&] { return completed().size() == 2; }, kLimit));
  EXPECT_FALSE(spectator_->View()->customized.at("OFFLINE_PUSH").contains("unknown_v1"));
  nodes_.erase(0);
  ASSERT_TRUE(WaitUntil([&] { return completed() == std::vector<std::string>{Name(1)}; }, kLimit));
  (*nodes_[1])->RemoveCustomizedState("OFFLINE_PUSH", kResource, "store_v1_0");
  ASSERT_TRUE(WaitUntil([&] { return completed().empty(); }, kLimit));
  ASSERT_TRUE((*nodes_[1])->FlushCustomizedStates(kLimit).ok());
}

TEST_F(ClusterTest, AFailedTransitionIsAnErrorUntilItIsReset) {
  StartController();
  Node& node = StartNode(0);
  StartSpectator();
  node.FailOn("store_v1_0", true);
  AddResource(2, 1);
  ASSERT_TRUE(
      WaitUntil([&] { return spectator_->View()->InState(kResource, "store_v1_0", "ERROR").size() == 1; }, kLimit));
  ASSERT_TRUE(
      WaitUntil([&] { return spectator_->View()->InState(kResource, "store_v1_1", "LEADER").size() == 1; }, kLimit));
  node.FailOn("store_v1_0", false);
  EXPECT_EQ(admin_->ResetPartitions(cluster_, Name(0), kResource, {"store_v1_1"}).error().code(), ErrorCode::kNotReady);
  ASSERT_TRUE(
      WaitUntil([&] { return admin_->ResetPartitions(cluster_, Name(0), kResource, {"store_v1_0"}).ok(); }, kLimit));
  ASSERT_TRUE(AwaitConverged(2, 1));
}

TEST_F(ClusterTest, ADisabledInstanceGivesUpItsReplicas) {
  StartController();
  for (int i = 0; i < 3; ++i) StartNode(i);
  StartSpectator();
  AddResource(3, 2);
  ASSERT_TRUE(AwaitConverged(3, 2));
  ASSERT_TRUE(admin_->EnableInstance(cluster_, Name(0), false, "repair").ok());
  ASSERT_TRUE(WaitUntil(
      [&] { return (*nodes_[0])->CurrentStates(kResource).empty() && Converged(*spectator_->View(), 3, 2); }, kLimit))
      << Describe();
  ASSERT_TRUE(admin_->EnableInstance(cluster_, Name(0), true).ok());
  ASSERT_TRUE(WaitUntil(
      [&] { return !(*nodes_[0])->CurrentStates(kResource).empty() && Converged(*spectator_->View(), 3, 2); }, kLimit))
      << Describe();
}

TEST_F(ClusterTest, ADisabledPartitionIsLedElsewhere) {
  StartController();
  for (int i = 0; i < 2; ++i) StartNode(i);
  StartSpectator();
  AddResource(1, 2);
  ASSERT_TRUE(AwaitConverged(1, 2));
  const std::string leader = spectator_->View()->InState(kResource, "store_v1_0", "LEADER").at(0);
  ASSERT_TRUE(admin_->EnablePartitions(cluster_, leader, kResource, {"store_v1_0"}, false).ok());
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto view = spectator_->View();
        const auto leaders = view->InState(kResource, "store_v1_0", "LEADER");
        return leaders.size() == 1 && leaders[0] != leader &&
               view->InState(kResource, "store_v1_0", "OFFLINE") == std::vector<std::string>{leader};
      },
      kLimit))
      << Describe();
  ASSERT_TRUE(admin_->EnablePartitions(cluster_, leader, kResource, {"store_v1_0"}, true).ok());
  ASSERT_TRUE(AwaitConverged(1, 2));
}

TEST_F(ClusterTest, NothingMovesWhilePaused) {
  Controller& controller = StartController();
  for (int i = 0; i < 2; ++i) StartNode(i);
  StartSpectator();
  ASSERT_TRUE(admin_->Pause(cluster_, true, "test").ok());
  ASSERT_TRUE(WaitUntil([&] { return controller.IsLeader(); }, kLimit));
  const uint64_t runs = controller.Runs();
  AddResource(1, 2);
  ASSERT_TRUE(WaitUntil([&] { return controller.Runs() > runs; }, kLimit));
  EXPECT_TRUE(nodes_[0]->Log().empty());
  ASSERT_TRUE(admin_->Pause(cluster_, false).ok());
  ASSERT_TRUE(AwaitConverged(1, 2));
}

TEST_F(ClusterTest, ASecondProcessWithOurNameIsRefused) {
  StartController();
  StartNode(0);
  auto client = Connect(address_);
  Node handler(address_, cluster_, Name(5));
  ParticipantOptions options;
  options.cluster = cluster_;
  options.instance = Name(0);
  options.stale_instance_wait = 100ms;
  Participant second(*client, options, handler);
  const Status started = second.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code(), ErrorCode::kConflict);
  EXPECT_TRUE((*nodes_[0])->Joined());
  EXPECT_TRUE(client_->Exists(Paths(cluster_).LiveInstance(Name(0))).value());
}

TEST_F(ClusterTest, TwoClustersLiveSideBySide) {
  const std::string other = cluster_ + "-b";
  Create(other);
  StartController();
  StartNode(0);
  StartSpectator();
  auto client = Connect(address_);
  ControllerOptions options;
  options.cluster = other;
  options.instance = "ctrl_1576";
  Controller controller(*client, options);
  ASSERT_TRUE(controller.Start().ok());
  Node node(address_, other, Name(0));
  ASSERT_TRUE(node->Start().ok());
  AddResource(2, 1);
  ResourceSettings settings;
  settings.name = "b_v1";
  ASSERT_TRUE(admin_->AddResource(other, settings).ok());
  ASSERT_TRUE(AwaitConverged(2, 1));
  ASSERT_TRUE(WaitUntil([&] { return node.Leading().size() == 1; }, kLimit));
  EXPECT_FALSE(spectator_->View()->external.contains("b_v1"));
  controller.Stop();
  node->Stop();
  EXPECT_TRUE(admin_->DeleteCluster(other).ok());
}

TEST_F(ClusterTest, HostileNodesHoldUpNobody) {
  StartController();
  const Paths paths(cluster_);
  ASSERT_TRUE(admin_->AddInstance(cluster_, Name(0)).ok());
  ASSERT_TRUE(client_->Set(paths.History(Name(0)), "no record").ok());
  ASSERT_TRUE(client_->Create(paths.Message(Name(0), "garbage"), "{\"id\":[[[[").ok());
  Node& node = StartNode(0);
  StartSpectator();
  const auto send = [&](const std::string& id, const ZnRecord::Map& fields) {
    ZnRecord record;
    record.id = id;
    record.simple = {{"MSG_ID", id},
                     {"MSG_TYPE", "STATE_TRANSITION"},
                     {"MSG_STATE", "new"},
                     {"TGT_NAME", Name(0)},
                     {"TGT_SESSION_ID", "*"},
                     {"STATE_MODEL_DEF", "LeaderStandby"},
                     {"FROM_STATE", "OFFLINE"},
                     {"TO_STATE", "STANDBY"},
                     {"RESOURCE_NAME", "x_v1"},
                     {"PARTITION_NAME", "x_v1_0"}};
    for (const auto& [key, value] : fields) record.simple[key] = value;
    ASSERT_TRUE(client_->Create(paths.Message(Name(0), id), EncodeZnRecord(record)).ok());
  };
  send("dots", {{"RESOURCE_NAME", ".."}});
  send("slash", {{"RESOURCE_NAME", "a/b"}});
  send("nothing", {{"RESOURCE_NAME", ""}});
  send("old-session", {{"TGT_SESSION_ID", "123"}});
  send("wrong-from", {{"FROM_STATE", "LEADER"}});
  send("no-op", {{"MSG_TYPE", "NO_OP"}});
  send("unknown-type", {{"MSG_TYPE", "control_message"}, {"RETRY_COUNT", "1"}});
  send("unknown-model", {{"STATE_MODEL_DEF", "MasterSlave"}, {"RETRY_COUNT", "1"}});
  send("batch", {{"BATCH_MESSAGE_MODE", "true"}});
  ASSERT_TRUE(client_->Create(paths.IdealState("broken_v1"), "{}}").ok());
  ASSERT_TRUE(client_->Create(paths.LiveInstances() + "/strange", "").ok());
  AddResource(2, 1);
  ASSERT_TRUE(AwaitConverged(2, 1));
  const std::set<std::string> left{"batch", "garbage", "unknown-model", "unknown-type"};
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto names = client_->Children(paths.Messages(Name(0))).value().value();
        return std::set<std::string>(names.begin(), names.end()) == left;
      },
      kLimit));
  EXPECT_EQ(ReadRecord(*client_, paths.Message(Name(0), "unknown-model")).value()->Text("MSG_STATE"), "unprocessable");
  EXPECT_EQ(node->CurrentStates("x_v1").size(), 0u);
}

TEST_F(ClusterTest, AnyMixOfFaultsEndsWhole) {
  if (!server_) GTEST_SKIP() << kNeedsToUpsetTheServer;
  const auto seed = static_cast<uint32_t>(std::random_device{}());
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  StartController("ctrl_0");
  StartController("ctrl_1");
  for (int i = 0; i < 4; ++i) StartNode(i);
  StartSpectator();
  AddResource(6, 3);
  for (int step = 0; step < 25; ++step) {
    const int i = static_cast<int>(random() % 4);
    switch (random() % 6) {
      case 0:
        server_->ExpireSession(controllers_[random() % 2]->client->SessionId());
        break;
      case 1:
        if (nodes_.contains(i)) server_->ExpireSession(nodes_[i]->client().SessionId());
        break;
      case 2:
        server_->DropConnections();
        break;
      case 3:
        nodes_.erase(i);
        break;
      case 4:
        if (!nodes_.contains(i)) StartNode(i);
        break;
      case 5:
        if (const std::string name = fmt::format("extra{}_v1", step % 3);
            admin_->GetIdealState(cluster_, name).value_or(std::nullopt)) {
          EXPECT_TRUE(WaitUntil([&] { return admin_->DropResource(cluster_, name).ok(); }, kLimit));
        } else {
          ResourceSettings settings;
          settings.name = name;
          settings.partitions = 2;
          settings.replicas = 2;
          WaitUntil(
              [&] {
                return admin_->AddResource(cluster_, settings).ok() ||
                       admin_->GetIdealState(cluster_, name).value_or(std::nullopt);
              },
              kLimit);
        }
        break;
    }
    // Sometimes the cluster gets the time to react, sometimes the next fault comes first.
    if (random() % 2 == 0) WaitUntil([&] { return Converged(*spectator_->View(), 6, 3); }, 200ms);
  }
  for (int i = 0; i < 4; ++i) {
    if (!nodes_.contains(i)) StartNode(i);
  }
  ASSERT_TRUE(WaitUntil([&] { return spectator_->View()->live.size() == 4; }, kLimit)) << Describe();
  ASSERT_TRUE(AwaitConverged(6, 3));
  ASSERT_TRUE(WaitUntil(
      [&] {
        std::multiset<std::string> leading;
        for (auto& [i, node] : nodes_) {
          for (const std::string& partition : node->Leading()) leading.insert(partition);
        }
        return std::all_of(leading.begin(), leading.end(), [&](const auto& p) { return leading.count(p) == 1; }) &&
               leading.size() >= 6;
      },
      kLimit));
  // Nobody is left with a message that nobody carries out.
  const Paths paths(cluster_);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(WaitUntil(
        [&] {
          const auto messages = client_->Children(paths.Messages(Name(i)));
          return messages.ok() && *messages && (*messages)->empty();
        },
        kLimit));
  }
}

TEST_F(ClusterTest, ManyPartitionsConverge) {
  StartController();
  for (int i = 0; i < 4; ++i) StartNode(i);
  StartSpectator();
  const auto start = std::chrono::steady_clock::now();
  AddResource(200, 3);
  ASSERT_TRUE(AwaitConverged(200, 3));
  const auto took = std::chrono::steady_clock::now() - start;
  fmt::print("200 x 3 replicas converged in {} ms, {} pipeline runs\n",
             std::chrono::duration_cast<milliseconds>(took).count(), controllers_[0]->controller->Runs());
  for (auto& [i, node] : nodes_) {
    EXPECT_TRUE(WaitUntil([&] { return node->Leading().size() == 50; }, kLimit)) << node->Leading().size();
  }
}

}  // namespace
}  // namespace venice::helix
