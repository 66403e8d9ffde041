#include "controller/schema_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "avro/equality.h"
#include "controller/strict_defaults.h"
#include "protocol/replication_metadata_schema.h"
#include "protocol/superset_schema.h"
#include "protocol/update_schema.h"

namespace venice::controller {

using avro::Schema;
using metadata::GeneratedSchemaEntry;
using metadata::SchemaEntry;
using metadata::Store;
using metadata::StoreSchemas;

namespace {

constexpr const char* kReservedField = "__veniceComputationError__";
constexpr std::string_view kSystemStorePrefix = "venice_system_store_";
constexpr size_t kFindingsInReasonMax = 3;

using Entry = avro::RegisteredSchema;

Result<std::vector<Entry>> ParseKnown(const StoreSchemas& known) {
  std::vector<Entry> entries;
  for (const SchemaEntry& entry : known.values) {
    Result<Schema> schema = Schema::Parse(entry.text, Schema::Defaults::kAccept);
    if (!schema.ok())
      return Error(ErrorCode::kInvalidSchema,
                   fmt::format("registered value schema {} cannot be read: {}", entry.id, schema.error().message()));
    entries.push_back({entry.id, *std::move(schema)});
  }
  return entries;
}

std::string FindingText(const avro::Finding& finding) {
  const std::string at = finding.path.empty() ? std::string() : "at `" + finding.path + "`: ";
  return fmt::format("{}{} {} {}", at, finding.what, finding.reader_sees, RemedyWithJson(finding));
}

// The first registered schema that stands against it, with the reasons; empty when none does.
std::string Objection(const std::vector<avro::VersionComparison>& comparisons, avro::Compatibility mode) {
  for (const avro::VersionComparison& version : comparisons) {
    if (avro::Satisfies(version.comparison.verdict, mode)) continue;
    std::string text =
        fmt::format("it is not {} compatible with value schema {}:", avro::CompatibilityName(mode), version.id);
    size_t shown = 0;
    size_t left_out = version.comparison.more_findings;
    for (const avro::Finding& finding : version.comparison.findings) {
      if (!avro::Requires(mode, finding.direction)) continue;
      if (++shown > kFindingsInReasonMax)
        ++left_out;
      else
        text += fmt::format(" ({}) {}", shown, FindingText(finding));
    }
    if (left_out > 0) text += fmt::format(" (and {} more)", left_out);
    return text;
  }
  return {};
}

class Planner {
 public:
  Planner(const Store& store, const StoreSchemas& known, std::vector<Entry> entries)
      : store_(store), known_(known), entries_(std::move(entries)) {}

  SchemaPlan plan;

  avro::Rules Rules() const { return store_.enum_schema_evolution_allowed ? avro::Rules::kAvro : avro::Rules::kVenice; }
  const std::vector<Entry>& entries() const { return entries_; }
  int32_t NextId() const { return entries_.empty() ? 1 : entries_.back().id + 1; }

  // `fresh`: the schema that would be added with that id, or null.
  Status PlanSuperset(const Schema* fresh, avro::Compatibility mode) {
    const int32_t current = store_.latest_superset_value_schema_id;
    const bool wanted = store_.read_computation_enabled || store_.write_computation_enabled || current > 0;
    if (!wanted || entries_.empty() || store_.name.starts_with(kSystemStorePrefix)) return Ok();
    const Schema* registered = nullptr;  // the superset so far
    for (const Entry& entry : entries_)
      if (entry.id == current) registered = &entry.schema;
    VENICE_ASSIGN(Schema superset, SupersetSoFar(registered, registered == nullptr ? 0 : current));
    if (fresh != nullptr) {
      VENICE_ASSIGN(superset, protocol::MakeSuperset(superset, *fresh));
      if (protocol::SameButForFieldOrder(superset, *fresh)) {
        plan.superset_id = plan.id;
        return Ok();
      }
    }
    if (registered != nullptr && protocol::SameButForFieldOrder(superset, *registered)) return Ok();
    for (const Entry& entry : entries_)
      if (protocol::SameButForFieldOrder(entry.schema, superset)) {
        plan.superset_id = entry.id;
        return Ok();
      }
    if (const std::string objection = Objection(avro::CompareWithAll(superset, entries_, Rules()), mode);
        !objection.empty())
      return Error(ErrorCode::kInvalidSchema,
                   "the superset schema that would be registered with it is refused: " + objection);
    plan.superset_id = NextId() + (fresh != nullptr ? 1 : 0);
    superset_ = superset;
    plan.writes.push_back({PlannedSchema::Kind::kSuperset, plan.superset_id, plan.superset_id, superset.ToJson()});
    return Ok();
  }

