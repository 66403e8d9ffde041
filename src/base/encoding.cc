#include "base/encoding.h"

#include <openssl/evp.h>

#include <fmt/format.h>

namespace venice {
namespace {

constexpr std::string_view kStandardDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafeDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view Digits(Base64 alphabet) { return alphabet == Base64::kStandard ? kStandardDigits : kUrlSafeDigits; }

}  // namespace

std::string HexEncode(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

Result<std::string> HexDecode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 32);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string bytes;
  if (text.size() % 2 != 0) return Error(ErrorCode::kInvalidArgument, "hexadecimal text has an odd length");
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not hexadecimal", text.substr(i, 2)));
    }
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string Base64Encode(std::string_view bytes, Base64 alphabet) {
  const std::string_view digits = Digits(alphabet);
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) text += j <= count ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

Result<std::string> Base64Decode(std::string_view text, Base64 alphabet) {
  const std::string_view digits = Digits(alphabet);
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t digit = digits.find(c);
    if (digit == std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a base64 digit", c));
    }
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 255);
    }
  }
  if (bits == 6) return Error(ErrorCode::kInvalidArgument, "base64 text is cut short");
  return bytes;
}

std::array<uint8_t, 16> Md5(std::string_view bytes) {
  std::array<uint8_t, 16> digest{};
  unsigned int size = 0;
  VENICE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) == 1 && size == 16);
  return digest;
}

}  // namespace venice
