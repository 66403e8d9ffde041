#include "ingestion/partition_ingestion.h"

#include <fmt/format.h>

#include "base/log.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"
#include "protocol/store_version_state.h"
#include "protocol/topic_name.h"
#include "protocol/value_record.h"

namespace venice::ingestion {

using protocol::EnvelopeView;
using protocol::MessageType;
using storage::Phase;

namespace {

constexpr std::chrono::seconds kReportInterval{1};
// Leaving a replica with less than this since its checkpoint is cheaper to consume again than to sync.
constexpr uint64_t kWorthACheckpointBytes = 1 << 20;

Error Refused(ErrorCode code, std::string text) { return Error(code, std::move(text)); }

}  // namespace

std::string_view ToString(ReplicaState state) {
  switch (state) {
    case ReplicaState::kStarted:
      return "STARTED";
    case ReplicaState::kProgress:
      return "PROGRESS";
    case ReplicaState::kEndOfPushReceived:
      return "END_OF_PUSH_RECEIVED";
    case ReplicaState::kCompleted:
      return "COMPLETED";
    case ReplicaState::kError:
      return "ERROR";
  }
  return "?";
}

PartitionIngestion::PartitionIngestion(ReplicaOptions options)
    : options_(std::move(options)), integrity_(options_.replays) {}

std::string PartitionIngestion::Where() const {
  const protocol::TopicName name = protocol::ParseTopicName(options_.topic);
  return fmt::format("store {} version {} partition {} on replica {}", name.store, name.version, options_.partition,
                     options_.replica);
}

Result<std::optional<pubsub::Position>> PartitionIngestion::Start() {
  const std::optional<std::string>& stored = options_.store->checkpoint();
  if (!stored) {
    Enter(ReplicaState::kStarted);
    return std::optional<pubsub::Position>(pubsub::Position::Earliest());
  }
  VENICE_ASSIGN(Checkpoint checkpoint, DecodeCheckpoint(*stored));
  VENICE_TRY(integrity_.Restore(checkpoint.producers));
  digest_ = checkpoint.digest;
  expected_ = checkpoint.expected;
  next_ = checkpoint.next;
  push_started_ = true;
  end_of_push_ = checkpoint.end_of_push;
  sorted_ = options_.store->phase() == Phase::kBatch;
  offset_ = checkpoint.offset;
  records_ = checkpoint.digest.count();
  bytes_ = checkpoint.bytes;
  Enter(ReplicaState::kStarted);
  if (!end_of_push_) return std::optional<pubsub::Position>(next_);
  Enter(ReplicaState::kCompleted);
  return std::optional<pubsub::Position>();
}

Status PartitionIngestion::Apply(const pubsub::Consumer& consumer, const pubsub::Batch& batch,
                                 const pubsub::RecordView& raw) {
  VENICE_ASSIGN(const protocol::RecordKey key, protocol::DecodeRecordKey(raw.key));
  VENICE_TRY(protocol::DecodeEnvelope(raw.value, envelope_));
  const bool control_key = key.kind == protocol::KeyKind::kControl;
  if (control_key != (envelope_.type == MessageType::kControlMessage))
    return Refused(ErrorCode::kCorruption,
                   fmt::format("the record at offset {} has a key of another kind than its value", raw.offset));
  VENICE_ASSIGN(const Integrity::Verdict verdict, integrity_.Check(key.payload, envelope_));
  if (verdict == Integrity::Verdict::kApply) {
    if (envelope_.type == MessageType::kPut && key.kind == protocol::KeyKind::kData) [[likely]] {
      VENICE_TRY(ApplyPut(key.payload, envelope_));
    } else if (envelope_.type == MessageType::kControlMessage) {
      next_ = consumer.PositionAfter(raw);
      offset_.store(raw.offset, std::memory_order_relaxed);
      VENICE_TRY(ApplyControl(batch, raw, envelope_));
    } else if (envelope_.type == MessageType::kDelete && key.kind == protocol::KeyKind::kData && push_started_ &&
               !sorted_) {
      VENICE_TRY(options_.store->Delete(key.payload));
    } else {
      return Refused(ErrorCode::kUnsupported,
                     fmt::format("the record at offset {} (type {}) does not belong into {} batch push", raw.offset,
                                 static_cast<int>(envelope_.type), sorted_ ? "a sorted" : "a"));
    }
  }
  offset_.store(raw.offset, std::memory_order_relaxed);
  if (bytes_since_checkpoint_ < options_.checkpoint_bytes.bytes()) [[likely]]
    return Ok();
  next_ = consumer.PositionAfter(raw);
  return SaveCheckpoint();
}

Status PartitionIngestion::ApplyPut(std::string_view key, const EnvelopeView& record) {
  if (!push_started_) return Refused(ErrorCode::kCorruption, "a data record comes before the start of push");
  if (record.schema_id < 0)
    return Refused(
        ErrorCode::kUnsupported,
        fmt::format("a record has schema id {}: chunked values cannot be stored yet; push values below 950 KiB "
                    "to a store without chunking",
                    record.schema_id));
  digest_.Add(key, record.schema_id, record.value);
  protocol::EncodeValueRecord(record.schema_id, record.value, value_);
  VENICE_TRY(sorted_ ? options_.store->PutSorted(key, value_) : options_.store->Put(key, value_));
  const uint64_t size = key.size() + record.value.size();
  bytes_since_checkpoint_ += size;
  records_.store(records_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  bytes_.store(bytes_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  return Ok();
}

Status PartitionIngestion::ApplyControl(const pubsub::Batch& batch, const pubsub::RecordView& raw,
                                        const EnvelopeView& record) {
  switch (record.control.type) {
    case protocol::ControlMessageType::kStartOfPush: {
      VENICE_ASSIGN(const protocol::ControlMessage message, record.control.Decode());
      return StartOfPush(std::get<protocol::StartOfPush>(message.body), record.producer.message_timestamp_ms);
    }
    case protocol::ControlMessageType::kEndOfPush:
      return EndOfPush(batch.Headers(raw));
    case protocol::ControlMessageType::kStartOfSegment:
    case protocol::ControlMessageType::kEndOfSegment:
      return Ok();  // the integrity check was all
    default:
      return Refused(ErrorCode::kUnsupported, fmt::format("control message {} does not belong into a batch push",
                                                          protocol::ToString(record.control.type)));
  }
}

Status PartitionIngestion::StartOfPush(const protocol::StartOfPush& start, int64_t timestamp_ms) {
  if (start.chunked)
    return Refused(ErrorCode::kUnsupported, "chunked versions cannot be ingested yet; disable chunking for the store");
  if (options_.compression && *options_.compression != start.compression_strategy)
    return Refused(ErrorCode::kCorruption,
                   fmt::format("the start of push says compression strategy {}, the version's metadata {}",
                               start.compression_strategy, *options_.compression));
  if (push_started_) {
    if (start.sorted != sorted_)
      return Refused(ErrorCode::kCorruption, "a second start of push contradicts the first about sorting");
    return Ok();
  }
  push_started_ = true;
  sorted_ = start.sorted;

  VENICE_ASSIGN(const std::optional<std::string> known, options_.version->VersionState());
  if (!known) {
    protocol::StoreVersionState state;
    state.sorted = start.sorted;
    state.chunked = start.chunked;
    state.compression_strategy = start.compression_strategy;
    state.compression_dictionary = start.compression_dictionary;
    state.batch_conflict_resolution_policy = start.timestamp_policy;
    state.start_of_push_timestamp_ms = timestamp_ms;
    std::string bytes;
    protocol::EncodeStoreVersionState(state, bytes);
    VENICE_TRY(options_.version->PutVersionState(bytes));
  }
  return sorted_ ? options_.store->BeginBatch() : options_.store->BeginWrites();
}

Status PartitionIngestion::EndOfPush(const std::vector<pubsub::Header>& headers) {
  if (!push_started_) return Refused(ErrorCode::kCorruption, "the end of push comes without a start of push");
  int64_t pushed_count = protocol::kRecordCountUnknown;
  std::optional<protocol::PartitionDigest> pushed;
  for (const pubsub::Header& header : headers) {
    if (header.name == protocol::record_header::kRecordCount) {
      VENICE_ASSIGN(pushed_count, protocol::DecodeRecordCount(header.value));
    } else if (header.name == protocol::record_header::kContentDigest) {
      VENICE_ASSIGN(pushed, protocol::PartitionDigest::Decode(header.value));
    }
  }
  Enter(ReplicaState::kEndOfPushReceived);
  VENICE_TRY(Verify(pushed, pushed_count));
  end_of_push_ = true;
  expected_ = pushed ? *pushed : digest_;
  VENICE_ASSIGN(const std::string checkpoint, MakeCheckpoint());
  VENICE_TRY(sorted_ ? options_.store->EndBatch(checkpoint) : options_.store->Checkpoint(checkpoint));
  Enter(ReplicaState::kCompleted);
  return Ok();
}

Status PartitionIngestion::Verify(const std::optional<protocol::PartitionDigest>& pushed, int64_t pushed_count) const {
  if (pushed && !(*pushed == digest_))
    return Refused(ErrorCode::kCorruption,
                   fmt::format("content verification failed: {} records with digest {} were pushed, {} with digest {} "
                               "arrived; push again, and look for a fault between push job and log if it repeats",
                               pushed->count(), pushed->ToString(), digest_.count(), digest_.ToString()));
  // A push without our digest (by a Java job): its count is a lower bound, since retried tasks repeat records.
  if (pushed_count != protocol::kRecordCountUnknown &&
      (pushed_count < 0 || digest_.count() < static_cast<uint64_t>(pushed_count)))
    return Refused(ErrorCode::kCorruption,
                   fmt::format("record count verification failed: {} records were pushed, {} arrived; push again",
                               pushed_count, digest_.count()));
  if (pushed && pushed_count != protocol::kRecordCountUnknown && static_cast<uint64_t>(pushed_count) != pushed->count())
    return Refused(ErrorCode::kCorruption,
                   fmt::format("the end of push contradicts itself: {} records in one header, {} in the other",
                               pushed_count, pushed->count()));
  return Ok();
}

Result<std::string> PartitionIngestion::MakeCheckpoint() const {
  Checkpoint checkpoint;
  checkpoint.next = next_;
  checkpoint.offset = offset_;
  checkpoint.end_of_push = end_of_push_;
  checkpoint.bytes = bytes_;
  checkpoint.digest = digest_;
  checkpoint.expected = expected_;
  VENICE_ASSIGN(checkpoint.producers, integrity_.State());
  return EncodeCheckpoint(checkpoint, options_.clock->WallMs());
}

Status PartitionIngestion::SaveCheckpoint() {
  VENICE_ASSIGN(const std::string checkpoint, MakeCheckpoint());
  VENICE_TRY(options_.store->Checkpoint(checkpoint));
  bytes_since_checkpoint_ = 0;
  return Ok();
}

Status PartitionIngestion::EndOfBatch(const pubsub::Consumer& consumer, const pubsub::RecordView& last) {
  if (finished()) return Ok();
  next_ = consumer.PositionAfter(last);
  if (push_started_ && !sorted_) VENICE_TRY(options_.store->Commit());
  const auto now = options_.clock->Monotonic();
  if (now - last_report_ >= kReportInterval) {
    last_report_ = now;
    ReplicaReport report = Report();
    report.state = ReplicaState::kProgress;
    if (options_.listener) options_.listener(report);
  }
  return Ok();
}

void PartitionIngestion::Leave() {
  if (finished() || !push_started_ || bytes_since_checkpoint_ < kWorthACheckpointBytes) return;
  if (Status status = SaveCheckpoint(); !status.ok())
    LogWarning("ingestion.leave.no_checkpoint", {{"replica", Where()}, {"error", status.error().ToString()}});
}

void PartitionIngestion::Fail(Error error) {
  {
    std::lock_guard lock(detail_mutex_);
    error_code_ = error.code();
  }
  const std::string text = std::move(error).In(Where()).ToString();
  LogError("ingestion.failed", {{"topic", options_.topic}, {"partition", options_.partition}, {"error", text}});
  Enter(ReplicaState::kError, text);
}

void PartitionIngestion::Enter(ReplicaState state, std::string detail) {
  {
    std::lock_guard lock(detail_mutex_);
    detail_ = std::move(detail);
  }
  state_ = state;
  if (state == ReplicaState::kCompleted)
    LogInfo("ingestion.completed", {{"topic", options_.topic},
                                    {"partition", options_.partition},
                                    {"records", records_.load()},
                                    {"bytes", bytes_.load()},
                                    {"replays_dropped", integrity_.replays_dropped()}});
  if (options_.listener) options_.listener(Report());
}

ReplicaReport PartitionIngestion::Report() const {
  ReplicaReport report;
  report.topic = options_.topic;
  report.partition = options_.partition;
  report.state = state_;
  report.offset = offset_;
  report.records = records_;
  report.bytes = bytes_;
  std::lock_guard lock(detail_mutex_);
  report.detail = detail_;
  report.error_code = error_code_;
  return report;
}

}  // namespace venice::ingestion
