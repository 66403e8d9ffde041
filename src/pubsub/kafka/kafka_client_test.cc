// The adapter against librdkafka's own mock broker: what needs no topic administration.
#include "pubsub/kafka/kafka_client.h"

#include <atomic>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>  // after rdkafka.h

#include "base/wait.h"
#include "pubsub/kafka/handle.h"

namespace venice::pubsub::kafka {
namespace {

using namespace std::chrono_literals;

class MockBroker {
 public:
  MockBroker() {
    char text[256];
    rd_kafka_conf_t* config = rd_kafka_conf_new();
    rd_kafka_conf_set(config, "log_level", "0", nullptr, 0);
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, config, text, sizeof(text)));
    cluster_ = rd_kafka_mock_cluster_new(owner_.get(), 1);
  }
  ~MockBroker() { rd_kafka_mock_cluster_destroy(cluster_); }

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  rd_kafka_mock_cluster_t* cluster() { return cluster_; }
  void CreateTopic(const std::string& topic, int partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  ClientHandle owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

class KafkaClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    broker_.CreateTopic("t_v1", 2);
    client_ = NewKafkaClient({.bootstrap_servers = broker_.address()}).value();
    producer_ = client_->NewProducer().value();
    consumer_ = client_->NewConsumer().value();
  }

  void Write(int32_t partition, int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string number = std::to_string(i);
      ASSERT_TRUE(producer_->Send({"t_v1", partition}, "k" + number, "v" + number, {}, {}).ok());
    }
    ASSERT_TRUE(producer_->Flush(10s).ok());
  }

  // Keys read until there are `count`, or nothing came for two seconds.
  std::vector<std::string> ReadKeys(size_t count, size_t per_poll = 100) {
    std::vector<std::string> keys;
    while (keys.size() < count) {
      auto batch = consumer_->Poll(2s, per_poll);
      EXPECT_TRUE(batch.ok()) << batch.error().ToString();
      if (!batch.ok() || (*batch)->records().empty()) break;
      for (const RecordView& record : (*batch)->records()) keys.emplace_back(record.key);
    }
    return keys;
  }

  MockBroker broker_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Consumer> consumer_;
};

std::vector<std::string> Keys(int from, int to) {
  std::vector<std::string> keys;
  for (int i = from; i < to; ++i) keys.push_back("k" + std::to_string(i));
  return keys;
}

TEST_F(KafkaClientTest, ReadsWhatWasWrittenInOrder) {
  Write(0, 0, 1000);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  EXPECT_EQ(ReadKeys(1000, 64), Keys(0, 1000));
}

TEST_F(KafkaClientTest, CallbackTellsThePosition) {
  std::atomic<int64_t> offset{-1};
  Write(1, 0, 3);
  ASSERT_TRUE(producer_
                  ->Send({"t_v1", 1}, "k", "v", {},
                         [&](Result<Position> position) { offset = OffsetFromPosition(position.value()).value(); })
                  .ok());
  EXPECT_TRUE(WaitUntil([&] { return offset == 3; }, 10s));
}

TEST_F(KafkaClientTest, HeadersAndEmptyValuesSurvive) {
  const std::vector<Header> headers = {{"prc", std::string("\0\1", 2)}, {"empty", ""}};
  ASSERT_TRUE(producer_->Send({"t_v1", 0}, "key", "", headers, {}).ok());
  ASSERT_TRUE(producer_->Flush(10s).ok());
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  auto batch = consumer_->Poll(5s, 10).value();
  ASSERT_EQ(batch->records().size(), 1u);
  const RecordView& record = batch->records()[0];
  EXPECT_EQ(record.key, "key");
  EXPECT_EQ(record.value, "");
  EXPECT_EQ(batch->topic_partition(record), (TopicPartition{"t_v1", 0}));
  const auto read = batch->Headers(record);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].name, "prc");
  EXPECT_EQ(read[0].value, std::string("\0\1", 2));
  EXPECT_EQ(read[1].value, "");
}

