// Avro's sort order, by schema: on encoded bytes without decoding them, and on values.
//
// null is equal to itself; false before true; numbers by value, -0 before 0 and NaN after everything (as Java);
// strings, bytes and fixed by unsigned bytes; enums by position; arrays item by item, then the shorter first; unions by
// branch, then within it; records field by field, honouring "order". Maps have no order.
#pragma once

#include <compare>
#include <string_view>

#include "avro/datum.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Both are encodings of the schema; what follows the value is not looked at. No allocation unless it fails.
// Errors: kInvalidArgument when two maps meet that no field with "order": "ignore" holds, kCorruption when the bytes up
// to the first difference are not such values.
Result<std::weak_ordering> CompareEncoded(const Schema& schema, std::string_view left, std::string_view right);

// The same of values. Errors: kInvalidArgument for maps and for values that are not of the schema.
Result<std::weak_ordering> Compare(const Schema& schema, const Datum& left, const Datum& right);

}  // namespace venice::avro
