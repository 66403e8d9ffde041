#include "protocol/content_digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "base/byte_order.h"
#include "protocol/value_record.h"

namespace venice::protocol {
namespace {

constexpr uint64_t kSchemaIdFactor = 0x9e3779b97f4a7c15;  // odd, so that different ids give different seeds
constexpr size_t kEncodedBytes = 24;

struct Sum {
  uint64_t high = 0;
  uint64_t low = 0;

  void Add(uint64_t add_high, uint64_t add_low) {
    low += add_low;
    high += add_high + (low < add_low ? 1 : 0);
  }
  void Subtract(uint64_t minus_high, uint64_t minus_low) {
    high -= minus_high + (low < minus_low ? 1 : 0);
    low -= minus_low;
  }
};

Sum Contribution(std::string_view key, int32_t schema_id, std::string_view value) {
  const XXH128_hash_t k = XXH3_128bits(key.data(), key.size());
  const uint64_t seed = k.low64 ^ (static_cast<uint64_t>(static_cast<int64_t>(schema_id)) * kSchemaIdFactor);
  const XXH128_hash_t v = XXH3_128bits_withSeed(value.data(), value.size(), seed);
  Sum sum{k.high64, k.low64};
  sum.Add(v.high64, v.low64);
  return sum;
}

}  // namespace

void PartitionDigest::Add(std::string_view key, int32_t schema_id, std::string_view value) {
  const Sum one = Contribution(key, schema_id, value);
  Sum sum{high_, low_};
  sum.Add(one.high, one.low);
  high_ = sum.high;
  low_ = sum.low;
  ++count_;
}

void PartitionDigest::Add(std::string_view key, std::string_view stored_value) {
  VENICE_CHECK(stored_value.size() >= kSchemaIdBytes);
  Add(key, LoadBigEndian<int32_t>(stored_value.data()), stored_value.substr(kSchemaIdBytes));
}

void PartitionDigest::Remove(std::string_view key, int32_t schema_id, std::string_view value) {
  const Sum one = Contribution(key, schema_id, value);
  Sum sum{high_, low_};
  sum.Subtract(one.high, one.low);
  high_ = sum.high;
  low_ = sum.low;
  --count_;
}

void PartitionDigest::Merge(const PartitionDigest& other) {
  Sum sum{high_, low_};
  sum.Add(other.high_, other.low_);
  high_ = sum.high;
  low_ = sum.low;
  count_ += other.count_;
}

std::string PartitionDigest::ToString() const { return fmt::format("{}:{:016x}{:016x}", count_, high_, low_); }

std::string PartitionDigest::Encode() const {
  std::string bytes;
  AppendBigEndian(bytes, count_);
  AppendBigEndian(bytes, high_);
  AppendBigEndian(bytes, low_);
  return bytes;
}

Result<PartitionDigest> PartitionDigest::Decode(std::string_view bytes) {
  if (bytes.size() != kEncodedBytes)
    return Error(ErrorCode::kCorruption,
                 fmt::format("header vpd (content digest) has {} bytes instead of {}", bytes.size(), kEncodedBytes));
  PartitionDigest digest;
  digest.count_ = LoadBigEndian<uint64_t>(bytes.data());
  digest.high_ = LoadBigEndian<uint64_t>(bytes.data() + 8);
  digest.low_ = LoadBigEndian<uint64_t>(bytes.data() + 16);
  return digest;
}

}  // namespace venice::protocol