TEST_F(KafkaClientTest, SubscribeAgainMovesWithoutLeftovers) {
  Write(0, 0, 500);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  ASSERT_EQ(ReadKeys(10, 10), Keys(0, 10));  // the rest is prefetched by now or soon
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, PositionFromOffset(490)).ok());
  EXPECT_EQ(ReadKeys(10), Keys(490, 500));
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, PositionFromOffset(5)).ok());
  EXPECT_EQ(ReadKeys(10, 10), Keys(5, 15));
}

TEST_F(KafkaClientTest, UnsubscribedPartitionIsSilent) {
  Write(0, 0, 100);
  Write(1, 0, 100);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  ASSERT_EQ(ReadKeys(5, 5).size(), 5u);
  ASSERT_TRUE(consumer_->Unsubscribe({"t_v1", 0}).ok());
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 1}, PositionFromOffset(98)).ok());
  for (size_t seen = 0; seen < 2;) {
    auto batch = consumer_->Poll(5s, 100).value();
    ASSERT_FALSE(batch->records().empty());
    for (const RecordView& record : batch->records()) EXPECT_EQ(batch->topic_partition(record).partition, 1);
    seen += batch->records().size();
  }
}

TEST_F(KafkaClientTest, PauseKeepsThePlace) {
  Write(0, 0, 1000);
  const TopicPartition from{"t_v1", 0};
  ASSERT_TRUE(consumer_->Subscribe(from, Position::Earliest()).ok());
  std::vector<std::string> keys = ReadKeys(300, 50);
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(consumer_->Pause(from).ok());
    const auto while_paused = consumer_->Poll(50ms, 10).value();
    EXPECT_TRUE(while_paused->records().empty());
    ASSERT_TRUE(consumer_->Resume(from).ok());
    for (std::string& key : ReadKeys(50, 10)) keys.push_back(std::move(key));
  }
  for (std::string& key : ReadKeys(1000 - keys.size())) keys.push_back(std::move(key));
  EXPECT_EQ(keys, Keys(0, 1000));  // nothing lost, nothing twice
}

TEST_F(KafkaClientTest, SubscribingAgainEndsAPause) {
  Write(0, 0, 10);
  const TopicPartition from{"t_v1", 0};
  EXPECT_EQ(consumer_->Pause(from).error().code(), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(consumer_->Subscribe(from, Position::Earliest()).ok());
  ASSERT_TRUE(consumer_->Pause(from).ok());
  ASSERT_TRUE(consumer_->Subscribe(from, PositionFromOffset(4)).ok());
  EXPECT_EQ(ReadKeys(6), Keys(4, 10));
}

TEST_F(KafkaClientTest, PositionsCompareAndEnds) {
  Write(0, 0, 7);
  const TopicPartition of{"t_v1", 0};
  EXPECT_EQ(OffsetFromPosition(consumer_->Beginning(of).value()).value(), 0);
  const Position end = consumer_->End(of).value();
  EXPECT_EQ(OffsetFromPosition(end).value(), 7);
  EXPECT_EQ(consumer_->Compare(of, PositionFromOffset(6), end).value(), std::strong_ordering::less);
  EXPECT_EQ(consumer_->Compare(of, PositionFromOffset(300), end).value(), std::strong_ordering::greater);
  EXPECT_EQ(consumer_->Compare(of, Position::Earliest(), PositionFromOffset(0)).value(), std::strong_ordering::less);
  EXPECT_EQ(consumer_->Compare(of, Position::Latest(), end).value(), std::strong_ordering::greater);
  EXPECT_EQ(consumer_->Compare(of, Position::At("x\xff"), end).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(KafkaClientTest, PositionBeyondTheLogIsAnError) {
  Write(0, 0, 3);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, PositionFromOffset(1000)).ok());
  Result<std::unique_ptr<Batch>> outcome = consumer_->Poll(10s, 10);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kNotFound) << outcome.error().ToString();
}

