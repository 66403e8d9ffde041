#include "protocol/envelope.h"

#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "protocol/control_message_codec.h"
#include "protocol/wire.h"

namespace venice::protocol {
namespace {

enum class PayloadBranch { kPut, kUpdate, kDelete, kControlMessage };

// Update came in version 7, between Put and Delete.
PayloadBranch BranchFromIndex(int index, int version) {
  if (version >= 7 || index == 0) return static_cast<PayloadBranch>(index);
  return static_cast<PayloadBranch>(index + 1);
}

bool Fits(MessageType type, PayloadBranch branch) {
  switch (type) {
    case MessageType::kPut:
      return branch == PayloadBranch::kPut;
    case MessageType::kDelete:
      return branch == PayloadBranch::kDelete;
    case MessageType::kControlMessage:
      return branch == PayloadBranch::kControlMessage;
    case MessageType::kUpdate:
      return branch == PayloadBranch::kUpdate;
    case MessageType::kGlobalRtDiv:
      return branch == PayloadBranch::kPut || branch == PayloadBranch::kDelete;
  }
  return false;
}

void ReadReplicationMetadata(WireReader& in, EnvelopeView& out) {
  out.replication_metadata_version_id = in.Int();
  out.replication_metadata_payload = in.Bytes();
}

void ReadPut(WireReader& in, int version, EnvelopeView& out) {
  if (version >= 9) {
    out.value = in.Bytes();
    out.schema_id = in.Int();
    ReadReplicationMetadata(in, out);
  } else {
    out.schema_id = in.Int();
    out.value = in.Bytes();
  }
}

void ReadUpdate(WireReader& in, EnvelopeView& out) {
  out.schema_id = in.Int();
  out.update_schema_id = in.Int();
  out.value = in.Bytes();
}

void ReadDelete(WireReader& in, int version, EnvelopeView& out) {
  if (version < 9) return;
  out.schema_id = in.Int();
  ReadReplicationMetadata(in, out);
}

void ReadControl(WireReader& in, int version, EnvelopeView& out) {
  const int32_t type = in.Int();
  if (type < 0 || type >= kControlMessageTypes) return in.Fail();
  out.control.type = static_cast<ControlMessageType>(type);
  out.control.version = static_cast<int8_t>(version);
  const char* begin = in.at();
  (void)ReadControlMessage(in, out.control.type, version);  // finds its end, and that it is well formed
  if (in.ok()) out.control.encoded = std::string_view(begin, static_cast<size_t>(in.at() - begin));
}

void ReadFooter(WireReader& in, int version, EnvelopeView& out) {
  if (version < 8 || in.Branch(2) == 0) {
    out.footer.reset();
    return;
  }
  LeaderMetadata& footer = out.footer.emplace();
  footer.host_name = in.Bytes();
  footer.upstream_offset = in.Long();
  if (version >= 9) footer.upstream_kafka_cluster_id = in.Int();
  if (version >= 12) {
    footer.upstream_position = in.Bytes();
    footer.term_id = in.Long();
  }
  if (version >= 14) footer.upstream_message_timestamp_ms = in.Long();
}

// `Version` is an int, or std::integral_constant for the one that matters: there all comparisons fold.
template <typename Version>
void ReadEnvelope(WireReader& in, Version version, EnvelopeView& out) {
  const int32_t type = in.Int();
  if (type < 0 || type > static_cast<int32_t>(MessageType::kGlobalRtDiv)) return in.Fail();
  out.type = static_cast<MessageType>(type);

  const std::string_view guid = in.Fixed(sizeof(Guid));
  if (!in.ok()) return;
  std::memcpy(out.producer.guid.bytes.data(), guid.data(), sizeof(Guid));
  out.producer.segment_number = in.Int();
  out.producer.sequence_number = in.Int();
  out.producer.message_timestamp_ms = in.Long();
  if (version >= 7 && version <= 10) in.Long();  // upstreamOffset; later it is in the footer
  out.producer.logical_timestamp_ms = version >= 9 ? in.Long() : -1;
  if (version == 10) in.Int();  // targetVersion

  const PayloadBranch branch = BranchFromIndex(in.Branch(version >= 7 ? 4 : 3), version);
  if (!in.ok() || !Fits(out.type, branch)) return in.Fail();
  switch (branch) {
    case PayloadBranch::kPut:
      ReadPut(in, version, out);
      break;
    case PayloadBranch::kUpdate:
      ReadUpdate(in, out);
      break;
    case PayloadBranch::kDelete:
      ReadDelete(in, version, out);
      break;
    case PayloadBranch::kControlMessage:
      ReadControl(in, version, out);
      break;
  }
  ReadFooter(in, version, out);
}

Error FramingError(std::string_view bytes) {
  if (bytes.size() < 2)
    return Error(ErrorCode::kCorruption, "record value is shorter than the envelope's two header bytes");
  if (static_cast<uint8_t>(bytes[0]) != kEnvelopeMagic)
    return Error(ErrorCode::kCorruption, fmt::format("record value starts with byte {} instead of the envelope's {}",
                                                     static_cast<uint8_t>(bytes[0]), kEnvelopeMagic));
  if (bytes[1] < 1) return Error(ErrorCode::kCorruption, fmt::format("envelope version {} does not exist", bytes[1]));
  return Error(ErrorCode::kUnsupported,
               fmt::format("envelope version {} is newer than {}, the newest this build reads; upgrade the reader",
                           static_cast<int>(bytes[1]), kEnvelopeVersion));
}

constexpr std::integral_constant<int, kEnvelopeVersion> kCurrent;

struct Head {
  char bytes[64];
  size_t size = 0;
  void Long(int64_t value) { size += avro::StoreVarint(bytes + size, avro::ZigZag(value)); }
};

void AppendProducer(std::string& out, MessageType type, const ProducerMetadata& producer, PayloadBranch branch) {
  Head head;
  head.bytes[0] = static_cast<char>(kEnvelopeMagic);
  head.bytes[1] = static_cast<char>(kEnvelopeVersion);
  head.bytes[2] = static_cast<char>(avro::ZigZag(static_cast<int>(type)));
  std::memcpy(head.bytes + 3, producer.guid.bytes.data(), sizeof(Guid));
  head.size = 3 + sizeof(Guid);
  head.Long(producer.segment_number);
  head.Long(producer.sequence_number);
  head.Long(producer.message_timestamp_ms);
  head.Long(producer.logical_timestamp_ms);
  head.Long(static_cast<int>(branch));
  out.append(head.bytes, head.size);
}

void AppendPut(std::string& out, const Put& put) {
  avro::AppendBytes(out, put.value);
  Head tail;
  tail.Long(put.schema_id);
  tail.Long(put.replication_metadata_version_id);
  tail.Long(static_cast<int64_t>(put.replication_metadata_payload.size()));
  out.append(tail.bytes, tail.size);
  out.append(put.replication_metadata_payload);
}

void AppendFooter(std::string& out, const LeaderMetadata& footer) {
  Head head;
  head.Long(1);
  head.Long(static_cast<int64_t>(footer.host_name.size()));
  out.append(head.bytes, head.size);
  out.append(footer.host_name);
  head.size = 0;
  head.Long(footer.upstream_offset);
  head.Long(footer.upstream_kafka_cluster_id);
  head.Long(static_cast<int64_t>(footer.upstream_position.size()));
  out.append(head.bytes, head.size);
  out.append(footer.upstream_position);
  head.size = 0;
  head.Long(footer.term_id);
  head.Long(footer.upstream_message_timestamp_ms);
  out.append(head.bytes, head.size);
}

void AppendPayload(std::string& out, const ProducerMetadata& producer, const Put& put) {
  AppendProducer(out, MessageType::kPut, producer, PayloadBranch::kPut);
  AppendPut(out, put);
}
void AppendPayload(std::string& out, const ProducerMetadata& producer, const Update& update) {
  AppendProducer(out, MessageType::kUpdate, producer, PayloadBranch::kUpdate);
  avro::AppendInt(out, update.schema_id);
  avro::AppendInt(out, update.update_schema_id);
  avro::AppendBytes(out, update.value);
}
void AppendPayload(std::string& out, const ProducerMetadata& producer, const Delete& erase) {
  AppendProducer(out, MessageType::kDelete, producer, PayloadBranch::kDelete);
  avro::AppendInt(out, erase.schema_id);
  avro::AppendInt(out, erase.replication_metadata_version_id);
  avro::AppendBytes(out, erase.replication_metadata_payload);
}
void AppendPayload(std::string& out, const ProducerMetadata& producer, const ControlMessage* message) {
  AppendProducer(out, MessageType::kControlMessage, producer, PayloadBranch::kControlMessage);
  avro::AppendInt(out, static_cast<int32_t>(message->type()));
  AppendControlMessage(out, *message);
}

}  // namespace

Status DecodeEnvelope(std::string_view record_value, EnvelopeView& out) {
  if (record_value.size() < 2 || static_cast<uint8_t>(record_value[0]) != kEnvelopeMagic || record_value[1] < 1 ||
      record_value[1] > kEnvelopeVersion) [[unlikely]]
    return FramingError(record_value);
  out.version = record_value[1];
  out.schema_id = -1;
  out.update_schema_id = -1;
  out.replication_metadata_version_id = -1;
  out.replication_metadata_payload = {};
  out.value = {};
  out.control = {};
  WireReader in(record_value.substr(2));
  if (out.version == kEnvelopeVersion) [[likely]]
    ReadEnvelope(in, kCurrent, out);
  else
    ReadEnvelope(in, static_cast<int>(out.version), out);
  if (!in.ok() || in.remaining() != 0) [[unlikely]]
    return in.Finish("envelope");
  return Ok();
}

Result<EnvelopeView> DecodeEnvelope(std::string_view record_value) {
  EnvelopeView view;
  VENICE_TRY(DecodeEnvelope(record_value, view));
  return view;
}

void EncodeEnvelope(const Envelope& envelope, std::string& out) {
  std::visit([&](const auto& payload) { AppendPayload(out, envelope.producer, payload); }, envelope.payload);
  if (envelope.footer)
    AppendFooter(out, *envelope.footer);
  else
    out.push_back('\0');
}

void EncodePutEnvelope(const ProducerMetadata& producer, const Put& put, const LeaderMetadata& footer,
                       std::string& out) {
  AppendPayload(out, producer, put);
  AppendFooter(out, footer);
}

}  // namespace venice::protocol
