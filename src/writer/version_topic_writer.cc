#include "writer/version_topic_writer.h"

#include <atomic>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "base/check.h"
#include "protocol/envelope.h"
#include "protocol/position.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"

namespace venice::writer {
namespace {

using protocol::ControlMessage;
using protocol::KeyKind;

constexpr int64_t kControlLogicalTimestamp = -1;

}  // namespace

// The first failed write, told by producer threads, which may come after the writer is gone. So whoever is last deletes
// it: `balance` counts deliveries up, and the writer's end takes off all that were sent; zero is reached only then.
class VersionTopicWriter::Failure final : public pubsub::DeliveryWatcher {
 public:
  void OnDelivery(Result<pubsub::Position> outcome) override {
    if (!outcome.ok()) [[unlikely]]
      Set(outcome.error());
    Add(1);
  }

  Status Get() const {
    if (!failed_.load(std::memory_order_acquire)) [[likely]]
      return Ok();
    const std::lock_guard lock(mutex_);
    return *error_;
  }

  // The writer ends after having sent so many records; *this may be gone after the call.
  void Abandon(uint64_t sent) { Add(-static_cast<int64_t>(sent)); }

 private:
  ~Failure() = default;

  void Set(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (error_) return;
    error_ = error;
    failed_.store(true, std::memory_order_release);
  }
  void Add(int64_t count) {
    if (balance_.fetch_add(count, std::memory_order_acq_rel) + count == 0) delete this;
  }

  // Apart: every delivery writes the one, every record reads the other.
  alignas(64) std::atomic<int64_t> balance_{0};
  alignas(64) std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_
};

// One partition's segment and its working buffers. Belongs to the thread that writes the partition at the moment.
struct VersionTopicWriter::PartitionWriter {
  PartitionWriter(VersionTopicWriter& writer, int32_t partition)
      : writer(writer), to{writer.topic_, partition}, checksum(writer.options_.checksum) {}

  Status Put(std::string_view user_key, int32_t schema_id, std::string_view value, pubsub::ProduceCallback callback);
  Status Delete(std::string_view user_key, pubsub::ProduceCallback callback);
  // Sends a control message with the next sequence number; opens a segment first when none is open.
  Status Control(const ControlMessage& message, std::span<const pubsub::Header> headers);
  Status EndSegment(bool final_segment);

  Status EnsureSegment();
  Status SendControl(const ControlMessage& message, std::span<const pubsub::Header> headers);
  protocol::ProducerMetadata NextMetadata(int64_t logical_timestamp_ms) const;
  Status CheckSize(std::string_view user_key, size_t value_bytes) const;
  // Hands `key` and `bytes` over as the record of the present sequence number, then counts on.
  Status Send(std::span<const pubsub::Header> headers, pubsub::ProduceCallback callback);

  VersionTopicWriter& writer;
  const pubsub::TopicPartition to;
  bool segment_open = false;
  bool ended = false;  // a final end of segment was sent
  int32_t segment_number = -1;
  int32_t sequence_number = 0;
  int64_t now_ms = 0;  // read once per record, by EnsureSegment
  int64_t segment_opened_at_ms = 0;
  protocol::SegmentChecksum checksum;
  std::string key;
  std::string bytes;
  std::atomic<uint64_t> records_sent{0};
  std::atomic<uint64_t> bytes_sent{0};
};

protocol::ProducerMetadata VersionTopicWriter::PartitionWriter::NextMetadata(int64_t logical_timestamp_ms) const {
  return {.guid = writer.options_.guid,
          .segment_number = segment_number,
          .sequence_number = sequence_number,
          .message_timestamp_ms = now_ms,
          .logical_timestamp_ms = logical_timestamp_ms};
}

Status VersionTopicWriter::PartitionWriter::Send(std::span<const pubsub::Header> headers,
                                                 pubsub::ProduceCallback callback) {
  if (callback) {
    VENICE_TRY(
        writer.producer_.Send(to, key, bytes, headers,
                              [failure = writer.failure_, callback = std::move(callback)](Result<pubsub::Position> at) {
                                callback(at);
                                failure->OnDelivery(std::move(at));
                              }));
  } else {
    VENICE_TRY(writer.producer_.SendWatched(to, key, bytes, headers, *writer.failure_));
  }
  ++sequence_number;
  records_sent.fetch_add(1, std::memory_order_relaxed);
  bytes_sent.fetch_add(key.size() + bytes.size(), std::memory_order_relaxed);
  return Ok();
}

Status VersionTopicWriter::PartitionWriter::EnsureSegment() {
  now_ms = writer.options_.clock->WallMs();
  if (segment_open) {
    const auto age_max_ms = writer.options_.segment_age_max.count();
    if (age_max_ms <= 0 || now_ms - segment_opened_at_ms <= age_max_ms) [[likely]]
      return Ok();
    VENICE_TRY(EndSegment(false));
  }
  if (ended)
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} was already ended by this writer", to.ToString()));
  ++segment_number;
  sequence_number = 0;
  segment_opened_at_ms = now_ms;
  checksum = protocol::SegmentChecksum(writer.options_.checksum);
  const ControlMessage start{
      .body = protocol::StartOfSegment{.checksum_type = static_cast<int32_t>(writer.options_.checksum)},
      .debug_info = {{"host", writer.options_.writer_id}, {"version", "venice-cpp"}}};
  // Readers that do not know this envelope version find its schema beside the first record they see of this writer.
  static const std::vector<pubsub::Header> kSchemaHeader = {
      {std::string(protocol::record_header::kSchema), std::string(protocol::EnvelopeSchemaJson())}};
  VENICE_TRY(SendControl(
      start, segment_number == 0 ? std::span<const pubsub::Header>(kSchemaHeader) : std::span<const pubsub::Header>()));
  segment_open = true;
  return Ok();
}