TEST_F(KafkaClientTest, OverfullRecordIsRefused) {
  const std::string huge(5'000'000, 'x');
  EXPECT_EQ(producer_->Send({"t_v1", 0}, "k", huge, {}, {}).error().code(), ErrorCode::kTooLarge);
}

TEST_F(KafkaClientTest, OrderHoldsUnderRetries) {
  rd_kafka_mock_push_request_errors(broker_.cluster(), /*Produce*/ 0, 3, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  Write(0, 0, 200);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  EXPECT_EQ(ReadKeys(200), Keys(0, 200));
}

TEST_F(KafkaClientTest, UnacknowledgedRecordsAreCancelledAtTheEnd) {
  rd_kafka_mock_broker_set_down(broker_.cluster(), 1);
  std::atomic<int> cancelled{0};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        producer_
            ->Send({"t_v1", 0}, "k", "v", {},
                   [&](Result<Position> position) { cancelled += position.error().code() == ErrorCode::kCancelled; })
            .ok());
  }
  EXPECT_EQ(producer_->Flush(50ms).error().code(), ErrorCode::kTimeout);
  producer_.reset();
  EXPECT_EQ(cancelled, 10);
}

TEST_F(KafkaClientTest, BatchOutlivesItsConsumer) {
  Write(0, 0, 3);
  ASSERT_TRUE(consumer_->Subscribe({"t_v1", 0}, Position::Earliest()).ok());
  const auto batch = consumer_->Poll(5s, 10).value();
  consumer_.reset();
  ASSERT_FALSE(batch->records().empty());
  EXPECT_EQ(batch->records()[0].key, "k0");
}

TEST(KafkaPosition, OffsetsRoundTrip) {
  for (const int64_t offset : {int64_t{0}, int64_t{63}, int64_t{64}, int64_t{1} << 40, INT64_MAX})
    EXPECT_EQ(OffsetFromPosition(PositionFromOffset(offset)).value(), offset);
  EXPECT_EQ(PositionFromOffset(100).bytes(), "\xc8\x01");
  for (const std::string& bytes : {std::string(), std::string("\x80"), std::string("\x01"), std::string(11, '\x80')})
    EXPECT_FALSE(OffsetFromPosition(Position::At(bytes)).ok());
  EXPECT_FALSE(OffsetFromPosition(Position::Latest()).ok());
}

TEST(KafkaConfig, TakesJavaAndVeniceNames) {
  const auto value_of = [](const ConfigHandle& config, const char* name) {
    char text[256];
    size_t size = sizeof(text);
    return rd_kafka_conf_get(config.get(), name, text, &size) == RD_KAFKA_CONF_OK ? std::string(text) : std::string();
  };
  const auto config = MakeConfig(Role::kProducer, "h:1",
                                 {{"kafka.security.protocol", "SASL_SSL"},
                                  {"kafka.replication.factor", "3"},  // Venice's own, not a client's
                                  {"sasl.mechanism", "PLAIN"},
                                  {"sasl.jaas.config", "x.PlainLoginModule required username=\"u\" password=\"p;q\";"},
                                  {"ssl.truststore.password", "unused"},
                                  {"buffer.memory", "1048576"},
                                  {"compression.type", "lz4"}});
  ASSERT_TRUE(config.ok()) << config.error().ToString();
  EXPECT_EQ(value_of(*config, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(value_of(*config, "sasl.username"), "u");
  EXPECT_EQ(value_of(*config, "sasl.password"), "p;q");
  EXPECT_EQ(value_of(*config, "queue.buffering.max.kbytes"), "1024");
  EXPECT_EQ(value_of(*config, "compression.codec"), "lz4");
  EXPECT_EQ(MakeConfig(Role::kProducer, "h:1", {{"no.such.setting", "1"}}).error().code(), ErrorCode::kInvalidConfig);
  EXPECT_EQ(MakeConfig(Role::kProducer, "h:1", {{"linger.ms", "abc"}}).error().code(), ErrorCode::kInvalidConfig);
  EXPECT_EQ(NewKafkaClient({}).error().code(), ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace venice::pubsub::kafka
