#include "embedded/kafka_groups.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/byte_order.h"
#include "base/log.h"

namespace venice::embedded {
namespace {

constexpr auto kSessionTimeoutMin = std::chrono::milliseconds(10);
constexpr auto kSessionTimeoutMax = std::chrono::minutes(30);

std::string NewMemberId(const std::string& client_id) {
  std::random_device random;
  return fmt::format("{}-{:08x}-{:08x}-{:08x}", client_id, random(), random(), random());
}

// Group names hold no NUL: the coordinator refuses them.
std::string OffsetKeyPrefix(const std::string& group) { return group + '\0'; }
std::string OffsetKey(const std::string& group, const std::string& topic, int32_t partition) {
  return OffsetKeyPrefix(group) + topic + '\0' + std::to_string(partition);
}

std::string EncodeOffset(const CommittedOffset& offset) {
  std::string out;
  AppendBigEndian<int64_t>(out, offset.offset);
  AppendBigEndian<int32_t>(out, offset.leader_epoch);
  return out + offset.metadata;
}

CommittedOffset DecodeOffset(const std::string& bytes) {
  if (bytes.size() < 12) return {};
  return {LoadBigEndian<int64_t>(bytes.data()), LoadBigEndian<int32_t>(bytes.data() + 8), bytes.substr(12)};
}

bool ValidGroup(const std::string& group) { return !group.empty() && group.find('\0') == std::string::npos; }

}  // namespace

struct GroupCoordinator::Member {
  std::string id;
  std::optional<std::string> instance;
  std::string client_id;
  std::string client_host;
  std::chrono::milliseconds session_timeout{0};
  std::chrono::milliseconds rebalance_timeout{0};
  std::vector<std::pair<std::string, std::string>> protocols;
  std::string assignment;
  ConnectionId connection = 0;  // of a waiting answer
  std::function<void(JoinAnswer)> join;
  std::function<void(SyncAnswer)> sync;
  KafkaNetwork::TimerId session_timer = 0;

