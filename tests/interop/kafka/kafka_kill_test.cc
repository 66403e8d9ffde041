// What the log promises across kill -9, and what its test hook shows to consumers.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/wait.h"
#include "embedded/kafka_server.h"
#include "rdkafka_clients.h"

namespace venice::kafka_cases {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The server as a process of its own.
class ServerProcess {
 public:
  explicit ServerProcess(std::string folder) : folder_(std::move(folder)) {}
  ~ServerProcess() { Kill(); }

  void Start(std::vector<std::string> more = {}) {
    const std::string port_file = folder_ + ".port";
    ::unlink(port_file.c_str());
    std::vector<std::string> arguments = {EMBEDDED_KAFKA,
                                          "--data-dir",
                                          folder_,
                                          "--port-file",
                                          port_file,
                                          "--port",
                                          port_.empty() ? "0" : port_,
                                          "--topic-default",
                                          "segment.bytes=1000000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ASSERT_TRUE(WaitUntil([&] { return ReadFile(port_file).value_or("").size() > 0; }, seconds(20)));
    port_ = *ReadFile(port_file);
  }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::string address() const { return "127.0.0.1:" + port_; }

 private:
  std::string folder_;
  std::string port_;
  pid_t pid_ = -1;
};

class KafkaKill : public testing::TestWithParam<const char*> {};

TEST_P(KafkaKill, AcknowledgedRecordsAreThereOnceInOrderAndWhole) {
  const TemporaryDirectory folder;
  ServerProcess server(folder / "kafka");
  std::vector<std::string> flags;
  if (*GetParam() != '\0') flags.push_back(GetParam());
  server.Start(flags);
  constexpr int kPartitions = 2;
  ASSERT_EQ(Admin(server.address()).Create("t", kPartitions), RD_KAFKA_RESP_ERR_NO_ERROR);
  Producer producer(server.address(), {{"enable.idempotence", "true"},
                                       {"linger.ms", "1"},
                                       {"batch.num.messages", "200"},
                                       {"compression.codec", "lz4"},
                                       {"reconnect.backoff.ms", "10"},
                                       {"reconnect.backoff.max.ms", "100"},
                                       {"retry.backoff.ms", "20"},
                                       {"message.timeout.ms", "120000"},
                                       {"log_level", "0"}});
  producer.keep_values = true;
  std::mt19937 random(static_cast<unsigned>(::getpid()));
  int sent = 0;
  for (int kill = 0; kill < 6; ++kill) {
    const auto until = std::chrono::steady_clock::now() + milliseconds(100 + random() % 400);
    while (std::chrono::steady_clock::now() < until) {
      for (int i = 0; i < 100; ++i, ++sent) {
        producer.Send("t", sent % kPartitions, std::nullopt, std::to_string(sent) + ":" + std::string(100, 'x'));
      }
      producer.Poll();
      std::this_thread::sleep_for(milliseconds(1));
    }
    server.Kill();
    server.Start(flags);
  }
  ASSERT_TRUE(producer.Flush(seconds(60)));
  ASSERT_EQ(producer.deliveries.size(), static_cast<size_t>(sent));
  for (const auto& delivery : producer.deliveries) ASSERT_EQ(delivery.error, 0) << rd_kafka_err2str(delivery.error);
  server.Kill();
  server.Start(flags);
  for (int partition = 0; partition < kPartitions; ++partition) {
    Consumer consumer(server.address(), {{"check.crcs", "true"}});
    consumer.Assign("t", partition, RD_KAFKA_OFFSET_BEGINNING);
    const std::vector<Message> read = consumer.Read(10'000'000, seconds(60), true);
    ASSERT_EQ(read.size(), static_cast<size_t>(sent / kPartitions));
    for (size_t i = 0; i < read.size(); ++i) {
      ASSERT_EQ(read[i].offset, static_cast<int64_t>(i));
      ASSERT_EQ(*read[i].value,
                std::to_string(i * kPartitions + static_cast<size_t>(partition)) + ":" + std::string(100, 'x'));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sync, KafkaKill, testing::Values("", "--sync-before-ack"),
                         [](const auto& info) { return info.index == 0 ? "OperatingSystem" : "BeforeAck"; });

TEST(KafkaKillGroups, CommittedOffsetsAndTopicsSurvive) {
  const TemporaryDirectory folder;
  ServerProcess server(folder / "kafka");
  server.Start();
  ASSERT_EQ(Admin(server.address()).Create("t", 1, {{"retention.ms", "123456"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
  Producer producer(server.address(), {{"log_level", "0"}});
  for (int i = 0; i < 100; ++i) producer.Send("t", 0, "k", std::to_string(i));
  ASSERT_TRUE(producer.Flush());
  {
    Consumer consumer(server.address(), {{"group.id", "g"}});
    consumer.Subscribe({"t"});
    ASSERT_EQ(consumer.Read(60).size(), 60u);
    ASSERT_EQ(consumer.Commit(), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  server.Kill();
  server.Start();
  EXPECT_EQ(Admin(server.address()).Describe("t")["retention.ms"], "123456");
  Consumer consumer(server.address(), {{"group.id", "g"}});
  consumer.Subscribe({"t"});
  const auto read = consumer.Read(40);
  ASSERT_EQ(read.size(), 40u);
  EXPECT_EQ(*read.front().value, "60");
}

TEST(KafkaTamper, DroppedDoubledAndAlteredRecordsLookPlausible) {
  const TemporaryDirectory folder;
  embedded::KafkaServerOptions options;
  options.data_dir = folder / "kafka";
  options.tamper_for_test = [](std::string_view topic, int32_t, std::vector<embedded::LogRecord>& records) {
    for (size_t i = 0; i < records.size(); ++i) {
      if (records[i].value != "7") continue;
      if (topic == "drop") records.erase(records.begin() + static_cast<ptrdiff_t>(i));
      if (topic == "double") records.insert(records.begin() + static_cast<ptrdiff_t>(i), records[i]);
      if (topic == "alter") records[i].value = "seven";
      return;
    }
  };
  embedded::KafkaServer server(options);
  ASSERT_TRUE(server.Start().ok());
  for (const std::string topic : {"drop", "double", "alter"}) {
    ASSERT_EQ(Admin(server.address()).Create(topic, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (const char* batch : {"1", "5"}) {
      Producer producer(server.address(),
                        {{"enable.idempotence", "true"}, {"linger.ms", "20"}, {"compression.codec", "zstd"}});
      producer.Send(topic, 0, "k", batch);
      if (*batch == '5') {
        for (const char* value : {"6", "7", "8"}) producer.Send(topic, 0, "k", value);
      }
      ASSERT_TRUE(producer.Flush());
      for (const auto& delivery : producer.deliveries) ASSERT_EQ(delivery.error, 0);
    }
    Consumer consumer(server.address(), {{"check.crcs", "true"}});
    consumer.Assign(topic, 0, 0);
    std::string values;
    for (const Message& message : consumer.Read(100, seconds(10), true)) values += *message.value + " ";
    EXPECT_EQ(values, topic == "drop" ? "1 5 6 8 " : topic == "double" ? "1 5 6 7 7 8 " : "1 5 6 seven 8 ");
  }
}

}  // namespace
}  // namespace venice::kafka_cases
