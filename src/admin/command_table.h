// Every command of venice-admin-tool.
#pragma once

#include <string_view>
#include <vector>

#include "admin/command.h"

namespace venice::admin {

// In the order of the help. Static storage.
const std::vector<Command>& Commands();
// nullptr when there is no such command.
const Command* FindCommand(std::string_view name);
// Commands whose name, summary or flags contain every one of the words, without regard to case.
std::vector<const Command*> SearchCommands(std::string_view words);
// The names closest to a mistyped one, best first; empty when nothing is near.
std::vector<std::string_view> SimilarCommands(std::string_view name);

std::vector<Command> StoreCommands();
std::vector<Command> SchemaCommands();
std::vector<Command> VersionCommands();
std::vector<Command> ClusterCommands();

}  // namespace venice::admin
