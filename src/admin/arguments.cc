#include "admin/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/command_table.h"

namespace venice::admin {
namespace {

std::string_view StripDashes(std::string_view word) {
  for (int i = 0; i < 2 && !word.empty() && word[0] == '-'; ++i) word.remove_prefix(1);
  return word;
}

bool IsFlag(std::string_view word) {
  // "-1" is a value: quotas are often -1.
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9');
}

const Flag* FindFlag(const Command& command, std::string_view name) {
  for (const Flag& flag : command.flags) {
    if (flag.name == name || (!flag.short_name.empty() && flag.short_name == name)) return &flag;
  }
  return nullptr;
}

Error Usage(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

Error UnknownCommand(std::string_view name) {
  std::string message = fmt::format("there is no command '{}'", name);
  const auto similar = SimilarCommands(name);
  if (!similar.empty()) message += fmt::format("; did you mean {}?", fmt::join(similar, " or "));
  return Usage(message + " Type 'venice-admin-tool search WORD' to find one, or 'venice-admin-tool help' for all.");
}

// The command: a first bare word (output switches may stand before it), or any --word that names one.
Result<size_t> FindCommandWord(std::span<const std::string> words) {
  size_t first = 0;
  while (first + 1 < words.size() && (words[first] == "--json" || words[first] == "--table")) ++first;
  if (first < words.size() && !IsFlag(words[first])) {
    if (!FindCommand(words[first])) return UnknownCommand(words[first]);
    return first;
  }
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with("--") && FindCommand(StripDashes(words[i]))) return i;
  }
  return words.empty() ? Usage("no command given; type 'venice-admin-tool help'")
                       : UnknownCommand(StripDashes(words[0]));
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const std::string> words) {
  CommandLine line;
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    line.help = true;
    if (words.size() > 1) {
      line.command = FindCommand(StripDashes(words[1]));
      if (!line.command) return UnknownCommand(words[1]);
    }
    return line;
  }
  if (words[0] == "search") {
    if (words.size() < 2) return Usage("search takes words: venice-admin-tool search schema");
    line.search = fmt::format("{}", fmt::join(words.subspan(1), " "));
    return line;
  }
  VENICE_ASSIGN(const size_t command_at, FindCommandWord(words));
  line.command = FindCommand(StripDashes(words[command_at]));
  const Command& command = *line.command;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i == command_at) continue;
    if (!IsFlag(words[i])) {
      return Usage(fmt::format("'{}' is not a flag; values follow their flag, as in --store profiles", words[i]));
    }
    std::string_view name = StripDashes(words[i]);
    std::optional<std::string> value;
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      value = std::string(name.substr(equals + 1));
      name = name.substr(0, equals);
    }
    if (name == "help" || name == "h") {
      line.help = true;
      continue;
    }
    if (name == "json") {
      line.output = Output::kJson;
      continue;
    }
    if (name == "table") {
      line.output = Output::kTable;
      continue;
    }
    if (name == "flat-json" || name == "flj") {
      line.output = Output::kJson;
      line.flat_json = true;
      continue;
    }
    if (name == "disable-log" || name == "dl") continue;  // this tool logs nothing beside its answer
    const Flag* flag = FindFlag(command, name);
    if (!flag) {
      return Usage(
          fmt::format("{} has no flag --{}; 'venice-admin-tool help {}' lists them", command.name, name, command.name));
    }
    if (!value && flag->is_switch) value = "true";
    if (!value) {
      if (i + 1 >= words.size() || IsFlag(words[i + 1])) {
        return Usage(fmt::format("--{} needs a value, such as: --{} {}", flag->name, flag->name, flag->example));
      }
      value = words[++i];
    }
    line.arguments.insert_or_assign(std::string(flag->name), std::move(*value));
  }
  if (line.help) return line;
  for (const Flag& flag : command.flags) {
    if (flag.need == Flag::Need::kRequired && !line.arguments.contains(flag.name)) {
      return Usage(fmt::format("{} needs --{}: {} For example: venice-admin-tool {}", command.name, flag.name,
                               flag.description, command.examples.front()));
    }
  }
  return line;
}

}  // namespace venice::admin
