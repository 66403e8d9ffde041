// What the writer leaves in a topic, read back by an ordinary consumer and followed record by record.
#include "writer/version_topic_writer.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/file.h"
#include "embedded/kafka_server.h"
#include "protocol/envelope.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::writer {
namespace {

using namespace std::chrono_literals;
using protocol::ControlMessage;
using protocol::ControlMessageType;
using protocol::EnvelopeView;

struct ReadRecord {
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;

  EnvelopeView envelope() const {
    const auto view = protocol::DecodeEnvelope(value);
    EXPECT_TRUE(view.ok()) << view.error().ToString();
    return view.value_or(EnvelopeView());
  }
  ControlMessage control() const { return envelope().control.Decode().value(); }
};

class VersionTopicWriterTest : public ::testing::Test {
 protected:
  static constexpr int32_t kPartitions = 3;

  void SetUp() override {
    const Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << started.error().ToString();
    client_ = pubsub::kafka::NewKafkaClient({.bootstrap_servers = server_.address()}).value();
    admin_ = client_->NewAdmin().value();
    const Status created = admin_->CreateTopic("s_v1", {.partitions = kPartitions});
    ASSERT_TRUE(created.ok()) << created.error().ToString();
    producer_ = client_->NewProducer().value();
  }

  WriterOptions Options() { return {.writer_id = "test-writer", .clock = &clock_}; }

  std::vector<ReadRecord> ReadAll(int32_t partition) {
    auto consumer = client_->NewConsumer().value();
    const pubsub::TopicPartition of{"s_v1", partition};
    const int64_t end = pubsub::kafka::OffsetFromPosition(consumer->End(of).value()).value();
    EXPECT_TRUE(consumer->Subscribe(of, pubsub::Position::Earliest()).ok());
    std::vector<ReadRecord> records;
    for (int64_t offset = 0; offset < end;) {
      auto batch = consumer->Poll(10s, 500);
      EXPECT_TRUE(batch.ok()) << batch.error().ToString();
      if (!batch.ok() || (*batch)->records().empty()) break;
      for (const pubsub::RecordView& record : (*batch)->records()) {
        ReadRecord& copy = records.emplace_back(ReadRecord{std::string(record.key), std::string(record.value), {}});
        for (const pubsub::Header& header : (*batch)->Headers(record)) copy.headers[header.name] = header.value;
        offset = record.offset + 1;
      }
    }
    return records;
  }

  // Follows one producer's records: numbering, keys, the schema header, and the checksum at each end of segment.
  void ExpectWholeChain(const std::vector<ReadRecord>& records, const protocol::Guid& guid) {
    int32_t segment = -1;
    int32_t sequence = 0;
    protocol::SegmentChecksum checksum;
    for (const ReadRecord& record : records) {
      const EnvelopeView envelope = record.envelope();
      if (envelope.producer.guid != guid) continue;
      const protocol::RecordKey key = protocol::DecodeRecordKey(record.key).value();
      const bool control = envelope.type == protocol::MessageType::kControlMessage;
      if (control && envelope.control.type == ControlMessageType::kStartOfSegment) {
        ++segment;
        sequence = 0;
        const auto body = std::get<protocol::StartOfSegment>(record.control().body);
        checksum = protocol::SegmentChecksum(protocol::ChecksumTypeFromId(body.checksum_type).value());
      }
      ASSERT_EQ(envelope.producer.segment_number, segment);
      ASSERT_EQ(envelope.producer.sequence_number, sequence);
      ASSERT_EQ(record.headers.contains("vtp"), segment == 0 && sequence == 0);
      ASSERT_TRUE(envelope.footer.has_value());
      ASSERT_EQ(envelope.footer->host_name, "test-writer");
      ASSERT_EQ(HexEncode(envelope.footer->upstream_position), "22010300");
      ASSERT_EQ(envelope.footer->upstream_kafka_cluster_id, -1);
      ASSERT_EQ(envelope.producer.logical_timestamp_ms, control ? -1 : -2);
      if (control) {
        std::string expected_key;
        protocol::EncodeControlKey(guid, segment, sequence, expected_key);
        ASSERT_EQ(HexEncode(record.key), HexEncode(expected_key));
        if (envelope.control.type == ControlMessageType::kEndOfSegment) {
          ASSERT_EQ(HexEncode(std::get<protocol::EndOfSegment>(record.control().body).checksum_value),
                    HexEncode(checksum.Value()));
        }
        checksum.AddControl(envelope.control.type);
      } else if (envelope.type == protocol::MessageType::kPut) {
        checksum.AddPut(key.payload, envelope.schema_id, envelope.value);
      } else {
        checksum.AddDelete(key.payload);
      }
      ++sequence;
    }
  }

