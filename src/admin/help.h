// Help made from the command table; nothing of it is written by hand.
#pragma once

#include <string>
#include <vector>

#include "admin/command.h"

namespace venice::admin {

std::string HelpOverview();
std::string HelpFor(const Command& command);
std::string SearchReport(std::string_view word, const std::vector<const Command*>& found);

}  // namespace venice::admin
