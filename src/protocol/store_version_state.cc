#include "protocol/store_version_state.h"

#include "protocol/control_message_codec.h"
#include "protocol/wire.h"

namespace venice::protocol {

void EncodeStoreVersionState(const StoreVersionState& state, std::string& out) {
  out.clear();
  AppendFraming(out, kStoreVersionStateMagic, kStoreVersionStateVersion);
  avro::AppendBoolean(out, state.sorted);
  AppendNullable(out, state.start_of_buffer_replay, [&](const StartOfBufferReplay& body) { AppendBody(out, body); });
  avro::AppendBoolean(out, state.chunked);
  avro::AppendInt(out, state.compression_strategy);
  AppendNullable(out, state.topic_switch, [&](const TopicSwitch& body) { AppendBody(out, body); });
  AppendNullable(out, state.compression_dictionary, [&](const std::string& bytes) { avro::AppendBytes(out, bytes); });
  avro::AppendInt(out, state.batch_conflict_resolution_policy);
  avro::AppendLong(out, state.start_of_push_timestamp_ms);
  avro::AppendLong(out, state.end_of_push_timestamp_ms);
}

Result<StoreVersionState> DecodeStoreVersionState(std::string_view bytes) {
  VENICE_TRY(TakeFraming(bytes, kStoreVersionStateMagic, kStoreVersionStateVersion, "StoreVersionState"));
  WireReader in(bytes);
  StoreVersionState state;
  state.sorted = in.Boolean();
  state.start_of_buffer_replay = in.Nullable<StartOfBufferReplay>([&] { return ReadStartOfBufferReplay(in); });
  state.chunked = in.Boolean();
  state.compression_strategy = in.Int();
  state.topic_switch = in.Nullable<TopicSwitch>([&] { return ReadTopicSwitch(in); });
  state.compression_dictionary = in.Nullable<std::string>([&] { return in.String(); });
  state.batch_conflict_resolution_policy = in.Int();
  state.start_of_push_timestamp_ms = in.Long();
  state.end_of_push_timestamp_ms = in.Long();
  VENICE_TRY(in.Finish("StoreVersionState"));
  return state;
}

}  // namespace venice::protocol
