// Avro values as JSON.
#pragma once

#include <string>
#include <string_view>

#include "avro/datum.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

enum class JsonForm : uint8_t {
  kAvro,   // the specification's: union values are wrapped, {"string": "a"}
  kPlain,  // what people write: unions bare (the first branch that fits is read), missing fields take their default
};

// One line. Bytes and fixed are strings of U+0000..U+00FF, NaN and infinities are strings. Ill-formed UTF-8 becomes
// U+FFFD. Numbers in Java's notation, 1.0E7. The value must be of the schema. Errors: kInvalidArgument.
Result<std::string> ToJson(const Schema& schema, const Datum& datum, JsonForm form = JsonForm::kAvro);

// Decodes and prints in one go.
Result<std::string> BinaryToJson(const Schema& schema, std::string_view encoded, JsonForm form = JsonForm::kPlain);

// Errors: kInvalidArgument naming what was expected and where: path, line and column. Unknown fields of a record are
// errors; of members with the same name the last one counts.
Result<Datum> FromJson(const Schema& schema, std::string_view json, JsonForm form = JsonForm::kAvro);

// A command line's or URL's form of a key: a bare word is taken as the string itself when the schema is a string, else
// as plain JSON. 42 for int, abc for string, {"id": 1} for a record.
Result<Datum> FromText(const Schema& schema, std::string_view text);

}  // namespace venice::avro
