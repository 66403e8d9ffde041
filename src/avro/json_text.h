// JSON text before it is parsed, and in error messages.
#pragma once

#include <string_view>

namespace venice::avro {

// Brackets and braces may nest this deep: twice the depth of a value, since Avro's form wraps each union value. Whoever
// walks or prints a parsed document recurses this deep at most.
constexpr int kJsonDepthMax = 600;

inline bool JsonNestsTooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kJsonDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace venice::avro
