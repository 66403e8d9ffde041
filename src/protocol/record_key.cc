#include "protocol/record_key.h"

#include <fmt/format.h>

#include "base/byte_order.h"

namespace venice::protocol {
namespace {

constexpr size_t kControlPayloadBytes = 24;

bool IsConstantKey(std::string_view key, const Guid& guid) {
  return key.size() == 1 + kControlPayloadBytes && key[0] == static_cast<char>(KeyKind::kControl) &&
         key.substr(1, sizeof(Guid)) == guid.view();
}

std::string ConstantKey(const Guid& guid) {
  std::string key;
  EncodeControlKey(guid, 0, 0, key);
  return key;
}

}  // namespace

Result<RecordKey> DecodeRecordKey(std::string_view key) {
  if (key.empty()) return Error(ErrorCode::kCorruption, "record has an empty key");
  const RecordKey decoded{static_cast<KeyKind>(key[0]), key.substr(1)};
  switch (decoded.kind) {
    case KeyKind::kData:
    case KeyKind::kUpdate:
    case KeyKind::kGlobalRtDiv:
      return decoded;
    case KeyKind::kControl:
      if (decoded.payload.size() == kControlPayloadBytes) return decoded;
      return Error(ErrorCode::kCorruption,
                   fmt::format("control record's key has {} bytes instead of 25", decoded.payload.size() + 1));
  }
  return Error(ErrorCode::kCorruption,
               fmt::format("record key starts with unknown byte {}", static_cast<uint8_t>(key[0])));
}

void EncodeRecordKey(KeyKind kind, std::string_view payload, std::string& out) {
  out.clear();
  out.push_back(static_cast<char>(kind));
  out.append(payload);
}

void EncodeControlKey(const Guid& producer, int32_t segment_number, int32_t sequence_number, std::string& out) {
  EncodeRecordKey(KeyKind::kControl, producer.view(), out);
  AppendBigEndian(out, segment_number);
  AppendBigEndian(out, sequence_number);
}

std::string HeartbeatKey() { return ConstantKey(kHeartbeatGuid); }
std::string LeadershipKey() { return ConstantKey(kLeadershipGuid); }
bool IsHeartbeatKey(std::string_view key) { return IsConstantKey(key, kHeartbeatGuid); }
bool IsLeadershipKey(std::string_view key) { return IsConstantKey(key, kLeadershipGuid); }

}  // namespace venice::protocol
