#include <unistd.h>

#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "server/server.h"

namespace venice::server {

namespace {

Error Bad(std::string_view key, std::string_view value, std::string_view allowed) {
  return Error(ErrorCode::kInvalidConfig, fmt::format("{}={}: expected {}", key, value, allowed));
}

Result<int64_t> Number(std::string_view key, const std::string& value, int64_t min, int64_t max) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < min || number > max)
    return Bad(key, value, fmt::format("a number from {} to {}", min, max));
  return number;
}

using Apply = std::function<Status(ServerSettings&, std::string_view key, const std::string& value)>;

Apply Text(std::string ServerSettings::*field) {
  return [field](ServerSettings& settings, std::string_view, const std::string& value) {
    settings.*field = value;
    return Ok();
  };
}

template <typename T>
Apply Integer(T ServerSettings::*field, int64_t min, int64_t max) {
  return [=](ServerSettings& settings, std::string_view key, const std::string& value) -> Status {
    VENICE_ASSIGN(const int64_t number, Number(key, value, min, max));
    settings.*field = static_cast<T>(number);
    return Ok();
  };
}

Apply Bytes(ByteSize ServerSettings::*field, ByteSize min, ByteSize max) {
  return [=](ServerSettings& settings, std::string_view key, const std::string& value) -> Status {
    const Result<ByteSize> size = ByteSize::Parse(value);
    if (!size.ok() || *size < min || *size > max)
      return Bad(key, value, fmt::format("a size from {} to {}", min.ToString(), max.ToString()));
    settings.*field = *size;
    return Ok();
  };
}

Apply Duration(std::chrono::milliseconds ServerSettings::*field, int64_t unit_ms) {
  return [=](ServerSettings& settings, std::string_view key, const std::string& value) -> Status {
    VENICE_ASSIGN(const int64_t number, Number(key, value, 0, 1'000'000'000));
    settings.*field = std::chrono::milliseconds(number * unit_ms);
    return Ok();
  };
}

Apply Flag(bool ServerSettings::*field) {
  return [=](ServerSettings& settings, std::string_view key, const std::string& value) -> Status {
    if (value != "true" && value != "false") return Bad(key, value, "true or false");
    settings.*field = value == "true";
    return Ok();
  };
}

struct Setting {
  std::string_view key;
  Apply apply;
};

const std::vector<Setting>& Settings() {
  using S = ServerSettings;
  static const std::vector<Setting> kSettings = {
      {"cluster.name", Text(&S::cluster)},
      {"zookeeper.address", Text(&S::zk_address)},
      {"kafka.bootstrap.servers", Text(&S::kafka_bootstrap_servers)},
      {"data.base.path", Text(&S::data_dir)},
      {"listener.hostname", Text(&S::host)},
      {"listener.bind.address", Text(&S::bind_host)},
      {"listener.port", Integer(&S::port, 0, 65535)},
      {"server.netty.worker.threads", Integer(&S::event_loops, 0, 256)},
      {"server.rest.service.storage.thread.num", Integer(&S::read_threads, 1, 256)},
      {"server.ingestion.threads", Integer(&S::ingestion_threads, 0, 256)},
      {"max.leader.follower.state.transition.thread.number", Integer(&S::transition_threads, 1, 1000)},
      {"rocksdb.block.cache.size.in.bytes", Bytes(&S::block_cache_bytes, 8_MiB, 16384_GiB)},
      {"rocksdb.total.memtable.usage.cap.in.bytes", Bytes(&S::write_buffer_bytes, 8_MiB, 16384_GiB)},
      {"server.ingestion.buffer.bytes", Bytes(&S::ingestion_buffer_bytes, 4_MiB, 1024_GiB)},
      {"server.database.sync.bytes.interval.for.deferred.write.mode", Bytes(&S::checkpoint_bytes, 1_MiB, 1_GiB)},
      {"server.max.request.size", Bytes(&S::request_bytes_max, 1_KiB, 256_MiB)},
      {"server.partition.graceful.drop.time.in.seconds", Duration(&S::graceful_drop_delay, 1000)},
      {"server.ingestion.tolerate.replayed.records", Flag(&S::tolerate_replayed_records)},
      {"zookeeper.session.timeout.ms", Duration(&S::zk_session_timeout, 1)},
  };
  return kSettings;
}

bool IsKafkaSecurity(std::string_view key) {
  return key == "security.protocol" || key.starts_with("ssl.") || key.starts_with("sasl.");
}

}  // namespace

Result<ServerSettings> SettingsFromProperties(const std::map<std::string, std::string>& properties) {
  ServerSettings settings;
  // As Venice: the name that others reach this machine by, and every address of it.
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') {
    settings.host = name;
    settings.bind_host = "0.0.0.0";
  }
  for (const Setting& setting : Settings())
    if (const auto found = properties.find(std::string(setting.key)); found != properties.end())
      VENICE_TRY(setting.apply(settings, setting.key, found->second));
  if (properties.contains("listener.hostname") && !properties.contains("listener.bind.address"))
    settings.bind_host.clear();
  for (const auto& [key, value] : properties)
    if (IsKafkaSecurity(key)) settings.kafka_config[key] = value;
  return settings;
}

}  // namespace venice::server
