// The control plane of one or more clusters: HTTP interface, leadership, life of stores, versions and pushes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "controller/settings.h"

namespace venice::controller {

// Thread-safe. Owns the HTTP loops, a bounded pool for requests, and per cluster: a ZooKeeper session, a Helix
// controller, a spectator, one thread that watches pushes and one for slow work. All state is in ZooKeeper and the log:
// another controller can take over at any time.
class Controller {
 public:
  explicit Controller(ControllerSettings settings);
  ~Controller();  // as Stop()
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Connects, makes missing clusters, listens, and starts to compete for leadership.
  // Errors: kInvalidArgument (settings), kUnavailable (ZooKeeper), kAlreadyExists (port in use).
  Status Start();
  // Gives leadership up and stops. Pushes go on under another controller, or when this one is back. Idempotent.
  void Stop();

  uint16_t port() const;
  std::string url() const;  // "http://host:port"

  // True when this controller leads the cluster and has taken over all its pushes: it answers requests.
  bool Leads(const std::string& cluster) const;
  // Waits until every cluster has some leader that is known here. False when the limit passes first.
  bool WaitForLeaders(std::chrono::milliseconds limit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::controller
