#include "ingestion/integrity.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace venice::ingestion {

using protocol::ControlMessageType;
using protocol::EnvelopeView;
using protocol::MessageType;
using protocol::SegmentStatus;

namespace {

bool IsControl(const EnvelopeView& record, ControlMessageType type) {
  return record.type == MessageType::kControlMessage && record.control.type == type;
}

bool Ended(SegmentStatus status) {
  return status == SegmentStatus::kEndOfIntermediateSegment || status == SegmentStatus::kEndOfFinalSegment;
}

Error Broken(const EnvelopeView& record, std::string_view what) {
  return Error(ErrorCode::kCorruption, fmt::format("data integrity: {}: producer {}, segment {}, sequence {}", what,
                                                   record.producer.guid.ToString(), record.producer.segment_number,
                                                   record.producer.sequence_number));
}

}  // namespace

Result<Integrity::Verdict> Integrity::Check(std::string_view key, const EnvelopeView& record) {
  const protocol::Guid& guid = record.producer.guid;
  if (last_guid_ == nullptr || *last_guid_ != guid) {
    if (guid == protocol::kHeartbeatGuid || guid == protocol::kLeadershipGuid) return Verdict::kUnchecked;
    const auto known = producers_.find(guid);
    if (known == producers_.end()) return CheckUnknown(record);
    last_guid_ = &known->first;
    last_producer_ = &known->second;
  }
  Producer& producer = *last_producer_;
  VENICE_ASSIGN(const Verdict verdict, CheckOrder(producer, record));
  if (verdict != Verdict::kApply) return verdict;
  VENICE_TRY(AddToChecksum(producer, key, record));
  return verdict;
}

Result<Integrity::Verdict> Integrity::CheckUnknown(const EnvelopeView& record) {
  if (!IsControl(record, ControlMessageType::kStartOfSegment))
    return Broken(record, "records are missing: an unknown producer writes without having started a segment");
  if (record.producer.segment_number != 0 || record.producer.sequence_number != 0)
    return Broken(record, "records are missing: an unknown producer does not start at segment 0, sequence 0");
  Producer producer;
  VENICE_TRY(StartSegment(producer, record));
  producers_.emplace(record.producer.guid, std::move(producer));
  last_guid_ = nullptr;  // the map may have moved nothing, but its nodes are found again at the next record
  return Verdict::kApply;
}

Result<Integrity::Verdict> Integrity::CheckOrder(Producer& producer, const EnvelopeView& record) {
  const int64_t segment = record.producer.segment_number;
  const int64_t sequence = record.producer.sequence_number;
  if (segment == producer.segment) [[likely]] {
    if (sequence <= producer.sequence) {
      if (IsControl(record, ControlMessageType::kStartOfSegment) && replays_ == Replays::kFail)
        return Broken(record, "a segment starts twice");
      return Replay(record);
    }
    if (sequence != int64_t{producer.sequence} + 1)
      return Broken(record, fmt::format("records are missing after sequence {}", producer.sequence));
    if (Ended(producer.status)) return Broken(record, "a record follows the end of its segment");
    if (IsControl(record, ControlMessageType::kStartOfSegment)) return Broken(record, "a segment starts twice");
    producer.sequence = record.producer.sequence_number;
    producer.timestamp_ms = record.producer.message_timestamp_ms;
    return Verdict::kApply;
  }
  if (segment < producer.segment) {
    if (IsControl(record, ControlMessageType::kStartOfSegment) && replays_ == Replays::kFail)
      return Broken(record, "a segment starts twice");
    return Replay(record);
  }
  if (segment > int64_t{producer.segment} + 1)
    return Broken(record, fmt::format("records are missing: segment {} is followed by this one", producer.segment));
  if (!Ended(producer.status))
    return Broken(record, fmt::format("records are missing: segment {} has no end (last sequence {})", producer.segment,
                                      producer.sequence));
  if (!IsControl(record, ControlMessageType::kStartOfSegment) || sequence != 0)
    return Broken(record, "records are missing: a segment does not begin with its start");
  VENICE_TRY(StartSegment(producer, record));
  return Verdict::kApply;
}

