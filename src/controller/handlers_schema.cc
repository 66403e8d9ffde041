// Handlers of schemas.
#include <algorithm>

#include "avro/schema.h"
#include "controller/handlers.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::GeneratedSchemaEntry;
using metadata::SchemaEntry;
using metadata::StoreSchemas;

void Answer(Call& call, const SchemaEntry& schema) {
  call.out["id"] = schema.id;
  call.out["derivedSchemaId"] = -1;
  call.out["schemaStr"] = schema.text;
}

void Answer(Call& call, int32_t id, const GeneratedSchemaEntry& schema) {
  call.out["id"] = id;
  call.out["derivedSchemaId"] = schema.id;
  call.out["schemaStr"] = schema.text;
}

Status GetKeySchema(Call& call) {
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  if (schemas.key.text.empty())
    return Error(ErrorCode::kSchemaNotFound, "store " + call.Store() + " has no key schema yet: it is being created");
  Answer(call, schemas.key);
  return Ok();
}

Status AddValueSchema(Call& call) {
  ValueSchemaRequest request{.text = call.Text(param::kValueSchema)};
  if (!call.Text(param::kSchemaId).empty()) {
    VENICE_ASSIGN(request.wanted_id, call.Integer(param::kSchemaId));
    if (const std::string text = call.Text("schema_compat_type"); !text.empty()) {
      const std::optional<avro::Compatibility> parsed = avro::ParseCompatibility(text);
      if (!parsed)
        return Error(ErrorCode::kInvalidArgument,
                     "parameter schema_compat_type=" + text + ": must be FULL, BACKWARD, FORWARD or NONE");
      request.mode = *parsed;
    }
  }
  VENICE_ASSIGN(const SchemaEntry schema, call.cluster->schemas().AddValueSchema(call.Store(), request));
  Answer(call, schema);
  return Ok();
}

Status GetValueSchema(Call& call) {
  VENICE_ASSIGN(const int32_t id, call.Integer(param::kSchemaId));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  const SchemaEntry* schema = schemas.Value(id);
  if (schema == nullptr) {
    call.http_status = 500;  // Venice re-wraps the exception
    return Error(ErrorCode::kInvalidSchema,
                 "Value schema for schema id: " + std::to_string(id) + " of store: " + call.Store() + " doesn't exist");
  }
  Answer(call, *schema);
  return Ok();
}

Status GetValueSchemaId(Call& call) {
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  VENICE_ASSIGN(const std::optional<int32_t> id, FindValueSchema(schemas, call.Text(param::kValueSchema)));
  if (!id) {
    call.http_status = 500;  // as above
    return Error(ErrorCode::kInvalidSchema,
                 "Can not find any registered value schema for the store " + call.Store() +
                     " that matches the schema of data being pushed; register it with add_value_schema");
  }
  Answer(call, *schemas.Value(*id));
  return Ok();
}

Json EntryJson(int32_t id, int32_t derived_id, int32_t metadata_value_id, const std::string& text) {
  Json entry;
  entry["id"] = id;
  entry["derivedSchemaId"] = derived_id;
  entry["rmdValueSchemaId"] = metadata_value_id;
  entry["schemaStr"] = text;
  return entry;
}

