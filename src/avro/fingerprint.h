// Fingerprints of schemas and of any bytes, and the single-object encoding that carries one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

using Md5 = std::array<uint8_t, 16>;
using Sha256 = std::array<uint8_t, 32>;

// CRC-64-AVRO (Rabin fingerprint) of any bytes.
uint64_t Fingerprint64(std::string_view bytes);

// Of the canonical form, as the specification recommends where 64 bits are too few.
Md5 FingerprintMd5(const Schema& schema);
Sha256 FingerprintSha256(const Schema& schema);

// One value with the fingerprint of its schema in front: C3 01, eight bytes CRC-64-AVRO (little-endian), the value.
constexpr size_t kSingleObjectHeaderBytes = 10;
void AppendSingleObjectHeader(std::string& out, uint64_t fingerprint);
// The fingerprint in front of `message`, or nullopt when it is no single-object encoding.
std::optional<uint64_t> SingleObjectFingerprint(std::string_view message);
// The encoded value within `message`. Errors: kCorruption when it is no single-object encoding, kSchemaNotFound when it
// was written with another schema.
Result<std::string_view> SingleObjectValue(const Schema& schema, std::string_view message);

}  // namespace venice::avro
