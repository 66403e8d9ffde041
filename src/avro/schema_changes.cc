#include "avro/schema_changes.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "avro/names.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

constexpr int kDepthMax = 512;
constexpr size_t kListedMax = 4;        // of one kind in a summary
constexpr size_t kWordsBytesMax = 120;  // of one side of a change

// Backticks are for paths.
std::string Shortened(std::string text) {
  std::replace(text.begin(), text.end(), '`', '\'');
  if (text.size() <= kWordsBytesMax) return text;
  size_t end = kWordsBytesMax - 3;
  while ((static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;  // not in the middle of a character
  return text.substr(0, end) + "...";
}

// With the logical type as written when it has no words of its own: a change of it is a change of meaning.
std::string Words(const Node& node) {
  std::string words = Shortened(TypeInWords(node));
  if (node.type < Type::kRecord && !node.LogicalType().empty() && words == TypeName(node.type))
    words += fmt::format(" ({})", Shortened(node.LogicalType()));
  return words;
}

// Long names in deep records would make every path below them as long as all of them.
std::string Join(const std::string& path, const std::string& name) {
  constexpr size_t kPathBytesMax = 2'000;
  if (path.empty()) return name;
  return (path.size() > kPathBytesMax ? "..." : path) + "." + name;
}

class Walker {
 public:
  std::vector<SchemaChange> changes;

  void Walk(const Node& before, const Node& after, const std::string& path, int depth) {
    if (depth > kDepthMax || changes.size() >= kChangesMax) return;
    if (!seen_.insert({&before, &after}).second) return;
    if (before.type == Type::kUnion || after.type == Type::kUnion) return WalkUnion(before, after, path, depth);
    if (Words(before) != Words(after)) {
      Add({.kind = SchemaChange::Kind::kType,
           .path = path,
           .text = fmt::format("{} -> {}", Words(before), Words(after)),
           .old_node = &before,
           .new_node = &after});
      if (before.type != after.type) return;
    }
    if (before.doc != after.doc) Add({.kind = SchemaChange::Kind::kDoc, .path = path});
    if (before.type == Type::kArray) return Walk(*before.items, *after.items, path + "[]", depth + 1);
    if (before.type == Type::kMap) return Walk(*before.items, *after.items, path + "{}", depth + 1);
    if (before.type == Type::kEnum) return WalkSymbols(before, after, path);
    if (before.type == Type::kRecord) return WalkFields(before, after, path, depth);
  }

 private:
  void Add(SchemaChange change) {
    if (changes.size() < kChangesMax) changes.push_back(std::move(change));
  }

  void WalkUnion(const Node& before, const Node& after, const std::string& path, int depth) {
    if (Words(before) != Words(after)) {
      Add({.kind = SchemaChange::Kind::kType,
           .path = path,
           .text = fmt::format("{} -> {}", Words(before), Words(after)),
           .old_node = &before,
           .new_node = &after});
    }
    const auto branches = [](const Node& node) {
      return node.type == Type::kUnion ? node.branches : std::vector<const Node*>{&node};
    };
    std::unordered_map<std::string_view, const Node*> by_name;
    for (const Node* branch : branches(before)) by_name[SimpleName(branch->BranchName())] = branch;
    const size_t shown = branches(after).size() - (HasNullBranch(after) ? 1 : 0);
    for (const Node* branch : branches(after)) {
      const std::string_view name = SimpleName(branch->BranchName());
      const auto found = by_name.find(name);
      if (found == by_name.end()) continue;
      Walk(*found->second, *branch, shown > 1 ? fmt::format("{}<{}>", path, name) : path, depth + 1);
    }
  }

  void WalkSymbols(const Node& before, const Node& after, const std::string& path) {
    std::string text;
    const auto list = [&](const Node& from, const Node& without, char sign) {
      const std::set<std::string_view> known(without.symbols.begin(), without.symbols.end());
      for (const std::string& symbol : from.symbols) {
        if (!known.contains(symbol)) text += fmt::format("{}{}{}", text.empty() ? "" : " ", sign, symbol);
      }
    };
    list(after, before, '+');
    list(before, after, '-');
    if (text.empty()) return;
    Add({.kind = SchemaChange::Kind::kSymbols,
         .path = path,
         .text = Shortened(std::move(text)),
         .old_node = &before,
         .new_node = &after});
  }

  void WalkFields(const Node& before, const Node& after, const std::string& path, int depth) {
    std::unordered_map<std::string_view, const Field*> left;
    for (const Field& field : before.fields) left[field.name] = &field;
    const auto take = [&](std::string_view name) -> const Field* {
      const auto found = left.find(name);
      if (found == left.end()) return nullptr;
      const Field* field = found->second;
      left.erase(found);
      return field;
    };
    // Names first: an alias must not take another field's partner.
    std::vector<const Field*> partners;
    for (const Field& field : after.fields) partners.push_back(take(field.name));
    for (size_t i = 0; i < after.fields.size(); ++i) {
      const Field& field = after.fields[i];
      const std::string here = Join(path, field.name);
      const Field* partner = partners[i];
      for (size_t a = 0; partner == nullptr && a < field.aliases.size(); ++a) {
        partner = take(field.aliases[a]);
        if (partner != nullptr)
          Add({.kind = SchemaChange::Kind::kRenamed,
               .path = here,
               .text = partner->name,
               .old_field = partner,
               .new_field = &field});
      }
      if (partner == nullptr) {
        Add({.kind = SchemaChange::Kind::kAdded, .path = here, .text = Words(*field.type), .new_field = &field});
        continue;
      }
      CompareAttributes(*partner, field, here);
      Walk(*partner->type, *field.type, here, depth + 1);
    }
    for (const Field& field : before.fields) {
      if (!left.contains(field.name)) continue;
      Add({.kind = SchemaChange::Kind::kRemoved,
           .path = Join(path, field.name),
           .text = Words(*field.type),
           .old_field = &field});
    }
  }

  void CompareAttributes(const Field& before, const Field& after, const std::string& path) {
    if (before.doc != after.doc) Add({.kind = SchemaChange::Kind::kDoc, .path = path});
    if (before.default_json == after.default_json) return;
    const auto text = [](const Field& field) { return field.default_json ? Shortened(*field.default_json) : "none"; };
    Add({.kind = SchemaChange::Kind::kDefault,
         .path = path,
         .text = fmt::format("{} -> {}", text(before), text(after)),
         .old_field = &before,
         .new_field = &after});
  }

  std::set<std::pair<const Node*, const Node*>> seen_;
};

std::string Quoted(const std::string& path) { return path.empty() ? "the value" : "`" + path + "`"; }

}  // namespace

std::vector<SchemaChange> ChangesBetween(const Schema& old_schema, const Schema& new_schema) {
  Walker walker;
  walker.Walk(old_schema.node(), new_schema.node(), "", 0);
  return std::move(walker.changes);
}

std::string ChangeSummary(const std::vector<SchemaChange>& changes) {
  using Kind = SchemaChange::Kind;
  std::string summary;
  // One kind after the other, each with its first few.
  const auto part = [&](std::string_view lead, std::initializer_list<Kind> kinds, auto describe) {
    size_t count = 0;
    for (const SchemaChange& change : changes) {
      if (std::find(kinds.begin(), kinds.end(), change.kind) == kinds.end()) continue;
      if (count++ >= kListedMax) continue;
      summary += count > 1 ? ", " : summary.empty() ? "" : "; ";
      if (count == 1) summary += lead;
      summary += describe(change);
    }
    if (count > kListedMax) summary += fmt::format(" and {} more", count - kListedMax);
  };
  const auto name = [](const SchemaChange& change) { return Quoted(change.path); };
  part("added ", {Kind::kAdded}, name);
  part("removed ", {Kind::kRemoved}, name);
  part("renamed ", {Kind::kRenamed},
       [&](auto& change) { return fmt::format("`{}` to {}", change.text, name(change)); });
  part("", {Kind::kType, Kind::kSymbols},
       [&](auto& change) { return fmt::format("{}: {}", name(change), change.text); });
  part("default of ", {Kind::kDefault}, [&](auto& change) { return fmt::format("{}: {}", name(change), change.text); });
  part("doc of ", {Kind::kDoc}, name);
  return summary.empty() ? "nothing" : summary;
}

}  // namespace venice::avro
