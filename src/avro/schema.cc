#include "avro/schema.h"

#include <algorithm>

#include "base/check.h"

namespace venice::avro {
namespace {

constexpr std::string_view kTypeNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                           "string", "record",  "enum", "array", "map",   "union",  "fixed"};

}  // namespace

std::string_view TypeName(Type type) { return kTypeNames[static_cast<size_t>(type)]; }

const std::string* Properties::Find(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Property& each) { return each.name == name; });
  return found == all_.end() ? nullptr : &found->json;
}

const std::string& Properties::at(std::string_view name) const {
  const std::string* json = Find(name);
  VENICE_CHECK(json != nullptr);
  return *json;
}

std::string Node::LogicalType() const {
  const std::string* json = properties.Find("logicalType");
  if (json == nullptr || json->size() < 2 || json->front() != '"') return "";
  return json->substr(1, json->size() - 2);
}

int Node::FieldIndex(std::string_view field_name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field_name) return static_cast<int>(i);
  }
  return -1;
}

int Node::SymbolIndex(std::string_view symbol) const {
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i] == symbol) return static_cast<int>(i);
  }
  return -1;
}

std::string_view Node::BranchName() const {
  switch (type) {
    case Type::kRecord:
    case Type::kEnum:
    case Type::kFixed:
      return name;
    default:
      return TypeName(type);
  }
}

std::optional<Schema> Schema::FieldSchema(std::string_view field_name) const {
  const int index = type() == Type::kRecord ? node_->FieldIndex(field_name) : -1;
  if (index < 0) return std::nullopt;
  return At(*node_->fields[static_cast<size_t>(index)].type);
}

bool Schema::SameAs(const Schema& other) const {
  return node_ == other.node_ || CanonicalForm() == other.CanonicalForm();
}

}  // namespace venice::avro
