#include "ingestion/ingestion_service.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "base/wait.h"
#include "ingestion/scripted_log.h"
#include "protocol/value_record.h"

namespace venice::ingestion {
namespace {

const pubsub::TopicPartition kPartition{"profiles_v3", 0};

// A host with one replica of profiles_v3-0.
class Host {
 public:
  explicit Host(const std::string& folder, ScriptedLog& log) : service_(log, {1, 4_MiB}) {
    engine_ = std::move(
        storage::StorageEngine::Open(folder, std::make_shared<storage::Memory>(storage::MemoryOptions{8_MiB, 8_MiB}))
            .value());
    version_ = engine_->OpenVersion(kPartition.topic).value();
    store_ = version_->OpenPartition(kPartition.partition).value();
    EXPECT_TRUE(service_.Start().ok());
  }

  void Start(uint64_t checkpoint_bytes = 64 << 20, Replays replays = Replays::kFail) {
    ReplicaOptions options;
    options.topic = kPartition.topic;
    options.partition = kPartition.partition;
    options.replica = "host_1234";
    options.version = version_;
    options.store = store_;
    options.checkpoint_bytes = ByteSize(checkpoint_bytes);
    options.replays = replays;
    options.listener = [this](const ReplicaReport& report) {
      std::lock_guard lock(mutex_);
      reports_.push_back(report);
      changed_.notify_all();
    };
    ASSERT_TRUE(service_.StartReplica(std::move(options)).ok());
  }

  // Waits for COMPLETED or ERROR.
  ReplicaReport End() {
    std::unique_lock lock(mutex_);
    const bool ended = changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return !reports_.empty() &&
             (reports_.back().state == ReplicaState::kCompleted || reports_.back().state == ReplicaState::kError);
    });
    EXPECT_TRUE(ended);
    return reports_.empty() ? ReplicaReport() : reports_.back();
  }

  std::vector<std::string> States() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> states;
    for (const ReplicaReport& report : reports_)
      if (report.state != ReplicaState::kProgress) states.emplace_back(ToString(report.state));
    return states;
  }

  IngestionService& service() { return service_; }
  storage::PartitionStore& store() { return *store_; }
  storage::VersionStore& version() { return *version_; }

 private:
  IngestionService service_;
  std::unique_ptr<storage::StorageEngine> engine_;
  std::shared_ptr<storage::VersionStore> version_;
  std::shared_ptr<storage::PartitionStore> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ReplicaReport> reports_;
};

void ExpectContent(const storage::PartitionStore& store, int records) {
  int seen = 0;
  const Status status = store.Scan([&](std::string_view key, std::string_view value) {
    EXPECT_EQ(key, ScriptedPush::Key(seen));
    EXPECT_EQ(protocol::DecodeValueRecord(value).value().schema_id, 1);
    EXPECT_EQ(value.substr(4), ScriptedPush::Value(seen));
    ++seen;
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  EXPECT_EQ(seen, records);
}

TEST(Ingestion, SortedPushIsStoredVerifiedAndReported) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.Push(5000);
  Host host(folder / "data", log);
  host.Start();
  const ReplicaReport end = host.End();
  ASSERT_EQ(end.state, ReplicaState::kCompleted) << end.detail;
  EXPECT_EQ(end.records, 5000u);
  EXPECT_EQ(host.States(), (std::vector<std::string>{"STARTED", "END_OF_PUSH_RECEIVED", "COMPLETED"}));
  ExpectContent(host.store(), 5000);
  const Checkpoint checkpoint = DecodeCheckpoint(*host.store().checkpoint()).value();
  EXPECT_TRUE(checkpoint.end_of_push);
  EXPECT_EQ(checkpoint.digest, push.digest);
  EXPECT_EQ(checkpoint.expected, push.digest);
  EXPECT_TRUE(host.version().VersionState().value().has_value());
}

TEST(Ingestion, UnsortedEmptyAndManySegmentedPushes) {
  for (const bool sorted : {true, false}) {
    for (const int records : {0, 1000}) {
      TemporaryDirectory folder;
      ScriptedLog log;
      ScriptedPush push(log, kPartition, protocol::ChecksumType::kMd5);
      push.StartSegment();
      push.StartOfPush(sorted);
      for (int n = 0; n < records; ++n) {
        const int i = sorted ? n : records - 1 - n;
        push.Put(ScriptedPush::Key(i), 1, ScriptedPush::Value(i));
        if (n % 100 == 99) {
          push.EndSegment(false);
          push.StartSegment();
        }
      }
      push.EndOfPush();
      Host host(folder / "data", log);
      host.Start(2000);
      const ReplicaReport end = host.End();
      ASSERT_EQ(end.state, ReplicaState::kCompleted) << end.detail;
      ExpectContent(host.store(), records);
    }
  }
}

// What happens to one record on its way, and what the failure must say.
struct Fault {
  const char* name;
  std::function<void(std::vector<ScriptedRecord>&)> apply;
  const char* message;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, FailTheReplicaAndNameIt) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.Push(1000);  // records 0 start of segment, 1 start of push, 2..1001 data, 1002 end of push, 1003 end of segment
  GetParam().apply(log.records(kPartition));
  Host host(folder / "data", log);
  host.Start(5000);
  const ReplicaReport end = host.End();
  ASSERT_EQ(end.state, ReplicaState::kError);
  EXPECT_NE(end.detail.find("store profiles version 3 partition 0 on replica host_1234"), std::string::npos)
      << end.detail;
  EXPECT_NE(end.detail.find(GetParam().message), std::string::npos) << end.detail;
  EXPECT_NE(host.store().phase(), storage::Phase::kOpen) << "nothing of it is readable";
}

