#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/schema_pages.h"
#include "admin/schema_words.h"
#include "avro/fingerprint.h"

namespace venice::admin {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Plain text within a cell of a table.
std::string Text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "<br>";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '~':
      case '#':
      case '$':
        out += '\\';
        out += c;
        break;
      default:
        out += IsControl(c) ? ' ' : c;
    }
  }
  return out;
}

// Within a cell; the fence is longer than any run of backticks inside.
std::string Code(std::string_view text) {
  std::string inside;
  size_t run = 0;
  size_t longest = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (c == '|') inside += '\\';
    inside += IsControl(c) ? ' ' : c;
  }
  if (inside.empty()) return "";
  const std::string fence(longest + 1, '`');
  const std::string_view pad = longest > 0 ? " " : "";
  return fmt::format("{}{}{}{}{}", fence, pad, inside, pad, fence);
}

constexpr Markup kMarkup{
    .text = Text,
    .code = Code,
    .paragraph = Text,
    .emphasis = [](std::string_view text) { return fmt::format("*{}*", Text(text)); },
};

std::string FieldTable(const SchemaDocument& document) {
  std::string out = "| Field | Type | Default | Description |\n|---|---|---|---|\n";
  for (const FieldRow& row : document.fields) {
    std::string indent;
    for (int i = 0; i < row.depth; ++i) indent += "&emsp;";
    out += fmt::format("| {}{} | {} | {} | {} |\n", indent, row.path.empty() ? "(the value)" : Code(row.path),
                       Text(row.type),
                       row.has_default ? Code(row.default_json)
                       : row.is_field  ? "none"
                                       : "",
                       Description(row, kMarkup));
  }
  if (document.fields_cut) out += fmt::format("\nOnly the first {} fields are listed.\n", kFieldRowsMax);
  return out;
}

std::string Fenced(std::string_view text) {
  size_t run = 0;
  size_t longest = 2;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}json\n{}\n{}\n", fence, text, fence);
}

}  // namespace

std::string PageName(std::string_view store) {
  constexpr size_t kBytesMax = 150;  // file systems take 255, with the ending and a temporary suffix
  std::string name;
  for (const char c : store) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && !name.empty());
    name += plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
  }
  if (name.size() <= kBytesMax) return name.empty() ? "=" : name;
  return fmt::format("{}={:016x}", name.substr(0, kBytesMax - 17), avro::Fingerprint64(store));
}

std::string MarkdownPage(const SchemaDocument& document) {
  std::string out = fmt::format("# {}\n\n| | |\n|---|---|\n", Text(document.store));
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("| {} | {} |\n", name, value);
  };
  line("Description", Text(document.doc));
  line("Cluster", Text(document.cluster));
  line("Owner", Text(document.owner));
  line("Current version", document.current_version > 0 ? fmt::format("{}", document.current_version) : "none yet");
  line("Key", Text(document.key_type));
  line("Value", Text(document.value_type));
  line("Latest schema version", document.latest > 0 ? fmt::format("{}", document.latest) : "none yet");
  out += "\n## Schema versions\n\n";
  if (document.versions.empty()) return out + "No value schema is registered yet.\n\n[All stores](../README.md)\n";
  out += "| Version | Registered | Changed |\n|---:|---|---|\n";
  for (const VersionRow& version : document.versions) {
    out += fmt::format("| {} | {} | {}{} |\n", version.id, version.registered, WithCode(version.change, kMarkup),
                       version.superset ? " (has every field of all versions)" : "");
  }
  out += fmt::format("\n## Fields of version {}\n\n", document.latest);
  if (document.problem.empty()) {
    out += FieldTable(document) +
           "\n`x[]` is an item of a list, `x{}` a value of a map, `x<T>` the case of type T. A field without a default "
           "is in "
           "every record.\n";
  } else {
    out += fmt::format("The schema cannot be read: {}\n", Text(document.problem));
  }
  out += "\n## Schema as registered\n\n" + Fenced(document.latest_json);
  return out + "\n[All stores](../README.md)\n";
}

std::string MarkdownIndex(const std::vector<SchemaDocument>& documents) {
  std::string out =
      "# Stores\n\nMade by `venice-admin-tool generate-schema-docs` from the registered schemas; edits are "
      "overwritten.\n\n"
      "| Store | Owner | Value | Schema versions | Description |\n|---|---|---|---:|---|\n";
  for (const SchemaDocument& document : documents) {
    out += fmt::format("| [{}](stores/{}.md) | {} | {} | {} | {} |\n", Text(document.store), PageName(document.store),
                       Text(document.owner), Text(document.value_type), document.versions.size(), Text(document.doc));
  }
  return out;
}

}  // namespace venice::admin
