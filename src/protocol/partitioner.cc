// The one-shot MD5 of OpenSSL's low level: a third of the cost of the EVP call, and this runs once per key of every
// read.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "protocol/partitioner.h"

#include <fmt/format.h>
#include <openssl/md5.h>

#include "base/byte_order.h"
#include "base/check.h"

namespace venice::protocol {

int32_t Partition(std::string_view key_bytes, int32_t count) {
  VENICE_CHECK(count >= 1);
  if (count == 1) return 0;
  unsigned char digest[MD5_DIGEST_LENGTH];
  MD5(reinterpret_cast<const unsigned char*>(key_bytes.data()), key_bytes.size(), digest);
  const auto* bytes = reinterpret_cast<const char*>(digest);
  // 128-bit number modulo a 32-bit one, 32 bits at a time: the running remainder stays below 2^32.
  const auto divisor = static_cast<uint64_t>(count);
  uint64_t remainder = 0;
  for (int word = 0; word < 4; ++word)
    remainder = (remainder << 32 | LoadBigEndian<uint32_t>(bytes + 4 * word)) % divisor;
  return static_cast<int32_t>(remainder);
}

Status CheckPartitionerClass(std::string_view java_class) {
  if (java_class.empty() || java_class == kDefaultPartitionerClass) return Ok();
  return Error(ErrorCode::kUnsupported,
               fmt::format("partitioner {} is not known here; only {} is", java_class, kDefaultPartitionerClass));
}

}  // namespace venice::protocol
