// The add-schema command, with its dry run.
#pragma once

#include <string>

#include "admin/command.h"

namespace venice::admin {

// Registers the value schema; with --dry-run asks what that would do, and ends with kIncompatibleExitCode when it would
// be refused.
Result<Answer> AddSchema(const Arguments& arguments, Session& session);

// The controller's answer to a dry run, for people. Errors: kCorruption when it is none.
Result<std::string> DryRunText(const std::string& json, const std::string& store, bool colour);

}  // namespace venice::admin
