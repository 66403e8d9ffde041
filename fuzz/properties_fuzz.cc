#include <cstdint>
#include <string_view>

#include "base/byte_size.h"
#include "base/encoding.h"
#include "base/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)venice::ParseProperties(bytes);
  (void)venice::Base64Decode(bytes);
  (void)venice::HexDecode(bytes);
  (void)venice::ByteSize::Parse(bytes);
  return 0;
}
