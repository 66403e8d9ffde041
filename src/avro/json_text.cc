#include "avro/json_text.h"

#include <charconv>
#include <cmath>

#include "avro/json_document.h"

namespace venice::avro {
namespace {

void AppendCharacter(std::string& out, uint8_t c) {
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  constexpr std::string_view kEscaped = "\"\\bfnrt";
  if (const size_t found = kPlain.find(static_cast<char>(c)); found != std::string_view::npos) {
    out.push_back('\\');
    out.push_back(kEscaped[found]);
  } else if (c < 0x20) {
    out += fmt::format("\\u{:04X}", c);
  } else {
    out.push_back(static_cast<char>(c));
  }
}

template <typename T>
void AppendReal(std::string& out, T value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  value = std::abs(value);
  char buffer[64];
  if (value == 0 || (value >= T(1e-3) && value < T(1e7))) {
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed).ptr;
    const std::string_view text(buffer, static_cast<size_t>(end - buffer));
    out += text;
    if (text.find('.') == std::string_view::npos) out += ".0";
    return;
  }
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  if (buffer[1] == 'e') {
    // Java spends a second digit where it comes closer: 4.9E-324, not 5.0E-324.
    end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific, 1).ptr;
  }
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  out += text.substr(0, e);
  out.push_back('E');
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '-') out.push_back('-');
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  out += exponent;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  const auto push = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) return push(code_point);
  if (code_point < 0x800) {
    push(0xc0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      push(0xe0 | code_point >> 12);
    } else {
      push(0xf0 | code_point >> 18);
      push(0x80 | (code_point >> 12 & 0x3f));
    }
    push(0x80 | (code_point >> 6 & 0x3f));
  }
  push(0x80 | (code_point & 0x3f));
}

void AppendJsonText(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 1) {
      AppendCharacter(out, static_cast<uint8_t>(text[0]));
    } else if (length == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  out.push_back('"');
}

void AppendJsonBytes(std::string& out, std::string_view bytes, HighBytes high) {
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      AppendCharacter(out, byte);
    } else if (high == HighBytes::kEscaped) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      AppendUtf8(out, byte);
    }
  }
  out.push_back('"');
}

std::optional<std::string> BytesOfText(std::string_view utf8) {
  std::string bytes;
  bytes.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      bytes.push_back(utf8[i]);
    } else if ((lead == 0xc2 || lead == 0xc3) && i + 1 < utf8.size()) {
      bytes.push_back(static_cast<char>(((lead & 0x03) << 6) | (static_cast<uint8_t>(utf8[++i]) & 0x3f)));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

void AppendJsonReal(std::string& out, float value) { AppendReal(out, value); }
void AppendJsonReal(std::string& out, double value) { AppendReal(out, value); }

// Recursion is bounded by kJsonDepthMax, which the parser holds.
void AppendJson(std::string& out, const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kString:
      AppendJsonText(out, value.text());
      return;
    case JsonKind::kInteger:
      out += value.raw() == "-0" ? "0" : value.raw();
      return;
    case JsonKind::kReal:
      AppendJsonReal(out, value.Real());
      return;
    case JsonKind::kArray: {
      char separator = '[';
      for (const JsonValue item : value.items()) {
        out.push_back(std::exchange(separator, ','));
        AppendJson(out, item);
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case JsonKind::kObject: {
      char separator = '{';
      for (const auto& [name, member] : value.Members()) {
        out.push_back(std::exchange(separator, ','));
        AppendJsonText(out, name);
        out.push_back(':');
        AppendJson(out, member);
      }
      out += separator == '{' ? "{}" : "}";
      return;
    }
    default:
      out += value.raw();
  }
}

}  // namespace venice::avro
