#include "embedded/log_partition.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "base/file.h"
#include "embedded/log_durable_map.h"
#include "embedded/log_engine.h"

namespace venice::embedded {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

LogRecord Record(std::string key, std::optional<std::string> value, int64_t timestamp_ms = 1'700'000'000'000) {
  return {.timestamp_ms = timestamp_ms, .key = std::move(key), .value = std::move(value)};
}

class PartitionTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen(bool clean = false) {
    if (clean && log_ != nullptr) log_->Close();
    log_.reset();
    auto opened =
        PartitionLog::Open({.folder = folder_ / "p", .config = std::make_shared<LogTopicConfig>(config_)}, clock_);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    log_ = *opened;
  }
  void Configure() { log_->SetConfig(std::make_shared<LogTopicConfig>(config_)); }
  void Maintain() {
    const std::atomic<bool> stop = false;
    log_->RunMaintenance(stop);
  }

  AppendResult Append(const std::vector<LogRecord>& records, BatchCodec codec = BatchCodec::kNone,
                      int64_t producer = -1, int16_t epoch = -1, int32_t sequence = -1) {
    std::string batch = *BuildBatch(records, codec, producer, epoch, sequence);
    return log_->Append(batch.data(), batch.size());
  }
  AppendResult AppendMany(int count, size_t value_bytes = 100) {
    std::vector<LogRecord> records;
    for (int i = 0; i < count; ++i)
      records.push_back(Record("k" + std::to_string(i), std::string(value_bytes, 'v'), Now()));
    return Append(records);
  }
  int64_t Now() const { return clock_.WallMs(); }

  std::vector<LogRecord> ReadAll(int64_t from = -1, size_t bytes_max = 1 << 20) {
    std::vector<LogRecord> all;
    int64_t offset = from >= 0 ? from : log_->start_offset();
    while (offset < log_->end_offset()) {
      const auto read = log_->Read(offset, bytes_max);
      EXPECT_TRUE(read.ok() && !read->out_of_range);
      if (!read.ok() || read->slice.bytes == 0) break;
      std::string bytes(read->slice.bytes, '\0');
      EXPECT_TRUE(read->slice.file->ReadAt(read->slice.position, bytes.data(), bytes.size()).ok());
      for (std::string_view rest = bytes; !rest.empty();) {
        const auto header = ParseBatchHeader(rest);
        EXPECT_TRUE(header.ok());
        const std::string_view batch = rest.substr(0, header->total_bytes());
        EXPECT_TRUE(CheckBatch(batch).ok());
        std::vector<LogRecord> decoded = *DecodeBatch(batch);
        for (LogRecord& record : decoded) {
          if (record.offset >= offset) all.push_back(std::move(record));
        }
        offset = header->next_offset();
        rest.remove_prefix(header->total_bytes());
      }
    }
    return all;
  }
  std::vector<std::string> Files(const std::string& suffix) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "p")) {
      if (entry.path().string().ends_with(suffix)) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TemporaryDirectory folder_;
  ManualClock clock_;
  LogTopicConfig config_;
  std::shared_ptr<PartitionLog> log_;
};

TEST_F(PartitionTest, OffsetsFollowAndReadsStartInsideBatches) {
  EXPECT_EQ(AppendMany(3).base_offset, 0);
  EXPECT_EQ(AppendMany(2).base_offset, 3);
  EXPECT_EQ(log_->end_offset(), 5);
  EXPECT_EQ(ReadAll(4).size(), 1u);
  EXPECT_TRUE(log_->Read(6, 100)->out_of_range);
  EXPECT_EQ(log_->Read(5, 100)->slice.bytes, 0u);
  EXPECT_EQ(log_->Read(0, 1)->slice.bytes, log_->Read(0, 400)->slice.bytes);  // one whole batch at least
  EXPECT_EQ(log_->Read(0, 1, false)->slice.bytes, 0u);
}

