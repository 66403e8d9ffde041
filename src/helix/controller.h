// The Helix controller of one cluster: competes for leadership; the leader drives every replica to its place and state.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "zk/client.h"

namespace venice::helix {

struct ControllerOptions {
  std::string cluster;
  std::string instance;  // "host_port", the text in CONTROLLER/LEADER
  // Called on the controller's thread at every change; false before the session that led is given up, as far as
  // that is known. Must not block for long and must not destroy the controller.
  std::function<void(bool leading)> on_leadership;
  std::chrono::milliseconds resync_interval{30'000};  // everything is read again as often, in case a watch was lost
  const Clock* clock = &SystemClock();
};

// Thread-safe. Owns one thread. The client must outlive it; its session is the leader's session. Keeps no state
// that ZooKeeper does not have, so that any other controller can go on at any time.
class Controller {
 public:
  Controller(zk::Client& client, ControllerOptions options);
  ~Controller();  // as Stop()

  // Starts to compete; does not wait.
  Status Start();
  // Gives leadership up (the leader node is deleted) and stops. Idempotent.
  void Stop();

  bool IsLeader() const;
  // Instance name in CONTROLLER/LEADER as last seen; empty for none.
  std::string Leader() const;
  // Pipeline runs so far, for tests and metrics.
  uint64_t Runs() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::helix
