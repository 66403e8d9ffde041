#include "storage/storage_engine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "storage/manifest.h"

namespace venice::storage {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<Memory> SmallMemory() { return std::make_shared<Memory>(MemoryOptions{8_MiB, 8_MiB}); }

std::string Key(int i) {
  char text[16];
  std::snprintf(text, sizeof text, "key%08d", i);
  return text;
}
std::string Value(int i) { return "value of " + std::to_string(i) + std::string(100, 'x'); }

struct Opened {
  std::unique_ptr<StorageEngine> engine;
  std::shared_ptr<VersionStore> version;
  std::shared_ptr<PartitionStore> partition;
};

Opened OpenAll(const std::string& folder) {
  Opened all;
  auto engine = StorageEngine::Open(folder, SmallMemory());
  EXPECT_TRUE(engine.ok()) << engine.error().ToString();
  all.engine = std::move(engine).value();
  auto version = all.engine->OpenVersion("profiles_v1");
  EXPECT_TRUE(version.ok()) << version.error().ToString();
  all.version = std::move(version).value();
  auto partition = all.version->OpenPartition(0);
  EXPECT_TRUE(partition.ok()) << partition.error().ToString();
  all.partition = std::move(partition).value();
  return all;
}

#define ASSERT_OK(expression)                        \
  do {                                               \
    auto ok_ = (expression);                         \
    ASSERT_TRUE(ok_.ok()) << ok_.error().ToString(); \
  } while (false)

std::optional<std::string> Read(const PartitionStore& store, const std::string& key) {
  PinnedValue value;
  const GetOutcome outcome = store.Get(key, ReadTier::kBlocking, value);
  EXPECT_TRUE(outcome == GetOutcome::kFound || outcome == GetOutcome::kMissing);
  if (outcome != GetOutcome::kFound) return std::nullopt;
  return std::string(value.view());
}

TEST(Manifest, RoundTripsAndRefusesRubbish) {
  const Manifest manifest{Manifest::Phase::kIngesting, {{0, 17}, {3, 1ull << 40}}, std::string("a\0b", 3)};
  const std::string bytes = EncodeManifest(manifest);
  EXPECT_EQ(DecodeManifest(bytes).value(), manifest);
  for (size_t n = 0; n < 38; ++n) EXPECT_FALSE(DecodeManifest(std::string_view(bytes).substr(0, n)).ok()) << n;
  EXPECT_FALSE(DecodeManifest("\x01\x02\xff\xff\xff\xff").ok());
  EXPECT_FALSE(DecodeManifest("\x02\x02" + std::string(4, '\0')).ok());
}

TEST(Partition, SortedBatchIsReadableOnlyAfterItsEnd) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  PartitionStore& store = *all.partition;
  ASSERT_OK(store.BeginBatch());
  PinnedValue value;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_OK(store.PutSorted(Key(i), Value(i)));
    if (i % 1000 == 999) ASSERT_OK(store.Checkpoint("at " + std::to_string(i)));
  }
  EXPECT_EQ(store.Get(Key(1), ReadTier::kBlocking, value), GetOutcome::kNotReady);
  EXPECT_FALSE(store.Scan([](auto, auto) { return true; }).ok());
  ASSERT_OK(store.EndBatch("end"));
  EXPECT_EQ(store.phase(), Phase::kOpen);
  for (int i = 0; i < 5000; i += 7) EXPECT_EQ(Read(store, Key(i)), Value(i));
  EXPECT_EQ(Read(store, "nokey"), std::nullopt);
  EXPECT_EQ(store.Get(Key(7), ReadTier::kMemory, value), GetOutcome::kFound) << "its block was just read";
  int seen = 0;
  ASSERT_OK(store.Scan([&](std::string_view key, std::string_view found) {
    EXPECT_EQ(key, Key(seen));
    EXPECT_EQ(found, Value(seen));
    ++seen;
    return true;
  }));
  EXPECT_EQ(seen, 5000);
  EXPECT_FALSE(fs::exists(folder / "data/profiles_v1/profiles_v1_0/.sst_files"));
}

