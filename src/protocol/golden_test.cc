// Bytes made by another Avro implementation (tests/golden/protocol/generate.py) must mean the values below, and our
// encoders must make the same bytes at the current versions.
#include <fstream>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "protocol/envelope.h"
#include "protocol/multi_get.h"
#include "protocol/partition_state.h"
#include "protocol/position.h"
#include "protocol/store_version_state.h"

namespace venice::protocol {
namespace {

const std::map<std::string, std::string>& Golden() {
  static const auto kGolden = [] {
    std::map<std::string, std::string> golden;
    std::ifstream file(VENICE_SOURCE_DIR "/tests/golden/protocol/golden.txt");
    for (std::string name, hex; file >> name >> hex;) golden.emplace(name, HexDecode(hex).value());
    return golden;
  }();
  return kGolden;
}

const std::string& Bytes(const std::string& name) {
  const auto found = Golden().find(name);
  EXPECT_NE(found, Golden().end()) << name;
  static const std::string kNone;
  return found == Golden().end() ? kNone : found->second;
}

Guid CountingGuid() {
  Guid guid;
  for (size_t i = 0; i < guid.bytes.size(); ++i) guid.bytes[i] = static_cast<uint8_t>(i);
  return guid;
}

Guid HighGuid() {
  return Guid::FromBytes(HexDecode("007f80bfc0ff"
                                   "e9e9e9e9e9e9e9e9e9e9")
                             .value())
      .value();
}

ProducerMetadata ExpectedProducer(int version) {
  return {.guid = CountingGuid(),
          .segment_number = 3,
          .sequence_number = 1000,
          .message_timestamp_ms = 1700000000000,
          .logical_timestamp_ms = version >= 9 ? -2 : -1};
}

std::optional<LeaderMetadata> ExpectedFooter(int version) {
  static const std::string kPosition = HexDecode("2201000200").value();
  if (version < 8) return std::nullopt;
  LeaderMetadata footer{.host_name = "host_1", .upstream_offset = 123456};
  if (version >= 9) footer.upstream_kafka_cluster_id = 1;
  if (version >= 12) {
    footer.upstream_position = kPosition;
    footer.term_id = 5;
  }
  if (version >= 14) footer.upstream_message_timestamp_ms = 1700000000002;
  return footer;
}

// The control message of a type as a version can carry it; nothing when the version does not know it.
std::optional<ControlMessage> ExpectedControl(int version, int type) {
  ControlMessage message{.debug_info = {{"host", "h"}, {"pid", "1"}}};
  switch (type) {
    case 0: {
      StartOfPush body;
      if (version >= 2) body.sorted = true;
      if (version >= 4) body.chunked = true;
      if (version >= 5) body.compression_strategy = 3;
      if (version >= 8) body.compression_dictionary = std::string("\0dict", 5);
      if (version >= 9) body.timestamp_policy = 2;
      message.body = body;
      return message;
    }
    case 1:
      message.body = EndOfPush{};
      return message;
    case 2:
      message.body = StartOfSegment{.checksum_type = 4, .upcoming_aggregates = {"a", "b"}};
      return message;
    case 3:
      message.body = EndOfSegment{.checksum_value = "\1\2", .computed_aggregates = {1, -300}, .final_segment = true};
      return message;
    case 4:
      if (version < 3) return std::nullopt;
      message.body = StartOfBufferReplay{{5, int64_t{1} << 40}, "kafka:9092", "s_rt"};
      return message;
    case 5:
      if (version < 6) return std::nullopt;
      message.body = StartOfIncrementalPush{"inc_1"};
      return message;
    case 6:
      if (version < 6) return std::nullopt;
      message.body = EndOfIncrementalPush{"inc_1"};
      return message;
    case 7:
      if (version < 7) return std::nullopt;
      message.body = TopicSwitch{{"k1:9092", "k2:9092"}, "s_rt", -2};
      return message;
    case 8: {
      if (version < 11) return std::nullopt;
      VersionSwap body{.old_serving_version_topic = "s_v1",
                       .new_serving_version_topic = "s_v2",
                       .local_high_watermarks = std::vector<int64_t>{7, -1},
                       .is_repush = true,
                       .is_last_version_swap_message_from_real_time_topic = true};
      if (version >= 12) body.local_high_watermark_positions = {std::string(kEarliestPosition), ""};
      if (version >= 13) {
        body.source_region = "dc-0";
        body.destination_region = "dc-1";
        body.generation_id = 1700000000001;
      }
      message.body = body;
      return message;
    }
  }
  return std::nullopt;
}

class EnvelopeGolden : public ::testing::TestWithParam<int> {
 protected:
  EnvelopeView Decode(const std::string& name) {
    const auto view = DecodeEnvelope(Bytes(fmt::format("envelope.v{}.{}", GetParam(), name)));
    EXPECT_TRUE(view.ok()) << name << ": " << view.error().ToString();
    return view.value_or(EnvelopeView());
  }
  void ExpectHead(const EnvelopeView& view, MessageType type) {
    EXPECT_EQ(view.version, GetParam());
    EXPECT_EQ(view.type, type);
    EXPECT_EQ(view.producer, ExpectedProducer(GetParam()));
    EXPECT_EQ(view.footer, ExpectedFooter(GetParam()));
  }
  // At the current version our encoder makes the same bytes.
  void ExpectEncodes(const std::string& name, const Envelope& envelope) {
    if (GetParam() != kEnvelopeVersion) return;
    std::string out;
    EncodeEnvelope(envelope, out);
    EXPECT_EQ(HexEncode(out), HexEncode(Bytes(fmt::format("envelope.v{}.{}", GetParam(), name))));
  }
};

TEST_P(EnvelopeGolden, Put) {
  const EnvelopeView view = Decode("put");
  ExpectHead(view, MessageType::kPut);
  EXPECT_EQ(view.value, "\2a");
  EXPECT_EQ(view.schema_id, 7);
  EXPECT_EQ(view.replication_metadata_version_id, GetParam() >= 9 ? 1 : -1);
  EXPECT_EQ(view.replication_metadata_payload, GetParam() >= 9 ? "rmd" : "");
  EXPECT_FALSE(Decode("put_no_footer").footer.has_value());

  const Put put{
      .value = "\2a", .schema_id = 7, .replication_metadata_version_id = 1, .replication_metadata_payload = "rmd"};
  ExpectEncodes("put", {.producer = ExpectedProducer(14), .payload = put, .footer = ExpectedFooter(14)});
  ExpectEncodes("put_no_footer", {.producer = ExpectedProducer(14), .payload = put, .footer = std::nullopt});
}

TEST_P(EnvelopeGolden, Delete) {
  const EnvelopeView view = Decode("delete");
  ExpectHead(view, MessageType::kDelete);
  EXPECT_EQ(view.schema_id, GetParam() >= 9 ? 8 : -1);
  EXPECT_EQ(view.replication_metadata_payload, GetParam() >= 9 ? "rmd" : "");
  ExpectEncodes(
      "delete",
      {.producer = ExpectedProducer(14),
       .payload = Delete{.schema_id = 8, .replication_metadata_version_id = 1, .replication_metadata_payload = "rmd"},
       .footer = ExpectedFooter(14)});
}

TEST_P(EnvelopeGolden, Update) {
  if (GetParam() < 7) return;
  const EnvelopeView view = Decode("update");
  ExpectHead(view, MessageType::kUpdate);
  EXPECT_EQ(view.value, "upd");
  EXPECT_EQ(view.schema_id, 7);
  EXPECT_EQ(view.update_schema_id, 2);
  ExpectEncodes("update", {.producer = ExpectedProducer(14),
                           .payload = Update{.value = "upd", .schema_id = 7, .update_schema_id = 2},
                           .footer = ExpectedFooter(14)});
}

TEST_P(EnvelopeGolden, ControlMessages) {
  for (int type = 0; type < kControlMessageTypes; ++type) {
    const std::optional<ControlMessage> expected = ExpectedControl(GetParam(), type);
    if (!expected) continue;
    const std::string name = fmt::format("control_{}", type);
    const EnvelopeView view = Decode(name);
    ExpectHead(view, MessageType::kControlMessage);
    EXPECT_EQ(static_cast<int>(view.control.type), type);
    const auto message = view.control.Decode();
    ASSERT_TRUE(message.ok()) << message.error().ToString();
    EXPECT_EQ(*message, *expected) << ToString(view.control.type);
    ExpectEncodes(name, {.producer = ExpectedProducer(14), .payload = &*expected, .footer = ExpectedFooter(14)});
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, EnvelopeGolden, ::testing::Range(1, kEnvelopeVersion + 1));

ProducerPartitionState ExpectedProducerState(int number) {
  return {.segment_number = number,
          .segment_status = 1,
          .is_registered = true,
          .message_sequence_number = 10 * number,
          .message_timestamp_ms = 1700000000000,
          .checksum_type = 4,
          .checksum_state = HexDecode("0001020304050607").value(),
          .aggregates = {{"a", -1}},
          .debug_info = {{"host", "h"}}};
}

PartitionState ExpectedPartitionState() {
  const auto hex = [](std::string_view text) { return HexDecode(text).value(); };
  PartitionState state;
  state.offset = 100;
  state.offset_lag = 3;
  state.end_of_push = true;
  state.last_update_ms = 1700000000000;
  state.start_of_buffer_replay_destination_offset = 55;
  state.database_info = {{"rocksdb_last_finished_sst_file_no", "4"}};
  state.incremental_push_info = PartitionState::IncrementalPush{"inc_1", "bad"};
  state.leader_topic = "s_rt";
  state.leader_offset = 9;
  state.upstream_offset_map = {{"k1", 1}, {"k2", -1}};
  state.upstream_real_time_topic_position_map = {{"k1", hex("22010300")}};
  state.upstream_version_topic_offset = 12;
  state.upstream_version_topic_position = hex("2201000218");
  state.leader_guid = CountingGuid();
  state.leader_host_id = "host_1";
  state.producer_states = {{CountingGuid(), ExpectedProducerState(1)}, {HighGuid(), ExpectedProducerState(2)}};
  state.previous_statuses = {{"previouslyReadyToServe", "true"}};
  state.pending_report_incremental_push_versions = {"inc_0", "inc_1"};
  state.real_time_topic_producer_states = {{"k1", {{HighGuid(), ExpectedProducerState(3)}}}};
  state.record_transformer_class_hash = -5;
  state.last_processed_version_topic_position = hex("22010004c801");
  state.last_consumed_version_topic_position = hex("22010100");
  state.latest_observed_term_id = 6;
  state.current_term_start_position = hex("22010300");
  state.last_consumed_version_topic_offset = 101;
  state.heartbeat_timestamp_ms = 1700000000003;
  state.last_checkpoint_timestamp_ms = 1700000000004;
  state.key_urn_compression_dictionary = PartitionState::KeyUrnCompressionDictionary{{"id"}, 2, "urn"};
  state.tracking_incremental_push_status = {{"inc_1", {7, 1700000000005}}};
  state.unique_ingested_key_count_hll_sketch = "hll";
  state.active_key_count = 42;
  state.batch_push_record_count = 41;
  state.upstream_last_consumed_version_topic_position = hex("2201000200");
  return state;
}

TEST(PartitionStateGolden, FreshAndFull) {
  for (const auto& [name, expected] : {std::pair{"partition_state.fresh", PartitionState()},
                                       std::pair{"partition_state.full", ExpectedPartitionState()}}) {
    const auto state = DecodePartitionState(Bytes(name));
    ASSERT_TRUE(state.ok()) << state.error().ToString();
    EXPECT_EQ(*state, expected) << name;
    std::string out;
    EncodePartitionState(expected, out);
    EXPECT_EQ(HexEncode(out), HexEncode(Bytes(name)));
  }
}

TEST(StoreVersionStateGolden, FreshAndFull) {
  const StoreVersionState full{.sorted = true,
                               .start_of_buffer_replay = StartOfBufferReplay{{1}, "k", "s_rt"},
                               .chunked = true,
                               .compression_strategy = 3,
                               .topic_switch = TopicSwitch{{"k1"}, "s_rt", 99},
                               .compression_dictionary = "dict",
                               .batch_conflict_resolution_policy = 2,
                               .start_of_push_timestamp_ms = 1700000000000,
                               .end_of_push_timestamp_ms = 1700000000001};
  for (const auto& [name, expected] :
       {std::pair{"store_version_state.fresh", StoreVersionState()}, std::pair{"store_version_state.full", full}}) {
    const auto state = DecodeStoreVersionState(Bytes(name));
    ASSERT_TRUE(state.ok()) << state.error().ToString();
    EXPECT_EQ(*state, expected) << name;
    std::string out;
    EncodeStoreVersionState(expected, out);
    EXPECT_EQ(HexEncode(out), HexEncode(Bytes(name)));
  }
}

TEST(MultiGetGolden, Records) {
  std::string out;
  AppendRouterKey({.key_index = 70, .key = "\2a", .partition = 3}, out);
  EXPECT_EQ(HexEncode(out), HexEncode(Bytes("multi_get.router_key")));
  out.clear();
  AppendResponseRecord({.key_index = 70, .value = "value", .schema_id = 9}, out);
  EXPECT_EQ(HexEncode(out), HexEncode(Bytes("multi_get.record")));
  out.clear();
  AppendMissingKey(70, out);
  EXPECT_EQ(HexEncode(out), HexEncode(Bytes("multi_get.missing")));
  out.clear();
  AppendFooter({.status = 503, .detail = "no replica", .trailer_headers = {{"a", "1"}, {"b", "2"}}}, out);
  EXPECT_EQ(HexEncode(out), HexEncode(Bytes("multi_get.footer")));

  std::string_view body = Bytes("multi_get.router_key");
  const auto key = NextRouterKey(body).value();
  EXPECT_EQ(key.key, "\2a");
  EXPECT_EQ(key.partition, 3);
  EXPECT_EQ(HexEncode(EncodePosition(pubsub::Position::At(HexDecode("c801").value()))),
            HexEncode(Bytes("position.kafka")));
}

// Whatever is cut or changed: an error or another value, never a crash or a read outside the bytes.
TEST(Golden, MutilatedBytesAreErrorsNotCrashes) {
  const auto decode = [](const std::string& name, std::string_view bytes) -> Status {
    if (name.starts_with("envelope")) {
      VENICE_ASSIGN(const EnvelopeView view, DecodeEnvelope(bytes));
      if (view.type == MessageType::kControlMessage) VENICE_TRY(view.control.Decode());
      return Ok();
    }
    if (name.starts_with("partition_state")) VENICE_TRY(DecodePartitionState(bytes));
    if (name.starts_with("store_version_state")) VENICE_TRY(DecodeStoreVersionState(bytes));
    if (name.starts_with("position")) VENICE_TRY(DecodePosition(bytes));
    return Ok();
  };
  for (const auto& [name, bytes] : Golden()) {
    if (name.starts_with("multi_get")) continue;
    for (size_t size = 0; size < bytes.size(); ++size) {
      if (name.starts_with("position") && size == 0) continue;  // empty means earliest
      const std::string exact = bytes.substr(0, size);          // its own allocation: a sanitizer sees the end
      const Status cut = decode(name, exact);
      ASSERT_FALSE(cut.ok()) << name << " cut to " << size;
      ASSERT_EQ(cut.error().code(), ErrorCode::kCorruption);
    }
    EXPECT_FALSE(decode(name, bytes + "x").ok()) << name;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const char change : {'\x01', '\x40', '\x7f', '\x80', '\xff'}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ change);
        (void)decode(name, changed).ok();
      }
    }
  }
}

TEST(Golden, FutureVersionsAreToldApartFromCorruption) {
  std::string bytes = Bytes("envelope.v14.put");
  bytes[1] = 15;
  EXPECT_EQ(DecodeEnvelope(bytes).error().code(), ErrorCode::kUnsupported);
  bytes[1] = 0;
  EXPECT_EQ(DecodeEnvelope(bytes).error().code(), ErrorCode::kCorruption);
  bytes[0] = 22;
  EXPECT_EQ(DecodeEnvelope(bytes).error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace venice::protocol
