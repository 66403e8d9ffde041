// What a Kafka log must do, asked through librdkafka. Against the embedded server; with KAFKA_BOOTSTRAP set, against
// whatever broker is there.
#include <cstdlib>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/kafka_server.h"
#include "rdkafka_clients.h"

namespace venice::kafka_cases {
namespace {

using std::chrono::seconds;

class KafkaCases : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (const char* given = std::getenv("KAFKA_BOOTSTRAP"); given != nullptr) {
      bootstrap_ = given;
      return;
    }
    folder_ = std::make_unique<TemporaryDirectory>();
    embedded::KafkaServerOptions options;
    options.data_dir = *folder_ / "kafka";
    options.maintenance_interval = std::chrono::milliseconds(50);
    server_ = std::make_unique<embedded::KafkaServer>(options);
    ASSERT_TRUE(server_->Start().ok());
    bootstrap_ = server_->address();
  }
  static void TearDownTestSuite() {
    server_.reset();
    folder_.reset();
  }

  // A topic of its own for each test.
  std::string Topic(int partitions = 1, Config settings = {}) {
    const std::string name = NewName();
    settings.emplace("retention.ms", "-1");  // the records of these tests are from 1970
    EXPECT_EQ(admin_.Create(name, partitions, settings), RD_KAFKA_RESP_ERR_NO_ERROR) << admin_.error_text;
    EXPECT_TRUE(WaitUntil([&] { return admin_.Partitions(name) == partitions; }, seconds(10)));
    return name;
  }
  static std::string NewName() {
    static int count = 0;
    return "case-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  }
  std::vector<Message> ReadAll(const std::string& topic, int32_t partition = 0,
                               int64_t from = RD_KAFKA_OFFSET_BEGINNING) {
    Consumer consumer(bootstrap_);
    consumer.Assign(topic, partition, from);
    return consumer.Read(1'000'000, seconds(20), true);
  }
  void Fill(const std::string& topic, int count, const std::string& prefix = "v", Config config = {}) {
    Producer producer(bootstrap_, std::move(config));
    for (int i = 0; i < count; ++i)
      producer.Send(topic, 0, "k" + std::to_string(i), prefix + std::to_string(i), 1000 + i);
    ASSERT_TRUE(producer.Flush());
    for (const auto& delivery : producer.deliveries) ASSERT_EQ(delivery.error, 0) << rd_kafka_err2str(delivery.error);
  }

  static std::string bootstrap_;
  static std::unique_ptr<TemporaryDirectory> folder_;
  static std::unique_ptr<embedded::KafkaServer> server_;
  Admin admin_{bootstrap_};
};

std::string KafkaCases::bootstrap_;
std::unique_ptr<TemporaryDirectory> KafkaCases::folder_;
std::unique_ptr<embedded::KafkaServer> KafkaCases::server_;

TEST_F(KafkaCases, TopicsAreCreatedListedGrownAndDeleted) {
  const std::string topic = Topic(3);
  EXPECT_EQ(admin_.Create(topic, 3), RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
  EXPECT_EQ(admin_.Create("bad/name", 1), RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION);
  EXPECT_EQ(admin_.Create(NewName(), 1, {{"retention.ms", "many"}}), RD_KAFKA_RESP_ERR_INVALID_CONFIG);
  EXPECT_EQ(admin_.Create(NewName(), 1, {{"no.such.setting", "1"}}), RD_KAFKA_RESP_ERR_INVALID_CONFIG);
  EXPECT_EQ(admin_.Grow(topic, 5), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(WaitUntil([&] { return admin_.Partitions(topic) == 5; }, seconds(10)));
  EXPECT_EQ(admin_.Grow(topic, 2), RD_KAFKA_RESP_ERR_INVALID_PARTITIONS);
  EXPECT_EQ(admin_.Delete(topic), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(WaitUntil([&] { return !admin_.Partitions(topic).has_value(); }, seconds(10)));
  EXPECT_EQ(admin_.Delete(topic), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

TEST_F(KafkaCases, SettingsAreShownAndChanged) {
  const std::string topic = Topic(1, {{"retention.ms", "1234567"}, {"cleanup.policy", "compact"}});
  Config config = admin_.Describe(topic);
  EXPECT_EQ(config["retention.ms"], "1234567");
  EXPECT_EQ(config["cleanup.policy"], "compact");
  EXPECT_EQ(config["min.insync.replicas"], "1");
  EXPECT_EQ(admin_.SetConfig(topic, {{"retention.ms", "7654321"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(WaitUntil([&] { return admin_.Describe(topic)["retention.ms"] == "7654321"; }, seconds(10)));
  EXPECT_EQ(admin_.Describe(topic)["cleanup.policy"], "delete");  // this request replaces everything
  EXPECT_EQ(admin_.SetConfig(topic, {{"retention.ms", "x"}}), RD_KAFKA_RESP_ERR_INVALID_CONFIG);
}

TEST_F(KafkaCases, RecordsComeBackAsTheyWereSent) {
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const std::string topic = Topic();
    Producer producer(bootstrap_, {{"compression.codec", codec}, {"linger.ms", "20"}});
    for (int i = 0; i < 500; ++i) {
      const auto n = std::to_string(i);
      producer.Send(topic, 0, i % 7 == 0 ? std::nullopt : std::optional("key" + n),
                    i % 11 == 0 ? std::nullopt : std::optional(std::string(static_cast<size_t>(i), 'x') + n), 5000 + i,
                    i % 3 == 0 ? std::vector<std::pair<std::string, std::string>>{{"h1", n}, {"h1", ""}}
                               : std::vector<std::pair<std::string, std::string>>{});
    }
    ASSERT_TRUE(producer.Flush());
    const std::vector<Message> read = ReadAll(topic);
    ASSERT_EQ(read.size(), 500u) << codec;
    for (int i = 0; i < 500; ++i) {
      const auto n = std::to_string(i);
      const Message& message = read[static_cast<size_t>(i)];
      ASSERT_EQ(message.offset, i);
      ASSERT_EQ(message.timestamp_ms, 5000 + i);
      ASSERT_EQ(message.key.has_value(), i % 7 != 0);
      ASSERT_EQ(message.value.has_value(), i % 11 != 0);
      if (i % 11 != 0) {
        ASSERT_EQ(*message.value, std::string(static_cast<size_t>(i), 'x') + n);
      }
      ASSERT_EQ(message.headers.size(), i % 3 == 0 ? 2u : 0u);
    }
    // From the middle of a batch.
    const std::vector<Message> rest = ReadAll(topic, 0, 321);
    ASSERT_EQ(rest.size(), 179u);
    ASSERT_EQ(rest.front().offset, 321) << codec;
  }
}

TEST_F(KafkaCases, IdempotentProducersWriteEachRecordOnce) {
  const std::string topic = Topic();
  Fill(topic, 20'000, "v", {{"enable.idempotence", "true"}, {"linger.ms", "1"}, {"batch.num.messages", "100"}});
  const std::vector<Message> read = ReadAll(topic);
  ASSERT_EQ(read.size(), 20'000u);
  for (size_t i = 0; i < read.size(); ++i) ASSERT_EQ(*read[i].value, "v" + std::to_string(i));
}

TEST_F(KafkaCases, OffsetsAreFoundByPlaceAndTime) {
  const std::string topic = Topic();
  // A broker may need a moment until a new partition answers.
  EXPECT_TRUE(WaitUntil([&] { return admin_.Watermarks(topic, 0) == std::pair<int64_t, int64_t>(0, 0); }, seconds(10)));
  Fill(topic, 3000, "v", {{"batch.num.messages", "37"}});
  EXPECT_EQ(admin_.Watermarks(topic, 0), (std::pair<int64_t, int64_t>(0, 3000)));
  EXPECT_EQ(admin_.OffsetAt(topic, 0, 0), 0);
  EXPECT_EQ(admin_.OffsetAt(topic, 0, 1000 + 1234), 1234);
  EXPECT_EQ(admin_.OffsetAt(topic, 0, 1000 + 2999), 2999);
  EXPECT_EQ(admin_.OffsetAt(topic, 0, 1000 + 3000), RD_KAFKA_OFFSET_END);
}

TEST_F(KafkaCases, RecordsAreDeletedUpToAnOffset) {
  const std::string topic = Topic();
  Fill(topic, 100);
  EXPECT_EQ(admin_.DeleteRecords(topic, 0, 40), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(admin_.Watermarks(topic, 0), (std::pair<int64_t, int64_t>(40, 100)));
  const std::vector<Message> read = ReadAll(topic);
  ASSERT_EQ(read.size(), 60u);
  EXPECT_EQ(read.front().offset, 40);
  EXPECT_EQ(admin_.DeleteRecords(topic, 0, 101), RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
}

TEST_F(KafkaCases, OffsetsOutOfRangeAreReset) {
  const std::string topic = Topic();
  Fill(topic, 10);
  Consumer consumer(bootstrap_);
  consumer.Assign(topic, 0, 5000);
  EXPECT_EQ(consumer.Read(10).size(), 10u);  // auto.offset.reset=earliest
}

TEST_F(KafkaCases, TooLargeRecordsAreRefused) {
  const std::string topic = Topic(1, {{"max.message.bytes", "10000"}});
  Producer producer(bootstrap_);
  producer.Send(topic, 0, "k", std::string(20'000, 'x'));
  producer.Send(topic, 0, "k", "small");
  ASSERT_TRUE(producer.Flush());
  std::multiset<int> errors;
  for (const auto& delivery : producer.deliveries) errors.insert(delivery.error);
  EXPECT_TRUE(errors.contains(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
}

TEST_F(KafkaCases, ALongPollEndsWhenARecordComes) {
  const std::string topic = Topic();
  Consumer consumer(bootstrap_, {{"fetch.wait.max.ms", "10000"}});
  consumer.Assign(topic, 0, 0);
  EXPECT_EQ(consumer.Read(1, std::chrono::milliseconds(500)).size(), 0u);
  const auto start = std::chrono::steady_clock::now();
  Fill(topic, 1);
  EXPECT_EQ(consumer.Read(1).size(), 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST_F(KafkaCases, GroupsShareWorkAndRememberOffsets) {
  const std::string topic = Topic(4);
  const std::string group = NewName();
  Producer producer(bootstrap_);
  for (int i = 0; i < 400; ++i) producer.Send(topic, i % 4, "k", std::to_string(i));
  ASSERT_TRUE(producer.Flush());
  {
    Consumer one(bootstrap_, {{"group.id", group}});
    Consumer two(bootstrap_, {{"group.id", group}});
    one.Subscribe({topic});
    two.Subscribe({topic});
    std::set<std::string> seen;
    const bool shared = WaitUntil(
        [&] {
          for (Consumer* consumer : {&one, &two}) {
            for (const Message& message : consumer->Read(1000, std::chrono::milliseconds(50)))
              seen.insert(*message.value);
          }
          return seen.size() == 400 && one.Assignment().size() == 2 && two.Assignment().size() == 2;
        },
        seconds(30));
    EXPECT_TRUE(shared) << seen.size() << " " << one.Assignment().size() << " " << two.Assignment().size();
    EXPECT_EQ(one.Commit(), RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(two.Commit(), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  for (int i = 400; i < 440; ++i) producer.Send(topic, i % 4, "k", std::to_string(i));
  ASSERT_TRUE(producer.Flush());
  Consumer three(bootstrap_, {{"group.id", group}});
  three.Subscribe({topic});
  std::set<std::string> seen;
  EXPECT_TRUE(WaitUntil(
      [&] {
        for (const Message& message : three.Read(1000, std::chrono::milliseconds(50))) seen.insert(*message.value);
        return seen.size() >= 40;
      },
      seconds(30)));
  // What both had read and committed is not read again.
  EXPECT_TRUE(seen.contains("439"));
  EXPECT_EQ(seen.size(), 40u);
}

TEST_F(KafkaCases, LoweredRetentionRemovesRecordsSoon) {
  const std::string topic = Topic(1, {{"retention.ms", "-1"}});
  Fill(topic, 100);
  EXPECT_EQ(admin_.Watermarks(topic, 0).first, 0);
  EXPECT_EQ(admin_.SetConfig(topic, {{"retention.ms", "1000"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(WaitUntil([&] { return admin_.Watermarks(topic, 0).first == 100; }, seconds(30)));
  EXPECT_EQ(ReadAll(topic).size(), 0u);
}

TEST_F(KafkaCases, CompactionKeepsTheLastRecordOfEachKey) {
  const std::string topic = Topic(1, {{"cleanup.policy", "compact"},
                                      {"segment.ms", "200"},
                                      {"min.cleanable.dirty.ratio", "0.001"},
                                      {"delete.retention.ms", "100"}});
  Producer producer(bootstrap_, {{"compression.codec", "lz4"}});
  std::vector<Message> read;
  int round = 0;
  const bool compacted = WaitUntil(
      [&] {
        // New records again and again: a segment is sealed when one comes after its time.
        ++round;
        for (int i = 0; i < 50; ++i) producer.Send(topic, 0, "k" + std::to_string(i), std::to_string(round));
        EXPECT_TRUE(producer.Flush());
        read = ReadAll(topic);
        return static_cast<int>(read.size()) < round * 50 - 100;
      },
      seconds(40), std::chrono::milliseconds(150));
  EXPECT_TRUE(compacted) << read.size() << " of " << round * 50;
  std::map<std::string, std::string> last;
  int64_t previous = -1;
  for (const Message& message : read) {
    ASSERT_GT(message.offset, previous);
    previous = message.offset;
    last[*message.key] = *message.value;
  }
  EXPECT_EQ(last.size(), 50u);
  for (const auto& [key, value] : last) EXPECT_EQ(value, std::to_string(round)) << key;
}

TEST_F(KafkaCases, UnknownTopicsAreSaidToBeUnknown) {
  Producer producer(bootstrap_, {{"message.timeout.ms", "3000"}, {"topic.metadata.propagation.max.ms", "500"}});
  producer.Send(NewName() + "-none", 0, "k", "v");
  producer.Flush();
  ASSERT_EQ(producer.deliveries.size(), 1u);
  EXPECT_TRUE(producer.deliveries[0].error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
              producer.deliveries[0].error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
              producer.deliveries[0].error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
      << rd_kafka_err2name(producer.deliveries[0].error);
}

}  // namespace
}  // namespace venice::kafka_cases
