#include "metadata/json_fields.h"

namespace venice::metadata {

namespace {

// Deeper than any record of Venice by far; bounds the recursion on bytes that others wrote.
constexpr int kDepthMax = 64;

void Print(const Json& value, int indent, std::string& out) {
  if (value.is_object()) {
    if (value.empty()) {
      out += "{ }";
      return;
    }
    out += "{\n";
    bool first = true;
    for (const auto& [key, content] : value.items()) {
      if (!first) out += ",\n";
      first = false;
      out.append(static_cast<size_t>(indent) + 2, ' ');
      out += CompactJson(Json(key));
      out += " : ";
      Print(content, indent + 2, out);
    }
    out += '\n';
    out.append(static_cast<size_t>(indent), ' ');
    out += '}';
  } else if (value.is_array()) {
    if (value.empty()) {
      out += "[ ]";
      return;
    }
    out += "[ ";
    bool first = true;
    for (const Json& element : value) {
      if (!first) out += ", ";
      first = false;
      Print(element, indent, out);
    }
    out += " ]";
  } else {
    out += CompactJson(value);
  }
}

}  // namespace

std::string PrettyJson(const Json& value) {
  std::string out;
  Print(value, 0, out);
  return out;
}

std::string CompactJson(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<Json> TryParseJson(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return std::nullopt;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  Json parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

Result<Json> ParseObject(std::string_view text, std::string_view what) {
  std::optional<Json> parsed = TryParseJson(text);
  if (!parsed || !parsed->is_object())
    return Error(ErrorCode::kCorruption, std::string(what) + " is not a JSON object");
  return *std::move(parsed);
}

}  // namespace venice::metadata
