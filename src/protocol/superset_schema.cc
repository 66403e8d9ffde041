#include "protocol/superset_schema.h"

#include <algorithm>
#include <map>
#include <utility>

#include "avro/equality.h"
#include "protocol/default_form.h"
#include "protocol/java_hash_order.h"
#include "protocol/schema_graph.h"

namespace venice::protocol {

using avro::Field;
using avro::Node;
using avro::Type;

namespace {

constexpr const char* kJavaString = "avro.java.string";

Error Refuse(const std::string& why) { return Error(ErrorCode::kInvalidSchema, why); }

const Node& WithoutSingleUnion(const Node& node) {
  return node.type == Type::kUnion && node.branches.size() == 1 ? *node.branches[0] : node;
}

std::string Described(const Node& node) {
  const std::string type(avro::TypeName(node.type));
  return node.name.empty() ? type : type + " " + node.name;
}

class Merger {
 public:
  SchemaGraph& graph() { return graph_; }

  Result<const Node*> Merge(const Node& raw_existing, const Node& raw_fresh) {
    const bool both_unions = raw_existing.type == Type::kUnion && raw_fresh.type == Type::kUnion;
    const Node& existing = both_unions ? raw_existing : WithoutSingleUnion(raw_existing);
    const Node& fresh = both_unions ? raw_fresh : WithoutSingleUnion(raw_fresh);
    if (existing.type != fresh.type)
      return Refuse("its type is " + Described(existing) + " in one schema and " + Described(fresh) + " in the other");
    if (graph_.Equal(existing, fresh)) return graph_.Import(existing);
    switch (existing.type) {
      case Type::kRecord:
        return MergeRecords(existing, fresh);
      case Type::kEnum:
      case Type::kFixed:
        return MergeNamed(existing, fresh);
      case Type::kUnion:
        return MergeUnions(existing, fresh);
      case Type::kArray:
      case Type::kMap: {
        VENICE_ASSIGN(const Node* items, Merge(*existing.items, *fresh.items));
        Node& merged = graph_.New(existing.type);
        merged.items = items;
        return &merged;
      }
      case Type::kString:
        return graph_.Import(existing.properties.contains(kJavaString) ? existing : fresh);
      default:
        return graph_.Import(fresh);  // they differ in properties alone
    }
  }

 private:
  Result<const Node*> MergeRecords(const Node& existing, const Node& fresh) {
    if (existing.name != fresh.name)
      return Refuse("a superset needs one name for both records: one is " + existing.name + ", the other " +
                    fresh.name);
    // A record within itself, or met a second time: what is made of the pair already.
    const auto [entry, is_new] = merged_.try_emplace({&existing, &fresh}, nullptr);
    if (!is_new) return entry->second;
    VENICE_ASSIGN(Node * merged, graph_.NewNamed(Type::kRecord, existing.name));
    entry->second = merged;
    graph_.Replace(existing, merged);
    graph_.Replace(fresh, merged);
    merged->doc = existing.doc;
    merged->has_doc = existing.has_doc;
    for (const Field& field : fresh.fields) {
      const int at = existing.FieldIndex(field.name);
      Result<Field> both = at < 0 ? Copy(field) : MergeFields(existing.fields[static_cast<size_t>(at)], field);
      if (!both.ok()) return std::move(both).error().In("field " + field.name);
      merged->fields.push_back(std::move(both).value());
    }
    for (const Field& field : existing.fields) {
      if (fresh.FieldIndex(field.name) >= 0) continue;
      VENICE_ASSIGN(Field copy, Copy(field));
      merged->fields.push_back(std::move(copy));
    }
    graph_.Release(existing);
    graph_.Release(fresh);
    return merged;
  }

  // Aliases are left out, as Venice does.
  static Field WithoutType(const Field& field) {
    Field copy = field;
    copy.aliases.clear();
    copy.type = nullptr;
    if (field.default_json) copy.default_json = DefaultInJavaForm(*field.type, *field.default_json);
    return copy;
  }

  Result<Field> Copy(const Field& field) {
    Field copy = WithoutType(field);
    VENICE_ASSIGN(copy.type, graph_.Import(*field.type));
    return copy;
  }

  Result<Field> MergeFields(const Field& existing, const Field& fresh) {
    Field both = WithoutType(fresh);
    VENICE_ASSIGN(both.type, Merge(*existing.type, *fresh.type));
    if (!both.has_doc) {
      both.doc = existing.doc;
      both.has_doc = existing.has_doc;
    }
    if (!both.default_json && existing.default_json)
      both.default_json = DefaultInJavaForm(*existing.type, *existing.default_json);
    return both;
  }

  // The symbols of both, or one size, with the properties of both.
  Result<const Node*> MergeNamed(const Node& existing, const Node& fresh) {
    if (existing.fixed_size != fresh.fixed_size)
      return Refuse("fixed " + fresh.name + " has " + std::to_string(existing.fixed_size) +
                    " bytes in one schema and " + std::to_string(fresh.fixed_size) + " in the other");
    const auto [entry, is_new] = merged_.try_emplace({&existing, &fresh}, nullptr);
    if (!is_new) return entry->second;
    VENICE_ASSIGN(Node * merged, graph_.NewNamed(fresh.type, fresh.name));
    entry->second = merged;
    merged->doc = fresh.doc;
    merged->has_doc = fresh.has_doc;
    merged->fixed_size = fresh.fixed_size;
    merged->default_symbol = fresh.default_symbol;
    merged->symbols = existing.symbols;
    for (const std::string& symbol : fresh.symbols)
      if (existing.SymbolIndex(symbol) < 0) merged->symbols.push_back(symbol);
    for (const avro::Property& property : existing.properties)
      if (!fresh.properties.contains(property.name)) merged->properties.Add(property.name, property.json);
    for (const avro::Property& property : fresh.properties) merged->properties.Add(property.name, property.json);
    return merged;
  }

