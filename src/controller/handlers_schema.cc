// Handlers of schemas.
#include "controller/handlers.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::SchemaEntry;
using metadata::StoreSchemas;

void Answer(Call& call, const SchemaEntry& schema) {
  call.out["id"] = schema.id;
  call.out["derivedSchemaId"] = -1;
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
  int32_t wanted = 0;
  Compatibility compatibility = Compatibility::kFull;
  if (!call.Text(param::kSchemaId).empty()) {
    VENICE_ASSIGN(wanted, call.Integer(param::kSchemaId));
    if (const std::string text = call.Text("schema_compat_type"); !text.empty()) {
      const std::optional<Compatibility> parsed = ParseCompatibility(text);
      if (!parsed)
        return Error(ErrorCode::kInvalidArgument,
                     "parameter schema_compat_type=" + text + ": must be FULL, BACKWARD, FORWARD or NONE");
      compatibility = *parsed;
    }
  }
  VENICE_ASSIGN(const SchemaEntry schema, call.cluster->schemas().AddValueSchema(
                                              call.Store(), call.Text(param::kValueSchema), wanted, compatibility));
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

Status GetAllValueSchemas(Call& call) {
  VENICE_ASSIGN(const metadata::Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = store.latest_superset_value_schema_id;
  Json list = Json::array();
  for (const SchemaEntry& schema : schemas.values) {
    Json entry;
    entry["id"] = schema.id;
    entry["derivedSchemaId"] = -1;
    entry["rmdValueSchemaId"] = -1;
    entry["schemaStr"] = schema.text;
    list.push_back(std::move(entry));
  }
  call.out["schemas"] = std::move(list);
  return Ok();
}

}  // namespace

void AddSchemaHandlers(HandlerTable& table) {
  table["/get_key_schema"] = GetKeySchema;
  table["/add_value_schema"] = AddValueSchema;
  table["/get_value_schema"] = GetValueSchema;
  table["/get_value_schema_id"] = GetValueSchemaId;
  table["/get_all_value_schema"] = GetAllValueSchemas;
}

}  // namespace venice::controller
