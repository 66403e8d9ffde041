// Handlers of the routes with the store in their path.
#include <algorithm>

#include "controller/handlers.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::GeneratedSchemaEntry;
using metadata::SchemaEntry;
using metadata::Store;
using metadata::StoreSchemas;

Status Clusters(Call& call) {
  Json list = Json::array();
  for (const Cluster* cluster : call.clusters) {
    const std::string leader = UrlOfInstance(cluster->Leader());
    Json row;
    row["name"] = cluster->name();
    row["leader"] = leader.empty() ? Json(nullptr) : Json(leader);
    list.push_back(std::move(row));
  }
  call.out["clusters"] = std::move(list);
  return Ok();
}

// A record that cannot be read has a row that says so: one bad store must not hide the others.
Status AddRows(Cluster& cluster, std::map<std::string, Json>& rows) {
  ClusterContext& context = cluster.context();
  VENICE_ASSIGN(const std::vector<std::string> names, context.stores.List());
  for (const std::string& name : names) {
    Result<std::optional<Store>> store = context.stores.Read(name);
    const bool unreadable = !store.ok() && store.error().code() == ErrorCode::kCorruption;
    if (!store.ok() && !unreadable) return std::move(store).error();
    if (store.ok() && !*store) continue;  // deleted meanwhile
    VENICE_ASSIGN(const std::vector<int32_t> ids, context.stores.ValueSchemaIds(name));
    Json row;
    row["name"] = name;
    row["cluster"] = cluster.name();
    row["owner"] = unreadable ? std::string() : (*store)->owner;
    row["currentVersion"] = unreadable ? 0 : (*store)->current_version;
    row["latestValueSchemaId"] = ids.empty() ? -1 : ids.back();
    row["valueSchemaCount"] = ids.size();
    if (unreadable) row["error"] = store.error().message();
    rows[name] = std::move(row);
  }
  return Ok();
}

Status Stores(Call& call) {
  std::map<std::string, Json> rows;
  for (Cluster* cluster : call.clusters)
    if (call.cluster == nullptr || call.cluster == cluster) VENICE_TRY(AddRows(*cluster, rows));
  Json list = Json::array();
  for (auto& [name, row] : rows) list.push_back(std::move(row));
  call.out["stores"] = std::move(list);
  return Ok();
}

Status OneStore(Call& call) {
  VENICE_ASSIGN(Store store, call.cluster->context().Store(call.Store()));
  call.out["store"] = StoreInfo(std::move(store), call.settings);
  return Ok();
}

Json SchemaJson(const SchemaEntry& schema) {
  Json json;
  json["id"] = schema.id;
  json["schemaStr"] = schema.text;
  json["registrationTimestamp"] = schema.registered_ms;
  return json;
}

Json GeneratedList(const std::vector<GeneratedSchemaEntry>& schemas, const char* id_name) {
  Json list = Json::array();
  for (const GeneratedSchemaEntry& schema : schemas) {
    Json json;
    json["valueSchemaId"] = schema.value_id;
    json[id_name] = schema.id;
    json["schemaStr"] = schema.text;
    json["registrationTimestamp"] = schema.registered_ms;
    list.push_back(std::move(json));
  }
  return list;
}

Status ListSchemas(Call& call) {
  VENICE_ASSIGN(const bool derived, call.Bool("derived", false));
  VENICE_ASSIGN(const Store store, call.cluster->context().Store(call.Store()));
  VENICE_ASSIGN(const StoreSchemas schemas, call.cluster->schemas().Schemas(call.Store()));
  call.out["superSetSchemaId"] = store.latest_superset_value_schema_id;
  call.out["keySchema"] = schemas.key.text.empty() ? Json(nullptr) : SchemaJson(schemas.key);
  Json list = Json::array();
  for (const SchemaEntry& schema : schemas.values) list.push_back(SchemaJson(schema));
  call.out["schemas"] = std::move(list);
  if (!derived) return Ok();
  call.out["derivedSchemas"] = GeneratedList(schemas.derived, "derivedSchemaId");
  call.out["replicationMetadataSchemas"] = GeneratedList(schemas.replication_metadata, "replicationMetadataVersionId");
  return Ok();
}

