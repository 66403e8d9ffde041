#include "avro/aliases.h"

#include <unordered_set>
#include <vector>

namespace venice::avro {
namespace {

// Calls visit(node) for every type below and including the root, once for each record, parents first.
template <typename Visit>
void Walk(const Node& root, Visit visit) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> waiting = {&root};
  while (!waiting.empty()) {
    const Node& node = *waiting.back();
    waiting.pop_back();
    if (!seen.insert(&node).second) continue;
    visit(node);
    for (auto field = node.fields.rbegin(); field != node.fields.rend(); ++field) waiting.push_back(field->type);
    for (auto branch = node.branches.rbegin(); branch != node.branches.rend(); ++branch) waiting.push_back(*branch);
    if (node.items != nullptr) waiting.push_back(node.items);
  }
}

}  // namespace

Aliases::Aliases(const Node& reader) {
  Walk(reader, [&](const Node& node) {
    for (const std::string& alias : node.aliases) types_[alias] = node.name;
    for (const Field& field : node.fields) {
      for (const std::string& alias : field.aliases) fields_[node.name][alias] = field.name;
    }
  });
}

std::string_view Aliases::NameOf(const Node& writer) const {
  if (types_.empty()) return writer.name;
  const auto found = types_.find(writer.name);
  return found == types_.end() ? std::string_view(writer.name) : found->second;
}

std::string_view Aliases::FieldName(const Node& record, const Field& field) const {
  if (fields_.empty()) return field.name;
  const auto names = fields_.find(NameOf(record));
  if (names == fields_.end()) return field.name;
  const auto found = names->second.find(field.name);
  return found == names->second.end() ? std::string_view(field.name) : found->second;
}

Status Aliases::CheckRenamed(const Node& writer) const {
  if (types_.empty() && fields_.empty()) return Ok();
  std::string problem;
  Walk(writer, [&](const Node& node) {
    std::unordered_set<std::string_view> names;
    for (const Field& field : node.fields) {
      const std::string_view name = FieldName(node, field);
      if (names.insert(name).second) continue;
      problem = fmt::format("the reader's aliases make two fields of the writer's {} its field {}", node.name, name);
    }
    for (const Node* branch : node.branches) {
      const std::string_view name = branch->name.empty() ? branch->BranchName() : NameOf(*branch);
      if (names.insert(name).second) continue;
      problem = fmt::format("the reader's aliases make two branches of a union of the writer its {}", name);
    }
  });
  if (problem.empty()) return Ok();
  return Error(ErrorCode::kInvalidSchema, std::move(problem));
}

}  // namespace venice::avro
