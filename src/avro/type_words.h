// Types as people say them: "string (nullable)", "list of Tag", "map of int", "timestamp in ms".
#pragma once

#include <string>

#include "avro/schema.h"

namespace venice::avro {

// The meaning of a logical type hides how it is stored. Named types are called by their simple name and not expanded. A
// long union ends in "... (12 types)".
std::string TypeInWords(const Node& node);

// The only branch of a union beside null, when there is exactly one; else nullptr.
const Node* NullableBranch(const Node& node);
bool HasNullBranch(const Node& node);

}  // namespace venice::avro
