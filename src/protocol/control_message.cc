#include "protocol/control_message.h"

#include "protocol/control_message_codec.h"

namespace venice::protocol {
namespace {

// How many kinds of control message an envelope version knows.
int ControlMessageTypesOf(int version) {
  if (version >= 11) return 9;
  if (version >= 7) return 8;
  if (version >= 6) return 7;
  if (version >= 3) return 5;
  return 4;
}

StartOfPush ReadStartOfPush(WireReader& in, int version) {
  StartOfPush body;
  if (version >= 2) body.sorted = in.Boolean();
  if (version >= 4) body.chunked = in.Boolean();
  if (version >= 5) body.compression_strategy = in.Int();
  if (version >= 8) body.compression_dictionary = in.Nullable<std::string>([&] { return in.String(); });
  if (version >= 9) body.timestamp_policy = in.Int();
  return body;
}

StartOfSegment ReadStartOfSegment(WireReader& in) {
  StartOfSegment body;
  body.checksum_type = in.Int();
  body.upcoming_aggregates = in.Strings();
  return body;
}

EndOfSegment ReadEndOfSegment(WireReader& in) {
  EndOfSegment body;
  body.checksum_value = in.String();
  body.computed_aggregates = in.Longs();
  body.final_segment = in.Boolean();
  return body;
}

VersionSwap ReadVersionSwap(WireReader& in, int version) {
  VersionSwap body;
  body.old_serving_version_topic = in.String();
  body.new_serving_version_topic = in.String();
  body.local_high_watermarks = in.Nullable<std::vector<int64_t>>([&] { return in.Longs(); });
  if (version >= 12) body.local_high_watermark_positions = in.Strings();
  body.is_repush = in.Boolean();
  body.is_last_version_swap_message_from_real_time_topic = in.Boolean();
  if (version >= 13) {
    body.source_region = in.String();
    body.destination_region = in.String();
    body.generation_id = in.Long();
  }
  return body;
}

ControlMessage::Body ReadBody(WireReader& in, ControlMessageType type, int version) {
  switch (type) {
    case ControlMessageType::kStartOfPush:
      return ReadStartOfPush(in, version);
    case ControlMessageType::kEndOfPush:
      return EndOfPush{};
    case ControlMessageType::kStartOfSegment:
      return ReadStartOfSegment(in);
    case ControlMessageType::kEndOfSegment:
      return ReadEndOfSegment(in);
    case ControlMessageType::kStartOfBufferReplay:
      return ReadStartOfBufferReplay(in);
    case ControlMessageType::kStartOfIncrementalPush:
      return StartOfIncrementalPush{in.String()};
    case ControlMessageType::kEndOfIncrementalPush:
      return EndOfIncrementalPush{in.String()};
    case ControlMessageType::kTopicSwitch:
      return ReadTopicSwitch(in);
    case ControlMessageType::kVersionSwap:
      return ReadVersionSwap(in, version);
  }
  in.Fail();
  return EndOfPush{};
}

void AppendBody(std::string& out, const StartOfPush& body) {
  avro::AppendBoolean(out, body.sorted);
  avro::AppendBoolean(out, body.chunked);
  avro::AppendInt(out, body.compression_strategy);
  AppendNullable(out, body.compression_dictionary, [&](const std::string& bytes) { avro::AppendBytes(out, bytes); });
  avro::AppendInt(out, body.timestamp_policy);
}
void AppendBody(std::string&, const EndOfPush&) {}
void AppendBody(std::string& out, const StartOfSegment& body) {
  avro::AppendInt(out, body.checksum_type);
  AppendStrings(out, body.upcoming_aggregates);
}
void AppendBody(std::string& out, const EndOfSegment& body) {
  avro::AppendBytes(out, body.checksum_value);
  AppendLongs(out, body.computed_aggregates);
  avro::AppendBoolean(out, body.final_segment);
}
void AppendBody(std::string& out, const StartOfIncrementalPush& body) { avro::AppendBytes(out, body.version); }
void AppendBody(std::string& out, const EndOfIncrementalPush& body) { avro::AppendBytes(out, body.version); }
void AppendBody(std::string& out, const VersionSwap& body) {
  avro::AppendBytes(out, body.old_serving_version_topic);
  avro::AppendBytes(out, body.new_serving_version_topic);
  AppendNullable(out, body.local_high_watermarks, [&](const std::vector<int64_t>& longs) { AppendLongs(out, longs); });
  AppendStrings(out, body.local_high_watermark_positions);
  avro::AppendBoolean(out, body.is_repush);
  avro::AppendBoolean(out, body.is_last_version_swap_message_from_real_time_topic);
  avro::AppendBytes(out, body.source_region);
  avro::AppendBytes(out, body.destination_region);
  avro::AppendLong(out, body.generation_id);
}

}  // namespace

StartOfBufferReplay ReadStartOfBufferReplay(WireReader& in) {
  StartOfBufferReplay body;
  body.source_offsets = in.Longs();
  body.source_kafka_cluster = in.String();
  body.source_topic_name = in.String();
  return body;
}
void AppendBody(std::string& out, const StartOfBufferReplay& body) {
  AppendLongs(out, body.source_offsets);
  avro::AppendBytes(out, body.source_kafka_cluster);
  avro::AppendBytes(out, body.source_topic_name);
}

TopicSwitch ReadTopicSwitch(WireReader& in) {
  TopicSwitch body;
  body.source_kafka_servers = in.Strings();
  body.source_topic_name = in.String();
  body.rewind_start_timestamp = in.Long();
  return body;
}
void AppendBody(std::string& out, const TopicSwitch& body) {
  AppendStrings(out, body.source_kafka_servers);
  avro::AppendBytes(out, body.source_topic_name);
  avro::AppendLong(out, body.rewind_start_timestamp);
}

ControlMessage ReadControlMessage(WireReader& in, ControlMessageType type, int version) {
  ControlMessage message;
  message.debug_info = in.StringMap();
  // The union's branches are in the order of the type ids, in every version.
  if (in.Branch(ControlMessageTypesOf(version)) != static_cast<int>(type)) in.Fail();
  message.body = ReadBody(in, type, version);
  return message;
}

void AppendControlMessage(std::string& out, const ControlMessage& message) {
  AppendStringMap(out, message.debug_info);
  avro::AppendLong(out, static_cast<int64_t>(message.body.index()));
  std::visit([&](const auto& body) { AppendBody(out, body); }, message.body);
}

Result<ControlMessage> ControlMessageView::Decode() const {
  WireReader in(encoded);
  ControlMessage message = ReadControlMessage(in, type, version);
  VENICE_TRY(in.Finish("control message"));
  return message;
}

std::string_view ToString(ControlMessageType type) {
  switch (type) {
    case ControlMessageType::kStartOfPush:
      return "START_OF_PUSH";
    case ControlMessageType::kEndOfPush:
      return "END_OF_PUSH";
    case ControlMessageType::kStartOfSegment:
      return "START_OF_SEGMENT";
    case ControlMessageType::kEndOfSegment:
      return "END_OF_SEGMENT";
    case ControlMessageType::kStartOfBufferReplay:
      return "START_OF_BUFFER_REPLAY";
    case ControlMessageType::kStartOfIncrementalPush:
      return "START_OF_INCREMENTAL_PUSH";
    case ControlMessageType::kEndOfIncrementalPush:
      return "END_OF_INCREMENTAL_PUSH";
    case ControlMessageType::kTopicSwitch:
      return "TOPIC_SWITCH";
    case ControlMessageType::kVersionSwap:
      return "VERSION_SWAP";
  }
  return "UNKNOWN";
}

}  // namespace venice::protocol
