// A value as stored and as sent by servers: 4 bytes big-endian schema id, then the (maybe compressed) value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_order.h"
#include "base/result.h"

namespace venice::protocol {

inline constexpr size_t kSchemaIdBytes = 4;

// Schema ids of records that are not whole values.
inline constexpr int32_t kChunkSchemaId = -10;
inline constexpr int32_t kChunkManifestSchemaId = -20;

struct ValueRecord {
  int32_t schema_id;
  std::string_view value;
};

// Errors: kCorruption when shorter than its prefix.
inline Result<ValueRecord> DecodeValueRecord(std::string_view stored) {
  if (stored.size() < kSchemaIdBytes)
    return Error(ErrorCode::kCorruption, "stored value is shorter than its schema id");
  return ValueRecord{LoadBigEndian<int32_t>(stored.data()), stored.substr(kSchemaIdBytes)};
}

// Replaces `out`.
inline void EncodeValueRecord(int32_t schema_id, std::string_view value, std::string& out) {
  out.clear();
  AppendBigEndian(out, schema_id);
  out.append(value);
}

}  // namespace venice::protocol
