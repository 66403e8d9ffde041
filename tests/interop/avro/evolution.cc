// What people do to a schema between two versions, wisely or not.
#include <algorithm>

#include <fmt/format.h>

#include "random_schema.h"
#include "random_value.h"

namespace venice::oracle {
namespace {

class Evolution {
 public:
  Evolution(SchemaModel schema, Choices& choices) : schema_(std::move(schema)), choices_(choices) {}

  // Changes one thing, or nothing when the drawn change does not apply to the drawn type.
  void Step() {
    const SchemaModel before = schema_;
    const std::vector<bool> reached = schema_.Reachable(schema_.root);
    std::vector<size_t> candidates;
    for (size_t i = 0; i < reached.size(); ++i) {
      if (reached[i]) candidates.push_back(i);
    }
    const size_t chosen = choices_.Pick(candidates);
    Change(chosen);
    MendUnions();
    if (schema_.Heights()[schema_.root] >= SchemaModel::kEndless) {
      schema_ = before;
      return;
    }
    RenewDefaults(before);
  }

  SchemaModel Take() && { return std::move(schema_); }

 private:
  TypeModel& At(size_t index) { return schema_.types[index]; }

  void Change(size_t index) {
    const Kind kind = At(index).kind;
    if (choices_.Chance(1, 5)) return Wrap(index);
    if (At(index).named() && choices_.Chance(1, 4)) return Rename(index);
    switch (kind) {
      case Kind::kRecord:
        return ChangeRecord(index);
      case Kind::kEnum:
        return ChangeEnum(At(index));
      case Kind::kFixed:
        At(index).fixed_bytes = choices_.Below(17);
        At(index).properties.clear();
        return;
      case Kind::kUnion:
        return ChangeUnion(index);
      case Kind::kArray:
      case Kind::kMap:
        if (choices_.Chance(1, 2)) {
          At(index).kind = kind == Kind::kArray ? Kind::kMap : Kind::kArray;
          At(index).properties.clear();
        } else {
          const size_t inner = AddRandomType(schema_, choices_, 1);
          At(index).inner = {inner};
        }
        return;
      default:
        return ChangePrimitive(index);
    }
  }

  // Another primitive: mostly along the promotions, in both directions.
  void ChangePrimitive(size_t index) {
    static constexpr Kind kNumbers[] = {Kind::kInt, Kind::kLong, Kind::kFloat, Kind::kDouble};
    static constexpr Kind kTexts[] = {Kind::kString, Kind::kBytes};
    TypeModel& type = At(index);
    type.properties.clear();
    const bool number = std::find(std::begin(kNumbers), std::end(kNumbers), type.kind) != std::end(kNumbers);
    const bool text = std::find(std::begin(kTexts), std::end(kTexts), type.kind) != std::end(kTexts);
    if (number && choices_.Chance(5, 6)) {
      type.kind = choices_.Pick(kNumbers);
    } else if (text && choices_.Chance(5, 6)) {
      type.kind = choices_.Pick(kTexts);
    } else {
      type.kind = static_cast<Kind>(choices_.Below(kPrimitives));
    }
  }

  // The type becomes a branch of a union in its place.
  void Wrap(size_t index) {
    if (At(index).kind == Kind::kUnion) return;
    const size_t before = schema_.types.size();
    const size_t other =
        choices_.Chance(2, 3) ? AddPrimitive(schema_, Kind::kNull) : AddRandomType(schema_, choices_, 1);
    const bool first = choices_.Chance(1, 2);
    const size_t wrapper = schema_.types.size();
    schema_.types.emplace_back().kind = Kind::kUnion;
    // Whoever referred to the type refers to the union from now on.
    for (size_t i = 0; i < before; ++i) {
      std::replace(At(i).inner.begin(), At(i).inner.end(), index, wrapper);
      for (FieldModel& field : At(i).fields) {
        if (field.type == index) field.type = wrapper;
      }
    }
    if (schema_.root == index) schema_.root = wrapper;
    At(wrapper).inner = first ? std::vector<size_t>{index, other} : std::vector<size_t>{other, index};
  }

  void Rename(size_t index) {
    const std::string old_name = At(index).FullName();
    const std::string old_simple = At(index).name;
    SetFreshName(schema_, index, choices_);
    switch (choices_.Below(4)) {
      case 0:
        At(index).aliases.push_back(old_name.find('.') == std::string::npos && !At(index).space.empty() ? old_simple
                                                                                                        : old_name);
        return;
      case 1:  // only the namespace differs
        if (Free(old_simple, At(index).space, index)) At(index).name = old_simple;
        return;
      case 2:
        At(index).aliases = {old_simple};
        return;
      default:
        return;
    }
  }

  bool Free(const std::string& name, const std::string& space, size_t index) const {
    for (size_t i = 0; i < schema_.types.size(); ++i) {
      const TypeModel& other = schema_.types[i];
      if (i != index && other.name == name && (other.space == space || other.space.empty() || space.empty()))
        return false;
    }
    return true;
  }

