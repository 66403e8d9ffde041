// Paragraphs for terminals.
#pragma once

#include <string>
#include <string_view>

namespace venice::admin {

constexpr size_t kLineWidth = 100;

// The words of `text` in lines of at most kLineWidth, the first one after `lead`, the others indented by as much.
// A word that is longer than a line stays whole. Ends in a newline.
std::string Paragraph(std::string_view lead, std::string_view text);

// ANSI colours, or nothing.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Good(std::string_view text) const { return Wrap("1;32", text); }
  std::string Bad(std::string_view text) const { return Wrap("1;31", text); }
  std::string Faint(std::string_view text) const { return Wrap("2", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;
  const bool on_;
};

}  // namespace venice::admin
