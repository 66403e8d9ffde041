#include "rdkafka_clients.h"

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/check.h"

namespace venice::kafka_cases {
namespace {

constexpr int kLimitMs = 20'000;

struct Queue {
  explicit Queue(rd_kafka_t* rk) : queue(rd_kafka_queue_new(rk)) {}
  ~Queue() { rd_kafka_queue_destroy(queue); }
  rd_kafka_queue_t* queue;
};

}  // namespace

Handle NewHandle(rd_kafka_type_t type, const std::string& bootstrap, const Config& config) {
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "log_level", "3", nullptr, 0);
  for (const auto& [name, value] : config) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof(text)) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "%s\n", text);
      std::abort();
    }
  }
  Handle handle;
  handle.rk = rd_kafka_new(type, conf, text, sizeof(text));
  VENICE_CHECK(handle.rk != nullptr);
  return handle;
}

void Producer::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<Producer*>(opaque);
  Delivery delivery{message->err, message->partition, message->offset, ""};
  if (self->keep_values) delivery.value.assign(static_cast<const char*>(message->payload), message->len);
  self->deliveries.push_back(std::move(delivery));
}

Producer::Producer(const std::string& bootstrap, Config config) {
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  config["bootstrap.servers"] = bootstrap;
  config.emplace("log_level", "3");
  for (const auto& [name, value] : config) {
    VENICE_CHECK(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof(text)) == RD_KAFKA_CONF_OK);
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, &Producer::OnDelivery);
  handle_.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
  VENICE_CHECK(handle_.rk != nullptr);
}

void Producer::Send(const std::string& topic, int32_t partition, const std::optional<std::string>& key,
                    const std::optional<std::string>& value, int64_t timestamp_ms,
                    const std::vector<std::pair<std::string, std::string>>& headers) {
  void* const key_data = key ? const_cast<char*>(key->data()) : nullptr;
  void* const value_data = value ? const_cast<char*>(value->data()) : nullptr;
  const size_t key_size = key ? key->size() : 0;
  const size_t value_size = value ? value->size() : 0;
  while (true) {
    rd_kafka_headers_t* list = nullptr;
    if (!headers.empty()) {
      list = rd_kafka_headers_new(headers.size());
      for (const auto& [name, text] : headers) {
        rd_kafka_header_add(list, name.c_str(), -1, text.data(), static_cast<ssize_t>(text.size()));
      }
    }
    const rd_kafka_resp_err_t error =
        rd_kafka_producev(handle_.rk, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key_data, key_size),
                          RD_KAFKA_V_VALUE(value_data, value_size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                          RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && list != nullptr) rd_kafka_headers_destroy(list);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(handle_.rk, 50);
      continue;
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) deliveries.push_back({error, partition, -1, value.value_or("")});
    return;
  }
}

bool Producer::Flush(std::chrono::milliseconds limit) {
  return rd_kafka_flush(handle_.rk, static_cast<int>(limit.count())) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

Consumer::Consumer(const std::string& bootstrap, Config config) {
  config.emplace("group.id", "unused");
  config.emplace("auto.offset.reset", "earliest");
  config.emplace("enable.partition.eof", "true");
  config.emplace("enable.auto.commit", "false");
  config.emplace("session.timeout.ms", "6000");
  config.emplace("heartbeat.interval.ms", "200");
  config.emplace("fetch.wait.max.ms", "100");
  handle_ = NewHandle(RD_KAFKA_CONSUMER, bootstrap, config);
  rd_kafka_poll_set_consumer(handle_.rk);
}

Consumer::~Consumer() { rd_kafka_consumer_close(handle_.rk); }

void Consumer::Assign(const std::string& topic, int32_t partition, int64_t offset) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_assign(handle_.rk, list);
  rd_kafka_topic_partition_list_destroy(list);
}

void Consumer::Subscribe(const std::vector<std::string>& topics) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  for (const std::string& topic : topics) rd_kafka_topic_partition_list_add(list, topic.c_str(), -1);
  rd_kafka_subscribe(handle_.rk, list);
  rd_kafka_topic_partition_list_destroy(list);
}

std::vector<Message> Consumer::Read(size_t count, std::chrono::milliseconds limit, bool stop_at_end) {
  std::vector<Message> messages;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (messages.size() < count && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_message_t* raw = rd_kafka_consumer_poll(handle_.rk, 50);
    if (raw == nullptr) continue;
    if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      rd_kafka_message_destroy(raw);
      if (stop_at_end) break;
      continue;
    }
    if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      last_error = raw->err;
      rd_kafka_message_destroy(raw);
      if (stop_at_end) break;
      continue;
    }
    Message message;
    message.partition = raw->partition;
    message.offset = raw->offset;
    message.timestamp_ms = rd_kafka_message_timestamp(raw, nullptr);
    if (raw->key != nullptr) message.key = std::string(static_cast<const char*>(raw->key), raw->key_len);
    if (raw->payload != nullptr) message.value = std::string(static_cast<const char*>(raw->payload), raw->len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        message.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
      }
    }
    messages.push_back(std::move(message));
    rd_kafka_message_destroy(raw);
  }
  return messages;
}

