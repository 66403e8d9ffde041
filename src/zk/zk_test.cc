// The client's promises, kept by the embedded server and by a real ZooKeeper alike. With VENICE_TEST_ZOOKEEPER set to
// host:port the same cases run there; those that must stop or upset the server need the embedded one.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "zk/client.h"

namespace venice::zk {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 15'000ms;

class EventLog {
 public:
  Watcher Watch(std::string name = "") {
    return [this, name](const WatchEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(name + Name(event.type) + " " + event.path);
    };
  }
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }
  std::vector<std::string> Await(size_t count) {
    WaitUntil([&] { return size() >= count; }, kLimit);
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  static std::string Name(WatchEvent::Type type) {
    switch (type) {
      case WatchEvent::Type::kCreated:
        return "created";
      case WatchEvent::Type::kDeleted:
        return "deleted";
      case WatchEvent::Type::kDataChanged:
        return "data";
      case WatchEvent::Type::kChildrenChanged:
        return "children";
      case WatchEvent::Type::kSessionLost:
        return "lost";
    }
    return "?";
  }
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

class ZkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* address = std::getenv("VENICE_TEST_ZOOKEEPER")) {
      address_ = address;
    } else {
      StartServer(0);
    }
    client_ = Open();
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::string("/zk_test-") + info->name();
    ASSERT_TRUE(DeleteRecursively(*client_, root_).ok());
    ASSERT_TRUE(client_->Create(root_, "").ok());
  }

  void TearDown() override {
    if (!client_ || !server_) return;
    client_.reset();
    server_->Stop();
  }

  void StartServer(uint16_t port) {
    embedded::ZooKeeperServerOptions options;
    options.data_dir = folder_ / "zookeeper";
    options.port = port;
    server_ = std::make_unique<embedded::ZooKeeperServer>(options);
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.error().ToString();
    address_ = server_->address();
  }

  std::unique_ptr<Client> Open(std::string chroot = "", std::string digest = "") {
    Result<std::unique_ptr<Client>> client = Connect(
        {.address = address_ + chroot, .session_timeout = 5'000ms, .connect_timeout = kLimit, .digest_auth = digest});
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    return std::move(client).value();
  }

  static ErrorCode Code(const auto& result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kInternal : result.error().code();
  }

  TemporaryDirectory folder_{"zk-test"};
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  std::string address_;
  std::string root_;
  std::unique_ptr<Client> client_;
};

TEST_F(ZkTest, CreateGetSetDeleteWithVersions) {
  const std::string path = root_ + "/a";
  EXPECT_EQ(client_->Create(path, "one").value(), path);
  EXPECT_EQ(Code(client_->Create(path, "again")), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Code(client_->Create(root_ + "/x/y", "")), ErrorCode::kNotFound);

  const Node first = client_->Get(path).value().value();
  EXPECT_EQ(first.data, "one");
  EXPECT_EQ(first.stat.version, 0);
  EXPECT_EQ(first.stat.data_length, 3);
  EXPECT_EQ(first.stat.ephemeral_owner, 0);
  EXPECT_EQ(first.stat.created_zxid, first.stat.modified_zxid);

  const Stat second = client_->Set(path, "two", 0).value();
  EXPECT_EQ(second.version, 1);
  EXPECT_GT(second.modified_zxid, second.created_zxid);
  EXPECT_EQ(Code(client_->Set(path, "three", 0)), ErrorCode::kConflict);
  EXPECT_EQ(client_->Set(path, "three").value().version, 2);
  EXPECT_EQ(Code(client_->Set(root_ + "/absent", "")), ErrorCode::kNotFound);

  EXPECT_EQ(Code(client_->Delete(path, 1)), ErrorCode::kConflict);
  EXPECT_TRUE(client_->Delete(path, 2).ok());
  EXPECT_EQ(Code(client_->Delete(path)), ErrorCode::kNotFound);
  EXPECT_FALSE(client_->Get(path).value().has_value());
  EXPECT_FALSE(client_->Exists(path).value().has_value());
  EXPECT_FALSE(client_->Children(path).value().has_value());
}

TEST_F(ZkTest, BinaryAndEmptyDataComeBackEqual) {
  const std::string bytes("\0\xff\x01z\0", 5);
  ASSERT_TRUE(client_->Create(root_ + "/bytes", bytes).ok());
  EXPECT_EQ(client_->Get(root_ + "/bytes").value()->data, bytes);
  ASSERT_TRUE(client_->Create(root_ + "/empty", "").ok());
  EXPECT_EQ(client_->Get(root_ + "/empty").value()->data, "");
  const std::string large(900'000, 'x');
  ASSERT_TRUE(client_->Set(root_ + "/bytes", large).ok());
  EXPECT_EQ(client_->Get(root_ + "/bytes").value()->data, large);
}

TEST_F(ZkTest, TooLargeIsRefusedBeforeItIsSent) {
  EXPECT_EQ(Code(client_->Create(root_ + "/large", std::string(1 << 20, 'x'))), ErrorCode::kTooLarge);
  EXPECT_EQ(Code(client_->Set(root_, std::string(2 << 20, 'x'))), ErrorCode::kTooLarge);
  EXPECT_TRUE(client_->Connected());
}

TEST_F(ZkTest, MalformedPathsAreInvalidArguments) {
  for (const std::string& path : {std::string("relative"), std::string("/a/"), std::string("/a//b"),
                                  std::string("/./b"), std::string("/a\0b", 4), std::string()}) {
    EXPECT_EQ(Code(client_->Create(path, "")), ErrorCode::kInvalidArgument) << path;
  }
}

TEST_F(ZkTest, ChildrenAreSortedAndCounted) {
  EXPECT_TRUE(client_->Children(root_).value()->empty());
  for (const char* name : {"b", "c", "a"}) ASSERT_TRUE(client_->Create(root_ + "/" + name, "").ok());
  EXPECT_EQ(client_->Children(root_).value().value(), (std::vector<std::string>{"a", "b", "c"}));
  Stat stat = client_->Exists(root_).value().value();
  EXPECT_EQ(stat.children_count, 3);
  EXPECT_EQ(stat.children_version, 3);
  EXPECT_EQ(Code(client_->Delete(root_)), ErrorCode::kConflict);
  ASSERT_TRUE(client_->Delete(root_ + "/b").ok());
  stat = client_->Exists(root_).value().value();
  EXPECT_EQ(stat.children_count, 2);
  EXPECT_EQ(stat.children_version, 4);
}

TEST_F(ZkTest, SequentialNodesCountUpAndNeverReuseANumber) {
  const std::string first = client_->Create(root_ + "/s-", "", CreateMode::kPersistentSequential).value();
  EXPECT_EQ(first, root_ + "/s-0000000000");
  ASSERT_TRUE(client_->Delete(first).ok());
  EXPECT_EQ(client_->Create(root_ + "/s-", "", CreateMode::kPersistentSequential).value(), root_ + "/s-0000000001");
  EXPECT_EQ(client_->Create(root_ + "/", "", CreateMode::kEphemeralSequential).value(), root_ + "/0000000002");
}

TEST_F(ZkTest, EphemeralNodesGoWithTheirSession) {
  std::unique_ptr<Client> other = Open();
  ASSERT_TRUE(other->Create(root_ + "/e", "", CreateMode::kEphemeral).ok());
  EXPECT_EQ(client_->Exists(root_ + "/e").value()->ephemeral_owner, other->SessionId());
  EXPECT_EQ(Code(other->Create(root_ + "/e/child", "")), ErrorCode::kInvalidArgument);
  EventLog log;
  ASSERT_TRUE(client_->Exists(root_ + "/e", log.Watch()).value().has_value());
  other.reset();
  EXPECT_EQ(log.Await(1), (std::vector<std::string>{"deleted " + root_ + "/e"}));
}

TEST_F(ZkTest, WatchesFireOnceAndTellWhatHappened) {
  EventLog log;
  const std::string path = root_ + "/w";
  ASSERT_FALSE(client_->Exists(path, log.Watch("exists ")).value().has_value());
  ASSERT_FALSE(client_->Get(path, log.Watch("get ")).value().has_value());  // absent: leaves no watch
  ASSERT_TRUE(client_->Create(path, "").ok());
  EXPECT_EQ(log.Await(1).back(), "exists created " + path);
  ASSERT_TRUE(client_->Set(path, "quiet").ok());  // no watch is left

  ASSERT_TRUE(client_->Get(path, log.Watch("get ")).ok());
  ASSERT_TRUE(client_->Set(path, "1").ok());
  EXPECT_EQ(log.Await(2).back(), "get data " + path);
  ASSERT_TRUE(client_->Set(path, "2").ok());

  ASSERT_TRUE(client_->Children(root_, log.Watch("children ")).ok());
  ASSERT_TRUE(client_->Create(root_ + "/v", "").ok());
  EXPECT_EQ(log.Await(3).back(), "children children " + root_);

  ASSERT_TRUE(client_->Children(path, log.Watch("children ")).ok());
  ASSERT_TRUE(client_->Delete(path).ok());
  EXPECT_EQ(log.Await(4).back(), "children deleted " + path);
  ASSERT_TRUE(client_->Sync(root_).ok());
  EXPECT_EQ(log.size(), 4u);
}

TEST_F(ZkTest, TwoWatchersOfOnePathBothHear) {
  EventLog log;
  ASSERT_TRUE(client_->Get(root_, log.Watch("one ")).ok());
  ASSERT_TRUE(client_->Get(root_, log.Watch("two ")).ok());
  ASSERT_TRUE(client_->Set(root_, "x").ok());
  std::vector<std::string> events = log.Await(2);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(events, (std::vector<std::string>{"one data " + root_, "two data " + root_}));
}

TEST_F(ZkTest, MultiIsAllOrNothing) {
  const auto created = client_->Multi({Op::Create(root_ + "/m", "1"),
                                       Op::Create(root_ + "/m/n-", "2", CreateMode::kPersistentSequential),
                                       Op::Set(root_ + "/m", "3", 0), Op::Check(root_, 0)});
  ASSERT_TRUE(created.ok()) << created.error().ToString();
  EXPECT_EQ(created.value(), (std::vector<std::string>{root_ + "/m", root_ + "/m/n-0000000000", "", ""}));
  EXPECT_EQ(client_->Get(root_ + "/m").value()->data, "3");

  const auto failed = client_->Multi({Op::Delete(root_ + "/m/n-0000000000"), Op::Set(root_ + "/m", "4"),
                                      Op::Create(root_ + "/z", ""), Op::Check(root_, 7), Op::Delete(root_ + "/m")});
  EXPECT_EQ(Code(failed), ErrorCode::kConflict);
  EXPECT_NE(failed.error().message().find("step 4 of 5"), std::string::npos) << failed.error().message();
  EXPECT_EQ(client_->Get(root_ + "/m").value()->data, "3");
  EXPECT_EQ(client_->Get(root_ + "/m").value()->stat.version, 1);
  EXPECT_EQ(client_->Exists(root_ + "/m").value()->children_version, 1);
  EXPECT_TRUE(client_->Exists(root_ + "/m/n-0000000000").value().has_value());
  EXPECT_FALSE(client_->Exists(root_ + "/z").value().has_value());
  EXPECT_TRUE(client_->Multi({}).value().empty());
}

TEST_F(ZkTest, ChrootHidesItsPrefix) {
  std::unique_ptr<Client> inside = Open(root_);
  EXPECT_EQ(inside->Create("/c", "x").value(), "/c");
  EXPECT_EQ(client_->Get(root_ + "/c").value()->data, "x");
  EXPECT_EQ(inside->Create("/s-", "", CreateMode::kPersistentSequential).value(), "/s-0000000001");
  EventLog log;
  ASSERT_TRUE(inside->Get("/c", log.Watch()).ok());
  ASSERT_TRUE(client_->Set(root_ + "/c", "y").ok());
  EXPECT_EQ(log.Await(1).back(), "data /c");
  EXPECT_EQ(inside->Multi({Op::Create("/d", "")}).value(), (std::vector<std::string>{"/d"}));
  EXPECT_EQ(inside->Children("/").value().value(), (std::vector<std::string>{"c", "d", "s-0000000001"}));
}

TEST_F(ZkTest, DigestUserStillWritesForEverybody) {
  std::unique_ptr<Client> user = Open("", "alice:secret");
  ASSERT_TRUE(user->Create(root_ + "/d", "x").ok());
  EXPECT_TRUE(client_->Set(root_ + "/d", "y").ok());
}

TEST_F(ZkTest, EnsurePathAndDeleteRecursively) {
  EXPECT_TRUE(EnsurePath(*client_, root_ + "/p/q/r").ok());
  EXPECT_TRUE(EnsurePath(*client_, root_ + "/p/q/r").ok());
  EXPECT_TRUE(client_->Exists(root_ + "/p/q/r").value().has_value());
  EXPECT_TRUE(DeleteRecursively(*client_, root_ + "/p").ok());
  EXPECT_TRUE(DeleteRecursively(*client_, root_ + "/p").ok());
  EXPECT_FALSE(client_->Exists(root_ + "/p").value().has_value());
}

TEST_F(ZkTest, AddressesAreCheckedAndSilenceIsUnavailable) {
  for (const char* address : {"", "host", "host:", ":2181", "host:port", "a:1,", "/chroot"}) {
    EXPECT_EQ(Code(Connect({.address = address})), ErrorCode::kInvalidArgument) << address;
  }
  EXPECT_EQ(Code(Connect({.address = "127.0.0.1:1", .connect_timeout = 100ms})), ErrorCode::kUnavailable);
}

class SessionTest : public ZkTest {
 protected:
  void SetUp() override {
    if (std::getenv("VENICE_TEST_ZOOKEEPER") != nullptr)
      GTEST_SKIP() << "ZooKeeper has no call that expires another's session or cuts its connection; every run without "
                      "VENICE_TEST_ZOOKEEPER does this on the embedded server";
    ZkTest::SetUp();
    client_->AddSessionListener([this](SessionEvent event) {
      const std::lock_guard lock(mutex_);
      session_events_.push_back(event);
    });
  }

  std::vector<SessionEvent> SessionEvents() {
    const std::lock_guard lock(mutex_);
    return session_events_;
  }
  ::testing::AssertionResult AwaitSessionEvents(const std::vector<SessionEvent>& expected) {
    if (WaitUntil([&] { return SessionEvents() == expected; }, kLimit)) return ::testing::AssertionSuccess();
    auto failure = ::testing::AssertionFailure() << "heard:";
    for (const SessionEvent event : SessionEvents()) failure << " " << static_cast<int>(event);
    return failure;
  }

  std::mutex mutex_;
  std::vector<SessionEvent> session_events_;
};

TEST_F(SessionTest, ReconnectionKeepsSessionEphemeralsAndWatches) {
  EventLog log;
  const int64_t session = client_->SessionId();
  ASSERT_TRUE(client_->Create(root_ + "/e", "", CreateMode::kEphemeral).ok());
  ASSERT_TRUE(client_->Get(root_, log.Watch("get ")).ok());
  ASSERT_TRUE(client_->Children(root_, log.Watch("children ")).ok());
  ASSERT_FALSE(client_->Exists(root_ + "/x", log.Watch("exists ")).value().has_value());
  server_->DropConnections();
  ASSERT_TRUE(AwaitSessionEvents({SessionEvent::kDisconnected, SessionEvent::kConnected}));
  EXPECT_EQ(client_->SessionId(), session);
  EXPECT_TRUE(client_->Exists(root_ + "/e").value().has_value());
  EXPECT_EQ(log.size(), 0u);
  std::unique_ptr<Client> other = Open();
  ASSERT_TRUE(other->Set(root_, "new").ok());
  ASSERT_TRUE(other->Create(root_ + "/x", "").ok());
  std::vector<std::string> events = log.Await(3);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(events, (std::vector<std::string>{"children children " + root_, "exists created " + root_ + "/x",
                                              "get data " + root_}));
}

TEST_F(SessionTest, WhatChangedWhileAwayFiresTheWatchOnReturn) {
  EventLog log;
  std::unique_ptr<Client> other = Open();
  ASSERT_TRUE(client_->Get(root_, log.Watch("get ")).ok());
  const uint16_t port = server_->port();
  server_->Stop();
  ASSERT_TRUE(AwaitSessionEvents({SessionEvent::kDisconnected}));
  EXPECT_EQ(Code(client_->Get(root_)), ErrorCode::kUnavailable);
  EXPECT_FALSE(client_->Connected());
  StartServer(port);
  // Whichever client is back first: the change is seen either by the re-armed watch or by setWatches itself.
  ASSERT_TRUE(WaitUntil([&] { return other->Set(root_, "changed").ok(); }, kLimit));
  EXPECT_EQ(log.Await(1), (std::vector<std::string>{"get data " + root_}));
  ASSERT_TRUE(AwaitSessionEvents({SessionEvent::kDisconnected, SessionEvent::kConnected}));
}

TEST_F(SessionTest, ExpiryOpensANewSessionAndTellsEveryWatch) {
  EventLog log;
  const int64_t session = client_->SessionId();
  ASSERT_TRUE(client_->Create(root_ + "/e", "", CreateMode::kEphemeral).ok());
  ASSERT_TRUE(client_->Get(root_, log.Watch("get ")).ok());
  ASSERT_FALSE(client_->Exists(root_ + "/x", log.Watch("exists ")).value().has_value());
  server_->ExpireSession(session);
  ASSERT_TRUE(AwaitSessionEvents({SessionEvent::kDisconnected, SessionEvent::kExpired, SessionEvent::kConnected}));
  std::vector<std::string> events = log.Await(2);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(events, (std::vector<std::string>{"exists lost " + root_ + "/x", "get lost " + root_}));
  EXPECT_NE(client_->SessionId(), session);
  EXPECT_FALSE(client_->Exists(root_ + "/e").value().has_value());
  ASSERT_TRUE(client_->Create(root_ + "/e", "", CreateMode::kEphemeral).ok());
  ASSERT_TRUE(client_->Set(root_, "x").ok());
  EXPECT_EQ(log.size(), 2u);
}

TEST_F(SessionTest, CallsDuringAnOutageEndAndLaterOnesSucceed) {
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::thread caller([&] {
    while (!stop) {
      (void)client_->Get(root_);
      ++answered;
    }
  });
  const uint16_t port = server_->port();
  for (int round = 0; round < 3; ++round) {
    server_->Stop();
    StartServer(port);
    EXPECT_TRUE(WaitUntil([&] { return client_->Get(root_).ok(); }, kLimit));
  }
  stop = true;
  caller.join();
  EXPECT_GT(answered.load(), 0);
}

}  // namespace
}  // namespace venice::zk
