// The ZooKeeper-compatible front of the durable tree: ZooKeeper's client protocol (3.8) on one TCP port.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/result.h"

namespace venice::embedded {

struct ZooKeeperServerOptions {
  std::string data_dir;  // created when missing; one server at a time
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0 takes a free one

  // Acknowledged means "survives kill -9 of the process"; with this also "survives power loss", at one fsync a batch.
  bool sync_every_write = false;
  ByteSize log_size_before_snapshot = 16_MiB;

  // A client's wish for its session timeout is moved into these bounds.
  std::chrono::milliseconds session_timeout_min{1'000};
  std::chrono::milliseconds session_timeout_max{120'000};

  int connections_max = 2'000;
  uint32_t request_bytes_max = 0xfffff;  // ZooKeeper's jute.maxbuffer: larger requests end the connection
  // Requests half received and replies not yet taken, of all connections; above it the fullest one is disconnected.
  ByteSize buffered_bytes_max = 256_MiB;
  ByteSize connection_output_bytes_max = 64_MiB;  // a client that lets this much pile up is disconnected

  const Clock* clock = &SystemClock();
};

// Thread-safe. Owns one thread, which owns the tree, the journal and every connection.
class ZooKeeperServer {
 public:
  explicit ZooKeeperServer(ZooKeeperServerOptions options);
  ~ZooKeeperServer();  // as Stop()
  ZooKeeperServer(const ZooKeeperServer&) = delete;
  ZooKeeperServer& operator=(const ZooKeeperServer&) = delete;

  // Recovers the tree and listens. Errors: kUnavailable (address in use), kConflict (another process has the folder),
  // kCorruption, kIo, kDiskFull.
  Status Start();
  // Closes the connections; sessions live on and expire after the next start unless their clients return. Idempotent.
  void Stop();

  uint16_t port() const;        // of the running server
  std::string address() const;  // "host:port"

  // For tests: what an unlucky network or a paused client would cause.
  void ExpireSession(int64_t session_id);
  void DropConnections();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::embedded
