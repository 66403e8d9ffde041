#include "controller/strict_defaults.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace venice::controller {

namespace {

using avro::Field;
using avro::Node;
using avro::Type;
using Json = nlohmann::json;

// The whole number that stands where a float or double is wanted; nullptr when there is none. The default fits its type
// otherwise: the parser has seen to that.
const Json* WholeNumberForReal(const Node& type, const Json& value) {
  if (type.type == Type::kFloat || type.type == Type::kDouble) return value.is_number_integer() ? &value : nullptr;
  if (type.type == Type::kUnion) return type.branches.empty() ? nullptr : WholeNumberForReal(*type.branches[0], value);
  if (type.type == Type::kArray || type.type == Type::kMap) {
    for (const Json& item : value)
      if (const Json* found = WholeNumberForReal(*type.items, item)) return found;
    return nullptr;
  }
  if (type.type != Type::kRecord || !value.is_object()) return nullptr;
  for (const Field& field : type.fields)
    if (const auto member = value.find(field.name); member != value.end())
      if (const Json* found = WholeNumberForReal(*field.type, *member)) return found;
  return nullptr;
}

Status Check(const Node& node, std::set<const Node*>& seen) {
  if (!seen.insert(&node).second) return Ok();
  if (node.items != nullptr) VENICE_TRY(Check(*node.items, seen));
  for (const Node* branch : node.branches) VENICE_TRY(Check(*branch, seen));
  for (const Field& field : node.fields) {
    if (field.default_json) {
      const Json value = Json::parse(*field.default_json, nullptr, false);
      if (const Json* number = WholeNumberForReal(*field.type, value))
        return Error(ErrorCode::kInvalidSchema,
                     fmt::format("record {}, field {}: the default of a float or double needs a decimal point: write "
                                 "{}.0 instead of {}",
                                 node.name, field.name, number->dump(), number->dump()));
    }
    VENICE_TRY(Check(*field.type, seen));
  }
  return Ok();
}

}  // namespace

Status CheckNumbersOfDefaults(const avro::Schema& schema) {
  std::set<const Node*> seen;
  return Check(schema.node(), seen);
}

}  // namespace venice::controller
