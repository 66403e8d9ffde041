// Reads from a Kafka cluster. Private to the adapter.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pubsub/kafka/handle.h"
#include "pubsub/pubsub.h"

namespace venice::pubsub::kafka {

// Belongs to one thread at a time. Partitions are assigned by hand and no group is joined, so brokers keep nothing
// about us. Prefetched records of all partitions share one queue, bounded in bytes (queued.max.messages.kbytes).
class KafkaConsumer : public Consumer {
 public:
  static Result<std::unique_ptr<KafkaConsumer>> Make(ConfigHandle config);
  ~KafkaConsumer() override;

  Status Subscribe(const TopicPartition& from, const Position& start) override;
  Status Unsubscribe(const TopicPartition& from) override;
  Status Pause(const TopicPartition& from) override;
  Status Resume(const TopicPartition& from) override;
  Result<std::unique_ptr<Batch>> Poll(std::chrono::milliseconds timeout, size_t records_max) override;

  Position PositionOf(const RecordView& record) const override;
  Position PositionAfter(const RecordView& record) const override;
  Result<Position> Beginning(const TopicPartition& of) override;
  Result<Position> End(const TopicPartition& of) override;
  Result<std::optional<Position>> AtTime(const TopicPartition& of, int64_t timestamp_ms) override;
  Result<std::strong_ordering> Compare(const TopicPartition& of, const Position& a, const Position& b) override;

 private:
  friend class KafkaBatch;
  using Partitions = std::vector<TopicPartition>;
  struct Source {
    int32_t index = 0;  // into names_
    bool subscribed = false;
    bool paused = false;
    int64_t first_offset = 0;  // asked for; what comes before it is left over from an earlier subscription
    QueueHandle own_queue;     // the library's queue of the partition, while subscribed
  };

  KafkaConsumer() = default;
  void OnError(rd_kafka_resp_err_t code, std::string_view text);
  Error TakePendingError();
  Result<rd_kafka_topic_t*> FindTopic(const std::string& name);
  Source& FindSource(const TopicPartition& of);
  Status Stop(const TopicPartition& from, Source& source);
  Status PauseOrResume(const TopicPartition& of, bool pause);
  Result<std::pair<int64_t, int64_t>> Watermarks(const TopicPartition& of);
  void KeepFetching();

  std::shared_ptr<rd_kafka_t> client_;  // also held by batches: their records are its memory
  QueueHandle queue_;
  QueueHandle late_queue_;  // what comes for partitions after the end of their subscription; never told
  std::map<std::string, TopicHandle> topics_;
  std::map<TopicPartition, Source> sources_;
  std::shared_ptr<const Partitions> names_ =
      std::make_shared<Partitions>();   // shared with batches; replaced, not changed
  size_t queued_max_ = 0;               // records in queue_, since the library was last woken
  size_t read_since_wake_ = 0;          // bytes
  std::optional<Error> pending_error_;  // came with records, or by OnError; told by the next poll
};

}  // namespace venice::pubsub::kafka
