#include "protocol/schema_graph.h"

namespace venice::protocol {

using avro::Field;
using avro::Node;
using avro::Type;

namespace {

Error Taken(const std::string& name) {
  return Error(ErrorCode::kInvalidSchema, "two different types would be named " + name +
                                              "; Avro wants names to be unique: rename the one in the value schema");
}

}  // namespace

std::string_view NamespaceOf(std::string_view full_name) {
  const size_t dot = full_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : full_name.substr(0, dot);
}

std::string_view SimpleName(std::string_view full_name) { return full_name.substr(full_name.rfind('.') + 1); }

std::string InNamespace(std::string_view name_space, std::string_view name) {
  std::string full(name_space);
  if (!full.empty()) full += '.';
  return full += name;
}

Node& SchemaGraph::New(Type type) {
  Node& node = nodes_->emplace_back();
  node.type = type;
  return node;
}

Result<Node*> SchemaGraph::NewNamed(Type type, std::string full_name) {
  if (named_.contains(full_name)) return Taken(full_name);
  Node& node = New(type);
  node.name = std::move(full_name);
  named_[node.name] = {&node, &node};
  return &node;
}

const Node* SchemaGraph::Primitive(Type type) {
  const Node*& node = primitives_[type];
  if (node == nullptr) node = &New(type);
  return node;
}

const Node* SchemaGraph::ArrayOf(const Node* items) {
  Node& array = New(Type::kArray);
  array.items = items;
  return &array;
}

const Node* SchemaGraph::FlatUnion(const std::vector<const Node*>& branches) {
  Node& node = New(Type::kUnion);
  for (const Node* branch : branches) {
    if (branch->type == Type::kUnion)
      node.branches.insert(node.branches.end(), branch->branches.begin(), branch->branches.end());
    else
      node.branches.push_back(branch);
  }
  return &node;
}

Result<const Node*> SchemaGraph::Import(const Node& node) {
  if (const auto found = stand_ins_.find(&node); found != stand_ins_.end()) return found->second;
  const bool is_named = node.type == Type::kRecord || node.type == Type::kEnum || node.type == Type::kFixed;
  if (is_named) {
    if (const auto found = named_.find(node.name); found != named_.end()) {
      if (!equality_.Equal(*found->second.original, node)) return Taken(node.name);
      return found->second.copy;
    }
  }
  Node& copy = nodes_->emplace_back(node);
  if (is_named) named_[node.name] = {&node, &copy};
  VENICE_TRY(ImportFields(node, copy));
  if (node.items != nullptr) {
    VENICE_ASSIGN(copy.items, Import(*node.items));
  }
  for (size_t i = 0; i < node.branches.size(); ++i) {
    VENICE_ASSIGN(copy.branches[i], Import(*node.branches[i]));
  }
  return &copy;
}

Status SchemaGraph::ImportFields(const Node& from, Node& to) {
  for (size_t i = 0; i < from.fields.size(); ++i) {
    VENICE_ASSIGN(to.fields[i].type, Import(*from.fields[i].type));
  }
  return Ok();
}

Result<avro::Schema> SchemaGraph::Finish(const Node* root) const {
  const avro::Schema whole = avro::Schema::Of(std::shared_ptr<const Node>(nodes_, root));
  return avro::Schema::Parse(whole.ToJson(), avro::Schema::Defaults::kAccept);
}

}  // namespace venice::protocol
