#include <fmt/format.h>

#include "avro/compatibility.h"
#include "avro/default_value.h"
#include "avro/schema_changes.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

constexpr size_t kNotesMax = 50;

int NumberRank(Type type) {
  return type == Type::kInt ? 1 : type == Type::kLong ? 2 : type == Type::kFloat ? 3 : type == Type::kDouble ? 4 : 0;
}

std::string RemovedNote(const SchemaChange& change, const SchemaChange* added) {
  const Field& field = *change.old_field;
  if (!field.default_json) return "";  // a finding already
  std::string note = fmt::format(
      "Field `{}` is gone. Nothing breaks, but programs on the new schema no longer see its values, and programs on "
      "the "
      "older schema see the default {} in new records.",
      change.path, *field.default_json);
  if (!DefaultValue(*field.type, *field.default_json).ok())
    note = fmt::format(
        "Field `{}` is gone, and its default {} in the older schema does not fit its type: programs on the older "
        "schema "
        "fail when they need it. Put the field back.",
        change.path, *field.default_json);
  if (added != nullptr)
    note += fmt::format(
        " If `{}` is the same field under a new name, add \"aliases\": [\"{}\"] to it, so that old values are still "
        "read.",
        added->path, field.name);
  return note;
}

std::string TypeNote(const SchemaChange& change) {
  const Node& before = *change.old_node;
  const Node& after = *change.new_node;
  if (before.type == after.type && before.type < Type::kRecord)
    return fmt::format(
        "`{}` changed its meaning ({}) but is stored the same way: no rule catches this, and numbers written before "
        "are "
        "misread. A new field is safer.",
        change.path, change.text);
  const int from = NumberRank(before.type);
  const int to = NumberRank(after.type);
  if (from != 0 && from <= 2 && to >= 3 && !(from == 1 && to == 4))
    return fmt::format("`{}` changed ({}): whole numbers of many digits lose their last digits.", change.path,
                       change.text);
  return "";
}

std::string SymbolsNote(const SchemaChange& change) {
  const Node* fallback = change.new_node->default_symbol ? change.new_node : change.old_node;
  if (!fallback->default_symbol) return "";
  return fmt::format("Enum `{}` changed ({}): programs that do not know a symbol see {} instead.", change.path,
                     change.text, *fallback->default_symbol);
}

// The only added field of the same type in the same record.
const SchemaChange* SameFieldRenamed(const std::vector<SchemaChange>& changes, const SchemaChange& removed) {
  const auto parent = [](const std::string& path) { return path.substr(0, path.rfind('.') + 1); };
  const SchemaChange* only = nullptr;
  for (const SchemaChange& change : changes) {
    if (change.kind != SchemaChange::Kind::kAdded || change.text != removed.text) continue;
    if (parent(change.path) != parent(removed.path)) continue;
    if (only != nullptr) return nullptr;
    only = &change;
  }
  return only;
}

}  // namespace

std::vector<Note> NotesOn(const Schema& candidate, const Schema& registered) {
  const std::vector<SchemaChange> changes = ChangesBetween(registered, candidate);
  std::vector<Note> notes;
  bool only_docs = !changes.empty();
  for (const SchemaChange& change : changes) {
    only_docs = only_docs && change.kind == SchemaChange::Kind::kDoc;
    std::string text;
    switch (change.kind) {
      case SchemaChange::Kind::kRemoved:
        text = RemovedNote(change, SameFieldRenamed(changes, change));
        break;
      case SchemaChange::Kind::kType:
        text = TypeNote(change);
        break;
      case SchemaChange::Kind::kSymbols:
        text = SymbolsNote(change);
        break;
      case SchemaChange::Kind::kDefault:
        if (change.old_field->default_json && change.new_field->default_json)
          text = fmt::format(
              "The default of `{}` changed ({}): records without the field read differently on old and new programs.",
              change.path, change.text);
        break;
      default:
        break;
    }
    if (!text.empty() && notes.size() < kNotesMax) notes.push_back({change.path, std::move(text)});
  }
  if (only_docs) notes.push_back({"", "Only documentation differs. Venice registers that under a new id."});
  return notes;
}

}  // namespace venice::avro
