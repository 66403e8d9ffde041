#include "avro/fingerprint.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace venice::avro {
namespace {

constexpr std::string_view kMarker("\xc3\x01", 2);

template <typename Hash>
Hash Digest(const EVP_MD* kind, std::string_view bytes) {
  Hash hash{};
  unsigned int size = 0;
  VENICE_CHECK(EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, kind, nullptr) == 1 && size == hash.size());
  return hash;
}

}  // namespace

uint64_t Fingerprint64(std::string_view bytes) {
  constexpr uint64_t kEmpty = 0xc15d213aa4d7a795;  // Avro specification, "Schema fingerprints"
  static constexpr auto kTable = [] {
    std::array<uint64_t, 256> table{};
    for (uint64_t i = 0; i < 256; ++i) {
      uint64_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (kEmpty & (~(value & 1) + 1));
      table[i] = value;
    }
    return table;
  }();
  uint64_t result = kEmpty;
  for (const char c : bytes) result = (result >> 8) ^ kTable[(result ^ static_cast<uint8_t>(c)) & 0xff];
  return result;
}

uint64_t Schema::Fingerprint64() const { return avro::Fingerprint64(CanonicalForm()); }

Md5 FingerprintMd5(const Schema& schema) { return Digest<Md5>(EVP_md5(), schema.CanonicalForm()); }
Sha256 FingerprintSha256(const Schema& schema) { return Digest<Sha256>(EVP_sha256(), schema.CanonicalForm()); }

void AppendSingleObjectHeader(std::string& out, uint64_t fingerprint) {
  out += kMarker;
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(fingerprint >> shift));
}

std::optional<uint64_t> SingleObjectFingerprint(std::string_view message) {
  if (message.size() < kSingleObjectHeaderBytes || !message.starts_with(kMarker)) return std::nullopt;
  uint64_t fingerprint = 0;
  for (int i = 7; i >= 0; --i) {
    fingerprint = fingerprint << 8 | static_cast<uint8_t>(message[kMarker.size() + static_cast<size_t>(i)]);
  }
  return fingerprint;
}

Result<std::string_view> SingleObjectValue(const Schema& schema, std::string_view message) {
  const auto fingerprint = SingleObjectFingerprint(message);
  if (!fingerprint) {
    return Error(ErrorCode::kCorruption,
                 "not a single-object encoding: it does not start with C3 01 and a schema's fingerprint");
  }
  if (const uint64_t expected = schema.Fingerprint64(); *fingerprint != expected) {
    return Error(ErrorCode::kSchemaNotFound,
                 fmt::format("the value was written with the schema of fingerprint {:016x}, not with {:016x}",
                             *fingerprint, expected));
  }
  return message.substr(kSingleObjectHeaderBytes);
}

}  // namespace venice::avro
