// Owning pointers to librdkafka objects and the translation of its errors. Private to the adapter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/result.h"

namespace venice::pubsub::kafka {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using ClientHandle = std::unique_ptr<rd_kafka_t, FreeWith<rd_kafka_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, FreeWith<rd_kafka_topic_destroy>>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, FreeWith<rd_kafka_queue_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, FreeWith<rd_kafka_event_destroy>>;
using ConfigHandle = std::unique_ptr<rd_kafka_conf_t, FreeWith<rd_kafka_conf_destroy>>;
using PartitionsHandle =
    std::unique_ptr<rd_kafka_topic_partition_list_t, FreeWith<rd_kafka_topic_partition_list_destroy>>;

// "produce to profiles_v1: Broker: Unknown topic or partition". `text` may add detail to librdkafka's own words.
Error MakeError(rd_kafka_resp_err_t code, std::string_view attempt, std::string_view text = {});

enum class Role { kAdmin, kProducer, kConsumer };

// Settings by any name we know: librdkafka's, or those of Java clients and Venice ("kafka." in front is dropped, JAAS
// lines are taken apart). Later entries win over our defaults. Errors: kInvalidConfig naming the setting.
Result<ConfigHandle> MakeConfig(Role role, const std::string& bootstrap_servers,
                                const std::map<std::string, std::string>& settings);

// Takes the configuration. Errors: kInvalidConfig, kUnavailable.
Result<ClientHandle> MakeClient(Role role, ConfigHandle config);

}  // namespace venice::pubsub::kafka
