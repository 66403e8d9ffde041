// Schema::Parse: a JSON document becomes a graph of nodes. Everything recursive is bounded by kSchemaDepthMax.
#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "avro/default_value.h"
#include "avro/json_text.h"
#include "avro/schema.h"

namespace venice::avro {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kEncodedBytesMinCap = 1 << 30;  // keeps sums of minimum sizes from overflowing
constexpr size_t kNamedTypesMax = 4096;          // of one document

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidSchema, std::move(message)); }

bool IsName(std::string_view text) {
  if (text.empty()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

bool IsFullName(std::string_view text) {
  while (true) {
    const size_t dot = text.find('.');
    if (!IsName(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::optional<Type> PrimitiveOf(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Type::kString); ++i) {
    if (TypeName(static_cast<Type>(i)) == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

size_t PrimitiveBytesMin(Type type) {
  switch (type) {
    case Type::kNull:
      return 0;
    case Type::kFloat:
      return 4;
    case Type::kDouble:
      return 8;
    default:
      return 1;
  }
}

std::string NamespaceOf(const std::string& full_name) {
  const size_t dot = full_name.rfind('.');
  return dot == std::string::npos ? "" : full_name.substr(0, dot);
}

// What an error message shows of an offending piece of JSON.
std::string Excerpt(const Json& json) {
  std::string text = json.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

}  // namespace

// Owns the nodes of one document; a Schema's shared pointer keeps it alive.
struct Document {
  std::deque<Node> nodes;
};

class SchemaParser {
 public:
  SchemaParser() : document_(std::make_shared<Document>()) {}

  Result<Schema> Parse(std::string_view text, Schema::Defaults defaults) {
    if (text.size() > kSchemaBytesMax) {
      return Invalid(fmt::format("schema of {} bytes; at most {} are accepted", text.size(), kSchemaBytesMax));
    }
    if (JsonNestsTooDeep(text)) return Invalid(fmt::format("types nest deeper than {}", kSchemaDepthMax));
    Json json;
    try {
      json = Json::parse(text);
    } catch (const nlohmann::json::exception& e) {
      // A bare primitive name is what people type on command lines.
      const auto primitive = PrimitiveOf(text);
      if (!primitive) return Invalid(fmt::format("schema is not JSON: {}", e.what()));
      json = std::string(text);
    }
    VENICE_ASSIGN(const Node* root, ParseType(json, "", 0));
    if (defaults == Schema::Defaults::kValidate) VENICE_TRY(ValidateDefaults());
    return Schema(std::shared_ptr<const Node>(document_, root));
  }

 private:
  Node& NewNode(Type type) {
    Node& node = document_->nodes.emplace_back();
    node.type = type;
    node.encoded_bytes_min = type <= Type::kString ? PrimitiveBytesMin(type) : 0;
    return node;
  }

  Result<const Node*> ParseType(const Json& json, const std::string& space, int depth) {
    if (depth > kSchemaDepthMax) return Invalid(fmt::format("types nest deeper than {}", kSchemaDepthMax));
    if (json.is_string()) return ParseReference(json.get_ref<const std::string&>(), space);
    if (json.is_array()) return ParseUnion(json, space, depth);
    if (!json.is_object()) return Invalid(fmt::format("expected a type, found {}", Excerpt(json)));
    const auto type = json.find("type");
    if (type == json.end()) return Invalid(fmt::format("no \"type\" in {}", Excerpt(json)));
    if (!type->is_string()) return ParseType(*type, space, depth + 1);
    const std::string& name = type->get_ref<const std::string&>();
    if (name == "record" || name == "error") return ParseRecord(json, space, depth);
    if (name == "enum") return ParseEnum(json, space);
    if (name == "fixed") return ParseFixed(json, space);
    if (name == "array") return ParseItems(json, Type::kArray, "items", space, depth);
    if (name == "map") return ParseItems(json, Type::kMap, "values", space, depth);
    if (const auto primitive = PrimitiveOf(name)) {
      Node& node = NewNode(*primitive);
      Properties(json, {"type"}, node.properties);
      return &node;
    }
    return ParseReference(name, space);
  }

  Result<const Node*> ParseReference(const std::string& name, const std::string& space) {
    if (const auto primitive = PrimitiveOf(name)) {
      const Node*& shared = primitives_[*primitive];
      if (shared == nullptr) shared = &NewNode(*primitive);
      return shared;
    }
    if (name.find('.') == std::string::npos && !space.empty()) {
      if (const auto found = named_.find(space + "." + name); found != named_.end()) return found->second;
    }
    if (const auto found = named_.find(name); found != named_.end()) return found->second;
    return Invalid(fmt::format("unknown type \"{}\"; it is neither an Avro type nor defined before this place", name));
  }

  Result<const Node*> ParseUnion(const Json& json, const std::string& space, int depth) {
    Node& node = NewNode(Type::kUnion);
    std::set<std::string_view> names;
    size_t bytes_min = kEncodedBytesMinCap;
    for (const Json& branch_json : json) {
      auto branch = ParseType(branch_json, space, depth + 1);
      if (!branch.ok()) return std::move(branch).error().In(fmt::format("union branch {}", node.branches.size()));
      const Node& type = **branch;
      if (type.type == Type::kUnion) return Invalid("a union directly in a union is not allowed");
      if (!names.insert(type.BranchName()).second) {
        return Invalid(fmt::format("union has two branches of type {}", type.BranchName()));
      }
      node.branches.push_back(&type);
      bytes_min = std::min(bytes_min, type.encoded_bytes_min);
      node.height = std::max(node.height, type.height + 1);
    }
    node.encoded_bytes_min = 1 + (node.branches.empty() ? 0 : bytes_min);
    return Finish(node);
  }

  Result<const Node*> ParseItems(const Json& json, Type type, const char* key, const std::string& space, int depth) {
    const auto items = json.find(key);
    if (items == json.end()) return Invalid(fmt::format("{} without \"{}\"", TypeName(type), key));
    Node& node = NewNode(type);
    auto parsed = ParseType(*items, space, depth + 1);
    if (!parsed.ok()) return std::move(parsed).error().In(key);
    node.items = *parsed;
    node.height = node.items->height + 1;
    node.encoded_bytes_min = 1;
    Properties(json, {"type", key}, node.properties);
    return Finish(node);
  }

  // Name, namespace, aliases and doc of a record, enum or fixed; registers it.
  Status ParseName(const Json& json, const std::string& space, Node& node) {
    VENICE_ASSIGN(const std::string name, Text(json, "name"));
    std::string own_space = space;
    if (const auto given = json.find("namespace"); given != json.end() && !given->is_null()) {
      VENICE_ASSIGN(own_space, Text(json, "namespace"));
    }
    node.name = name.find('.') != std::string::npos || own_space.empty() ? name : own_space + "." + name;
    if (!IsFullName(node.name)) {
      return Invalid(fmt::format("\"{}\" is not a name; names are letters, digits and _, with dots between namespaces",
                                 node.name));
    }
    if (PrimitiveOf(node.name)) return Invalid(fmt::format("\"{}\" is the name of a primitive type", node.name));
    VENICE_ASSIGN(const auto aliases, Aliases(json));
    for (const std::string& alias : aliases) {
      const std::string own = NamespaceOf(node.name);
      node.aliases.push_back(alias.find('.') != std::string::npos || own.empty() ? alias : own + "." + alias);
    }
    VENICE_ASSIGN(node.doc, OptionalText(json, "doc"));
    if (!named_.emplace(node.name, &node).second)
      return Invalid(fmt::format("type \"{}\" is defined twice", node.name));
    if (named_.size() > kNamedTypesMax) return Invalid(fmt::format("more than {} named types", kNamedTypesMax));
    return Ok();
  }

  Result<const Node*> ParseRecord(const Json& json, const std::string& space, int depth) {
    Node& node = NewNode(Type::kRecord);
    VENICE_TRY(ParseName(json, space, node));
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) {
      return Invalid(fmt::format("record {} has no array \"fields\"", node.name));
    }
    std::set<std::string> names;
    size_t bytes_min = 0;
    for (const Json& field_json : *fields) {
      Field field;
      if (Status parsed = ParseField(field_json, NamespaceOf(node.name), depth, field); !parsed.ok()) {
        return std::move(parsed).error().In(fmt::format("record {}", node.name));
      }
      if (!names.insert(field.name).second) {
        return Invalid(fmt::format("record {} has two fields named {}", node.name, field.name));
      }
      bytes_min = std::min(bytes_min + field.type->encoded_bytes_min, kEncodedBytesMinCap);
      node.height = std::max(node.height, field.type->height + 1);
      node.fields.push_back(std::move(field));
    }
    node.encoded_bytes_min = bytes_min;
    Properties(json, {"type", "name", "namespace", "doc", "aliases", "fields"}, node.properties);
    return Finish(node);
  }

  Status ParseField(const Json& json, const std::string& space, int depth, Field& field) {
    if (!json.is_object()) return Invalid(fmt::format("expected a field, found {}", Excerpt(json)));
    VENICE_ASSIGN(field.name, Text(json, "name"));
    if (!IsName(field.name)) return Invalid(fmt::format("\"{}\" is not a field name", field.name));
    const auto type = json.find("type");
    if (type == json.end()) return Invalid(fmt::format("field {} has no type", field.name));
    auto parsed = ParseType(*type, space, depth + 1);
    if (!parsed.ok()) return std::move(parsed).error().In(fmt::format("field {}", field.name));
    field.type = *parsed;
    VENICE_ASSIGN(field.doc, OptionalText(json, "doc"));
    VENICE_ASSIGN(field.aliases, Aliases(json));
    if (const auto value = json.find("default"); value != json.end()) field.default_json = value->dump();
    VENICE_ASSIGN(const std::string order, OptionalText(json, "order"));
    if (order == "descending") {
      field.order = FieldOrder::kDescending;
    } else if (order == "ignore") {
      field.order = FieldOrder::kIgnore;
    } else if (!order.empty() && order != "ascending") {
      return Invalid(fmt::format("field {}: order \"{}\"; it is ascending, descending or ignore", field.name, order));
    }
    Properties(json, {"name", "type", "doc", "aliases", "default", "order"}, field.properties);
    return Ok();
  }

  Result<const Node*> ParseEnum(const Json& json, const std::string& space) {
    Node& node = NewNode(Type::kEnum);
    VENICE_TRY(ParseName(json, space, node));
    const auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array()) {
      return Invalid(fmt::format("enum {} has no array \"symbols\"", node.name));
    }
    std::set<std::string> seen;
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string() || !IsName(symbol.get_ref<const std::string&>())) {
        return Invalid(fmt::format("enum {}: {} is not a symbol name", node.name, Excerpt(symbol)));
      }
      node.symbols.push_back(symbol.get<std::string>());
      if (!seen.insert(node.symbols.back()).second) {
        return Invalid(fmt::format("enum {} has symbol {} twice", node.name, node.symbols.back()));
      }
    }
    if (json.contains("default")) {
      VENICE_ASSIGN(node.default_symbol, Text(json, "default"));
      if (!seen.contains(*node.default_symbol)) {
        return Invalid(fmt::format("enum {}: default {} is not one of its symbols", node.name, *node.default_symbol));
      }
    }
    node.encoded_bytes_min = 1;
    Properties(json, {"type", "name", "namespace", "doc", "aliases", "symbols", "default"}, node.properties);
    return Finish(node);
  }

  Result<const Node*> ParseFixed(const Json& json, const std::string& space) {
    Node& node = NewNode(Type::kFixed);
    VENICE_TRY(ParseName(json, space, node));
    const auto size = json.find("size");
    if (size == json.end() || !size->is_number_integer() || *size < 0 || *size > INT32_MAX) {
      return Invalid(fmt::format("fixed {} needs a \"size\" from 0 to {}", node.name, INT32_MAX));
    }
    node.fixed_size = size->get<size_t>();
    node.encoded_bytes_min = std::min(node.fixed_size, kEncodedBytesMinCap);
    Properties(json, {"type", "name", "namespace", "doc", "aliases", "size"}, node.properties);
    return Finish(node);
  }

  // Chains of named types can be deeper than the document's own nesting; later walks recurse over them.
  static Result<const Node*> Finish(const Node& node) {
    if (node.height > kSchemaDepthMax) return Invalid(fmt::format("types nest deeper than {}", kSchemaDepthMax));
    return &node;
  }

  static Result<std::string> Text(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end()) return Invalid(fmt::format("no \"{}\" in {}", key, Excerpt(json)));
    if (!found->is_string()) return Invalid(fmt::format("\"{}\" must be a string, not {}", key, Excerpt(*found)));
    return found->get<std::string>();
  }

  static Result<std::string> OptionalText(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return std::string();
    return Text(json, key);
  }

  static Result<std::vector<std::string>> Aliases(const Json& json) {
    std::vector<std::string> aliases;
    const auto found = json.find("aliases");
    if (found == json.end() || found->is_null()) return aliases;
    if (!found->is_array()) return Invalid(fmt::format("\"aliases\" must be an array, not {}", Excerpt(*found)));
    for (const Json& alias : *found) {
      if (!alias.is_string()) return Invalid(fmt::format("alias {} is not a string", Excerpt(alias)));
      aliases.push_back(alias.get<std::string>());
    }
    return aliases;
  }

  static void Properties(const Json& json, std::initializer_list<std::string_view> reserved,
                         std::map<std::string, std::string>& properties) {
    for (const auto& [key, value] : json.items()) {
      if (std::find(reserved.begin(), reserved.end(), key) == reserved.end()) properties[key] = value.dump();
    }
  }

  // After the whole document: a default may be of a type that is still being defined where it stands.
  Status ValidateDefaults() const {
    for (const Node& node : document_->nodes) {
      for (const Field& field : node.fields) {
        if (!field.default_json) continue;
        if (auto value = DefaultValue(*field.type, *field.default_json); !value.ok()) {
          return std::move(value).error().In(fmt::format("record {}, field {}, default", node.name, field.name));
        }
      }
    }
    return Ok();
  }

  std::shared_ptr<Document> document_;
  std::map<Type, const Node*> primitives_;
  std::unordered_map<std::string, const Node*> named_;
};

Result<Schema> Schema::Parse(std::string_view json, Defaults defaults) { return SchemaParser().Parse(json, defaults); }

Schema Schema::Primitive(Type type) {
  VENICE_CHECK(type <= Type::kString);
  auto node = std::make_shared<Node>();
  node->type = type;
  node->encoded_bytes_min = PrimitiveBytesMin(type);
  return Schema(std::move(node));
}

}  // namespace venice::avro
