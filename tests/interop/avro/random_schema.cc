#include "random_schema.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "random_value.h"

namespace venice::oracle {
namespace {

constexpr int kNestingMax = 4;
constexpr size_t kTypesMax = 60;
constexpr const char* kSpaces[] = {"", "n", "n.m", "com.example"};
constexpr const char* kFieldNames[] = {"a", "b", "c", "id", "value", "name", "type", "_x", "A", "null", "default"};

struct Logical {
  Kind kind;
  std::vector<std::pair<std::string, std::string>> properties;
};

// Right and wrong ones: a wrong logical type is the plain type.
const std::vector<Logical>& Logicals() {
  static const std::vector<Logical> kAll = {
      {Kind::kInt, {{"logicalType", "\"date\""}}},
      {Kind::kInt, {{"logicalType", "\"time-millis\""}}},
      {Kind::kLong, {{"logicalType", "\"time-micros\""}}},
      {Kind::kLong, {{"logicalType", "\"timestamp-millis\""}}},
      {Kind::kLong, {{"logicalType", "\"timestamp-micros\""}}},
      {Kind::kLong, {{"logicalType", "\"local-timestamp-millis\""}}},
      {Kind::kLong, {{"logicalType", "\"date\""}}},
      {Kind::kString, {{"logicalType", "\"uuid\""}}},
      {Kind::kString, {{"logicalType", "\"no-such-thing\""}}},
      {Kind::kString, {{"logicalType", "5"}}},
      {Kind::kBytes, {{"logicalType", "\"decimal\""}, {"precision", "9"}, {"scale", "2"}}},
      {Kind::kBytes, {{"logicalType", "\"decimal\""}, {"precision", "2"}, {"scale", "9"}}},
      {Kind::kBytes, {{"logicalType", "\"decimal\""}, {"precision", "0"}}},
      {Kind::kFixed, {{"logicalType", "\"decimal\""}, {"precision", "4"}, {"scale", "2"}}},
      {Kind::kFixed, {{"logicalType", "\"decimal\""}, {"precision", "400"}}},
      {Kind::kFixed, {{"logicalType", "\"duration\""}}},
      {Kind::kArray, {{"logicalType", "\"list\""}}},
  };
  return kAll;
}

void AddProperties(TypeModel& type, Choices& choices) {
  if (choices.Chance(1, 6)) {
    const Logical& logical = choices.Pick(Logicals());
    if (logical.kind == type.kind) type.properties = logical.properties;
  }
  if (choices.Chance(1, 12)) {
    static constexpr const char* kJson[] = {"1", "\"text\"", "null", "[1,{\"a\":[]}]", "{\"b\":1.5,\"a\":true}"};
    type.properties.emplace_back("custom", choices.Pick(kJson));
  }
}

class Maker {
 public:
  Maker(SchemaModel& schema, Choices& choices) : schema_(schema), choices_(choices) {}

  size_t Make(int depth) {
    // Zero, the simplest draw, is a primitive.
    const int kind = choices_.Below(depth > 0 && schema_.types.size() < kTypesMax ? 20 : kPrimitives + 1);
    if (kind < kPrimitives) return Primitive(static_cast<Kind>(kind));
    switch (kind) {
      case 8:
        return Again(depth);
      case 9:
        return Fixed();
      case 10:
        return Enum();
      case 11:
      case 12:
        return Items(Kind::kArray, depth);
      case 13:
      case 14:
        return Items(Kind::kMap, depth);
      case 15:
      case 16:
        return Union(depth);
      default:
        return Record(depth);
    }
  }

  size_t Record(int depth) {
    const size_t index = Add(Kind::kRecord);
    SetFreshName(schema_, index, choices_);
    int count = choices_.Below(6);
    if (count == 0 && choices_.Chance(3, 4)) count = 2;
    for (int i = 0; i < count; ++i) {
      FieldModel field;
      field.name = FreshFieldName(schema_.types[index], choices_);
      field.type = Make(depth - 1);
      if (choices_.Chance(1, 8)) field.doc = RandomText(choices_);
      if (choices_.Chance(1, 8)) field.aliases.push_back(fmt::format("old_{}", field.name));
      if (choices_.Chance(1, 6)) field.order = choices_.Chance(1, 2) ? "ignore" : "descending";
      if (choices_.Chance(1, 12)) field.properties.emplace_back("custom", "{\"x\":[1,2]}");
      // Of a type that holds no record still being defined, which some libraries cannot check.
      if (choices_.Chance(1, 3) && !ReachesOpenRecord(field.type, index)) {
        field.default_json = RandomDefault(schema_, field.type, choices_);
      }
      schema_.types[index].fields.push_back(std::move(field));
    }
    closed_.push_back(index);
    return index;
  }

 private:
  size_t Add(Kind kind) {
    TypeModel& type = schema_.types.emplace_back();
    type.kind = kind;
    return schema_.types.size() - 1;
  }

  size_t Primitive(Kind kind) {
    const size_t index = Add(kind);
    AddProperties(schema_.types[index], choices_);
    return index;
  }

