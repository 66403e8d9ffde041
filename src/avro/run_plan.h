// Executing a plan (avro/plan.h): the one place where encoded values become values.
#pragma once

#include "avro/binary.h"
#include "avro/plan.h"
#include "avro/trace.h"

namespace venice::avro {

// returns the place behind the value; nullptr after a failure, which is then in `trace`
const char* RunPlan(const Plan& plan, std::string_view in, Arena& arena, Text text, Trace& trace, Value& out);

}  // namespace venice::avro
