// A JSON answer as tables that people can read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::admin {

// Scalars become two columns; a list of objects becomes a table with a row each. Nulls are left out.
// Errors: kCorruption when the text is not JSON.
Result<std::string> PrintAsTable(std::string_view json);
// Indented, or on one line.
Result<std::string> PrintAsJson(std::string_view json, bool one_line);

}  // namespace venice::admin
