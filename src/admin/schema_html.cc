#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/schema_pages.h"
#include "admin/schema_words.h"

namespace venice::admin {
namespace {

constexpr std::string_view kStyle = R"(:root{color-scheme:light dark;--line:#d0d7de;--soft:#57606a;--back:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--line:#3d444d;--soft:#9198a1;--back:#151b23}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{position:sticky;top:0;background:var(--back)}
code,pre{font:13px/1.45 ui-monospace,monospace;background:var(--back);border-radius:4px}
code{padding:.1rem .3rem}pre{padding:1rem;overflow:auto}
.facts th{width:12rem}.soft{color:var(--soft)}.number{text-align:right}
input{font:inherit;padding:.4rem .6rem;width:20rem;max-width:100%;border:1px solid var(--line);border-radius:6px}
)";

// Hides the rows of the table that do not have every word that was typed.
constexpr std::string_view kSearch = R"(<script>
const box = document.getElementById('search');
const rows = [...document.querySelectorAll('#rows tr')];
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
});
</script>
)";

std::string Text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

// Line breaks of a doc stay.
std::string Lines(std::string_view text) {
  std::string out;
  for (const char c : Text(text)) out += c == '\n' ? std::string("<br>") : std::string(1, c);
  return out;
}

std::string Code(std::string_view text) { return text.empty() ? "" : fmt::format("<code>{}</code>", Text(text)); }

constexpr Markup kMarkup{
    .text = Text,
    .code = Code,
    .paragraph = Lines,
    .emphasis = [](std::string_view text) { return fmt::format("<i>{}</i>", Lines(text)); },
};

std::string Page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "</head>\n<body>\n{}</body>\n</html>\n",
      Text(title), kStyle, body);
}

std::string FieldTable(const SchemaDocument& document) {
  std::string out =
      "<p><input id=\"search\" type=\"search\" placeholder=\"Filter fields\" aria-label=\"Filter fields\"></p>\n"
      "<table>\n<thead><tr><th>Field</th><th>Type</th><th>Default</th><th>Description</th></tr></thead>\n<tbody "
      "id=\"rows\">\n";
  for (const FieldRow& row : document.fields) {
    out += fmt::format("<tr><td style=\"padding-left:{}rem\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       fmt::format("{:.1f}", 0.6 + 1.4 * row.depth), row.path.empty() ? "(the value)" : Code(row.path),
                       Text(row.type),
                       row.has_default ? Code(row.default_json)
                       : row.is_field  ? "<span class=\"soft\">none</span>"
                                       : "",
                       Description(row, kMarkup));
  }
  out += "</tbody>\n</table>\n";
  if (document.fields_cut) out += fmt::format("<p>Only the first {} fields are listed.</p>\n", kFieldRowsMax);
  return out +
         "<p class=\"soft\"><code>x[]</code> is an item of a list, <code>x{}</code> a value of a map, "
         "<code>x&lt;T&gt;</code> the case of type T. A field without a default is in every record.</p>\n";
}

}  // namespace

std::string HtmlPage(const SchemaDocument& document) {
  std::string out = fmt::format("<p><a href=\"../index.html\">All stores</a></p>\n<h1>{}</h1>\n", Text(document.store));
  if (!document.doc.empty()) out += fmt::format("<p>{}</p>\n", Lines(document.doc));
  out += "<table class=\"facts\">\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, value);
  };
  line("Cluster", Text(document.cluster));
  line("Owner", Text(document.owner));
  line("Current version", document.current_version > 0 ? fmt::format("{}", document.current_version) : "none yet");
  line("Key", Text(document.key_type));
  line("Value", Text(document.value_type));
  line("Latest schema version", document.latest > 0 ? fmt::format("{}", document.latest) : "none yet");
  out += "</table>\n<h2>Schema versions</h2>\n";
  if (document.versions.empty()) return Page(document.store, out + "<p>No value schema is registered yet.</p>\n");
  out += "<table>\n<thead><tr><th>Version</th><th>Registered</th><th>Changed</th></tr></thead>\n<tbody>\n";
  for (const VersionRow& version : document.versions) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}{}</td></tr>\n", version.id, version.registered,
                       WithCode(version.change, kMarkup), version.superset ? " (has every field of all versions)" : "");
  }
  out += fmt::format("</tbody>\n</table>\n<h2>Fields of version {}</h2>\n", document.latest);
  out += document.problem.empty() ? FieldTable(document)
                                  : fmt::format("<p>The schema cannot be read: {}</p>\n", Text(document.problem));
  out += fmt::format("<details><summary>Schema as registered</summary>\n<pre>{}</pre>\n</details>\n",
                     Text(document.latest_json));
  if (document.problem.empty()) out += kSearch;
  return Page(document.store, out);
}

std::string HtmlIndex(const std::vector<SchemaDocument>& documents) {
  std::string out =
      "<h1>Stores</h1>\n<p><input id=\"search\" type=\"search\" placeholder=\"Find a store\" aria-label=\"Find a "
      "store\" "
      "autofocus></p>\n<table>\n<thead><tr><th>Store</th><th>Owner</th><th>Value</th><th class=\"number\">Schema "
      "versions</th>"
      "<th>Description</th></tr></thead>\n<tbody id=\"rows\">\n";
  for (const SchemaDocument& document : documents) {
    out += fmt::format(
        "<tr><td><a href=\"stores/{}.html\">{}</a></td><td>{}</td><td>{}</td><td "
        "class=\"number\">{}</td><td>{}</td></tr>\n",
        PageName(document.store), Text(document.store), Text(document.owner), Text(document.value_type),
        document.versions.size(), Lines(document.doc));
  }
  out +=
      "</tbody>\n</table>\n<p class=\"soft\">Made by <code>venice-admin-tool generate-schema-docs</code> from the "
      "registered schemas.</p>\n";
  return Page("Stores", out + std::string(kSearch));
}

}  // namespace venice::admin
