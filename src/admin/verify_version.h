// The verify-version command.
#pragma once

#include "admin/command.h"

namespace venice::admin {

// Asks the server of every replica to read its stored partition again and to compare count and digest with those of the
// push. The answer lists every replica; its exit code is that of kCorruption when one differs or can not be read.
Result<Answer> VerifyVersion(const Arguments& arguments, Session& session);

}  // namespace venice::admin
