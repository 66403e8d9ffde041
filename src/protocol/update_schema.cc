#include "protocol/update_schema.h"

#include <algorithm>

#include "protocol/schema_graph.h"

namespace venice::protocol {

using avro::Field;
using avro::Node;
using avro::Type;

namespace {

bool IsCollection(const Node& node) { return node.type == Type::kArray || node.type == Type::kMap; }

Field OperationField(const char* name, const Node* type, const char* default_json) {
  Field field;
  field.name = name;
  field.type = type;
  field.default_json = default_json;
  return field;
}

class UpdateSchemaMaker {
 public:
  explicit UpdateSchemaMaker(const Node& value) : value_(value), space_(NamespaceOf(value.name)) {}

  Result<avro::Schema> Make() {
    VENICE_ASSIGN(Node * record, graph_.NewNamed(Type::kRecord, value_.name + update::kRecordSuffix));
    record->doc = value_.doc;
    record->has_doc = value_.has_doc;
    record->is_error = value_.is_error;
    for (const Field& field : value_.fields) {
      if (no_op_ == nullptr) {
        VENICE_ASSIGN(no_op_, graph_.NewNamed(Type::kRecord, InNamespace(space_, update::kNoOp)));
      }
      Field updated;
      updated.name = field.name;
      updated.doc = field.doc;
      updated.has_doc = field.has_doc;
      updated.order = field.order;
      updated.default_json = "{}";  // NoOp
      VENICE_ASSIGN(updated.type, FieldUnion(field));
      record->fields.push_back(std::move(updated));
    }
    return graph_.Finish(record);
  }

 private:
  Result<const Node*> FieldUnion(const Field& field) {
    std::vector<const Node*> branches{no_op_};
    if (field.type->type != Type::kUnion) {
      VENICE_TRY(AddBranches(field.name, *field.type, branches));
      return graph_.FlatUnion(branches);
    }
    const std::vector<const Node*>& all = field.type->branches;
    if (std::count_if(all.begin(), all.end(), [](const Node* branch) { return IsCollection(*branch); }) > 1)
      return Error(ErrorCode::kInvalidSchema,
                   "field " + field.name +
                       ": a union with more than one array or map cannot be updated in part, since additions could "
                       "not tell which one they are for");
    for (const Node* branch : all) VENICE_TRY(AddBranches(field.name, *branch, branches));
    return graph_.FlatUnion(branches);
  }

  // The type itself, and before it the operations on it if it is a collection.
  Status AddBranches(const std::string& field_name, const Node& type, std::vector<const Node*>& branches) {
    if (!IsCollection(type)) {
      VENICE_ASSIGN(const Node* whole, graph_.Import(type));
      branches.push_back(whole);
      return Ok();
    }
    const bool is_list = type.type == Type::kArray;
    VENICE_ASSIGN(Node * operations,
                  graph_.NewNamed(Type::kRecord,
                                  InNamespace(space_, field_name + (is_list ? update::kListOps : update::kMapOps))));
    VENICE_ASSIGN(const Node* whole, graph_.Import(type));
    if (is_list) {
      operations->fields = {OperationField(update::kSetUnion, whole, "[]"),
                            OperationField(update::kSetDiff, whole, "[]")};
    } else {
      const Node* keys = graph_.ArrayOf(graph_.Primitive(Type::kString));
      operations->fields = {OperationField(update::kMapUnion, whole, "{}"),
                            OperationField(update::kMapDiff, keys, "[]")};
    }
    branches.push_back(operations);
    branches.push_back(whole);
    return Ok();
  }

  const Node& value_;
  const std::string space_;
  SchemaGraph graph_;
  const Node* no_op_ = nullptr;
};

}  // namespace

Result<avro::Schema> MakeUpdateSchema(const avro::Schema& value_schema) {
  const Node& value = value_schema.node();
  if (value.type != Type::kRecord)
    return Error(ErrorCode::kInvalidSchema, "only a record can be updated in part, and the value schema is of type " +
                                                std::string(avro::TypeName(value.type)));
  for (const Field& field : value.fields)
    if (!field.default_json)
      return Error(ErrorCode::kInvalidSchema, "field " + field.name +
                                                  " has no default; a value that can be updated in part needs one for "
                                                  "every field of its top record");
  Result<avro::Schema> made = UpdateSchemaMaker(value).Make();
  if (!made.ok()) return std::move(made).error().In("update schema of " + value.name);
  return made;
}

}  // namespace venice::protocol
