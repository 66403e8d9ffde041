// What keeps the leaders of a partition apart, against the embedded ZooKeeper: terms, claims, the order of reads.
// Each behaviour here is an assumption of specs/leader_election; the model shows what goes wrong without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "helix/admin.h"
#include "helix/cluster_reader.h"
#include "helix/controller.h"
#include "helix/dispatcher.h"
#include "helix/epoch.h"
#include "helix/mirror.h"
#include "helix/participant.h"
#include "helix/paths.h"
#include "zk/client.h"

namespace venice::helix {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 20'000ms;
constexpr const char* kCluster = "terms";
constexpr const char* kResource = "store_v1";
constexpr const char* kNode = "localhost_1690";

// A client whose answers and watches can be interfered with.
class TroubledClient : public zk::Client {
 public:
  explicit TroubledClient(zk::Client& inner) : inner_(inner) {}

  std::atomic<bool> lose_answers{false};  // of multis: done, but nobody is told
  // Watches of this node do not come.
  void HoldWatches(const std::string& path) {
    std::lock_guard lock(mutex_);
    held_ = path;
  }

  Result<std::string> Create(const std::string& path, std::string_view data, zk::CreateMode mode) override {
    return inner_.Create(path, data, mode);
  }
  Status Delete(const std::string& path, int32_t version) override { return inner_.Delete(path, version); }
  Result<std::optional<zk::Stat>> Exists(const std::string& path, zk::Watcher watcher) override {
    return inner_.Exists(path, Guard(path, std::move(watcher)));
  }
  Result<std::optional<zk::Node>> Get(const std::string& path, zk::Watcher watcher) override {
    return inner_.Get(path, Guard(path, std::move(watcher)));
  }
  Result<zk::Stat> Set(const std::string& path, std::string_view data, int32_t version) override {
    return inner_.Set(path, data, version);
  }
  Result<std::optional<std::vector<std::string>>> Children(const std::string& path, zk::Watcher watcher) override {
    return inner_.Children(path, Guard(path, std::move(watcher)));
  }
  Result<std::vector<std::string>> Multi(const std::vector<zk::Op>& ops) override {
    Result<std::vector<std::string>> done = inner_.Multi(ops);
    if (lose_answers) return Error(ErrorCode::kUnavailable, "the connection broke");
    return done;
  }
  Status Sync(const std::string& path) override { return inner_.Sync(path); }
  int64_t SessionId() const override { return inner_.SessionId(); }
  bool Connected() const override { return inner_.Connected(); }
  void AddSessionListener(std::function<void(zk::SessionEvent)> listener) override {
    inner_.AddSessionListener(std::move(listener));
  }

 private:
  zk::Watcher Guard(const std::string& path, zk::Watcher watcher) {
    if (!watcher) return watcher;
    return [this, path, watcher = std::move(watcher)](const zk::WatchEvent& event) {
      {
        std::lock_guard lock(mutex_);
        if (path == held_) return;
      }
      watcher(event);
    };
  }

  zk::Client& inner_;
  std::mutex mutex_;
  std::string held_;
};

// Carries out everything, and remembers in which terms it led.
class Replica : public TransitionHandler {
 public:
  Status OnTransition(const Transition& transition) override {
    std::lock_guard lock(mutex_);
    if (transition.to == "LEADER") terms_.push_back(transition.create_ms);
    return Ok();
  }
  void OnReset(const std::string&, const std::string&) override {}
  std::vector<int64_t> Terms() const {
    std::lock_guard lock(mutex_);
    return terms_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<int64_t> terms_;
};

class LeadershipTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embedded::ZooKeeperServerOptions options;
    options.data_dir = directory_ / "zk";
    server_ = std::make_unique<embedded::ZooKeeperServer>(options);
    ASSERT_TRUE(server_->Start().ok());
    client_ = Connect();
    admin_ = std::make_unique<Admin>(*client_);
    ASSERT_TRUE(admin_->CreateCluster(kCluster, {}).ok());
    ResourceSettings resource;
    resource.name = kResource;
    resource.partitions = 1;
    resource.replicas = 2;
    ASSERT_TRUE(admin_->AddResource(kCluster, resource).ok());
  }

