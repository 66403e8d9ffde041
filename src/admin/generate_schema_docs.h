// The generate-schema-docs command.
#pragma once

#include "admin/command.h"

namespace venice::admin {

// Writes a page for each store that matches, and an index. Files are replaced one by one and atomically, only when
// their content changes; nothing is deleted. Errors: kNotFound when no store matches; the controller's; kIo, kDiskFull.
Result<Answer> GenerateSchemaDocs(const Arguments& arguments, Session& session);

// Whether `name` is of the pattern: * stands for any text, ? for one character.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace venice::admin
