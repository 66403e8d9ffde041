#include "helix/mirror.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "helix/process_identity.h"
#include "helix/strands.h"
#include "helix/worker.h"

namespace venice::helix {
namespace {

using namespace std::chrono_literals;
constexpr auto kLimit = 15'000ms;

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embedded::ZooKeeperServerOptions options;
    options.data_dir = directory_ / "zk";
    server_ = std::make_unique<embedded::ZooKeeperServer>(options);
    ASSERT_TRUE(server_->Start().ok());
    zk::ClientOptions client;
    client.address = server_->address();
    client_ = zk::Connect(client).value();
    mirror_ = std::make_unique<Mirror>(*client_, [this] { ++changes_; });
  }
  void Put(const std::string& path, const std::string& value) {
    ZnRecord record;
    record.id = "r";
    record.simple["V"] = value;
    if (!client_->Set(path, EncodeZnRecord(record)).ok()) {
      ASSERT_TRUE(client_->Create(path, EncodeZnRecord(record)).ok());
    }
  }
  std::string Value(const std::string& path) {
    const auto node = mirror_->Node(path).value();
    return node->record == nullptr ? "" : std::string(node->record->Text("V"));
  }

  TemporaryDirectory directory_;
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::unique_ptr<zk::Client> client_;
  std::atomic<int> changes_{0};
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(MirrorTest, ReadsOnlyWhatChanged) {
  Put("/a", "1");
  Put("/b", "1");
  EXPECT_EQ(Value("/a") + Value("/b"), "11");
  const uint64_t reads = mirror_->reads();
  EXPECT_EQ(Value("/a") + Value("/b"), "11");
  EXPECT_EQ(mirror_->reads(), reads);
  Put("/a", "2");
  ASSERT_TRUE(WaitUntil([&] { return changes_ > 0; }, kLimit));
  EXPECT_EQ(Value("/a") + Value("/b"), "21");
  EXPECT_EQ(mirror_->reads(), reads + 1);
}

TEST_F(MirrorTest, SeesNodesAppearAndVanish) {
  EXPECT_FALSE(mirror_->Node("/a").value()->exists);
  EXPECT_TRUE(mirror_->Children("/a").value()->empty());
  Put("/a", "1");
  ASSERT_TRUE(WaitUntil([&] { return changes_ >= 2; }, kLimit));
  EXPECT_EQ(Value("/a"), "1");
  Put("/a/x", "1");
  ASSERT_TRUE(WaitUntil([&] { return mirror_->Children("/a").value()->size() == 1; }, kLimit));
  ASSERT_TRUE(client_->Delete("/a/x").ok());
  ASSERT_TRUE(client_->Delete("/a").ok());
  ASSERT_TRUE(WaitUntil([&] { return !mirror_->Node("/a").value()->exists; }, kLimit));
  EXPECT_TRUE(WaitUntil([&] { return mirror_->Children("/a").value()->empty(); }, kLimit));
}

TEST_F(MirrorTest, AWatchLostWithItsSessionCountsAsAChange) {
  Put("/a", "1");
  EXPECT_EQ(Value("/a"), "1");
  const int64_t session = client_->SessionId();
  server_->ExpireSession(session);
  ASSERT_TRUE(WaitUntil([&] { return client_->Connected() && client_->SessionId() != session; }, kLimit));
  Put("/a", "2");
  ASSERT_TRUE(WaitUntil([&] { return changes_ > 0; }, kLimit));
  EXPECT_TRUE(WaitUntil([&] { return Value("/a") == "2"; }, kLimit));
}

TEST_F(MirrorTest, BytesThatAreNoRecordReadAsNone) {
  ASSERT_TRUE(client_->Create("/a", "garbage").ok());
  const auto node = mirror_->Node("/a").value();
  EXPECT_TRUE(node->exists);
  EXPECT_EQ(node->record, nullptr);
}

TEST_F(MirrorTest, ForgetsWhatNobodyAskedFor) {
  Put("/a", "1");
  EXPECT_EQ(Value("/a"), "1");
  mirror_->BeginSweep();
  mirror_->EndSweep();
  const uint64_t reads = mirror_->reads();
  EXPECT_EQ(Value("/a"), "1");
  EXPECT_EQ(mirror_->reads(), reads + 1);
}

TEST(Worker, RunsTasksInOrderAndTimersByItsClock) {
  ManualClock clock;
  Worker worker("test", clock);
  std::atomic<int> early{0};
  std::atomic<int> late{0};
  worker.PostAfter(10s, [&] { ++late; });
  worker.PostAfter(1s, [&] { ++early; });
  worker.Start();
  std::vector<int> order;
  std::atomic<bool> done{false};
  worker.Post([&] { order.push_back(1); });
  worker.Post([&] { order.push_back(2); });
  worker.Post([&] { done = true; });
  ASSERT_TRUE(WaitUntil([&] { return done.load(); }, kLimit));
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_EQ(early, 0);
  clock.Advance(2s);
  ASSERT_TRUE(WaitUntil([&] { return early == 1; }, kLimit));
  EXPECT_EQ(late, 0);
  worker.Stop();
  worker.Post([&] { ++late; });
  EXPECT_EQ(late, 0);
}

TEST(Strands, OneKeyNeverOverlapsAndKeepsItsOrder) {
  Strands strands("test", 4);
  std::atomic<int> running{0};
  std::atomic<bool> overlapped{false};
  std::vector<int> order;
  std::atomic<int> others{0};
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(strands.Submit("one", [&, i] {
      if (++running > 1) overlapped = true;
      order.push_back(i);
      std::this_thread::yield();
      --running;
    }));
    ASSERT_TRUE(strands.Submit("other" + std::to_string(i), [&] { ++others; }));
  }
  strands.Stop();
  EXPECT_FALSE(overlapped);
  EXPECT_EQ(others, 200);
  ASSERT_EQ(order.size(), 200u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_FALSE(strands.Submit("one", [] {}));
}

TEST(ProcessIdentity, ThisProcessIsAliveAndNobodyElseIsSurelyDead) {
  const std::string self = ProcessIdentity();
  ASSERT_FALSE(self.empty());
  EXPECT_FALSE(IsSurelyDead(self));
  EXPECT_FALSE(IsSurelyDead(""));
  EXPECT_FALSE(IsSurelyDead("another-boot/pid:[1]/1/1"));
  EXPECT_FALSE(IsSurelyDead(self.substr(0, self.rfind('/'))));
  EXPECT_TRUE(IsSurelyDead(self + "0"));  // our pid, another start: the former owner of the number is gone
}

}  // namespace
}  // namespace venice::helix
