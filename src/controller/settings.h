// What a controller can be told, and the names of Venice's configuration keys for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "metadata/enums.h"

namespace venice::controller {

struct ControllerSettings {
  // This process.
  std::string host = "127.0.0.1";  // address to listen on
  std::string advertised_host;     // what other processes are told; empty: host (localhost for a wildcard)
  uint16_t port = 0;               // 0: any free port
  int event_loops = 1;
  int handler_threads = 8;  // requests worked on at once; more wait in a bounded queue
  size_t requests_waiting_max = 200;

  // What it works with.
  std::string zk_address;
  std::chrono::milliseconds zk_session_timeout{30'000};
  std::chrono::milliseconds zk_connect_timeout{30'000};  // bound on waiting for ZooKeeper at start
  std::string kafka_bootstrap_servers;
  std::map<std::string, std::string> kafka_config;  // librdkafka settings
  std::vector<std::string> clusters{"venice-cluster0"};
  std::string region;  // local.region.name
  std::map<std::string, std::string> cluster_to_d2;
  std::map<std::string, std::string> cluster_to_server_d2;

  // Defaults of new stores and versions.
  int32_t replication_factor = 1;
  int32_t partition_count = 3;  // smallest
  int32_t partition_count_max = 20;
  int64_t partition_bytes = 10LL << 30;
  int32_t partition_count_round_up = 1;  // to a multiple of this
  metadata::OfflinePushStrategy offline_push_strategy = metadata::OfflinePushStrategy::kWaitNMinusOne;
  int64_t record_bytes_max = 100 << 20;

  // Topics.
  int32_t kafka_replication_factor = 1;
  int32_t kafka_min_in_sync_replicas = 0;  // 0: not set
  std::chrono::milliseconds deprecated_topic_retention{15'000};
  std::chrono::milliseconds deprecated_topic_retention_max{60'000};
  std::chrono::milliseconds topic_cleanup_interval{30'000};
  int32_t topic_cleanup_delay_factor = 0;  // times a topic must be seen truncated before it is deleted; 0: at once

  // Versions.
  int32_t versions_to_preserve = 2;  // the current one included
  bool early_delete_backup = true;
  std::chrono::milliseconds backup_version_retention{7 * 86'400'000LL};
  std::chrono::milliseconds backup_version_min_cleanup_delay{0};
  std::chrono::milliseconds rolled_back_version_retention{86'400'000LL};
  std::chrono::seconds store_recreation_window{21'600};
  bool error_leader_fail_over = true;
  std::chrono::milliseconds rebalance_delay{1'800'000};  // a dead node's replicas move after this

  const Clock* clock = &SystemClock();
};

// Takes over every key of Venice's cluster.properties and controller.properties that this controller knows; others
// are ignored, as those files are shared with other services. Errors: kInvalidArgument naming key and value.
Status ApplyProperties(const std::map<std::string, std::string>& properties, ControllerSettings& settings);

// Cross-field rules, before a start. Errors: kInvalidArgument naming the key.
Status Validate(const ControllerSettings& settings);

// One row of the reference of configuration keys.
struct SettingInfo {
  std::string_view key;
  std::string_view summary;
};
const std::vector<SettingInfo>& SettingTable();

}  // namespace venice::controller
