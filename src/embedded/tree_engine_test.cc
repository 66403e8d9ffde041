#include "embedded/tree_engine.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "embedded/tree_acl.h"

namespace venice::embedded {
namespace {

using namespace std::chrono_literals;

const TreeAclList kOpen{{permission::kAll, "world", "anyone"}};

TreeOp Create(std::string path, std::string data = "", bool ephemeral = false, bool sequential = false) {
  TreeOp op;
  op.kind = TreeOp::Kind::kCreate;
  op.path = std::move(path);
  op.data = std::move(data);
  op.acl = kOpen;
  op.ephemeral = ephemeral;
  op.sequential = sequential;
  return op;
}

TreeOp Simple(TreeOp::Kind kind, std::string path, int32_t version = -1, std::string data = "") {
  TreeOp op;
  op.kind = kind;
  op.path = std::move(path);
  op.version = version;
  op.data = std::move(data);
  return op;
}
TreeOp Delete(std::string path, int32_t version = -1) {
  return Simple(TreeOp::Kind::kDelete, std::move(path), version);
}
TreeOp Set(std::string path, std::string data) {
  return Simple(TreeOp::Kind::kSetData, std::move(path), -1, std::move(data));
}

class TreeEngineTest : public ::testing::Test {
 protected:
  TreeEngineTest() : engine_({.session_timeout_min = 1s, .session_timeout_max = 60s}, clock_) {
    engine_.SetRecordSink([this](std::string_view record) { records_.emplace_back(record); });
    engine_.SetWatchSink([this](WatcherId watcher, TreeEventType type, const std::string& path) {
      events_.push_back(fmt::format("{}:{}:{}", watcher, static_cast<int>(type), path));
    });
    caller_.session = engine_.OpenSession(10s).id;
  }

  TreeCode Write(TreeOp op) {
    std::vector<TreeOp> ops;
    ops.push_back(std::move(op));
    return engine_.Write(caller_, std::move(ops)).front().code;
  }
  std::string Image() const {
    std::string image;
    engine_.EncodeSnapshot(image);
    return image;
  }
  std::vector<std::string> TakeEvents() { return std::exchange(events_, {}); }

