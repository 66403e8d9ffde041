#include "schema_model.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace venice::oracle {
namespace {

class Printer {
 public:
  explicit Printer(const SchemaModel& schema) : schema_(schema), printed_(schema.types.size()) {}

  void Print(size_t index, const std::string& space) {
    const TypeModel& type = schema_.types[index];
    switch (type.kind) {
      case Kind::kUnion:
        text += '[';
        for (size_t i = 0; i < type.inner.size(); ++i) {
          if (i > 0) text += ',';
          Print(type.inner[i], space);
        }
        text += ']';
        return;
      case Kind::kArray:
      case Kind::kMap:
        text +=
            fmt::format(R"({{"type":"{}","{}":)", KindName(type.kind), type.kind == Kind::kArray ? "items" : "values");
        Print(type.inner[0], space);
        Properties(type.properties);
        text += '}';
        return;
      case Kind::kRecord:
      case Kind::kEnum:
      case Kind::kFixed:
        return PrintNamed(index, space);
      default:
        if (type.properties.empty()) {
          text += Quoted(KindName(type.kind));
          return;
        }
        text += fmt::format(R"({{"type":"{}")", KindName(type.kind));
        Properties(type.properties);
        text += '}';
    }
  }

  std::string text;

 private:
  void PrintNamed(size_t index, const std::string& space) {
    const TypeModel& type = schema_.types[index];
    if (printed_[index]) {
      text += Quoted(type.space == space && !type.dotted ? type.name : type.FullName());
      return;
    }
    printed_[index] = true;
    text += fmt::format(R"({{"type":"{}")", KindName(type.kind));
    if (type.dotted && !type.space.empty()) {
      text += fmt::format(R"(,"name":"{}")", type.FullName());
    } else {
      text += fmt::format(R"(,"name":"{}")", type.name);
      if (type.space != space) text += fmt::format(R"(,"namespace":"{}")", type.space);
    }
    if (!type.doc.empty()) text += ",\"doc\":" + Quoted(type.doc);
    Names("aliases", type.aliases);
    if (type.kind == Kind::kFixed) text += fmt::format(R"(,"size":{})", type.fixed_bytes);
    if (type.kind == Kind::kEnum) {
      Names("symbols", type.symbols, true);
      if (type.default_symbol) text += ",\"default\":" + Quoted(*type.default_symbol);
    }
    Properties(type.properties);
    if (type.kind == Kind::kRecord) Fields(type);
    text += '}';
  }

  void Fields(const TypeModel& type) {
    text += ",\"fields\":[";
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const FieldModel& field = type.fields[i];
      text += fmt::format(R"({}{{"name":"{}","type":)", i > 0 ? "," : "", field.name);
      Print(field.type, type.space);
      if (!field.doc.empty()) text += ",\"doc\":" + Quoted(field.doc);
      if (field.default_json) text += ",\"default\":" + *field.default_json;
      if (!field.order.empty()) text += ",\"order\":" + Quoted(field.order);
      Names("aliases", field.aliases);
      Properties(field.properties);
      text += '}';
    }
    text += ']';
  }

  void Names(std::string_view key, const std::vector<std::string>& names, bool even_none = false) {
    if (names.empty() && !even_none) return;
    text += fmt::format(",\"{}\":[", key);
    for (size_t i = 0; i < names.size(); ++i) text += (i > 0 ? "," : "") + Quoted(names[i]);
    text += ']';
  }

  void Properties(const std::vector<std::pair<std::string, std::string>>& properties) {
    for (const auto& [key, json] : properties) text += fmt::format(",{}:{}", Quoted(key), json);
  }

  const SchemaModel& schema_;
  std::vector<bool> printed_;
};

// Full names only, every type defined where it first stands.
class CanonicalReader {
 public:
  size_t Read(const nlohmann::json& json) {
    if (json.is_string()) {
      const auto name = json.get<std::string>();
      if (const auto found = named_.find(name); found != named_.end()) return found->second;
      return Add(KindOf(name));
    }
    if (json.is_array()) {
      const size_t index = Add(Kind::kUnion);
      for (const auto& branch : json) AddInner(index, Read(branch));
      return index;
    }
    const size_t index = Add(KindOf(json.at("type").get<std::string>()));
    if (json.contains("name")) named_[json.at("name").get<std::string>()] = index;
    if (json.contains("items")) AddInner(index, Read(json.at("items")));
    if (json.contains("values")) AddInner(index, Read(json.at("values")));
    if (json.contains("size")) schema.types[index].fixed_bytes = json.at("size").get<int>();
    if (json.contains("symbols")) schema.types[index].symbols = json.at("symbols").get<std::vector<std::string>>();
    if (!json.contains("fields")) return index;
    for (const auto& field : json.at("fields")) {
      const size_t type = Read(field.at("type"));
      schema.types[index].fields.push_back({.name = field.at("name").get<std::string>(), .type = type});
    }
    return index;
  }

  SchemaModel schema;

 private:
  static Kind KindOf(const std::string& name) {
    for (const Kind kind : {Kind::kFixed, Kind::kEnum, Kind::kArray, Kind::kMap, Kind::kRecord}) {
      if (KindName(kind) == name) return kind;
    }
    for (int kind = 0; kind < kPrimitives; ++kind) {
      if (KindName(static_cast<Kind>(kind)) == name) return static_cast<Kind>(kind);
    }
    return Kind::kNull;
  }

  size_t Add(Kind kind) {
    schema.types.emplace_back().kind = kind;
    return schema.types.size() - 1;
  }

  void AddInner(size_t index, size_t inner) { schema.types[index].inner.push_back(inner); }

  std::map<std::string, size_t> named_;
};

}  // namespace

SchemaModel FromCanonicalForm(const std::string& canonical) {
  CanonicalReader reader;
  reader.schema.root = reader.Read(nlohmann::json::parse(canonical));
  return std::move(reader.schema);
}

std::string_view KindName(Kind kind) {
  static constexpr std::string_view kNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                                "string", "fixed",   "enum", "array", "map",   "union",  "record"};
  return kNames[static_cast<size_t>(kind)];
}

std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

std::vector<int> SchemaModel::Heights() const {
  std::vector<int> heights(types.size(), kEndless);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < types.size(); ++i) {
      const TypeModel& type = types[i];
      int height = 1;  // arrays and maps may be empty
      if (type.kind == Kind::kRecord) {
        for (const FieldModel& field : type.fields) height = std::max(height, heights[field.type] + 1);
      } else if (type.kind == Kind::kUnion) {
        height = kEndless;
        for (const size_t branch : type.inner) height = std::min(height, heights[branch] + 1);
      }
      height = std::min(height, kEndless);
      if (height < heights[i]) {
        heights[i] = height;
        changed = true;
      }
    }
  }
  return heights;
}

std::vector<bool> SchemaModel::Reachable(size_t from) const {
  std::vector<bool> seen(types.size());
  std::vector<size_t> left = {from};
  while (!left.empty()) {
    const size_t index = left.back();
    left.pop_back();
    if (seen[index]) continue;
    seen[index] = true;
    for (const size_t inner : types[index].inner) left.push_back(inner);
    for (const FieldModel& field : types[index].fields) left.push_back(field.type);
  }
  return seen;
}

std::string SchemaModel::BranchName(size_t type) const {
  return types[type].named() ? types[type].FullName() : std::string(KindName(types[type].kind));
}

std::string SchemaModel::Print() const {
  Printer printer(*this);
  printer.Print(root, "");
  return std::move(printer.text);
}

}  // namespace venice::oracle
