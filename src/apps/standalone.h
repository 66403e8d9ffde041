// A whole Venice in one process: embedded log and tree, controller, servers, router. It only wires: every service here
// is the one that runs alone elsewhere, and knows its neighbours by address.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "embedded/kafka_server.h"

namespace venice::apps {

struct StandaloneOptions {
  std::string data_dir;
  std::string cluster = "venice-cluster0";
  std::string host = "127.0.0.1";
  int servers = 1;
  int replication_factor = 1;  // of the stores made here; at most `servers`
  int partitions_max = 20;     // of one version; grows with the size of the push

  // nullopt: the port of the last run in this folder, else Venice's usual one, else any free one. 0: the port of the
  // last run, else any free one. Otherwise that port, or an error.
  std::optional<uint16_t> controller_port;
  std::optional<uint16_t> router_port;
  std::optional<uint16_t> kafka_port;
  std::optional<uint16_t> zookeeper_port;

  bool sync_every_write = false;  // acknowledged survives power loss too, not only kill -9

  // TEST ONLY: see embedded::KafkaServerOptions::tamper_for_test.
  decltype(embedded::KafkaServerOptions::tamper_for_test) tamper_for_test;
};

// Where everything listens.
struct StandaloneAddresses {
  std::string controller;            // "http://127.0.0.1:5555"
  std::string router;                // "http://127.0.0.1:7777"
  std::vector<std::string> servers;  // "http://127.0.0.1:34567"
  std::string kafka;                 // "127.0.0.1:9092"
  std::string zookeeper;             // "127.0.0.1:2181"

  std::string ToJson() const;
};

// Thread-safe.
class Standalone {
 public:
  explicit Standalone(StandaloneOptions options);
  ~Standalone();  // as Stop()

  // Returns when everything is ready: the controller leads, the servers are live, the router answers. On an existing
  // folder that includes the stores: their current versions can be read.
  // Errors: kAlreadyExists (port or data folder in use), kIo, kDiskFull, kCorruption, kTimeout.
  Status Start();
  // In reverse order of the start. Idempotent.
  void Stop();

  const StandaloneAddresses& addresses() const;  // after Start()

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::apps
