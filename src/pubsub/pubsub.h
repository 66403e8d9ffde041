// The log seam: topics of partitions of records, addressed by opaque positions.
//
// Thread kinds: Admin and Producer are thread-safe; a Consumer belongs to one thread at a time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::pubsub {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
  std::string ToString() const { return topic + "-" + std::to_string(partition); }
};

// Where a record stands in one topic-partition. Bytes are the adapter's business and of any length; two positions are
// comparable only within one topic-partition and only through the adapter (Consumer::Compare).
class Position {
 public:
  enum class Kind : uint8_t { kEarliest, kLatest, kAt };
  static Position Earliest() { return Position(Kind::kEarliest, {}); }
  static Position Latest() { return Position(Kind::kLatest, {}); }
  static Position At(std::string bytes) { return Position(Kind::kAt, std::move(bytes)); }

  Position() = default;
  Kind kind() const { return kind_; }
  const std::string& bytes() const { return bytes_; }
  bool operator==(const Position&) const = default;

 private:
  Position(Kind kind, std::string bytes) : kind_(kind), bytes_(std::move(bytes)) {}
  Kind kind_ = Kind::kEarliest;
  std::string bytes_;
};

struct Header {
  std::string name;
  std::string value;
};

// A record as consumed. Views point into the batch that holds it.
struct RecordView {
  int32_t topic_partition_index = 0;  // into Batch::topic_partitions()
  int64_t offset = 0;        // the adapter's ordinal within the partition; Consumer::PositionOf makes it opaque
  int64_t timestamp_ms = 0;  // the log's; -1 when it has none
  std::string_view key;
  std::string_view value;        // empty and null are not told apart: Venice never writes a null value
  const void* native = nullptr;  // for Batch::Headers
};

// Records of one poll, in log order within each partition. Owns the bytes. Move-only value.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual std::span<const RecordView> records() const = 0;
  virtual const TopicPartition& topic_partition(const RecordView& record) const = 0;
  // Headers are decoded on demand: data records have none.
  virtual std::vector<Header> Headers(const RecordView& record) const = 0;
};

struct TopicOptions {
  int32_t partitions = 1;
  int32_t replication_factor = 1;
  std::map<std::string, std::string> config;  // "retention.ms", "cleanup.policy", "min.insync.replicas", ...
};

class Admin {
 public:
  virtual ~Admin() = default;
  // Errors: kAlreadyExists, kInvalidArgument, kUnavailable, kTimeout.
  virtual Status CreateTopic(const std::string& topic, const TopicOptions& options) = 0;
  // Errors: kNotFound.
  virtual Status DeleteTopic(const std::string& topic) = 0;
  virtual Result<std::vector<std::string>> ListTopics() = 0;
  // nullopt when the topic does not exist.
  virtual Result<std::optional<int32_t>> PartitionCount(const std::string& topic) = 0;
  virtual Result<std::map<std::string, std::string>> TopicConfig(const std::string& topic) = 0;
  // Sets the named keys, leaves the others.
  virtual Status SetTopicConfig(const std::string& topic, const std::map<std::string, std::string>& config) = 0;
};

// Called once per record, on a thread of the producer: the position, or why it was not written.
using ProduceCallback = std::function<void(Result<Position>)>;

// The same for whoever sends millions of records and wants no allocation for each: one object for all of them. It must
// live until it was told of every record it was sent with.
class DeliveryWatcher {
 public:
  virtual void OnDelivery(Result<Position> outcome) = 0;

 protected:
  ~DeliveryWatcher() = default;
};

class Producer {
 public:
  virtual ~Producer() = default;
  // Copies key, value and headers. Blocks while the producer's bounded buffer is full. Records of one partition keep
  // their order, also under retries. Errors: kTooLarge, kNotFound (no such topic or partition), kInvalidArgument.
  virtual Status Send(const TopicPartition& to, std::string_view key, std::string_view value,
                      std::span<const Header> headers, ProduceCallback callback) = 0;
  // As Send. The watcher is told once per record for which this returned Ok.
  virtual Status SendWatched(const TopicPartition& to, std::string_view key, std::string_view value,
                             std::span<const Header> headers, DeliveryWatcher& watcher) {
    return Send(to, key, value, headers,
                [&watcher](Result<Position> outcome) { watcher.OnDelivery(std::move(outcome)); });
  }
  // Waits until every record sent before is acknowledged or failed. Errors: kTimeout.
  virtual Status Flush(std::chrono::milliseconds timeout) = 0;
};

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Starts (or moves) reading of a partition at a position, inclusive.
  virtual Status Subscribe(const TopicPartition& from, const Position& start) = 0;
  virtual Status Unsubscribe(const TopicPartition& from) = 0;
  // Back-pressure for one partition; position is kept.
  virtual Status Pause(const TopicPartition& from) = 0;
  virtual Status Resume(const TopicPartition& from) = 0;
  // Up to `records_max` records; an empty batch when none came in time.
  // Errors: kNotFound (topic deleted), kUnavailable, kCorruption; a failed poll may be repeated.
  virtual Result<std::unique_ptr<Batch>> Poll(std::chrono::milliseconds timeout, size_t records_max) = 0;

  // The position that Subscribe takes to read this record again, and the one just after it.
  virtual Position PositionOf(const RecordView& record) const = 0;
  virtual Position PositionAfter(const RecordView& record) const = 0;
  // First record still held, and the one after the last. Errors: kNotFound, kUnavailable, kTimeout.
  virtual Result<Position> Beginning(const TopicPartition& of) = 0;
  virtual Result<Position> End(const TopicPartition& of) = 0;
  // First record with a timestamp at or after; nullopt when there is none.
  virtual Result<std::optional<Position>> AtTime(const TopicPartition& of, int64_t timestamp_ms) = 0;
  // Errors: kInvalidArgument when the bytes are not this adapter's.
  virtual Result<std::strong_ordering> Compare(const TopicPartition& of, const Position& a, const Position& b) = 0;
};

// Makes the three above for one log cluster. Thread-safe.
class Client {
 public:
  virtual ~Client() = default;
  virtual Result<std::unique_ptr<Admin>> NewAdmin() = 0;
  virtual Result<std::unique_ptr<Producer>> NewProducer(const std::map<std::string, std::string>& overrides = {}) = 0;
  virtual Result<std::unique_ptr<Consumer>> NewConsumer(const std::map<std::string, std::string>& overrides = {}) = 0;
};

}  // namespace venice::pubsub
