#include "admin/command_table.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <sstream>

namespace venice::admin {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool Contains(std::string_view text, const std::string& lower_word) {
  return Lower(text).find(lower_word) != std::string::npos;
}

bool Speaks(const Command& command, const std::string& lower_word) {
  if (Contains(command.name, lower_word) || Contains(command.summary, lower_word)) return true;
  return std::any_of(command.flags.begin(), command.flags.end(), [&](const Flag& flag) {
    return Contains(flag.name, lower_word) || Contains(flag.description, lower_word);
  });
}

// Levenshtein distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

Flag UrlFlag() {
  return {"url", "u", "Address of any controller of the fleet; several may be given with commas.",
          "http://localhost:5555"};
}

Flag ClusterFlag(Flag::Need need) {
  return {"cluster", "c",
          need == Flag::Need::kRequired ? "Name of the Venice cluster."
                                        : "Name of the Venice cluster; found from the store when left out.",
          "venice-cluster0", need};
}

Flag StoreFlag() { return {"store", "s", "Name of the store.", "profiles", Flag::Need::kRequired, "store_name"}; }

Flag VersionFlag() { return {"version", "v", "Number of the store's version.", "3", Flag::Need::kRequired, "version"}; }

const std::vector<Command>& Commands() {
  static const auto& commands = *[] {
    auto* all = new std::vector<Command>();
    for (auto part : {StoreCommands(), SchemaCommands(), VersionCommands(), ClusterCommands()}) {
      std::move(part.begin(), part.end(), std::back_inserter(*all));
    }
    return all;
  }();
  return commands;
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::vector<const Command*> SearchCommands(std::string_view words) {
  std::vector<const Command*> found;
  for (const Command& command : Commands()) {
    std::istringstream wanted(Lower(words));
    bool all = true;
    for (std::string word; all && wanted >> word;) all = Speaks(command, word);
    if (all) found.push_back(&command);
  }
  return found;
}

std::vector<std::string_view> SimilarCommands(std::string_view name) {
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const Command& command : Commands()) {
    const size_t distance = Distance(name, command.name);
    if (distance <= std::max<size_t>(2, name.size() / 3)) near.emplace_back(distance, command.name);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string_view> names;
  for (const auto& [distance, candidate] : near) {
    if (names.size() < 3) names.push_back(candidate);
  }
  return names;
}

}  // namespace venice::admin
