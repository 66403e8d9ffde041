// The properties of a router, each bound to its field, bounds and form. Names: Venice's configuration keys.
#include <unistd.h>

#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "dispatch/retry_policy.h"
#include "router/router.h"

namespace venice::router {
namespace {

using Apply = std::function<Status(RouterSettings&, std::string_view key, const std::string& value)>;

Error Bad(std::string_view key, std::string_view value, std::string_view allowed) {
  return Error(ErrorCode::kInvalidConfig, fmt::format("{}={}: expected {}", key, value, allowed));
}

Result<int64_t> Number(std::string_view key, const std::string& value, int64_t min, int64_t max) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < min || number > max) {
    return Bad(key, value, fmt::format("a number from {} to {}", min, max));
  }
  return number;
}

Apply Text(std::string RouterSettings::*field) {
  return [field](RouterSettings& settings, std::string_view, const std::string& value) {
    settings.*field = value;
    return Ok();
  };
}

template <typename T>
Apply Integer(T RouterSettings::*field, int64_t min, int64_t max) {
  return [=](RouterSettings& settings, std::string_view key, const std::string& value) -> Status {
    VENICE_ASSIGN(const int64_t number, Number(key, value, min, max));
    settings.*field = static_cast<T>(number);
    return Ok();
  };
}

Apply Milliseconds(std::chrono::milliseconds RouterSettings::*field) {
  return [=](RouterSettings& settings, std::string_view key, const std::string& value) -> Status {
    VENICE_ASSIGN(const int64_t number, Number(key, value, 0, 1'000'000'000));
    settings.*field = std::chrono::milliseconds(number);
    return Ok();
  };
}

Apply Flag(bool RouterSettings::*field) {
  return [=](RouterSettings& settings, std::string_view key, const std::string& value) -> Status {
    if (value != "true" && value != "false") return Bad(key, value, "true or false");
    settings.*field = value == "true";
    return Ok();
  };
}

// "cluster0:service0,cluster1:service1"
Apply TextMap(std::map<std::string, std::string> RouterSettings::*field) {
  return [=](RouterSettings& settings, std::string_view key, const std::string& value) -> Status {
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const size_t colon = pair.find(':');
      if (colon == std::string_view::npos || colon == 0) return Bad(key, value, "cluster:service,cluster:service");
      (settings.*field)[std::string(pair.substr(0, colon))] = pair.substr(colon + 1);
    }
    return Ok();
  };
}

Status RetryRanges(RouterSettings& settings, std::string_view key, const std::string& value) {
  const auto parsed = dispatch::RetryThresholds::Parse(value);
  if (!parsed.ok()) return Bad(key, value, "ranges like 1-5:15,6-20:30,21-:50 (keys:milliseconds)");
  settings.multi_get_retry_after = value;
  return Ok();
}

struct Setting {
  std::string_view key;
  Apply apply;
};

const std::vector<Setting>& Settings() {
  using S = RouterSettings;
  static const std::vector<Setting> kSettings = {
      {"cluster.name", Text(&S::cluster)},
      {"zookeeper.address", Text(&S::zk_address)},
      {"kafka.bootstrap.servers", Text(&S::kafka_bootstrap_servers)},
      {"listener.hostname", Text(&S::host)},
      {"listener.bind.address", Text(&S::bind_host)},
      {"listener.port", Integer(&S::port, 0, 65535)},
      {"cluster.to.d2", TextMap(&S::cluster_to_d2)},
      {"cluster.to.server.d2", TextMap(&S::cluster_to_server_d2)},
      {"router.event.loops", Integer(&S::event_loops, 0, 256)},
      {"router.connection.limit", Integer(&S::connections_max, 1, 10'000'000)},
      {"router.max.key_count.in.multiget.req", Integer(&S::multi_get_keys_max, 1, 1'000'000)},
      {"router.client.decompression.enabled", Flag(&S::client_decompression)},
      {"router.socket.timeout", Milliseconds(&S::server_timeout)},
      {"router.max.outgoing.connection.per.route", Integer(&S::connections_per_server, 1, 10'000)},
      {"router.max.pending.request", Integer(&S::pending_requests_max, 1, 10'000'000)},
      {"heartbeat.cycle", Milliseconds(&S::heartbeat_cycle)},
      {"heartbeat.timeout", Milliseconds(&S::heartbeat_timeout)},
      {"router.long.tail.retry.for.single.get.threshold.ms", Milliseconds(&S::single_get_retry_after)},
      {"router.long.tail.retry.for.batch.get.threshold.ms", RetryRanges},
      {"zookeeper.session.timeout.ms", Milliseconds(&S::zk_session_timeout)},
  };
  return kSettings;
}

}  // namespace

Result<RouterSettings> SettingsFromProperties(const std::map<std::string, std::string>& properties) {
  RouterSettings settings;
  // As Venice: the name that others reach this machine by, and every address of it.
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') {
    settings.host = name;
    settings.bind_host = "0.0.0.0";
  }
  for (const Setting& setting : Settings()) {
    const auto found = properties.find(std::string(setting.key));
    if (found != properties.end()) VENICE_TRY(setting.apply(settings, setting.key, found->second));
  }
  if (properties.contains("listener.hostname") && !properties.contains("listener.bind.address"))
    settings.bind_host.clear();
  for (const auto& [key, value] :
       {std::pair("cluster.name", &settings.cluster), std::pair("zookeeper.address", &settings.zk_address)}) {
    if (value->empty()) return Error(ErrorCode::kInvalidConfig, fmt::format("{} is required and not set", key));
  }
  if (!properties.contains("listener.port")) {
    return Error(ErrorCode::kInvalidConfig, "listener.port is required and not set; 7777 is usual");
  }
  if (settings.heartbeat_cycle.count() < 1 || settings.server_timeout.count() < 1) {
    return Error(ErrorCode::kInvalidConfig, "heartbeat.cycle and router.socket.timeout are at least 1 millisecond");
  }
  return settings;
}

}  // namespace venice::router
