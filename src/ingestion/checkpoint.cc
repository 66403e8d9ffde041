#include "ingestion/checkpoint.h"

#include <charconv>

#include "base/encoding.h"
#include "protocol/position.h"

namespace venice::ingestion {

namespace {

// Our entries in PartitionState.databaseInfo, which Java's reader keeps and ignores. Values are text: the map's are.
constexpr char kNextPosition[] = "venice_next_position";
constexpr char kDigest[] = "venice_content_digest";
constexpr char kExpectedDigest[] = "venice_pushed_digest";
constexpr char kBytes[] = "venice_ingested_bytes";

Error Damaged(std::string_view what) {
  return Error(ErrorCode::kCorruption, "a checkpoint lacks " + std::string(what) + " or has a bad one");
}

Result<protocol::PartitionDigest> DigestFromText(const std::string& text) {
  VENICE_ASSIGN(const std::string bytes, HexDecode(text));
  return protocol::PartitionDigest::Decode(bytes);
}

}  // namespace

std::string EncodeCheckpoint(const Checkpoint& checkpoint, int64_t wall_ms) {
  protocol::PartitionState state;
  state.offset = checkpoint.offset;
  state.end_of_push = checkpoint.end_of_push;
  state.last_update_ms = wall_ms;
  state.last_checkpoint_timestamp_ms = wall_ms;
  state.producer_states = checkpoint.producers;
  state.batch_push_record_count = static_cast<int64_t>(checkpoint.digest.count());
  state.database_info[kNextPosition] = HexEncode(protocol::EncodePosition(checkpoint.next));
  state.database_info[kDigest] = HexEncode(checkpoint.digest.Encode());
  state.database_info[kBytes] = std::to_string(checkpoint.bytes);
  if (checkpoint.expected) state.database_info[kExpectedDigest] = HexEncode(checkpoint.expected->Encode());
  std::string out;
  protocol::EncodePartitionState(state, out);
  return out;
}

Result<Checkpoint> DecodeCheckpoint(std::string_view bytes) {
  VENICE_ASSIGN(protocol::PartitionState state, protocol::DecodePartitionState(bytes));
  Checkpoint checkpoint;
  checkpoint.offset = state.offset;
  checkpoint.end_of_push = state.end_of_push;
  checkpoint.producers = std::move(state.producer_states);

  const auto& info = state.database_info;
  const auto next = info.find(kNextPosition);
  if (next == info.end()) return Damaged("the position");
  VENICE_ASSIGN(const std::string position, HexDecode(next->second));
  VENICE_ASSIGN(checkpoint.next, protocol::DecodePosition(position));
  const auto digest = info.find(kDigest);
  if (digest == info.end()) return Damaged("the content digest");
  VENICE_ASSIGN(checkpoint.digest, DigestFromText(digest->second));
  if (const auto expected = info.find(kExpectedDigest); expected != info.end()) {
    VENICE_ASSIGN(checkpoint.expected, DigestFromText(expected->second));
  }
  if (const auto count = info.find(kBytes); count != info.end())
    std::from_chars(count->second.data(), count->second.data() + count->second.size(), checkpoint.bytes);
  return checkpoint;
}

}  // namespace venice::ingestion
