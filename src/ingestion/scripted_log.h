// For tests: a log in memory behind the pubsub seam, and a writer that puts one push into it, record by record.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_order.h"
#include "protocol/checksum.h"
#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/position.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"
#include "pubsub/pubsub.h"

namespace venice::ingestion {

struct ScriptedRecord {
  std::string key;
  std::string value;
  std::vector<pubsub::Header> headers;
};

// Thread-safe.
class ScriptedLog : public pubsub::Client {
 public:
  void Append(const pubsub::TopicPartition& to, ScriptedRecord record) {
    std::lock_guard lock(mutex_);
    records_[to].push_back(std::move(record));
  }
  // The records of a partition, to be changed before anybody reads.
  std::vector<ScriptedRecord>& records(const pubsub::TopicPartition& of) { return records_[of]; }
  // Consumers get nothing from this offset on.
  void HoldBackFrom(int64_t offset) { hold_ = offset; }

  Result<std::unique_ptr<pubsub::Admin>> NewAdmin() override { return Error(ErrorCode::kUnsupported, "no admin"); }
  Result<std::unique_ptr<pubsub::Producer>> NewProducer(const std::map<std::string, std::string>&) override {
    return Error(ErrorCode::kUnsupported, "no producer");
  }
  Result<std::unique_ptr<pubsub::Consumer>> NewConsumer(const std::map<std::string, std::string>&) override {
    return std::unique_ptr<pubsub::Consumer>(new Reader(*this));
  }

 private:
  class Slice : public pubsub::Batch {
   public:
    std::span<const pubsub::RecordView> records() const override { return views; }
    const pubsub::TopicPartition& topic_partition(const pubsub::RecordView& record) const override {
      return names[static_cast<size_t>(record.topic_partition_index)];
    }
    std::vector<pubsub::Header> Headers(const pubsub::RecordView& record) const override {
      return static_cast<const ScriptedRecord*>(record.native)->headers;
    }
    std::vector<pubsub::TopicPartition> names;
    std::vector<std::unique_ptr<ScriptedRecord>> owned;
    std::vector<pubsub::RecordView> views;
  };

  class Reader : public pubsub::Consumer {
   public:
    explicit Reader(ScriptedLog& log) : log_(log) {}
    Status Subscribe(const pubsub::TopicPartition& from, const pubsub::Position& start) override {
      next_[from] = start.kind() == pubsub::Position::Kind::kAt ? std::stoll(start.bytes()) : 0;
      return Ok();
    }
    Status Unsubscribe(const pubsub::TopicPartition& from) override {
      next_.erase(from);
      return Ok();
    }
    Status Pause(const pubsub::TopicPartition&) override { return Ok(); }
    Status Resume(const pubsub::TopicPartition&) override { return Ok(); }
    Result<std::unique_ptr<pubsub::Batch>> Poll(std::chrono::milliseconds, size_t records_max) override {
      auto slice = std::make_unique<Slice>();
      {
        std::lock_guard lock(log_.mutex_);
        for (auto& [name, next] : next_) {
          const auto index = static_cast<int32_t>(slice->names.size());
          slice->names.push_back(name);
          const auto& records = log_.records_[name];
          const auto end = std::min<int64_t>(static_cast<int64_t>(records.size()), log_.hold_);
          for (; next < end && slice->owned.size() < records_max; ++next) {
            slice->owned.push_back(std::make_unique<ScriptedRecord>(records[static_cast<size_t>(next)]));
            const ScriptedRecord& record = *slice->owned.back();
            slice->views.push_back({index, next, 0, record.key, record.value, &record});
          }
        }
      }
      if (slice->views.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return std::unique_ptr<pubsub::Batch>(std::move(slice));
    }
    pubsub::Position PositionOf(const pubsub::RecordView& record) const override {
      return pubsub::Position::At(std::to_string(record.offset));
    }
    pubsub::Position PositionAfter(const pubsub::RecordView& record) const override {
      return pubsub::Position::At(std::to_string(record.offset + 1));
    }
    Result<pubsub::Position> Beginning(const pubsub::TopicPartition&) override { return pubsub::Position::At("0"); }
    Result<pubsub::Position> End(const pubsub::TopicPartition& of) override {
      std::lock_guard lock(log_.mutex_);
      return pubsub::Position::At(std::to_string(log_.records_[of].size()));
    }
    Result<std::optional<pubsub::Position>> AtTime(const pubsub::TopicPartition&, int64_t) override {
      return std::optional<pubsub::Position>();
    }
    Result<std::strong_ordering> Compare(const pubsub::TopicPartition&, const pubsub::Position& a,
                                         const pubsub::Position& b) override {
      return std::stoll(a.bytes()) <=> std::stoll(b.bytes());
    }

   private:
    ScriptedLog& log_;
    std::map<pubsub::TopicPartition, int64_t> next_;
  };