std::vector<int32_t> Consumer::Assignment() {
  rd_kafka_topic_partition_list_t* list = nullptr;
  std::vector<int32_t> partitions;
  if (rd_kafka_assignment(handle_.rk, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back(list->elems[i].partition);
  rd_kafka_topic_partition_list_destroy(list);
  return partitions;
}

rd_kafka_resp_err_t Consumer::Commit() { return rd_kafka_commit(handle_.rk, nullptr, 0); }

struct Admin::Event {
  explicit Event(rd_kafka_event_t* e) : event(e) {}
  ~Event() {
    if (event != nullptr) rd_kafka_event_destroy(event);
  }
  rd_kafka_event_t* event;
};

Admin::Admin(const std::string& bootstrap) : handle_(NewHandle(RD_KAFKA_PRODUCER, bootstrap, {})) {}

std::unique_ptr<Admin::Event> Admin::Wait(rd_kafka_queue_t* queue) {
  auto event = std::make_unique<Event>(rd_kafka_queue_poll(queue, kLimitMs));
  VENICE_CHECK(event->event != nullptr);
  error_text = rd_kafka_event_error_string(event->event) != nullptr ? rd_kafka_event_error_string(event->event) : "";
  return event;
}

rd_kafka_resp_err_t Admin::Create(const std::string& topic, int partitions, const Config& settings) {
  const Queue queue(handle_.rk);
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
  for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  rd_kafka_CreateTopics(handle_.rk, &wanted, 1, nullptr, queue.queue);
  rd_kafka_NewTopic_destroy(wanted);
  const auto event = Wait(queue.queue);
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error(event->event);
  size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->event), &count);
  const char* text = rd_kafka_topic_result_error_string(results[0]);
  error_text = text != nullptr ? text : "";
  return rd_kafka_topic_result_error(results[0]);
}

rd_kafka_resp_err_t Admin::Delete(const std::string& topic) {
  const Queue queue(handle_.rk);
  rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
  rd_kafka_DeleteTopics(handle_.rk, &wanted, 1, nullptr, queue.queue);
  rd_kafka_DeleteTopic_destroy(wanted);
  const auto event = Wait(queue.queue);
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error(event->event);
  size_t count = 0;
  return rd_kafka_topic_result_error(
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event->event), &count)[0]);
}

rd_kafka_resp_err_t Admin::Grow(const std::string& topic, int partitions) {
  const Queue queue(handle_.rk);
  char text[256];
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(partitions), text, sizeof(text));
  rd_kafka_CreatePartitions(handle_.rk, &wanted, 1, nullptr, queue.queue);
  rd_kafka_NewPartitions_destroy(wanted);
  const auto event = Wait(queue.queue);
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error(event->event);
  size_t count = 0;
  return rd_kafka_topic_result_error(
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event->event), &count)[0]);
}

rd_kafka_resp_err_t Admin::SetConfig(const std::string& topic, const Config& settings) {
  const Queue queue(handle_.rk);
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [name, value] : settings) rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
  rd_kafka_AlterConfigs(handle_.rk, &resource, 1, nullptr, queue.queue);
  rd_kafka_ConfigResource_destroy(resource);
  const auto event = Wait(queue.queue);
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error(event->event);
  size_t count = 0;
  return rd_kafka_ConfigResource_error(
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event->event), &count)[0]);
}

Config Admin::Describe(const std::string& topic) {
  const Queue queue(handle_.rk);
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_DescribeConfigs(handle_.rk, &resource, 1, nullptr, queue.queue);
  rd_kafka_ConfigResource_destroy(resource);
  const auto event = Wait(queue.queue);
  Config config;
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return config;
  size_t count = 0;
  const auto* const* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->event), &count);
  const auto* const* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    config[rd_kafka_ConfigEntry_name(entries[i])] = value != nullptr ? value : "";
  }
  return config;
}

rd_kafka_resp_err_t Admin::DeleteRecords(const std::string& topic, int32_t partition, int64_t before) {
  const Queue queue(handle_.rk);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
  rd_kafka_DeleteRecords_t* wanted = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_DeleteRecords(handle_.rk, &wanted, 1, nullptr, queue.queue);
  rd_kafka_DeleteRecords_destroy(wanted);
  const auto event = Wait(queue.queue);
  if (rd_kafka_event_error(event->event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error(event->event);
  return rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->event))->elems[0].err;
}

std::optional<int> Admin::Partitions(const std::string& topic) {
  const rd_kafka_metadata_t* metadata = nullptr;
  // All topics: asking for one by name might create it.
  if (rd_kafka_metadata(handle_.rk, 1, nullptr, &metadata, kLimitMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  std::optional<int> count;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (topic == metadata->topics[i].topic) count = metadata->topics[i].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return count;
}

std::pair<int64_t, int64_t> Admin::Watermarks(const std::string& topic, int32_t partition) {
  int64_t low = -1;
  int64_t high = -1;
  rd_kafka_query_watermark_offsets(handle_.rk, topic.c_str(), partition, &low, &high, kLimitMs);
  return {low, high};
}

int64_t Admin::OffsetAt(const std::string& topic, int32_t partition, int64_t timestamp_ms) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = timestamp_ms;
  int64_t offset = -100;
  if (rd_kafka_offsets_for_times(handle_.rk, list, kLimitMs) == RD_KAFKA_RESP_ERR_NO_ERROR)
    offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  return offset;
}

}  // namespace venice::kafka_cases
