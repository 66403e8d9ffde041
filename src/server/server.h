// The storage node: holds replicas of store versions as Helix assigns them, fills them from the log, answers reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/byte_size.h"
#include "base/result.h"

namespace venice::server {

struct ServerSettings {
  std::string cluster;                              // cluster.name
  std::string zk_address;                           // zookeeper.address
  std::string kafka_bootstrap_servers;              // kafka.bootstrap.servers
  std::map<std::string, std::string> kafka_config;  // librdkafka settings for all clients
  std::string data_dir;                             // data.base.path
  std::string host = "127.0.0.1";                   // also the first half of the instance name host_port
  std::string bind_host;                            // address to listen on; empty: host
  uint16_t port = 0;  // listener.port; 0: the port of the last run in this data folder, else any free

  int event_loops = 0;          // 0: one per core, at most 8
  int read_threads = 4;         // reads that miss the memory
  int ingestion_threads = 0;    // 0: one per core, at most 8
  int transition_threads = 20;  // max.leader.follower.state.transition.thread.number

  ByteSize block_cache_bytes = 512_MiB;      // rocksdb.block.cache.size.in.bytes
  ByteSize write_buffer_bytes = 128_MiB;     // rocksdb.total.memtable.usage.cap.in.bytes
  ByteSize ingestion_buffer_bytes = 64_MiB;  // records fetched and not yet applied, all partitions together
  ByteSize checkpoint_bytes = 64_MiB;        // server.database.sync.bytes.interval.for.deferred.write.mode
  ByteSize request_bytes_max = 256_KiB;      // server.max.request.size

  // A record that the log holds twice fails its version; with this it is dropped and counted, as Venice does: for push
  // jobs whose producers retry without idempotence. server.ingestion.tolerate.replayed.records
  bool tolerate_replayed_records = false;

  std::chrono::milliseconds zk_session_timeout{30'000};
  // A dropped replica of the current version is kept this long, so that readers can move on.
  std::chrono::milliseconds graceful_drop_delay{30'000};  // server.partition.graceful.drop.time.in.seconds
};

// From Venice's property names (those in the comments above); unknown keys are ignored, as Venice's files are shared by
// several processes. Errors: kInvalidConfig naming key, value and what is allowed.
Result<ServerSettings> SettingsFromProperties(const std::map<std::string, std::string>& properties);

// Thread-safe. Several may run in one process.
class Server {
 public:
  explicit Server(ServerSettings settings);
  ~Server();  // as Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens the data, listens, joins the cluster. Errors: kAlreadyExists (port or data folder in use), kUnavailable
  // (ZooKeeper or Kafka cannot be reached), kNotFound (no such cluster), kInvalidConfig.
  Status Start();
  // Leaves the cluster, writes checkpoints, closes. Idempotent.
  void Stop();

  uint16_t port() const;                // after Start()
  const std::string& instance() const;  // "host_port"; after Start()

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::server
