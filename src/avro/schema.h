// Avro schemas: parsed once, then immutable and shared.
//
//   VENICE_ASSIGN(const avro::Schema schema, avro::Schema::Parse(text));
//   schema.CanonicalForm() == other.CanonicalForm()     // "the same schema" for Venice
//
// A parsed document is one graph of nodes (recursive types point back); a Schema is a handle on one node that keeps the
// whole document alive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avro/logical_type.h"
#include "base/result.h"

namespace venice::avro {

enum class Type : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,  // primitive
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,  // complex
};
std::string_view TypeName(Type type);  // "null", "record", ...

// What a hostile document may at most cost.
constexpr size_t kSchemaBytesMax = 4 << 20;  // four times what ZooKeeper, where Venice keeps schemas, can hold
constexpr size_t kNameBytesMax = 1024;       // of a full name: names are repeated wherever a type is referred to
constexpr size_t kNamesBytesMax = 16 << 20;  // of all names and references of a document, written in full
constexpr int kSchemaDepthMax = 128;         // nesting of types within one document
constexpr int kDatumDepthMax = 256;          // nesting of a value while it is decoded, encoded or skipped

enum class FieldOrder : uint8_t { kAscending, kDescending, kIgnore };

struct Node;

// Attributes that are not the specification's, as JSON text, in the order they were written.
struct Property {
  std::string name;
  std::string json;
};
class Properties {
 public:
  void Add(std::string name, std::string json) { all_.push_back({std::move(name), std::move(json)}); }
  bool empty() const { return all_.empty(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  // Its JSON text, or null.
  const std::string* Find(std::string_view name) const;
  bool contains(std::string_view name) const { return Find(name) != nullptr; }
  // Must be there.
  const std::string& at(std::string_view name) const;

 private:
  std::vector<Property> all_;
};

struct Field {
  std::string name;
  std::string doc;
  bool has_doc = false;  // "doc" was given, maybe empty
  std::vector<std::string> aliases;
  const Node* type = nullptr;
  FieldOrder order = FieldOrder::kAscending;
  std::optional<std::string> default_json;  // JSON text of the default value
  Properties properties;
};

// One type. Only the members of its kind are set.
struct Node {
  Type type = Type::kNull;
  std::string name;  // record, enum, fixed: full name ("ns.Name")
  std::string doc;
  bool has_doc = false;                       // "doc" was given, maybe empty
  bool is_error = false;                      // a record that was declared as "error"
  std::vector<std::string> aliases;           // full names
  std::vector<Field> fields;                  // record
  std::vector<std::string> symbols;           // enum
  std::optional<std::string> default_symbol;  // enum
  const Node* items = nullptr;                // array items, map values
  std::vector<const Node*> branches;          // union
  size_t fixed_size = 0;                      // fixed
  size_t encoded_bytes_min = 0;               // no value of this type encodes shorter
  int height = 1;                             // of the tree of types below, not following recursion
  Properties properties;                      // "logicalType", "scale" and whatever else was given
  Logical logical;                            // kNone when there is none, or one that does not apply
  std::string logical_problem;                // why "logicalType" is ignored; empty when it is not

  // Unquoted "logicalType", also one that is ignored; or empty.
  std::string LogicalType() const;
  // Position of a field or symbol, or -1.
  int FieldIndex(std::string_view field_name) const;
  int SymbolIndex(std::string_view symbol) const;
  // How a union branch of this type is called in Avro's JSON: the full name, or the type's name.
  std::string_view BranchName() const;
};

// Immutable; copies are cheap and share the document. A default-constructed handle is empty and only assignable.
class Schema {
 public:
  // How much is forgiven beyond what the specification's grammar needs. The verdicts are those of Java's
  // Schema.Parser; src/avro/README.md lists where they differ.
  enum class Defaults : uint8_t {
    kStrict,    // what Venice registers: the default of a union is of its first branch (Avro up to 1.11)
    kValidate,  // the default of a union may be of any branch (Avro 1.12)
    kAccept,    // schemas of old: defaults, namespaces and aliases are taken as they are
  };

  // Comments are allowed, as in Java. Errors: kInvalidSchema, naming what is wrong and where in the text: line, column
  // and JSON pointer.
  static Result<Schema> Parse(std::string_view json, Defaults defaults = Defaults::kValidate);

  // A handle of a primitive, for code that needs no document.
  static Schema Primitive(Type type);

  // A handle on nodes that code has put together; the pointer keeps all that can be reached from it alive. Such a graph
  // is printed; to encode with it, parse what it prints, which also checks it.
  static Schema Of(std::shared_ptr<const Node> root) { return Schema(std::move(root)); }

  Schema() = default;
  bool empty() const { return node_ == nullptr; }
  const Node& node() const { return *node_; }
  const Node* operator->() const { return node_.get(); }
  Type type() const { return node_->type; }
  const std::string& name() const { return node_->name; }

  // A handle of a node reached from this one; shares the document.
  Schema At(const Node& node) const { return Schema(std::shared_ptr<const Node>(node_, &node)); }
  // The type of a record's field, or nullopt when this is no record or has no such field.
  std::optional<Schema> FieldSchema(std::string_view field_name) const;

  // The schema as JSON with every attribute, in the attribute order of Java's Schema.toString().
  std::string ToJson() const;
  // Parsing Canonical Form (Avro specification).
  std::string CanonicalForm() const;
  // CRC-64-AVRO of the canonical form; the others are in fingerprint.h.
  uint64_t Fingerprint64() const;

  // Equal canonical forms.
  bool SameAs(const Schema& other) const;

 private:
  friend class SchemaParser;
  explicit Schema(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

}  // namespace venice::avro
