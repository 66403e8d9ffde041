// Records through the whole log path: writer, producer, embedded log, consumer, envelope decoder.
#include <benchmark/benchmark.h>

#include "base/file.h"
#include "embedded/kafka_server.h"
#include "protocol/envelope.h"
#include "pubsub/kafka/kafka_client.h"
#include "writer/version_topic_writer.h"

namespace venice {
namespace {

using namespace std::chrono_literals;
constexpr int kRecords = 1'000'000;
constexpr int kPartitions = 4;
const std::string kValue(200, 'v');

struct Log {
  TemporaryDirectory directory;
  embedded::KafkaServer server{{.data_dir = directory / "kafka"}};
  std::unique_ptr<pubsub::Client> client;

  Log() {
    VENICE_CHECK(server.Start().ok());
    client = pubsub::kafka::NewKafkaClient({.bootstrap_servers = server.address()}).value();
    VENICE_CHECK(client->NewAdmin().value()->CreateTopic("s_v1", {.partitions = kPartitions}).ok());
  }
  void Fill() {
    const auto producer = client->NewProducer().value();
    writer::VersionTopicWriter writer(*producer, "s_v1", kPartitions);
    for (int i = 0; i < kRecords; ++i) VENICE_CHECK(writer.Put(i % kPartitions, std::to_string(i), 1, kValue).ok());
    VENICE_CHECK(writer.Close().ok());
  }
};

void WriteVersionTopic(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto log = std::make_unique<Log>();
    state.ResumeTiming();
    log->Fill();
    state.PauseTiming();
    log.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(WriteVersionTopic)->Unit(benchmark::kMillisecond)->Iterations(2)->UseRealTime();

void ReadVersionTopic(benchmark::State& state) {
  Log log;
  log.Fill();
  for (auto _ : state) {
    const auto consumer = log.client->NewConsumer().value();
    for (int32_t partition = 0; partition < kPartitions; ++partition)
      VENICE_CHECK(consumer->Subscribe({"s_v1", partition}, pubsub::Position::Earliest()).ok());
    protocol::EnvelopeView view;
    for (int puts = 0; puts < kRecords;) {
      const auto batch = consumer->Poll(1s, 1000).value();
      for (const pubsub::RecordView& record : batch->records()) {
        VENICE_CHECK(protocol::DecodeEnvelope(record.value, view).ok());
        puts += view.type == protocol::MessageType::kPut ? 1 : 0;
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(ReadVersionTopic)->Unit(benchmark::kMillisecond)->Iterations(2)->UseRealTime();

}  // namespace
}  // namespace venice
