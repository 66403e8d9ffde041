#include "protocol/position.h"

#include <fmt/format.h>

#include "protocol/wire.h"

namespace venice::protocol {
namespace {

constexpr char kPositionMagic = 0x22;
constexpr char kPositionVersion = 1;
constexpr int32_t kTypeEarliest = -2;
constexpr int32_t kTypeLatest = -1;

std::string Encode(int32_t type, std::string_view raw) {
  std::string out{kPositionMagic, kPositionVersion};
  avro::AppendInt(out, type);
  avro::AppendBytes(out, raw);
  return out;
}

}  // namespace

std::string EncodePosition(const pubsub::Position& position, int32_t type) {
  switch (position.kind()) {
    case pubsub::Position::Kind::kEarliest:
      return Encode(kTypeEarliest, {});
    case pubsub::Position::Kind::kLatest:
      return Encode(kTypeLatest, {});
    case pubsub::Position::Kind::kAt:
      break;
  }
  return Encode(type, position.bytes());
}

Result<pubsub::Position> DecodePosition(std::string_view bytes, int32_t type) {
  if (bytes.empty()) return pubsub::Position::Earliest();
  if (bytes.size() < 2 || bytes[0] != kPositionMagic || bytes[1] != kPositionVersion)
    return Error(ErrorCode::kCorruption, "position does not start with its two header bytes 22 01");
  WireReader in(bytes.substr(2));
  const int32_t found_type = in.Int();
  const std::string_view raw = in.Bytes();
  VENICE_TRY(in.Finish("position"));
  if (found_type == kTypeEarliest) return pubsub::Position::Earliest();
  if (found_type == kTypeLatest) return pubsub::Position::Latest();
  if (found_type == type) return pubsub::Position::At(std::string(raw));
  return Error(ErrorCode::kUnsupported,
               fmt::format("position of log system type {}, while this one is type {}", found_type, type));
}

}  // namespace venice::protocol