  std::unique_ptr<zk::Client> Connect() const {
    zk::ClientOptions options;
    options.address = server_->address();
    return zk::Connect(options).value();
  }
  Epoch NewEpoch(zk::Client& client) const { return Epoch(client, paths_.LeadershipEpoch(), "ctrl_1576"); }
  static zk::Op CreateOp(const std::string& path) { return zk::Op::Create(path, "x"); }
  bool Exists(const std::string& path) const { return client_->Exists(path).value().has_value(); }
  Result<zk::Stat> Write(const std::string& path, const ZnRecord& record) const {
    return client_->Set(path, EncodeZnRecord(record));
  }

  // The replica of kNode as a participant would report it.
  ZnRecord CurrentState(const std::string& session, const std::string& state) const {
    ZnRecord record;
    record.id = kResource;
    record.simple = {{"SESSION_ID", session}, {"STATE_MODEL_DEF", std::string(kLeaderStandby)}};
    record.maps["store_v1_0"] = {{"CURRENT_STATE", state}};
    return record;
  }
  TransitionMessage ToLeader(const std::string& session) const {
    TransitionMessage message;
    message.target = kNode;
    message.target_session = session;
    message.resource = kResource;
    message.partition = "store_v1_0";
    message.from = "STANDBY";
    message.to = "LEADER";
    message.create_ms = 1'000;
    return message;
  }
  // A live instance that only we move.
  std::string PuppetSession() {
    EXPECT_TRUE(admin_->AddInstance(kCluster, kNode).ok());
    const std::string session = SessionText(client_->SessionId());
    ZnRecord live;
    live.id = kNode;
    live.simple = {{"SESSION_ID", session}, {"HELIX_VERSION", "1.4.1"}, {"LIVE_INSTANCE", "1@localhost"}};
    EXPECT_TRUE(client_->Create(paths_.LiveInstance(kNode), EncodeZnRecord(live), zk::CreateMode::kEphemeral).ok());
    EXPECT_TRUE(zk::EnsurePath(*client_, paths_.CurrentState(kNode, session, kResource)).ok());
    EXPECT_TRUE(Write(paths_.CurrentState(kNode, session, kResource), CurrentState(session, "STANDBY")).ok());
    return session;
  }

  TemporaryDirectory directory_;
  const Paths paths_{kCluster};
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(LeadershipTest, AClaimEndsAllEarlierOnes) {
  Epoch first = NewEpoch(*client_);
  ASSERT_TRUE(first.Claim().ok());
  ASSERT_TRUE(first.Apply({CreateOp("/a")}, 10).ok());
  Epoch second = NewEpoch(*client_);
  ASSERT_TRUE(second.Claim().ok());
  const Status late = first.Apply({CreateOp("/b")}, 11);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::kConflict);
  EXPECT_FALSE(Exists("/b"));
  EXPECT_EQ(second.latest_term_ms(), 10);
  EXPECT_TRUE(second.Apply({CreateOp("/c")}, 12).ok());
  ASSERT_TRUE(first.Claim().ok());
  EXPECT_EQ(first.latest_term_ms(), 12);
  EXPECT_TRUE(first.Apply({CreateOp("/d")}, 0).ok());
  EXPECT_EQ(first.latest_term_ms(), 12);
}

