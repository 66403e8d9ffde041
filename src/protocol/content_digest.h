// The digest of a partition's content: which (key, schema id, value) it holds, in whatever order they came.
//
// Our own format, carried by the `vpd` header of end of push. Per record: k = XXH3-128(key), v = XXH3-128(value) seeded
// with k.low ^ (schema id * an odd constant), contribution k + v; a partition is the sum of its contributions modulo
// 2^128 and their number. A record lost, doubled, altered or moved to another key changes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

// A value; belongs to one thread at a time.
class PartitionDigest {
 public:
  // key: user key bytes without header byte. value: as stored (compressed if the version is), without its prefix.
  void Add(std::string_view key, int32_t schema_id, std::string_view value);
  // The same with the value as it lies in storage, prefixed by its schema id (at least 4 bytes).
  void Add(std::string_view key, std::string_view stored_value);
  // Takes a record out again: what it adds is subtracted.
  void Remove(std::string_view key, int32_t schema_id, std::string_view value);
  void Merge(const PartitionDigest& other);

  uint64_t count() const { return count_; }
  bool operator==(const PartitionDigest&) const = default;

  // "60000:0123456789abcdef0123456789abcdef"
  std::string ToString() const;
  // The `vpd` header, 24 bytes: count, then digest, both big-endian.
  std::string Encode() const;
  // Errors: kCorruption when it is not 24 bytes.
  static Result<PartitionDigest> Decode(std::string_view bytes);

 private:
  uint64_t count_ = 0;
  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

}  // namespace venice::protocol
