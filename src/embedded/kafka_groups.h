// Consumer groups: who is a member, who has which partitions, how far they have read.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "embedded/kafka_api.h"
#include "embedded/kafka_network.h"
#include "embedded/log_durable_map.h"

namespace venice::embedded {

struct JoinRequest {
  ConnectionId connection = 0;
  std::string group;
  std::string member;  // empty: a new one
  std::optional<std::string> instance;
  std::string client_id;
  std::string client_host;
  std::chrono::milliseconds session_timeout{0};
  std::chrono::milliseconds rebalance_timeout{0};
  std::string protocol_type;
  std::vector<std::pair<std::string, std::string>> protocols;  // name and metadata, most wanted first
  bool must_know_id = false;                                   // a new member is only given its id
};

struct JoinedMember {
  std::string id;
  std::optional<std::string> instance;
  std::string metadata;
};

struct JoinAnswer {
  KafkaError error = KafkaError::kNone;
  int32_t generation = -1;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::string member;
  std::vector<JoinedMember> members;  // for the leader
};

struct SyncRequest {
  ConnectionId connection = 0;
  std::string group;
  int32_t generation = 0;
  std::string member;
  std::map<std::string, std::string> assignments;  // from the leader
};

struct SyncAnswer {
  KafkaError error = KafkaError::kNone;
  std::string protocol_type;
  std::string protocol;
  std::string assignment;
};

struct CommittedOffset {
  int64_t offset = -1;
  int32_t leader_epoch = -1;
  std::string metadata;
};

struct GroupMemberView {
  std::string id;
  std::optional<std::string> instance;
  std::string client_id;
  std::string client_host;
  std::string metadata;
  std::string assignment;
};

struct GroupView {
  std::string name;
  std::string state;
  std::string protocol_type;
  std::string protocol;
  std::vector<GroupMemberView> members;
};

// Loop-bound: the network's thread. Membership is in memory and ends with the process, as clients expect of a
// coordinator that restarts; committed offsets are durable.
class GroupCoordinator {
 public:
  struct Options {
    std::chrono::milliseconds initial_delay{100};
    size_t members_max = 1'000;  // of one group
    size_t groups_max = 10'000;
  };

  GroupCoordinator(Options options, KafkaNetwork& network, DurableMap& offsets);
  ~GroupCoordinator();

  void Join(JoinRequest request, std::function<void(JoinAnswer)> answer);
  void Sync(const SyncRequest& request, std::function<void(SyncAnswer)> answer);
  KafkaError Heartbeat(const std::string& group, int32_t generation, const std::string& member);
  KafkaError Leave(const std::string& group, const std::string& member, const std::optional<std::string>& instance);
  void OnClose(ConnectionId connection);

  // Whether this member may commit; generation -1 and no member: from outside of a group's membership.
  KafkaError CheckCommit(const std::string& group, int32_t generation, const std::string& member);
  Status Commit(const std::string& group, const std::string& topic, int32_t partition, const CommittedOffset& offset);
  std::optional<CommittedOffset> Committed(const std::string& group, const std::string& topic, int32_t partition) const;
  std::map<std::pair<std::string, int32_t>, CommittedOffset> AllCommitted(const std::string& group) const;
  KafkaError DeleteOffset(const std::string& group, const std::string& topic, int32_t partition);
  void ForgetTopic(const std::string& topic);

  std::optional<GroupView> Describe(const std::string& group) const;  // nullopt: unknown
  std::vector<GroupView> List() const;                                // without members
  KafkaError Delete(const std::string& group);

 private:
  enum class State : uint8_t { kEmpty, kPreparing, kCompleting, kStable };
  struct Member;
  struct Group;

  void JoinKnown(Group& group, Member& member, JoinRequest& request, std::function<void(JoinAnswer)> answer);
  void AddMember(Group& group, const std::string& id, JoinRequest& request, std::function<void(JoinAnswer)> answer);
  void Prepare(Group& group);
  void CompleteIfAllJoined(Group& group);
  void Complete(Group& group);
  JoinAnswer AnswerFor(const Group& group, const Member& member) const;
  std::string ChooseProtocol(const Group& group) const;
  void RemoveMember(Group& group, const std::string& id);
  void RestartSession(Group& group, Member& member);
  bool HasOffsets(const std::string& group) const;
  void ForgetIfUnused(const std::string& group);
  GroupView View(const Group& group) const;

  const Options options_;
  KafkaNetwork& network_;
  DurableMap& offsets_;
  std::map<std::string, std::unique_ptr<Group>> groups_;
};

}  // namespace venice::embedded
