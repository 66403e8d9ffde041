#include "avro/json_document.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "avro/json_text.h"

namespace venice::avro {

// One pass over the text, without recursion: `open_` holds the arrays and objects that are not closed yet.
class JsonParser {
 public:
  JsonParser(std::string_view text, const JsonDocument::Options& options) : options_(options) { out_.text_ = text; }

  Result<JsonDocument> Parse() {
    if (out_.text_.size() > kJsonBytesMax) {
      return Error(options_.error,
                   fmt::format("{} bytes of JSON; at most {} are read", out_.text_.size(), kJsonBytesMax));
    }
    if (!Document()) {
      const TextPosition position = PositionIn(out_.text_, problem_at_);
      return Error(options_.error, fmt::format("{} (line {}, column {})", problem_, position.line, position.column));
    }
    return std::move(out_);
  }

 private:
  using Node = JsonDocument::Node;

  bool Fail(std::string problem, size_t at) {
    problem_ = std::move(problem);
    problem_at_ = at;
    return false;
  }
  bool Fail(std::string problem) { return Fail(std::move(problem), at_); }

  // What stands at the current place, for messages.
  std::string Found() const {
    if (at_ >= out_.text_.size()) return "the end of the text";
    const auto c = static_cast<uint8_t>(out_.text_[at_]);
    if (out_.text_.substr(at_).starts_with("\xef\xbb\xbf")) return "a byte order mark; save the text without it";
    if (c < 0x20 || c == 0x7f) return fmt::format("the control character U+{:04X}", c);
    const size_t length = Utf8Length(out_.text_.substr(at_));
    return length == 0 ? fmt::format("byte 0x{:02x}, which is not UTF-8", c)
                       : fmt::format("\"{}\"", out_.text_.substr(at_, length));
  }

  bool Document() {
    if (!Space()) return false;
    if (!Value()) return false;
    while (!open_.empty()) {
      if (!InContainer()) return false;
    }
    if (!Space()) return false;
    return at_ == out_.text_.size() || Fail("expected nothing after the JSON value, found " + Found());
  }

  char Peek() const { return at_ < out_.text_.size() ? out_.text_[at_] : '\0'; }
  bool Next(char c) {
    if (Peek() != c || at_ >= out_.text_.size()) return false;
    ++at_;
    return true;
  }

  // White space and, where they are allowed, comments.
  bool Space() {
    const std::string_view text = out_.text_;
    while (true) {
      while (at_ < text.size() && (text[at_] == ' ' || text[at_] == '\n' || text[at_] == '\r' || text[at_] == '\t'))
        ++at_;
      if (!options_.comments || Peek() != '/') return true;
      // After the value Java reads no further comments either.
      if (open_.empty() && !out_.nodes_.empty()) return true;
      const std::string_view mark = text.substr(at_, 2);
      if (mark != "//" && mark != "/*") return Fail("expected a comment, found " + Found());
      const size_t end = text.find(mark == "//" ? "\n" : "*/", at_ + 2);
      if (end == std::string_view::npos) return Fail("the comment has no end");
      at_ = end + (mark == "//" ? 1 : 2);
    }
  }

  // The next token of the innermost array or object.
  bool InContainer() {
    const uint32_t index = open_.back();
    const bool object = out_.nodes_[index].kind == JsonKind::kObject;
    const char closing = object ? '}' : ']';
    if (!Space()) return false;
    if (Next(closing)) {
      Close(index);
      return true;
    }
    if (out_.nodes_[index].count > 0) {
      if (!Next(',')) {
        return Fail(
            fmt::format("expected \",\" or \"{}\" in the {}, found {}", closing, object ? "object" : "array", Found()));
      }
      if (!Space()) return false;
    }
    ++out_.nodes_[index].count;
    if (object) {
      if (Peek() != '"') return Fail("expected the name of a member, in double quotes, found " + Found());
      if (!String()) return false;
      if (!Space()) return false;
      if (!Next(':')) return Fail("expected \":\" after the name of a member, found " + Found());
      if (!Space()) return false;
    }
    return Value();
  }

  void Close(uint32_t index) {
    Node& node = out_.nodes_[index];
    node.length = static_cast<uint32_t>(at_) - node.offset;
    node.next = static_cast<uint32_t>(out_.nodes_.size());
    open_.pop_back();
  }

  Node& Add(JsonKind kind, size_t begin) {
    Node& node = out_.nodes_.emplace_back();
    node.kind = kind;
    node.offset = static_cast<uint32_t>(begin);
    node.length = static_cast<uint32_t>(at_ - begin);
    node.next = static_cast<uint32_t>(out_.nodes_.size());
    return node;
  }

