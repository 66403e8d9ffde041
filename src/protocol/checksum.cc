// OpenSSL's low-level MD5 is deprecated, yet the only one whose running state can be copied out for a checkpoint.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "protocol/checksum.h"

#include <cstring>

#include <fmt/format.h>
#include <openssl/md5.h>
#include <zlib.h>

#include "base/byte_order.h"
#include "protocol/crc32.h"
#include "protocol/envelope.h"

namespace venice::protocol {
namespace {

std::string BigEndian(uint64_t number) {
  std::string bytes;
  AppendBigEndian(bytes, number);
  return bytes;
}

// digest words, bit count, pending count: 4 x 4, 8, 4 bytes big-endian; then the pending bytes.
constexpr size_t kMd5StateHeadBytes = 28;

}  // namespace

Result<ChecksumType> ChecksumTypeFromId(int32_t id) {
  if (id < 0 || id > static_cast<int32_t>(ChecksumType::kAdHash))
    return Error(ErrorCode::kUnsupported, fmt::format("checksum type {} is not one of 0 to 4", id));
  return static_cast<ChecksumType>(id);
}

SegmentChecksum::SegmentChecksum(ChecksumType type) : type_(type) {
  static_assert(sizeof(Md5State) == sizeof(MD5_CTX));
  if (type == ChecksumType::kMd5) MD5_Init(reinterpret_cast<MD5_CTX*>(&md5_));
  if (type == ChecksumType::kAdler32) sum_ = 1;
}

Result<SegmentChecksum> SegmentChecksum::FromState(ChecksumType type, std::string_view state) {
  SegmentChecksum checksum(type);
  switch (type) {
    case ChecksumType::kNone:
      return checksum;
    case ChecksumType::kAdHash:
      if (state.size() != 8) break;
      checksum.sum_ = LoadBigEndian<uint64_t>(state.data());
      return checksum;
    case ChecksumType::kMd5: {
      if (state.size() < kMd5StateHeadBytes) break;
      Md5State& md5 = checksum.md5_;
      for (int i = 0; i < 4; ++i) md5.digest[i] = LoadBigEndian<uint32_t>(state.data() + 4 * i);
      const auto bits = LoadBigEndian<uint64_t>(state.data() + 16);
      md5.bits_low = static_cast<uint32_t>(bits);
      md5.bits_high = static_cast<uint32_t>(bits >> 32);
      md5.pending_bytes = LoadBigEndian<uint32_t>(state.data() + 24);
      if (md5.pending_bytes >= sizeof(md5.pending) || state.size() != kMd5StateHeadBytes + md5.pending_bytes) break;
      std::memcpy(md5.pending, state.data() + kMd5StateHeadBytes, md5.pending_bytes);
      return checksum;
    }
    case ChecksumType::kAdler32:
    case ChecksumType::kCrc32:
      return Error(ErrorCode::kUnsupported, "a CRC-32 or Adler-32 segment cannot be continued from a checkpoint");
  }
  return Error(ErrorCode::kCorruption, fmt::format("checksum state of {} bytes does not fit checksum type {}",
                                                   state.size(), static_cast<int>(type)));
}

Result<std::string> SegmentChecksum::State() const {
  switch (type_) {
    case ChecksumType::kNone:
      return std::string();
    case ChecksumType::kAdHash:
      return BigEndian(sum_);
    case ChecksumType::kMd5: {
      std::string state;
      for (const uint32_t word : md5_.digest) AppendBigEndian(state, word);
      AppendBigEndian(state, static_cast<uint64_t>(md5_.bits_high) << 32 | md5_.bits_low);
      AppendBigEndian(state, md5_.pending_bytes);
      state.append(reinterpret_cast<const char*>(md5_.pending), md5_.pending_bytes);
      return state;
    }
    case ChecksumType::kAdler32:
    case ChecksumType::kCrc32:
      break;
  }
  return Error(ErrorCode::kUnsupported, "a CRC-32 or Adler-32 segment cannot be checkpointed");
}

std::string SegmentChecksum::Value() const {
  if (type_ == ChecksumType::kNone) return {};
  if (type_ != ChecksumType::kMd5) return BigEndian(sum_);
  MD5_CTX copy;
  std::memcpy(&copy, &md5_, sizeof(copy));
  unsigned char digest[MD5_DIGEST_LENGTH];
  MD5_Final(digest, &copy);
  return std::string(reinterpret_cast<const char*>(digest), sizeof(digest));
}

void SegmentChecksum::Piece(std::string_view bytes) {
  switch (type_) {
    case ChecksumType::kNone:
      return;
    case ChecksumType::kAdHash:
      sum_ += Crc32(bytes);
      return;
    case ChecksumType::kCrc32:
      sum_ = Crc32(bytes, static_cast<uint32_t>(sum_));
      return;
    case ChecksumType::kMd5:
      MD5_Update(reinterpret_cast<MD5_CTX*>(&md5_), bytes.data(), bytes.size());
      return;
    case ChecksumType::kAdler32:
      sum_ = adler32_z(sum_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      return;
  }
}

void SegmentChecksum::Piece(int32_t number) {
  char bytes[4];
  StoreBigEndian(bytes, number);
  Piece(std::string_view(bytes, sizeof(bytes)));
}

void SegmentChecksum::AddPut(std::string_view key, int32_t schema_id, std::string_view value) {
  if (type_ == ChecksumType::kNone) return;
  Piece(static_cast<int32_t>(MessageType::kPut));
  Piece(key);
  Piece(schema_id);
  Piece(value);
}

void SegmentChecksum::AddUpdate(std::string_view key, int32_t schema_id, int32_t update_schema_id,
                                std::string_view update) {
  Piece(static_cast<int32_t>(MessageType::kUpdate));
  Piece(key);
  Piece(schema_id);
  Piece(update_schema_id);
  Piece(update);
}

void SegmentChecksum::AddDelete(std::string_view key) {
  Piece(static_cast<int32_t>(MessageType::kDelete));
  Piece(key);
}

void SegmentChecksum::AddControl(ControlMessageType type) {
  if (type == ControlMessageType::kEndOfSegment || type == ControlMessageType::kStartOfBufferReplay) return;
  Piece(static_cast<int32_t>(MessageType::kControlMessage));
  Piece(static_cast<int32_t>(type));
}

}  // namespace venice::protocol
