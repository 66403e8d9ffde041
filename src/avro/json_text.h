// JSON as Java's Avro (through Jackson) writes it: Venice stores and compares schemas as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace venice::avro {

class JsonValue;

// Length of the well-formed UTF-8 sequence at the front of `text` (Unicode, table 3-7), or 0.
size_t Utf8Length(std::string_view text);
void AppendUtf8(std::string& out, uint32_t code_point);

// In double quotes. Escapes quotes, backslashes and control characters, nothing else; ill-formed UTF-8 becomes U+FFFD.
void AppendJsonText(std::string& out, std::string_view text);
// Bytes as a string of the code points 0 to 255, in double quotes.
enum class HighBytes : uint8_t {
  kRaw,      // as Java's JsonEncoder
  kEscaped,  // \u0080: for terminals, which act on some of these code points
};
void AppendJsonBytes(std::string& out, std::string_view bytes, HighBytes high);
// The bytes that a string of code points 0 to 255 stands for; nullopt when it has others.
std::optional<std::string> BytesOfText(std::string_view utf8);

// The fewest digits that read back the same, in Java's notation (1.0, 2.5E-4, 1.0E7); NaN and infinities in quotes.
void AppendJsonReal(std::string& out, float value);
void AppendJsonReal(std::string& out, double value);

// A parsed value without white space, numbers normalized.
void AppendJson(std::string& out, const JsonValue& value);

}  // namespace venice::avro