  bool Value() {
    const size_t begin = at_;
    switch (Peek()) {
      case '{':
      case '[': {
        if (open_.size() >= static_cast<size_t>(kJsonDepthMax))
          return Fail(fmt::format("JSON nests deeper than {}", kJsonDepthMax));
        const JsonKind kind = Peek() == '{' ? JsonKind::kObject : JsonKind::kArray;
        ++at_;
        open_.push_back(static_cast<uint32_t>(out_.nodes_.size()));
        Add(kind, begin);
        return true;
      }
      case '"':
        return String();
      case 't':
        return Word("true", JsonKind::kTrue);
      case 'f':
        return Word("false", JsonKind::kFalse);
      case 'n':
        return Word("null", JsonKind::kNull);
      default:
        return Number();
    }
  }

  bool Word(std::string_view word, JsonKind kind) {
    if (!out_.text_.substr(at_).starts_with(word)) return Fail("expected a JSON value, found " + Found());
    const size_t begin = at_;
    at_ += word.size();
    Add(kind, begin);
    return true;
  }

  bool Digits() {
    const size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin || Fail("expected a digit, found " + Found());
  }

  bool Number() {
    const size_t begin = at_;
    const bool negative = Next('-');
    if (!negative && (Peek() < '0' || Peek() > '9')) return Fail("expected a JSON value, found " + Found());
    if (Next('0')) {
      if (Peek() >= '0' && Peek() <= '9') return Fail("a number does not start with 0", begin);
    } else if (!Digits()) {
      return false;
    }
    JsonKind kind = JsonKind::kInteger;
    if (Next('.')) {
      kind = JsonKind::kReal;
      if (!Digits()) return false;
    }
    if (Next('e') || Next('E')) {
      kind = JsonKind::kReal;
      if (!Next('-')) Next('+');
      if (!Digits()) return false;
    }
    if (at_ - begin > kJsonNumberBytesMax) {
      return Fail(fmt::format("a number of {} characters; at most {} are read", at_ - begin, kJsonNumberBytesMax),
                  begin);
    }
    Add(kind, begin);
    return true;
  }

  bool String() {
    const size_t begin = at_++;
    const size_t unescaped_begin = out_.unescaped_.size();
    size_t copied = at_;  // up to here, once there is an escape
    bool escaped = false;
    while (true) {
      const std::string_view text = out_.text_;
      while (at_ < text.size() && text[at_] != '"' && text[at_] != '\\' && static_cast<uint8_t>(text[at_]) >= 0x20 &&
             static_cast<uint8_t>(text[at_]) < 0x80) {
        ++at_;
      }
      if (at_ >= text.size()) return Fail("the string has no end", begin);
      if (text[at_] == '"') break;
      if (text[at_] == '\\') {
        escaped = true;
        out_.unescaped_.append(text.substr(copied, at_ - copied));
        if (!Escape()) return false;
        copied = at_;
        continue;
      }
      const size_t length = static_cast<uint8_t>(text[at_]) < 0x20 ? 0 : Utf8Length(text.substr(at_));
      if (length == 0) return Fail(fmt::format("a string must not hold {}", Found()));
      at_ += length;
    }
    if (escaped) out_.unescaped_.append(out_.text_.substr(copied, at_ - copied));
    ++at_;
    Node& node = Add(JsonKind::kString, begin);
    if (escaped) {
      node.count = static_cast<uint32_t>(unescaped_begin);
      node.unescaped_size = static_cast<uint32_t>(out_.unescaped_.size() - unescaped_begin);
    }
    return true;
  }

  bool Escape() {
    const size_t begin = at_++;
    const char c = Peek();
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const size_t found = kLetters.find(c); found != std::string_view::npos && at_ < out_.text_.size()) {
      ++at_;
      out_.unescaped_.push_back(kMeanings[found]);
      return true;
    }
    uint32_t unit = 0;
    if (!Hexadecimal(unit)) return Fail("not an escape of JSON", begin);
    if (unit >= 0xd800 && unit < 0xdc00) {
      uint32_t low = 0;
      if (!Next('\\') || !Hexadecimal(low) || low < 0xdc00 || low > 0xdfff) {
        return Fail("half of a surrogate pair, which no UTF-8 text can hold", begin);
      }
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      return Fail("half of a surrogate pair, which no UTF-8 text can hold", begin);
    }
    AppendUtf8(out_.unescaped_, unit);
    return true;
  }

  // "u" and four digits.
  bool Hexadecimal(uint32_t& unit) {
    if (!Next('u') || out_.text_.size() - at_ < 4) return false;
    const char* begin = out_.text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, begin + 4, unit, 16);
    if (error != std::errc() || end != begin + 4) return false;
    at_ += 4;
    return true;
  }

  const JsonDocument::Options& options_;
  JsonDocument out_;
  size_t at_ = 0;
  std::vector<uint32_t> open_;
  std::string problem_;
  size_t problem_at_ = 0;
};

Result<JsonDocument> JsonDocument::Parse(std::string_view text, const Options& options) {
  return JsonParser(text, options).Parse();
}

