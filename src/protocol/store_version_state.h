// StoreVersionState: what start of push said, one per store version on a host. Version 7. Source: data-plane
// reference 5.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/control_message.h"

namespace venice::protocol {

inline constexpr uint8_t kStoreVersionStateMagic = 25;
inline constexpr int8_t kStoreVersionStateVersion = 7;

struct StoreVersionState {
  bool sorted = false;
  std::optional<StartOfBufferReplay> start_of_buffer_replay;
  bool chunked = false;
  int32_t compression_strategy = 0;  // CompressionStrategy
  std::optional<TopicSwitch> topic_switch;
  std::optional<std::string> compression_dictionary;
  int32_t batch_conflict_resolution_policy = 0;
  int64_t start_of_push_timestamp_ms = 0;
  int64_t end_of_push_timestamp_ms = 0;
  bool operator==(const StoreVersionState&) const = default;
};

// Replaces `out` with magic, version and record.
void EncodeStoreVersionState(const StoreVersionState& state, std::string& out);
// Errors: kCorruption; kUnsupported for another version than 7.
Result<StoreVersionState> DecodeStoreVersionState(std::string_view bytes);

}  // namespace venice::protocol