  // "SOS SOP put put EOP EOS!" with ! for a final segment.
  static std::string Shape(const std::vector<ReadRecord>& records) {
    std::string shape;
    for (const ReadRecord& record : records) {
      const EnvelopeView envelope = record.envelope();
      if (!shape.empty()) shape += ' ';
      if (envelope.type == protocol::MessageType::kPut) shape += "put";
      if (envelope.type == protocol::MessageType::kDelete) shape += "delete";
      if (envelope.type != protocol::MessageType::kControlMessage) continue;
      const ControlMessage message = record.control();
      if (message.type() == ControlMessageType::kStartOfSegment) shape += "SOS";
      if (message.type() == ControlMessageType::kStartOfPush) shape += "SOP";
      if (message.type() == ControlMessageType::kEndOfPush) shape += "EOP";
      if (message.type() == ControlMessageType::kEndOfSegment)
        shape += std::get<protocol::EndOfSegment>(message.body).final_segment ? "EOS!" : "EOS";
    }
    return shape;
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  embedded::KafkaServer server_{{.data_dir = directory_ / "kafka"}};
  std::unique_ptr<pubsub::Client> client_;
  std::unique_ptr<pubsub::Admin> admin_;
  std::unique_ptr<pubsub::Producer> producer_;
};

TEST_F(VersionTopicWriterTest, APushIsOneWholeChainPerPartition) {
  const WriterOptions options = Options();
  VersionTopicWriter writer(*producer_, "s_v1", kPartitions, options);
  ASSERT_TRUE(writer
                  .StartOfPush({.sorted = true,
                                .compression = protocol::CompressionStrategy::kZstdWithDict,
                                .dictionary = "the dictionary"})
                  .ok());
  std::vector<protocol::PartitionDigest> digests(kPartitions);
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key" + std::to_string(i);
    const int32_t partition = i % 2;  // the last one stays empty
    ASSERT_TRUE(writer.Put(partition, key, 7, "value of " + key).ok());
    digests[static_cast<size_t>(partition)].Add(key, 7, "value of " + key);
  }
  ASSERT_TRUE(writer.EndOfPush(digests).ok());
  EXPECT_EQ(writer.records_sent(), 200u + 4 * kPartitions);

  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto records = ReadAll(partition);
    ExpectWholeChain(records, options.guid);
    const size_t puts = partition == 2 ? 0 : 100;
    ASSERT_EQ(records.size(), puts + 4);

    const auto start = std::get<protocol::StartOfPush>(records[1].control().body);
    EXPECT_TRUE(start.sorted);
    EXPECT_FALSE(start.chunked);
    EXPECT_EQ(start.compression_strategy, 3);
    EXPECT_EQ(start.compression_dictionary, "the dictionary");
    EXPECT_EQ(records[0].headers.at("vtp"), protocol::EnvelopeSchemaJson());
    EXPECT_EQ(records[0].envelope().producer.message_timestamp_ms, clock_.WallMs());

    protocol::PartitionDigest found;
    for (size_t i = 2; i < 2 + puts; ++i) {
      const EnvelopeView envelope = records[i].envelope();
      EXPECT_TRUE(records[i].headers.empty());
      found.Add(protocol::DecodeRecordKey(records[i].key).value().payload, envelope.schema_id, envelope.value);
    }
    const ReadRecord& end = records[puts + 2];
    EXPECT_EQ(end.envelope().control.type, ControlMessageType::kEndOfPush);
    EXPECT_EQ(protocol::DecodeRecordCount(end.headers.at("prc")).value(), static_cast<int64_t>(puts));
    EXPECT_EQ(protocol::PartitionDigest::Decode(end.headers.at("vpd")).value(), found);
    EXPECT_TRUE(std::get<protocol::EndOfSegment>(records.back().control().body).final_segment);
  }
}

