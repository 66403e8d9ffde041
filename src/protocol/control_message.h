// Control messages: the marks between the data records of a topic. Source: data-plane reference 3.3.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace venice::protocol {

// The value is the wire id, and the index of the body in ControlMessage::body.
enum class ControlMessageType : int8_t {
  kStartOfPush = 0,
  kEndOfPush = 1,
  kStartOfSegment = 2,
  kEndOfSegment = 3,
  kStartOfBufferReplay = 4,  // no longer produced
  kStartOfIncrementalPush = 5,
  kEndOfIncrementalPush = 6,
  kTopicSwitch = 7,
  kVersionSwap = 8,
};
inline constexpr int kControlMessageTypes = 9;
std::string_view ToString(ControlMessageType type);

struct StartOfPush {
  bool sorted = false;
  bool chunked = false;
  int32_t compression_strategy = 0;  // CompressionStrategy
  std::optional<std::string> compression_dictionary;
  int32_t timestamp_policy = 0;
  bool operator==(const StartOfPush&) const = default;
};
struct EndOfPush {
  bool operator==(const EndOfPush&) const = default;
};
struct StartOfSegment {
  int32_t checksum_type = 0;  // ChecksumType
  std::vector<std::string> upcoming_aggregates;
  bool operator==(const StartOfSegment&) const = default;
};
struct EndOfSegment {
  std::string checksum_value;
  std::vector<int64_t> computed_aggregates;
  bool final_segment = false;
  bool operator==(const EndOfSegment&) const = default;
};
struct StartOfBufferReplay {
  std::vector<int64_t> source_offsets;
  std::string source_kafka_cluster;
  std::string source_topic_name;
  bool operator==(const StartOfBufferReplay&) const = default;
};
struct StartOfIncrementalPush {
  std::string version;
  bool operator==(const StartOfIncrementalPush&) const = default;
};
struct EndOfIncrementalPush {
  std::string version;
  bool operator==(const EndOfIncrementalPush&) const = default;
};
struct TopicSwitch {
  std::vector<std::string> source_kafka_servers;
  std::string source_topic_name;
  int64_t rewind_start_timestamp = 0;  // ms; -1 or 0: from the beginning, -2: the server decides
  bool operator==(const TopicSwitch&) const = default;
};
struct VersionSwap {
  std::string old_serving_version_topic;
  std::string new_serving_version_topic;
  std::optional<std::vector<int64_t>> local_high_watermarks;
  std::vector<std::string> local_high_watermark_positions;
  bool is_repush = false;
  bool is_last_version_swap_message_from_real_time_topic = false;
  std::string source_region;
  std::string destination_region;
  int64_t generation_id = -1;
  bool operator==(const VersionSwap&) const = default;
};

struct ControlMessage {
  using Body = std::variant<StartOfPush, EndOfPush, StartOfSegment, EndOfSegment, StartOfBufferReplay,
                            StartOfIncrementalPush, EndOfIncrementalPush, TopicSwitch, VersionSwap>;

  Body body;
  std::map<std::string, std::string> debug_info;

  ControlMessageType type() const { return static_cast<ControlMessageType>(body.index()); }
  bool operator==(const ControlMessage&) const = default;
};

// The encoded form inside an envelope, not yet taken apart. Views into the record.
struct ControlMessageView {
  ControlMessageType type = ControlMessageType::kStartOfPush;
  int8_t version = 0;        // envelope version that `encoded` was written with
  std::string_view encoded;  // debugInfo and body

  // Never fails on a view that DecodeEnvelope returned. Errors: kCorruption.
  Result<ControlMessage> Decode() const;
};

}  // namespace venice::protocol
