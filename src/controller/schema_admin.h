// Schemas of stores: registration, and what comes with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "controller/context.h"
#include "controller/dry_run.h"
#include "controller/schema_plan.h"
#include "metadata/schema_entry.h"

namespace venice::controller {

// The text as it is stored: parsed and printed again. Errors: kInvalidSchema (also for one that is too large).
Result<std::string> NormalizeSchema(const std::string& text, std::string_view what);

// Whether a change of settings asks for schemas beside the value schemas that were not asked for before.
bool SwitchesGeneratedSchemasOn(const metadata::Store& before, const metadata::Store& after);

// Writes what is missing for the store's settings, as `store` has them, and returns the id that the store's record must
// name as its superset, or 0. The caller holds the store's lock. Errors: kInvalidSchema, and those of zk::Client.
Result<int32_t> WriteMissingSchemas(ClusterContext& context, const metadata::Store& store);

// The same for the store as it is, with its record: part of starting a push. A schema that cannot be made is logged.
// Errors: those of zk::Client, kConflict.
Status CompleteSchemas(ClusterContext& context, const metadata::Store& store);

// Thread-safe; blocks. Registrations of one store come one after the other.
class SchemaAdmin {
 public:
  explicit SchemaAdmin(ClusterContext& context) : context_(context) {}

  // Errors: kStoreNotFound.
  Result<metadata::StoreSchemas> Schemas(const std::string& store);
  // Writes the schema and what the store's settings want beside it; or finds it and completes what is missing.
  // Errors: kInvalidSchema (also for an unknown store, as Venice), kConflict.
  Result<metadata::SchemaEntry> AddValueSchema(const std::string& store, const ValueSchemaRequest& request);
  // What AddValueSchema would do now. Reads only. Errors: kStoreNotFound.
  Result<DryRun> JudgeValueSchema(const std::string& store, const ValueSchemaRequest& request);

  // An update schema of a value schema. `wanted_id`: 0 for the next; an equal one keeps its id.
  // Errors: kSchemaNotFound (value schema), kInvalidSchema, kConflict.
  Result<metadata::GeneratedSchemaEntry> AddDerivedSchema(const std::string& store, int32_t value_id,
                                                          const std::string& text, int32_t wanted_id);
  // Returns what was removed. Errors: kSchemaNotFound.
  Result<metadata::GeneratedSchemaEntry> RemoveDerivedSchema(const std::string& store, int32_t value_id, int32_t id);

 private:
  ClusterContext& context_;
};

}  // namespace venice::controller