TEST(Partition, MemoryTierNeverReadsTheDisk) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  for (int i = 0; i < 1000; ++i) ASSERT_OK(all.partition->PutSorted(Key(i), Value(i)));
  ASSERT_OK(all.partition->EndBatch("end"));
  PinnedValue value;
  EXPECT_EQ(all.partition->Get(Key(500), ReadTier::kMemory, value), GetOutcome::kNotInMemory);
  EXPECT_EQ(all.partition->Get("unknown key", ReadTier::kMemory, value), GetOutcome::kMissing)
      << "its filter is pinned";
  EXPECT_EQ(all.partition->Get(Key(500), ReadTier::kBlocking, value), GetOutcome::kFound);
  PinnedValue moved = std::move(value);
  EXPECT_EQ(moved.view(), Value(500));
  EXPECT_EQ(all.partition->Get(Key(500), ReadTier::kMemory, value), GetOutcome::kFound);
}

TEST(Partition, RefusesUnsortedAndRepeatedKeys) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  ASSERT_OK(all.partition->PutSorted("b", "1"));
  Status again = all.partition->PutSorted("b", "1");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(again.error().message().find("profiles_v1_0: key 62 comes twice"), std::string::npos)
      << again.error().message();
  Status back = all.partition->PutSorted("a", "1");
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message().find("61 comes after 62"), std::string::npos) << back.error().message();
  ASSERT_OK(all.partition->PutSorted("c", ""));
}

TEST(Partition, EmptyBatchAndEmptyKey) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  ASSERT_OK(all.partition->Checkpoint("nothing yet"));
  ASSERT_OK(all.partition->EndBatch("end"));
  auto second = all.version->OpenPartition(1);
  ASSERT_OK(second);
  ASSERT_OK((*second)->BeginBatch());
  ASSERT_OK((*second)->PutSorted("", "of the empty key"));
  ASSERT_OK((*second)->EndBatch("end"));
  EXPECT_EQ(Read(**second, ""), "of the empty key");
  second = Error(ErrorCode::kCancelled, "closed");
  all = {};
  all = OpenAll(folder / "data");
  EXPECT_EQ(all.partition->phase(), Phase::kOpen);
  EXPECT_EQ(all.partition->checkpoint(), "end");
  EXPECT_EQ(all.version->Partitions().value(), (std::vector<int32_t>{0, 1}));
}

TEST(Partition, WritesAreVisibleAfterCommitAndOverTheBatch) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  ASSERT_OK(all.partition->PutSorted("a", "1"));
  ASSERT_OK(all.partition->PutSorted("b", "1"));
  ASSERT_OK(all.partition->EndBatch("end"));
  ASSERT_OK(all.partition->Put("a", "2"));
  ASSERT_OK(all.partition->Delete("b"));
  EXPECT_EQ(Read(*all.partition, "a"), "1");
  ASSERT_OK(all.partition->Commit());
  EXPECT_EQ(Read(*all.partition, "a"), "2");
  EXPECT_EQ(Read(*all.partition, "b"), std::nullopt);
  ASSERT_OK(all.partition->Checkpoint("later"));
  ASSERT_OK(all.partition->Put("c", "lost: after the checkpoint, read again from the log"));
  all = {};
  all = OpenAll(folder / "data");
  EXPECT_EQ(all.partition->checkpoint(), "later");
  EXPECT_EQ(Read(*all.partition, "a"), "2");
  EXPECT_EQ(Read(*all.partition, "b"), std::nullopt);
}

