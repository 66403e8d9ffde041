// Text forms of bytes: hexadecimal and base64.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice {

std::string HexEncode(std::string_view bytes);
Result<std::string> HexDecode(std::string_view text);

enum class Base64 { kStandard, kUrlSafe };  // both with '=' padding, as Venice's routes use them

std::string Base64Encode(std::string_view bytes, Base64 alphabet = Base64::kStandard);
// Padding may be left out. Errors: kInvalidArgument.
Result<std::string> Base64Decode(std::string_view text, Base64 alphabet = Base64::kStandard);

// 16 bytes. RFC 1321.
std::array<uint8_t, 16> Md5(std::string_view bytes);

}  // namespace venice
