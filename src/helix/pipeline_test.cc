// The controller's decisions, without ZooKeeper: a cluster in memory whose participants do what they are told.
#include "helix/pipeline.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "helix/paths.h"
#include "helix/views.h"

namespace venice::helix {
namespace {

constexpr int64_t kStart = 1'700'000'000'000;

// Plays the participants: carries messages out one by one, in any order the test likes.
class World {
 public:
  World() {
    data.cluster = "c";
    data.config.simple = {{"DELAY_REBALANCE_TIME", "60000"}, {"PERSIST_BEST_POSSIBLE_ASSIGNMENT", "true"}};
    data.state_models.emplace("LeaderStandby", StateModel::LeaderStandby());
  }

  void AddNode(const std::string& name) {
    InstanceConfig config;
    config.instance = name;
    data.instances[name] = config;
    data.live[name] = "session-" + name;
    data.offline_since_ms.erase(name);
  }
  void Kill(const std::string& name) {
    data.live.erase(name);
    data.current_states.erase(name);
    data.messages.erase(name);
    pending.erase(name);
    data.offline_since_ms[name] = now_ms;
  }
  void AddResource(const std::string& name, int partitions, int replicas, int min_active = -1) {
    auto record = std::make_shared<ZnRecord>();
    record->id = name;
    record->simple = {{"NUM_PARTITIONS", std::to_string(partitions)},
                      {"REPLICAS", std::to_string(replicas)},
                      {"MIN_ACTIVE_REPLICAS", std::to_string(min_active < 0 ? std::max(replicas - 1, 1) : min_active)},
                      {"STATE_MODEL_DEF_REF", "LeaderStandby"},
                      {"REBALANCE_MODE", "FULL_AUTO"}};
    for (int i = 0; i < partitions; ++i) record->lists[PartitionName(name, i)];
    data.ideal_states[name] = record;
  }

  std::string State(const std::string& node, const std::string& resource, const std::string& partition) const {
    const auto records = data.current_states.find(node);
    if (records == data.current_states.end()) return "";
    const auto record = records->second.find(resource);
    if (record == records->second.end()) return "";
    const auto fields = record->second->maps.find(partition);
    return fields == record->second->maps.end() ? "" : fields->second.at("CURRENT_STATE");
  }
  void SetState(const std::string& node, const std::string& resource, const std::string& partition,
                const std::string& state) {
    auto record = std::make_shared<ZnRecord>();
    if (const RecordPtr& old = data.current_states[node][resource]) *record = *old;
    record->id = resource;
    record->simple["STATE_MODEL_DEF"] = "LeaderStandby";
    record->maps[partition] = {{"CURRENT_STATE", state}, {"END_TIME", std::to_string(now_ms)}};
    if (state == "DROPPED") record->maps.erase(partition);
    data.current_states[node][resource] = record;
    if (record->maps.empty()) data.current_states[node].erase(resource);
  }

  // One run; the messages go out.
  Actions Run() {
    Actions actions = ComputeActions(data, now_ms, cache);
    for (const auto& [resource, change] : actions.ideal_states) {
      auto record = std::make_shared<ZnRecord>(*data.ideal_states.at(resource));
      record->Update(change);
      data.ideal_states[resource] = record;
    }
    for (TransitionMessage& message : actions.messages) {
      message.id = fmt::format("m{}", ++sent);
      EXPECT_EQ(message.target_session, data.live.at(message.target));
      for (const auto& [id, other] : pending[message.target]) {
        EXPECT_FALSE(other.partition == message.partition && other.resource == message.resource) << "two messages";
      }
      pending[message.target][message.id] = message;
      data.messages[message.target][message.id] = std::make_shared<const ZnRecord>(message.ToRecord());
    }
    return actions;
  }

  // The participant carries one pending message out. Two leaders of a partition never meet.
  void Deliver(const std::string& node, const std::string& id, bool fail = false) {
    const TransitionMessage message = pending.at(node).at(id);
    const std::string state = State(node, message.resource, message.partition);
    EXPECT_EQ(state.empty() ? "OFFLINE" : state, message.from);
    SetState(node, message.resource, message.partition, fail ? "ERROR" : message.to);
    pending[node].erase(id);
    data.messages[node].erase(id);
    int leaders = 0;
    for (const auto& [name, session] : data.live)
      leaders += State(name, message.resource, message.partition) == "LEADER";
    EXPECT_LE(leaders, 1) << message.partition;
  }