  // Of all value schemas that have none: an old one may be unable to have one, a needed one must not.
  Status PlanGenerated(const Schema* fresh, bool metadata_for_all) {
    std::vector<Entry> all = entries_;
    if (fresh != nullptr) all.push_back({plan.id, *fresh});
    if (!superset_.empty()) all.push_back({plan.superset_id, superset_});
    const int32_t newest = entries_.empty() ? 0 : entries_.back().id;
    if (store_.active_active_enabled) {
      const int32_t version = store_.rmd_version_id > 0 ? store_.rmd_version_id : protocol::kReplicationMetadataVersion;
      if (version != protocol::kReplicationMetadataVersion)
        return Error(ErrorCode::kInvalidSchema, fmt::format("replication metadata version {} is unknown; there is {}",
                                                            version, protocol::kReplicationMetadataVersion));
      for (const Entry& entry : all) {
        if (known_.ReplicationMetadata(entry.id, version) != nullptr) continue;
        Result<Schema> made = protocol::MakeReplicationMetadataSchema(entry.schema);
        if (made.ok())
          plan.writes.push_back({PlannedSchema::Kind::kReplicationMetadata, entry.id, version, made->ToJson()});
        else if (metadata_for_all || entry.id > newest)
          return std::move(made).error().In("active-active replication is on");
      }
    }
    if (!store_.write_computation_enabled) return Ok();
    for (const Entry& entry : all) {
      if (known_.LatestDerived(entry.id) != nullptr) continue;
      Result<Schema> made = protocol::MakeUpdateSchema(entry.schema);
      if (made.ok())
        plan.writes.push_back({PlannedSchema::Kind::kUpdate, entry.id, 1, made->ToJson()});
      else if (entry.id > newest || (fresh == nullptr && entry.id == newest))
        return std::move(made).error().In(fmt::format("write computation is on, value schema {}", entry.id));
    }
    return Ok();
  }

 private:
  // The registered superset, with what came after it and is not in it: nothing, unless a registration was cut off.
  Result<Schema> SupersetSoFar(const Schema* registered, int32_t since) const {
    Schema superset = registered == nullptr ? entries_.front().schema : *registered;
    for (const Entry& entry : entries_) {
      if (entry.id <= since) continue;
      VENICE_ASSIGN(const Schema more, protocol::MakeSuperset(superset, entry.schema));
      if (!protocol::SameButForFieldOrder(more, superset)) superset = more;
    }
    return superset;
  }

  const Store& store_;
  const StoreSchemas& known_;
  const std::vector<Entry> entries_;
  Schema superset_;  // to be registered; empty when none is
};

std::optional<int32_t> FindAmong(const std::vector<Entry>& entries, const Schema& schema) {
  std::optional<int32_t> same;
  std::optional<int32_t> equal;
  for (const Entry& entry : entries) {
    if (!entry.schema.SameAs(schema)) continue;
    same = entry.id;
    if (avro::Equal(entry.schema.node(), schema.node()) && !avro::DocsDiffer(entry.schema.node(), schema.node()))
      equal = entry.id;
  }
  return equal ? equal : same;
}

bool IsRegistered(const std::vector<Entry>& entries, const Schema& schema) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return avro::Equal(entry.schema.node(), schema.node()) && !avro::DocsDiffer(entry.schema.node(), schema.node());
  });
}

Status CheckSizes(const SchemaPlan& plan) {
  for (const PlannedSchema& schema : plan.writes)
    VENICE_TRY(CheckSchemaSize(fmt::format("its {} schema", Name(schema.kind)), schema.text));
  return Ok();
}

SchemaPlan Rejected(SchemaPlan plan, std::string reason) {
  plan.verdict = SchemaPlan::Verdict::kRejected;
  plan.id = 0;
  plan.superset_id = 0;
  plan.writes.clear();
  plan.reason = std::move(reason);
  return plan;
}

}  // namespace

std::string RemedyWithJson(const avro::Finding& finding) {
  return finding.remedy_json.empty() ? finding.remedy : finding.remedy + " " + finding.remedy_json;
}

