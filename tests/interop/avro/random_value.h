// Random values of a schema, in binary and as the JSON of a default.
#pragma once

#include <optional>
#include <string>

#include "choices.h"
#include "schema_model.h"

namespace venice::oracle {

// Encoded here and not by src/avro; arrays and maps come in every form that the specification allows (several blocks,
// blocks with their size). Map keys are unique.
std::string RandomBinary(const SchemaModel& schema, Choices& choices);

// nullopt when only infinite values would do.
std::optional<std::string> RandomDefault(const SchemaModel& schema, size_t type, Choices& choices);

std::string RandomText(Choices& choices);

}  // namespace venice::oracle
