// The adapter against the embedded log: topics, their settings, positions by time, deletion under a reader.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/wait.h"
#include "embedded/kafka_server.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::pubsub::kafka {
namespace {

using namespace std::chrono_literals;

class KafkaAdminTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << started.error().ToString();
    client_ = NewKafkaClient({.bootstrap_servers = server_.address()}).value();
    admin_ = client_->NewAdmin().value();
  }
  void Create(const std::string& topic, int32_t partitions, std::map<std::string, std::string> config = {}) {
    const Status created = admin_->CreateTopic(topic, {.partitions = partitions, .config = std::move(config)});
    ASSERT_TRUE(created.ok()) << created.error().ToString();
  }

  TemporaryDirectory directory_;
  embedded::KafkaServer server_{{.data_dir = directory_ / "kafka"}};
  std::unique_ptr<Client> client_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(KafkaAdminTest, TopicsComeAndGo) {
  EXPECT_EQ(admin_->PartitionCount("s_v1").value(), std::nullopt);
  Create("s_v1", 5);
  EXPECT_EQ(admin_->PartitionCount("s_v1").value(), 5);
  const auto topics = admin_->ListTopics().value();
  EXPECT_EQ(std::count(topics.begin(), topics.end(), "s_v1"), 1);
  EXPECT_EQ(admin_->CreateTopic("s_v1", {}).error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(admin_->DeleteTopic("s_v1").ok());
  EXPECT_TRUE(WaitUntil([&] { return admin_->PartitionCount("s_v1").value() == std::nullopt; }, 10s));
  EXPECT_EQ(admin_->DeleteTopic("s_v1").error().code(), ErrorCode::kNotFound);
}

TEST_F(KafkaAdminTest, LookingForATopicDoesNotCreateIt) {
  EXPECT_EQ(admin_->PartitionCount("nobody_v1").value(), std::nullopt);
  EXPECT_EQ(admin_->TopicConfig("nobody_v1").error().code(), ErrorCode::kNotFound);
  const auto topics = admin_->ListTopics().value();
  EXPECT_EQ(std::count(topics.begin(), topics.end(), "nobody_v1"), 0);
}

TEST_F(KafkaAdminTest, BadTopicsAreRefused) {
  EXPECT_EQ(admin_->CreateTopic("no spaces", {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(admin_->CreateTopic("s_v1", {.partitions = 0}).ok());
}

TEST_F(KafkaAdminTest, ChangingOneSettingKeepsTheOthers) {
  Create("s_v1", 1, {{"retention.ms", "60000"}, {"cleanup.policy", "delete"}});
  EXPECT_EQ(admin_->TopicConfig("s_v1").value().at("retention.ms"), "60000");
  ASSERT_TRUE(admin_->SetTopicConfig("s_v1", {{"cleanup.policy", "compact"}}).ok());
  const auto config = admin_->TopicConfig("s_v1").value();
  EXPECT_EQ(config.at("cleanup.policy"), "compact");
  EXPECT_EQ(config.at("retention.ms"), "60000");
}

TEST_F(KafkaAdminTest, PositionsByTime) {
  Create("s_v1", 1);
  const TopicPartition of{"s_v1", 0};
  auto producer = client_->NewProducer().value();
  auto consumer = client_->NewConsumer().value();
  EXPECT_EQ(OffsetFromPosition(consumer->End(of).value()).value(), 0);
  ASSERT_TRUE(producer->Send(of, "k", "v", {}, {}).ok());
  ASSERT_TRUE(producer->Flush(10s).ok());
  EXPECT_EQ(OffsetFromPosition(consumer->End(of).value()).value(), 1);
  EXPECT_EQ(consumer->AtTime(of, 1000).value(), PositionFromOffset(0));
  EXPECT_EQ(consumer->AtTime(of, SystemClock().WallMs() + 3'600'000).value(), std::nullopt);
}

TEST_F(KafkaAdminTest, LatestStartsAfterWhatIsThere) {
  Create("s_v1", 1);
  const TopicPartition of{"s_v1", 0};
  auto producer = client_->NewProducer().value();
  auto consumer = client_->NewConsumer().value();
  ASSERT_TRUE(producer->Send(of, "old", "v", {}, {}).ok());
  ASSERT_TRUE(producer->Flush(10s).ok());
  ASSERT_TRUE(consumer->Subscribe(of, consumer->End(of).value()).ok());
  ASSERT_TRUE(producer->Send(of, "new", "v", {}, {}).ok());
  std::unique_ptr<Batch> batch;
  ASSERT_TRUE(WaitUntil(
      [&] {
        batch = consumer->Poll(1s, 10).value();
        return !batch->records().empty();
      },
      10s));
  EXPECT_EQ(batch->records()[0].key, "new");
}

TEST_F(KafkaAdminTest, DeletionUnderAReaderIsTold) {
  Create("s_v1", 1);
  const TopicPartition of{"s_v1", 0};
  auto consumer =
      client_
          ->NewConsumer({{"topic.metadata.propagation.max.ms", "100"}, {"topic.metadata.refresh.interval.ms", "200"}})
          .value();
  ASSERT_TRUE(consumer->Subscribe(of, Position::Earliest()).ok());
  ASSERT_TRUE(consumer->Poll(50ms, 10).ok());
  ASSERT_TRUE(admin_->DeleteTopic("s_v1").ok());
  std::optional<Error> error;
  EXPECT_TRUE(WaitUntil(
      [&] {
        auto polled = consumer->Poll(100ms, 10);
        if (!polled.ok()) error = polled.error();
        return error.has_value();
      },
      20s));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), ErrorCode::kNotFound) << error->ToString();
}

// Answers that come after the end of a subscription must not keep the reader from ending once their topic is gone.
TEST_F(KafkaAdminTest, ReaderOfDeletedTopicsEnds) {
  constexpr int kTopics = 25;
  constexpr int kPartitions = 4;
  constexpr int kRecords = 500;
  auto producer = client_->NewProducer().value();
  auto consumer = client_
                      ->NewConsumer({{"topic.metadata.propagation.max.ms", "100"},
                                     {"topic.metadata.refresh.interval.ms", "100"},
                                     {"fetch.message.max.bytes", "10000"}})
                      .value();
  const std::string value(2'000, 'v');
  for (int t = 0; t < kTopics; ++t) {
    const std::string topic = "s_v" + std::to_string(t);
    Create(topic, kPartitions);
    for (int32_t p = 0; p < kPartitions; ++p)
      for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(producer->Send({topic, p}, "k", value, {}, {}).ok());
    ASSERT_TRUE(producer->Flush(10s).ok());
    for (int32_t p = 0; p < kPartitions; ++p) ASSERT_TRUE(consumer->Subscribe({topic, p}, Position::Earliest()).ok());
    // In the middle of reading, so that an answer is likely on its way.
    ASSERT_TRUE(WaitUntil([&] { return !consumer->Poll(100ms, 100).value()->records().empty(); }, 10s));
    for (int32_t p = 0; p < kPartitions; ++p) ASSERT_TRUE(consumer->Unsubscribe({topic, p}).ok());
    ASSERT_TRUE(admin_->DeleteTopic(topic).ok());
  }
  // The library hears of the deletions; errors about topics that are read no more are nobody's.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(consumer->Poll(100ms, 100).value()->records().empty());
  std::promise<void> ended;
  std::thread ending([&] {
    consumer.reset();
    ended.set_value();
  });
  const bool in_time = ended.get_future().wait_for(20s) == std::future_status::ready;
  if (!in_time) {
    ending.detach();
    FAIL() << "the reader never ends";
  }
  ending.join();
}

TEST_F(KafkaAdminTest, ReadersAndWritersOutliveAServerRestart) {
  Create("s_v1", 1);
  const TopicPartition of{"s_v1", 0};
  auto producer = client_->NewProducer().value();
  auto consumer = client_->NewConsumer().value();
  ASSERT_TRUE(consumer->Subscribe(of, Position::Earliest()).ok());
  ASSERT_TRUE(producer->Send(of, "before", "v", {}, {}).ok());
  ASSERT_TRUE(producer->Flush(10s).ok());

  const uint16_t port = server_.port();
  server_.Stop();
  ASSERT_TRUE(producer->Send(of, "while down", "v", {}, {}).ok());
  embedded::KafkaServer again({.data_dir = directory_ / "kafka", .port = port});
  const Status restarted = again.Start();
  ASSERT_TRUE(restarted.ok()) << restarted.error().ToString();
  const Status flushed = producer->Flush(20s);
  ASSERT_TRUE(flushed.ok()) << flushed.error().ToString();

  std::vector<std::string> keys;
  EXPECT_TRUE(WaitUntil(
      [&] {
        auto polled = consumer->Poll(100ms, 10);
        if (polled.ok()) {
          for (const RecordView& record : (*polled)->records()) keys.emplace_back(record.key);
        }
        return keys.size() >= 2;
      },
      20s));
  EXPECT_EQ(keys, (std::vector<std::string>{"before", "while down"}));
  consumer.reset();
  producer.reset();
}

}  // namespace
}  // namespace venice::pubsub::kafka
