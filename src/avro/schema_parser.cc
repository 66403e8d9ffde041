// Schema::Parse: a JSON document becomes a graph of nodes. Everything recursive is bounded by kSchemaDepthMax.
#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "avro/default_check.h"
#include "avro/json_document.h"
#include "avro/json_text.h"
#include "avro/names.h"
#include "avro/schema.h"
#include "base/check.h"

namespace venice::avro {
namespace {

constexpr size_t kEncodedBytesMinCap = 1 << 30;    // keeps sums of minimum sizes from overflowing
constexpr size_t kNamedTypesMax = 4096;            // of one document
constexpr int64_t kFixedBytesMax = INT32_MAX - 8;  // what a Java array can hold

// Java treats these as part of the schema language in every type, so they are no properties anywhere.
constexpr std::string_view kReserved[] = {"doc",  "fields",  "items",  "name", "namespace",
                                          "size", "symbols", "values", "type", "aliases"};
constexpr std::string_view kReservedOfFields[] = {"default", "doc", "name", "order", "type", "aliases"};

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidSchema, std::move(message)); }

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

}  // namespace

// Owns the nodes of one document; a Schema's shared pointer keeps it alive.
struct Document {
  std::deque<Node> nodes;
};

class SchemaParser {
 public:
  SchemaParser(const JsonDocument& json, Schema::Defaults defaults)
      : json_(json), lenient_(defaults == Schema::Defaults::kAccept), document_(std::make_shared<Document>()) {
    if (!lenient_) defaults_.emplace(json, open_records_, defaults == Schema::Defaults::kStrict);
  }

  Result<Schema> Parse() {
    VENICE_ASSIGN(const Node* root, ParseType(json_.root(), "", 0));
    return Schema(std::shared_ptr<const Node>(document_, root));
  }

 private:
  Error Bad(const JsonValue& where, std::string_view what) const {
    return Invalid(std::string(what) + json_.Place(where.offset()));
  }

  Node& NewNode(Type type) {
    Node& node = document_->nodes.emplace_back();
    node.type = type;
    node.encoded_bytes_min = type <= Type::kString ? PrimitiveBytesMin(type) : 0;
    return node;
  }

  Result<const Node*> ParseType(JsonValue json, std::string_view space, int depth) {
    if (depth > kSchemaDepthMax) return Bad(json, fmt::format("types nest deeper than {}", kSchemaDepthMax));
    if (json.is_string()) return ParseReference(json, json.text(), space);
    if (json.is_array()) return ParseUnion(json, space, depth);
    if (!json.is_object()) return Bad(json, fmt::format("expected a type, found {}", json.Excerpt()));
    const auto type = json.Find("type");
    if (!type) return Bad(json, fmt::format("no \"type\" in {}", json.Excerpt()));
    if (!type->is_string()) {
      return Bad(*type, fmt::format("\"type\" is the name of a type here, not {}; write a union or a type in braces in "
                                    "place of the braces around this \"type\"",
                                    type->Excerpt()));
    }
    const std::string_view name = type->text();
    if (name == "record" || name == "error") return ParseRecord(json, space, depth);
    if (name == "enum") return ParseEnum(json, space);
    if (name == "fixed") return ParseFixed(json, space);
    if (name == "array") return ParseItems(json, Type::kArray, "items", space, depth);
    if (name == "map") return ParseItems(json, Type::kMap, "values", space, depth);
    if (const auto primitive = PrimitiveOf(name)) {
      Node& node = NewNode(*primitive);
      SetProperties(json, node);
      return &node;
    }
    return ParseReference(*type, name, space);
  }

  Result<const Node*> ParseReference(JsonValue json, std::string_view name, std::string_view space) {
    if (const auto primitive = PrimitiveOf(name)) {
      const Node*& shared = primitives_[*primitive];
      if (shared == nullptr) shared = &NewNode(*primitive);
      return shared;
    }
    for (const std::string& full_name : {FullName(name, space), FullName(name, "")}) {
      const auto found = named_.find(full_name);
      if (found == named_.end()) continue;
      VENICE_TRY(CountName(json, full_name));
      return found->second;
    }
    return Bad(
        json, fmt::format("unknown type {}; it is neither an Avro type nor defined before this place", json.Excerpt()));
  }

