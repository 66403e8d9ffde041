#include "controller/schema_admin.h"

#include <set>
#include <vector>

#include "avro/resolver.h"
#include "avro/schema.h"
#include "base/log.h"

namespace venice::controller {

namespace {

constexpr std::string_view kReservedField = "__veniceComputationError__";

void CollectDocs(const avro::Node& node, std::set<const avro::Node*>& seen, std::string& out) {
  if (!seen.insert(&node).second) return;
  out += node.name + '\x1f' + node.doc + '\x1e';
  for (const avro::Field& field : node.fields) {
    out += field.name + '\x1f' + field.doc + '\x1e';
    CollectDocs(*field.type, seen, out);
  }
  if (node.items != nullptr) CollectDocs(*node.items, seen, out);
  for (const avro::Node* branch : node.branches) CollectDocs(*branch, seen, out);
}

std::string Docs(const avro::Schema& schema) {
  std::set<const avro::Node*> seen;
  std::string docs;
  CollectDocs(schema.node(), seen, docs);
  return docs;
}

Result<avro::Schema> Parse(const std::string& text, std::string_view what) {
  Result<avro::Schema> schema = avro::Schema::Parse(text);
  if (!schema.ok()) return Error(ErrorCode::kInvalidSchema, std::string(what) + ": " + schema.error().message());
  return schema;
}

}  // namespace

std::optional<Compatibility> ParseCompatibility(std::string_view text) {
  if (text == "FULL") return Compatibility::kFull;
  if (text == "BACKWARD") return Compatibility::kBackward;
  if (text == "FORWARD") return Compatibility::kForward;
  if (text == "NONE") return Compatibility::kNone;
  return std::nullopt;
}

Result<std::string> NormalizeSchema(const std::string& text, std::string_view what) {
  VENICE_ASSIGN(const avro::Schema schema, Parse(text, what));
  return schema.ToJson();
}

Result<std::optional<int32_t>> JudgeNewValueSchema(const metadata::StoreSchemas& known, const std::string& text,
                                                   Compatibility compatibility) {
  VENICE_ASSIGN(const avro::Schema schema, Parse(text, "value schema"));
  if (schema.type() == avro::Type::kRecord && schema.node().FieldIndex(kReservedField) >= 0)
    return Error(ErrorCode::kInvalidSchema,
                 "value schema: field " + std::string(kReservedField) + " is reserved for read computations");
  for (const metadata::SchemaEntry& entry : known.values) {
    Result<avro::Schema> old = avro::Schema::Parse(entry.text, avro::Schema::Defaults::kAccept);
    if (!old.ok()) continue;
    if (old->SameAs(schema) && Docs(*old) == Docs(schema)) return std::optional<int32_t>(entry.id);
  }
  for (const metadata::SchemaEntry& entry : known.values) {
    Result<avro::Schema> old = avro::Schema::Parse(entry.text, avro::Schema::Defaults::kAccept);
    if (!old.ok())
      return Error(ErrorCode::kInvalidSchema,
                   "registered value schema " + std::to_string(entry.id) + " cannot be read: " + old.error().message());
    const auto refuse = [&](const Status& why, const char* direction) {
      return Error(ErrorCode::kInvalidSchema,
                   "value schema is not compatible with value schema " + std::to_string(entry.id) + " (" + direction +
                       "): " + why.error().message() + "; give new fields a default, and change no type");
    };
    if (compatibility == Compatibility::kFull || compatibility == Compatibility::kBackward)
      if (Status can = avro::CheckCanRead(schema, *old); !can.ok())
        return refuse(can, "the new one cannot read old data");
    if (compatibility == Compatibility::kFull || compatibility == Compatibility::kForward)
      if (Status can = avro::CheckCanRead(*old, schema); !can.ok())
        return refuse(can, "the old one cannot read new data");
  }
  return std::optional<int32_t>();
}

Result<std::optional<int32_t>> FindValueSchema(const metadata::StoreSchemas& known, const std::string& text) {
  VENICE_ASSIGN(const avro::Schema schema, Parse(text, "value schema"));
  std::optional<int32_t> found;
  for (const metadata::SchemaEntry& entry : known.values) {
    Result<avro::Schema> old = avro::Schema::Parse(entry.text, avro::Schema::Defaults::kAccept);
    if (old.ok() && old->SameAs(schema)) found = entry.id;
  }
  return found;
}

Result<metadata::StoreSchemas> SchemaAdmin::Schemas(const std::string& store) {
  VENICE_TRY(context_.Store(store));
  VENICE_ASSIGN(std::optional<metadata::StoreSchemas> schemas, context_.stores.Schemas(store));
  return schemas ? *std::move(schemas) : metadata::StoreSchemas();
}

Result<metadata::SchemaEntry> SchemaAdmin::AddValueSchema(const std::string& store, const std::string& text,
                                                          int32_t wanted_id, Compatibility compatibility) {
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  if (Result<metadata::Store> record = context_.Store(store); !record.ok()) {
    // Venice's answer to an unknown store here.
    if (record.error().code() == ErrorCode::kStoreNotFound)
      return Error(ErrorCode::kInvalidSchema, record.error().message());
    return std::move(record).error();
  }
  VENICE_ASSIGN(const metadata::StoreSchemas known, Schemas(store));
  VENICE_ASSIGN(const std::optional<int32_t> equal, JudgeNewValueSchema(known, text, compatibility));
  if (equal) return metadata::SchemaEntry{*equal, known.Value(*equal)->text};
  VENICE_ASSIGN(const std::string normalized, NormalizeSchema(text, "value schema"));
  const int32_t id = known.values.empty() ? 1 : known.values.back().id + 1;
  if (wanted_id > 0 && wanted_id != id)
    return Error(ErrorCode::kInvalidSchema, "value schema of store " + store + " would get id " + std::to_string(id) +
                                                ", not " + std::to_string(wanted_id));
  VENICE_TRY(context_.stores.AddValueSchema(store, id, normalized));
  LogInfo("schema.added", {{"store", store}, {"id", id}});
  return metadata::SchemaEntry{id, normalized};
}

}  // namespace venice::controller
