// Avro's binary encoding of generic values.
#pragma once

#include <string>
#include <string_view>

#include "avro/datum.h"
#include "avro/resolver.h"
#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace venice::avro {

// Appends the value's bytes. A union value without a branch takes the first branch that fits; int fits long, float and
// double as in schema resolution. On error `out` keeps its former content.
// Errors: kInvalidArgument naming the path within the value ("field a, item 3: ...").
Status Encode(const Schema& schema, const Datum& datum, std::string& out);
Status Encode(const Schema& schema, const Value& value, std::string& out);
Result<std::string> Encode(const Schema& schema, const Datum& datum);

// Whether decoded text (string, bytes, fixed, map keys) and packed floats point into the input or are copied.
enum class Text : uint8_t { kBorrow, kCopy };

// Reads one value as the reader's schema wants it and advances `in` past it; on error `in` stays. The value lives as
// long as the arena is not reset, the resolver and, with Text::kBorrow, the input.
// Errors: kCorruption naming the path within the value and the byte; kTooLarge at the arena's limit.
Result<Value> DecodeValue(const Resolver& resolver, std::string_view& in, Arena& arena, Text text = Text::kBorrow);
// A whole value: also an error when bytes are left over.
Result<Value> DecodeWholeValue(const Resolver& resolver, std::string_view bytes, Arena& arena,
                               Text text = Text::kBorrow);

// The same as owned values, for what is not a hot path. Hostile bytes cost at most memory in proportion to their
// length.
Result<Datum> Decode(const Schema& writer, std::string_view& in);
Result<Datum> Decode(const Resolver& resolver, std::string_view& in);
Result<Datum> DecodeAll(const Schema& writer, std::string_view bytes);
Result<Datum> DecodeAll(const Resolver& resolver, std::string_view bytes);

// The datum in an arena, as decoding its encoding gives it; points to nothing of the datum.
// Errors: as Encode.
Result<Value> ToValue(const Schema& schema, const Datum& datum, Arena& arena);

}  // namespace venice::avro
