// Keys in a URL that are not base64: GET /storage/<store>/<key>?f=string.
#pragma once

#include <string>
#include <string_view>

#include "avro/schema.h"

namespace venice::router {

// The key's bytes. Venice takes the text itself for the encoded key, which no encoded string, int or record fits when a
// person types it. So: text that holds control characters and is one whole encoded key stands for itself, as in Venice;
// other text is the key's value ("abc", "42") and is encoded with the store's key schema; text that is no value of that
// schema stands for itself.
std::string KeyFromText(const avro::Schema& key_schema, std::string_view text);

}  // namespace venice::router