using Records = std::vector<ScriptedRecord>;
INSTANTIATE_TEST_SUITE_P(
    Each, Faults,
    testing::Values(
        Fault{"dropped", [](Records& r) { r.erase(r.begin() + 500); }, "records are missing after sequence 499"},
        Fault{"dropped_start_of_segment", [](Records& r) { r.erase(r.begin()); }, "without having started a segment"},
        Fault{"dropped_start_of_push", [](Records& r) { r.erase(r.begin() + 1); }, "records are missing"},
        Fault{"dropped_last_record", [](Records& r) { r.erase(r.begin() + 1001); },
              "records are missing after sequence 1000"},
        Fault{"dropped_end_of_push", [](Records& r) { r.erase(r.begin() + 1002); },
              "records are missing after sequence 1001"},
        Fault{"doubled", [](Records& r) { r.insert(r.begin() + 500, r[500]); }, "a record is in the log twice"},
        Fault{"doubled_start", [](Records& r) { r.insert(r.begin(), r[0]); }, "a segment starts twice"},
        Fault{"swapped", [](Records& r) { std::swap(r[500], r[501]); }, "records are missing"},
        Fault{"value_altered", [](Records& r) { r[500].value[r[500].value.find("value")] ^= 1; },
              "content verification failed: 1000 records"},
        Fault{"key_altered", [](Records& r) { r[600].key.push_back('\1'); }, "content verification failed"},
        Fault{"key_order", [](Records& r) { r[600].key[1] ^= 0x7f; }, "input that was announced as sorted"},
        Fault{"key_repeated", [](Records& r) { r[600].key = r[599].key; }, "comes twice"},
        Fault{"envelope_cut", [](Records& r) { r[500].value.resize(10); }, "Corruption"},
        Fault{"value_emptied", [](Records& r) { r[500].value.clear(); }, "Corruption"},
        Fault{"key_emptied", [](Records& r) { r[500].key.clear(); }, "Corruption"},
        Fault{"digest_altered", [](Records& r) { r[1002].headers[1].value[20] ^= 1; }, "content verification failed"},
        Fault{"count_altered", [](Records& r) { r[1002].headers[0].value[7] ^= 1; }, "record"},
        Fault{"digest_cut", [](Records& r) { r[1002].headers[1].value.pop_back(); }, "Corruption"}),
    [](const auto& info) { return info.param.name; });