Status VersionTopicWriter::PartitionWriter::SendControl(const ControlMessage& message,
                                                        std::span<const pubsub::Header> headers) {
  protocol::EncodeControlKey(writer.options_.guid, segment_number, sequence_number, key);
  bytes.clear();
  protocol::EncodeEnvelope(
      {.producer = NextMetadata(kControlLogicalTimestamp), .payload = &message, .footer = writer.Footer()}, bytes);
  VENICE_TRY(Send(headers, {}));
  checksum.AddControl(message.type());
  return Ok();
}

Status VersionTopicWriter::PartitionWriter::Control(const ControlMessage& message,
                                                    std::span<const pubsub::Header> headers) {
  VENICE_TRY(writer.FirstFailure());
  VENICE_TRY(EnsureSegment());
  return SendControl(message, headers);
}

Status VersionTopicWriter::PartitionWriter::EndSegment(bool final_segment) {
  if (!segment_open) return Ok();
  now_ms = writer.options_.clock->WallMs();
  const ControlMessage end{
      .body = protocol::EndOfSegment{.checksum_value = checksum.Value(), .final_segment = final_segment}};
  VENICE_TRY(SendControl(end, {}));
  segment_open = false;
  ended = final_segment;
  return Ok();
}

Status VersionTopicWriter::PartitionWriter::CheckSize(std::string_view user_key, size_t value_bytes) const {
  const size_t size = user_key.size() + value_bytes;
  if (size <= writer.options_.payload_bytes_max) [[likely]]
    return Ok();
  return Error(ErrorCode::kTooLarge,
               fmt::format("record of {} key and {} value bytes is over the limit of {} bytes for one message; "
                           "make the value smaller (large-value chunking is not supported by this writer)",
                           user_key.size(), value_bytes, writer.options_.payload_bytes_max));
}

Status VersionTopicWriter::PartitionWriter::Put(std::string_view user_key, int32_t schema_id, std::string_view value,
                                                pubsub::ProduceCallback callback) {
  VENICE_TRY(writer.FirstFailure());
  VENICE_TRY(CheckSize(user_key, value.size()));
  VENICE_TRY(EnsureSegment());
  protocol::EncodeRecordKey(KeyKind::kData, user_key, key);
  bytes.clear();
  protocol::EncodePutEnvelope(NextMetadata(protocol::kNoLogicalTimestamp), {.value = value, .schema_id = schema_id},
                              writer.Footer(), bytes);
  VENICE_TRY(Send({}, std::move(callback)));
  checksum.AddPut(user_key, schema_id, value);
  return Ok();
}

Status VersionTopicWriter::PartitionWriter::Delete(std::string_view user_key, pubsub::ProduceCallback callback) {
  VENICE_TRY(writer.FirstFailure());
  VENICE_TRY(CheckSize(user_key, 0));
  VENICE_TRY(EnsureSegment());
  protocol::EncodeRecordKey(KeyKind::kData, user_key, key);
  bytes.clear();
  protocol::EncodeEnvelope({.producer = NextMetadata(protocol::kNoLogicalTimestamp),
                            .payload = protocol::Delete{},
                            .footer = writer.Footer()},
                           bytes);
  VENICE_TRY(Send({}, std::move(callback)));
  checksum.AddDelete(user_key);
  return Ok();
}

