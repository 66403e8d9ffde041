// What registering a value schema means for a store: one judgement, for the registration itself and for its dry run.
// Source: control-plane reference 5, docs/decisions/0002-control-plane-differences.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avro/compatibility.h"
#include "base/result.h"
#include "metadata/schema_entry.h"
#include "metadata/store.h"

namespace venice::controller {

// What every attempt to change a key schema is told.
inline constexpr std::string_view kKeySchemaIsFixed =
    "the key schema of a store can never change: keys are encoded, placed and looked up by it; create another store "
    "with the new key schema and push to that";

// A schema is one node in ZooKeeper, which takes requests of a megabyte with path and all.
inline constexpr size_t kSchemaBytesMax = 1'000'000;
// Errors: kInvalidSchema.
Status CheckSchemaSize(std::string_view what, const std::string& text);

struct ValueSchemaRequest {
  std::string text;
  avro::Compatibility mode = avro::Compatibility::kFull;
  int32_t wanted_id = 0;  // 0: the next
};

struct PlannedSchema {
  enum class Kind : uint8_t { kValue, kSuperset, kUpdate, kReplicationMetadata };
  Kind kind = Kind::kValue;
  int32_t value_id = 0;
  int32_t id = 0;  // of an update schema: its derived id; of replication metadata: its version; else the value id
  std::string text;
};
std::string_view Name(PlannedSchema::Kind kind);  // "VALUE", "SUPERSET", "UPDATE", "REPLICATION_METADATA"

struct SchemaPlan {
  enum class Verdict : uint8_t { kAccepted, kAlreadyRegistered, kRejected };
  Verdict verdict = Verdict::kRejected;
  int32_t id = 0;                                    // that it has or would get; 0 when it is rejected
  std::string text;                                  // as it is stored
  std::string reason;                                // of a rejection
  std::vector<avro::VersionComparison> comparisons;  // with every registered value schema
  // What is to be written, in this order; then the store's record. Every prefix of it is a state from which the same
  // plan leads to the same end: a crash is healed by asking again.
  std::vector<PlannedSchema> writes;
  int32_t superset_id = 0;  // that the store's record must have afterwards; 0: as it is
};

// What to change, with the piece to paste when there is one.
std::string RemedyWithJson(const avro::Finding& finding);

// Text that is not a schema gives a rejection as well. The store's settings decide about the rules (enum evolution) and
// about what is made beside the value schema (update schema, replication metadata, superset).
SchemaPlan PlanValueSchema(const metadata::Store& store, const metadata::StoreSchemas& known,
                           const ValueSchemaRequest& request);

// What is missing for the store's settings: after one of them is switched on, or after a crash.
// Errors: kInvalidSchema when the newest value schema cannot have an update schema, or one cannot have metadata.
Result<SchemaPlan> PlanMissingSchemas(const metadata::Store& store, const metadata::StoreSchemas& known);

// The id of a registered schema with the same canonical form; of several, the newest equal one, or else the newest.
// Errors: kInvalidSchema (text).
Result<std::optional<int32_t>> FindValueSchema(const metadata::StoreSchemas& known, const std::string& text);

}  // namespace venice::controller
