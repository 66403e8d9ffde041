#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "pubsub/kafka/handle.h"

namespace venice::pubsub::kafka {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

const Settings& DefaultsOf(Role role) {
  static const Settings kAll = {
      {"client.id", "venice"},        {"socket.nagle.disable", "true"},     {"log.connection.close", "false"},
      {"reconnect.backoff.ms", "50"}, {"reconnect.backoff.max.ms", "1000"},
  };
  static const Settings kConsumer = [] {
    Settings settings = kAll;
    const Settings own = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "false"},
        {"allow.auto.create.topics", "false"},
        {"check.crcs", "true"},
        {"isolation.level", "read_uncommitted"},
        // A position that the log no longer holds is told, not skipped over: a reader must know of the hole.
        {"auto.offset.reset", "error"},
        {"fetch.wait.max.ms", "100"},
        {"fetch.error.backoff.ms", "100"},
        // Prefetched records of all partitions of one consumer.
        {"queued.max.messages.kbytes", "16384"},
        {"queued.min.messages", "100000"},
    };
    settings.insert(settings.end(), own.begin(), own.end());
    return settings;
  }();
  static const Settings kProducer = [] {
    Settings settings = kAll;
    const Settings own = {
        {"acks", "all"},
        {"enable.idempotence", "true"},
        {"linger.ms", "5"},
        {"batch.size", "1000000"},  // below the brokers' default limit of 1048588 for a batch
        {"batch.num.messages", "100000"},
        {"message.max.bytes", "4000000"},  // a start of push carries a dictionary
        {"queue.buffering.max.kbytes", "65536"},
        {"queue.buffering.max.messages", "500000"},
        {"delivery.timeout.ms", "300000"},
    };
    settings.insert(settings.end(), own.begin(), own.end());
    return settings;
  }();
  return role == Role::kProducer ? kProducer : role == Role::kConsumer ? kConsumer : kAll;
}

struct Renamed {
  std::string_view java;
  std::string_view ours;  // empty: means nothing here
};
constexpr Renamed kRenamed[] = {
    {"ssl.truststore.location", "ssl.ca.location"},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    {"send.buffer.bytes", "socket.send.buffer.bytes"},
    {"ssl.truststore.password", ""},
    {"ssl.truststore.type", ""},
    {"ssl.keystore.type", ""},
    {"ssl.keymanager.algorithm", ""},
    {"ssl.trustmanager.algorithm", ""},
    {"ssl.secure.random.implementation", ""},
    {"ssl.protocol", ""},
    {"max.block.ms", ""},
    {"max.poll.records", ""},
    {"key.serializer", ""},
    {"value.serializer", ""},
    {"key.deserializer", ""},
    {"value.deserializer", ""},
};

// The quoted value of `name` in a JAAS line: ... username="alice" password="secret";
std::optional<std::string> JaasOption(std::string_view line, std::string_view name) {
  const std::string start = fmt::format("{}=\"", name);
  const size_t at = line.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t from = at + start.size();
  const size_t to = line.find('"', from);
  if (to == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(from, to - from));
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(tolower(c)); });
  return text;
}

// One setting in librdkafka's words: none, one, or the two that a JAAS line becomes.
Result<Settings> Translate(const std::string& name, const std::string& value) {
  for (const Renamed& renamed : kRenamed) {
    if (name == renamed.java) return renamed.ours.empty() ? Settings{} : Settings{{std::string(renamed.ours), value}};
  }
  if (name == "buffer.memory") {
    uint64_t bytes = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (error != std::errc() || end != value.data() + value.size())
      return Error(ErrorCode::kInvalidConfig,
                   fmt::format("Kafka setting buffer.memory={} is not a number of bytes", value));
    return Settings{{"queue.buffering.max.kbytes", std::to_string(std::max<uint64_t>(bytes / 1024, 1))}};
  }
  if (name == "sasl.jaas.config") {
    const auto user = JaasOption(value, "username");
    const auto password = JaasOption(value, "password");
    if (!user || !password)
      return Error(ErrorCode::kInvalidConfig,
                   "Kafka setting sasl.jaas.config has no username=\"...\" password=\"...\"");
    return Settings{{"sasl.username", *user}, {"sasl.password", *password}};
  }
  if (name == "security.protocol") return Settings{{name, Lower(value)}};
  if (name == "ssl.endpoint.identification.algorithm") return Settings{{name, value.empty() ? "none" : Lower(value)}};
  return Settings{{name, value}};
}

Status Set(rd_kafka_conf_t* config, const std::string& name, const std::string& value, bool must_be_known) {
  char text[256];
  const rd_kafka_conf_res_t outcome = rd_kafka_conf_set(config, name.c_str(), value.c_str(), text, sizeof(text));
  if (outcome == RD_KAFKA_CONF_OK) return Ok();
  if (outcome == RD_KAFKA_CONF_UNKNOWN && !must_be_known) {
    LogDebug("kafka.setting_ignored", {{"name", name}});
    return Ok();
  }
  return Error(ErrorCode::kInvalidConfig, fmt::format("Kafka setting {}: {}", name, text));
}

}  // namespace

Result<ConfigHandle> MakeConfig(Role role, const std::string& bootstrap_servers,
                                const std::map<std::string, std::string>& settings) {
  constexpr std::string_view kVenicePrefix = "kafka.";
  ConfigHandle config(rd_kafka_conf_new());
  for (const auto& [name, value] : DefaultsOf(role)) VENICE_TRY(Set(config.get(), name, value, true));
  VENICE_TRY(Set(config.get(), "bootstrap.servers", bootstrap_servers, true));
  for (const auto& [full_name, value] : settings) {
    // Settings of Venice itself share the prefix ("kafka.replication.factor"), so behind it an unknown name is no
    // error.
    const bool prefixed = full_name.starts_with(kVenicePrefix);
    VENICE_ASSIGN(const Settings translated,
                  Translate(prefixed ? full_name.substr(kVenicePrefix.size()) : full_name, value));
    for (const auto& [name, text] : translated) VENICE_TRY(Set(config.get(), name, text, !prefixed));
  }
  return config;
}

}  // namespace venice::pubsub::kafka
