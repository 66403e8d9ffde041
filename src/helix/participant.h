// A member of a Helix cluster that holds replicas: joins, carries out state transitions, reports states.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "helix/zn_record.h"
#include "zk/client.h"

namespace venice::helix {

struct Transition {
  std::string resource;   // "store_v3"
  std::string partition;  // "store_v3_0"; PartitionIndex() in paths.h gives 0
  std::string from;       // upper case: OFFLINE, STANDBY, LEADER, DROPPED, ERROR
  std::string to;
  int64_t create_ms = 0;      // of the message: the leadership term of STANDBY->LEADER
  std::stop_token cancelled;  // set when the session is lost or the participant stops: return early with kCancelled
};

// Implemented by whoever holds the replicas. Calls for one partition never overlap; different partitions run in
// parallel on the participant's pool and may block.
class TransitionHandler {
 public:
  virtual ~TransitionHandler() = default;
  // One hop. An error puts the replica into ERROR until it is reset.
  virtual Status OnTransition(const Transition& transition) = 0;
  // The session is lost or the participant stops: the replica counts as OFFLINE again. Stop leading and consuming,
  // keep the data.
  virtual void OnReset(const std::string& resource, const std::string& partition) = 0;
  // Called at once on the participant's thread when the session is lost, before the resets: no replica is leader any
  // more. Must not block.
  virtual void OnSessionLost() {}
};

struct ParticipantOptions {
  std::string cluster;
  std::string instance;  // "host_port"
  int transition_threads = 16;
  // Bound on Start(), which waits for the cluster to be set up and for a stale live instance to expire.
  std::chrono::milliseconds join_timeout{60'000};
  // A live node of our name and another session is waited for this long (Helix: session timeout + 5 s).
  std::chrono::milliseconds stale_instance_wait{35'000};
  // Customized states of these types are deleted before joining and at a clean stop.
  std::vector<std::string> customized_state_types{"OFFLINE_PUSH"};
  ZnRecord::Map live_instance_fields;  // added to the LIVEINSTANCES record, e.g. HOST and PORT
  const Clock* clock = &SystemClock();
};

// Thread-safe. Owns one thread (all ZooKeeper work) and a pool for transitions. The client must outlive it; its session
// is the participant's session, and after expiry the participant joins again by itself.
class Participant {
 public:
  Participant(zk::Client& client, ParticipantOptions options, TransitionHandler& handler);
  ~Participant();  // as Stop()

  // Returns when the instance is live. Errors: kTimeout (with the reason of the last attempt), kConflict: another
  // process has our name, kNotFound: not a member and auto-join is off.
  Status Start();
  // Removes the customized states, then the live node, then resets every replica. Idempotent.
  void Stop();

  // True while the live node of the current session is there.
  bool Joined() const;
  // "" before the first join.
  std::string Session() const;

  // Reported in order, coalesced per partition, written in the background and again until written. Reports made before
  // a re-join are dropped with the states themselves.
  void SetCustomizedState(const std::string& type, const std::string& resource, const std::string& partition,
                          const std::string& value);
  void RemoveCustomizedState(const std::string& type, const std::string& resource, const std::string& partition);
  // Waits until every report made so far is on ZooKeeper. Errors: kTimeout.
  Status FlushCustomizedStates(std::chrono::milliseconds limit);

  // Partition name -> state, of one resource, as last reached.
  std::map<std::string, std::string> CurrentStates(const std::string& resource) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::helix
