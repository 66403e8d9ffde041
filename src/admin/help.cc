#include "admin/help.h"

#include <fmt/format.h>

#include "admin/command_table.h"

namespace venice::admin {

std::string HelpOverview() {
  std::string text =
      "venice-admin-tool: the operator's commands of Venice.\n\n"
      "Usage:\n"
      "  venice-admin-tool COMMAND --url CONTROLLER [flags]   (also: --COMMAND --url CONTROLLER [flags])\n"
      "  venice-admin-tool help COMMAND                       flags and examples of one command\n"
      "  venice-admin-tool search WORD...                     commands about something\n\n"
      "Output is a table on a terminal and JSON elsewhere; --json or --table decides.\n\nCommands:\n";
  for (const Command& command : Commands()) text += fmt::format("  {:<32}{}\n", command.name, command.summary);
  text += "\nExample:\n  venice-admin-tool " + std::string(Commands().front().examples.front()) + "\n";
  return text;
}

std::string HelpFor(const Command& command) {
  std::string text = fmt::format("venice-admin-tool {}: {}\n\nFlags:\n", command.name, command.summary);
  for (const Flag& flag : command.flags) {
    std::string name = fmt::format("--{}", flag.name);
    if (!flag.short_name.empty()) name += fmt::format(", -{}", flag.short_name);
    text +=
        fmt::format("  {:<46}{}{}\n", name, flag.need == Flag::Need::kRequired ? "(required) " : "", flag.description);
    if (!flag.is_switch) text += fmt::format("  {:<46}example: --{} {}\n", "", flag.name, flag.example);
  }
  text += "\nExamples:\n";
  for (const std::string_view example : command.examples) text += fmt::format("  venice-admin-tool {}\n", example);
  return text;
}

std::string SearchReport(std::string_view word, const std::vector<const Command*>& found) {
  if (found.empty()) return fmt::format("No command speaks of '{}'. 'venice-admin-tool help' lists all.\n", word);
  std::string text;
  for (const Command* command : found) text += fmt::format("{:<32}{}\n", command->name, command->summary);
  return text;
}

}  // namespace venice::admin
