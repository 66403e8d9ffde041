// The one check of a value schema's defaults that goes beyond Avro's own: Venice refuses 3 as the default of a double.
#pragma once

#include "avro/schema.h"
#include "base/result.h"

namespace venice::controller {

// Errors: kInvalidSchema naming the field and what to write instead.
Status CheckNumbersOfDefaults(const avro::Schema& schema);

}  // namespace venice::controller