TEST_F(LeadershipTest, AFailedStepIsNoDeposition) {
  Epoch epoch = NewEpoch(*client_);
  ASSERT_TRUE(epoch.Claim().ok());
  EXPECT_EQ(epoch.Apply({CreateOp("/no/parent")}, 1).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(epoch.Apply({CreateOp("/" + std::string(kCluster))}, 1).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(epoch.Apply({CreateOp("/a")}, 1).ok());
  ASSERT_TRUE(client_->Delete(paths_.LeadershipEpoch()).ok());
  EXPECT_EQ(epoch.Apply({CreateOp("/b")}, 1).error().code(), ErrorCode::kConflict);
  ASSERT_TRUE(epoch.Claim().ok());
  EXPECT_TRUE(epoch.Apply({CreateOp("/b")}, 1).ok());
}

TEST_F(LeadershipTest, ALostAnswerIsNoDepositionUnlessItIs) {
  TroubledClient client(*client_);
  Epoch epoch = NewEpoch(client);
  ASSERT_TRUE(epoch.Claim().ok());
  client.lose_answers = true;
  EXPECT_EQ(epoch.Apply({CreateOp("/a")}, 5).error().code(), ErrorCode::kUnavailable);
  client.lose_answers = false;
  EXPECT_TRUE(Exists("/a"));
  EXPECT_TRUE(epoch.Apply({CreateOp("/b")}, 4).ok());
  EXPECT_EQ(epoch.latest_term_ms(), 5);
  client.lose_answers = true;
  EXPECT_FALSE(epoch.Apply({CreateOp("/c")}, 6).ok());
  client.lose_answers = false;
  Epoch other = NewEpoch(*client_);
  ASSERT_TRUE(other.Claim().ok());
  EXPECT_EQ(other.latest_term_ms(), 6);
  EXPECT_EQ(epoch.Apply({CreateOp("/d")}, 7).error().code(), ErrorCode::kConflict);
  EXPECT_FALSE(Exists("/d"));
}

TEST_F(LeadershipTest, AnUnreadableRecordIsReplaced) {
  ASSERT_TRUE(zk::EnsurePath(*client_, paths_.LeadershipEpoch()).ok());
  ASSERT_TRUE(client_->Set(paths_.LeadershipEpoch(), "garbage").ok());
  Epoch epoch = NewEpoch(*client_);
  ASSERT_TRUE(epoch.Claim().ok());
  EXPECT_EQ(epoch.latest_term_ms(), 0);
  EXPECT_TRUE(epoch.Apply({CreateOp("/a")}, 1).ok());
}

// Its session lives, its view is of before, and it does not know yet: its message must not be seen by anybody.
TEST_F(LeadershipTest, ADeposedControllerSendsNothing) {
  const std::string session = PuppetSession();
  Mirror mirror(*client_, [] {});
  Dispatcher deposed(*client_, mirror, paths_, "ctrl_1", client_->SessionId());
  ASSERT_TRUE(deposed.TakeOffice().ok());
  Dispatcher next(*client_, mirror, paths_, "ctrl_2", client_->SessionId());
  ASSERT_TRUE(next.TakeOffice().ok());
  Actions actions;
  actions.messages.push_back(ToLeader(session));
  const Status sent = deposed.Apply(actions, {}, 0);
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code(), ErrorCode::kConflict);
  EXPECT_TRUE(client_->Children(paths_.Messages(kNode)).value()->empty());
  ASSERT_TRUE(next.Apply(actions, {}, 0).ok());
  const std::vector<std::string> messages = *client_->Children(paths_.Messages(kNode)).value();
  ASSERT_EQ(messages.size(), 1u);
  actions.messages.clear();
  actions.obsolete_messages.emplace_back(kNode, messages[0]);
  EXPECT_FALSE(deposed.Apply(actions, {}, 0).ok());
  EXPECT_EQ(client_->Children(paths_.Messages(kNode)).value()->size(), 1u);
}

// The leader dies, and with it what ZooKeeper showed of its term; the next controller's clock is an hour behind.
TEST_F(LeadershipTest, TheNextTermIsHigherWhateverTheClockSays) {
  Replica replicas[2];
  std::unique_ptr<zk::Client> sessions[2];
  std::unique_ptr<Participant> participants[2];
  for (int i = 0; i < 2; ++i) {
    sessions[i] = Connect();
    ParticipantOptions options;
    options.cluster = kCluster;
    options.instance = "localhost_" + std::to_string(1690 + i);
    participants[i] = std::make_unique<Participant>(*sessions[i], options, replicas[i]);
    ASSERT_TRUE(participants[i]->Start().ok());
  }
  const std::unique_ptr<zk::Client> first_session = Connect();
  Controller first(*first_session, {.cluster = kCluster, .instance = "ctrl_1", .on_leadership = {}});
  ASSERT_TRUE(first.Start().ok());
  const auto led = [&](int i) { return !replicas[i].Terms().empty(); };
  ASSERT_TRUE(WaitUntil([&] { return led(0) || led(1); }, kLimit));
  const int leader = led(0) ? 0 : 1;
  const int64_t term = replicas[leader].Terms().back();
  first.Stop();
  participants[leader]->Stop();

  const ManualClock behind(SystemClock().WallMs() - 3'600'000);
  const std::unique_ptr<zk::Client> second_session = Connect();
  Controller second(*second_session,
                    {.cluster = kCluster, .instance = "ctrl_2", .on_leadership = {}, .clock = &behind});
  ASSERT_TRUE(second.Start().ok());
  ASSERT_TRUE(WaitUntil([&] { return led(1 - leader); }, kLimit));
  EXPECT_GT(replicas[1 - leader].Terms().front(), term);
  second.Stop();
  participants[1 - leader]->Stop();
}

// A join that was half done when the session was replaced leaves a live node of the new session that names the old one.
TEST_F(LeadershipTest, ALiveInstanceNamesItsOwnSession) {
  const std::unique_ptr<zk::Client> client = Connect();
  ASSERT_TRUE(admin_->AddInstance(kCluster, kNode).ok());
  ZnRecord half;
  half.id = kNode;
  half.simple = {{"SESSION_ID", "dead"}, {"HELIX_VERSION", "1.4.1"}};
  ASSERT_TRUE(client->Create(paths_.LiveInstance(kNode), EncodeZnRecord(half), zk::CreateMode::kEphemeral).ok());
  Replica replica;
  Participant participant(*client, {.cluster = kCluster, .instance = kNode, .live_instance_fields = {}}, replica);
  ASSERT_TRUE(participant.Start().ok());
  const std::optional<ZnRecord> live = ReadRecord(*client_, paths_.LiveInstance(kNode)).value();
  ASSERT_TRUE(live);
  EXPECT_EQ(live->Text("SESSION_ID"), SessionText(client->SessionId()));
  participant.Stop();
}

// Watches are delivered by a thread of their own, so an answer can overtake the watch of an earlier change.
TEST_F(LeadershipTest, WhoSeesAMessageGoneSeesWhatItDid) {
  const std::string session = PuppetSession();
  TroubledClient client(*client_);
  Mirror mirror(client, [] {});
  ClusterReader reader(mirror, paths_);
  Dispatcher dispatcher(client, mirror, paths_, "ctrl_1", client_->SessionId());
  ASSERT_TRUE(dispatcher.TakeOffice().ok());
  const std::string state_path = paths_.CurrentState(kNode, session, kResource);
  const auto state = [&]() -> std::string {
    const ClusterData data = reader.Read().value();
    if (!data.messages.at(kNode).empty()) return "under way";
    return data.current_states.at(kNode).at(kResource)->maps.at("store_v1_0").at("CURRENT_STATE");
  };
  const auto finish = [&](const std::string& to) {
    ASSERT_TRUE(Write(state_path, CurrentState(session, to)).ok());
    const std::vector<std::string> messages = *client_->Children(paths_.Messages(kNode)).value();
    for (const std::string& id : messages) {
      ASSERT_TRUE(client_->Delete(paths_.Message(kNode, id)).ok());
    }
  };
  EXPECT_EQ(state(), "STANDBY");
  client.HoldWatches(state_path);

  Actions actions;
  actions.messages.push_back(ToLeader(session));
  ASSERT_TRUE(dispatcher.Apply(actions, {}, 0).ok());
  EXPECT_EQ(state(), "under way");
  finish("LEADER");
  ASSERT_TRUE(WaitUntil([&] { return state() != "under way"; }, kLimit));
  EXPECT_EQ(state(), "LEADER");

  // So fast that the message was never seen.
  std::swap(actions.messages[0].from, actions.messages[0].to);
  ASSERT_TRUE(dispatcher.Apply(actions, {}, 0).ok());
  finish("STANDBY");
  EXPECT_EQ(state(), "STANDBY");
}

}  // namespace
}  // namespace venice::helix