TEST_F(VersionTopicWriterTest, OldSegmentsAreEndedAndNewOnesBegun) {
  for (const protocol::ChecksumType type :
       {protocol::ChecksumType::kNone, protocol::ChecksumType::kMd5, protocol::ChecksumType::kAdHash}) {
    WriterOptions options = Options();
    options.checksum = type;
    VersionTopicWriter writer(*producer_, "s_v1", kPartitions, options);
    ASSERT_TRUE(writer.Put(0, "a", 1, "1").ok());
    clock_.Advance(5min);
    ASSERT_TRUE(writer.Put(0, "b", 1, "2").ok());
    clock_.Advance(1ms);
    ASSERT_TRUE(writer.Delete(0, "a").ok());
    ASSERT_TRUE(writer.Close().ok());
    ASSERT_TRUE(writer.Close().ok());
    EXPECT_EQ(writer.Put(0, "c", 1, "3").error().code(), ErrorCode::kInvalidArgument);
    ExpectWholeChain(ReadAll(0), options.guid);
  }
  EXPECT_EQ(Shape(ReadAll(0)),
            "SOS put put EOS SOS delete EOS! SOS put put EOS SOS delete EOS! SOS put put EOS SOS delete EOS!");
  EXPECT_EQ(Shape(ReadAll(1)), "");
}

TEST_F(VersionTopicWriterTest, TooLargeARecordIsRefusedAndTheChainStaysWhole) {
  const WriterOptions options = Options();
  VersionTopicWriter writer(*producer_, "s_v1", kPartitions, options);
  ASSERT_TRUE(writer.Put(1, "a", 1, "1").ok());
  EXPECT_EQ(writer.Put(1, "b", 1, std::string(kPayloadBytesMax, 'x')).error().code(), ErrorCode::kTooLarge);
  ASSERT_TRUE(writer.Put(1, "c", 1, std::string(kPayloadBytesMax - 1, 'x')).ok());  // just at the limit
  ASSERT_TRUE(writer.Close().ok());
  const auto records = ReadAll(1);
  EXPECT_EQ(Shape(records), "SOS put put EOS!");
  ExpectWholeChain(records, options.guid);
}

TEST_F(VersionTopicWriterTest, PartitionsAreWrittenByDifferentThreadsAtOnce) {
  const WriterOptions options = Options();
  VersionTopicWriter writer(*producer_, "s_v1", kPartitions, options);
  ASSERT_TRUE(writer.StartOfPush({}).ok());
  constexpr int kRecords = 5000;
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> threads;
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    threads.emplace_back([&, partition] {
      for (int i = 0; i < kRecords; ++i) {
        const Status put = writer.Put(partition, std::to_string(i), 1, "v",
                                      [&](Result<pubsub::Position> at) { acknowledged += at.ok() ? 1 : 0; });
        ASSERT_TRUE(put.ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(writer.EndOfPush({}).ok());
  EXPECT_EQ(acknowledged, kRecords * kPartitions);
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto records = ReadAll(partition);
    EXPECT_EQ(records.size(), kRecords + 4u);
    EXPECT_TRUE(records[records.size() - 2].headers.empty());  // no digests were given
    ExpectWholeChain(records, options.guid);
  }
}

TEST_F(VersionTopicWriterTest, WrongUseIsRefused) {
  VersionTopicWriter writer(*producer_, "s_v1", kPartitions, Options());
  EXPECT_EQ(writer.StartOfPush({.compression = protocol::CompressionStrategy::kZstdWithDict}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer.StartOfPush({.dictionary = "d"}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer.EndOfPush(std::vector<protocol::PartitionDigest>(2)).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer.records_sent(), 0u);
}

TEST_F(VersionTopicWriterTest, DeliveriesMayComeAfterTheWriterIsGone) {
  server_.Stop();
  std::atomic<int> cancelled{0};
  {
    VersionTopicWriter writer(*producer_, "s_v1", kPartitions, Options());
    ASSERT_TRUE(writer.Put(0, "a", 1, "1").ok());
    ASSERT_TRUE(writer.Put(0, "b", 1, "2", [&](Result<pubsub::Position> at) { cancelled += !at.ok(); }).ok());
    EXPECT_EQ(writer.Close(20ms).error().code(), ErrorCode::kTimeout);
  }
  producer_.reset();
  EXPECT_EQ(cancelled, 1);
}

TEST_F(VersionTopicWriterTest, AFailedWriteIsTold) {
  const auto impatient = client_->NewProducer({{"topic.metadata.propagation.max.ms", "200"}}).value();
  VersionTopicWriter writer(*impatient, "gone_v1", 1, Options());
  (void)writer.Put(0, "a", 1, "1").ok();  // not known yet whether the topic exists
  const Status closed = writer.Close(10s);
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().code(), ErrorCode::kNotFound) << closed.error().ToString();
}

}  // namespace
}  // namespace venice::writer
