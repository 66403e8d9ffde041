// Writes to a Kafka cluster. Private to the adapter.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <thread>

#include "pubsub/kafka/handle.h"
#include "pubsub/pubsub.h"

namespace venice::pubsub::kafka {

// Thread-safe. Owns one thread, on which all callbacks run. Destruction fails what is still unacknowledged with
// kCancelled; Flush first to wait for it.
class KafkaProducer : public Producer {
 public:
  static Result<std::unique_ptr<KafkaProducer>> Make(ConfigHandle config);
  ~KafkaProducer() override;

  Status Send(const TopicPartition& to, std::string_view key, std::string_view value, std::span<const Header> headers,
              ProduceCallback callback) override;
  Status SendWatched(const TopicPartition& to, std::string_view key, std::string_view value,
                     std::span<const Header> headers, DeliveryWatcher& watcher) override;
  Status Flush(std::chrono::milliseconds timeout) override;

 private:
  struct Topic {
    std::string name;
    TopicHandle handle;
  };

  KafkaProducer() = default;
  Result<rd_kafka_topic_t*> FindTopic(const std::string& name);
  Status Produce(const TopicPartition& to, std::string_view key, std::string_view value,
                 std::span<const Header> headers, void* opaque);
  void ServeCallbacks();
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);

  ClientHandle client_;
  std::thread callback_thread_;
  std::atomic<bool> stopping_{false};

  std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Topic>> topics_;  // guarded by mutex_; entries live as long as the producer
  std::atomic<const Topic*> last_topic_{nullptr};         // most producers write one topic
};

}  // namespace venice::pubsub::kafka
