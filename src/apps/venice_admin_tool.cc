// venice-admin-tool: see src/admin.
#include <unistd.h>

#include <cstdio>

#include "admin/admin_tool.h"
#include "base/log.h"

int main(int argc, char** argv) {
  venice::SetLogLevel(venice::LogLevel::kError);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const venice::admin::Outcome outcome = venice::admin::RunAdminTool(words, isatty(STDOUT_FILENO) != 0);
  std::fputs(outcome.out.c_str(), stdout);
  std::fputs(outcome.error.c_str(), stderr);
  return outcome.exit_code;
}
