// The small formats against the values the data-plane reference gives.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "protocol/checksum.h"
#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"
#include "protocol/partitioner.h"
#include "protocol/position.h"
#include "protocol/record_headers.h"
#include "protocol/record_key.h"
#include "protocol/topic_name.h"
#include "protocol/value_record.h"

namespace venice::protocol {
namespace {

std::string Hex(std::string_view text) { return HexDecode(text).value(); }

TEST(TopicName, ParsesWhatItMakes) {
  const auto expect = [](const std::string& topic, TopicKind kind, std::string_view store, int version,
                         std::string_view view = "") {
    const TopicName name = ParseTopicName(topic);
    EXPECT_EQ(name.kind, kind) << topic;
    EXPECT_EQ(name.store, store) << topic;
    EXPECT_EQ(name.version, version) << topic;
    EXPECT_EQ(name.view, view) << topic;
  };
  expect(VersionTopic("profiles", 12), TopicKind::kVersion, "profiles", 12);
  expect(StreamReprocessingTopic("profiles", 3), TopicKind::kStreamReprocessing, "profiles", 3);
  expect(RealTimeTopic("profiles"), TopicKind::kRealTime, "profiles", 0);
  expect(RealTimeTopic("profiles", 2), TopicKind::kRealTime, "profiles", 2);
  expect(SeparateRealTimeTopic("abc_rt_v1"), TopicKind::kSeparateRealTime, "abc", 1);
  expect(SeparateRealTimeTopic("abc_rt"), TopicKind::kSeparateRealTime, "abc", 0);
  expect(MaterializedViewTopic("s_v1x", 4, "a_v2_b"), TopicKind::kView, "s_v1x", 4, "a_v2_b");
  expect("s_v7_cc", TopicKind::kView, "s", 7);
  expect(AdminTopic("c0"), TopicKind::kAdmin, "c0", 0);
}

TEST(TopicName, IsStrictWhereJavaIsLax) {
  for (const char* topic : {"", "a1", "_v1", "s_v", "s_v0", "s_v01", "s_v-1", "s_v99999999999", "_rt", "plain",
                            "s_v1_mv", "venice_admin_", "s_v\xd9\xa1"}) {
    EXPECT_EQ(ParseTopicName(topic).kind, TopicKind::kUnknown) << topic;
  }
  EXPECT_EQ(ParseTopicName("x_rt_v1").kind, TopicKind::kRealTime);  // never a version of a store "x_rt"
}

TEST(TopicName, StoreNamesKeepTopicsUnambiguous) {
  for (const char* name : {"", "1a", "_a", "a b", "a.b", "a_rt"}) EXPECT_FALSE(IsValidStoreName(name));
  // Odd names that Venice allows still come back from their topics.
  for (const char* name : {"user-profiles_2", "a_v1", "a_sep", "a_v1_sr", "x_rt_sep", "x_rt_v1"}) {
    ASSERT_TRUE(IsValidStoreName(name)) << name;
    EXPECT_EQ(ParseTopicName(VersionTopic(name, 3)).store, name);
    EXPECT_EQ(ParseTopicName(VersionTopic(name, 3)).kind, TopicKind::kVersion);
    EXPECT_EQ(ParseTopicName(RealTimeTopic(name)).store, name);
  }
  EXPECT_FALSE(IsValidStoreName(std::string(129, 'a')));
}

TEST(RecordKey, ConstantKeysAreThoseOfTheReference) {
  EXPECT_EQ(HexEncode(HeartbeatKey()), "0281545f3cbd093909a467a583ef39e4680000000000000000");
  EXPECT_EQ(HexEncode(LeadershipKey()), "024a5ead6ef3a932f0864e3b7c324c92750000000000000000");
  EXPECT_TRUE(IsHeartbeatKey(HeartbeatKey()));
  EXPECT_FALSE(IsHeartbeatKey(LeadershipKey()));
}

TEST(RecordKey, RefusesWhatNoWriterMakes) {
  for (const std::string& key : {std::string(), std::string("\x01key"), std::string("\x02short")}) {
    EXPECT_EQ(DecodeRecordKey(key).error().code(), ErrorCode::kCorruption);
  }
  EXPECT_EQ(DecodeRecordKey(std::string_view("\0key", 4)).value().payload, "key");
}

TEST(Partitioner, MatchesTheGoldenTable) {
  const struct {
    const char* key;
    int32_t of3, of16, of1000;
  } rows[] = {{"0261", 2, 8, 648}, {"0e757365725f3432", 0, 6, 350}, {"8eda9601", 2, 13, 885}, {"02", 0, 15, 727}};
  for (const auto& row : rows) {
    EXPECT_EQ(Partition(Hex(row.key), 3), row.of3);
    EXPECT_EQ(Partition(Hex(row.key), 16), row.of16);
    EXPECT_EQ(Partition(Hex(row.key), 1000), row.of1000);
    EXPECT_EQ(Partition(Hex(row.key), 1), 0);
  }
  EXPECT_TRUE(CheckPartitionerClass(kDefaultPartitionerClass).ok());
  EXPECT_EQ(CheckPartitionerClass("com.example.Mine").error().code(), ErrorCode::kUnsupported);
}

TEST(Checksum, AdHashMatchesTheGoldenValues) {
  SegmentChecksum checksum(ChecksumType::kAdHash);
  checksum.AddControl(ControlMessageType::kStartOfSegment);
  EXPECT_EQ(HexEncode(checksum.Value()), "000000019e957c60");
  checksum.AddPut(Hex("0261"), 1, Hex("0478"));
  EXPECT_EQ(HexEncode(checksum.Value()), "00000002dae39bae");
}

TEST(Checksum, Md5MatchesTheGoldenValue) {
  SegmentChecksum checksum(ChecksumType::kMd5);
  checksum.AddControl(ControlMessageType::kStartOfSegment);
  checksum.AddPut(Hex("0261"), 1, Hex("0478"));
  EXPECT_EQ(HexEncode(checksum.Value()), "39383932da0460cf8c7e2249d6d1e77c");
}

TEST(Checksum, ContinuesFromItsState) {
  for (const ChecksumType type : {ChecksumType::kNone, ChecksumType::kMd5, ChecksumType::kAdHash}) {
    SegmentChecksum whole(type);
    SegmentChecksum part(type);
    for (int i = 0; i < 50; ++i) {
      const std::string key(static_cast<size_t>(i), 'k');
      whole.AddPut(key, i, key + key);
      part.AddPut(key, i, key + key);
      part = SegmentChecksum::FromState(type, part.State().value()).value();
      EXPECT_EQ(whole.Value(), part.Value());
    }
    whole.AddDelete("k");
    EXPECT_EQ(whole.Value() == part.Value(), type == ChecksumType::kNone);
  }
  EXPECT_EQ(SegmentChecksum::FromState(ChecksumType::kAdHash, "123").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(SegmentChecksum::FromState(ChecksumType::kMd5, "123").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(SegmentChecksum(ChecksumType::kCrc32).State().error().code(), ErrorCode::kUnsupported);
}

TEST(Checksum, SkipsEndOfSegmentAndBufferReplay) {
  SegmentChecksum checksum(ChecksumType::kCrc32);
  const std::string before = checksum.Value();
  checksum.AddControl(ControlMessageType::kEndOfSegment);
  checksum.AddControl(ControlMessageType::kStartOfBufferReplay);
  EXPECT_EQ(checksum.Value(), before);
  checksum.AddControl(ControlMessageType::kEndOfPush);
  EXPECT_NE(checksum.Value(), before);
}

TEST(Position, MatchesTheGoldenForms) {
  const auto kafka = [](std::string_view raw) { return pubsub::Position::At(Hex(raw)); };
  EXPECT_EQ(HexEncode(EncodePosition(pubsub::Position::Earliest())), "22010300");
  EXPECT_EQ(EncodePosition(pubsub::Position::Earliest()), kEarliestPosition);
  EXPECT_EQ(HexEncode(EncodePosition(pubsub::Position::Latest())), "22010100");
  EXPECT_EQ(HexEncode(EncodePosition(kafka("00"))), "2201000200");
  EXPECT_EQ(HexEncode(EncodePosition(kafka("c801"))), "22010004c801");
  for (const char* form : {"22010300", "22010100", "2201000200", "22010004c801"})
    EXPECT_EQ(HexEncode(EncodePosition(DecodePosition(Hex(form)).value())), form);
  EXPECT_EQ(DecodePosition("").value(), pubsub::Position::Earliest());
  for (const char* form : {"22", "2301000200", "22020002", "220100020000"})
    EXPECT_EQ(DecodePosition(Hex(form)).error().code(), ErrorCode::kCorruption) << form;
  EXPECT_EQ(DecodePosition(Hex("2201040200")).error().code(), ErrorCode::kUnsupported);
}

TEST(MultiGet, RoundTripsAndMarksMissingKeys) {
  std::string body;
  AppendResponseRecord({.key_index = 3, .value = "value", .schema_id = 7}, body);
  AppendMissingKey(0, body);
  AppendMissingKey(5, body);
  AppendFooter({.status = 503, .detail = "no replica", .trailer_headers = {{"a", "b"}}}, body);
  std::string_view rest = body;
  EXPECT_EQ(NextResponseRecord(rest).value().value, "value");
  const auto first = NextResponseRecord(rest).value();
  EXPECT_TRUE(first.IsMissing());
  EXPECT_EQ(first.missing_key_index(), 0);
  EXPECT_EQ(NextResponseRecord(rest).value().missing_key_index(), 5);
  const auto footer = NextResponseRecord(rest).value();
  ASSERT_TRUE(footer.IsFooter());
  EXPECT_EQ(DecodeFooter(footer.value).value().detail, "no replica");
  EXPECT_TRUE(rest.empty());
}

TEST(MultiGet, TruncationIsAnErrorEverywhere) {
  std::string body;
  AppendRouterKey({.key_index = 70, .key = "some key", .partition = 300}, body);
  for (size_t size = 0; size < body.size(); ++size) {
    std::string_view rest = std::string_view(body).substr(0, size);
    EXPECT_EQ(NextRouterKey(rest).error().code(), ErrorCode::kInvalidArgument);
  }
  std::string_view hostile("\xff\xff\xff\xff\x0f", 5);
  EXPECT_FALSE(NextClientKey(hostile).ok());
}

TEST(ValueRecord, PrefixIsBigEndian) {
  std::string stored;
  EncodeValueRecord(kChunkSchemaId, "v", stored);
  EXPECT_EQ(HexEncode(stored), "fffffff676");
  EXPECT_EQ(DecodeValueRecord(stored).value().schema_id, -10);
  EXPECT_FALSE(DecodeValueRecord("abc").ok());
}

TEST(ContentDigest, OrderDoesNotMatterContentDoes) {
  PartitionDigest forward, backward, left, right;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::to_string(i);
    forward.Add(key, 1, key + key);
    const std::string other = std::to_string(999 - i);
    backward.Add(other, 1, other + other);
    (i % 2 == 0 ? left : right).Add(key, 1, key + key);
  }
  EXPECT_EQ(forward, backward);
  left.Merge(right);
  EXPECT_EQ(forward, left);
  EXPECT_EQ(PartitionDigest::Decode(forward.Encode()).value(), forward);

  PartitionDigest changed = forward;
  changed.Remove("7", 1, "77");
  EXPECT_NE(changed, forward);
  changed.Add("7", 2, "77");  // another schema id
  EXPECT_NE(changed, forward);
  changed.Remove("7", 2, "77");
  changed.Add("7", 1, "77");
  EXPECT_EQ(changed, forward);

  // Values that changed places.
  PartitionDigest straight, crossed;
  straight.Add("a", 1, "x");
  straight.Add("b", 1, "y");
  crossed.Add("a", 1, "y");
  crossed.Add("b", 1, "x");
  EXPECT_NE(straight, crossed);
}

TEST(ContentDigest, StoredFormIsTheSame) {
  PartitionDigest split, stored;
  std::string record;
  EncodeValueRecord(5, "value", record);
  split.Add("key", 5, "value");
  stored.Add("key", record);
  EXPECT_EQ(split, stored);
  // Fixes the format: a change here makes every topic already written fail its verification.
  EXPECT_EQ(split.ToString(), "1:d4a0f71f08717d5b59b1b5d901be08d1");
}

TEST(RecordHeaders, RecordCountIsEightBytes) {
  EXPECT_EQ(HexEncode(EncodeRecordCount(258)), "0000000000000102");
  EXPECT_EQ(DecodeRecordCount(EncodeRecordCount(kRecordCountUnknown)).value(), -1);
  EXPECT_FALSE(DecodeRecordCount("123").ok());
}

// Hand-made examples of the reference, section 3.7.
TEST(Envelope, MatchesTheHandMadeExamples) {
  const LeaderMetadata footer{.host_name = "h", .upstream_position = kEarliestPosition};

  ControlMessage start_of_segment{.body = StartOfSegment{.checksum_type = 4}};
  Envelope heartbeat{.producer = {.guid = kHeartbeatGuid, .message_timestamp_ms = 1700000000000},
                     .payload = &start_of_segment,
                     .footer = footer};
  std::string bytes;
  EncodeEnvelope(heartbeat, bytes);
  EXPECT_EQ(HexEncode(bytes),
            "170e0481545f3cbd093909a467a583ef39e468000080a0abfef9620106040004080002026801010822010300"
            "0101");

  const Guid guid = Guid::FromBytes(Hex("000102030405060708090a0b0c0d0e0f")).value();
  const ProducerMetadata producer{.guid = guid,
                                  .sequence_number = 1,
                                  .message_timestamp_ms = 1700000000000,
                                  .logical_timestamp_ms = kNoLogicalTimestamp};
  const std::string value = Hex("0261");
  const Put put{.value = value, .schema_id = 1};
  bytes.clear();
  EncodePutEnvelope(producer, put, footer, bytes);
  EXPECT_EQ(HexEncode(bytes),
            "170e00000102030405060708090a0b0c0d0e0f000280a0abfef9620300040261020100020268010108220103000101");
  EXPECT_LE(bytes.size(), PutEnvelopeBytesMax(put, footer));

  const EnvelopeView view = DecodeEnvelope(bytes).value();
  EXPECT_EQ(view.type, MessageType::kPut);
  EXPECT_EQ(view.producer, producer);
  EXPECT_EQ(view.value, value);
  EXPECT_EQ(view.schema_id, 1);
  EXPECT_EQ(view.footer, footer);
}

}  // namespace
}  // namespace venice::protocol