  std::vector<std::pair<std::string, std::string>> Pending() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [node, messages] : pending) {
      for (const auto& [id, message] : messages) all.emplace_back(node, id);
    }
    return all;
  }

  // Runs and delivers until nothing is left to do.
  void Settle() {
    for (int round = 0; round < 200; ++round) {
      Run();
      const auto waiting = Pending();
      if (waiting.empty()) return;
      for (const auto& [node, id] : waiting) Deliver(node, id);
    }
    ADD_FAILURE() << "does not come to rest";
  }

  std::map<std::string, std::string> Replicas(const std::string& resource, const std::string& partition) const {
    std::map<std::string, std::string> replicas;
    for (const auto& [node, session] : data.live) {
      const std::string state = State(node, resource, partition);
      if (!state.empty()) replicas[node] = state;
    }
    return replicas;
  }

  std::string Describe(const std::string& resource, const std::string& partition) const {
    std::string text = partition + ", wanted:";
    for (const std::string& node : data.ideal_states.at(resource)->lists.at(partition)) text += " " + node;
    for (const auto& [node, state] : Replicas(resource, partition)) text += fmt::format(" {}={}", node, state);
    return text;
  }

  void ExpectWhole(const std::string& resource, int partitions, int replicas) {
    for (int i = 0; i < partitions; ++i) {
      int leaders = 0;
      int standbys = 0;
      for (const auto& [node, state] : Replicas(resource, PartitionName(resource, i))) {
        leaders += state == "LEADER";
        standbys += state == "STANDBY";
      }
      EXPECT_TRUE(leaders == 1 && standbys == replicas - 1) << Describe(resource, PartitionName(resource, i));
    }
  }

  ClusterData data;
  int64_t now_ms = kStart;
  PlacementCache cache;
  int sent = 0;
  std::map<std::string, std::map<std::string, TransitionMessage>> pending;
};

World Cluster(int nodes) {
  World world;
  for (int i = 0; i < nodes; ++i) world.AddNode(fmt::format("n{}", i));
  return world;
}

TEST(Pipeline, BringsANewResourceUp) {
  World world = Cluster(3);
  world.AddResource("s_v1", 3, 3);
  const Actions first = world.Run();
  EXPECT_EQ(first.messages.size(), 9u);
  for (const TransitionMessage& message : first.messages) {
    EXPECT_EQ(message.from, "OFFLINE");
    EXPECT_EQ(message.to, "STANDBY");
    EXPECT_EQ(message.create_ms, kStart);
  }
  EXPECT_TRUE(world.Run().messages.empty());  // all pending
  world.Settle();
  world.ExpectWhole("s_v1", 3, 3);
  EXPECT_EQ(world.data.ideal_states.at("s_v1")->maps.at("s_v1_0").size(), 3u);
}

TEST(Pipeline, WaitsAMomentForThePreferredLeaderThenTakesWhoIsReady) {
  World world = Cluster(3);
  world.AddResource("s_v1", 1, 3);
  world.Run();
  const std::vector<std::string> preferred = world.data.ideal_states.at("s_v1")->lists.at("s_v1_0");
  for (const auto& [node, id] : world.Pending()) {
    if (node != preferred.at(0)) world.Deliver(node, id);
  }
  Actions actions = world.Run();
  EXPECT_TRUE(actions.messages.empty());
  ASSERT_TRUE(actions.rerun_ms);
  world.now_ms = *actions.rerun_ms;
  actions = world.Run();
  ASSERT_EQ(actions.messages.size(), 1u);
  EXPECT_EQ(actions.messages[0].to, "LEADER");
  EXPECT_EQ(actions.messages[0].target, preferred.at(1));
  // When the preferred one is there at last, the other steps down first.
  world.Settle();
  EXPECT_EQ(world.State(preferred.at(0), "s_v1", "s_v1_0"), "LEADER");
  world.ExpectWhole("s_v1", 1, 3);
}

