// Executing the operations that pass over encoded bytes (avro/plan.h).
#pragma once

#include "avro/plan.h"
#include "avro/trace.h"

namespace venice::avro {

// Where a wanted field was found: its encoding, and within that its value, which follows a union's branch. All null
// when the value does not have the field.
struct Mark {
  const char* begin = nullptr;
  const char* value = nullptr;
  const char* end = nullptr;
  uint32_t branch = 0;
};

// op     where to begin; ends at its kReturn or kStop
// depth  of the value that is skipped
// marks  as many as kMarkBegin operations name; may be null when there are none
// returns the place behind what was skipped; nullptr after a failure, which is then in `trace`
const char* RunSkip(const Code& code, const Op* op, const char* at, const char* end, int depth, Mark* marks,
                    Trace& trace);

}  // namespace venice::avro