  const std::string& Metadata(const std::string& protocol) const {
    static const std::string none;
    for (const auto& [name, metadata] : protocols) {
      if (name == protocol) return metadata;
    }
    return none;
  }
};

struct GroupCoordinator::Group {
  std::string name;
  State state = State::kEmpty;
  int32_t generation = 0;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::map<std::string, Member> members;
  std::map<std::string, KafkaNetwork::TimerId> expected;  // ids given out, whose join is yet to come
  KafkaNetwork::TimerId rebalance_timer = 0;
  bool initial_delay = false;
};

GroupCoordinator::GroupCoordinator(Options options, KafkaNetwork& network, DurableMap& offsets)
    : options_(options), network_(network), offsets_(offsets) {}
GroupCoordinator::~GroupCoordinator() = default;

void GroupCoordinator::Join(JoinRequest request, std::function<void(JoinAnswer)> answer) {
  auto refuse = [&](KafkaError error) { answer({.error = error, .member = request.member}); };
  if (!ValidGroup(request.group)) return refuse(KafkaError::kInvalidGroupId);
  if (request.session_timeout < kSessionTimeoutMin || request.session_timeout > kSessionTimeoutMax) {
    return refuse(KafkaError::kInvalidSessionTimeout);
  }
  if (request.protocol_type.empty() || request.protocols.empty()) return refuse(KafkaError::kInconsistentGroupProtocol);
  auto found = groups_.find(request.group);
  if (found == groups_.end()) {
    if (!request.member.empty()) return refuse(KafkaError::kUnknownMemberId);
    if (groups_.size() >= options_.groups_max) return refuse(KafkaError::kCoordinatorNotAvailable);
    found = groups_.emplace(request.group, std::make_unique<Group>()).first;
    found->second->name = request.group;
  }
  Group& group = *found->second;
  if (!group.members.empty()) {
    const bool common = std::any_of(request.protocols.begin(), request.protocols.end(), [&](const auto& wanted) {
      return std::all_of(group.members.begin(), group.members.end(), [&](const auto& entry) {
        return std::any_of(entry.second.protocols.begin(), entry.second.protocols.end(),
                           [&](const auto& offered) { return offered.first == wanted.first; });
      });
    });
    if (group.protocol_type != request.protocol_type || !common) return refuse(KafkaError::kInconsistentGroupProtocol);
  }
  if (!request.member.empty()) {
    if (const auto member = group.members.find(request.member); member != group.members.end()) {
      return JoinKnown(group, member->second, request, std::move(answer));
    }
    const auto expected = group.expected.find(request.member);
    if (expected == group.expected.end()) return refuse(KafkaError::kUnknownMemberId);
    network_.Cancel(expected->second);
    group.expected.erase(expected);
    return AddMember(group, request.member, request, std::move(answer));
  }
  if (group.members.size() + group.expected.size() >= options_.members_max) {
    return refuse(KafkaError::kGroupMaxSizeReached);
  }
  const std::string id = NewMemberId(request.instance.value_or(request.client_id));
  if (request.must_know_id && !request.instance) {
    group.expected[id] = network_.RunAfter(request.session_timeout, [this, name = group.name, id] {
      const auto it = groups_.find(name);
      if (it == groups_.end()) return;
      it->second->expected.erase(id);
      ForgetIfUnused(name);
    });
    return answer({.error = KafkaError::kMemberIdRequired, .member = id});
  }
  // A static member that comes back takes the place of its former self.
  if (request.instance) {
    const auto former = std::find_if(group.members.begin(), group.members.end(),
                                     [&](const auto& entry) { return entry.second.instance == request.instance; });
    if (former != group.members.end()) {
      Member member = std::move(former->second);
      group.members.erase(former);
      network_.Cancel(member.session_timer);
      if (member.join) member.join({.error = KafkaError::kFencedInstanceId, .member = member.id});
      if (member.sync) member.sync({.error = KafkaError::kFencedInstanceId});
    }
  }
  AddMember(group, id, request, std::move(answer));
}

void GroupCoordinator::AddMember(Group& group, const std::string& id, JoinRequest& request,
                                 std::function<void(JoinAnswer)> answer) {
  group.protocol_type = request.protocol_type;
  Member& member = group.members[id];
  member.id = id;
  member.instance = request.instance;
  member.client_id = request.client_id;
  member.client_host = request.client_host;
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = std::max(request.rebalance_timeout, request.session_timeout);
  member.protocols = std::move(request.protocols);
  member.connection = request.connection;
  member.join = std::move(answer);
  if (group.state != State::kPreparing) return Prepare(group);
  CompleteIfAllJoined(group);
}

void GroupCoordinator::JoinKnown(Group& group, Member& member, JoinRequest& request,
                                 std::function<void(JoinAnswer)> answer) {
  const bool same = member.protocols == request.protocols;
  const bool must_rebalance = !same || (group.state == State::kStable && group.leader == member.id);
  if (group.state != State::kPreparing && !must_rebalance) {
    RestartSession(group, member);
    return answer(AnswerFor(group, member));
  }
  member.protocols = std::move(request.protocols);
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = std::max(request.rebalance_timeout, request.session_timeout);
  network_.Cancel(std::exchange(member.session_timer, 0));
  member.connection = request.connection;
  member.join = std::move(answer);
  if (group.state != State::kPreparing) return Prepare(group);
  CompleteIfAllJoined(group);
}

void GroupCoordinator::Prepare(Group& group) {
  group.initial_delay = group.state == State::kEmpty;
  group.state = State::kPreparing;
  std::chrono::milliseconds limit = options_.initial_delay;
  for (auto& [id, member] : group.members) {
    if (!group.initial_delay) limit = std::max(limit, member.rebalance_timeout);
    if (member.sync) {
      RestartSession(group, member);
      std::exchange(member.sync, nullptr)({.error = KafkaError::kRebalanceInProgress});
    }
  }
  network_.Cancel(group.rebalance_timer);
  group.rebalance_timer = network_.RunAfter(limit, [this, name = group.name] {
    if (const auto found = groups_.find(name); found != groups_.end()) Complete(*found->second);
  });
  CompleteIfAllJoined(group);
}

void GroupCoordinator::CompleteIfAllJoined(Group& group) {
  if (group.initial_delay) return;
  const bool all = std::all_of(group.members.begin(), group.members.end(),
                               [](const auto& entry) { return entry.second.join != nullptr; });
  if (all && group.expected.empty()) Complete(group);
}

void GroupCoordinator::Complete(Group& group) {
  network_.Cancel(std::exchange(group.rebalance_timer, 0));
  group.initial_delay = false;
  for (auto it = group.members.begin(); it != group.members.end();) {
    if (it->second.join != nullptr) {
      ++it;
      continue;
    }
    network_.Cancel(it->second.session_timer);
    it = group.members.erase(it);
  }
  ++group.generation;
  if (group.members.empty()) {
    group.state = State::kEmpty;
    group.protocol.clear();
    group.leader.clear();
    return ForgetIfUnused(std::string(group.name));
  }
  group.state = State::kCompleting;
  group.protocol = ChooseProtocol(group);
  if (!group.members.contains(group.leader)) group.leader = group.members.begin()->first;
  for (auto& [id, member] : group.members) {
    member.assignment.clear();
    RestartSession(group, member);
    std::exchange(member.join, nullptr)(AnswerFor(group, member));
  }
}

std::string GroupCoordinator::ChooseProtocol(const Group& group) const {
  // Each member votes for the first of its list that all others know.
  std::map<std::string, int> votes;
  for (const auto& [id, member] : group.members) {
    for (const auto& [name, metadata] : member.protocols) {
      const bool common = std::all_of(group.members.begin(), group.members.end(), [&](const auto& other) {
        return std::any_of(other.second.protocols.begin(), other.second.protocols.end(),
                           [&](const auto& offered) { return offered.first == name; });
      });
      if (!common) continue;
      ++votes[name];
      break;
    }
  }
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? std::string() : most->first;
}

JoinAnswer GroupCoordinator::AnswerFor(const Group& group, const Member& member) const {
  JoinAnswer answer;
  answer.generation = group.generation;
  answer.protocol_type = group.protocol_type;
  answer.protocol = group.protocol;
  answer.leader = group.leader;
  answer.member = member.id;
  if (group.leader != member.id) return answer;
  for (const auto& [id, other] : group.members) {
    answer.members.push_back({id, other.instance, other.Metadata(group.protocol)});
  }
  return answer;
}

void GroupCoordinator::Sync(const SyncRequest& request, std::function<void(SyncAnswer)> answer) {
  const auto found = groups_.find(request.group);
  if (found == groups_.end()) return answer({.error = KafkaError::kUnknownMemberId});
  Group& group = *found->second;
  const auto it = group.members.find(request.member);
  if (it == group.members.end()) return answer({.error = KafkaError::kUnknownMemberId});
  if (request.generation != group.generation) return answer({.error = KafkaError::kIllegalGeneration});
  if (group.state == State::kPreparing) return answer({.error = KafkaError::kRebalanceInProgress});
  RestartSession(group, it->second);
  if (group.state == State::kStable) {
    return answer({KafkaError::kNone, group.protocol_type, group.protocol, it->second.assignment});
  }
  it->second.connection = request.connection;
  it->second.sync = std::move(answer);
  if (group.leader != request.member) return;
  group.state = State::kStable;
  for (auto& [id, member] : group.members) {
    const auto assignment = request.assignments.find(id);
    if (assignment != request.assignments.end()) member.assignment = assignment->second;
    if (!member.sync) continue;
    RestartSession(group, member);
    std::exchange(member.sync, nullptr)({KafkaError::kNone, group.protocol_type, group.protocol, member.assignment});
  }
}

KafkaError GroupCoordinator::Heartbeat(const std::string& group_name, int32_t generation, const std::string& id) {
  const auto found = groups_.find(group_name);
  if (found == groups_.end()) return KafkaError::kUnknownMemberId;
  Group& group = *found->second;
  const auto member = group.members.find(id);
  if (member == group.members.end()) return KafkaError::kUnknownMemberId;
  if (generation != group.generation) return KafkaError::kIllegalGeneration;
  RestartSession(group, member->second);
  return group.state == State::kPreparing ? KafkaError::kRebalanceInProgress : KafkaError::kNone;
}

KafkaError GroupCoordinator::Leave(const std::string& group_name, const std::string& id,
                                   const std::optional<std::string>& instance) {
  const auto found = groups_.find(group_name);
  if (found == groups_.end()) return KafkaError::kUnknownMemberId;
  Group& group = *found->second;
  auto member = group.members.find(id);
  if (id.empty() && instance) {
    member = std::find_if(group.members.begin(), group.members.end(),
                          [&](const auto& entry) { return entry.second.instance == instance; });
  }
  if (member == group.members.end()) {
    const auto expected = group.expected.find(id);
    if (expected == group.expected.end()) return KafkaError::kUnknownMemberId;
    network_.Cancel(expected->second);
    group.expected.erase(expected);
    if (group.state == State::kPreparing) CompleteIfAllJoined(group);
    ForgetIfUnused(group_name);
    return KafkaError::kNone;
  }
  RemoveMember(group, std::string(member->first));
  return KafkaError::kNone;
}

void GroupCoordinator::RemoveMember(Group& group, const std::string& id) {
  const auto found = group.members.find(id);
  if (found == group.members.end()) return;
  Member member = std::move(found->second);
  network_.Cancel(member.session_timer);
  group.members.erase(found);
  if (member.join) member.join({.error = KafkaError::kUnknownMemberId, .member = id});
  if (member.sync) member.sync({.error = KafkaError::kUnknownMemberId});
  if (group.state == State::kPreparing) {
    CompleteIfAllJoined(group);
  } else {
    Prepare(group);
  }
}

void GroupCoordinator::RestartSession(Group& group, Member& member) {
  network_.Cancel(member.session_timer);
  member.session_timer = network_.RunAfter(member.session_timeout, [this, name = group.name, id = member.id] {
    const auto found = groups_.find(name);
    if (found == groups_.end()) return;
    const auto it = found->second->members.find(id);
    // Who waits for an answer is alive as long as its connection is.
    if (it == found->second->members.end() || it->second.join || it->second.sync) return;
    LogInfo("kafka.group.member_expired", {{"group", name}, {"member", id}});
    RemoveMember(*found->second, id);
  });
}

void GroupCoordinator::OnClose(ConnectionId connection) {
  for (auto& [name, group] : groups_) {
    for (auto& [id, member] : group->members) {
      if (member.connection != connection || (!member.join && !member.sync)) continue;
      member.join = nullptr;
      member.sync = nullptr;
      RestartSession(*group, member);
    }
  }
}

KafkaError GroupCoordinator::CheckCommit(const std::string& group_name, int32_t generation, const std::string& id) {
  if (!ValidGroup(group_name)) return KafkaError::kInvalidGroupId;
  const auto found = groups_.find(group_name);
  const bool outside = generation < 0 && id.empty();
  if (found == groups_.end()) return generation < 0 ? KafkaError::kNone : KafkaError::kIllegalGeneration;
  Group& group = *found->second;
  if (group.members.empty() && generation < 0) return KafkaError::kNone;
  const auto member = group.members.find(id);
  if (outside || member == group.members.end()) return KafkaError::kUnknownMemberId;
  if (generation != group.generation) return KafkaError::kIllegalGeneration;
  if (group.state == State::kCompleting) return KafkaError::kRebalanceInProgress;
  if (!member->second.join) RestartSession(group, member->second);
  return KafkaError::kNone;
}

Status GroupCoordinator::Commit(const std::string& group, const std::string& topic, int32_t partition,
                                const CommittedOffset& offset) {
  return offsets_.Put(OffsetKey(group, topic, partition), EncodeOffset(offset));
}

std::optional<CommittedOffset> GroupCoordinator::Committed(const std::string& group, const std::string& topic,
                                                           int32_t partition) const {
  const auto found = offsets_.entries().find(OffsetKey(group, topic, partition));
  if (found == offsets_.entries().end()) return std::nullopt;
  return DecodeOffset(found->second);
}

std::map<std::pair<std::string, int32_t>, CommittedOffset> GroupCoordinator::AllCommitted(
    const std::string& group) const {
  std::map<std::pair<std::string, int32_t>, CommittedOffset> all;
  const std::string prefix = OffsetKeyPrefix(group);
  for (auto it = offsets_.entries().lower_bound(prefix);
       it != offsets_.entries().end() && it->first.starts_with(prefix); ++it) {
    const size_t end = it->first.find('\0', prefix.size());
    all[{it->first.substr(prefix.size(), end - prefix.size()), std::atoi(it->first.c_str() + end + 1)}] =
        DecodeOffset(it->second);
  }
  return all;
}

bool GroupCoordinator::HasOffsets(const std::string& group) const {
  const std::string prefix = OffsetKeyPrefix(group);
  const auto it = offsets_.entries().lower_bound(prefix);
  return it != offsets_.entries().end() && it->first.starts_with(prefix);
}

KafkaError GroupCoordinator::DeleteOffset(const std::string& group, const std::string& topic, int32_t partition) {
  return offsets_.Remove(OffsetKey(group, topic, partition)).ok() ? KafkaError::kNone : KafkaError::kUnknown;
}

void GroupCoordinator::ForgetTopic(const std::string& topic) {
  std::vector<std::string> keys;
  const std::string part = '\0' + topic + '\0';
  for (const auto& [key, value] : offsets_.entries()) {
    if (key.find(part) != std::string::npos) keys.push_back(key);
  }
  for (const std::string& key : keys) (void)offsets_.Remove(key);
}

void GroupCoordinator::ForgetIfUnused(const std::string& name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return;
  const Group& group = *found->second;
  if (group.state == State::kEmpty && group.members.empty() && group.expected.empty()) groups_.erase(found);
}

GroupView GroupCoordinator::View(const Group& group) const {
  static constexpr const char* kStates[] = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"};
  GroupView view;
  view.name = group.name;
  view.state = kStates[static_cast<size_t>(group.state)];
  view.protocol_type = group.protocol_type;
  if (group.state == State::kStable) view.protocol = group.protocol;
  for (const auto& [id, member] : group.members) {
    const bool stable = group.state == State::kStable;
    view.members.push_back({id, member.instance, member.client_id, member.client_host,
                            stable ? member.Metadata(group.protocol) : std::string(),
                            stable ? member.assignment : std::string()});
  }
  return view;
}

std::optional<GroupView> GroupCoordinator::Describe(const std::string& name) const {
  if (const auto found = groups_.find(name); found != groups_.end()) return View(*found->second);
  if (!HasOffsets(name)) return std::nullopt;
  GroupView view;
  view.name = name;
  view.state = "Empty";
  view.protocol_type = "consumer";
  return view;
}

std::vector<GroupView> GroupCoordinator::List() const {
  std::vector<GroupView> views;
  for (const auto& [name, group] : groups_) {
    views.push_back(View(*group));
    views.back().members.clear();
  }
  // Groups of which only offsets are left.
  for (auto it = offsets_.entries().begin(); it != offsets_.entries().end();) {
    const std::string name = it->first.substr(0, it->first.find('\0'));
    if (!groups_.contains(name)) views.push_back(*Describe(name));
    it = offsets_.entries().lower_bound(name + '\1');
  }
  return views;
}

KafkaError GroupCoordinator::Delete(const std::string& name) {
  const auto found = groups_.find(name);
  if (found == groups_.end() && !HasOffsets(name)) return KafkaError::kGroupIdNotFound;
  if (found != groups_.end()) {
    if (!found->second->members.empty() || !found->second->expected.empty()) return KafkaError::kNonEmptyGroup;
    network_.Cancel(found->second->rebalance_timer);
    groups_.erase(found);
  }
  for (const auto& [key, offset] : AllCommitted(name)) {
    if (!offsets_.Remove(OffsetKey(name, key.first, key.second)).ok()) return KafkaError::kUnknown;
  }
  return KafkaError::kNone;
}

}  // namespace venice::embedded
