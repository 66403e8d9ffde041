// Avro's binary encoding of generic values.
#pragma once

#include <string>
#include <string_view>

#include "avro/datum.h"
#include "avro/resolver.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Appends the value's bytes. A union value without a branch takes the first branch that fits; int fits long, float and
// double as in schema resolution. On error `out` keeps its former content.
// Errors: kInvalidArgument naming the path within the value ("field a, item 3: ...").
Status Encode(const Schema& schema, const Datum& datum, std::string& out);
Result<std::string> Encode(const Schema& schema, const Datum& datum);

// Reads one value and advances `in` past it. Hostile bytes cost at most memory in proportion to their length.
// Errors: kCorruption naming the path within the value.
Result<Datum> Decode(const Schema& writer, std::string_view& in);
// As the reader's schema wants it.
Result<Datum> Decode(const Resolver& resolver, std::string_view& in);
// A whole value: also an error when bytes are left over.
Result<Datum> DecodeAll(const Schema& writer, std::string_view bytes);
Result<Datum> DecodeAll(const Resolver& resolver, std::string_view bytes);

}  // namespace venice::avro
