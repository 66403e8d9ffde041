// Round trips of random values; rapidcheck.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "avro/binary.h"
#include "avro/resolver.h"
#include "avro/schema.h"
#include "protocol/compression.h"
#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/partition_state.h"
#include "protocol/topic_name.h"

namespace venice::protocol {
namespace {

Guid AnyGuid() {
  Guid guid;
  for (uint8_t& byte : guid.bytes) byte = *rc::gen::arbitrary<uint8_t>();
  return guid;
}

ProducerMetadata AnyProducer() {
  return {.guid = AnyGuid(),
          .segment_number = *rc::gen::arbitrary<int32_t>(),
          .sequence_number = *rc::gen::arbitrary<int32_t>(),
          .message_timestamp_ms = *rc::gen::arbitrary<int64_t>(),
          .logical_timestamp_ms = *rc::gen::arbitrary<int64_t>()};
}

RC_GTEST_PROP(EnvelopeProperty, PutRoundTrips,
              (std::string value, std::string metadata, std::string host, int32_t id)) {
  const ProducerMetadata producer = AnyProducer();
  const LeaderMetadata footer{.host_name = host,
                              .upstream_offset = *rc::gen::arbitrary<int64_t>(),
                              .upstream_kafka_cluster_id = *rc::gen::arbitrary<int32_t>(),
                              .upstream_position = metadata,
                              .term_id = *rc::gen::arbitrary<int64_t>(),
                              .upstream_message_timestamp_ms = *rc::gen::arbitrary<int64_t>()};
  const Put put{.value = value, .schema_id = id, .replication_metadata_payload = metadata};
  std::string bytes;
  EncodePutEnvelope(producer, put, footer, bytes);
  RC_ASSERT(bytes.size() <= PutEnvelopeBytesMax(put, footer));
  const EnvelopeView view = DecodeEnvelope(bytes).value();
  RC_ASSERT(view.type == MessageType::kPut);
  RC_ASSERT(view.producer == producer);
  RC_ASSERT(view.value == value);
  RC_ASSERT(view.schema_id == id);
  RC_ASSERT(view.replication_metadata_payload == metadata);
  RC_ASSERT(view.footer == footer);

  // The generic Avro decoder, driven by the schema that travels with the records, agrees on where it ends.
  static const avro::Schema kSchema = avro::Schema::Parse(EnvelopeSchemaJson()).value();
  RC_ASSERT(avro::DecodeAll(kSchema, std::string_view(bytes).substr(2)).ok());
}

RC_GTEST_PROP(EnvelopeProperty, ControlRoundTrips, (std::map<std::string, std::string> info, std::string text)) {
  const Guid guid = AnyGuid();
  const std::vector<ControlMessage::Body> bodies = {
      StartOfPush{.sorted = *rc::gen::arbitrary<bool>(), .compression_dictionary = text},
      EndOfPush{},
      StartOfSegment{.checksum_type = *rc::gen::arbitrary<int32_t>(), .upcoming_aggregates = {text, ""}},
      EndOfSegment{.checksum_value = text, .computed_aggregates = *rc::gen::arbitrary<std::vector<int64_t>>()},
      TopicSwitch{.source_kafka_servers = {text}, .rewind_start_timestamp = *rc::gen::arbitrary<int64_t>()},
      VersionSwap{.local_high_watermark_positions = {text}, .generation_id = *rc::gen::arbitrary<int64_t>()}};
  for (const ControlMessage::Body& body : bodies) {
    const ControlMessage message{.body = body, .debug_info = info};
    std::string bytes;
    EncodeEnvelope({.producer = {.guid = guid}, .payload = &message, .footer = std::nullopt}, bytes);
    RC_ASSERT(DecodeEnvelope(bytes).value().control.Decode().value() == message);
  }
}

RC_GTEST_PROP(EnvelopeProperty, NoiseNeverCrashes, (std::string noise, uint8_t version)) {
  const std::string framed = std::string{static_cast<char>(kEnvelopeMagic), static_cast<char>(version % 16)} + noise;
  (void)DecodeEnvelope(framed).ok();
  (void)DecodePartitionState("\x18\x18" + noise).ok();
}

RC_GTEST_PROP(CompressionProperty, RoundTrips, (std::string value)) {
  static const auto kDictionary = ZstdDictionary::Make("a dictionary of sorts, a dictionary of sorts").value();
  for (const CompressionStrategy strategy :
       {CompressionStrategy::kNoOp, CompressionStrategy::kGzip, CompressionStrategy::kZstdWithDict}) {
    const auto compressor =
        Compressor::Make(strategy, strategy == CompressionStrategy::kZstdWithDict ? kDictionary : nullptr).value();
    std::string packed, unpacked;
    RC_ASSERT(compressor->Compress(value, packed).ok());
    RC_ASSERT(compressor->Decompress(packed, value.size(), unpacked).ok());
    RC_ASSERT(unpacked == value);
    if (!value.empty())
      RC_ASSERT(compressor->Decompress(packed, value.size() - 1, unpacked).error().code() == ErrorCode::kTooLarge);
    (void)compressor->Decompress(value, 1 << 20, unpacked).ok();  // garbage
  }
}

RC_GTEST_PROP(DigestProperty, OrderAndGroupingDoNotMatter, (std::vector<std::pair<std::string, std::string>> pairs)) {
  PartitionDigest forward, backward;
  for (const auto& [key, value] : pairs) forward.Add(key, 1, value);
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
    PartitionDigest one;
    one.Add(pair->first, 1, pair->second);
    backward.Merge(one);
  }
  RC_ASSERT(forward == backward);
  RC_ASSERT(PartitionDigest::Decode(forward.Encode()).value() == forward);
}

RC_GTEST_PROP(TopicNameProperty, AnyTextIsClassifiedWithoutCrashing, (std::string text, uint16_t number)) {
  (void)ParseTopicName(text);
  if (!IsValidStoreName(text)) return;
  const TopicName name = ParseTopicName(VersionTopic(text, number + 1));
  RC_ASSERT(name.store == text);
  RC_ASSERT(name.version == number + 1);
}

}  // namespace
}  // namespace venice::protocol
