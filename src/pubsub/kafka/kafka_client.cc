#include "pubsub/kafka/kafka_client.h"

#include <fmt/format.h>

#include "pubsub/kafka/admin.h"
#include "pubsub/kafka/consumer.h"
#include "pubsub/kafka/handle.h"
#include "pubsub/kafka/producer.h"

namespace venice::pubsub::kafka {
namespace {

constexpr size_t kVarintBytesMax = 10;

class KafkaClient : public Client {
 public:
  explicit KafkaClient(KafkaOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Admin>> NewAdmin() override {
    VENICE_ASSIGN(ConfigHandle config, Configure(Role::kAdmin, {}));
    VENICE_ASSIGN(ClientHandle client, MakeClient(Role::kAdmin, std::move(config)));
    return std::unique_ptr<Admin>(std::make_unique<KafkaAdmin>(std::move(client)));
  }
  Result<std::unique_ptr<Producer>> NewProducer(const std::map<std::string, std::string>& overrides) override {
    VENICE_ASSIGN(ConfigHandle config, Configure(Role::kProducer, overrides));
    VENICE_ASSIGN(auto producer, KafkaProducer::Make(std::move(config)));
    return std::unique_ptr<Producer>(std::move(producer));
  }
  Result<std::unique_ptr<Consumer>> NewConsumer(const std::map<std::string, std::string>& overrides) override {
    VENICE_ASSIGN(ConfigHandle config, Configure(Role::kConsumer, overrides));
    VENICE_ASSIGN(auto consumer, KafkaConsumer::Make(std::move(config)));
    return std::unique_ptr<Consumer>(std::move(consumer));
  }

  Result<ConfigHandle> Configure(Role role, const std::map<std::string, std::string>& overrides) const {
    std::map<std::string, std::string> settings = options_.config;
    for (const auto& [name, value] : overrides) settings.insert_or_assign(name, value);
    return MakeConfig(role, options_.bootstrap_servers, settings);
  }

 private:
  const KafkaOptions options_;
};

}  // namespace

Result<std::unique_ptr<Client>> NewKafkaClient(const KafkaOptions& options) {
  if (options.bootstrap_servers.empty())
    return Error(ErrorCode::kInvalidConfig,
                 "no Kafka address: set kafka.bootstrap.servers to host:port[,host:port...]");
  auto client = std::make_unique<KafkaClient>(options);
  VENICE_TRY(client->Configure(Role::kAdmin, {}));  // a wrong setting shows here, not at the first use
  return std::unique_ptr<Client>(std::move(client));
}

// The bytes of a position are the offset as an Avro long (zigzag varint): what Venice's position wire form holds for
// Kafka, so that it wraps them unchanged.
Position PositionFromOffset(int64_t offset) {
  uint64_t zigzag = (static_cast<uint64_t>(offset) << 1) ^ static_cast<uint64_t>(offset >> 63);
  std::string bytes;
  while (zigzag >= 0x80) {
    bytes.push_back(static_cast<char>(zigzag | 0x80));
    zigzag >>= 7;
  }
  bytes.push_back(static_cast<char>(zigzag));
  return Position::At(std::move(bytes));
}

Result<int64_t> OffsetFromPosition(const Position& position) {
  if (position.kind() != Position::Kind::kAt)
    return Error(ErrorCode::kInvalidArgument, "earliest and latest are not Kafka offsets");
  const std::string& bytes = position.bytes();
  uint64_t zigzag = 0;
  size_t at = 0;
  bool complete = false;
  for (; at < bytes.size() && at < kVarintBytesMax && !complete; ++at) {
    const auto byte = static_cast<uint8_t>(bytes[at]);
    if (at == kVarintBytesMax - 1 && byte > 1) break;
    zigzag |= static_cast<uint64_t>(byte & 0x7f) << (7 * at);
    complete = byte < 0x80;
  }
  const int64_t offset = static_cast<int64_t>(zigzag >> 1) ^ -static_cast<int64_t>(zigzag & 1);
  if (!complete || at != bytes.size() || offset < 0)
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} bytes are not a Kafka offset", bytes.size()));
  return offset;
}

}  // namespace venice::pubsub::kafka