TEST_F(PartitionTest, ReadsAcrossSegmentsAndIndexEntriesAfterEveryKindOfRestart) {
  config_.segment_bytes = 300'000;
  Configure();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(AppendMany(7, static_cast<size_t>(i) * 5).outcome, AppendOutcome::kAppended);
  ASSERT_GT(Files(".log").size(), 2u);
  for (int round = 0; round < 4; ++round) {
    const auto all = ReadAll(-1, 10'000);
    ASSERT_EQ(all.size(), 1400u);
    for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].offset, static_cast<int64_t>(i));
    for (int64_t offset = 0; offset < 1400; offset += 13) ASSERT_EQ(ReadAll(offset).front().offset, offset);
    if (round == 0) Reopen();      // as after kill -9
    if (round == 1) Reopen(true);  // after a clean stop
    if (round == 2) {
      Maintain();
      for (const std::string& index : Files(".index")) std::filesystem::remove(index);
      Reopen();
    }
  }
}

TEST_F(PartitionTest, TornTailIsCutAtTheLastWholeBatch) {
  AppendMany(3);
  AppendMany(4);
  const std::string file = Files(".log").front();
  const auto whole = std::filesystem::file_size(file);
  const std::string content = *ReadFile(file);
  const size_t first = (*ParseBatchHeader(content)).total_bytes();
  for (const size_t size : {whole - 1, whole - 50, first + 61, first + 10, first + 1}) {
    log_.reset();
    ASSERT_TRUE(WriteFileDurably(file, content.substr(0, size)).ok());
    Reopen();
    EXPECT_EQ(log_->end_offset(), 3) << size;
    EXPECT_EQ(std::filesystem::file_size(file), first);
  }
  // A flipped bit in the last batch is a torn tail too.
  std::string flipped = content;
  flipped[whole - 5] = static_cast<char>(flipped[whole - 5] ^ 1);
  log_.reset();
  ASSERT_TRUE(WriteFileDurably(file, flipped).ok());
  Reopen();
  EXPECT_EQ(log_->end_offset(), 3);
  EXPECT_EQ(AppendMany(1).base_offset, 3);
  EXPECT_EQ(ReadAll().size(), 4u);
}

TEST_F(PartitionTest, NothingIsServedBehindAHole) {
  config_.segment_bytes = 2'000;
  Configure();
  for (int i = 0; i < 10; ++i) AppendMany(5, 200);
  log_.reset();
  for (const std::string& index : Files(".index")) std::filesystem::remove(index);
  const std::string second = Files(".log")[1];
  std::filesystem::resize_file(second, std::filesystem::file_size(second) - 3);
  Reopen();
  EXPECT_LT(log_->end_offset(), 50);
  const auto all = ReadAll();
  ASSERT_EQ(static_cast<int64_t>(all.size()), log_->end_offset());
}

TEST_F(PartitionTest, RefusesWhatIsNotABatch) {
  std::string batch = *BuildBatch(std::vector<LogRecord>{Record("a", "b")});
  batch.back() = static_cast<char>(batch.back() ^ 1);
  EXPECT_EQ(log_->Append(batch.data(), batch.size()).outcome, AppendOutcome::kCorrupt);
  std::string garbage(100, 'g');
  EXPECT_EQ(log_->Append(garbage.data(), garbage.size()).outcome, AppendOutcome::kCorrupt);
  std::string old_format(100, '\1');
  EXPECT_EQ(log_->Append(old_format.data(), old_format.size()).outcome, AppendOutcome::kUnsupportedFormat);
  config_.message_bytes_max = 50;
  Configure();
  EXPECT_EQ(AppendMany(1).outcome, AppendOutcome::kTooLarge);
  EXPECT_EQ(log_->end_offset(), 0);
}

