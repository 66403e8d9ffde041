#include "pubsub/kafka/admin.h"

#include <fmt/format.h>

namespace venice::pubsub::kafka {
namespace {

constexpr int kTimeoutMs = 30'000;

using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, FreeWith<rd_kafka_NewTopic_destroy>>;
using DeleteTopicHandle = std::unique_ptr<rd_kafka_DeleteTopic_t, FreeWith<rd_kafka_DeleteTopic_destroy>>;
using ResourceHandle = std::unique_ptr<rd_kafka_ConfigResource_t, FreeWith<rd_kafka_ConfigResource_destroy>>;
using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, FreeWith<rd_kafka_AdminOptions_destroy>>;
using MetadataHandle = std::unique_ptr<const rd_kafka_metadata_t, FreeWith<rd_kafka_metadata_destroy>>;

OptionsHandle MakeOptions(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  OptionsHandle options(rd_kafka_AdminOptions_new(client, operation));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, nullptr, 0);
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS)
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), kTimeoutMs, nullptr, 0);
  return options;
}

// Waits for the one event that `start(options, queue)` asks for; an error when the request as a whole failed.
template <typename Start>
Result<EventHandle> Request(rd_kafka_t* client, rd_kafka_admin_op_t operation, std::string_view attempt, Start start) {
  const QueueHandle queue(rd_kafka_queue_new(client));
  const OptionsHandle options = MakeOptions(client, operation);
  start(options.get(), queue.get());
  EventHandle event(rd_kafka_queue_poll(queue.get(), kTimeoutMs + 5'000));
  if (event == nullptr) return MakeError(RD_KAFKA_RESP_ERR__TIMED_OUT, attempt);
  if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, attempt, rd_kafka_event_error_string(event.get()));
  return event;
}

Status FirstTopicError(const rd_kafka_topic_result_t* const* results, size_t count, std::string_view attempt) {
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return MakeError(code, attempt, text == nullptr ? "" : text);
  }
  return Ok();
}

Status FirstResourceError(const rd_kafka_ConfigResource_t* const* resources, size_t count, std::string_view attempt) {
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* text = rd_kafka_ConfigResource_error_string(resources[i]);
    return MakeError(code, attempt, text == nullptr ? "" : text);
  }
  return Ok();
}

}  // namespace

Status KafkaAdmin::CreateTopic(const std::string& topic, const TopicOptions& options) {
  const std::string attempt = fmt::format("create topic {}", topic);
  char text[256];
  const NewTopicHandle request(
      rd_kafka_NewTopic_new(topic.c_str(), options.partitions, options.replication_factor, text, sizeof(text)));
  if (request == nullptr) return Error(ErrorCode::kInvalidArgument, fmt::format("{}: {}", attempt, text));
  for (const auto& [name, value] : options.config) {
    if (const auto code = rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return MakeError(code, fmt::format("{} with {}={}", attempt, name, value));
  }
  VENICE_ASSIGN(const EventHandle event,
                Request(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, attempt, [&](auto* admin_options, auto* queue) {
                  rd_kafka_NewTopic_t* topics[] = {request.get()};
                  rd_kafka_CreateTopics(client_.get(), topics, 1, admin_options, queue);
                }));
  size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return FirstTopicError(results, count, attempt);
}

Status KafkaAdmin::DeleteTopic(const std::string& topic) {
  const std::string attempt = fmt::format("delete topic {}", topic);
  const DeleteTopicHandle request(rd_kafka_DeleteTopic_new(topic.c_str()));
  VENICE_ASSIGN(const EventHandle event,
                Request(client_.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, attempt, [&](auto* admin_options, auto* queue) {
                  rd_kafka_DeleteTopic_t* topics[] = {request.get()};
                  rd_kafka_DeleteTopics(client_.get(), topics, 1, admin_options, queue);
                }));
  size_t count = 0;
  const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return FirstTopicError(results, count, attempt);
}

Result<std::vector<std::string>> KafkaAdmin::ListTopics() {
  const rd_kafka_metadata_t* raw = nullptr;
  if (const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &raw, kTimeoutMs);
      code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, "list topics");
  const MetadataHandle metadata(raw);
  std::vector<std::string> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) topics.emplace_back(metadata->topics[i].topic);
  return topics;
}

Result<std::optional<int32_t>> KafkaAdmin::PartitionCount(const std::string& topic) {
  const std::string attempt = fmt::format("look up topic {}", topic);
  const TopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (handle == nullptr) return MakeError(rd_kafka_last_error(), attempt);
  const rd_kafka_metadata_t* raw = nullptr;
  if (const auto code = rd_kafka_metadata(client_.get(), 0, handle.get(), &raw, kTimeoutMs);
      code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, attempt);
  const MetadataHandle metadata(raw);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& found = metadata->topics[i];
    if (topic != found.topic) continue;
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<int32_t>();
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR && found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
      return MakeError(found.err, attempt);
    return found.partition_cnt == 0 ? std::optional<int32_t>() : std::optional<int32_t>(found.partition_cnt);
  }
  return std::optional<int32_t>();
}

Result<std::map<std::string, std::string>> KafkaAdmin::Describe(const std::string& topic, Which which) {
  const std::string attempt = fmt::format("read settings of topic {}", topic);
  const ResourceHandle request(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  VENICE_ASSIGN(
      const EventHandle event,
      Request(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, attempt, [&](auto* admin_options, auto* queue) {
        rd_kafka_ConfigResource_t* resources[] = {request.get()};
        rd_kafka_DescribeConfigs(client_.get(), resources, 1, admin_options, queue);
      }));
  size_t count = 0;
  const auto* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  VENICE_TRY(FirstResourceError(resources, count, attempt));
  std::map<std::string, std::string> config;
  for (size_t i = 0; i < count; ++i) {
    size_t entries_count = 0;
    const auto* entries = rd_kafka_ConfigResource_configs(resources[i], &entries_count);
    for (size_t e = 0; e < entries_count; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(entries[e]);
      const bool set_on_topic = rd_kafka_ConfigEntry_source(entries[e]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
      if (value != nullptr && (which == Which::kAll || set_on_topic))
        config.emplace(rd_kafka_ConfigEntry_name(entries[e]), value);
    }
  }
  return config;
}

Result<std::map<std::string, std::string>> KafkaAdmin::TopicConfig(const std::string& topic) {
  return Describe(topic, Which::kAll);
}

// librdkafka 2.0 has only the request that replaces all settings of a topic, so the others are read and sent again.
Status KafkaAdmin::SetTopicConfig(const std::string& topic, const std::map<std::string, std::string>& config) {
  const std::string attempt = fmt::format("change settings of topic {}", topic);
  VENICE_ASSIGN(auto merged, Describe(topic, Which::kSetOnTopic));
  for (const auto& [name, value] : config) merged.insert_or_assign(name, value);

  const ResourceHandle request(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : merged) {
    if (const auto code = rd_kafka_ConfigResource_set_config(request.get(), name.c_str(), value.c_str());
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return MakeError(code, fmt::format("{} to {}={}", attempt, name, value));
  }
  VENICE_ASSIGN(const EventHandle event,
                Request(client_.get(), RD_KAFKA_ADMIN_OP_ALTERCONFIGS, attempt, [&](auto* admin_options, auto* queue) {
                  rd_kafka_ConfigResource_t* resources[] = {request.get()};
                  rd_kafka_AlterConfigs(client_.get(), resources, 1, admin_options, queue);
                }));
  size_t count = 0;
  const auto* resources =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  return FirstResourceError(resources, count, attempt);
}

}  // namespace venice::pubsub::kafka