TextPosition PositionIn(std::string_view text, size_t offset) {
  TextPosition position;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<uint8_t>(c) & 0xc0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

namespace {

// One step of a JSON pointer, fit for a message.
std::string PointerStep(std::string_view name) {
  constexpr size_t kBytesMax = 100;
  std::string quoted;
  AppendJsonText(quoted, name.substr(0, kBytesMax));
  std::string step;
  for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
    if (c == '~' || c == '/') {
      step += c == '~' ? "~0" : "~1";
    } else {
      step += c;
    }
  }
  return step;
}

}  // namespace

std::string JsonDocument::PathTo(size_t offset) const {
  std::string path;
  uint32_t at = 0;
  while (nodes_[at].offset != offset && nodes_[at].kind >= JsonKind::kArray) {
    const bool object = nodes_[at].kind == JsonKind::kObject;
    const uint32_t end = nodes_[at].next;
    uint32_t name = 0;
    size_t index = 0;
    for (at = at + 1; at < end; at = nodes_[at].next) {
      if (object) {
        name = at;
        at = nodes_[at].next;
      }
      if (offset < size_t{nodes_[at].offset} + nodes_[at].length) break;
      ++index;
    }
    if (at >= end) break;
    path += '/';
    path += object ? PointerStep(JsonValue(*this, name).text()) : std::to_string(index);
  }
  return path;
}

std::string JsonDocument::Place(size_t offset) const {
  const TextPosition position = PositionIn(text_, offset);
  const std::string path = PathTo(offset);
  return fmt::format(" (line {}, column {}{}{})", position.line, position.column, path.empty() ? "" : ", at ", path);
}

std::string JsonDocument::PlaceWithin(size_t offset) const {
  if (offset == root().offset()) return "";
  if (text_.find('\n') != std::string_view::npos) return Place(offset);
  return fmt::format(" (column {}, at {})", PositionIn(text_, offset).column, PathTo(offset));
}

JsonKind JsonValue::kind() const { return document_->nodes_[index_].kind; }
size_t JsonValue::offset() const { return document_->nodes_[index_].offset; }

std::string_view JsonValue::raw() const {
  const auto& node = document_->nodes_[index_];
  return document_->text_.substr(node.offset, node.length);
}

std::string_view JsonValue::text() const {
  const auto& node = document_->nodes_[index_];
  VENICE_CHECK(node.kind == JsonKind::kString);
  if (node.unescaped_size > 0) return std::string_view(document_->unescaped_).substr(node.count, node.unescaped_size);
  return document_->text_.substr(node.offset + 1, node.length - 2);
}

size_t JsonValue::size() const {
  const auto& node = document_->nodes_[index_];
  return node.kind >= JsonKind::kArray ? node.count : 0;
}

std::optional<int64_t> JsonValue::Integer() const {
  if (!is_integer()) return std::nullopt;
  const std::string_view digits = raw();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

double JsonValue::Real() const {
  const std::string_view digits = raw();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // from_chars does not say in which direction; strtod does.
  return std::strtod(std::string(digits).c_str(), nullptr);
}

JsonValue::Items JsonValue::items() const {
  const uint32_t begin = is_array() || is_object() ? index_ + 1 : document_->nodes_[index_].next;
  return {{*document_, begin}, {*document_, document_->nodes_[index_].next}};
}

std::optional<JsonValue> JsonValue::Find(std::string_view key) const {
  std::optional<JsonValue> found;
  if (!is_object()) return found;
  const uint32_t end = document_->nodes_[index_].next;
  for (uint32_t name = index_ + 1; name < end; name = document_->nodes_[name + 1].next) {
    if (JsonValue(*document_, name).text() == key) found = JsonValue(*document_, name + 1);
  }
  return found;
}

std::vector<std::pair<std::string_view, JsonValue>> JsonValue::Members() const {
  constexpr size_t kScannedMax = 8;  // names; more are looked up in a table
  std::vector<std::pair<std::string_view, JsonValue>> members;
  if (!is_object()) return members;
  members.reserve(std::min<size_t>(size(), 1024));
  std::unordered_map<std::string_view, size_t> places;
  const auto place_of = [&](std::string_view name) {
    if (size() > kScannedMax) return places.emplace(name, members.size()).first->second;
    size_t place = 0;
    while (place < members.size() && members[place].first != name) ++place;
    return place;
  };
  const uint32_t end = document_->nodes_[index_].next;
  for (uint32_t name = index_ + 1; name < end; name = document_->nodes_[name + 1].next) {
    const std::string_view key = JsonValue(*document_, name).text();
    const JsonValue value(*document_, name + 1);
    const size_t place = place_of(key);
    if (place == members.size()) {
      members.emplace_back(key, value);
    } else {
      members[place].second = value;
    }
  }
  return members;
}

std::string JsonValue::Excerpt() const {
  constexpr size_t kBytesMax = 60;
  std::string text(raw().substr(0, kBytesMax));
  if (raw().size() > kBytesMax) {
    text.resize(kBytesMax - 3);
    while (!text.empty() && (static_cast<uint8_t>(raw()[text.size()]) & 0xc0) == 0x80) text.pop_back();
    text += "...";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

}  // namespace venice::avro