VersionTopicWriter::VersionTopicWriter(pubsub::Producer& producer, std::string topic, int32_t partitions,
                                       WriterOptions options)
    : producer_(producer), topic_(std::move(topic)), options_(std::move(options)), failure_(new Failure()) {
  VENICE_CHECK(partitions >= 1);
  for (int32_t partition = 0; partition < partitions; ++partition)
    partitions_.push_back(std::make_unique<PartitionWriter>(*this, partition));
}

VersionTopicWriter::~VersionTopicWriter() { failure_->Abandon(records_sent()); }

// "No upstream": a footer is always there, with the earliest position and no cluster.
protocol::LeaderMetadata VersionTopicWriter::Footer() const {
  return {.host_name = options_.writer_id, .upstream_position = protocol::kEarliestPosition};
}

VersionTopicWriter::PartitionWriter& VersionTopicWriter::At(int32_t partition) {
  VENICE_CHECK(partition >= 0 && partition < partitions());
  return *partitions_[static_cast<size_t>(partition)];
}

Status VersionTopicWriter::FirstFailure() const { return failure_->Get(); }

Status VersionTopicWriter::StartOfPush(const PushStart& start) {
  const bool with_dictionary = start.compression == protocol::CompressionStrategy::kZstdWithDict;
  if (with_dictionary != !start.dictionary.empty())
    return Error(ErrorCode::kInvalidArgument, with_dictionary ? "ZSTD_WITH_DICT needs a dictionary in start of push"
                                                              : "only ZSTD_WITH_DICT takes a dictionary");
  protocol::StartOfPush body{.sorted = start.sorted,
                             .chunked = start.chunked,
                             .compression_strategy = static_cast<int32_t>(start.compression)};
  if (with_dictionary) body.compression_dictionary = start.dictionary;
  const ControlMessage message{.body = std::move(body)};
  for (const auto& partition : partitions_) VENICE_TRY(partition->Control(message, {}));
  return Ok();
}

Status VersionTopicWriter::Put(int32_t partition, std::string_view key, int32_t schema_id, std::string_view value,
                               pubsub::ProduceCallback callback) {
  return At(partition).Put(key, schema_id, value, std::move(callback));
}

Status VersionTopicWriter::Delete(int32_t partition, std::string_view key, pubsub::ProduceCallback callback) {
  return At(partition).Delete(key, std::move(callback));
}

Status VersionTopicWriter::EndOfPush(std::span<const protocol::PartitionDigest> digests,
                                     std::chrono::milliseconds timeout) {
  if (!digests.empty() && digests.size() != partitions_.size())
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} content digests for {} partitions", digests.size(), partitions_.size()));
  const ControlMessage message{.body = protocol::EndOfPush{}};
  for (size_t i = 0; i < partitions_.size(); ++i) {
    std::vector<pubsub::Header> headers;
    if (!digests.empty()) {
      headers.push_back({std::string(protocol::record_header::kRecordCount),
                         protocol::EncodeRecordCount(static_cast<int64_t>(digests[i].count()))});
      headers.push_back({std::string(protocol::record_header::kContentDigest), digests[i].Encode()});
    }
    VENICE_TRY(partitions_[i]->Control(message, headers));
  }
  return Close(timeout);
}

Status VersionTopicWriter::EndOfPushWithCounts(std::span<const int64_t> counts, std::chrono::milliseconds timeout) {
  if (counts.size() != partitions_.size())
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} record counts for {} partitions", counts.size(), partitions_.size()));
  const ControlMessage message{.body = protocol::EndOfPush{}};
  for (size_t i = 0; i < partitions_.size(); ++i) {
    std::vector<pubsub::Header> headers;
    if (counts[i] >= 0)
      headers.push_back({std::string(protocol::record_header::kRecordCount), protocol::EncodeRecordCount(counts[i])});
    VENICE_TRY(partitions_[i]->Control(message, headers));
  }
  return Close(timeout);
}

Status VersionTopicWriter::Close(std::chrono::milliseconds timeout) {
  for (const auto& partition : partitions_) VENICE_TRY(partition->EndSegment(true));
  Status flushed = producer_.Flush(timeout);
  VENICE_TRY(FirstFailure());  // why a record failed says more than that the flush did
  return flushed;
}

uint64_t VersionTopicWriter::records_sent() const {
  uint64_t sum = 0;
  for (const auto& partition : partitions_) sum += partition->records_sent.load(std::memory_order_relaxed);
  return sum;
}

uint64_t VersionTopicWriter::bytes_sent() const {
  uint64_t sum = 0;
  for (const auto& partition : partitions_) sum += partition->bytes_sent.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace venice::writer
