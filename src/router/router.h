// The router: the REST door to a cluster's stores. Finds the replicas of each key, asks them, puts the answers
// together.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/byte_size.h"
#include "base/result.h"

namespace venice::router {

struct RouterSettings {
  std::string cluster;                  // cluster.name
  std::string zk_address;               // zookeeper.address
  std::string kafka_bootstrap_servers;  // kafka.bootstrap.servers; only told to others
  std::string host = "127.0.0.1";       // how others reach it; first half of host_port under <cluster>/routers
  std::string bind_host;                // address to listen on; empty: host
  uint16_t port = 0;                    // listener.port; 0: any free one
  std::map<std::string, std::string> cluster_to_d2;         // cluster.to.d2; our cluster is always known
  std::map<std::string, std::string> cluster_to_server_d2;  // cluster.to.server.d2

  int event_loops = 0;               // 0: one per core, at most 8
  int connections_max = 150'000;     // router.connection.limit
  int multi_get_keys_max = 500;      // router.max.key_count.in.multiget.req; a store's batchGetLimit comes first
  bool client_decompression = true;  // router.client.decompression.enabled
  ByteSize request_bytes_max = 1_MiB;

  std::chrono::milliseconds server_timeout{5'000};      // router.socket.timeout
  std::chrono::milliseconds heartbeat_cycle{5'000};     // heartbeat.cycle
  std::chrono::milliseconds heartbeat_timeout{60'000};  // heartbeat.timeout
  int connections_per_server = 32;                      // per event loop
  int pending_requests_max = 30'000;                    // router.max.pending.request, per event loop
  std::chrono::milliseconds single_get_retry_after{6};  // router.long.tail.retry.for.single.get.threshold.ms; 0: off
  std::string multi_get_retry_after = "1-5:15,6-20:30,21-150:50,151-500:100,501-:500";  // keys:ms; empty: off

  std::chrono::milliseconds zk_session_timeout{30'000};
};

// From Venice's properties; unknown keys are left alone. Errors: kInvalidConfig naming the key and what it takes.
Result<RouterSettings> SettingsFromProperties(const std::map<std::string, std::string>& properties);

// Thread-safe. Several may run in one process.
class Router {
 public:
  explicit Router(RouterSettings settings);
  ~Router();  // as Stop()
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Connects, reads the cluster, listens, registers. Errors: kAlreadyExists (port in use), kUnavailable (ZooKeeper
  // cannot be reached), kNotFound (no such cluster), kInvalidConfig.
  Status Start();
  void Stop();  // idempotent

  uint16_t port() const;  // after Start()

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::router
