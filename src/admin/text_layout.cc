#include "admin/text_layout.h"

#include <fmt/format.h>

namespace venice::admin {

std::string Paragraph(std::string_view lead, std::string_view text) {
  std::string out(lead);
  size_t column = lead.size();
  bool line_is_empty = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line_is_empty && column + 1 + word.size() > kLineWidth) {
      out += "\n" + std::string(lead.size(), ' ');
      column = lead.size();
      line_is_empty = true;
    }
    if (!line_is_empty) out += ' ';
    column += word.size() + (line_is_empty ? 0 : 1);
    out += word;
    line_is_empty = false;
  }
  return out + "\n";
}

std::string Paint::Wrap(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace venice::admin