  // The branches of `fresh` in their order, then those that only `existing` has, in the order of Java's hash map of
  // their names: the position of a branch is part of the encoding.
  Result<const Node*> MergeUnions(const Node& existing, const Node& fresh) {
    std::vector<std::string> names;
    for (const Node* branch : existing.branches) {
      names.emplace_back(SimpleName(branch->BranchName()));
      if (std::count(names.begin(), names.end(), names.back()) > 1)
        return Refuse("a union has two types named " + names.back() + ", in different namespaces");
    }
    Node& merged = graph_.New(Type::kUnion);
    std::vector<bool> used(names.size(), false);
    for (const Node* branch : fresh.branches) {
      const auto at = std::find(names.begin(), names.end(), SimpleName(branch->BranchName())) - names.begin();
      const auto index = static_cast<size_t>(at);
      const bool in_both = index < names.size() && !used[index];
      const Node* made = nullptr;
      if (in_both) {
        used[index] = true;
        VENICE_ASSIGN(made, Merge(*existing.branches[index], *branch));
      } else {
        VENICE_ASSIGN(made, graph_.Import(*branch));
      }
      merged.branches.push_back(made);
    }
    for (const size_t i : JavaHashOrder(names)) {
      if (used[i]) continue;
      VENICE_ASSIGN(const Node* left, graph_.Import(*existing.branches[i]));
      merged.branches.push_back(left);
    }
    return &merged;
  }

  SchemaGraph graph_;
  std::map<std::pair<const Node*, const Node*>, const Node*> merged_;
};

// Whether Java reads the default as its own strings: the text itself, or the keys of a map that has some.
bool HasJavaStrings(const Field& field) {
  const Node& type =
      field.type->type == Type::kUnion && !field.type->branches.empty() ? *field.type->branches[0] : *field.type;
  const bool holds_text = type.type == Type::kString || (type.type == Type::kMap && *field.default_json != "{}");
  return holds_text && type.properties.contains(kJavaString);
}

// The values that the two defaults stand for. One that Java reads as its own string never equals one of Avro's.
bool SameDefault(const Field& a, const Field& b) {
  if (a.default_json && b.default_json && *a.default_json != "null" && HasJavaStrings(a) != HasJavaStrings(b))
    return false;
  const auto form = [](const Field& field) {
    const std::string none = "null";  // Java sees no difference between no default and null
    return field.default_json ? DefaultInJavaForm(*field.type, *field.default_json) : none;
  };
  return form(a) == form(b);
}

class OrderBlindComparison {
 public:
  bool Same(const Node& a, const Node& b) {
    if (a.type != b.type) return false;
    if (a.type == Type::kString || equality_.Equal(a, b)) return true;
    switch (a.type) {
      case Type::kRecord:
        return NamespaceOf(a.name) == NamespaceOf(b.name) && SameFields(a, b);
      case Type::kArray:
      case Type::kMap:
        return Same(*a.items, *b.items);
      case Type::kUnion:
        return std::all_of(a.branches.begin(), a.branches.end(), [&](const Node* branch) {
          return std::any_of(b.branches.begin(), b.branches.end(), [&](const Node* other) {
            return SimpleName(branch->BranchName()) == SimpleName(other->BranchName()) && Same(*branch, *other);
          });
        });
      case Type::kEnum:
        return a.symbols == b.symbols;
      case Type::kFixed:
        return a.name == b.name && a.fixed_size == b.fixed_size;
      default:
        return true;
    }
  }

 private:
  bool SameFields(const Node& a, const Node& b) {
    if (a.fields.size() != b.fields.size()) return false;
    if (!open_.emplace(std::pair(&a, &b), true).second) return true;
    return std::all_of(a.fields.begin(), a.fields.end(), [&](const Field& field) {
      const int at = b.FieldIndex(field.name);
      if (at < 0) return false;
      const Field& other = b.fields[static_cast<size_t>(at)];
      return SameDefault(field, other) && Same(*field.type, *other.type);
    });
  }

  avro::EqualityCache equality_;
  std::map<std::pair<const Node*, const Node*>, bool> open_;
};

}  // namespace

Result<avro::Schema> MakeSuperset(const avro::Schema& existing, const avro::Schema& fresh) {
  Merger merger;
  Result<const Node*> merged = merger.Merge(existing.node(), fresh.node());
  if (!merged.ok()) return std::move(merged).error().In("superset schema");
  return merger.graph().Finish(*merged);
}

Result<avro::Schema> MakeSupersetOfAll(const std::vector<avro::Schema>& schemas) {
  if (schemas.empty()) return Refuse("there is no value schema to make a superset of");
  avro::Schema superset = schemas.front();
  for (size_t i = 1; i < schemas.size(); ++i) {
    VENICE_ASSIGN(superset, MakeSuperset(superset, schemas[i]));
  }
  return superset;
}

bool SameButForFieldOrder(const avro::Schema& schema, const avro::Schema& other) {
  return OrderBlindComparison().Same(schema.node(), other.node());
}

}  // namespace venice::protocol
