// Reading, sorting and writing into a real log: what stands in the topic afterwards.
#include <gtest/gtest.h>

#include <fstream>

#include "avro/binary.h"
#include "base/file.h"
#include "embedded/kafka_server.h"
#include "protocol/envelope.h"
#include "protocol/partitioner.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"
#include "pubsub/kafka/kafka_client.h"
#include "push/read_stage.h"
#include "push/write_stage.h"

namespace venice::push {
namespace {

using namespace std::chrono_literals;

constexpr int32_t kPartitions = 3;
constexpr int32_t kSchemaId = 1;

struct TopicContent {
  std::vector<std::pair<std::string, std::string>> records;  // key and stored value, in log order
  std::optional<protocol::PartitionDigest> declared;         // of the end of push
  int64_t declared_count = -1;
};

class WriteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << started.error().ToString();
    client_ = pubsub::kafka::NewKafkaClient({.bootstrap_servers = server_.address()}).value();
    ASSERT_TRUE(client_->NewAdmin().value()->CreateTopic("s_v1", {.partitions = kPartitions}).ok());
    producer_ = client_->NewProducer().value();
    schemas_ = {.key = avro::Schema::Primitive(avro::Type::kString),
                .values = {{kSchemaId, avro::Schema::Primitive(avro::Type::kString)}}};
  }

  // The two stages as PushJob runs them.
  Status Push(const std::vector<std::pair<std::string, std::string>>& pairs, size_t memory,
              bool allow_duplicates = false, bool lose_one = false) {
    const std::string path = folder_ / "in.jsonl";
    std::ofstream out(path);
    for (const auto& [key, value] : pairs) out << "{\"key\":\"" << key << "\",\"value\":\"" << value << "\"}\n";
    out.close();
    VENICE_ASSIGN(const auto files, FindInputFiles(path));
    VENICE_ASSIGN(const auto input, OpenJsonInput({}, files, schemas_));
    ExternalSorter sorter({.partitions = kPartitions, .shards = 2, .merge_threads = 2, .memory_bytes = memory});
    std::vector<protocol::PartitionDigest> read;
    VENICE_TRY(ReadAll(
        *input, sorter,
        {.threads = 2,
         .partitions = kPartitions,
         .value_schema_id = kSchemaId,
         .record_bytes_max = 10'000,
         .key_schema = schemas_.key},
        read_counters_, [] { return Ok(); }, read));
    if (lose_one) read[0].Add("a key that never came out", kSchemaId, "value");
    VENICE_TRY(sorter.PrepareMerge());
    spilled_ = sorter.spilled_bytes();
    writer::VersionTopicWriter writer(*producer_, "s_v1", kPartitions);
    VENICE_TRY(writer.StartOfPush({}));
    VENICE_TRY(WriteAll(
        sorter, writer,
        {.threads = 2,
         .partitions = kPartitions,
         .value_schema_id = kSchemaId,
         .allow_duplicate_keys = allow_duplicates,
         .key_schema = schemas_.key},
        read, write_counters_, [] { return Ok(); }, digests_));
    return writer.EndOfPush(digests_, 30s);
  }

  TopicContent Read(int32_t partition) {
    TopicContent content;
    auto consumer = client_->NewConsumer().value();
    const pubsub::TopicPartition of{"s_v1", partition};
    const int64_t end = pubsub::kafka::OffsetFromPosition(consumer->End(of).value()).value();
    EXPECT_TRUE(consumer->Subscribe(of, pubsub::Position::Earliest()).ok());
    for (int64_t offset = 0; offset < end;) {
      const auto batch = consumer->Poll(10s, 10'000).value();
      if (batch->records().empty()) {
        ADD_FAILURE() << "no records in ten seconds";
        return content;
      }
      for (const pubsub::RecordView& record : batch->records()) {
        offset = record.offset + 1;
        const auto envelope = protocol::DecodeEnvelope(record.value).value();
        if (envelope.type == protocol::MessageType::kPut) {
          content.records.emplace_back(protocol::DecodeRecordKey(record.key)->payload, envelope.value);
          continue;
        }
        for (const pubsub::Header& header : batch->Headers(record)) {
          if (header.name == protocol::record_header::kContentDigest) {
            content.declared = protocol::PartitionDigest::Decode(header.value).value();
          }
          if (header.name == protocol::record_header::kRecordCount) {
            content.declared_count = protocol::DecodeRecordCount(header.value).value();
          }
        }
      }
    }
    return content;
  }

  TemporaryDirectory folder_;
  embedded::KafkaServer server_{{.data_dir = folder_ / "kafka"}};
  std::unique_ptr<pubsub::Client> client_;
  std::unique_ptr<pubsub::Producer> producer_;
  StoreSchemas schemas_;
  ReadCounters read_counters_;
  WriteCounters write_counters_;
  std::vector<protocol::PartitionDigest> digests_;
  uint64_t spilled_ = 0;
};

std::vector<std::pair<std::string, std::string>> Pairs(int count) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < count; ++i)
    pairs.emplace_back(fmt::format("key-{}", i * 7919 % count), fmt::format("value {}", i));
  return pairs;
}

