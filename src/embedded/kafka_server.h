// A durable single-node log that speaks Kafka's protocol: what ordinary Kafka clients see is one broker, id 1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/result.h"
#include "embedded/log_batch.h"

namespace venice::embedded {

enum class LogSync : uint8_t {
  kOperatingSystem,  // acknowledged records survive kill -9 of the process
  kBeforeAck,        // acknowledged records survive power loss: fdatasync before the answer, once per loop turn
};

struct KafkaServerOptions {
  std::string data_dir;            // created when missing; one server at a time (locked)
  std::string host = "127.0.0.1";  // address to listen on
  uint16_t port = 0;               // 0: any free port, see KafkaServer::port()
  std::string advertised_host;     // what clients are told; empty: host (or 127.0.0.1 when host is 0.0.0.0)
  uint16_t advertised_port = 0;    // 0: the port listened on

  LogSync sync = LogSync::kOperatingSystem;
  // Defaults of topics, by Kafka's names ("retention.ms", "segment.bytes", ...); a topic's own settings win.
  std::map<std::string, std::string> topic_defaults;
  bool auto_create_topics = false;  // on a metadata or produce request of a client that allows it
  int32_t auto_create_partitions = 1;

  ByteSize request_bytes_max{64u << 20};
  ByteSize request_memory_max{256u << 20};  // of all requests being received
  ByteSize compaction_memory_max{64u << 20};
  int connections_max = 2'000;
  int partitions_max = 100'000;
  std::chrono::milliseconds maintenance_interval{1'000};  // retention, compaction, deletion
  std::chrono::milliseconds group_initial_delay{100};     // the first rebalance of a group waits for more members
  const Clock* clock = nullptr;                           // nullptr: SystemClock(); record age and retention

  // TEST ONLY: called with the decoded records of every batch before it is appended; may drop, double or alter them.
  // The batch is encoded again with a right CRC, so consumers see a plausible log. Runs on the network thread.
  std::function<void(std::string_view topic, int32_t partition, std::vector<LogRecord>& records)> tamper_for_test;
};

// Thread-safe. Owns one network thread and one maintenance thread between Start() and Stop().
class KafkaServer {
 public:
  explicit KafkaServer(KafkaServerOptions options);
  ~KafkaServer();  // as Stop()
  KafkaServer(const KafkaServer&) = delete;
  KafkaServer& operator=(const KafkaServer&) = delete;

  // Recovers the log and listens. Errors: kAlreadyExists (port or data folder in use), kIo, kDiskFull, kCorruption,
  // kPermissionDenied, kInvalidArgument.
  Status Start();
  // Closes connections, writes checkpoints (the next start need not scan), joins. Idempotent.
  void Stop();

  uint16_t port() const;        // valid after Start()
  std::string address() const;  // "127.0.0.1:34567", the advertised one: a bootstrap.servers value

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::embedded