TEST(Partition, BatchContinuesAtTheCheckpointAndNotOneRecordLater) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  for (int i = 0; i < 100; ++i) ASSERT_OK(all.partition->PutSorted(Key(i), Value(i)));
  ASSERT_OK(all.partition->Checkpoint("100"));
  for (int i = 100; i < 200; ++i) ASSERT_OK(all.partition->PutSorted(Key(i), "to be forgotten"));
  all = {};
  // A closed file that no checkpoint names, as a crash between the two leaves it.
  const std::string files = folder / "data/profiles_v1/profiles_v1_0/.sst_files";
  fs::copy_file(files + "/sst_file_0", files + "/sst_file_7");

  all = OpenAll(folder / "data");
  EXPECT_EQ(all.partition->phase(), Phase::kBatch);
  EXPECT_EQ(all.partition->checkpoint(), "100");
  EXPECT_EQ(std::distance(fs::directory_iterator(files), {}), 1);
  ASSERT_OK(all.partition->BeginBatch());
  EXPECT_FALSE(all.partition->PutSorted(Key(99), Value(99)).ok()) << "the order holds over a restart";
  for (int i = 100; i < 150; ++i) ASSERT_OK(all.partition->PutSorted(Key(i), Value(i)));
  ASSERT_OK(all.partition->EndBatch("150"));
  int seen = 0;
  ASSERT_OK(all.partition->Scan([&](std::string_view, std::string_view value) { return value == Value(seen++); }));
  EXPECT_EQ(seen, 150);
}

TEST(Partition, MissingOrShortFilesMeanFromScratch) {
  for (const bool remove : {true, false}) {
    TemporaryDirectory folder;
    Opened all = OpenAll(folder / "data");
    ASSERT_OK(all.partition->BeginBatch());
    for (int i = 0; i < 100; ++i) ASSERT_OK(all.partition->PutSorted(Key(i), Value(i)));
    ASSERT_OK(all.partition->Checkpoint("100"));
    all = {};
    const std::string file = folder / "data/profiles_v1/profiles_v1_0/.sst_files/sst_file_0";
    if (remove) {
      fs::remove(file);
    } else {
      fs::resize_file(file, 100);
    }
    all = OpenAll(folder / "data");
    EXPECT_EQ(all.partition->phase(), Phase::kNew);
    EXPECT_EQ(all.partition->checkpoint(), std::nullopt);
  }
}

TEST(Partition, LostDatabaseMeansFromScratch) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginBatch());
  ASSERT_OK(all.partition->PutSorted("a", "1"));
  ASSERT_OK(all.partition->EndBatch("end"));
  all = {};
  fs::remove_all(folder / "data/profiles_v1/profiles_v1_0");
  all = OpenAll(folder / "data");
  EXPECT_EQ(all.partition->phase(), Phase::kNew);
  ASSERT_OK(all.partition->BeginBatch());
  ASSERT_OK(all.partition->PutSorted("a", "1"));
  ASSERT_OK(all.partition->EndBatch("end"));
  all = {};
  for (const auto& entry : fs::directory_iterator(folder / "data/profiles_v1/profiles_v1_0"))
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  all = OpenAll(folder / "data");
  EXPECT_EQ(all.partition->phase(), Phase::kNew);
}

TEST(Engine, SharesOpenObjectsAndRefusesASecondProcess) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  EXPECT_EQ(all.engine->OpenVersion("profiles_v1").value(), all.version);
  EXPECT_EQ(all.version->OpenPartition(0).value(), all.partition);
  auto second = StorageEngine::Open(folder / "data", SmallMemory());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
  for (const char* name : {"", "profiles", "profiles_v", "_v1", "../x_v1", "a_v1x", ".x_v1"})
    EXPECT_FALSE(all.engine->OpenVersion(name).ok()) << name;
  EXPECT_EQ(all.engine->Versions().value(), std::vector<std::string>{"profiles_v1"});
}

