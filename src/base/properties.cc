#include "base/properties.h"

#include <fmt/format.h>

#include "base/file.h"

namespace venice {
namespace {

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

// Undoes the escapes of one key or value.
Result<std::string> Unescape(std::string_view text, int line) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        uint32_t code = 0;
        const std::string_view digits = text.substr(i + 1, 4);
        bool good = digits.size() == 4;
        for (const char c : digits) {
          const int value = c >= '0' && c <= '9'                 ? c - '0'
                            : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                                 : -1;
          good = good && value >= 0;
          code = code * 16 + static_cast<uint32_t>(value);
        }
        if (!good) {
          return Error(ErrorCode::kInvalidArgument,
                       fmt::format("properties line {}: \\u needs four hexadecimal digits", line));
        }
        AppendUtf8(out, code);
        i += 4;
        break;
      }
      default:
        out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> ParseProperties(std::string_view text) {
  std::map<std::string, std::string> properties;
  size_t at = 0;
  int line_number = 0;
  while (at < text.size()) {
    // One logical line: physical lines joined while they end in an odd number of backslashes.
    std::string line;
    bool more = true;
    const int first_line = line_number + 1;
    while (more && at < text.size()) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string_view physical = text.substr(at, end - at);
      at = end + 1;
      ++line_number;
      if (!physical.empty() && physical.back() == '\r') physical.remove_suffix(1);
      while (!physical.empty() && IsBlank(physical.front())) physical.remove_prefix(1);
      if (line.empty() && !physical.empty() && (physical[0] == '#' || physical[0] == '!')) physical = {};
      size_t backslashes = 0;
      while (backslashes < physical.size() && physical[physical.size() - 1 - backslashes] == '\\') ++backslashes;
      more = backslashes % 2 == 1;
      if (more) physical.remove_suffix(1);
      line += physical;
    }
    if (line.empty()) continue;
    size_t key_end = 0;
    while (key_end < line.size() && line[key_end] != '=' && line[key_end] != ':' && !IsBlank(line[key_end])) {
      key_end += line[key_end] == '\\' ? 2 : 1;
    }
    key_end = std::min(key_end, line.size());
    size_t value_start = key_end;
    while (value_start < line.size() && IsBlank(line[value_start])) ++value_start;
    if (value_start < line.size() && (line[value_start] == '=' || line[value_start] == ':')) ++value_start;
    while (value_start < line.size() && IsBlank(line[value_start])) ++value_start;
    VENICE_ASSIGN(std::string key, Unescape(std::string_view(line).substr(0, key_end), first_line));
    VENICE_ASSIGN(std::string value, Unescape(std::string_view(line).substr(value_start), first_line));
    if (key.empty()) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("properties line {}: the key is missing", first_line));
    }
    properties.insert_or_assign(std::move(key), std::move(value));
  }
  return properties;
}

Result<std::map<std::string, std::string>> LoadProperties(const std::string& path) {
  VENICE_ASSIGN(const std::string text, ReadFile(path));
  auto properties = ParseProperties(text);
  if (!properties.ok()) return std::move(properties).error().In(path);
  return properties;
}

}  // namespace venice