  void ChangeRecord(size_t index) {
    auto& fields = At(index).fields;
    const int change = choices_.Below(7);
    if (change == 0 || fields.empty()) return AddField(index);
    const auto at = static_cast<size_t>(choices_.Below(static_cast<int>(fields.size())));
    FieldModel& field = fields[at];
    switch (change) {
      case 1:
        fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      case 2: {
        const std::string old_name = field.name;
        field.name = FreshFieldName(At(index), choices_);
        if (choices_.Chance(3, 4)) field.aliases.push_back(old_name);
        return;
      }
      case 3:
        std::rotate(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(at), fields.end());
        return;
      case 4:
        if (field.default_json) {
          field.default_json.reset();
        } else {
          field.default_json = RandomDefault(schema_, field.type, choices_);
        }
        return;
      case 5:
        field.doc = RandomText(choices_);
        field.order = choices_.Chance(1, 2) ? "ignore" : "";
        return;
      default: {
        const size_t type = AddRandomType(schema_, choices_, 1);
        At(index).fields[at].type = type;
        At(index).fields[at].default_json.reset();
      }
    }
  }

  void AddField(size_t index) {
    FieldModel field;
    field.name = FreshFieldName(At(index), choices_);
    field.type = AddRandomType(schema_, choices_, 2);
    // A default of a type that leads back here would have to be checked before the record is complete.
    if (choices_.Chance(3, 4) && !schema_.Reachable(field.type)[index]) {
      field.default_json = RandomDefault(schema_, field.type, choices_);
    }
    auto& fields = At(index).fields;
    fields.insert(fields.begin() + choices_.Below(static_cast<int>(fields.size()) + 1), std::move(field));
  }

  void ChangeEnum(TypeModel& type) {
    const auto at = choices_.Below(static_cast<int>(type.symbols.size()));
    switch (choices_.Below(4)) {
      case 0:
        type.symbols.insert(type.symbols.begin() + at, fmt::format("New{}", type.symbols.size()));
        break;
      case 1:
        if (type.symbols.size() > 1) type.symbols.erase(type.symbols.begin() + at);
        break;
      case 2:
        std::rotate(type.symbols.begin(), type.symbols.begin() + at, type.symbols.end());
        break;
      default:
        type.default_symbol = type.symbols[static_cast<size_t>(at)];
        if (choices_.Chance(1, 3)) type.default_symbol.reset();
    }
    // Inserting may have made a name twice, removing may have taken the default.
    std::sort(type.symbols.begin(), type.symbols.end());
    type.symbols.erase(std::unique(type.symbols.begin(), type.symbols.end()), type.symbols.end());
    if (choices_.Chance(1, 3)) std::reverse(type.symbols.begin(), type.symbols.end());
    if (type.default_symbol &&
        std::find(type.symbols.begin(), type.symbols.end(), *type.default_symbol) == type.symbols.end()) {
      type.default_symbol.reset();
    }
  }

  void ChangeUnion(size_t index) {
    auto& branches = At(index).inner;
    const int at = choices_.Below(static_cast<int>(branches.size()));
    switch (choices_.Below(3)) {
      case 0: {
        const size_t added = AddRandomType(schema_, choices_, 1);
        At(index).inner.insert(At(index).inner.begin() + at, added);
        return;
      }
      case 1:
        if (branches.size() > 1) branches.erase(branches.begin() + at);
        return;
      default:
        std::rotate(branches.begin(), branches.begin() + at, branches.end());
    }
  }

  // No union in a union, no branch twice.
  void MendUnions() {
    for (TypeModel& type : schema_.types) {
      if (type.kind != Kind::kUnion) continue;
      std::vector<size_t> kept;
      std::vector<std::string> names;
      for (const size_t branch : type.inner) {
        const std::string name = schema_.BranchName(branch);
        if (schema_.types[branch].kind == Kind::kUnion) continue;
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        names.push_back(name);
        kept.push_back(branch);
      }
      if (kept.empty()) {
        type.kind = Kind::kNull;
        type.properties.clear();
      }
      type.inner = std::move(kept);
    }
  }

  // Defaults of types that this step touched may not fit them any longer.
  void RenewDefaults(const SchemaModel& before) {
    for (size_t i = 0; i < schema_.types.size(); ++i) {
      for (size_t f = 0; f < At(i).fields.size(); ++f) {
        if (!At(i).fields[f].default_json) continue;
        const std::vector<bool> reached = schema_.Reachable(At(i).fields[f].type);
        if (reached[i]) {
          At(i).fields[f].default_json.reset();
        } else if (Touched(reached, before)) {
          At(i).fields[f].default_json = RandomDefault(schema_, At(i).fields[f].type, choices_);
        }
      }
    }
  }

  bool Touched(const std::vector<bool>& reached, const SchemaModel& before) const {
    for (size_t i = 0; i < reached.size(); ++i) {
      if (!reached[i]) continue;
      if (i >= before.types.size()) return true;
      const TypeModel& now = schema_.types[i];
      const TypeModel& then = before.types[i];
      if (now.kind != then.kind || now.inner != then.inner || now.symbols != then.symbols ||
          now.fixed_bytes != then.fixed_bytes || now.fields.size() != then.fields.size()) {
        return true;
      }
      for (size_t f = 0; f < now.fields.size(); ++f) {
        const FieldModel& field = now.fields[f];
        const FieldModel& old = then.fields[f];
        if (field.name != old.name || field.type != old.type || field.default_json != old.default_json) return true;
      }
    }
    return false;
  }

  SchemaModel schema_;
  Choices& choices_;
};

}  // namespace

SchemaModel Evolved(const SchemaModel& schema, Choices& choices) {
  Evolution evolution(schema, choices);
  const int steps = 1 + choices.Below(4);
  for (int i = 0; i < steps; ++i) evolution.Step();
  return std::move(evolution).Take();
}

}  // namespace venice::oracle
