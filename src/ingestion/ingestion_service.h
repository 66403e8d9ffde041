// The threads that fill replicas: each owns one consumer of the log and the partitions assigned to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/result.h"
#include "ingestion/partition_ingestion.h"
#include "pubsub/pubsub.h"

namespace venice::ingestion {

struct IngestionOptions {
  int threads = 2;
  // Records fetched and not yet applied, all threads together: the log client's own bound.
  ByteSize buffer_bytes = 64_MiB;
};

// Thread-safe.
class IngestionService {
 public:
  // The client must outlive the service.
  IngestionService(pubsub::Client& client, IngestionOptions options);
  ~IngestionService();  // as Stop()

  Status Start();
  // Stops every replica, keeping its progress. Idempotent.
  void Stop();

  // Returns at once; reports come to the listener. Errors: kAlreadyExists, kCancelled after Stop().
  Status StartReplica(ReplicaOptions options);
  // Returns when the replica is let go: its listener runs no more and its stores are released. Absent is fine.
  void StopReplica(const std::string& topic, int32_t partition);

  // Of every replica started and not stopped, also completed and failed ones.
  std::vector<ReplicaReport> Reports() const;

 private:
  class Worker;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::ingestion