  ManualClock clock_;
  TreeEngine engine_;
  TreeCaller caller_;
  std::vector<std::string> records_;
  std::vector<std::string> events_;
};

using Strings = std::vector<std::string>;

TEST_F(TreeEngineTest, SessionsExpireUnlessTouched) {
  const TreeSession quiet = engine_.OpenSession(2s);
  EXPECT_EQ(quiet.timeout, 2s);
  EXPECT_EQ(engine_.OpenSession(1ms).timeout, 1s);
  EXPECT_EQ(engine_.OpenSession(1h).timeout, 60s);
  TreeCaller quiet_caller{quiet.id, {}};
  engine_.Write(quiet_caller, {Create("/e", "", true)});
  EXPECT_LE(*engine_.NextExpiry(), clock_.Monotonic() + 1s);

  clock_.Advance(1999ms);
  EXPECT_EQ(engine_.ExpireSessions().size(), 1u);  // the one of a second
  EXPECT_TRUE(engine_.TouchSession(quiet.id));
  clock_.Advance(1999ms);
  EXPECT_TRUE(engine_.ExpireSessions().empty());
  EXPECT_NE(engine_.store().Find("/e"), nullptr);
  clock_.Advance(1ms);
  EXPECT_EQ(engine_.ExpireSessions(), (std::vector<int64_t>{quiet.id}));
  EXPECT_EQ(engine_.store().Find("/e"), nullptr);
  EXPECT_FALSE(engine_.TouchSession(quiet.id));
  EXPECT_FALSE(engine_.ResumeSession(quiet.id, quiet.password, 2s).has_value());
  EXPECT_EQ(engine_.Write(quiet_caller, {Create("/x")}).front().code, TreeCode::kSessionExpired);
}

TEST_F(TreeEngineTest, ResumingNeedsThePasswordAndRenewsTheTimeout) {
  const TreeSession session = engine_.OpenSession(2s);
  EXPECT_EQ(session.password.size(), 16u);
  EXPECT_FALSE(engine_.ResumeSession(session.id, "wrong", 2s).has_value());
  clock_.Advance(1500ms);
  EXPECT_EQ(engine_.ResumeSession(session.id, session.password, 4s)->timeout, 4s);
  clock_.Advance(3s);
  EXPECT_TRUE(engine_.ExpireSessions().empty());
  EXPECT_EQ(engine_.ResumeSession(session.id, session.password, 1s)->timeout, 1s);
  clock_.Advance(1s);
  EXPECT_EQ(engine_.ExpireSessions(), (std::vector<int64_t>{session.id}));
}

TEST_F(TreeEngineTest, ClosingDeletesEphemeralsInOneChange) {
  const TreeCaller other{engine_.OpenSession(10s).id, {}};
  engine_.Write(other, {Create("/b", "", true)});
  engine_.Write(other, {Create("/a", "", true)});
  engine_.GetChildren(caller_, "/", 7);
  engine_.Exists("/a", 7);
  TakeEvents();
  const int64_t before = engine_.store().last_zxid();
  engine_.CloseSession(other.session);
  EXPECT_EQ(engine_.store().last_zxid(), before + 1);
  EXPECT_EQ(TakeEvents(), (Strings{"7:2:/a", "7:4:/"}));
}

TEST_F(TreeEngineTest, WatchesAreOneShotAndDeletionIsToldOnce) {
  Write(Create("/a"));
  engine_.GetData(caller_, "/a", 1);
  engine_.GetChildren(caller_, "/a", 1);
  engine_.GetChildren(caller_, "/a", 2);
  engine_.GetData(caller_, "/absent", 1);  // leaves none
  engine_.Exists("/b", 3);
  TakeEvents();
  Write(Delete("/a"));
  EXPECT_EQ(TakeEvents(), (Strings{"1:2:/a", "2:2:/a"}));
  Write(Create("/b"));
  Write(Set("/b", "x"));
  Write(Create("/absent"));
  EXPECT_EQ(TakeEvents(), (Strings{"3:1:/b"}));
  EXPECT_EQ(engine_.watches().size(), 0u);
}

TEST_F(TreeEngineTest, PersistentWatchesStayAndRecursiveOnesSkipChildLists) {
  Write(Create("/a"));
  engine_.watches().WatchPersistently("/a", 1, false);
  engine_.watches().WatchPersistently("/", 2, true);
  TakeEvents();
  Write(Create("/a/b"));
  Write(Set("/a", "x"));
  Write(Set("/a", "y"));
  Write(Delete("/a/b"));
  EXPECT_EQ(TakeEvents(),
            (Strings{"2:1:/a/b", "1:4:/a", "1:3:/a", "2:3:/a", "1:3:/a", "2:3:/a", "2:2:/a/b", "1:4:/a"}));
  EXPECT_TRUE(engine_.watches().Contains("/a", 1, TreeWatches::Kind::kAny));
  EXPECT_TRUE(engine_.watches().Remove("/a", 1, TreeWatches::Kind::kAny));
  EXPECT_FALSE(engine_.watches().Remove("/a", 1, TreeWatches::Kind::kAny));
  engine_.watches().RemoveWatcher(2);
  Write(Set("/a", "z"));
  EXPECT_TRUE(TakeEvents().empty());
  EXPECT_EQ(engine_.watches().size(), 0u);
}

TEST_F(TreeEngineTest, RestoredWatchesTellWhatWasMissed) {
  for (const char* path : {"/same", "/data", "/kids", "/gone"}) Write(Create(path));
  const int64_t seen = engine_.store().last_zxid();
  Write(Set("/data", "x"));
  Write(Create("/kids/k"));
  Write(Delete("/gone"));
  Write(Create("/new"));
  TakeEvents();
  engine_.RestoreWatches(
      {seen, {"/same", "/data", "/gone"}, {"/new", "/later"}, {"/same", "/kids", "/gone"}, {"/p"}, {}}, 9);
  EXPECT_EQ(TakeEvents(), (Strings{"9:3:/data", "9:2:/gone", "9:1:/new", "9:4:/kids", "9:2:/gone"}));
  Write(Set("/same", "x"));
  Write(Create("/same/k"));
  Write(Create("/later"));
  Write(Create("/p"));
  EXPECT_EQ(TakeEvents(), (Strings{"9:3:/same", "9:4:/same", "9:1:/later", "9:1:/p"}));
}

TEST_F(TreeEngineTest, AccessListsFollowZooKeeper) {
  EXPECT_EQ(DigestIdentity("super:test").id, "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");  // from ZooKeeper's guide
  TreeCaller user = caller_;
  user.identities = {{"ip", "10.1.2.3"}, DigestIdentity("user:pw")};

  EXPECT_FALSE(ResolveAcl({}, user).has_value());
  EXPECT_FALSE(ResolveAcl({{31, "auth", ""}}, caller_).has_value());
  EXPECT_FALSE(ResolveAcl({{31, "world", "someone"}}, user).has_value());
  EXPECT_FALSE(ResolveAcl({{31, "ip", "10.0.0.0/33"}}, user).has_value());
  EXPECT_FALSE(ResolveAcl({{31, "digest", "nocolon"}}, user).has_value());
  EXPECT_EQ(ResolveAcl({{31, "auth", ""}, {31, "auth", "x"}}, user)->size(), 1u);

  EXPECT_TRUE(Permits({{permission::kRead, "ip", "10.0.0.0/8"}}, permission::kRead, user));
  EXPECT_FALSE(Permits({{permission::kRead, "ip", "10.0.0.0/8"}}, permission::kWrite, user));
  EXPECT_FALSE(Permits({{permission::kRead, "ip", "11.0.0.0/8"}}, permission::kRead, user));
  EXPECT_TRUE(Permits({{permission::kAll, "digest", DigestIdentity("user:pw").id}}, permission::kAdmin, user));
  EXPECT_EQ(WithoutSecrets({{31, "digest", "user:hash"}}).front().id, "user:x");
}

TEST(TreePath, ValidAndInvalid) {
  for (const char* path : {"/", "/a", "/a/b", "/...", "/a.b", "/ü", "/a b"}) EXPECT_TRUE(ValidTreePath(path)) << path;
  for (const char* path : {"", "a", "/a/", "//", "/a//b", "/.", "/a/..", "/a/./b", "/\n", "/\x7f", "/\xc2\x85"}) {
    EXPECT_FALSE(ValidTreePath(path)) << path;
  }
}

TEST_F(TreeEngineTest, ReservedNodesStay) {
  for (const char* path : {"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"}) {
    EXPECT_EQ(Write(Delete(path)), TreeCode::kBadArguments) << path;
  }
  EXPECT_EQ(Write(Create("/")), TreeCode::kNodeExists);
  EXPECT_EQ(Write(Set("/zookeeper/config", "x")), TreeCode::kNoAuth);
}

// Random histories: a failed multi leaves no trace, and replaying the records gives the same tree, byte for byte.
TEST_F(TreeEngineTest, RandomHistoriesReplayToTheSameImage) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int limit) { return static_cast<int>(random() % static_cast<uint32_t>(limit)); };
    const auto path = [&pick] {
      std::string text;
      for (int depth = 1 + pick(3); depth > 0; --depth) text += fmt::format("/{}", pick(4));
      return text;
    };
    int failed = 0;
    for (int step = 0; step < 300; ++step) {
      clock_.Advance(1ms);
      std::vector<TreeOp> ops;
      for (int count = pick(4) == 0 ? 1 + pick(5) : 1; count > 0; --count) {
        switch (pick(5)) {
          case 0:
            ops.push_back(Delete(path()));
            break;
          case 1:
            ops.push_back(Set(path(), std::string(static_cast<size_t>(pick(20)), 'x')));
            break;
          case 2:
            ops.push_back(Simple(TreeOp::Kind::kSetAcl, path()));
            ops.back().acl = kOpen;
            break;
          default:
            ops.push_back(Create(path(), "d", pick(4) == 0, pick(4) == 0));
            break;
        }
      }
      const std::string before = Image();
      const size_t records_before = records_.size();
      const auto results = engine_.Write(caller_, std::move(ops));
      if (results.front().code != TreeCode::kOk || results.back().code != TreeCode::kOk) {
        ++failed;
        ASSERT_EQ(Image(), before) << "seed " << seed << " step " << step;
        ASSERT_EQ(records_.size(), records_before);
      }
      if (pick(40) == 0) {
        engine_.CloseSession(caller_.session);
        caller_.session = engine_.OpenSession(10s).id;
      }
    }
    EXPECT_GT(failed, 0);
    TreeEngine copy({}, clock_);
    for (const std::string& record : records_) ASSERT_TRUE(copy.Replay(record).ok());
    std::string image;
    copy.EncodeSnapshot(image);
    ASSERT_EQ(image, Image()) << "seed " << seed;
    TreeEngine loaded({}, clock_);
    ASSERT_TRUE(loaded.LoadSnapshot(image).ok());
    std::string again;
    loaded.EncodeSnapshot(again);
    ASSERT_EQ(again, image);
    EXPECT_EQ(loaded.store().data_bytes(), engine_.store().data_bytes());
  }
}

TEST_F(TreeEngineTest, DamagedRecordsAndSnapshotsAreRefused) {
  Write(Create("/a", "data"));
  const std::string image = Image();
  for (size_t cut = 0; cut < image.size(); ++cut) {
    TreeEngine engine({}, clock_);
    EXPECT_FALSE(engine.LoadSnapshot(std::string_view(image).substr(0, cut)).ok()) << cut;
  }
  const std::string record = records_.back();
  for (size_t cut = 0; cut < record.size(); ++cut) {
    TreeEngine engine({}, clock_);
    ASSERT_TRUE(engine.Replay(records_.front()).ok());
    EXPECT_FALSE(engine.Replay(std::string_view(record).substr(0, cut)).ok()) << cut;
  }
  TreeEngine engine({}, clock_);
  EXPECT_FALSE(engine.Replay(record).ok());  // the one before is missing
}

}  // namespace
}  // namespace venice::embedded
