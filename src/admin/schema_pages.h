// Documentation pages of stores as Markdown and as a static site. The same input makes the same bytes. Whatever a
// schema says in its docs stays text: it is escaped for where it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/schema_document.h"

namespace venice::admin {

// The file name of a store's page without its ending: letters, digits, '-', '_' and '.' stay, the rest becomes =XX, so
// that no name leaves the folder; long names end in a fingerprint.
std::string PageName(std::string_view store);

std::string MarkdownPage(const SchemaDocument& document);
// Links to stores/<page>.md.
std::string MarkdownIndex(const std::vector<SchemaDocument>& documents);

std::string HtmlPage(const SchemaDocument& document);
// Links to stores/<page>.html; has a search box.
std::string HtmlIndex(const std::vector<SchemaDocument>& documents);

}  // namespace venice::admin