Status GetAllValueSchemas(Call& call) {
  VENICE_ASSIGN(const metadata::Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = store.latest_superset_value_schema_id;
  Json list = Json::array();
  for (const SchemaEntry& schema : schemas.values) list.push_back(EntryJson(schema.id, -1, -1, schema.text));
  call.out["schemas"] = std::move(list);
  return Ok();
}

Status GetAllValueAndDerivedSchemas(Call& call) {
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = -1;  // Venice does not fill it in here
  Json list = Json::array();
  for (const SchemaEntry& schema : schemas.values) list.push_back(EntryJson(schema.id, -1, -1, schema.text));
  for (const GeneratedSchemaEntry& schema : schemas.derived)
    list.push_back(EntryJson(schema.value_id, schema.id, -1, schema.text));
  call.out["schemas"] = std::move(list);
  return Ok();
}

Status GetAllReplicationMetadataSchemas(Call& call) {
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = -1;  // as above
  std::vector<GeneratedSchemaEntry> by_version = schemas.replication_metadata;
  std::stable_sort(by_version.begin(), by_version.end(),
                   [](const GeneratedSchemaEntry& a, const GeneratedSchemaEntry& b) { return a.id < b.id; });
  Json list = Json::array();
  for (const GeneratedSchemaEntry& schema : by_version)
    list.push_back(EntryJson(schema.id, -1, schema.value_id, schema.text));
  call.out["schemas"] = std::move(list);
  return Ok();
}

// The same canonical form; of several, the first.
const GeneratedSchemaEntry* FindDerived(const StoreSchemas& schemas, const avro::Schema& wanted) {
  for (const GeneratedSchemaEntry& entry : schemas.derived)
    if (const auto known = avro::Schema::Parse(entry.text, avro::Schema::Defaults::kAccept);
        known.ok() && known->SameAs(wanted))
      return &entry;
  return nullptr;
}

Status GetValueOrDerivedSchemaId(Call& call) {
  const std::string text = call.Text(param::kDerivedSchema);
  VENICE_ASSIGN(const metadata::Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  VENICE_ASSIGN(const std::optional<int32_t> value_id, FindValueSchema(schemas, text));
  if (value_id) {
    Answer(call, {.id = *value_id, .text = text});
    return Ok();
  }
  if (store.write_computation_enabled) {
    VENICE_ASSIGN(const avro::Schema wanted, avro::Schema::Parse(text, avro::Schema::Defaults::kAccept));
    if (const GeneratedSchemaEntry* found = FindDerived(schemas, wanted)) {
      Answer(call, found->value_id, {.id = found->id, .text = text});
      return Ok();
    }
  }
  call.http_status = 500;  // as above
  return Error(ErrorCode::kInternal,
               std::string("Can not find any registered value schema ") +
                   (store.write_computation_enabled ? "nor derived schema " : "") + "for the store " + call.Store() +
                   " that matches the schema of data being pushed; register it with add_value_schema");
}

Status AddDerivedSchema(Call& call) {
  VENICE_ASSIGN(const int32_t value_id, call.Integer(param::kSchemaId));
  int32_t wanted = 0;
  if (!call.Text(param::kDerivedSchemaId).empty()) {
    VENICE_ASSIGN(wanted, call.Integer(param::kDerivedSchemaId));
  }
  VENICE_ASSIGN(
      const GeneratedSchemaEntry schema,
      call.cluster->schemas().AddDerivedSchema(call.Store(), value_id, call.Text(param::kDerivedSchema), wanted));
  Answer(call, schema.value_id, schema);
  return Ok();
}

Status RemoveDerivedSchema(Call& call) {
  VENICE_ASSIGN(const int32_t value_id, call.Integer(param::kSchemaId));
  VENICE_ASSIGN(const int32_t id, call.Integer(param::kDerivedSchemaId));
  VENICE_ASSIGN(const GeneratedSchemaEntry schema,
                call.cluster->schemas().RemoveDerivedSchema(call.Store(), value_id, id));
  Answer(call, schema.id, schema);  // the derived id in both places is Venice's
  return Ok();
}

// Which ids the data holds is not recorded yet: every id may be in use once there is a version.
Status GetInUseSchemaIds(Call& call) {
  VENICE_ASSIGN(const metadata::Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  Json ids = Json::array();
  if (!store.versions.empty())
    for (const SchemaEntry& schema : schemas.values) ids.push_back(schema.id);
  call.out["inUseValueSchemaIds"] = std::move(ids);
  return Ok();
}

}  // namespace

void AddSchemaHandlers(HandlerTable& table) {
  table["/get_key_schema"] = GetKeySchema;
  table["/add_value_schema"] = AddValueSchema;
  table["/get_value_schema"] = GetValueSchema;
  table["/get_value_schema_id"] = GetValueSchemaId;
  table["/get_all_value_schema"] = GetAllValueSchemas;
  table["/get_all_value_and_derived_schema"] = GetAllValueAndDerivedSchemas;
  table["/get_value_or_derived_schema_id"] = GetValueOrDerivedSchemaId;
  table["/add_derived_schema"] = AddDerivedSchema;
  table["/remove_derived_schema"] = RemoveDerivedSchema;
  table["/get_all_replication_metadata_schemas"] = GetAllReplicationMetadataSchemas;
  table["/get_inuse_schema_ids"] = GetInUseSchemaIds;
}

}  // namespace venice::controller
