#include "admin/schema_document.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "avro/names.h"
#include "avro/schema_changes.h"
#include "avro/type_words.h"

namespace venice::admin {
namespace {

using avro::Field;
using avro::Node;
using avro::Schema;
using avro::Type;

class RowMaker {
 public:
  std::vector<FieldRow> rows;
  bool cut = false;

  void AddValue(const Node& node) {
    if (node.type == Type::kRecord) return Expand(node, "", 0, nullptr);
    Add({.type = avro::TypeInWords(node), .is_field = false}, node, 0);
  }

 private:
  // A row for something of this type, and the rows below it.
  void Add(FieldRow row, const Node& node, int depth) {
    if (rows.size() >= kFieldRowsMax) {
      cut = true;
      return;
    }
    row.depth = depth;
    const size_t index = rows.size();
    const std::string path = row.path;
    rows.push_back(std::move(row));
    FieldRow extra;
    Expand(node, path, depth + 1, &extra);
    rows[index].type_doc = std::move(extra.type_doc);
    rows[index].symbols = std::move(extra.symbols);
    rows[index].default_symbol = std::move(extra.default_symbol);
    rows[index].expanded_at = std::move(extra.expanded_at);
    rows[index].recursive = extra.recursive;
  }

  // The rows of what is inside `node`; what belongs on the row of its holder goes to `holder`.
  void Expand(const Node& node, const std::string& path, int depth, FieldRow* holder) {
    switch (node.type) {
      case Type::kArray:
        return Expand(*node.items, path + "[]", depth, holder);
      case Type::kMap:
        return Expand(*node.items, path + "{}", depth, holder);
      case Type::kUnion:
        return ExpandUnion(node, path, depth, holder);
      case Type::kRecord:
        return ExpandRecord(node, path, depth, holder);
      case Type::kEnum:
        if (holder == nullptr) return;
        holder->type_doc = node.doc;
        holder->symbols = node.symbols;
        holder->default_symbol = node.default_symbol.value_or("");
        return;
      default:
        if (holder != nullptr) holder->type_doc = node.doc;
        return;
    }
  }

  void ExpandUnion(const Node& node, const std::string& path, int depth, FieldRow* holder) {
    const size_t cases = node.branches.size() - (avro::HasNullBranch(node) ? 1 : 0);
    for (const Node* branch : node.branches) {
      if (cases == 1) {
        Expand(*branch, path, depth, branch->type == Type::kNull ? nullptr : holder);
      } else if (branch->type >= Type::kRecord) {
        // Only what has something inside needs a row of its own.
        Add({.path = fmt::format("{}<{}>", path, avro::SimpleName(branch->BranchName())),
             .type = avro::TypeInWords(*branch),
             .is_field = false},
            *branch, depth);
      }
    }
  }

  void ExpandRecord(const Node& node, const std::string& path, int depth, FieldRow* holder) {
    if (holder != nullptr) holder->type_doc = node.doc;
    const auto [place, fresh] = places_.insert({&node, path});
    if (!fresh) {
      if (holder == nullptr) return;
      holder->expanded_at = place->second;
      holder->recursive = open_.contains(&node);
      return;
    }
    open_.insert(&node);
    for (const Field& field : node.fields) {
      Add({.path = Join(path, field.name),
           .type = avro::TypeInWords(*field.type),
           .has_default = field.default_json.has_value(),
           .default_json = field.default_json.value_or(""),
           .doc = field.doc,
           .aliases = field.aliases},
          *field.type, depth);
    }
    open_.erase(&node);
  }

  // Long names in deep records would make every path below them as long as all of them.
  static std::string Join(const std::string& path, const std::string& name) {
    constexpr size_t kPathBytesMax = 2'000;
    if (path.empty()) return name;
    return (path.size() > kPathBytesMax ? "..." : path) + "." + name;
  }

  std::map<const Node*, std::string> places_;  // where a record's fields are listed
  std::set<const Node*> open_;                 // records that the walk is inside of
};

std::string Date(int64_t ms) {
  // 9999-12-31: a clock that is further off is none.
  if (ms <= 0 || ms > 253'402'300'799'000) return "";
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

std::optional<Schema> Parsed(const std::string& text) {
  auto schema = Schema::Parse(text, Schema::Defaults::kAccept);
  return schema.ok() ? std::optional(*std::move(schema)) : std::nullopt;
}

std::string FirstVersion(const Schema& schema) {
  if (schema.type() != Type::kRecord) return "first version: " + avro::TypeInWords(schema.node());
  const size_t count = schema->fields.size();
  return fmt::format("first version, {} field{}", count, count == 1 ? "" : "s");
}

std::vector<VersionRow> VersionRows(const StoreSchemas& schemas) {
  std::vector<VersionRow> rows;
  std::optional<Schema> before;
  for (const StoreSchemas::Version& version : schemas.versions) {
    VersionRow row{
        .id = version.id, .registered = Date(version.registered_ms), .superset = version.id == schemas.superset_id};
    std::optional<Schema> schema = Parsed(version.text);
    if (!schema) {
      row.change = "cannot be read";
    } else if (!before) {
      row.change = FirstVersion(*schema);
    } else {
      row.change = avro::ChangeSummary(avro::ChangesBetween(*before, *schema));
    }
    if (schema) before = std::move(schema);
    rows.push_back(std::move(row));
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

std::string ValueType(const Node& node) {
  if (node.type != Type::kRecord && node.type != Type::kEnum && node.type != Type::kFixed)
    return avro::TypeInWords(node);
  return fmt::format("{} {}", avro::TypeName(node.type), node.name);
}

}  // namespace

SchemaDocument DescribeStore(const StoreSchemas& schemas) {
  SchemaDocument document{.store = schemas.name,
                          .cluster = schemas.cluster,
                          .owner = schemas.owner,
                          .current_version = schemas.current_version,
                          .versions = VersionRows(schemas)};
  if (const auto key = Parsed(schemas.key_schema)) document.key_type = ValueType(key->node());
  if (schemas.versions.empty()) return document;
  const StoreSchemas::Version& latest = schemas.versions.back();
  document.latest = latest.id;
  document.latest_json = latest.text;
  const auto schema = Schema::Parse(latest.text, Schema::Defaults::kAccept);
  if (!schema.ok()) {
    document.problem = schema.error().message();
    return document;
  }
  document.value_type = ValueType(schema->node());
  document.doc = (*schema)->doc;
  document.latest_json = nlohmann::ordered_json::parse(schema->ToJson(), nullptr, false).dump(2);
  RowMaker maker;
  maker.AddValue(schema->node());
  document.fields = std::move(maker.rows);
  document.fields_cut = maker.cut;
  return document;
}

}  // namespace venice::admin
