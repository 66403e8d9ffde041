// The log seam on Kafka, by librdkafka.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "pubsub/pubsub.h"

namespace venice::pubsub::kafka {

struct KafkaOptions {
  std::string bootstrap_servers;              // "host:port,host:port"
  std::map<std::string, std::string> config;  // librdkafka settings for all clients, such as security.protocol
};

Result<std::unique_ptr<Client>> NewKafkaClient(const KafkaOptions& options);

// A Kafka position is its offset: these convert for tools and wire formats that carry the number itself.
Position PositionFromOffset(int64_t offset);
// Errors: kInvalidArgument when the position is not a Kafka offset (or is earliest/latest).
Result<int64_t> OffsetFromPosition(const Position& position);

}  // namespace venice::pubsub::kafka
