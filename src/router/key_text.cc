#include "router/key_text.h"

#include <algorithm>

#include "avro/binary.h"
#include "avro/json.h"
#include "avro/skip.h"

namespace venice::router {

std::string KeyFromText(const avro::Schema& key_schema, std::string_view text) {
  if (key_schema.empty()) return std::string(text);
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 32 || byte == 127;
  });
  if (!printable) {
    std::string_view rest = text;
    if (avro::Skip(key_schema, rest).ok() && rest.empty()) return std::string(text);
  }
  const Result<avro::Datum> value = avro::FromText(key_schema, text);
  if (!value.ok()) return std::string(text);
  Result<std::string> encoded = avro::Encode(key_schema, *value);
  return encoded.ok() ? std::move(encoded).value() : std::string(text);
}

}  // namespace venice::router
