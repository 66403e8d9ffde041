// A fetch that is being answered, or waits for records.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "embedded/kafka_broker.h"

namespace venice::embedded {

struct KafkaBroker::PendingFetch {
  struct Part {
    size_t topic = 0;  // into topics
    int32_t partition = 0;
    int64_t offset = 0;
    size_t bytes_max = 0;
    std::shared_ptr<PartitionLog> log;  // null when unknown
    KafkaError error = KafkaError::kNone;
    ReadResult read;
  };
  ReplyTo to;
  std::vector<std::string> topics;
  std::vector<Part> parts;  // by topic, in order of the request
  int32_t wait_ms = 0;
  size_t bytes_min = 0;
  size_t bytes_max = 0;
  KafkaNetwork::TimerId timer = 0;
};

}  // namespace venice::embedded