Result<Integrity::Verdict> Integrity::Replay(const EnvelopeView& record) {
  if (replays_ == Replays::kFail) return Broken(record, "a record is in the log twice");
  ++replays_dropped_;
  return Verdict::kReplay;
}

Status Integrity::StartSegment(Producer& producer, const EnvelopeView& record) {
  VENICE_ASSIGN(const protocol::ControlMessage message, record.control.Decode());
  VENICE_ASSIGN(const protocol::ChecksumType type,
                protocol::ChecksumTypeFromId(std::get<protocol::StartOfSegment>(message.body).checksum_type));
  producer.segment = record.producer.segment_number;
  producer.sequence = record.producer.sequence_number;
  producer.status = SegmentStatus::kInProgress;
  producer.timestamp_ms = record.producer.message_timestamp_ms;
  producer.checksum = protocol::SegmentChecksum(type);
  producer.checksum.AddControl(ControlMessageType::kStartOfSegment);
  return Ok();
}

Status Integrity::AddToChecksum(Producer& producer, std::string_view key, const EnvelopeView& record) {
  switch (record.type) {
    case MessageType::kPut:
    case MessageType::kGlobalRtDiv:
      producer.checksum.AddPut(key, record.schema_id, record.value);
      return Ok();
    case MessageType::kDelete:
      producer.checksum.AddDelete(key);
      return Ok();
    case MessageType::kUpdate:
      producer.checksum.AddUpdate(key, record.schema_id, record.update_schema_id, record.value);
      return Ok();
    case MessageType::kControlMessage:
      break;
  }
  if (record.control.type == ControlMessageType::kStartOfSegment) return Ok();  // StartSegment has added it
  if (record.control.type != ControlMessageType::kEndOfSegment) {
    producer.checksum.AddControl(record.control.type);
    return Ok();
  }
  VENICE_ASSIGN(const protocol::ControlMessage message, record.control.Decode());
  const auto& end = std::get<protocol::EndOfSegment>(message.body);
  producer.status = end.final_segment ? SegmentStatus::kEndOfFinalSegment : SegmentStatus::kEndOfIntermediateSegment;
  const std::string computed = producer.checksum.Value();
  if (computed == end.checksum_value) return Ok();
  return Broken(record, fmt::format("the checksum of the segment differs: {} was sent, {} computed over what arrived",
                                    HexEncode(end.checksum_value), HexEncode(computed)));
}

Result<std::map<protocol::Guid, protocol::ProducerPartitionState>> Integrity::State() const {
  std::map<protocol::Guid, protocol::ProducerPartitionState> state;
  for (const auto& [guid, producer] : producers_) {
    protocol::ProducerPartitionState& entry = state[guid];
    entry.segment_number = producer.segment;
    entry.segment_status = static_cast<int32_t>(producer.status);
    entry.is_registered = true;
    entry.message_sequence_number = producer.sequence;
    entry.message_timestamp_ms = producer.timestamp_ms;
    entry.checksum_type = static_cast<int32_t>(producer.checksum.type());
    VENICE_ASSIGN(entry.checksum_state, producer.checksum.State());
  }
  return state;
}

Status Integrity::Restore(const std::map<protocol::Guid, protocol::ProducerPartitionState>& state) {
  producers_.clear();
  last_guid_ = nullptr;
  for (const auto& [guid, entry] : state) {
    Producer producer;
    producer.segment = entry.segment_number;
    producer.sequence = entry.message_sequence_number;
    producer.status = static_cast<SegmentStatus>(entry.segment_status);
    producer.timestamp_ms = entry.message_timestamp_ms;
    VENICE_ASSIGN(const protocol::ChecksumType type, protocol::ChecksumTypeFromId(entry.checksum_type));
    VENICE_ASSIGN(producer.checksum, protocol::SegmentChecksum::FromState(type, entry.checksum_state));
    producers_.emplace(guid, std::move(producer));
  }
  return Ok();
}

}  // namespace venice::ingestion
