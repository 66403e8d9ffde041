#include "admin/table_printer.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace venice::admin {
namespace {

using Json = nlohmann::ordered_json;

// Longer cells would push the table off the screen.
constexpr size_t kCellWidthMax = 100;

std::string Cell(const Json& value) {
  // A server is known by its name; the rest of its description would fill the screen.
  if (value.is_object() && value.contains("nodeId") && value["nodeId"].is_string())
    return value["nodeId"].get<std::string>();
  std::string text = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kCellWidthMax) text = text.substr(0, kCellWidthMax - 3) + "...";
  return text;
}

bool IsTable(const Json& value) {
  if (!value.is_array() || value.empty()) return false;
  return std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

void AppendRows(std::string& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
}

void AppendTable(std::string& out, const Json& list) {
  std::vector<std::string> columns;
  for (const Json& row : list) {
    for (const auto& [name, value] : row.items()) {
      if (!value.is_null() && std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  std::vector<std::vector<std::string>> rows = {columns};
  for (const Json& row : list) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) cells.push_back(row.contains(column) ? Cell(row[column]) : "");
    rows.push_back(std::move(cells));
  }
  AppendRows(out, rows);
}

void AppendObject(std::string& out, const Json& object) {
  std::vector<std::vector<std::string>> scalars;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_null() && !IsTable(value) && !(value.is_object() && !value.empty())) {
      scalars.push_back({name, Cell(value)});
    }
  }
  AppendRows(out, scalars);
  for (const auto& [name, value] : object.items()) {
    if (IsTable(value)) {
      out += fmt::format("\n{}\n", name);
      AppendTable(out, value);
    } else if (value.is_object() && !value.empty()) {
      out += fmt::format("\n{}\n", name);
      AppendObject(out, value);
    }
  }
}

Result<Json> Parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded())
    return Error(ErrorCode::kCorruption, "the answer is not JSON: " + std::string(text.substr(0, 200)));
  return json;
}

}  // namespace

Result<std::string> PrintAsTable(std::string_view text) {
  VENICE_ASSIGN(const Json json, Parse(text));
  std::string out;
  if (json.is_object()) {
    AppendObject(out, json);
  } else if (IsTable(json)) {
    AppendTable(out, json);
  } else {
    out = json.dump(2) + "\n";
  }
  return out;
}

Result<std::string> PrintAsJson(std::string_view text, bool one_line) {
  VENICE_ASSIGN(const Json json, Parse(text));
  return json.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace venice::admin
