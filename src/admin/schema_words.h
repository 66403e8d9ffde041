// What the pages of generate-schema-docs say about a field, whatever the markup.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/schema_document.h"

namespace venice::admin {

// How a format writes its pieces. Each escapes what it is given.
struct Markup {
  std::string (*text)(std::string_view);
  std::string (*code)(std::string_view);
  std::string (*paragraph)(std::string_view);  // text that may have several lines
  std::string (*emphasis)(std::string_view);   // the same, set apart
};

// Text whose parts in backticks are code.
std::string WithCode(std::string_view text, const Markup& markup);

// A field's documentation, symbols, aliases and where its fields are listed; lines end in <br>.
std::string Description(const FieldRow& row, const Markup& markup);

}  // namespace venice::admin
