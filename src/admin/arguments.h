// The command line of venice-admin-tool.
#pragma once

#include <span>
#include <string>

#include "admin/command.h"

namespace venice::admin {

enum class Output { kAuto, kJson, kTable };

struct CommandLine {
  const Command* command = nullptr;  // nullptr when only help or search was asked for
  Arguments arguments;
  Output output = Output::kAuto;  // kAuto: a table on a terminal, JSON elsewhere
  bool help = false;
  std::string search;      // words after `search`
  bool flat_json = false;  // Venice's --flat-json: one line
};

// Accepts `new-store --url U ...` and Venice's own `--new-store --url U ...` with the command anywhere, long flags with
// one or two dashes, --flag=value, and Venice's short flags. Required flags are checked.
// Errors: kInvalidArgument, with what to type instead.
Result<CommandLine> ParseCommandLine(std::span<const std::string> words);

}  // namespace venice::admin
