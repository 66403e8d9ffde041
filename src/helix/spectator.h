// A cached, watched, read-only view of a Helix cluster: who lives, and which replica is in which state.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "helix/zn_record.h"
#include "zk/client.h"

namespace venice::helix {

// Partition name -> instance -> state.
using StateMap = std::map<std::string, std::map<std::string, std::string>>;

// Immutable.
struct ResourceView {
  std::string resource;
  StateMap partitions;
  ZnRecord::Map simple;  // of an external view: the ideal state's fields (REPLICAS, NUM_PARTITIONS, ...)
};

struct LiveInstanceView {
  std::string instance;
  std::string host;  // parsed from the name, as Venice does
  uint16_t port = 0;
  std::string session;
  ZnRecord::Map fields;
};

// Immutable. Resources that did not change share their ResourceView with the snapshot before.
struct ClusterView {
  using Resources = std::map<std::string, std::shared_ptr<const ResourceView>>;

  uint64_t generation = 0;  // grows with every change
  std::map<std::string, LiveInstanceView> live;
  Resources external;                           // by resource
  std::map<std::string, Resources> customized;  // by type, then by resource
  std::string controller;                       // instance that is the cluster's Helix controller; empty for none

  // Instances of one partition in `state`, alive now, sorted. Absent resources and partitions give none.
  std::vector<std::string> InState(const std::string& resource, const std::string& partition,
                                   std::string_view state) const;
  // The same over the customized view: with (OFFLINE_PUSH, COMPLETED) the replicas that may serve.
  std::vector<std::string> InCustomizedState(const std::string& type, const std::string& resource,
                                             const std::string& partition, std::string_view value) const;
};

struct SpectatorOptions {
  std::string cluster;
  bool external_view = true;
  std::vector<std::string> customized_types{"OFFLINE_PUSH"};
  std::chrono::milliseconds resync_interval{30'000};  // everything is read again as often, in case a watch was lost
  const Clock* clock = &SystemClock();
};

// Thread-safe. Owns one thread. The client must outlive it. Keeps the last view while ZooKeeper is away.
class Spectator {
 public:
  using Listener = std::function<void(const std::shared_ptr<const ClusterView>&)>;

  Spectator(zk::Client& client, SpectatorOptions options);
  ~Spectator();  // as Stop()

  // Call before Start(). Called on the spectator's thread with every new snapshot, the first one included.
  void AddListener(Listener listener);
  // Returns after the first snapshot. Errors: kTimeout, when ZooKeeper gives no answer for `limit`.
  Status Start(std::chrono::milliseconds limit = std::chrono::milliseconds(60'000));
  void Stop();

  // Never null; empty before Start(). Takes a short lock: loops should keep the pointer a listener posted to them.
  std::shared_ptr<const ClusterView> View() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::helix
