// Topics of a Kafka cluster. Private to the adapter.
#pragma once

#include <memory>

#include "pubsub/kafka/handle.h"
#include "pubsub/pubsub.h"

namespace venice::pubsub::kafka {

// Thread-safe: every call waits on a queue of its own.
class KafkaAdmin : public Admin {
 public:
  explicit KafkaAdmin(ClientHandle client) : client_(std::move(client)) {}

  Status CreateTopic(const std::string& topic, const TopicOptions& options) override;
  Status DeleteTopic(const std::string& topic) override;
  Result<std::vector<std::string>> ListTopics() override;
  Result<std::optional<int32_t>> PartitionCount(const std::string& topic) override;
  Result<std::map<std::string, std::string>> TopicConfig(const std::string& topic) override;
  Status SetTopicConfig(const std::string& topic, const std::map<std::string, std::string>& config) override;

 private:
  enum class Which { kAll, kSetOnTopic };
  Result<std::map<std::string, std::string>> Describe(const std::string& topic, Which which);

  ClientHandle client_;
};

}  // namespace venice::pubsub::kafka
