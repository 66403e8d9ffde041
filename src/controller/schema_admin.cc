#include "controller/schema_admin.h"

#include <algorithm>

#include <fmt/format.h>

#include "avro/equality.h"
#include "avro/schema.h"
#include "base/log.h"

namespace venice::controller {

using avro::Schema;
using metadata::GeneratedSchemaEntry;
using metadata::SchemaEntry;
using metadata::Store;
using metadata::StoreSchemas;

namespace {

constexpr int kAttempts = 5;

Status Write(ClusterContext& context, const std::string& store, const PlannedSchema& schema) {
  const auto write = [&] {
    switch (schema.kind) {
      case PlannedSchema::Kind::kUpdate:
        return context.stores.AddDerivedSchema(store, {schema.value_id, schema.id, schema.text});
      case PlannedSchema::Kind::kReplicationMetadata:
        return context.stores.AddReplicationMetadataSchema(store, {schema.value_id, schema.id, schema.text});
      case PlannedSchema::Kind::kValue:
      case PlannedSchema::Kind::kSuperset:
        break;
    }
    return context.stores.AddValueSchema(store, schema.value_id, schema.text);
  };
  VENICE_TRY(write());
  LogInfo("schema.added", {{"cluster", context.name},
                           {"store", store},
                           {"kind", std::string(Name(schema.kind))},
                           {"value_id", schema.value_id},
                           {"id", schema.id}});
  return Ok();
}

// kAlreadyExists when another writer took an id of the plan: it must be made anew.
Status WriteAll(ClusterContext& context, const std::string& store, const SchemaPlan& plan) {
  for (const PlannedSchema& schema : plan.writes) VENICE_TRY(Write(context, store, schema));
  return Ok();
}

Status WriteSupersetId(ClusterContext& context, const std::string& store, int32_t id) {
  if (id == 0) return Ok();
  VENICE_TRY(context.stores.Update(store, [&](Store& record) -> Status {
    record.latest_superset_value_schema_id = id;
    return Ok();
  }));
  return Ok();
}

Error LostRaces(const std::string& store) {
  return Error(ErrorCode::kConflict,
               "schemas of store " + store + " are registered by someone else at this moment; retry");
}

Result<StoreSchemas> ReadSchemas(ClusterContext& context, const std::string& store) {
  VENICE_ASSIGN(std::optional<StoreSchemas> schemas, context.stores.Schemas(store));
  return schemas ? *std::move(schemas) : StoreSchemas();
}

bool LostRace(const Status& status) { return !status.ok() && status.error().code() == ErrorCode::kAlreadyExists; }

}  // namespace

Result<std::string> NormalizeSchema(const std::string& text, std::string_view what) {
  Result<Schema> schema = Schema::Parse(text);
  if (!schema.ok()) return Error(ErrorCode::kInvalidSchema, std::string(what) + ": " + schema.error().message());
  std::string printed = schema->ToJson();
  VENICE_TRY(CheckSchemaSize(what, printed));
  return printed;
}

bool SwitchesGeneratedSchemasOn(const Store& before, const Store& after) {
  return (after.write_computation_enabled && !before.write_computation_enabled) ||
         (after.read_computation_enabled && !before.read_computation_enabled) ||
         (after.active_active_enabled && !before.active_active_enabled);
}

Result<int32_t> WriteMissingSchemas(ClusterContext& context, const Store& store) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    VENICE_ASSIGN(const StoreSchemas known, ReadSchemas(context, store.name));
    Result<SchemaPlan> plan = PlanMissingSchemas(store, known);
    if (!plan.ok()) return std::move(plan).error().In("store " + store.name);
    const Status written = WriteAll(context, store.name, *plan);
    if (written.ok()) return plan->superset_id;
    if (!LostRace(written)) return written.error();
  }
  return LostRaces(store.name);
}

Status CompleteSchemas(ClusterContext& context, const Store& store) {
  if (!SwitchesGeneratedSchemasOn({}, store)) return Ok();
  const Result<int32_t> superset_id = WriteMissingSchemas(context, store);
  if (superset_id.ok()) return WriteSupersetId(context, store.name, *superset_id);
  if (superset_id.error().code() != ErrorCode::kInvalidSchema) return superset_id.error();
  LogWarning("schema.cannot_be_made", {{"store", store.name}, {"error", superset_id.error().ToString()}});
  return Ok();
}

Result<StoreSchemas> SchemaAdmin::Schemas(const std::string& store) {
  VENICE_TRY(context_.Store(store));
  return ReadSchemas(context_, store);
}

