#include "controller/topics.h"

#include <charconv>

#include "pubsub/kafka/kafka_client.h"

namespace venice::controller {

namespace {

constexpr std::chrono::seconds kControlMessageTimeout{30};

writer::WriterOptions WriterOptionsFor(const ControllerSettings& settings) {
  writer::WriterOptions options;
  options.writer_id = "venice-controller";
  options.clock = settings.clock;
  return options;
}

}  // namespace

Result<pubsub::Admin*> Topics::Admin() {
  std::lock_guard lock(mutex_);
  if (!client_) {
    pubsub::kafka::KafkaOptions options;
    options.bootstrap_servers = settings_.kafka_bootstrap_servers;
    options.config = settings_.kafka_config;
    VENICE_ASSIGN(client_, pubsub::kafka::NewKafkaClient(options));
  }
  if (!admin_) {
    VENICE_ASSIGN(admin_, client_->NewAdmin());
  }
  return admin_.get();
}

Result<pubsub::Producer*> Topics::Producer() {
  VENICE_TRY(Admin());
  std::lock_guard lock(mutex_);
  if (!producer_) {
    // Control messages are few and awaited: nothing is gained by waiting for a fuller batch.
    VENICE_ASSIGN(producer_, client_->NewProducer({{"linger.ms", "0"}}));
  }
  return producer_.get();
}

Status Topics::CreateVersionTopic(const std::string& topic, int32_t partitions) {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  pubsub::TopicOptions options;
  options.partitions = partitions;
  options.replication_factor = settings_.kafka_replication_factor;
  options.config = {{"retention.ms", std::to_string(INT64_MAX)},
                    {"cleanup.policy", "delete"},
                    {"message.timestamp.type", "CreateTime"}};
  if (settings_.kafka_min_in_sync_replicas > 0)
    options.config["min.insync.replicas"] = std::to_string(settings_.kafka_min_in_sync_replicas);
  Status created = admin->CreateTopic(topic, options);
  if (!created.ok()) return std::move(created).error().In("create topic " + topic);
  return Ok();
}

Status Topics::WriteStartOfPush(const std::string& topic, int32_t partitions, const writer::PushStart& start) {
  VENICE_ASSIGN(pubsub::Producer * producer, Producer());
  writer::VersionTopicWriter writer(*producer, topic, partitions, WriterOptionsFor(settings_));
  VENICE_TRY(writer.StartOfPush(start));
  return writer.Close(kControlMessageTimeout);
}

Status Topics::WriteEndOfPush(const std::string& topic, int32_t partitions,
                              const std::vector<protocol::PartitionDigest>& digests,
                              const std::vector<int64_t>& counts) {
  VENICE_ASSIGN(pubsub::Producer * producer, Producer());
  writer::VersionTopicWriter writer(*producer, topic, partitions, WriterOptionsFor(settings_));
  if (digests.empty() && !counts.empty()) return writer.EndOfPushWithCounts(counts, kControlMessageTimeout);
  return writer.EndOfPush(digests, kControlMessageTimeout);
}

Status Topics::Truncate(const std::string& topic) {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  Status changed =
      admin->SetTopicConfig(topic, {{"retention.ms", std::to_string(settings_.deprecated_topic_retention.count())}});
  if (!changed.ok() && changed.error().code() == ErrorCode::kNotFound) return Ok();
  return changed;
}

Result<bool> Topics::IsTruncated(const std::string& topic) {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  Result<std::map<std::string, std::string>> config = admin->TopicConfig(topic);
  if (!config.ok()) {
    if (config.error().code() == ErrorCode::kNotFound) return true;
    return std::move(config).error();
  }
  const auto it = config->find("retention.ms");
  int64_t retention_ms = 0;
  if (it == config->end() ||
      std::from_chars(it->second.data(), it->second.data() + it->second.size(), retention_ms).ec != std::errc())
    return false;
  return retention_ms >= 0 && retention_ms <= settings_.deprecated_topic_retention_max.count();
}

Status Topics::Delete(const std::string& topic) {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  Status deleted = admin->DeleteTopic(topic);
  if (!deleted.ok() && deleted.error().code() == ErrorCode::kNotFound) return Ok();
  return deleted;
}

Result<std::vector<std::string>> Topics::List() {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  return admin->ListTopics();
}

Result<bool> Topics::Exists(const std::string& topic) {
  VENICE_ASSIGN(pubsub::Admin * admin, Admin());
  VENICE_ASSIGN(const std::optional<int32_t> partitions, admin->PartitionCount(topic));
  return partitions.has_value();
}

}  // namespace venice::controller
