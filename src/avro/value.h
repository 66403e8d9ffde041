// Value: one decoded Avro value in an arena, 16 bytes, made to be read and thrown away. Datum is its owned, mutable
// sibling for building values.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "avro/arena.h"
#include "avro/datum.h"
#include "avro/schema.h"
#include "base/check.h"

namespace venice::avro {

// Numbers one after the other as Avro encodes fixed-width ones: little-endian, at any address. Indexing compiles to
// plain (unaligned) loads, so loops over it vectorize.
template <typename T>
class PackedArray {
 public:
  PackedArray() = default;
  PackedArray(const char* bytes, size_t size) : bytes_(bytes), size_(size) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const char* bytes() const { return bytes_; }
  T operator[](size_t index) const {
    T value;
    std::memcpy(&value, bytes_ + index * sizeof(T), sizeof(T));
    return value;
  }
  // out has room for size() numbers.
  void CopyTo(T* out) const {
    if (size_ > 0) std::memcpy(out, bytes_, size_ * sizeof(T));
  }

 private:
  const char* bytes_ = nullptr;
  size_t size_ = 0;
};

struct ValueEntry;

// Trivially copyable; copies are shallow. What it points to is in the arena it was decoded into, in the input (text and
// packed floats, when decoded with Text::kBorrow), or in the Resolver (defaults), and must outlive it.
// Union values are the branch's value plus branch(). Names of fields and symbols are the schema's. Accessors check the
// type.
class Value {
 public:
  // The first 8 bytes.
  struct Header {
    Type type = Type::kNull;        // never kUnion
    Type item_type = Type::kUnion;  // of a packed array; kUnion: not packed
    int16_t branch = -1;            // -1: not in a union
    uint32_t size = 0;              // bytes of text; items, fields or entries
    bool operator==(const Header&) const = default;
  };
  static_assert(sizeof(Header) == 8);

  Value() = default;  // null
  Value(const Header& header, bool value) : Value(header) { payload_.boolean = value; }
  Value(const Header& header, int32_t value) : Value(header) { payload_.number = value; }
  Value(const Header& header, int64_t value) : Value(header) { payload_.wide = value; }
  Value(const Header& header, float value) : Value(header) { payload_.single = value; }
  Value(const Header& header, double value) : Value(header) { payload_.real = value; }
  Value(const Header& header, const char* bytes) : Value(header) { payload_.bytes = bytes; }
  Value(const Header& header, const Value* items) : Value(header) { payload_.items = items; }
  Value(const Header& header, const ValueEntry* entries) : Value(header) { payload_.entries = entries; }
  // As one store: member by member it would be four.
  explicit Value(const Header& header) { std::memcpy(&header_, &header, sizeof(header)); }

  Type type() const { return header_.type; }
  int32_t branch() const { return header_.branch; }
  bool is_null() const { return header_.type == Type::kNull; }
  // Bytes of text; items of an array, fields of a record, entries of a map.
  size_t size() const { return header_.size; }

  bool boolean() const {
    VENICE_CHECK(header_.type == Type::kBoolean);
    return payload_.boolean;
  }
  // Also the index of an enum's symbol.
  int32_t int_value() const {
    VENICE_CHECK(header_.type == Type::kInt || header_.type == Type::kEnum);
    return payload_.number;
  }
  int64_t long_value() const { return header_.type == Type::kLong ? payload_.wide : int_value(); }
  float float_value() const {
    VENICE_CHECK(header_.type == Type::kFloat);
    return payload_.single;
  }
  double double_value() const {
    VENICE_CHECK(header_.type == Type::kDouble);
    return payload_.real;
  }
  // string, bytes, fixed
  std::string_view text() const {
    VENICE_CHECK(header_.type == Type::kString || header_.type == Type::kBytes || header_.type == Type::kFixed);
    return {payload_.bytes, header_.size};
  }

  // Arrays of null, boolean, int, long, float, double or enum are packed; all other arrays are spans of values.
  bool packed() const { return header_.item_type != Type::kUnion; }
  Type item_type() const { return header_.item_type; }
  // Of a packed array: bool, int32_t (int, enum), int64_t, float, double.
  template <typename T>
  PackedArray<T> numbers() const {
    VENICE_CHECK(header_.type == Type::kArray && Holds<T>(header_.item_type));
    return {payload_.bytes, header_.size};
  }
  // Array items, when not packed, or record fields.
  std::span<const Value> items() const {
    VENICE_CHECK(header_.type == Type::kRecord || (header_.type == Type::kArray && !packed()));
    return {payload_.items, header_.size};
  }
  const Value& field(size_t index) const {
    VENICE_CHECK(header_.type == Type::kRecord && index < header_.size);
    return payload_.items[index];
  }
  // An item of any array.
  Value item(size_t index) const;
  std::span<const ValueEntry> entries() const;

 private:
  template <typename T>
  static bool Holds(Type type) {
    if constexpr (std::is_same_v<T, bool>) return type == Type::kBoolean;
    if constexpr (std::is_same_v<T, int32_t>) return type == Type::kInt || type == Type::kEnum;
    if constexpr (std::is_same_v<T, int64_t>) return type == Type::kLong;
    if constexpr (std::is_same_v<T, float>) return type == Type::kFloat;
    if constexpr (std::is_same_v<T, double>) return type == Type::kDouble;
    return false;
  }

  Header header_;
  union Payload {
    int64_t wide = 0;
    bool boolean;
    int32_t number;
    float single;
    double real;
    const char* bytes;
    const Value* items;
    const ValueEntry* entries;
  } payload_;
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

// Of a map, in encoded order; a key may come twice, the last counts.
struct ValueEntry {
  std::string_view key;
  Value value;
};

inline std::span<const ValueEntry> Value::entries() const {
  VENICE_CHECK(header_.type == Type::kMap);
  return {payload_.entries, header_.size};
}

// An owned copy.
Datum ToDatum(const Value& value);

}  // namespace venice::avro
