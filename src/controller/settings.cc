#include "controller/settings.h"

#include <charconv>
#include <functional>
#include <variant>

#include "base/byte_size.h"

namespace venice::controller {

namespace {

using S = ControllerSettings;

Result<int64_t> ParseInteger(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error(ErrorCode::kInvalidArgument, "'" + text + "' is not a whole number");
  return value;
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find(',', start), text.size());
    std::string part = text.substr(start, end - start);
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
    if (!part.empty()) parts.push_back(std::move(part));
    start = end + 1;
  }
  return parts;
}

using Apply = std::function<Status(S&, const std::string&)>;

struct Row {
  SettingInfo info;
  Apply apply;
};

Apply Text(std::string S::*field) {
  return [field](S& s, const std::string& text) -> Status {
    s.*field = text;
    return Ok();
  };
}

template <typename Number>
Apply Integer(Number S::*field, int64_t low, int64_t high) {
  return [field, low, high](S& s, const std::string& text) -> Status {
    VENICE_ASSIGN(const int64_t value, ParseInteger(text));
    if (value < low || value > high)
      return Error(ErrorCode::kInvalidArgument,
                   text + " is outside of " + std::to_string(low) + " to " + std::to_string(high));
    s.*field = static_cast<Number>(value);
    return Ok();
  };
}

template <typename Duration>
Apply Time(Duration S::*field, int64_t factor = 1) {
  return [field, factor](S& s, const std::string& text) -> Status {
    VENICE_ASSIGN(const int64_t value, ParseInteger(text));
    if (value < 0 || value > 1'000'000'000'000) return Error(ErrorCode::kInvalidArgument, text + " is out of range");
    s.*field = Duration(value * factor);
    return Ok();
  };
}

Apply Bytes(int64_t S::*field) {
  return [field](S& s, const std::string& text) -> Status {
    VENICE_ASSIGN(const ByteSize size, ByteSize::Parse(text));
    if (size.bytes() == 0 || size.bytes() > INT64_MAX / 2)
      return Error(ErrorCode::kInvalidArgument, text + " is out of range");
    s.*field = static_cast<int64_t>(size.bytes());
    return Ok();
  };
}

Apply Flag(bool S::*field) {
  return [field](S& s, const std::string& text) -> Status {
    if (text != "true" && text != "false") return Error(ErrorCode::kInvalidArgument, "must be true or false");
    s.*field = text == "true";
    return Ok();
  };
}