TEST(Ingestion, ChecksumOfASegmentIsChecked) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.StartSegment();
  push.StartOfPush(true);
  for (int i = 0; i < 10; ++i) push.Put(ScriptedPush::Key(i), 1, ScriptedPush::Value(i));
  push.EndSegment(false);
  log.records(kPartition)[5].value[log.records(kPartition)[5].value.find("value")] ^= 1;
  Host host(folder / "data", log);
  host.Start();
  EXPECT_NE(host.End().detail.find("the checksum of the segment differs"), std::string::npos);
}

TEST(Ingestion, ReplaysAreDroppedWhereTheProducerMayRetry) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.Push(1000);
  Records& records = log.records(kPartition);
  const Records again(records.begin(), records.begin() + 500);
  records.insert(records.begin() + 500, again.begin(), again.end());
  Host host(folder / "data", log);
  host.Start(64 << 20, Replays::kDrop);
  const ReplicaReport end = host.End();
  ASSERT_EQ(end.state, ReplicaState::kCompleted) << end.detail;
  ExpectContent(host.store(), 1000);
}

TEST(Ingestion, HeartbeatsAndLeadershipStampsAreNoData) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.StartSegment();
  push.StartOfPush(true);
  ScriptedPush heartbeat(log, kPartition);
  heartbeat.guid = protocol::kHeartbeatGuid;
  heartbeat.StartSegment();
  heartbeat.StartSegment();
  push.Put("k", 1, "v");
  push.EndOfPush();
  Host host(folder / "data", log);
  host.Start();
  EXPECT_EQ(host.End().state, ReplicaState::kCompleted);
}

TEST(Ingestion, StopsQuicklyAndContinuesWhereItLeft) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.Push(3000);
  log.HoldBackFrom(2000);
  {
    Host host(folder / "data", log);
    host.Start(10'000);
    ASSERT_TRUE(WaitUntil([&] { return host.service().Reports()[0].records == 1998; }, std::chrono::seconds(30)));
    const auto begin = std::chrono::steady_clock::now();
    host.service().StopReplica(kPartition.topic, kPartition.partition);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
    EXPECT_TRUE(host.service().Reports().empty());
  }
  log.HoldBackFrom(INT64_MAX);
  Host host(folder / "data", log);
  EXPECT_EQ(host.store().phase(), storage::Phase::kBatch);
  EXPECT_GT(DecodeCheckpoint(*host.store().checkpoint()).value().digest.count(), 1500u);
  host.Start();
  const ReplicaReport end = host.End();
  ASSERT_EQ(end.state, ReplicaState::kCompleted) << end.detail;
  EXPECT_EQ(end.records, 3000u);
  ExpectContent(host.store(), 3000);
}

TEST(Ingestion, CompletedReplicaNeedsNoLogAnyMore) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush(log, kPartition).Push(100);
  {
    Host host(folder / "data", log);
    host.Start();
    ASSERT_EQ(host.End().state, ReplicaState::kCompleted);
  }
  log.records(kPartition).clear();
  Host host(folder / "data", log);
  host.Start();
  const ReplicaReport end = host.End();
  EXPECT_EQ(end.state, ReplicaState::kCompleted);
  EXPECT_EQ(end.records, 100u);
}

TEST(Ingestion, ManyPartitionsOnFewThreads) {
  TemporaryDirectory folder;
  ScriptedLog log;
  constexpr int kPartitions = 12;
  for (int p = 0; p < kPartitions; ++p) ScriptedPush(log, {kPartition.topic, p}).Push(500 + p);
  auto engine = std::move(storage::StorageEngine::Open(
                              folder / "data", std::make_shared<storage::Memory>(storage::MemoryOptions{8_MiB, 8_MiB}))
                              .value());
  auto version = engine->OpenVersion(kPartition.topic).value();
  std::atomic<int> completed{0};
  IngestionService service(log, {3, 4_MiB});
  ASSERT_TRUE(service.Start().ok());
  for (int p = 0; p < kPartitions; ++p) {
    ReplicaOptions options;
    options.topic = kPartition.topic;
    options.partition = p;
    options.version = version;
    options.store = version->OpenPartition(p).value();
    options.listener = [&](const ReplicaReport& report) { completed += report.state == ReplicaState::kCompleted; };
    ASSERT_TRUE(service.StartReplica(options).ok());
    EXPECT_FALSE(service.StartReplica(options).ok()) << "twice";
  }
  EXPECT_TRUE(WaitUntil([&] { return completed == kPartitions; }, std::chrono::seconds(60)));
  for (int p = 0; p < kPartitions; ++p) ExpectContent(*version->OpenPartition(p).value(), 500 + p);
  service.Stop();
  service.Stop();
}

