// How fast librdkafka writes to and reads from the embedded log: one producer, one consumer, 200-byte records.
//
//   kafka-throughput [records] [bootstrap]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "embedded/kafka_server.h"
#include "rdkafka_clients.h"

namespace {

using Timer = std::chrono::steady_clock;

double Seconds(Timer::time_point since) { return std::chrono::duration<double>(Timer::now() - since).count(); }

}  // namespace

int main(int argc, char** argv) {
  using namespace venice;
  const int64_t records = argc > 1 ? std::atoll(argv[1]) : 5'000'000;
  std::string bootstrap = argc > 2 ? argv[2] : "";
  const TemporaryDirectory folder;
  embedded::KafkaServerOptions options;
  options.data_dir = folder / "kafka";
  embedded::KafkaServer server(options);
  if (bootstrap.empty()) {
    if (const Status started = server.Start(); !started.ok()) {
      std::fprintf(stderr, "%s\n", started.error().message().c_str());
      return 1;
    }
    bootstrap = server.address();
  }
  kafka_cases::Admin admin(bootstrap);
  admin.Delete("throughput");
  if (admin.Create("throughput", 1) != RD_KAFKA_RESP_ERR_NO_ERROR) return 1;

  const std::string value(200, 'v');
  {
    kafka_cases::Handle producer = kafka_cases::NewHandle(RD_KAFKA_PRODUCER, bootstrap,
                                                          {{"linger.ms", "10"},
                                                           {"batch.size", "1000000"},
                                                           {"batch.num.messages", "10000"},
                                                           {"queue.buffering.max.messages", "500000"},
                                                           {"queue.buffering.max.kbytes", "1048576"}});
    rd_kafka_topic_t* topic = rd_kafka_topic_new(producer.rk, "throughput", nullptr);
    const auto start = Timer::now();
    for (int64_t i = 0; i < records;) {
      if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()), value.size(), nullptr, 0,
                           nullptr) == 0) {
        ++i;
      } else {
        rd_kafka_poll(producer.rk, 10);
      }
    }
    while (rd_kafka_flush(producer.rk, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    }
    const double took = Seconds(start);
    std::printf("produced %lld records of 200 bytes in %.2f s: %.0f records/s\n", static_cast<long long>(records), took,
                static_cast<double>(records) / took);
    rd_kafka_topic_destroy(topic);
  }

  kafka_cases::Handle consumer = kafka_cases::NewHandle(RD_KAFKA_CONSUMER, bootstrap,
                                                        {{"group.id", "g"},
                                                         {"fetch.message.max.bytes", "4000000"},
                                                         {"queued.min.messages", "1000000"},
                                                         {"queued.max.messages.kbytes", "500000"}});
  rd_kafka_topic_t* topic = rd_kafka_topic_new(consumer.rk, "throughput", nullptr);
  const auto start = Timer::now();
  rd_kafka_consume_start(topic, 0, 0);
  std::vector<rd_kafka_message_t*> messages(10'000);
  int64_t read = 0;
  while (read < records) {
    const ssize_t count = rd_kafka_consume_batch(topic, 0, 1000, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      if (messages[static_cast<size_t>(i)]->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++read;
      rd_kafka_message_destroy(messages[static_cast<size_t>(i)]);
    }
  }
  const double took = Seconds(start);
  rd_kafka_consume_stop(topic, 0);
  rd_kafka_topic_destroy(topic);
  std::printf("fetched %lld records in %.2f s: %.0f records/s\n", static_cast<long long>(read), took,
              static_cast<double>(read) / took);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("largest memory of this process, clients included: %ld MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