// "cluster:service,cluster:service"
Apply Pairs(std::map<std::string, std::string> S::*field) {
  return [field](S& s, const std::string& text) -> Status {
    std::map<std::string, std::string> pairs;
    for (const std::string& part : SplitList(text)) {
      const size_t colon = part.find(':');
      if (colon == std::string::npos || colon == 0)
        return Error(ErrorCode::kInvalidArgument, "'" + part + "' is not cluster:service");
      pairs[part.substr(0, colon)] = part.substr(colon + 1);
    }
    s.*field = std::move(pairs);
    return Ok();
  };
}

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows{
      {{"cluster.name", "Clusters this controller serves, comma-separated."},
       [](S& s, const std::string& text) -> Status {
         s.clusters = SplitList(text);
         return Ok();
       }},
      {{"zookeeper.address", "ZooKeeper servers, host:port, comma-separated."}, Text(&S::zk_address)},
      {{"kafka.bootstrap.servers", "Kafka brokers, host:port, comma-separated."}, Text(&S::kafka_bootstrap_servers)},
      {{"local.region.name", "Region of this controller."}, Text(&S::region)},
      {{"cluster.to.d2", "Discovery name of each cluster's routers, cluster:service, comma-separated."},
       Pairs(&S::cluster_to_d2)},
      {{"cluster.to.server.d2", "Discovery name of each cluster's servers."}, Pairs(&S::cluster_to_server_d2)},
      {{"admin.port", "Port of the HTTP interface; 0 takes a free one."}, Integer(&S::port, 0, 65535)},
      {{"admin.hostname", "Host name that other processes are told."}, Text(&S::advertised_host)},
      {{"default.replica.factor", "Replicas per partition of new stores."}, Integer(&S::replication_factor, 1, 100)},
      {{"default.partition.count", "Smallest number of partitions of a version."},
       Integer(&S::partition_count, 1, 10'000)},
      {{"default.partition.max.count", "Largest number of partitions of a version."},
       Integer(&S::partition_count_max, 1, 10'000)},
      {{"default.partition.size", "Storage quota that asks for one more partition."}, Bytes(&S::partition_bytes)},
      {{"partition.count.round.up.size", "Partition counts are multiples of this."},
       Integer(&S::partition_count_round_up, 1, 10'000)},
      {{"default.offline.push.strategy", "When a push is complete: all replicas, or all but one."},
       [](S& s, const std::string& text) -> Status {
         const auto strategy = metadata::ParseOfflinePushStrategy(text);
         if (!strategy)
           return Error(ErrorCode::kInvalidArgument,
                        "must be WAIT_ALL_REPLICAS or WAIT_N_MINUS_ONE_REPLCIA_PER_PARTITION");
         s.offline_push_strategy = *strategy;
         return Ok();
       }},
      {{"default.max.record.size.bytes", "Largest record of a push."}, Bytes(&S::record_bytes_max)},
      {{"kafka.replication.factor", "Replicas of version topics."}, Integer(&S::kafka_replication_factor, 1, 100)},
      {{"kafka.min.in.sync.replicas", "Replicas of version topics that must have a record before it counts."},
       Integer(&S::kafka_min_in_sync_replicas, 1, 100)},
      {{"deprecated.topic.retention.ms", "Retention that a retired topic gets."}, Time(&S::deprecated_topic_retention)},
      {{"deprecated.topic.max.retention.ms", "A topic with at most this retention counts as retired."},
       Time(&S::deprecated_topic_retention_max)},
      {{"topic.cleanup.sleep.interval.between.topic.list.fetch.ms", "How often retired topics are looked for."},
       Time(&S::topic_cleanup_interval)},
      {{"topic.cleanup.delay.factor", "How often a topic must be seen retired before it is deleted."},
       Integer(&S::topic_cleanup_delay_factor, 0, 10'000)},
      {{"min.number.of.store.versions.to.preserve", "Versions kept per store, the current one included."},
       Integer(&S::versions_to_preserve, 1, 1'000)},
      {{"controller.early.delete.backup.enabled", "Whether a new push removes the oldest backup at its start."},
       Flag(&S::early_delete_backup)},
      {{"controller.backup.version.default.retention.ms", "How long a backup version is kept."},
       Time(&S::backup_version_retention)},
      {{"controller.backup.version.min.cleanup.delay.ms", "Shortest life of a backup after a promotion."},
       Time(&S::backup_version_min_cleanup_delay)},
      {{"controller.rolled.back.version.retention.ms", "How long a rolled-back version blocks new pushes."},
       Time(&S::rolled_back_version_retention)},
      {{"controller.store.recreation.after.deletion.time.window.seconds",
        "How long a deleted name cannot be used again."},
       Time(&S::store_recreation_window)},
      {{"controller.force.leader.error.replica.fail.over.enabled", "Whether a failed leader replica is disabled."},
       Flag(&S::error_leader_fail_over)},
      {{"delay.to.rebalance.ms", "How long a dead node may come back before its replicas move."},
       Time(&S::rebalance_delay)},
  };
  return rows;
}

}  // namespace

Status ApplyProperties(const std::map<std::string, std::string>& properties, ControllerSettings& settings) {
  for (const Row& row : Rows()) {
    const auto it = properties.find(std::string(row.info.key));
    if (it == properties.end()) continue;
    if (Status applied = row.apply(settings, it->second); !applied.ok())
      return std::move(applied).error().In("setting " + it->first + "=" + it->second);
  }
  return Ok();
}

Status Validate(const ControllerSettings& settings) {
  const auto missing = [](const char* key, const char* example) {
    return Error(ErrorCode::kInvalidArgument,
                 std::string("setting ") + key + " is required, for example " + key + "=" + example);
  };
  if (settings.zk_address.empty()) return missing("zookeeper.address", "localhost:2181");
  if (settings.kafka_bootstrap_servers.empty()) return missing("kafka.bootstrap.servers", "localhost:9092");
  if (settings.clusters.empty()) return missing("cluster.name", "venice-cluster0");
  for (const std::string& cluster : settings.clusters)
    if (cluster.empty() || cluster.find('/') != std::string::npos || cluster == "*")
      return Error(ErrorCode::kInvalidArgument, "setting cluster.name: '" + cluster + "' is no cluster name");
  if (settings.partition_count > settings.partition_count_max)
    return Error(ErrorCode::kInvalidArgument,
                 "setting default.partition.count is larger than default.partition.max.count");
  if (settings.deprecated_topic_retention > settings.deprecated_topic_retention_max)
    return Error(ErrorCode::kInvalidArgument,
                 "setting deprecated.topic.retention.ms is larger than deprecated.topic.max.retention.ms");
  return Ok();
}

const std::vector<SettingInfo>& SettingTable() {
  static const std::vector<SettingInfo> table = [] {
    std::vector<SettingInfo> infos;
    for (const Row& row : Rows()) infos.push_back(row.info);
    return infos;
  }();
  return table;
}

}  // namespace venice::controller
