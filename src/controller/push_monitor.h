// Follows the pushes of one cluster: reacts to replica statuses and to the external view, and decides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "controller/context.h"
#include "controller/push_verdict.h"

namespace venice::controller {

// What is known of a running push.
struct PushProgress {
  int32_t partitions = 0;
  int32_t partitions_completed = 0;
  int32_t partitions_end_of_push = 0;  // of the others
  int32_t partitions_unassigned = 0;   // without any replica
  struct Replica {
    int32_t partition = 0;
    std::string instance;
    metadata::ExecutionStatus status = metadata::ExecutionStatus::kNotCreated;
    std::string details;
  };
  std::vector<Replica> uncompleted;
};

// Carried out by the owner of versions. Both may be called again after a failure, and must then do what is left.
struct PushOutcomes {
  std::function<Status(const std::string& topic)> complete;
  std::function<Status(const std::string& topic, const std::string& reason)> fail;
};

// Thread-safe. Owns one thread, on which it reads ZooKeeper and calls the outcomes.
class PushMonitor {
 public:
  PushMonitor(ClusterContext& context, PushOutcomes outcomes);
  ~PushMonitor();  // as Stop()

  void Start();
  void Stop();

  // Monitors the push until it is decided. Its records exist already.
  void Watch(const std::string& topic);
  void Forget(const std::string& topic);
  // Leadership is lost: decides nothing any more.
  void ForgetAll();

  // nullopt when the push is not monitored.
  std::optional<PushProgress> Progress(const std::string& topic) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace venice::controller