  std::mutex mutex_;
  std::map<pubsub::TopicPartition, std::vector<ScriptedRecord>> records_;
  std::atomic<int64_t> hold_{INT64_MAX};
};

// Writes into one partition as a push job does. Counts segment, sequence, checksum and digest by itself.
class ScriptedPush {
 public:
  ScriptedPush(ScriptedLog& log, pubsub::TopicPartition to,
               protocol::ChecksumType checksum = protocol::ChecksumType::kAdHash)
      : log_(log), to_(std::move(to)), type_(checksum) {}

  protocol::Guid guid = protocol::Guid::Random();
  protocol::PartitionDigest digest;

  void StartSegment() {
    checksum_ = protocol::SegmentChecksum(type_);
    sequence_ = 0;
    Control(protocol::StartOfSegment{static_cast<int32_t>(type_), {}});
  }
  void EndSegment(bool last) {
    Control(protocol::EndOfSegment{checksum_.Value(), {}, last});
    ++segment_;
  }
  void StartOfPush(bool sorted) {
    protocol::StartOfPush start;
    start.sorted = sorted;
    Control(start);
  }
  void Put(std::string_view key, int32_t schema_id, std::string_view value) {
    checksum_.AddPut(key, schema_id, value);
    digest.Add(key, schema_id, value);
    std::string record_key;
    protocol::EncodeRecordKey(protocol::KeyKind::kData, key, record_key);
    Write(std::move(record_key), {Producer(), protocol::Put{value, schema_id}, Footer()}, {});
  }
  void EndOfPush() {
    Control(protocol::EndOfPush{}, {{std::string(protocol::record_header::kRecordCount),
                                     protocol::EncodeRecordCount(static_cast<int64_t>(digest.count()))},
                                    {std::string(protocol::record_header::kContentDigest), digest.Encode()}});
  }
  void Control(protocol::ControlMessage::Body body, std::vector<pubsub::Header> headers = {}) {
    protocol::ControlMessage message;
    message.body = std::move(body);
    checksum_.AddControl(message.type());
    std::string key;
    protocol::EncodeControlKey(guid, segment_, sequence_, key);
    Write(std::move(key), {Producer(), &message, Footer()}, std::move(headers));
  }

  static std::string Key(int i) {
    std::string key;
    AppendBigEndian(key, static_cast<uint32_t>(i));
    return key;
  }
  static std::string Value(int i) {
    return "value " + std::to_string(i) + std::string(static_cast<size_t>(i % 50), '.');
  }
  // A whole sorted push of `count` records.
  void Push(int count, bool sorted = true) {
    StartSegment();
    StartOfPush(sorted);
    for (int i = 0; i < count; ++i) Put(Key(i), 1, Value(i));
    EndOfPush();
    EndSegment(true);
  }

 private:
  protocol::ProducerMetadata Producer() const { return {guid, segment_, sequence_, 1'700'000'000'000, -1}; }
  static protocol::LeaderMetadata Footer() {
    protocol::LeaderMetadata footer;
    footer.host_name = "test";
    footer.upstream_position = protocol::kEarliestPosition;
    return footer;
  }
  void Write(std::string key, const protocol::Envelope& envelope, std::vector<pubsub::Header> headers) {
    ScriptedRecord record{std::move(key), {}, std::move(headers)};
    protocol::EncodeEnvelope(envelope, record.value);
    log_.Append(to_, std::move(record));
    ++sequence_;
  }

  ScriptedLog& log_;
  const pubsub::TopicPartition to_;
  const protocol::ChecksumType type_;
  protocol::SegmentChecksum checksum_;
  int32_t segment_ = 0;
  int32_t sequence_ = 0;
};

}  // namespace venice::ingestion
