// venice-admin-tool as a function: words in, text and an exit code out.
#pragma once

#include <span>
#include <string>

#include "admin/command.h"

namespace venice::admin {

struct Outcome {
  int exit_code = 0;
  std::string out;    // for standard output
  std::string error;  // for standard error
};

// Runs one command line (without the program's name). `terminal` says whether `out` goes to a terminal.
Outcome RunAdminTool(std::span<const std::string> words, bool terminal);
// The same on a session of the caller's, for tests.
Outcome RunAdminTool(std::span<const std::string> words, bool terminal, Session& session);

}  // namespace venice::admin
