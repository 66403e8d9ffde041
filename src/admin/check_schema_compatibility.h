// The check-schema-compatibility command.
#pragma once

#include "admin/command.h"

namespace venice::admin {

constexpr int kIncompatibleExitCode = 9;  // docs/reference/exit-codes.md

// Compares a schema file with every value schema of a store, or with other files, and tells what would break. Registers
// nothing. The answer's exit code is kIncompatibleExitCode when the mode is not met.
Result<Answer> CheckSchemaCompatibility(const Arguments& arguments, Session& session);

}  // namespace venice::admin
