// The checksum of a producer segment: what end-of-segment carries. Source: data-plane reference 4.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/control_message.h"

namespace venice::protocol {

enum class ChecksumType : int32_t { kNone = 0, kMd5 = 1, kAdler32 = 2, kCrc32 = 3, kAdHash = 4 };

// Errors: kUnsupported for a number that is none of the types.
Result<ChecksumType> ChecksumTypeFromId(int32_t id);

// The running checksum of one segment. A movable value; belongs to one thread.
//
// Keys are without their header byte, with the chunking suffix if any. The opening start-of-segment is covered,
// end-of-segment is not.
class SegmentChecksum {
 public:
  explicit SegmentChecksum(ChecksumType type = ChecksumType::kAdHash);
  // Continues from State(). Errors: kCorruption for a state of the wrong shape, kUnsupported for types without one.
  static Result<SegmentChecksum> FromState(ChecksumType type, std::string_view state);

  ChecksumType type() const { return type_; }

  void AddPut(std::string_view key, int32_t schema_id, std::string_view value);
  void AddUpdate(std::string_view key, int32_t schema_id, int32_t update_schema_id, std::string_view update);
  void AddDelete(std::string_view key);
  // Every control message but the two that are not covered: kEndOfSegment and kStartOfBufferReplay add nothing.
  void AddControl(ControlMessageType type);

  // The checksum so far; may be asked at any time. Empty for kNone.
  std::string Value() const;
  // What a checkpoint keeps. Empty for kNone; errors: kUnsupported for kAdler32 and kCrc32.
  Result<std::string> State() const;

 private:
  // The layout of OpenSSL's MD5_CTX, which stays in the source file.
  struct Md5State {
    uint32_t digest[4];
    uint32_t bits_low, bits_high;
    uint8_t pending[64];
    uint32_t pending_bytes;
  };

  void Piece(std::string_view bytes);
  void Piece(int32_t number);

  ChecksumType type_;
  uint64_t sum_ = 0;  // ADHASH sum, CRC-32 or Adler-32
  Md5State md5_{};    // kMd5 only
};

}  // namespace venice::protocol
