// The key of a record in a topic: one header byte, then the user's key bytes or a control key. Source: data-plane
// reference 2.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/guid.h"

namespace venice::protocol {

enum class KeyKind : uint8_t {
  kData = 0x00,  // put and delete share it, so that compaction sees one key
  kControl = 0x02,
  kUpdate = 0x04,
  kGlobalRtDiv = 0x08,
};

struct RecordKey {
  KeyKind kind;
  std::string_view
      payload;  // user key bytes (with the chunking suffix in chunked versions), or 24 bytes of control key
};

// Errors: kCorruption for an empty key, an unknown header byte or a control payload that is not 24 bytes.
Result<RecordKey> DecodeRecordKey(std::string_view key);

// Replaces `out`.
void EncodeRecordKey(KeyKind kind, std::string_view payload, std::string& out);
// Replaces `out` with the 25 bytes of a control record's key: unique per message of a producer.
void EncodeControlKey(const Guid& producer, int32_t segment_number, int32_t sequence_number, std::string& out);

// The two constant keys (compaction keeps only the newest record of each per partition).
std::string HeartbeatKey();
std::string LeadershipKey();
bool IsHeartbeatKey(std::string_view key);
bool IsLeadershipKey(std::string_view key);

}  // namespace venice::protocol
