#include "protocol/partition_state.h"

#include <fmt/format.h>

#include "protocol/wire.h"

namespace venice::protocol {
namespace {

// A GUID as a map key: its bytes are taken as ISO-8859-1 text and written as UTF-8, so 0x80 and up become two bytes.
std::string GuidToText(const Guid& guid) {
  std::string text;
  for (const uint8_t byte : guid.bytes) {
    if (byte < 0x80) {
      text.push_back(static_cast<char>(byte));
    } else {
      text.push_back(static_cast<char>(0xc0 | byte >> 6));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return text;
}

std::optional<Guid> GuidFromText(std::string_view text) {
  Guid guid;
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    auto byte = static_cast<uint8_t>(text[at]);
    if (byte >= 0x80) {
      if ((byte != 0xc2 && byte != 0xc3) || at + 1 == text.size() || (text[at + 1] & 0xc0) != 0x80) return std::nullopt;
      byte = static_cast<uint8_t>(byte << 6 | (text[++at] & 0x3f));
    }
    if (count == guid.bytes.size()) return std::nullopt;
    guid.bytes[count++] = byte;
  }
  if (count != guid.bytes.size()) return std::nullopt;
  return guid;
}

using ProducerStates = std::map<Guid, ProducerPartitionState>;

ProducerPartitionState ReadProducerState(WireReader& in) {
  ProducerPartitionState state;
  state.segment_number = in.Int();
  state.segment_status = in.Int();
  state.is_registered = in.Boolean();
  state.message_sequence_number = in.Int();
  state.message_timestamp_ms = in.Long();
  state.checksum_type = in.Int();
  state.checksum_state = in.String();
  state.aggregates = in.Map<int64_t>([&] { return in.Long(); });
  state.debug_info = in.StringMap();
  return state;
}

void AppendProducerState(std::string& out, const ProducerPartitionState& state) {
  avro::AppendInt(out, state.segment_number);
  avro::AppendInt(out, state.segment_status);
  avro::AppendBoolean(out, state.is_registered);
  avro::AppendInt(out, state.message_sequence_number);
  avro::AppendLong(out, state.message_timestamp_ms);
  avro::AppendInt(out, state.checksum_type);
  avro::AppendBytes(out, state.checksum_state);
  AppendBlocks(out, state.aggregates, [&](const auto& entry) {
    avro::AppendBytes(out, entry.first);
    avro::AppendLong(out, entry.second);
  });
  AppendStringMap(out, state.debug_info);
}

ProducerStates ReadProducerStates(WireReader& in) {
  ProducerStates states;
  in.Blocks([&] {
    const std::optional<Guid> guid = GuidFromText(in.Bytes());
    ProducerPartitionState state = ReadProducerState(in);
    if (guid)
      states.insert_or_assign(*guid, std::move(state));
    else
      in.Fail();
  });
  return states;
}

void AppendProducerStates(std::string& out, const ProducerStates& states) {
  AppendBlocks(out, states, [&](const auto& entry) {
    avro::AppendBytes(out, GuidToText(entry.first));
    AppendProducerState(out, entry.second);
  });
}

PartitionState::KeyUrnCompressionDictionary ReadKeyUrnDictionary(WireReader& in) {
  PartitionState::KeyUrnCompressionDictionary dictionary;
  dictionary.key_urn_fields = in.Strings();
  dictionary.version = in.Int();
  dictionary.dictionary = in.String();
  return dictionary;
}

PartitionState::IncrementalPush ReadIncrementalPush(WireReader& in) {
  PartitionState::IncrementalPush push;
  push.version = in.String();
  push.error = in.Nullable<std::string>([&] { return in.String(); });
  return push;
}

PartitionState::IncrementalPushStatus ReadIncrementalPushStatus(WireReader& in) {
  PartitionState::IncrementalPushStatus status;
  status.status = in.Int();
  status.timestamp_ms = in.Long();
  return status;
}

// The fields in wire order; AppendState below is its mirror.
PartitionState ReadState(WireReader& in) {
  const auto read_string = [&] { return in.String(); };
  PartitionState state;
  state.offset = in.Long();
  state.offset_lag = in.Long();
  state.end_of_push = in.Boolean();
  state.last_update_ms = in.Long();
  state.start_of_buffer_replay_destination_offset = in.Nullable<int64_t>([&] { return in.Long(); });
  state.database_info = in.StringMap();
  state.incremental_push_info = in.Nullable<PartitionState::IncrementalPush>([&] { return ReadIncrementalPush(in); });
  state.leader_topic = in.Nullable<std::string>(read_string);
  state.leader_offset = in.Long();
  state.upstream_offset_map = in.Map<int64_t>([&] { return in.Long(); });
  state.upstream_real_time_topic_position_map = in.StringMap();
  state.upstream_version_topic_offset = in.Long();
  state.upstream_version_topic_position = in.String();
  state.leader_guid = in.Nullable<Guid>([&] { return Guid::FromBytes(in.Fixed(sizeof(Guid))).value_or(Guid()); });
  state.leader_host_id = in.Nullable<std::string>(read_string);
  state.producer_states = ReadProducerStates(in);
  state.previous_statuses = in.StringMap();
  state.pending_report_incremental_push_versions = in.Strings();
  state.real_time_topic_producer_states = in.Map<ProducerStates>([&] { return ReadProducerStates(in); });
  state.record_transformer_class_hash = in.Nullable<int32_t>([&] { return in.Int(); });
  state.last_processed_version_topic_position = in.String();
  state.last_consumed_version_topic_position = in.String();
  state.latest_observed_term_id = in.Long();
  state.current_term_start_position = in.String();
  state.last_consumed_version_topic_offset = in.Long();
  state.heartbeat_timestamp_ms = in.Long();
  state.last_checkpoint_timestamp_ms = in.Long();
  state.key_urn_compression_dictionary =
      in.Nullable<PartitionState::KeyUrnCompressionDictionary>([&] { return ReadKeyUrnDictionary(in); });
  state.tracking_incremental_push_status =
      in.Map<PartitionState::IncrementalPushStatus>([&] { return ReadIncrementalPushStatus(in); });
  state.unique_ingested_key_count_hll_sketch = in.Nullable<std::string>(read_string);
  state.active_key_count = in.Long();
  state.batch_push_record_count = in.Long();
  state.upstream_last_consumed_version_topic_position = in.String();
  return state;
}

void AppendState(std::string& out, const PartitionState& state) {
  const auto append_bytes = [&](const std::string& bytes) { avro::AppendBytes(out, bytes); };
  avro::AppendLong(out, state.offset);
  avro::AppendLong(out, state.offset_lag);
  avro::AppendBoolean(out, state.end_of_push);
  avro::AppendLong(out, state.last_update_ms);
  AppendNullable(out, state.start_of_buffer_replay_destination_offset, [&](int64_t at) { avro::AppendLong(out, at); });
  AppendStringMap(out, state.database_info);
  AppendNullable(out, state.incremental_push_info, [&](const PartitionState::IncrementalPush& push) {
    append_bytes(push.version);
    AppendNullable(out, push.error, append_bytes);
  });
  AppendNullable(out, state.leader_topic, append_bytes);
  avro::AppendLong(out, state.leader_offset);
  AppendBlocks(out, state.upstream_offset_map, [&](const auto& entry) {
    append_bytes(entry.first);
    avro::AppendLong(out, entry.second);
  });
  AppendStringMap(out, state.upstream_real_time_topic_position_map);
  avro::AppendLong(out, state.upstream_version_topic_offset);
  append_bytes(state.upstream_version_topic_position);
  AppendNullable(out, state.leader_guid, [&](const Guid& guid) { out.append(guid.view()); });
  AppendNullable(out, state.leader_host_id, append_bytes);
  AppendProducerStates(out, state.producer_states);
  AppendStringMap(out, state.previous_statuses);
  AppendStrings(out, state.pending_report_incremental_push_versions);
  AppendBlocks(out, state.real_time_topic_producer_states, [&](const auto& entry) {
    append_bytes(entry.first);
    AppendProducerStates(out, entry.second);
  });
  AppendNullable(out, state.record_transformer_class_hash, [&](int32_t hash) { avro::AppendInt(out, hash); });
  append_bytes(state.last_processed_version_topic_position);
  append_bytes(state.last_consumed_version_topic_position);
  avro::AppendLong(out, state.latest_observed_term_id);
  append_bytes(state.current_term_start_position);
  avro::AppendLong(out, state.last_consumed_version_topic_offset);
  avro::AppendLong(out, state.heartbeat_timestamp_ms);
  avro::AppendLong(out, state.last_checkpoint_timestamp_ms);
  AppendNullable(out, state.key_urn_compression_dictionary,
                 [&](const PartitionState::KeyUrnCompressionDictionary& dictionary) {
                   AppendStrings(out, dictionary.key_urn_fields);
                   avro::AppendInt(out, dictionary.version);
                   append_bytes(dictionary.dictionary);
                 });
  AppendBlocks(out, state.tracking_incremental_push_status, [&](const auto& entry) {
    append_bytes(entry.first);
    avro::AppendInt(out, entry.second.status);
    avro::AppendLong(out, entry.second.timestamp_ms);
  });
  AppendNullable(out, state.unique_ingested_key_count_hll_sketch, append_bytes);
  avro::AppendLong(out, state.active_key_count);
  avro::AppendLong(out, state.batch_push_record_count);
  append_bytes(state.upstream_last_consumed_version_topic_position);
}

}  // namespace

void EncodePartitionState(const PartitionState& state, std::string& out) {
  out.clear();
  AppendFraming(out, kPartitionStateMagic, kPartitionStateVersion);
  AppendState(out, state);
}

Result<PartitionState> DecodePartitionState(std::string_view bytes) {
  VENICE_TRY(TakeFraming(bytes, kPartitionStateMagic, kPartitionStateVersion, "PartitionState"));
  WireReader in(bytes);
  PartitionState state = ReadState(in);
  VENICE_TRY(in.Finish("PartitionState"));
  return state;
}

}  // namespace venice::protocol