// A process that is killed when it has taken `kill_at` records of the log, and is taking more. 0: it may finish.
void RunAndKill(const std::string& folder, ScriptedLog& log, uint64_t kill_at) {
  constexpr uint64_t kMore = 4'000;  // keeps it busy until the signal is there; never the end of the push
  constexpr uint64_t kCheckpointBytes = 20'000;
  int reached[2];
  ASSERT_EQ(pipe(reached), 0);
  const pid_t child = fork();
  if (child == 0) {
    SetLogLevel(LogLevel::kOff);
    if (kill_at > 0) log.HoldBackFrom(static_cast<int64_t>(kill_at + kMore));
    Host host(folder, log);
    host.Start(kCheckpointBytes);
    if (kill_at == 0) _exit(host.End().state == ReplicaState::kCompleted ? 0 : 1);
    const bool there = WaitUntil([&] { return host.service().Reports()[0].records >= kill_at; },
                                 std::chrono::seconds(60), std::chrono::milliseconds(0));
    if (there && write(reached[1], "!", 1) == 1) pause();
    _exit(1);
  }
  close(reached[1]);
  char byte = 0;
  const bool there = read(reached[0], &byte, 1) == 1;
  close(reached[0]);
  if (there) kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(there, kill_at > 0);
  if (kill_at > 0) {
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
  } else {
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

TEST(Crash, KilledIngestionContinuesExactly) {
  TemporaryDirectory folder;
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  constexpr int kRecords = 30'000;
  push.Push(kRecords);
  for (const uint64_t kill_at : {1'500, 1'600, 6'000, 13'000, 20'000, 25'500, 0}) {
    RunAndKill(folder / "data", log, kill_at);
    if (testing::Test::HasFailure()) return;
  }
  Host host(folder / "data", log);
  ExpectContent(host.store(), kRecords);
  EXPECT_EQ(DecodeCheckpoint(*host.store().checkpoint()).value().digest, push.digest);
}

TEST(DiskFull, IsReportedWithItsReason) {
  TemporaryDirectory folder;
  const std::string mount_point = folder / "small";
  std::filesystem::create_directories(mount_point);
  if (mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=8m") != 0)
    GTEST_SKIP() << "a small disk to fill is a mount, and only root may mount; CI runs as root and does not skip this";
  {
    ScriptedLog log;
    ScriptedPush push(log, kPartition);
    push.StartSegment();
    push.StartOfPush(true);
    const std::string value(10'000, 'v');
    for (int i = 0; i < 2000; ++i) push.Put(ScriptedPush::Key(i), 1, value);
    push.EndOfPush();
    Host host(mount_point + "/data", log);
    host.Start(1 << 20);
    const ReplicaReport end = host.End();
    EXPECT_EQ(end.state, ReplicaState::kError);
    EXPECT_EQ(end.error_code, ErrorCode::kDiskFull);
    EXPECT_NE(end.detail.find("free space on this disk"), std::string::npos) << end.detail;
  }
  umount(mount_point.c_str());
}

TEST(CheckpointFormat, RefusesDamagedBytes) {
  Checkpoint checkpoint;
  checkpoint.next = pubsub::Position::At("17");
  checkpoint.offset = 16;
  checkpoint.bytes = 1234;
  checkpoint.digest.Add("k", 1, "v");
  const std::string bytes = EncodeCheckpoint(checkpoint, 1);
  const Checkpoint read = DecodeCheckpoint(bytes).value();
  EXPECT_EQ(read.next, checkpoint.next);
  EXPECT_EQ(read.offset, 16);
  EXPECT_EQ(read.bytes, 1234u);
  EXPECT_EQ(read.digest, checkpoint.digest);
  EXPECT_EQ(read.expected, std::nullopt);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(DecodeCheckpoint(std::string_view(bytes).substr(0, n)).ok());
}

}  // namespace
}  // namespace venice::ingestion