TEST(Pipeline, ADeadNodesReplicasStayUntilTheDelayIsOver) {
  World world = Cluster(5);
  world.AddResource("s_v1", 10, 3);
  world.Settle();
  world.Kill("n1");
  world.Settle();
  for (int i = 0; i < 10; ++i) {
    const auto replicas = world.Replicas("s_v1", PartitionName("s_v1", i));
    EXPECT_GE(replicas.size(), 2u);
    EXPECT_EQ(std::count_if(replicas.begin(), replicas.end(), [](const auto& r) { return r.second == "LEADER"; }), 1);
  }
  const Actions actions = world.Run();
  ASSERT_TRUE(actions.rerun_ms);
  EXPECT_EQ(*actions.rerun_ms, kStart + 60'000);
  world.now_ms = *actions.rerun_ms;
  world.Settle();
  world.ExpectWhole("s_v1", 10, 3);
}

TEST(Pipeline, TwoOfThreeDownAreReplacedUpToTheMinimumAtOnce) {
  World world = Cluster(6);
  world.AddResource("s_v1", 12, 3);
  world.Settle();
  world.Kill("n1");
  world.Kill("n2");
  world.Settle();
  for (int i = 0; i < 12; ++i) EXPECT_GE(world.Replicas("s_v1", PartitionName("s_v1", i)).size(), 2u) << i;
}

TEST(Pipeline, OneReplicaMovesAtOnce) {
  World world = Cluster(3);
  world.AddResource("s_v1", 6, 1);
  world.Settle();
  world.Kill("n0");
  world.Settle();
  world.ExpectWhole("s_v1", 6, 1);
}

TEST(Pipeline, AReturningNodeGetsItsReplicasBackAndNothingElseMoves) {
  World world = Cluster(4);
  world.AddResource("s_v1", 8, 2);
  world.Settle();
  const World before = world;
  world.Kill("n2");
  world.Settle();
  world.now_ms += 1'000;
  world.AddNode("n2");
  world.Settle();
  for (int i = 0; i < 8; ++i) {
    const std::string partition = PartitionName("s_v1", i);
    EXPECT_EQ(world.Replicas("s_v1", partition), before.Replicas("s_v1", partition));
  }
}

TEST(Pipeline, AnErrorStaysAndDoesNotTakeTheLead) {
  World world = Cluster(2);
  world.AddResource("s_v1", 1, 2);
  world.Run();
  const std::string preferred = world.data.ideal_states.at("s_v1")->lists.at("s_v1_0").at(0);
  for (const auto& [node, id] : world.Pending()) world.Deliver(node, id, node == preferred);
  world.Settle();
  EXPECT_EQ(world.State(preferred, "s_v1", "s_v1_0"), "ERROR");
  const auto replicas = world.Replicas("s_v1", "s_v1_0");
  EXPECT_EQ(std::count_if(replicas.begin(), replicas.end(), [](const auto& r) { return r.second == "LEADER"; }), 1);
}

TEST(Pipeline, MoreThanOneErrorStopsLoadMovesOnly) {
  World world = Cluster(3);
  world.AddResource("s_v1", 4, 3);
  world.Settle();
  world.SetState("n0", "s_v1", "s_v1_0", "ERROR");
  world.SetState("n0", "s_v1", "s_v1_1", "ERROR");
  world.SetState("n1", "s_v1", "s_v1_2", "OFFLINE");  // the third replica: beyond the minimum of two
  const auto starts = [](const Actions& actions) {
    return std::any_of(actions.messages.begin(), actions.messages.end(), [](const TransitionMessage& message) {
      return message.partition == "s_v1_2" && message.to == "STANDBY" && message.from == "OFFLINE";
    });
  };
  EXPECT_FALSE(starts(world.Run()));
  world.SetState("n0", "s_v1", "s_v1_1", "STANDBY");
  EXPECT_TRUE(starts(world.Run()));
}

TEST(Pipeline, ADroppedResourceIsWalkedDownErrorIncluded) {
  World world = Cluster(2);
  world.AddResource("s_v1", 2, 2);
  world.Settle();
  world.SetState("n0", "s_v1", "s_v1_0", "ERROR");
  world.data.ideal_states.clear();
  world.Settle();
  EXPECT_TRUE(world.data.current_states["n0"].empty());
  EXPECT_TRUE(world.data.current_states["n1"].empty());
  EXPECT_TRUE(world.Run().external_views.empty());
}

TEST(Pipeline, ADisabledResourceRestsWithoutBeingDropped) {
  World world = Cluster(2);
  world.AddResource("s_v1", 1, 2);
  world.Settle();
  auto record = std::make_shared<ZnRecord>(*world.data.ideal_states["s_v1"]);
  record->simple["HELIX_ENABLED"] = "false";
  world.data.ideal_states["s_v1"] = record;
  world.Settle();
  for (const auto& [node, state] : world.Replicas("s_v1", "s_v1_0")) EXPECT_EQ(state, "OFFLINE");
  EXPECT_EQ(world.Replicas("s_v1", "s_v1_0").size(), 2u);
}

TEST(Pipeline, MaintenanceMovesLeadershipButPlacesNothing) {
  World world = Cluster(4);
  world.AddResource("s_v1", 4, 2);
  world.Settle();
  world.data.maintenance = true;
  world.AddResource("new_v1", 1, 2);
  const std::string victim = "n0";
  world.Kill(victim);
  world.now_ms += 120'000;
  world.Settle();
  EXPECT_TRUE(world.Replicas("new_v1", "new_v1_0").empty());
  for (int i = 0; i < 4; ++i) {
    const auto replicas = world.Replicas("s_v1", PartitionName("s_v1", i));
    EXPECT_LE(replicas.size(), 2u);
    EXPECT_EQ(std::count_if(replicas.begin(), replicas.end(), [](const auto& r) { return r.second == "LEADER"; }), 1);
  }
  world.data.maintenance = false;
  world.Settle();
  world.ExpectWhole("s_v1", 4, 2);
  world.ExpectWhole("new_v1", 1, 2);
}

TEST(Pipeline, DataStaysWhenNoNodeMayHoldIt) {
  World world = Cluster(2);
  world.AddResource("s_v1", 1, 2);
  world.Settle();
  for (auto& [name, config] : world.data.instances) {
    config.operation = InstanceOperation::kDisable;
    config.enabled_ms = world.now_ms;
  }
  world.Settle();
  world.now_ms += 120'000;
  world.Settle();
  EXPECT_EQ(world.Replicas("s_v1", "s_v1_0"), (ReplicaStates{{"n0", "OFFLINE"}, {"n1", "OFFLINE"}}));
}

TEST(Pipeline, EvacuationMovesEverythingAndLeavesNothing) {
  World world = Cluster(4);
  world.AddResource("s_v1", 8, 2);
  world.Settle();
  world.data.instances["n3"].operation = InstanceOperation::kEvacuate;
  world.Settle();
  EXPECT_TRUE(world.data.current_states["n3"].empty());
  world.ExpectWhole("s_v1", 8, 2);
}

TEST(Pipeline, ReplicasAreNeverFewerWhileTheyMove) {
  World world = Cluster(3);
  world.AddResource("s_v1", 9, 2);
  world.Settle();
  for (int i = 3; i < 6; ++i) world.AddNode(fmt::format("n{}", i));
  std::mt19937 random(11);
  for (int step = 0; step < 2'000; ++step) {
    world.Run();
    const auto waiting = world.Pending();
    if (waiting.empty()) break;
    const auto& [node, id] = waiting[random() % waiting.size()];
    world.Deliver(node, id);
    for (int i = 0; i < 9; ++i) {
      int up = 0;
      const auto replicas = world.Replicas("s_v1", PartitionName("s_v1", i));
      for (const auto& [name, state] : replicas) up += state == "LEADER" || state == "STANDBY";
      EXPECT_GE(up, 2) << i;
      EXPECT_LE(replicas.size(), 3u) << i;  // one more than wanted, at most
    }
  }
  EXPECT_TRUE(world.Pending().empty());
  world.ExpectWhole("s_v1", 9, 2);
}

// Whatever happens in whatever order: never two leaders, and it comes to rest whole.
TEST(Pipeline, RandomFailuresEndWhole) {
  for (uint32_t seed = 1; seed <= 15; ++seed) {
    std::mt19937 random(seed);
    World world = Cluster(5);
    world.AddResource("a_v1", 6, 3);
    world.AddResource("b_v1", 4, 1);
    for (int step = 0; step < 300; ++step) {
      world.now_ms += random() % 200;
      world.Run();
      const std::string victim = fmt::format("n{}", random() % 5);
      const uint32_t dice = random() % 100;
      if (dice < 2 && world.data.live.size() > 3 && world.data.live.contains(victim)) {
        world.Kill(victim);
      } else if (dice < 5 && !world.data.live.contains(victim)) {
        world.AddNode(victim);
      } else if (const auto waiting = world.Pending(); !waiting.empty()) {
        const auto& [node, id] = waiting[random() % waiting.size()];
        world.Deliver(node, id);
      }
    }
    for (int i = 0; i < 5; ++i) {
      if (const std::string node = fmt::format("n{}", i); !world.data.live.contains(node)) world.AddNode(node);
    }
    world.Settle();
    world.now_ms += 61'000;
    world.Settle();
    world.ExpectWhole("a_v1", 6, 3);
    world.ExpectWhole("b_v1", 4, 1);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Pipeline, TermsNeverGoBack) {
  World world = Cluster(1);
  world.AddResource("s_v1", 1, 1);
  const int64_t first = world.Run().messages.at(0).create_ms;
  for (const auto& [node, id] : world.Pending()) {
    world.Deliver(node, id);
    auto record = std::make_shared<ZnRecord>(*world.data.current_states[node]["s_v1"]);
    record->maps["s_v1_0"]["START_TIME"] = std::to_string(first);
    world.data.current_states[node]["s_v1"] = record;
  }
  world.now_ms -= 3'600'000;  // another controller, whose clock is an hour behind
  EXPECT_GT(world.Run().messages.at(0).create_ms, first);
}

TEST(Pipeline, StaleMessagesArePurged) {
  World world = Cluster(1);
  world.AddResource("s_v1", 1, 1);
  world.Settle();
  TransitionMessage stale;
  stale.id = "old";
  stale.target = "n0";
  stale.target_session = "session-n0";
  stale.resource = "s_v1";
  stale.partition = "s_v1_0";
  stale.from = "OFFLINE";
  stale.to = "STANDBY";
  world.data.messages["n0"]["old"] = std::make_shared<const ZnRecord>(stale.ToRecord());
  Actions actions = world.Run();
  EXPECT_TRUE(actions.obsolete_messages.empty());
  ASSERT_TRUE(actions.rerun_ms);
  world.now_ms = *actions.rerun_ms;
  actions = world.Run();
  ASSERT_EQ(actions.obsolete_messages.size(), 1u);
  EXPECT_EQ(actions.obsolete_messages[0].second, "old");
}

TEST(Pipeline, RunsWithoutChangeDoNothing) {
  World world = Cluster(3);
  world.AddResource("s_v1", 5, 2);
  world.Settle();
  const Actions actions = world.Run();
  EXPECT_TRUE(actions.messages.empty());
  EXPECT_TRUE(actions.ideal_states.empty());
  EXPECT_TRUE(actions.newly_offline.empty());
  EXPECT_FALSE(actions.rerun_ms);
}

TEST(Views, CustomizedViewHasLiveInstancesAndKnownPartitionsOnly) {
  World world = Cluster(2);
  world.AddResource("s_v1", 1, 2);
  world.data.customized_types = {"OFFLINE_PUSH"};
  ZnRecord report;
  report.id = "s_v1";
  report.maps["s_v1_0"] = {{"CURRENT_STATE", "COMPLETED"}};
  report.maps["s_v1_9"] = {{"CURRENT_STATE", "COMPLETED"}};
  const auto shared = std::make_shared<const ZnRecord>(report);
  world.data.customized_states["OFFLINE_PUSH"]["n0"]["s_v1"] = shared;
  world.data.customized_states["OFFLINE_PUSH"]["dead"]["s_v1"] = shared;
  world.data.customized_states["OFFLINE_PUSH"]["n1"]["gone_v1"] = shared;
  const auto views = CustomizedViews(world.data);
  ASSERT_EQ(views.at("OFFLINE_PUSH").size(), 1u);
  const ZnRecord& view = *views.at("OFFLINE_PUSH").at("s_v1");
  EXPECT_EQ(view.maps, (std::map<std::string, ZnRecord::Map>{{"s_v1_0", {{"n0", "COMPLETED"}}}}));
  EXPECT_TRUE(view.simple.empty());
}

}  // namespace
}  // namespace venice::helix
