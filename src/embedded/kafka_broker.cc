#include "embedded/kafka_broker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "embedded/kafka_pending_fetch.h"

namespace venice::embedded {
namespace {

constexpr int32_t kBrokerId = 1;
constexpr int32_t kOperationsUnknown = INT32_MIN;  // "authorized operations" when nothing is authorized

}  // namespace

KafkaBroker::KafkaBroker(const KafkaServerOptions& options, LogEngine& engine)
    : options_(options), engine_(engine), clock_(options.clock != nullptr ? *options.clock : SystemClock()) {}

KafkaBroker::~KafkaBroker() = default;

void KafkaBroker::Attach(KafkaNetwork& network, GroupCoordinator& groups, DurableMap& offsets, std::string host,
                         uint16_t port) {
  network_ = &network;
  groups_ = &groups;
  offsets_ = &offsets;
  host_ = std::move(host);
  port_ = port;
}

KafkaBroker::Handler KafkaBroker::HandlerFor(Api api) {
  switch (api) {
    case Api::kProduce:
      return &KafkaBroker::Produce;
    case Api::kFetch:
      return &KafkaBroker::Fetch;
    case Api::kListOffsets:
      return &KafkaBroker::ListOffsets;
    case Api::kMetadata:
      return &KafkaBroker::Metadata;
    case Api::kOffsetCommit:
      return &KafkaBroker::OffsetCommit;
    case Api::kOffsetFetch:
      return &KafkaBroker::OffsetFetch;
    case Api::kFindCoordinator:
      return &KafkaBroker::FindCoordinator;
    case Api::kJoinGroup:
      return &KafkaBroker::JoinGroup;
    case Api::kHeartbeat:
      return &KafkaBroker::Heartbeat;
    case Api::kLeaveGroup:
      return &KafkaBroker::LeaveGroup;
    case Api::kSyncGroup:
      return &KafkaBroker::SyncGroup;
    case Api::kDescribeGroups:
      return &KafkaBroker::DescribeGroups;
    case Api::kListGroups:
      return &KafkaBroker::ListGroups;
    case Api::kApiVersions:
      return &KafkaBroker::ApiVersions;
    case Api::kCreateTopics:
      return &KafkaBroker::CreateTopics;
    case Api::kDeleteTopics:
      return &KafkaBroker::DeleteTopics;
    case Api::kDeleteRecords:
      return &KafkaBroker::DeleteRecords;
    case Api::kInitProducerId:
      return &KafkaBroker::InitProducerId;
    case Api::kOffsetForLeaderEpoch:
      return &KafkaBroker::OffsetForLeaderEpoch;
    case Api::kDescribeConfigs:
      return &KafkaBroker::DescribeConfigs;
    case Api::kAlterConfigs:
      return &KafkaBroker::AlterConfigs;
    case Api::kCreatePartitions:
      return &KafkaBroker::CreatePartitions;
    case Api::kDeleteGroups:
      return &KafkaBroker::DeleteGroups;
    case Api::kIncrementalAlterConfigs:
      return &KafkaBroker::IncrementalAlterConfigs;
    case Api::kOffsetDelete:
      return &KafkaBroker::OffsetDelete;
    case Api::kDescribeCluster:
      return &KafkaBroker::DescribeCluster;
  }
  return nullptr;
}

void KafkaBroker::OnRequest(ConnectionId connection, char* bytes, size_t size) {
  WireReader reader({bytes, size}, false);
  KafkaRequest request;
  const int16_t key = reader.Int16();
  request.reply_to.connection = connection;
  request.reply_to.version = reader.Int16();
  request.reply_to.correlation_id = reader.Int32();
  request.client_id = reader.ClassicNullableString().value_or("");
  const ApiVersionRange* api = FindApi(key);
  if (!reader.ok() || api == nullptr) {
    LogDebug("kafka.request.unknown", {{"peer", network_->PeerHost(connection)}, {"api", key}});
    return network_->Close(connection);
  }
  request.api = api->api;
  if (request.version() < api->min || request.version() > api->max) {
    // Only this answer exists in a form that every client reads; otherwise Kafka closes the connection too.
    if (api->api == Api::kApiVersions) {
      request.reply_to.version = 0;
      return ReplyApiVersions(request.reply_to, KafkaError::kUnsupportedVersion);
    }
    LogDebug("kafka.request.unsupported", {{"api", key}, {"version", request.version()}});
    return network_->Close(connection);
  }
  request.reply_to.flexible = request.version() >= api->first_flexible;
  reader.set_flexible(request.reply_to.flexible);
  reader.Tags();
  request.bytes = bytes;
  request.size = size;
  request.body = reader;
  (this->*HandlerFor(api->api))(request);
}

void KafkaBroker::Malformed(const KafkaRequest& request) {
  LogWarning("kafka.request.malformed", {{"peer", network_->PeerHost(request.reply_to.connection)},
                                         {"api", static_cast<int>(request.api)},
                                         {"version", request.version()}});
  network_->Close(request.reply_to.connection);
}

WireWriter KafkaBroker::Begin(const ReplyTo& to) const {
  WireWriter writer(to.flexible);
  writer.Int32(to.correlation_id).Tags();
  return writer;
}

void KafkaBroker::OnClose(ConnectionId connection) {
  if (const auto found = fetches_.find(connection); found != fetches_.end()) {
    network_->Cancel(found->second->timer);
    for (const auto& part : found->second->parts) {
      if (const auto waiting = waiting_.find(part.log.get()); waiting != waiting_.end()) {
        waiting->second.erase(connection);
        if (waiting->second.empty()) waiting_.erase(waiting);
      }
    }
    fetches_.erase(found);
  }
  woken_.erase(connection);
  groups_->OnClose(connection);
}

void KafkaBroker::OnTurnEnd() {
  if (!unsynced_.empty() || !held_answers_.empty()) {
    bool synced = true;
    for (const auto& [address, log] : unsynced_) {
      if (const Status status = log->Sync(); !status.ok()) {
        LogError("kafka.sync.failed", {{"error", status.error().message()}});
        synced = false;
      }
      WakeFetchesOf(address);
    }
    unsynced_.clear();
    std::vector<HeldAnswer> answers;
    answers.swap(held_answers_);
    for (HeldAnswer& held : answers) {
      // What is not durable is not acknowledged.
      if (synced) {
        Send(held.to, held.answer);
      } else {
        network_->Close(held.to.connection);
      }
    }
  }
  std::set<ConnectionId> woken;
  woken.swap(woken_);
  for (const ConnectionId connection : woken) {
    const auto found = fetches_.find(connection);
    if (found != fetches_.end() && TryFetch(*found->second, false)) FinishFetch(*found->second);
  }
}

void KafkaBroker::ApiVersions(KafkaRequest& request) { ReplyApiVersions(request.reply_to, KafkaError::kNone); }

void KafkaBroker::ReplyApiVersions(const ReplyTo& to, KafkaError error) {
  // Its header never has tagged fields: a client reads it before it knows what the server speaks.
  WireWriter writer(to.flexible);
  writer.Int32(to.correlation_id).Int16(static_cast<int16_t>(error)).Array(ApiVersionRanges().size());
  for (const ApiVersionRange& range : ApiVersionRanges()) {
    writer.Int16(static_cast<int16_t>(range.api)).Int16(range.min).Int16(range.max).Tags();
  }
  if (to.version >= 1) writer.Int32(0);
  writer.Tags();
  Send(to, writer);
}

void KafkaBroker::Metadata(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  struct Wanted {
    std::string name;
    TopicId id{};
  };
  const int32_t count = body.ArrayCount();
  const bool all = version == 0 ? count <= 0 : count < 0;
  std::vector<Wanted> wanted;
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Wanted topic;
    if (version >= 10) topic.id = body.Uuid();
    topic.name = body.NullableString().value_or("");
    body.Tags();
    wanted.push_back(std::move(topic));
  }
  const bool may_create = version >= 4 ? body.Bool() : true;
  if (version >= 8 && version <= 10) body.Bool();
  if (version >= 8) body.Bool();
  if (!body.ok()) return Malformed(request);

