#include "avro/names.h"

#include "avro/json_text.h"

namespace venice::avro {
namespace {

// Decodes a well-formed sequence.
uint32_t CodePoint(std::string_view sequence) {
  auto result = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return result;
  uint32_t code_point = result & (0x7f >> sequence.size());
  for (const char c : sequence.substr(1)) code_point = code_point << 6 | (static_cast<uint8_t>(c) & 0x3f);
  return code_point;
}

}  // namespace

bool IsName(std::string_view text) {
  if (text.empty()) return false;
  bool first = true;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    const uint32_t c = CodePoint(text.substr(0, length));
    const bool ascii_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = (c >= '0' && c <= '9') || (c >= 0x80 && IsUnicodeDigit(c));
    const bool letter = ascii_letter || (c >= 0x80 && IsUnicodeLetter(c));
    if (!letter && (first || !digit)) return false;
    first = false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsNamespace(std::string_view text) {
  if (text.empty()) return true;
  while (true) {
    const size_t dot = text.find('.');
    if (!IsName(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view NamespaceOf(std::string_view full_name) {
  const size_t dot = full_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : full_name.substr(0, dot);
}

std::string_view SimpleName(std::string_view full_name) { return full_name.substr(full_name.rfind('.') + 1); }

std::string FullName(std::string_view name, std::string_view space) {
  const size_t dot = name.rfind('.');
  if (dot == 0) return std::string(name.substr(1));
  if (dot != std::string_view::npos || space.empty()) return std::string(name);
  return fmt::format("{}.{}", space, name);
}

}  // namespace venice::avro
