#include "admin/schema_words.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace venice::admin {

namespace {

std::string CodeList(const std::vector<std::string>& names, const Markup& markup) {
  std::vector<std::string> codes;
  for (const std::string& name : names) codes.push_back(markup.code(name));
  return fmt::format("{}", fmt::join(codes, ", "));
}

}  // namespace

std::string WithCode(std::string_view text, const Markup& markup) {
  std::string out;
  for (bool code = false; !text.empty(); code = !code) {
    const size_t end = std::min(text.find('`'), text.size());
    out += code ? markup.code(text.substr(0, end)) : markup.text(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Description(const FieldRow& row, const Markup& markup) {
  std::vector<std::string> parts;
  if (!row.doc.empty()) parts.push_back(markup.paragraph(row.doc));
  if (!row.type_doc.empty()) parts.push_back(markup.emphasis(row.type_doc));
  if (!row.symbols.empty()) parts.push_back(fmt::format("One of {}.", CodeList(row.symbols, markup)));
  if (!row.default_symbol.empty())
    parts.push_back(fmt::format("Unknown symbols are read as {}.", markup.code(row.default_symbol)));
  if (row.recursive) {
    parts.push_back(row.expanded_at.empty()
                        ? "Recursive: the whole value again."
                        : fmt::format("Recursive: the fields of {} again.", markup.code(row.expanded_at)));
  } else if (!row.expanded_at.empty()) {
    parts.push_back(fmt::format("Fields as in {}.", markup.code(row.expanded_at)));
  }
  if (!row.aliases.empty()) parts.push_back(fmt::format("Formerly {}.", CodeList(row.aliases, markup)));
  return fmt::format("{}", fmt::join(parts, "<br>"));
}

}  // namespace venice::admin