  struct Answer {
    KafkaError error = KafkaError::kNone;
    std::string name;
    std::shared_ptr<const LogTopic> topic;
    TopicId id{};
  };
  std::vector<Answer> answers;
  if (all) {
    for (auto& topic : engine_.Topics()) answers.push_back({KafkaError::kNone, topic->name, topic, topic->id});
  }
  for (const Wanted& want : wanted) {
    Answer answer;
    const bool by_id = want.name.empty() && want.id != TopicId{};
    answer.topic = by_id ? engine_.FindById(want.id) : FindOrAutoCreate(want.name, may_create);
    answer.name = answer.topic != nullptr ? answer.topic->name : want.name;
    answer.id = answer.topic != nullptr ? answer.topic->id : want.id;
    if (answer.topic == nullptr)
      answer.error = by_id ? KafkaError::kUnknownTopicId : KafkaError::kUnknownTopicOrPartition;
    if (answer.topic == nullptr && !by_id && want.name.empty()) answer.error = KafkaError::kInvalidTopic;
    answers.push_back(std::move(answer));
  }

  WireWriter writer = Begin(request.reply_to);
  if (version >= 3) writer.Int32(0);
  writer.Array(1).Int32(kBrokerId).String(host_).Int32(port_);
  if (version >= 1) writer.NullableString(std::nullopt);
  writer.Tags();
  if (version >= 2) writer.String(engine_.cluster_id());
  if (version >= 1) writer.Int32(kBrokerId);
  writer.Array(answers.size());
  for (const Answer& answer : answers) {
    writer.Int16(static_cast<int16_t>(answer.error));
    if (version >= 12 && answer.name.empty()) {
      writer.NullableString(std::nullopt);
    } else {
      writer.String(answer.name);
    }
    if (version >= 10) writer.Uuid(answer.id);
    if (version >= 1) writer.Bool(false);
    const size_t partitions = answer.topic != nullptr ? answer.topic->partitions.size() : 0;
    writer.Array(partitions);
    for (size_t partition = 0; partition < partitions; ++partition) {
      writer.Int16(0).Int32(static_cast<int32_t>(partition)).Int32(kBrokerId);
      if (version >= 7) writer.Int32(0);
      writer.Array(1).Int32(kBrokerId).Array(1).Int32(kBrokerId);
      if (version >= 5) writer.Array(0);
      writer.Tags();
    }
    if (version >= 8) writer.Int32(kOperationsUnknown);
    writer.Tags();
  }
  if (version >= 8 && version <= 10) writer.Int32(kOperationsUnknown);
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::FindCoordinator(KafkaRequest& request) {
  constexpr int8_t kGroupKey = 0;
  const int16_t version = request.version();
  WireReader& body = request.body;
  int8_t type = kGroupKey;
  std::vector<std::string> keys;
  if (version >= 4) {
    type = body.Int8();
    const int32_t count = body.ArrayCount();
    for (int32_t i = 0; i < count && body.ok(); ++i) keys.emplace_back(body.String());
  } else {
    keys.emplace_back(body.String());
    if (version >= 1) type = body.Int8();
  }
  if (!body.ok()) return Malformed(request);
  const bool group = type == kGroupKey;
  const auto error = static_cast<int16_t>(group ? KafkaError::kNone : KafkaError::kInvalidRequest);
  const std::optional<std::string_view> message =
      group ? std::nullopt : std::optional<std::string_view>("this log does not support transactions");
  auto node = [&](WireWriter& writer) {
    writer.Int32(group ? kBrokerId : -1).String(group ? host_ : "").Int32(group ? port_ : -1);
  };
  WireWriter writer = Begin(request.reply_to);
  if (version >= 1) writer.Int32(0);
  if (version >= 4) {
    writer.Array(keys.size());
    for (const std::string& key : keys) {
      writer.String(key);
      node(writer);
      writer.Int16(error).NullableString(message).Tags();
    }
  } else {
    writer.Int16(error);
    if (version >= 1) writer.NullableString(message);
    node(writer);
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::DescribeCluster(KafkaRequest& request) {
  request.body.Bool();
  const int8_t endpoint_type = request.version() >= 1 ? request.body.Int8() : int8_t{1};
  if (!request.body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Int16(0).NullableString(std::nullopt);
  if (request.version() >= 1) writer.Int8(endpoint_type);
  writer.String(engine_.cluster_id()).Int32(kBrokerId).Array(1);
  writer.Int32(kBrokerId).String(host_).Int32(port_).NullableString(std::nullopt).Tags();
  writer.Int32(kOperationsUnknown).Tags();
  Send(request.reply_to, writer);
}

}  // namespace venice::embedded
