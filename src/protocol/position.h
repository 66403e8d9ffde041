// A log position as Venice's formats carry it: magic, version, Avro {type, rawBytes}. Source: data-plane reference 3.5.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pubsub/pubsub.h"

namespace venice::protocol {

inline constexpr int32_t kPositionTypeKafka = 0;

// "22 01 03 00": what a footer without an upstream carries.
inline constexpr std::string_view kEarliestPosition{"\x22\x01\x03\x00", 4};

// `type` is that of the adapter whose position it is; earliest and latest have their own.
std::string EncodePosition(const pubsub::Position& position, int32_t type = kPositionTypeKafka);

// Empty bytes are earliest. Errors: kCorruption; kUnsupported for the type of an adapter that is not `type`.
Result<pubsub::Position> DecodePosition(std::string_view bytes, int32_t type = kPositionTypeKafka);

}  // namespace venice::protocol
