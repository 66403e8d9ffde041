// Requests of consumer groups.
#include <algorithm>

#include "base/log.h"
#include "embedded/kafka_broker.h"

namespace venice::embedded {
namespace {

constexpr int32_t kOperationsUnknown = INT32_MIN;

std::optional<std::string> OptionalString(WireReader& body) {
  const auto value = body.NullableString();
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::optional<std::string_view> View(const std::optional<std::string>& value) {
  return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

struct TopicOffsets {
  std::string topic;
  std::vector<std::pair<int32_t, CommittedOffset>> partitions;
};

}  // namespace

void KafkaBroker::JoinGroup(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  JoinRequest join;
  join.connection = request.reply_to.connection;
  join.client_id = request.client_id;
  join.client_host = "/" + network_->PeerHost(join.connection);
  join.group = body.String();
  join.session_timeout = std::chrono::milliseconds(body.Int32());
  join.rebalance_timeout = version >= 1 ? std::chrono::milliseconds(body.Int32()) : join.session_timeout;
  join.member = body.String();
  if (version >= 5) join.instance = OptionalString(body);
  join.protocol_type = body.String();
  const int32_t protocols = body.ArrayCount();
  for (int32_t p = 0; p < protocols && body.ok(); ++p) {
    const std::string name(body.String());
    join.protocols.emplace_back(name, body.NullableBytes().value_or(""));
    body.Tags();
  }
  join.must_know_id = version >= 4;
  if (!body.ok()) return Malformed(request);
  groups_->Join(std::move(join), [this, to = request.reply_to](const JoinAnswer& answer) {
    WireWriter writer = Begin(to);
    if (to.version >= 2) writer.Int32(0);
    writer.Int16(static_cast<int16_t>(answer.error)).Int32(answer.generation);
    if (to.version >= 7) writer.NullableString(answer.protocol_type);
    writer.String(answer.protocol).String(answer.leader);
    if (to.version >= 9) writer.Bool(false);
    writer.String(answer.member).Array(answer.members.size());
    for (const JoinedMember& member : answer.members) {
      writer.String(member.id);
      if (to.version >= 5) writer.NullableString(View(member.instance));
      writer.Bytes(member.metadata).Tags();
    }
    writer.Tags();
    Send(to, writer);
  });
}

void KafkaBroker::SyncGroup(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  SyncRequest sync;
  sync.connection = request.reply_to.connection;
  sync.group = body.String();
  sync.generation = body.Int32();
  sync.member = body.String();
  if (version >= 3) body.NullableString();
  if (version >= 5) {
    body.NullableString();
    body.NullableString();
  }
  const int32_t assignments = body.ArrayCount();
  for (int32_t a = 0; a < assignments && body.ok(); ++a) {
    const std::string member(body.String());
    sync.assignments[member] = body.NullableBytes().value_or("");
    body.Tags();
  }
  if (!body.ok()) return Malformed(request);
  groups_->Sync(sync, [this, to = request.reply_to](const SyncAnswer& answer) {
    WireWriter writer = Begin(to);
    if (to.version >= 1) writer.Int32(0);
    writer.Int16(static_cast<int16_t>(answer.error));
    if (to.version >= 5) writer.NullableString(answer.protocol_type).NullableString(answer.protocol);
    writer.Bytes(answer.assignment).Tags();
    Send(to, writer);
  });
}

void KafkaBroker::Heartbeat(KafkaRequest& request) {
  WireReader& body = request.body;
  const std::string group(body.String());
  const int32_t generation = body.Int32();
  const std::string member(body.String());
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  if (request.version() >= 1) writer.Int32(0);
  writer.Int16(static_cast<int16_t>(groups_->Heartbeat(group, generation, member))).Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::LeaveGroup(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  const std::string group(body.String());
  struct Leaving {
    std::string member;
    std::optional<std::string> instance;
  };
  std::vector<Leaving> leaving;
  const int32_t count = version >= 3 ? body.ArrayCount() : 1;
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Leaving one;
    one.member = body.String();
    if (version >= 3) one.instance = OptionalString(body);
    if (version >= 5) body.NullableString();
    if (version >= 3) body.Tags();
    leaving.push_back(std::move(one));
  }
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  if (version >= 1) writer.Int32(0);
  if (version < 3) {
    writer.Int16(static_cast<int16_t>(groups_->Leave(group, leaving.front().member, std::nullopt)));
  } else {
    writer.Int16(0).Array(leaving.size());
    for (const Leaving& one : leaving) {
      const KafkaError error = groups_->Leave(group, one.member, one.instance);
      writer.String(one.member).NullableString(View(one.instance)).Int16(static_cast<int16_t>(error)).Tags();
    }
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::OffsetCommit(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  const std::string group(body.String());
  const int32_t generation = body.Int32();
  const std::string member(body.String());
  if (version >= 7) body.NullableString();
  if (version <= 4) body.Int64();
  std::vector<TopicOffsets> topics;
  const int32_t count = body.ArrayCount();
  for (int32_t t = 0; t < count && body.ok(); ++t) {
    TopicOffsets topic;
    topic.topic = body.String();
    const int32_t partitions = body.ArrayCount();
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      CommittedOffset offset;
      const int32_t partition = body.Int32();
      offset.offset = body.Int64();
      if (version >= 6) offset.leader_epoch = body.Int32();
      offset.metadata = body.NullableString().value_or("");
      body.Tags();
      topic.partitions.emplace_back(partition, std::move(offset));
    }
    body.Tags();
    topics.push_back(std::move(topic));
  }
  if (!body.ok()) return Malformed(request);
  const KafkaError allowed = groups_->CheckCommit(group, generation, member);
  WireWriter writer = Begin(request.reply_to);
  if (version >= 3) writer.Int32(0);
  writer.Array(topics.size());
  for (const TopicOffsets& topic : topics) {
    writer.String(topic.topic).Array(topic.partitions.size());
    for (const auto& [partition, offset] : topic.partitions) {
      KafkaError error = allowed;
      if (error == KafkaError::kNone && engine_.Partition(topic.topic, partition) == nullptr) {
        error = KafkaError::kUnknownTopicOrPartition;
      }
      if (error == KafkaError::kNone) {
        if (const Status committed = groups_->Commit(group, topic.topic, partition, offset); !committed.ok()) {
          LogError("kafka.commit.failed", {{"group", group}, {"error", committed.error().message()}});
          error = KafkaError::kCoordinatorNotAvailable;
        }
      }
      writer.Int32(partition).Int16(static_cast<int16_t>(error)).Tags();
    }
    writer.Tags();
  }
  writer.Tags();
  if (options_.sync == LogSync::kBeforeAck && !offsets_->Sync().ok()) {
    return network_->Close(request.reply_to.connection);
  }
  Send(request.reply_to, writer);
}

void KafkaBroker::OffsetFetch(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  struct Wanted {
    std::string group;
    std::vector<TopicOffsets> topics;
  };
  auto read_group = [&] {
    Wanted wanted;
    wanted.group = body.String();
    const int32_t count = body.ArrayCount();
    for (int32_t t = 0; t < count && body.ok(); ++t) {
      TopicOffsets topic;
      topic.topic = body.String();
      const int32_t partitions = body.ArrayCount();
      for (int32_t p = 0; p < partitions && body.ok(); ++p) {
        const int32_t partition = body.Int32();
        topic.partitions.emplace_back(
            partition, groups_->Committed(wanted.group, topic.topic, partition).value_or(CommittedOffset()));
      }
      body.Tags();
      wanted.topics.push_back(std::move(topic));
    }
    if (count < 0) {
      for (auto& [key, offset] : groups_->AllCommitted(wanted.group)) {
        if (wanted.topics.empty() || wanted.topics.back().topic != key.first) wanted.topics.push_back({key.first, {}});
        wanted.topics.back().partitions.emplace_back(key.second, std::move(offset));
      }
    }
    return wanted;
  };
  std::vector<Wanted> groups;
  if (version >= 8) {
    const int32_t count = body.ArrayCount();
    for (int32_t g = 0; g < count && body.ok(); ++g) {
      groups.push_back(read_group());
      body.Tags();
    }
  } else {
    groups.push_back(read_group());
  }
  if (version >= 7) body.Bool();
  if (!body.ok()) return Malformed(request);

  WireWriter writer = Begin(request.reply_to);
  if (version >= 3) writer.Int32(0);
  if (version >= 8) writer.Array(groups.size());
  for (const Wanted& group : groups) {
    if (version >= 8) writer.String(group.group);
    writer.Array(group.topics.size());
    for (const TopicOffsets& topic : group.topics) {
      writer.String(topic.topic).Array(topic.partitions.size());
      for (const auto& [partition, offset] : topic.partitions) {
        writer.Int32(partition).Int64(offset.offset);
        if (version >= 5) writer.Int32(offset.leader_epoch);
        writer.NullableString(offset.metadata).Int16(0).Tags();
      }
      writer.Tags();
    }
    if (version >= 2) writer.Int16(0);
    if (version >= 8) writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::DescribeGroups(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  std::vector<std::string> names;
  const int32_t count = body.ArrayCount();
  for (int32_t g = 0; g < count && body.ok(); ++g) names.emplace_back(body.String());
  if (version >= 3) body.Bool();
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  if (version >= 1) writer.Int32(0);
  writer.Array(names.size());
  for (const std::string& name : names) {
    const GroupView group = groups_->Describe(name).value_or(GroupView{.name = name, .state = "Dead"});
    writer.Int16(0).String(name).String(group.state).String(group.protocol_type).String(group.protocol);
    writer.Array(group.members.size());
    for (const GroupMemberView& member : group.members) {
      writer.String(member.id);
      if (version >= 4) writer.NullableString(View(member.instance));
      writer.String(member.client_id).String(member.client_host).Bytes(member.metadata).Bytes(member.assignment).Tags();
    }
    if (version >= 3) writer.Int32(kOperationsUnknown);
    writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::ListGroups(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  std::vector<std::string> states;
  const int32_t count = version >= 4 ? body.ArrayCount() : 0;
  for (int32_t s = 0; s < count && body.ok(); ++s) states.emplace_back(body.String());
  if (!body.ok()) return Malformed(request);
  std::vector<GroupView> groups = groups_->List();
  std::erase_if(groups, [&](const GroupView& group) {
    return !states.empty() && std::find(states.begin(), states.end(), group.state) == states.end();
  });
  WireWriter writer = Begin(request.reply_to);
  if (version >= 1) writer.Int32(0);
  writer.Int16(0).Array(groups.size());
  for (const GroupView& group : groups) {
    writer.String(group.name).String(group.protocol_type);
    if (version >= 4) writer.String(group.state);
    writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::DeleteGroups(KafkaRequest& request) {
  WireReader& body = request.body;
  std::vector<std::string> names;
  const int32_t count = body.ArrayCount();
  for (int32_t g = 0; g < count && body.ok(); ++g) names.emplace_back(body.String());
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(names.size());
  for (const std::string& name : names) {
    writer.String(name).Int16(static_cast<int16_t>(groups_->Delete(name))).Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::OffsetDelete(KafkaRequest& request) {
  WireReader& body = request.body;
  const std::string group(body.String());
  const auto known = groups_->Describe(group);
  const bool members = known && !known->members.empty();
  WireWriter writer = Begin(request.reply_to);
  writer.Int16(static_cast<int16_t>(known ? KafkaError::kNone : KafkaError::kGroupIdNotFound)).Int32(0);
  const int32_t topics = body.ArrayCount();
  writer.Array(static_cast<size_t>(std::max(topics, 0)));
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    const std::string topic(body.String());
    const int32_t partitions = body.ArrayCount();
    writer.String(topic).Array(static_cast<size_t>(std::max(partitions, 0)));
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      const int32_t partition = body.Int32();
      const KafkaError error =
          members ? KafkaError::kGroupSubscribedToTopic : groups_->DeleteOffset(group, topic, partition);
      writer.Int32(partition).Int16(static_cast<int16_t>(error));
    }
  }
  if (!body.ok()) return Malformed(request);
  Send(request.reply_to, writer);
}

}  // namespace venice::embedded
