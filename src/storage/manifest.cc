#include "storage/manifest.h"

#include "base/byte_order.h"

namespace venice::storage {

namespace {
// Version 1: u8 version, u8 phase, u32 count, count x (u64 number, u64 bytes), then the last key to the end.
// Big-endian.
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = 6;
constexpr size_t kFileBytes = 16;
}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  std::string out;
  out.reserve(kHeadBytes + kFileBytes * manifest.files.size() + manifest.last_key.size());
  AppendBigEndian(out, kVersion);
  AppendBigEndian(out, static_cast<uint8_t>(manifest.phase));
  AppendBigEndian(out, static_cast<uint32_t>(manifest.files.size()));
  for (const TableFile& file : manifest.files) {
    AppendBigEndian(out, file.number);
    AppendBigEndian(out, file.bytes);
  }
  out += manifest.last_key;
  return out;
}

Result<Manifest> DecodeManifest(std::string_view bytes) {
  const Error corrupt(ErrorCode::kCorruption, "the file list of a checkpoint cannot be read");
  if (bytes.size() < kHeadBytes || bytes[0] != kVersion || bytes[1] < 1 || bytes[1] > 3) return corrupt;
  Manifest manifest;
  manifest.phase = static_cast<Manifest::Phase>(bytes[1]);
  const auto count = LoadBigEndian<uint32_t>(bytes.data() + 2);
  bytes.remove_prefix(kHeadBytes);
  if (bytes.size() / kFileBytes < count) return corrupt;
  manifest.files.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    manifest.files.push_back({LoadBigEndian<uint64_t>(bytes.data()), LoadBigEndian<uint64_t>(bytes.data() + 8)});
    bytes.remove_prefix(kFileBytes);
  }
  manifest.last_key = bytes;
  return manifest;
}

}  // namespace venice::storage
