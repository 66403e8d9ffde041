#include "protocol/guid.h"

#include <cstring>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "base/encoding.h"

namespace venice::protocol {
namespace {

Guid MarkAsVersion4(Guid guid) {
  guid.bytes[6] = static_cast<uint8_t>((guid.bytes[6] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace

Guid Guid::Random() {
  Guid guid;
  VENICE_CHECK(RAND_bytes(guid.bytes.data(), static_cast<int>(guid.bytes.size())) == 1);
  return MarkAsVersion4(guid);
}

Guid Guid::FromName(std::string_view name) {
  Guid guid;
  guid.bytes = Md5(name);
  return MarkAsVersion4(guid);
}

Result<Guid> Guid::FromBytes(std::string_view raw) {
  Guid guid;
  if (raw.size() != guid.bytes.size())
    return Error(ErrorCode::kCorruption, fmt::format("a producer GUID has 16 bytes, not {}", raw.size()));
  std::memcpy(guid.bytes.data(), raw.data(), raw.size());
  return guid;
}

std::string Guid::ToString() const {
  std::string text = HexEncode(view());
  for (const size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

}  // namespace venice::protocol