  // A named type a second time; a record that is not complete yet only where a value can end.
  size_t Again(int depth) {
    std::vector<size_t> named;
    for (size_t i = 0; i < schema_.types.size(); ++i) {
      if (schema_.types[i].named()) named.push_back(i);
    }
    if (named.empty()) return Primitive(Kind::kNull);
    const size_t chosen = choices_.Pick(named);
    const bool complete = schema_.types[chosen].kind != Kind::kRecord ||
                          std::find(closed_.begin(), closed_.end(), chosen) != closed_.end();
    if (complete) return chosen;
    if (depth <= 0) return Primitive(Kind::kNull);
    static constexpr Kind kWraps[] = {Kind::kUnion, Kind::kArray, Kind::kMap};
    const Kind kind = choices_.Pick(kWraps);
    const size_t null = AddPrimitive(schema_, Kind::kNull);
    const size_t index = Add(kind);
    schema_.types[index].inner = kind == Kind::kUnion ? std::vector<size_t>{null, chosen} : std::vector<size_t>{chosen};
    return index;
  }

  size_t Fixed() {
    const size_t index = Add(Kind::kFixed);
    SetFreshName(schema_, index, choices_);
    static constexpr int kSizes[] = {0, 1, 2, 4, 12, 16};
    schema_.types[index].fixed_bytes = choices_.Pick(kSizes);
    AddProperties(schema_.types[index], choices_);
    return index;
  }

  size_t Enum() {
    const size_t index = Add(Kind::kEnum);
    SetFreshName(schema_, index, choices_);
    TypeModel& type = schema_.types[index];
    const int count = 1 + choices_.Below(4);
    for (int i = 0; i < count; ++i) type.symbols.push_back(fmt::format("{}", static_cast<char>('P' + i)));
    if (choices_.Chance(1, 3)) type.default_symbol = choices_.Pick(type.symbols);
    return index;
  }

  size_t Items(Kind kind, int depth) {
    const size_t inner = Make(depth - 1);
    const size_t index = Add(kind);
    schema_.types[index].inner = {inner};
    AddProperties(schema_.types[index], choices_);
    return index;
  }

  size_t Union(int depth) {
    std::vector<size_t> branches;
    std::vector<std::string> names;
    const int count = 1 + choices_.Below(4);
    for (int i = 0; i < count; ++i) {
      const size_t branch = Make(depth - 1);
      const std::string name = schema_.BranchName(branch);
      if (schema_.types[branch].kind == Kind::kUnion) continue;
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      branches.push_back(branch);
      names.push_back(name);
    }
    if (branches.empty()) return Primitive(Kind::kNull);
    const size_t index = Add(Kind::kUnion);
    schema_.types[index].inner = std::move(branches);
    return index;
  }

  bool ReachesOpenRecord(size_t type, size_t current) const {
    const std::vector<bool> reached = schema_.Reachable(type);
    for (size_t i = 0; i < reached.size(); ++i) {
      if (!reached[i] || schema_.types[i].kind != Kind::kRecord) continue;
      if (i == current || std::find(closed_.begin(), closed_.end(), i) == closed_.end()) return true;
    }
    return false;
  }

  SchemaModel& schema_;
  Choices& choices_;
  std::vector<size_t> closed_;  // records whose fields are all there
};

}  // namespace

size_t AddPrimitive(SchemaModel& schema, Kind kind) {
  schema.types.emplace_back().kind = kind;
  return schema.types.size() - 1;
}

size_t AddRandomType(SchemaModel& schema, Choices& choices, int depth) { return Maker(schema, choices).Make(depth); }

void SetFreshName(SchemaModel& schema, size_t type, Choices& choices) {
  const std::string space = choices.Pick(kSpaces);
  // The same name in another namespace is common and worth trying; but a name without a namespace must stand alone, for
  // a reference to it from inside a namespace would mean the other.
  for (int number = choices.Chance(1, 4) ? 0 : static_cast<int>(type);; ++number) {
    const std::string name = fmt::format("T{}", number);
    const bool taken = std::any_of(schema.types.begin(), schema.types.end(), [&](const TypeModel& other) {
      return other.name == name && (other.space == space || other.space.empty() || space.empty());
    });
    if (taken) continue;
    TypeModel& named = schema.types[type];
    named.name = name;
    named.space = space;
    named.dotted = choices.Chance(1, 4);
    if (choices.Chance(1, 8)) named.doc = RandomText(choices);
    if (choices.Chance(1, 8)) named.aliases.push_back(choices.Chance(1, 2) ? "old.Elsewhere" : "Old" + name);
    return;
  }
}

std::string FreshFieldName(const TypeModel& record, Choices& choices) {
  std::string name = choices.Pick(kFieldNames);
  const std::string stem = name;
  for (int number = 1;; ++number) {
    const bool taken = std::any_of(record.fields.begin(), record.fields.end(),
                                   [&](const FieldModel& field) { return field.name == name; });
    if (!taken) return name;
    name = stem + std::to_string(number);
  }
}

SchemaModel RandomSchema(Choices& choices) {
  SchemaModel schema;
  Maker maker(schema, choices);
  // Most schemas of the world are records.
  schema.root = choices.Chance(3, 4) ? maker.Record(kNestingMax) : maker.Make(kNestingMax);
  return schema;
}

}  // namespace venice::oracle
