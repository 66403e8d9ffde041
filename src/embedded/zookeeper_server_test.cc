// What the clients' lists (src/zk, tests/interop/zookeeper) cannot see: starting, restarting, and a full disk.
#include "embedded/zookeeper_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fmt/format.h>

#include "base/file.h"
#include "base/wait.h"
#include "zk/client.h"

namespace venice::embedded {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<zk::Client> Connect(const ZooKeeperServer& server, milliseconds session_timeout = 10s) {
  auto client = zk::Connect({.address = server.address(), .session_timeout = session_timeout, .connect_timeout = 15s});
  EXPECT_TRUE(client.ok()) << client.error().ToString();
  return std::move(client).value();
}

TEST(ZooKeeperServer, StartsStopsAndStartsAgain) {
  TemporaryDirectory folder;
  ZooKeeperServer server({.data_dir = folder / "zookeeper"});
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(server.Start().ok());
    ASSERT_TRUE(server.Start().ok());
    EXPECT_NE(server.port(), 0);
    auto client = Connect(server);
    EXPECT_EQ(client->Exists("/kept").value().has_value(), round > 0);
    (void)client->Create("/kept", "");
    client.reset();
    server.Stop();
    server.Stop();
  }
}

TEST(ZooKeeperServer, OccupiedPortAndFolderAreNamed) {
  TemporaryDirectory folder;
  ZooKeeperServer first({.data_dir = folder / "a"});
  ASSERT_TRUE(first.Start().ok());
  ZooKeeperServer same_port({.data_dir = folder / "b", .port = first.port()});
  const Status port_taken = same_port.Start();
  ASSERT_FALSE(port_taken.ok());
  EXPECT_EQ(port_taken.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(port_taken.error().message().find(std::to_string(first.port())), std::string::npos);
  ZooKeeperServer same_folder({.data_dir = folder / "a"});
  const Status folder_taken = same_folder.Start();
  ASSERT_FALSE(folder_taken.ok());
  EXPECT_EQ(folder_taken.error().code(), ErrorCode::kConflict);
}

TEST(ZooKeeperServer, SessionsOutliveARestartAndThenExpire) {
  TemporaryDirectory folder;
  ZooKeeperServer server({.data_dir = folder / "zookeeper", .session_timeout_min = 200ms});
  ASSERT_TRUE(server.Start().ok());
  auto doomed = Connect(server, 300ms);
  ASSERT_TRUE(doomed->Create("/e", "", zk::CreateMode::kEphemeral).ok());
  server.Stop();
  doomed.reset();  // cannot say goodbye: the server is down
  ASSERT_TRUE(server.Start().ok());
  auto client = Connect(server);
  EXPECT_TRUE(client->Exists("/e").value().has_value());
  EXPECT_TRUE(WaitUntil([&] { return !client->Exists("/e").value().has_value(); }, 10s));
}

TEST(ZooKeeperServer, AFullDiskStopsServiceUntilThereIsRoom) {
  TemporaryDirectory folder;
  ZooKeeperServer server({.data_dir = folder / "zookeeper"});
  ASSERT_TRUE(server.Start().ok());
  auto client = Connect(server);
  ASSERT_TRUE(client->Create("/n", "before").ok());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{2'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto refused = client->Set("/n", std::string(5'000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);  // may or may not have happened
  EXPECT_TRUE(WaitUntil([&] { return client->Set("/n", "after").ok(); }, 15s));
  client.reset();
  server.Stop();
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(Connect(server)->Get("/n").value()->data, "after");
}

TEST(ZooKeeperServer, SmallTreeStartsWithinATenthOfASecond) {
  TemporaryDirectory folder;
  ZooKeeperServer server({.data_dir = folder / "zookeeper"});
  ASSERT_TRUE(server.Start().ok());
  {
    auto client = Connect(server);
    for (int batch = 0; batch < 20; ++batch) {
      std::vector<zk::Op> ops;
      for (int i = 0; i < 100; ++i)
        ops.push_back(zk::Op::Create(fmt::format("/{}-{}", batch, i), std::string(500, 'x')));
      ASSERT_TRUE(client->Multi(ops).ok());
    }
  }
  server.Stop();
  auto best = 1h + 0ns;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto started = std::chrono::steady_clock::now();
    ASSERT_TRUE(server.Start().ok());
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - started);
    server.Stop();
  }
  EXPECT_LT(best, 100ms);
}

}  // namespace
}  // namespace venice::embedded
