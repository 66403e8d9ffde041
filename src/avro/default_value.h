// The value that a field's "default" attribute stands for.
#pragma once

#include <string_view>

#include "avro/datum.h"
#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// json  Field::default_json; a union's default may be of any branch (Avro 1.12), earlier branches first
// Errors: kInvalidSchema when the default does not fit the type.
Result<Datum> DefaultValue(const Node& type, std::string_view json);

}  // namespace venice::avro