TEST(Engine, DropWaitsForTheLastHolder) {
  TemporaryDirectory folder;
  Opened all = OpenAll(folder / "data");
  ASSERT_OK(all.partition->BeginWrites());
  ASSERT_OK(all.partition->Put("a", "1"));
  ASSERT_OK(all.partition->Checkpoint("1"));
  std::atomic<bool> dropped{false};
  std::thread dropper([&, version = all.version] {
    EXPECT_TRUE(version->DropPartition(0).ok());
    dropped = true;
  });
  EXPECT_EQ(Read(*all.partition, "a"), "1");
  EXPECT_FALSE(dropped);
  all.partition.reset();
  dropper.join();
  EXPECT_FALSE(fs::exists(folder / "data/profiles_v1/profiles_v1_0"));
  all.partition = all.version->OpenPartition(0).value();
  EXPECT_EQ(all.partition->phase(), Phase::kNew);
  all.partition.reset();
  ASSERT_OK(all.version->PutVersionState("state"));
  EXPECT_EQ(all.version->VersionState().value(), "state");
  all.version.reset();
  ASSERT_OK(all.engine->DropVersion("profiles_v1"));
  ASSERT_OK(all.engine->DropVersion("profiles_v1"));
  EXPECT_TRUE(all.engine->Versions().value().empty());
}

// The child loads records and writes checkpoints that name how many it has written, until it is killed.
void LoadUntilKilled(const std::string& folder, int records) {
  Opened all = OpenAll(folder);
  PartitionStore& store = *all.partition;
  if (store.phase() == Phase::kOpen) _exit(0);
  int next = store.checkpoint() ? std::stoi(*store.checkpoint()) : 0;
  if (!store.BeginBatch().ok()) _exit(2);
  for (; next < records; ++next) {
    if (!store.PutSorted(Key(next), Value(next)).ok()) _exit(3);
    if (next % 500 == 499 && !store.Checkpoint(std::to_string(next + 1)).ok()) _exit(4);
  }
  _exit(store.EndBatch(std::to_string(records)).ok() ? 0 : 5);
}

TEST(Crash, KilledLoadsContinueWithoutLossOrRepetition) {
  TemporaryDirectory folder;
  constexpr int kRecords = 20'000;
  int kills = 0;
  for (int round = 0; round < 200; ++round) {
    const pid_t child = fork();
    if (child == 0) LoadUntilKilled(folder / "data", kRecords);
    std::this_thread::sleep_for(std::chrono::milliseconds(15 + round * 3));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++kills;
  }
  EXPECT_GT(kills, 0);
  Opened all = OpenAll(folder / "data");
  ASSERT_EQ(all.partition->phase(), Phase::kOpen);
  EXPECT_EQ(all.partition->checkpoint(), std::to_string(kRecords));
  int seen = 0;
  ASSERT_OK(all.partition->Scan([&](std::string_view key, std::string_view value) {
    EXPECT_EQ(key, Key(seen));
    EXPECT_EQ(value, Value(seen));
    ++seen;
    return true;
  }));
  EXPECT_EQ(seen, kRecords);
}

// Writes until it fails; the error must be kDiskFull and must come as a status.
int FillDisk(const std::string& folder) {
  Opened all = OpenAll(folder);
  if (!all.partition->BeginBatch().ok()) return 2;
  for (int i = 0; i < 1'000'000; ++i) {
    Status status = all.partition->PutSorted(Key(i), Value(i));
    if (status.ok() && i % 20'000 == 19'999) status = all.partition->Checkpoint(std::to_string(i + 1));
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.error().ToString().c_str());
    return status.error().code() == ErrorCode::kDiskFull ? 0 : 3;
  }
  return 4;
}

TEST(DiskFull, IsAnErrorAndNotACrash) {
  TemporaryDirectory folder;
  const std::string mount_point = folder / "small";
  fs::create_directories(mount_point);
  const bool mounted = mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=12m") == 0;
  const pid_t child = fork();
  if (child == 0) {
    if (!mounted) {  // not root: a file size limit stands in for the full disk
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{2 << 20, 2 << 20};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    _exit(FillDisk(mount_point + "/data"));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (mounted) umount(mount_point.c_str());
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace venice::storage
