// A schema as the generators see it: plain values that are easy to copy and change. Independent of src/avro's parser,
// so that what it prints says what we meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace venice::oracle {

enum class Kind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kRecord
};
constexpr int kPrimitives = 8;
std::string_view KindName(Kind kind);

struct FieldModel {
  std::string name;
  size_t type = 0;  // index in SchemaModel::types
  std::string doc;
  std::vector<std::string> aliases;
  std::optional<std::string> default_json;
  std::string order;                                            // or empty
  std::vector<std::pair<std::string, std::string>> properties;  // name, JSON text
};

struct TypeModel {
  Kind kind = Kind::kNull;
  std::string name;                  // record, enum, fixed: without its namespace
  std::string space;                 // their namespace
  std::string doc;                   // theirs
  std::vector<std::string> aliases;  // theirs, as written
  std::vector<FieldModel> fields;
  std::vector<std::string> symbols;
  std::optional<std::string> default_symbol;
  std::vector<size_t> inner;  // items of an array, values of a map, branches of a union
  int fixed_bytes = 0;
  std::vector<std::pair<std::string, std::string>> properties;
  bool dotted = false;  // written as "name":"space.Name"

  bool named() const { return kind == Kind::kRecord || kind == Kind::kEnum || kind == Kind::kFixed; }
  std::string FullName() const { return space.empty() ? name : space + "." + name; }
};

// Types refer to each other by index, so a recursive schema copies like any other value.
struct SchemaModel {
  std::vector<TypeModel> types;
  size_t root = 0;

  // What a value of each type nests at least; kEndless where only infinite values would do.
  static constexpr int kEndless = 1000;
  std::vector<int> Heights() const;
  // Every type that a value of `from` may contain, itself included.
  std::vector<bool> Reachable(size_t from) const;
  // How the branch of a union is called.
  std::string BranchName(size_t type) const;
  // The schema as JSON; named types in full where they first stand.
  std::string Print() const;
};

// Of a Parsing Canonical Form; must be one.
SchemaModel FromCanonicalForm(const std::string& canonical);

std::string Quoted(std::string_view text);

}  // namespace venice::oracle
