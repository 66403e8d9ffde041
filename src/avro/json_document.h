// JSON text with positions: what schemas, defaults and Avro's JSON encoding are read from.
//
//   VENICE_ASSIGN(const JsonDocument document, JsonDocument::Parse(text, {}));
//   const JsonValue root = document.root();
//   if (const auto type = root.Find("type"); type && type->is_string()) Use(type->text());
//   else return Error(ErrorCode::kInvalidSchema, "no \"type\"" + document.Place(root.offset()));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::avro {

// Brackets and braces may nest this deep: twice the depth of a value, since Avro's form wraps each union value. Whoever
// walks or prints a parsed document recurses this deep at most.
constexpr int kJsonDepthMax = 600;
constexpr size_t kJsonBytesMax = size_t{1} << 30;  // offsets have 32 bits
constexpr size_t kJsonNumberBytesMax = 1000;       // as Java's parser: longer ones cost quadratic time elsewhere

enum class JsonKind : uint8_t { kNull, kFalse, kTrue, kInteger, kReal, kString, kArray, kObject };

class JsonDocument;

// One value of a document, which must outlive it. Cheap to copy.
class JsonValue {
 public:
  JsonKind kind() const;
  bool is_null() const { return kind() == JsonKind::kNull; }
  bool is_boolean() const { return kind() == JsonKind::kTrue || kind() == JsonKind::kFalse; }
  bool is_integer() const { return kind() == JsonKind::kInteger; }
  bool is_number() const { return kind() == JsonKind::kInteger || kind() == JsonKind::kReal; }
  bool is_string() const { return kind() == JsonKind::kString; }
  bool is_array() const { return kind() == JsonKind::kArray; }
  bool is_object() const { return kind() == JsonKind::kObject; }

  size_t offset() const;          // of its first byte in the text
  std::string_view raw() const;   // as it stands in the text
  std::string_view text() const;  // of a string, without quotes and escapes; well-formed UTF-8
  size_t size() const;            // items of an array or members of an object, else 0

  // Nullopt: not an integer of 64 bits.
  std::optional<int64_t> Integer() const;
  // Of any number; infinite when it is beyond double's range.
  double Real() const;

  // The last member of that name: what a map of the members would hold.
  std::optional<JsonValue> Find(std::string_view key) const;

  // What an error message shows of it: at most 60 bytes.
  std::string Excerpt() const;

  // for (JsonValue item : array.items()); of an object, names (strings) and values take turns.
  class Items;
  Items items() const;
  // Each name once with its last value, in the order of their first mention (Java's reading of duplicates).
  std::vector<std::pair<std::string_view, JsonValue>> Members() const;

 private:
  friend class JsonDocument;
  JsonValue(const JsonDocument& document, uint32_t index) : document_(&document), index_(index) {}
  const JsonDocument* document_;
  uint32_t index_;
};

struct TextPosition {
  size_t line = 1;
  size_t column = 1;  // in characters, not bytes
};
TextPosition PositionIn(std::string_view text, size_t offset);

// Immutable. Borrows the text. Costs 24 bytes per value beside it.
class JsonDocument {
 public:
  struct Options {
    bool comments = false;  // /* */ and // between tokens, as Java's schema parser allows
    ErrorCode error = ErrorCode::kInvalidArgument;
  };
  // One value with nothing but white space around it, in UTF-8. Errors: options.error, with line and column.
  static Result<JsonDocument> Parse(std::string_view text, const Options& options);

  JsonValue root() const { return JsonValue(*this, 0); }
  std::string_view text() const { return text_; }
  // " (line 3, column 14, at /fields/2/type)": where the value that starts at `offset` stands.
  std::string Place(size_t offset) const;
  // The same for values that are often part of something larger, whose lines are others: nothing for the whole value,
  // and no line when the text has just one.
  std::string PlaceWithin(size_t offset) const;

 private:
  friend class JsonValue;
  friend class JsonValue::Items;
  friend class JsonParser;
  struct Node {
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t next = 0;            // index of what follows the value and all within it
    uint32_t count = 0;           // of items or members; of a string with escapes: where in unescaped_
    uint32_t unescaped_size = 0;  // 0: the string is read from the text
    JsonKind kind = JsonKind::kNull;
  };

  std::string PathTo(size_t offset) const;

  std::string_view text_;
  std::vector<Node> nodes_;
  std::string unescaped_;
};

class JsonValue::Items {
 public:
  class Iterator {
   public:
    Iterator(const JsonDocument& document, uint32_t index) : document_(&document), index_(index) {}
    JsonValue operator*() const { return JsonValue(*document_, index_); }
    Iterator& operator++() {
      index_ = document_->nodes_[index_].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const JsonDocument* document_;
    uint32_t index_;
  };
  Items(Iterator begin, Iterator end) : begin_(begin), end_(end) {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }

 private:
  Iterator begin_;
  Iterator end_;
};

}  // namespace venice::avro
