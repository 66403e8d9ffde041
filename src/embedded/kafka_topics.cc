// Requests that make, grow and remove topics.
#include <algorithm>

#include "base/log.h"
#include "embedded/kafka_broker.h"

namespace venice::embedded {
namespace {

constexpr int8_t kSourceTopic = 1;  // set on the topic
constexpr int8_t kSourceDefault = 5;

}  // namespace

KafkaError ErrorForTopicChange(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return KafkaError::kUnknownTopicOrPartition;
    case ErrorCode::kAlreadyExists:
      return KafkaError::kTopicAlreadyExists;
    case ErrorCode::kResourceExhausted:
      return KafkaError::kPolicyViolation;
    case ErrorCode::kInvalidArgument:
      return KafkaError::kInvalidConfig;
    default:
      return KafkaError::kStorageError;
  }
}

std::shared_ptr<const LogTopic> KafkaBroker::FindOrAutoCreate(const std::string& name, bool may_create) {
  auto topic = engine_.Find(name);
  if (topic != nullptr || !may_create || !options_.auto_create_topics) return topic;
  const auto created = engine_.CreateTopic(name, options_.auto_create_partitions, {});
  return created.ok() ? *created : nullptr;
}

void KafkaBroker::CreateTopics(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  struct Wanted {
    std::string name;
    int32_t partitions = 0;
    int16_t replication = 0;
    int32_t assigned = 0;
    bool assigned_elsewhere = false;
    std::map<std::string, std::string> settings;
  };
  std::vector<Wanted> wanted;
  const int32_t count = body.ArrayCount();
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Wanted topic;
    topic.name = body.String();
    topic.partitions = body.Int32();
    topic.replication = body.Int16();
    topic.assigned = body.ArrayCount();
    for (int32_t a = 0; a < topic.assigned && body.ok(); ++a) {
      body.Int32();
      const int32_t brokers = body.ArrayCount();
      for (int32_t b = 0; b < brokers && body.ok(); ++b) topic.assigned_elsewhere |= body.Int32() != 1;
      body.Tags();
    }
    const int32_t settings = body.ArrayCount();
    for (int32_t s = 0; s < settings && body.ok(); ++s) {
      const std::string name(body.String());
      const auto value = body.NullableString();
      if (value) topic.settings[name] = *value;
      body.Tags();
    }
    body.Tags();
    wanted.push_back(std::move(topic));
  }
  body.Int32();
  const bool check_only = body.Bool();
  if (!body.ok()) return Malformed(request);

  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(wanted.size());
  for (Wanted& topic : wanted) {
    KafkaError error = KafkaError::kNone;
    std::string message;
    std::shared_ptr<const LogTopic> created;
    const int32_t partitions = topic.assigned > 0
                                   ? topic.assigned
                                   : (topic.partitions == -1 ? options_.auto_create_partitions : topic.partitions);
    const auto twice =
        std::count_if(wanted.begin(), wanted.end(), [&](const Wanted& w) { return w.name == topic.name; });
    if (twice > 1) {
      error = KafkaError::kInvalidRequest;
      message = "the topic is named twice in one request";
    } else if (topic.assigned_elsewhere) {
      error = KafkaError::kInvalidReplicaAssignment;
      message = "there is one broker: id 1";
    } else if (topic.assigned <= 0 && topic.replication != 1 && topic.replication != -1) {
      error = KafkaError::kInvalidReplicationFactor;
      message = "Replication factor must be 1: this log is a single node";
    } else if (partitions < 1) {
      error = KafkaError::kInvalidPartitions;
      message = "Number of partitions must be larger than 0";
    } else {
      auto result = engine_.CreateTopic(topic.name, partitions, topic.settings, check_only);
      if (result.ok()) {
        created = *result;
      } else {
        error = ErrorForTopicChange(result.error());
        message = result.error().message();
        if (error == KafkaError::kInvalidConfig && message.starts_with("Topic name")) error = KafkaError::kInvalidTopic;
      }
    }
    writer.String(topic.name);
    if (version >= 7) writer.Uuid(created != nullptr && !check_only ? created->id : TopicId{});
    writer.Int16(static_cast<int16_t>(error));
    writer.NullableString(error == KafkaError::kNone ? std::nullopt : std::optional<std::string_view>(message));
    if (version >= 5) {
      writer.Int32(created != nullptr ? partitions : -1).Int16(created != nullptr ? 1 : -1);
      const auto& settings = TopicSettings();
      writer.Array(created != nullptr ? settings.size() : 0);
      for (size_t s = 0; created != nullptr && s < settings.size(); ++s) {
        const auto own = topic.settings.find(std::string(settings[s].name));
        const bool set = own != topic.settings.end();
        writer.String(settings[s].name).NullableString(set ? std::string_view(own->second) : settings[s].fallback);
        writer.Bool(false).Int8(set ? kSourceTopic : kSourceDefault).Bool(false).Tags();
      }
    }
    writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::DeleteTopics(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  struct Wanted {
    std::string name;
    TopicId id{};
  };
  std::vector<Wanted> wanted;
  const int32_t count = body.ArrayCount();
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    Wanted topic;
    if (version >= 6) {
      topic.name = body.NullableString().value_or("");
      topic.id = body.Uuid();
      body.Tags();
    } else {
      topic.name = body.String();
    }
    wanted.push_back(std::move(topic));
  }
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(wanted.size());
  for (Wanted& want : wanted) {
    const bool by_id = want.name.empty();
    const auto topic = by_id ? engine_.FindById(want.id) : engine_.Find(want.name);
    KafkaError error = by_id ? KafkaError::kUnknownTopicId : KafkaError::kUnknownTopicOrPartition;
    std::string message = "no such topic";
    if (topic != nullptr) {
      want = {topic->name, topic->id};
      const Status deleted = engine_.DeleteTopic(topic->name);
      error = deleted.ok() ? KafkaError::kNone : ErrorForTopicChange(deleted.error());
      if (!deleted.ok()) message = deleted.error().message();
      if (deleted.ok()) groups_->ForgetTopic(topic->name);
      for (const auto& log : topic->partitions) WakeFetchesOf(log.get());
    }
    writer.NullableString(version >= 6 && want.name.empty() ? std::nullopt
                                                            : std::optional<std::string_view>(want.name));
    if (version >= 6) writer.Uuid(want.id);
    writer.Int16(static_cast<int16_t>(error));
    if (version >= 5) {
      writer.NullableString(error == KafkaError::kNone ? std::nullopt : std::optional<std::string_view>(message));
    }
    writer.Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

void KafkaBroker::CreatePartitions(KafkaRequest& request) {
  WireReader& body = request.body;
  std::vector<std::pair<std::string, int32_t>> wanted;
  const int32_t count = body.ArrayCount();
  for (int32_t i = 0; i < count && body.ok(); ++i) {
    const std::string name(body.String());
    wanted.emplace_back(name, body.Int32());
    const int32_t assignments = body.ArrayCount();
    for (int32_t a = 0; a < assignments && body.ok(); ++a) {
      const int32_t brokers = body.ArrayCount();
      for (int32_t b = 0; b < brokers && body.ok(); ++b) body.Int32();
      body.Tags();
    }
    body.Tags();
  }
  body.Int32();
  const bool check_only = body.Bool();
  if (!body.ok()) return Malformed(request);
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Array(wanted.size());
  for (const auto& [name, total] : wanted) {
    const Status grown = engine_.AddPartitions(name, total, check_only);
    KafkaError error = grown.ok() ? KafkaError::kNone : ErrorForTopicChange(grown.error());
    if (error == KafkaError::kInvalidConfig) error = KafkaError::kInvalidPartitions;
    writer.String(name).Int16(static_cast<int16_t>(error));
    writer.NullableString(grown.ok() ? std::nullopt : std::optional<std::string_view>(grown.error().message())).Tags();
  }
  writer.Tags();
  Send(request.reply_to, writer);
}

}  // namespace venice::embedded