Result<SchemaEntry> SchemaAdmin::AddValueSchema(const std::string& store, const ValueSchemaRequest& request) {
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<Store> record = context_.Store(store);
    if (!record.ok()) {
      // Venice's answer to an unknown store here.
      if (record.error().code() == ErrorCode::kStoreNotFound)
        return Error(ErrorCode::kInvalidSchema, record.error().message());
      return std::move(record).error();
    }
    VENICE_ASSIGN(const StoreSchemas known, ReadSchemas(context_, store));
    const SchemaPlan plan = PlanValueSchema(*record, known, request);
    if (plan.verdict == SchemaPlan::Verdict::kRejected)
      return Error(ErrorCode::kInvalidSchema, "value schema refused: " + plan.reason);
    const Status written = WriteAll(context_, store, plan);
    if (written.ok()) {
      VENICE_TRY(WriteSupersetId(context_, store, plan.superset_id));
      return SchemaEntry{plan.id, plan.text};
    }
    if (!LostRace(written)) return written.error();
  }
  return LostRaces(store);
}

Result<DryRun> SchemaAdmin::JudgeValueSchema(const std::string& store, const ValueSchemaRequest& request) {
  VENICE_ASSIGN(const Store record, context_.Store(store));
  VENICE_ASSIGN(const StoreSchemas known, ReadSchemas(context_, store));
  DryRun run;
  run.mode = request.mode;
  run.plan = PlanValueSchema(record, known, request);
  std::map<int32_t, metadata::OfflinePush> pushes;
  for (const metadata::Version& version : record.versions) {
    if (!IsInFlight(version)) continue;
    VENICE_ASSIGN(std::optional<metadata::OfflinePush> push, context_.pushes.Read(version.Topic()));
    if (push) pushes[version.number] = *std::move(push);
  }
  run.pushes = JudgePushes(record, known, run.plan, pushes);
  return run;
}

Result<GeneratedSchemaEntry> SchemaAdmin::AddDerivedSchema(const std::string& store, int32_t value_id,
                                                           const std::string& text, int32_t wanted_id) {
  Result<Schema> schema = Schema::Parse(text, Schema::Defaults::kAccept);
  if (!schema.ok()) return std::move(schema).error().In("update schema");
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  VENICE_ASSIGN(const StoreSchemas known, Schemas(store));
  if (known.Value(value_id) == nullptr)
    return Error(ErrorCode::kSchemaNotFound,
                 fmt::format("Value schema for schema id: {} of store: {} doesn't exist", value_id, store));
  int32_t next = 1;
  for (const GeneratedSchemaEntry& entry : known.derived) {
    if (entry.value_id != value_id) continue;
    next = std::max(next, entry.id + 1);
    VENICE_ASSIGN(const Schema old, Schema::Parse(entry.text, Schema::Defaults::kAccept));
    if (avro::Equal(old.node(), schema->node())) return entry;
    const std::vector<avro::Finding> findings = avro::FindIncompatibilities(*schema, old);
    if (!findings.empty())
      return Error(ErrorCode::kInvalidSchema,
                   fmt::format("the update schema cannot read updates written with update schema {}-{}: {} {}",
                               value_id, entry.id, findings.front().what, RemedyWithJson(findings.front())));
  }
  if (wanted_id > 0 && wanted_id != next)
    return Error(ErrorCode::kInvalidSchema,
                 fmt::format("update schema of value schema {} would get id {}, not {}", value_id, next, wanted_id));
  GeneratedSchemaEntry entry{value_id, next, schema->ToJson()};
  VENICE_TRY(CheckSchemaSize("update schema", entry.text));
  const Status written = context_.stores.AddDerivedSchema(store, entry);
  if (LostRace(written)) return LostRaces(store);
  if (!written.ok()) return written.error();
  LogInfo("schema.added", {{"store", store}, {"kind", "UPDATE"}, {"value_id", value_id}, {"id", next}});
  return entry;
}

Result<GeneratedSchemaEntry> SchemaAdmin::RemoveDerivedSchema(const std::string& store, int32_t value_id, int32_t id) {
  const StoreLocks::Guard guard = context_.locks.Lock(store);
  VENICE_ASSIGN(const StoreSchemas known, Schemas(store));
  for (const GeneratedSchemaEntry& entry : known.derived) {
    if (entry.value_id != value_id || entry.id != id) continue;
    VENICE_TRY(context_.stores.RemoveDerivedSchema(store, value_id, id));
    LogInfo("schema.removed", {{"store", store}, {"kind", "UPDATE"}, {"value_id", value_id}, {"id", id}});
    return entry;
  }
  return Error(ErrorCode::kSchemaNotFound,
               fmt::format("Derived schema {} for schema id: {} of store: {} doesn't exist", id, value_id, store));
}

}  // namespace venice::controller