TEST_F(PartitionTest, ProducersAreDeduplicatedAlsoAfterRestart) {
  const std::vector<LogRecord> two = {Record("a", "1"), Record("b", "2")};
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 0).base_offset, 0);
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 2).base_offset, 2);
  for (int round = 0; round < 3; ++round) {
    const AppendResult again = Append(two, BatchCodec::kNone, 9, 0, 2);
    EXPECT_EQ(again.outcome, AppendOutcome::kDuplicate);
    EXPECT_EQ(again.base_offset, 2);
    EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 6).outcome, AppendOutcome::kOutOfOrderSequence);
    Reopen(round == 1);
  }
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 4 + i * 2).outcome, AppendOutcome::kAppended);
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 0).outcome, AppendOutcome::kOldDuplicate);
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 1, 5).outcome, AppendOutcome::kOutOfOrderSequence);
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 1, 0).outcome, AppendOutcome::kAppended);
  EXPECT_EQ(Append(two, BatchCodec::kNone, 9, 0, 16).outcome, AppendOutcome::kStaleProducerEpoch);
  EXPECT_EQ(log_->end_offset(), 18);
}

TEST_F(PartitionTest, ProducerStateOutlivesRetention) {
  config_.retention_ms = 1'000;
  Configure();
  Append({Record("a", "1", Now())}, BatchCodec::kNone, 9, 0, 0);
  clock_.Advance(hours(1));
  Maintain();
  EXPECT_EQ(log_->start_offset(), 1);
  EXPECT_EQ(ReadAll().size(), 0u);
  Reopen();
  EXPECT_EQ(log_->end_offset(), 1);
  EXPECT_EQ(Append({Record("a", "1", Now())}, BatchCodec::kNone, 9, 0, 0).outcome, AppendOutcome::kDuplicate);
}

TEST_F(PartitionTest, RetentionByTimeAndBySize) {
  config_.segment_bytes = 1'000;
  Configure();
  for (int i = 0; i < 5; ++i) {
    AppendMany(5);
    clock_.Advance(seconds(10));
  }
  config_.retention_ms = 25'000;
  Configure();
  Maintain();
  EXPECT_EQ(log_->start_offset(), 15);
  EXPECT_TRUE(log_->Read(3, 100)->out_of_range);
  config_.retention_ms = -1;
  config_.retention_bytes = 1;
  Configure();
  Maintain();
  EXPECT_EQ(log_->start_offset(), 20);
  EXPECT_EQ(log_->end_offset(), 25);
  Reopen();
  EXPECT_EQ(log_->start_offset(), 20);
  EXPECT_EQ(AppendMany(1).base_offset, 25);
}

TEST_F(PartitionTest, FindsOffsetsByTime) {
  config_.segment_bytes = 1'000;
  Configure();
  for (int i = 0; i < 20; ++i)
    Append({Record("a", std::string(100, 'x'), 1000 + i * 10), Record("b", "y", 1005 + i * 10)});
  EXPECT_EQ((*log_->FindTime(0))->offset, 0);
  EXPECT_EQ((*log_->FindTime(1001))->offset, 1);
  EXPECT_EQ((*log_->FindTime(1100))->offset, 20);
  EXPECT_EQ((*log_->FindTime(1101))->timestamp_ms, 1105);
  EXPECT_FALSE((*log_->FindTime(5000)).has_value());
  EXPECT_EQ((*log_->FindMaxTime())->offset, 39);
  EXPECT_EQ(*log_->DeleteRecordsBefore(25), 25);
  EXPECT_EQ((*log_->FindTime(0))->offset, 25);
}

TEST_F(PartitionTest, DeletedRecordsStayDeleted) {
  for (int i = 0; i < 4; ++i) AppendMany(5);
  EXPECT_FALSE(log_->DeleteRecordsBefore(21).ok());
  EXPECT_EQ(*log_->DeleteRecordsBefore(7), 7);
  Reopen();
  EXPECT_EQ(log_->start_offset(), 7);
  EXPECT_EQ(*log_->DeleteRecordsBefore(-1), 20);
  Maintain();
  EXPECT_EQ(log_->bytes(), 0u);
  Reopen();
  EXPECT_EQ(log_->start_offset(), 20);
  EXPECT_EQ(AppendMany(1).base_offset, 20);
}