  // References are short in the text and long in its canonical form.
  Status CountName(JsonValue json, std::string_view full_name) {
    names_bytes_ += full_name.size();
    if (names_bytes_ <= kNamesBytesMax) return Ok();
    return Bad(json, fmt::format("the names, written in full, take more than {} bytes", kNamesBytesMax));
  }

  Result<const Node*> ParseUnion(JsonValue json, std::string_view space, int depth) {
    Node& node = NewNode(Type::kUnion);
    std::unordered_set<std::string_view> names;
    size_t bytes_min = kEncodedBytesMinCap;
    for (const JsonValue branch_json : json.items()) {
      auto branch = ParseType(branch_json, space, depth + 1);
      if (!branch.ok()) return std::move(branch).error().In(fmt::format("union branch {}", node.branches.size()));
      const Node& type = **branch;
      if (type.type == Type::kUnion) return Bad(branch_json, "a union directly in a union is not allowed");
      if (!names.insert(type.BranchName()).second) {
        return Bad(branch_json, fmt::format("union has two branches of type {}", type.BranchName()));
      }
      node.branches.push_back(&type);
      bytes_min = std::min(bytes_min, type.encoded_bytes_min);
      node.height = std::max(node.height, type.height + 1);
    }
    node.encoded_bytes_min = 1 + (node.branches.empty() ? 0 : bytes_min);
    return Finish(json, node);
  }

  Result<const Node*> ParseItems(JsonValue json, Type type, std::string_view key, std::string_view space, int depth) {
    const auto items = json.Find(key);
    if (!items) return Bad(json, fmt::format("{} without \"{}\"", TypeName(type), key));
    Node& node = NewNode(type);
    auto parsed = ParseType(*items, space, depth + 1);
    if (!parsed.ok()) return std::move(parsed).error().In(key);
    node.items = *parsed;
    node.height = node.items->height + 1;
    node.encoded_bytes_min = 1;
    SetProperties(json, node);
    return Finish(json, node);
  }

  // Name, namespace, aliases and doc of a record, enum or fixed; registers it.
  Status ParseName(JsonValue json, std::string_view space, Node& node) {
    const auto name = json.Find("name");
    if (!name || !name->is_string()) return Bad(json, fmt::format("no \"name\" in {}", json.Excerpt()));
    if (const auto given = json.Find("namespace"); given && given->is_string()) space = given->text();
    node.name = FullName(name->text(), space);
    if (node.name.size() > kNameBytesMax) {
      return Bad(*name, fmt::format("a name of {} bytes; at most {} are accepted", node.name.size(), kNameBytesMax));
    }
    if (!IsName(SimpleName(node.name)) || (!lenient_ && !IsNamespace(NamespaceOf(node.name)))) {
      return Bad(*name,
                 fmt::format("\"{}\" is not a name; names are letters, digits and _, with dots between namespaces",
                             node.name));
    }
    if (PrimitiveOf(node.name)) return Bad(*name, fmt::format("\"{}\" is the name of a primitive type", node.name));
    VENICE_TRY(CountName(*name, node.name));
    VENICE_ASSIGN(const auto aliases, Aliases(json));
    std::unordered_set<std::string> seen;  // "A" and "space.A" may be one
    for (const auto& [alias, where] : aliases) {
      std::string full_name = FullName(alias, NamespaceOf(node.name));
      if (!lenient_ && !IsName(SimpleName(full_name))) {
        return Bad(where, fmt::format("alias {} is not a name", where.Excerpt()));
      }
      VENICE_TRY(CountName(where, full_name));
      if (seen.insert(full_name).second) node.aliases.push_back(std::move(full_name));
    }
    ParseDoc(json, node);
    if (!named_.emplace(node.name, &node).second)
      return Bad(*name, fmt::format("type \"{}\" is defined twice", node.name));
    if (named_.size() > kNamedTypesMax) return Bad(*name, fmt::format("more than {} named types", kNamedTypesMax));
    return Ok();
  }

  template <typename T>
  static void ParseDoc(JsonValue json, T& documented) {
    const auto doc = json.Find("doc");
    documented.has_doc = doc && doc->is_string();
    if (documented.has_doc) documented.doc = doc->text();
  }

