// Datum: one Avro value of any type, for tools, tests and everything that is not a hot path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "avro/schema.h"
#include "base/check.h"

namespace venice::avro {

class Datum;
struct MapEntry;

// A value type. It carries its own Type and, when it stands for a union, which branch was taken; names of fields and
// symbols are the schema's. Accessors check the type. A union value is the branch's value plus branch().
class Datum {
 public:
  using Items = std::vector<Datum>;       // of an array, or the fields of a record in schema order
  using Entries = std::vector<MapEntry>;  // of a map, in encoded order

  Datum();  // null
  Datum(const Datum&);
  Datum(Datum&&) noexcept;
  Datum& operator=(const Datum&);
  Datum& operator=(Datum&&) noexcept;
  ~Datum();
  static Datum Null() { return Datum(); }
  static Datum Boolean(bool value) { return Datum(Type::kBoolean, value); }
  static Datum Int(int32_t value) { return Datum(Type::kInt, value); }
  static Datum Long(int64_t value) { return Datum(Type::kLong, value); }
  static Datum Float(float value) { return Datum(Type::kFloat, value); }
  static Datum Double(double value) { return Datum(Type::kDouble, value); }
  static Datum Bytes(std::string value) { return Datum(Type::kBytes, std::move(value)); }
  static Datum String(std::string value) { return Datum(Type::kString, std::move(value)); }
  static Datum Fixed(std::string value) { return Datum(Type::kFixed, std::move(value)); }
  static Datum Enum(int32_t symbol_index) { return Datum(Type::kEnum, symbol_index); }
  static Datum Record(Items fields) { return Datum(Type::kRecord, std::move(fields)); }
  static Datum Array(Items items) { return Datum(Type::kArray, std::move(items)); }
  static Datum Map(Entries entries);

  // The same value as branch `branch_index` of a union.
  Datum InBranch(int32_t branch_index) && {
    branch_ = branch_index;
    return std::move(*this);
  }

  Type type() const { return type_; }         // never kUnion
  int32_t branch() const { return branch_; }  // -1: not known to be in a union
  bool is_null() const { return type_ == Type::kNull; }

  bool boolean() const { return Get<bool>(); }
  int32_t int_value() const { return Get<int32_t>(); }  // also the index of an enum's symbol
  int64_t long_value() const { return type_ == Type::kLong ? Get<int64_t>() : Get<int32_t>(); }
  float float_value() const { return Get<float>(); }
  double double_value() const { return Get<double>(); }
  const std::string& text() const { return Get<std::string>(); }  // string, bytes, fixed
  const Items& items() const { return Get<Items>(); }             // array items or record fields
  Items& items() { return const_cast<Items&>(std::as_const(*this).items()); }
  const Entries& entries() const { return Get<Entries>(); }
  Entries& entries() { return const_cast<Entries&>(std::as_const(*this).entries()); }
  const Datum& field(size_t index) const { return items().at(index); }

  // Same type and value; the union branch and, for maps, the order of entries do not count. NaN equals NaN.
  bool operator==(const Datum& other) const;

 private:
  template <typename T>
  Datum(Type type, T value) : type_(type), value_(std::move(value)) {}
  template <typename T>
  const T& Get() const {
    const T* value = std::get_if<T>(&value_);
    VENICE_CHECK(value != nullptr);
    return *value;
  }

  Type type_ = Type::kNull;
  int32_t branch_ = -1;
  std::variant<std::monostate, bool, int32_t, int64_t, float, double, std::string, Items, Entries> value_;
};

struct MapEntry {
  std::string key;
  Datum value;
};

// Where MapEntry is complete.
inline Datum::Datum() = default;
inline Datum::Datum(const Datum&) = default;
inline Datum::Datum(Datum&&) noexcept = default;
inline Datum& Datum::operator=(const Datum&) = default;
inline Datum& Datum::operator=(Datum&&) noexcept = default;
inline Datum::~Datum() = default;
inline Datum Datum::Map(Entries entries) { return Datum(Type::kMap, std::move(entries)); }

}  // namespace venice::avro