TEST_F(PartitionTest, LogAppendTimeIsStamped) {
  config_.log_append_time = true;
  Configure();
  EXPECT_EQ(Append({Record("a", "1", 5)}).append_time_ms, Now());
  EXPECT_EQ(ReadAll().front().timestamp_ms, Now());
}

class CompactionTest : public PartitionTest, public testing::WithParamInterface<int> {};

TEST_P(CompactionTest, KeepsTheLastOfEachKeyAndEveryOffset) {
  config_.cleanup_compact = true;
  config_.cleanup_delete = false;
  config_.segment_bytes = 3'000;
  config_.dirty_ratio_min = 0;
  Configure();
  std::map<std::string, std::pair<int64_t, std::string>> last;
  for (int i = 0; i < 60; ++i) {
    std::vector<LogRecord> records;
    for (int r = 0; r < 8; ++r) {
      const std::string key = "k" + std::to_string((i * 7 + r * r) % 20);
      records.push_back(
          Record(key, "v" + std::to_string(i) + "-" + std::to_string(r) + std::string(30, 'p'), Now() + r));
      records.back().headers = {{"h", key}};
    }
    const int64_t base = Append(records, static_cast<BatchCodec>(GetParam())).base_offset;
    ASSERT_GE(base, 0);
    for (int r = 0; r < 8; ++r) last[*records[r].key] = {base + r, *records[r].value};
  }
  const uint64_t before = log_->bytes();
  const size_t records_before = ReadAll().size();
  for (int round = 0; round < 3; ++round) {
    Maintain();
    EXPECT_LT(log_->bytes(), before);
    const auto all = ReadAll(0);
    EXPECT_LT(all.size(), records_before);
    std::map<std::string, std::pair<int64_t, std::string>> read;
    int64_t previous = -1;
    for (const LogRecord& record : all) {
      ASSERT_GT(record.offset, previous);
      previous = record.offset;
      read[*record.key] = {record.offset, *record.value};
      ASSERT_EQ(record.headers.at(0).key, "h");
    }
    EXPECT_EQ(read, last);
    EXPECT_EQ(log_->start_offset(), 0);
    EXPECT_EQ(log_->end_offset(), 480);
    Reopen(round == 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Codecs, CompactionTest, testing::Range(0, 5));

TEST_F(PartitionTest, CompactionHonoursItsLagAndTombstones) {
  config_.cleanup_compact = true;
  config_.cleanup_delete = false;
  config_.segment_bytes = 100;  // every batch its own
  config_.dirty_ratio_min = 0;
  config_.compaction_lag_ms_min = 60'000;
  config_.delete_retention_ms = 100'000;
  Configure();
  Append({Record("a", "old", Now()), Record("b", "kept", Now())});
  Append({Record("a", std::nullopt, Now())});
  Append({Record("c", "x", Now())});
  Maintain();
  EXPECT_EQ(ReadAll().size(), 4u);  // too young
  clock_.Advance(seconds(70));
  Maintain();
  auto all = ReadAll();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(*all[0].key, "b");
  EXPECT_EQ(*all[1].key, "a");
  EXPECT_FALSE(all[1].value.has_value());
  EXPECT_EQ(all[1].timestamp_ms, Now() - 70'000);  // the horizon in the batch does not shift its records
  clock_.Advance(seconds(110));
  Append({Record("c", "y", Now())});
  Append({Record("d", "z", Now())});
  clock_.Advance(seconds(70));
  Maintain();
  all = ReadAll();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(*all[0].key, "b");
  EXPECT_EQ(*all[1].value, "y");
  EXPECT_EQ(*all[2].value, "z");
  EXPECT_EQ(Append({{.timestamp_ms = Now(), .value = "no key"}}).outcome, AppendOutcome::kInvalidRecord);
}

TEST_F(PartitionTest, CompactionInLittleMemoryTakesSeveralPasses) {
  config_.cleanup_compact = true;
  config_.dirty_ratio_min = 0;
  config_.segment_bytes = 20'000;
  log_.reset();
  log_ = *PartitionLog::Open({.folder = folder_ / "p",
                              .config = std::make_shared<LogTopicConfig>(config_),
                              .compaction_memory_max = 24 * 1024},
                             clock_);
  for (int i = 0; i < 400; ++i) {
    std::vector<LogRecord> records;
    for (int r = 0; r < 10; ++r) records.push_back(Record("key-" + std::to_string((i * 10 + r) % 1900), "v", Now()));
    Append(records);
  }
  for (int i = 0; i < 20; ++i) Maintain();
  std::map<std::string, int> keys;
  for (const LogRecord& record : ReadAll()) ++keys[*record.key];
  EXPECT_EQ(keys.size(), 1900u);
  EXPECT_LT(ReadAll().size(), 3'000u);
}

TEST(LogEngine, TopicsAndSettingsAreDurable) {
  const TemporaryDirectory folder;
  const LogEngineOptions options{.data_dir = folder / "d"};
  std::string cluster_id;
  int64_t producer_id = -1;
  {
    LogEngine engine(options, SystemClock());
    ASSERT_TRUE(engine.Open().ok());
    LogEngine second(options, SystemClock());
    EXPECT_EQ(second.Open().error().code(), ErrorCode::kAlreadyExists);
    ASSERT_TRUE(engine.CreateTopic("a.b-c_D", 3, {{"retention.ms", "77"}}).ok());
    EXPECT_EQ(engine.CreateTopic("a.b-c_D", 3, {}).error().code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(engine.CreateTopic("a/b", 3, {}).error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(engine.CreateTopic("..", 3, {}).error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(engine.CreateTopic("x", 1, {{"no.such", "1"}}).error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(engine.CreateTopic("x", 1'000'000, {}).error().code(), ErrorCode::kResourceExhausted);
    ASSERT_TRUE(engine.CreateTopic("gone", 1, {}).ok());
    ASSERT_TRUE(engine.DeleteTopic("gone").ok());
    EXPECT_EQ(engine.DeleteTopic("gone").error().code(), ErrorCode::kNotFound);
    ASSERT_TRUE(engine.AddPartitions("a.b-c_D", 5).ok());
    EXPECT_FALSE(engine.AddPartitions("a.b-c_D", 5).ok());
    ASSERT_TRUE(engine.SetSettings("a.b-c_D", {{"retention.ms", "88"}, {"cleanup.policy", "compact"}}).ok());
    engine.RunMaintenance();
    cluster_id = engine.cluster_id();
    producer_id = *engine.NewProducerId();
  }
  LogEngine engine(options, SystemClock());
  ASSERT_TRUE(engine.Open().ok());
  EXPECT_EQ(engine.cluster_id(), cluster_id);
  EXPECT_GT(*engine.NewProducerId(), producer_id);
  ASSERT_EQ(engine.Topics().size(), 1u);
  const auto topic = engine.Find("a.b-c_D");
  EXPECT_EQ(topic->partitions.size(), 5u);
  EXPECT_EQ(topic->config->retention_ms, 88);
  EXPECT_TRUE(topic->config->cleanup_compact);
  EXPECT_EQ(engine.FindById(topic->id), topic);
}

TEST(DurableMap, SurvivesRestartsTornTailsAndRewrites) {
  const TemporaryDirectory folder;
  const std::string path = folder / "map";
  {
    DurableMap map = *DurableMap::Open(path);
    for (int i = 0; i < 60'000; ++i)
      ASSERT_TRUE(map.Put("k" + std::to_string(i % 10), "value " + std::to_string(i)).ok());
    ASSERT_TRUE(map.Remove("k3").ok());
  }
  EXPECT_LT(std::filesystem::file_size(path), 2u << 20);
  std::ofstream(path, std::ios::app) << "torn";
  DurableMap map = *DurableMap::Open(path, 10);
  EXPECT_EQ(map.entries().size(), 9u);
  EXPECT_EQ(map.entries().at("k9"), "value 59999");
  EXPECT_TRUE(map.Put("k3", "x").ok());
  EXPECT_EQ(map.Put("new", "x").error().code(), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace venice::embedded