  Result<const Node*> ParseRecord(JsonValue json, std::string_view space, int depth) {
    Node& node = NewNode(Type::kRecord);
    node.is_error = json.Find("type")->text() == "error";
    VENICE_TRY(ParseName(json, space, node));
    const auto fields = json.Find("fields");
    if (!fields || !fields->is_array()) return Bad(json, fmt::format("record {} has no array \"fields\"", node.name));
    open_records_.insert(&node);
    std::unordered_set<std::string> names;
    size_t bytes_min = 0;
    for (const JsonValue field_json : fields->items()) {
      Field field;
      if (Status parsed = ParseField(field_json, NamespaceOf(node.name), depth, field); !parsed.ok()) {
        return std::move(parsed).error().In(fmt::format("record {}", node.name));
      }
      if (!names.insert(field.name).second) {
        return Bad(field_json, fmt::format("record {} has two fields named {}", node.name, field.name));
      }
      bytes_min = std::min(bytes_min + field.type->encoded_bytes_min, kEncodedBytesMinCap);
      node.height = std::max(node.height, field.type->height + 1);
      node.fields.push_back(std::move(field));
    }
    open_records_.erase(&node);
    node.encoded_bytes_min = bytes_min;
    SetProperties(json, node);
    return Finish(json, node);
  }

  Status ParseField(JsonValue json, std::string_view space, int depth, Field& field) {
    if (!json.is_object()) return Bad(json, fmt::format("expected a field, found {}", json.Excerpt()));
    const auto name = json.Find("name");
    if (!name || !name->is_string()) return Bad(json, fmt::format("no \"name\" in field {}", json.Excerpt()));
    field.name = name->text();
    if (!IsName(field.name)) return Bad(*name, fmt::format("{} is not a field name", name->Excerpt()));
    if (field.name.size() > kNameBytesMax) return Bad(*name, fmt::format("a name of {} bytes", field.name.size()));
    const auto type = json.Find("type");
    if (!type) return Bad(json, fmt::format("field {} has no type", field.name));
    auto parsed = ParseType(*type, space, depth + 1);
    if (!parsed.ok()) return std::move(parsed).error().In(fmt::format("field {}", field.name));
    field.type = *parsed;
    ParseDoc(json, field);
    VENICE_ASSIGN(const auto aliases, Aliases(json));
    for (const auto& [alias, where] : aliases) field.aliases.emplace_back(alias);
    if (Status status = ParseDefault(json, field); !status.ok()) {
      return std::move(status).error().In(fmt::format("field {}, default", field.name));
    }
    VENICE_TRY(ParseOrder(json, field));
    for (const auto& [key, value] : json.Members()) {
      if (std::find(std::begin(kReservedOfFields), std::end(kReservedOfFields), key) == std::end(kReservedOfFields)) {
        std::string text;
        AppendJson(text, value);
        field.properties.Add(std::string(key), std::move(text));
      }
    }
    return Ok();
  }

  Status ParseDefault(JsonValue json, Field& field) {
    const auto value = json.Find("default");
    if (!value) return Ok();
    field.default_json.emplace();
    if (value->is_string() && (field.type->type == Type::kFloat || field.type->type == Type::kDouble)) {
      // Java reads "NaN" and even "1.5" here, though not deeper within a default.
      if (const auto number = RealOfText(value->text())) {
        AppendJsonReal(*field.default_json, *number);
        return Ok();
      }
    }
    if (defaults_) VENICE_TRY(defaults_->Check(*field.type, *value));
    AppendJson(*field.default_json, *value);
    return Ok();
  }

  Status ParseOrder(JsonValue json, Field& field) const {
    const auto order = json.Find("order");
    if (!order) return Ok();
    constexpr std::string_view kOrders[] = {"ascending", "descending", "ignore"};
    std::string text(order->is_string() ? order->text() : "");
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (size_t i = 0; i < std::size(kOrders); ++i) {
      if (text != kOrders[i]) continue;
      field.order = static_cast<FieldOrder>(i);
      return Ok();
    }
    return Bad(*order,
               fmt::format("field {}: order {}; it is ascending, descending or ignore", field.name, order->Excerpt()));
  }