Status CheckSchemaSize(std::string_view what, const std::string& text) {
  if (text.size() <= kSchemaBytesMax) return Ok();
  return Error(ErrorCode::kInvalidSchema,
               fmt::format("{} has {} bytes, and at most {} can be stored; shorten docs and names", what, text.size(),
                           kSchemaBytesMax));
}

std::string_view Name(PlannedSchema::Kind kind) {
  switch (kind) {
    case PlannedSchema::Kind::kValue:
      return "VALUE";
    case PlannedSchema::Kind::kSuperset:
      return "SUPERSET";
    case PlannedSchema::Kind::kUpdate:
      return "UPDATE";
    case PlannedSchema::Kind::kReplicationMetadata:
      return "REPLICATION_METADATA";
  }
  return "";
}

SchemaPlan PlanValueSchema(const Store& store, const StoreSchemas& known, const ValueSchemaRequest& request) {
  Result<Schema> schema = Schema::Parse(request.text, Schema::Defaults::kStrict);
  if (!schema.ok()) return Rejected({}, schema.error().message());
  if (const Status numbers = CheckNumbersOfDefaults(*schema); !numbers.ok())
    return Rejected({}, numbers.error().message());
  SchemaPlan start;
  start.text = schema->ToJson();
  if (schema->type() == avro::Type::kRecord && schema->node().FieldIndex(kReservedField) >= 0)
    return Rejected(start,
                    fmt::format("field {} is reserved for read computations; name it differently", kReservedField));
  Result<std::vector<Entry>> entries = ParseKnown(known);
  if (!entries.ok()) return Rejected(start, entries.error().message());

  Planner planner(store, known, *std::move(entries));
  SchemaPlan& plan = planner.plan;
  plan = std::move(start);
  plan.comparisons = avro::CompareWithAll(*schema, planner.entries(), planner.Rules());
  const Schema* fresh = nullptr;
  if (IsRegistered(planner.entries(), *schema)) {
    plan.verdict = SchemaPlan::Verdict::kAlreadyRegistered;
    plan.id = *FindAmong(planner.entries(), *schema);
    plan.text = known.Value(plan.id)->text;
  } else {
    if (std::string objection = Objection(plan.comparisons, request.mode); !objection.empty())
      return Rejected(std::move(plan), std::move(objection));
    plan.verdict = SchemaPlan::Verdict::kAccepted;
    plan.id = planner.NextId();
    if (request.wanted_id > 0 && request.wanted_id != plan.id)
      return Rejected(plan,
                      fmt::format("it would get id {}, not the id {} that was asked for", plan.id, request.wanted_id));
    plan.writes.push_back({PlannedSchema::Kind::kValue, plan.id, plan.id, plan.text});
    fresh = &*schema;
  }
  Status done = planner.PlanSuperset(fresh, request.mode);
  if (done.ok()) done = planner.PlanGenerated(fresh, false);
  if (done.ok()) done = CheckSizes(plan);
  if (!done.ok()) {
    if (fresh != nullptr) return Rejected(std::move(plan), done.error().message());
    // It has its id, whatever else may be missing.
    plan.writes.clear();
    plan.superset_id = 0;
  }
  return std::move(plan);
}

Result<SchemaPlan> PlanMissingSchemas(const Store& store, const StoreSchemas& known) {
  VENICE_ASSIGN(std::vector<Entry> entries, ParseKnown(known));
  Planner planner(store, known, std::move(entries));
  VENICE_TRY(planner.PlanSuperset(nullptr, avro::Compatibility::kFull));
  VENICE_TRY(planner.PlanGenerated(nullptr, true));
  VENICE_TRY(CheckSizes(planner.plan));
  return std::move(planner.plan);
}

Result<std::optional<int32_t>> FindValueSchema(const StoreSchemas& known, const std::string& text) {
  Result<Schema> schema = Schema::Parse(text, Schema::Defaults::kAccept);
  if (!schema.ok()) return std::move(schema).error().In("value schema");
  std::vector<Entry> entries;
  for (const SchemaEntry& entry : known.values)
    if (Result<Schema> old = Schema::Parse(entry.text, Schema::Defaults::kAccept); old.ok())
      entries.push_back({entry.id, *std::move(old)});
  return FindAmong(entries, *schema);
}

}  // namespace venice::controller
