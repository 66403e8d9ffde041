// Whether two schemas are equal as Avro's Java implementation means it (Schema.equals), which decides what Venice takes
// for the same schema.
#pragma once

#include "avro/schema.h"

namespace venice::avro {

// Names, types, symbols, sizes, defaults of fields, their order and all custom properties count; docs, aliases and the
// default symbol of an enum do not. Recursive types are compared up to their own recurrence. Any thread.
bool Equal(const Node& a, const Node& b);

// Whether the docs of two schemas differ anywhere. The schemas must be equal but for their docs.
bool DocsDiffer(const Node& a, const Node& b);

}  // namespace venice::avro