  Result<const Node*> ParseEnum(JsonValue json, std::string_view space) {
    Node& node = NewNode(Type::kEnum);
    VENICE_TRY(ParseName(json, space, node));
    const auto symbols = json.Find("symbols");
    if (!symbols || !symbols->is_array()) return Bad(json, fmt::format("enum {} has no array \"symbols\"", node.name));
    std::unordered_set<std::string_view> seen;
    for (const JsonValue symbol : symbols->items()) {
      if (!symbol.is_string() || !IsName(symbol.text())) {
        return Bad(symbol, fmt::format("enum {}: {} is not a symbol name", node.name, symbol.Excerpt()));
      }
      node.symbols.emplace_back(symbol.text());
      if (!seen.insert(symbol.text()).second) {
        return Bad(symbol, fmt::format("enum {} has symbol {} twice", node.name, node.symbols.back()));
      }
    }
    if (const auto value = json.Find("default"); value && value->is_string()) {
      if (!seen.contains(value->text())) {
        return Bad(*value, fmt::format("enum {}: default {} is not one of its symbols", node.name, value->Excerpt()));
      }
      node.default_symbol = value->text();
    }
    node.encoded_bytes_min = 1;
    SetProperties(json, node);
    return Finish(json, node);
  }

  Result<const Node*> ParseFixed(JsonValue json, std::string_view space) {
    Node& node = NewNode(Type::kFixed);
    VENICE_TRY(ParseName(json, space, node));
    const auto size_json = json.Find("size");
    const int64_t size = size_json ? size_json->Integer().value_or(-1) : -1;
    if (size < 0 || size > kFixedBytesMax) {
      return Bad(size_json.value_or(json),
                 fmt::format("fixed {} needs a \"size\" from 0 to {}", node.name, kFixedBytesMax));
    }
    node.fixed_size = static_cast<size_t>(size);
    node.encoded_bytes_min = std::min(node.fixed_size, kEncodedBytesMinCap);
    SetProperties(json, node);
    return Finish(json, node);
  }

  // Chains of named types can be deeper than the document's own nesting; later walks recurse over them.
  Result<const Node*> Finish(JsonValue json, const Node& node) const {
    if (node.height > kSchemaDepthMax) return Bad(json, fmt::format("types nest deeper than {}", kSchemaDepthMax));
    return &node;
  }

  // Each once, with its place.
  Result<std::vector<std::pair<std::string_view, JsonValue>>> Aliases(JsonValue json) const {
    std::vector<std::pair<std::string_view, JsonValue>> aliases;
    const auto found = json.Find("aliases");
    if (!found) return aliases;
    if (!found->is_array()) return Bad(*found, fmt::format("\"aliases\" must be an array, not {}", found->Excerpt()));
    std::unordered_set<std::string_view> seen;
    for (const JsonValue alias : found->items()) {
      if (!alias.is_string()) return Bad(alias, fmt::format("alias {} is not a string", alias.Excerpt()));
      if (seen.insert(alias.text()).second) aliases.emplace_back(alias.text(), alias);
    }
    return aliases;
  }

  static void SetProperties(JsonValue json, Node& node) {
    for (const auto& [key, value] : json.Members()) {
      if (std::find(std::begin(kReserved), std::end(kReserved), key) != std::end(kReserved)) continue;
      if (node.type == Type::kEnum && key == "default") continue;
      std::string text;
      AppendJson(text, value);
      node.properties.Add(std::string(key), std::move(text));
    }
    SetLogical(node);
  }

  const JsonDocument& json_;
  const bool lenient_;
  std::shared_ptr<Document> document_;
  std::unordered_set<const Node*> open_records_;  // whose fields are being read
  std::optional<DefaultCheck> defaults_;
  std::map<Type, const Node*> primitives_;
  std::unordered_map<std::string, const Node*> named_;
  size_t names_bytes_ = 0;
};

Result<Schema> Schema::Parse(std::string_view text, Defaults defaults) {
  if (text.size() > kSchemaBytesMax) {
    return Invalid(fmt::format("schema of {} bytes; at most {} are accepted", text.size(), kSchemaBytesMax));
  }
  // A bare primitive name is what people type on command lines.
  if (const auto primitive = PrimitiveOf(text); primitive && text != "null") return Primitive(*primitive);
  auto json = JsonDocument::Parse(text, {.comments = true, .error = ErrorCode::kInvalidSchema});
  if (!json.ok()) return std::move(json).error().In("schema is not JSON");
  return SchemaParser(*json, defaults).Parse();
}

Schema Schema::Primitive(Type type) {
  VENICE_CHECK(type <= Type::kString);
  auto node = std::make_shared<Node>();
  node->type = type;
  node->encoded_bytes_min = PrimitiveBytesMin(type);
  return Schema(std::move(node));
}

}  // namespace venice::avro