Json FindingJson(const avro::Finding& finding) {
  Json json;
  json["rule"] = avro::RuleId(finding.rule);
  json["path"] = finding.path;
  json["alsoAt"] = finding.also_at;
  json["direction"] = avro::DirectionName(finding.direction);
  json["what"] = finding.what;
  json["readerSees"] = finding.reader_sees;
  json["remedy"] = finding.remedy;
  json["remedyJson"] = finding.remedy_json;
  json["hint"] = finding.hint;
  json["readerType"] = finding.reader_type;
  json["writerType"] = finding.writer_type;
  return json;
}

Json ResultJson(const avro::VersionComparison& version, avro::Compatibility mode) {
  Json json;
  json["schemaId"] = version.id;
  json["compatible"] = avro::Satisfies(version.comparison.verdict, mode);
  json["findings"] = Json::array();
  for (const avro::Finding& finding : version.comparison.findings)
    if (avro::Requires(mode, finding.direction)) json["findings"].push_back(FindingJson(finding));
  json["moreFindings"] = version.comparison.more_findings;
  json["notes"] = Json::array();
  for (const avro::Note& note : version.comparison.notes)
    json["notes"].push_back(Json{{"path", note.path}, {"text", note.text}});
  return json;
}

Json PushJson(const PushImpact& push) {
  Json json;
  json["version"] = push.version;
  json["pushJobId"] = push.push_job_id;
  json["topic"] = push.topic;
  json["status"] = push.status;
  json["startedTimestamp"] = push.started_ms;
  json["affected"] = push.affected;
  json["reason"] = push.reason;
  return json;
}

void AnswerDryRun(const DryRun& run, Json& out) {
  using Verdict = SchemaPlan::Verdict;
  const SchemaPlan& plan = run.plan;
  const bool accepted = plan.verdict != Verdict::kRejected;
  out["dryRun"] = true;
  out["accepted"] = accepted;
  out["verdict"] = plan.verdict == Verdict::kAccepted            ? "ACCEPTED"
                   : plan.verdict == Verdict::kAlreadyRegistered ? "ALREADY_REGISTERED"
                                                                 : "REJECTED";
  out["wouldBeId"] = accepted ? Json(plan.id) : Json(nullptr);
  out["compatibilityMode"] = avro::CompatibilityName(run.mode);
  out["summary"] = Summary(run);
  out["results"] = Json::array();
  for (const avro::VersionComparison& version : plan.comparisons)
    out["results"].push_back(ResultJson(version, run.mode));
  out["inFlightPushes"] = Json::array();
  for (const PushImpact& push : run.pushes) out["inFlightPushes"].push_back(PushJson(push));
  out["wouldAlsoRegister"] = Json::array();
  for (const PlannedSchema& schema : plan.writes) {
    if (schema.kind == PlannedSchema::Kind::kValue) continue;
    out["wouldAlsoRegister"].push_back(Json{{"kind", Name(schema.kind)},
                                            {"valueSchemaId", schema.value_id},
                                            {"id", schema.id},
                                            {"schemaStr", schema.text}});
  }
  out["superSetSchemaIdAfter"] = plan.superset_id > 0 ? Json(plan.superset_id) : Json(nullptr);
}

Status RegisterSchema(Call& call) {
  VENICE_ASSIGN(const bool dry_run, call.Bool(param::kDryRun, false));
  if (!call.Text(param::kKeySchema).empty()) return Error(ErrorCode::kInvalidArgument, std::string(kKeySchemaIsFixed));
  ValueSchemaRequest request{.text = call.Text(param::kValueSchema)};
  if (request.text.empty()) request.text = call.body;
  if (request.text.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "the body must be the value schema as JSON, or a form with the parameter value_schema");
  if (dry_run) {
    VENICE_ASSIGN(const DryRun run, call.cluster->schemas().JudgeValueSchema(call.Store(), request));
    AnswerDryRun(run, call.out);
    return Ok();
  }
  VENICE_ASSIGN(const SchemaEntry schema, call.cluster->schemas().AddValueSchema(call.Store(), request));
  call.out["id"] = schema.id;
  call.out["derivedSchemaId"] = -1;
  call.out["schemaStr"] = schema.text;
  return Ok();
}

Status Schemas(Call& call) { return call.route.method == "POST" ? RegisterSchema(call) : ListSchemas(call); }

}  // namespace

void AddRestHandlers(HandlerTable& table) {
  table["/clusters"] = Clusters;
  table["/stores"] = Stores;
  table["/stores/{store}"] = OneStore;
  table["/schema/{store}"] = Schemas;
}

}  // namespace venice::controller