TEST_F(WriteTest, TopicHoldsTheRecordsInOrderWithTheirDigests) {
  for (const size_t memory : {size_t{64} << 20, size_t{256} << 10}) {  // in memory, then spilling
    if (memory < (1 << 20)) {
      const auto admin = client_->NewAdmin().value();
      ASSERT_TRUE(admin->DeleteTopic("s_v1").ok());
      ASSERT_TRUE(admin->CreateTopic("s_v1", {.partitions = kPartitions}).ok());
    }
    const auto pairs = Pairs(10'000);
    const Status pushed = Push(pairs, memory);
    ASSERT_TRUE(pushed.ok()) << pushed.error().ToString();
    EXPECT_EQ(spilled_ > 0, memory < (1 << 20));
    std::map<std::string, std::string> seen;
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      const TopicContent content = Read(partition);
      protocol::PartitionDigest digest;
      for (size_t i = 0; i < content.records.size(); ++i) {
        const auto& [key, value] = content.records[i];
        EXPECT_TRUE(i == 0 || content.records[i - 1].first < key);
        EXPECT_EQ(protocol::Partition(key, kPartitions), partition);
        digest.Add(key, kSchemaId, value);
        seen[avro::DecodeAll(schemas_.key, key)->text()] = avro::DecodeAll(schemas_.values[0].schema, value)->text();
      }
      EXPECT_EQ(content.declared, digest);
      EXPECT_EQ(content.declared_count, static_cast<int64_t>(content.records.size()));
    }
    EXPECT_EQ(seen, (std::map<std::string, std::string>(pairs.begin(), pairs.end())));
  }
}

TEST_F(WriteTest, IdenticalDuplicatesAreMerged) {
  const Status pushed = Push({{"a", "1"}, {"b", "2"}, {"a", "1"}, {"a", "1"}}, 64 << 20);
  ASSERT_TRUE(pushed.ok()) << pushed.error().ToString();
  EXPECT_EQ(write_counters_.duplicates_identical, 2u);
  EXPECT_EQ(write_counters_.records, 2u);
  EXPECT_EQ(read_counters_.records, 4u);
}

TEST_F(WriteTest, DifferentDuplicatesFailNamingTheKey) {
  const Status pushed = Push({{"a", "1"}, {"twice", "2"}, {"twice", "3"}}, 64 << 20);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(pushed.error().message().find("key \"twice\" is in the input more than once"), std::string::npos);
}

TEST_F(WriteTest, AllowedDuplicatesKeepTheSmallestValue) {
  const Status pushed = Push({{"twice", "3"}, {"twice", "2"}, {"twice", "4"}}, 64 << 20, true);
  ASSERT_TRUE(pushed.ok()) << pushed.error().ToString();
  EXPECT_EQ(write_counters_.duplicates_dropped, 2u);
  std::string value;
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    for (const auto& record : Read(partition).records) value = record.second;
  }
  EXPECT_EQ(value,
            "\x02"
            "2");
}

TEST_F(WriteTest, TooLargeRecordsNameTheirKeyAndPlace) {
  const Status pushed = Push({{"small", "1"}, {"huge", std::string(20'000, 'x')}}, 64 << 20);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code(), ErrorCode::kTooLarge);
  EXPECT_NE(pushed.error().message().find("in.jsonl, line 2"), std::string::npos) << pushed.error().message();
  EXPECT_NE(pushed.error().message().find("key \"huge\""), std::string::npos);
}

TEST_F(WriteTest, ARecordLostInSortingIsNoticed) {
  const Status pushed = Push({{"a", "1"}}, 64 << 20, false, true);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace venice::push
