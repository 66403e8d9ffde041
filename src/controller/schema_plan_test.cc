// What registering a schema means, without a controller.
#include "controller/schema_plan.h"

#include <gtest/gtest.h>

#include "controller/dry_run.h"
#include "protocol/replication_metadata_schema.h"
#include "protocol/update_schema.h"

namespace venice::controller {
namespace {

using metadata::Store;
using metadata::StoreSchemas;
using Kind = PlannedSchema::Kind;
using Verdict = SchemaPlan::Verdict;

std::string Record(const std::string& fields) { return R"({"type":"record","name":"V","fields":[)" + fields + "]}"; }
const std::string kA = R"({"name":"a","type":"int","default":0})";
const std::string kB = R"({"name":"b","type":"string","default":""})";
const std::string kC = R"({"name":"c","type":"long","default":0})";

StoreSchemas Known(const std::vector<std::string>& texts) {
  StoreSchemas known;
  known.key = {1, R"("int")"};
  for (const std::string& text : texts) known.values.push_back({static_cast<int32_t>(known.values.size()) + 1, text});
  return known;
}

Store StoreWith(bool write_compute, bool active_active, int32_t superset = -1) {
  Store store;
  store.name = "s";
  store.write_computation_enabled = write_compute;
  store.active_active_enabled = active_active;
  store.latest_superset_value_schema_id = superset;
  return store;
}

SchemaPlan Plan(const Store& store, const StoreSchemas& known, const std::string& text) {
  return PlanValueSchema(store, known, {.text = text});
}

// "VALUE 2", "UPDATE 2-1": what would be written.
std::vector<std::string> Writes(const SchemaPlan& plan) {
  std::vector<std::string> writes;
  for (const PlannedSchema& schema : plan.writes) {
    const bool generated = schema.kind == Kind::kUpdate || schema.kind == Kind::kReplicationMetadata;
    writes.push_back(std::string(Name(schema.kind)) + " " + std::to_string(schema.value_id) +
                     (generated ? "-" + std::to_string(schema.id) : ""));
  }
  return writes;
}
using Texts = std::vector<std::string>;

// The state after the first `count` writes of a plan.
StoreSchemas After(StoreSchemas known, const SchemaPlan& plan, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const PlannedSchema& schema = plan.writes[i];
    if (schema.kind == Kind::kUpdate)
      known.derived.push_back({schema.value_id, schema.id, schema.text});
    else if (schema.kind == Kind::kReplicationMetadata)
      known.replication_metadata.push_back({schema.value_id, schema.id, schema.text});
    else
      known.values.push_back({schema.value_id, schema.text});
  }
  return known;
}

TEST(SchemaPlan, EqualIsFoundAndDocsCount) {
  const StoreSchemas known = Known({Record(kA)});
  EXPECT_EQ(Plan({}, known, "  " + Record(kA)).verdict, Verdict::kAlreadyRegistered);
  EXPECT_EQ(Plan({}, known, Record(kA)).id, 1);
  EXPECT_TRUE(Plan({}, known, Record(kA)).writes.empty());
  const std::string documented = Record(R"({"name":"a","type":"int","default":0,"doc":"new"})");
  EXPECT_EQ(Plan({}, known, documented).id, 2);
  EXPECT_EQ(FindValueSchema(known, documented).value(), 1);
  // A changed default is a new schema, although the canonical form is the same.
  const std::string other_default = Record(R"({"name":"a","type":"int","default":5})");
  EXPECT_EQ(Plan({}, known, other_default).id, 2);
  EXPECT_EQ(FindValueSchema(Known({Record(kA), documented, other_default}), documented).value(), 2);
  EXPECT_EQ(FindValueSchema(Known({Record(kA), documented, other_default}),
                            Record(R"({"name":"a","type":"int","default":7})"))
                .value(),
            3);
  EXPECT_EQ(FindValueSchema(known, R"("bytes")").value(), std::nullopt);
}

TEST(SchemaPlan, IdsGoOnAfterTheHighest) {
  StoreSchemas known = Known({Record(kA)});
  known.values[0].id = 7;
  EXPECT_EQ(Plan({}, known, Record(kA + "," + kB)).id, 8);
  EXPECT_EQ(PlanValueSchema({}, known, {.text = Record(kA + "," + kB), .wanted_id = 2}).verdict, Verdict::kRejected);
  EXPECT_EQ(PlanValueSchema({}, known, {.text = Record(kA), .wanted_id = 2}).id, 7);  // it has one already
}

TEST(SchemaPlan, ComparesWithAllAndSaysWhichFieldAndWhatToDo) {
  const StoreSchemas known = Known({Record(kA), Record(kA + "," + kB), Record(kA + "," + kC)});
  const SchemaPlan plan = Plan({}, known, Record(kA + R"(,{"name":"b","type":"int","default":0})"));
  EXPECT_EQ(plan.verdict, Verdict::kRejected);
  EXPECT_EQ(plan.id, 0);
  ASSERT_EQ(plan.comparisons.size(), 3u);
  EXPECT_TRUE(plan.comparisons[0].comparison.findings.empty());
  ASSERT_FALSE(plan.comparisons[1].comparison.findings.empty());
  EXPECT_EQ(plan.comparisons[1].comparison.findings[0].path, "b");
  EXPECT_TRUE(plan.comparisons[2].comparison.findings.empty());
  EXPECT_NE(plan.reason.find("value schema 2"), std::string::npos) << plan.reason;
  EXPECT_NE(plan.reason.find("`b`"), std::string::npos) << plan.reason;

  const std::string no_default = Record(kA + R"(,{"name":"d","type":"int"})");
  EXPECT_EQ(Plan({}, known, no_default).verdict, Verdict::kRejected);
  EXPECT_NE(Plan({}, known, no_default).reason.find("default"), std::string::npos);
  EXPECT_EQ(PlanValueSchema({}, known, {.text = no_default, .mode = avro::Compatibility::kForward}).verdict,
            Verdict::kAccepted);
}

TEST(SchemaPlan, EnumsGrowOnlyWhereTheStoreAllowsIt) {
  const auto with = [](const char* symbols) {
    return Record(std::string(R"({"name":"e","type":{"type":"enum","name":"E","symbols":[)") + symbols +
                  R"(],"default":"X"},"default":"X"})");
  };
  Store store;
  const StoreSchemas known = Known({with(R"("X","Y")")});
  EXPECT_EQ(Plan(store, known, with(R"("X","Y","Z")")).verdict, Verdict::kRejected);
  store.enum_schema_evolution_allowed = true;
  EXPECT_EQ(Plan(store, known, with(R"("X","Y","Z")")).verdict, Verdict::kAccepted);
}

TEST(SchemaPlan, StrictAboutWhatCannotBeStored) {
  const auto rejected = [](const std::string& text) {
    const SchemaPlan plan = Plan({}, {}, text);
    return plan.verdict == Verdict::kRejected ? plan.reason : "accepted";
  };
  EXPECT_NE(rejected("{").find("line"), std::string::npos);
  EXPECT_NE(rejected(Record(R"({"name":"__veniceComputationError__","type":"int","default":0})")), "accepted");
  EXPECT_NE(rejected(Record(R"({"name":"a","type":"int","default":"x"})")), "accepted");
  EXPECT_NE(rejected(Record(R"({"name":"a","type":"double","default":3})")), "accepted");
  EXPECT_NE(rejected(Record(R"({"name":"a","type":["int","null"],"default":null})")), "accepted");
  EXPECT_EQ(rejected(Record(R"({"name":"a","type":"long","default":3})")), "accepted");
  const std::string doc(0x100000, 'd');
  EXPECT_NE(rejected(Record(R"({"name":"a","type":"int","default":0,"doc":")" + doc + "\"}")).find("bytes"),
            std::string::npos);
}

TEST(SchemaPlan, GeneratedSchemasComeWithTheValueSchema) {
  const Store store = StoreWith(true, true, 1);
  StoreSchemas known = Known({Record(kA)});
  known.derived = {{1, 1, "\"string\""}};
  known.replication_metadata = {{1, 1, "\"string\""}};
  const SchemaPlan grows = Plan(store, known, Record(kA + "," + kB));
  EXPECT_EQ(Writes(grows), (Texts{"VALUE 2", "REPLICATION_METADATA 2-1", "UPDATE 2-1"}));
  EXPECT_EQ(grows.superset_id, 2);
  const avro::Schema value = avro::Schema::Parse(Record(kA + "," + kB)).value();
  EXPECT_EQ(grows.writes[1].text, protocol::MakeReplicationMetadataSchema(value)->ToJson());
  EXPECT_EQ(grows.writes[2].text, protocol::MakeUpdateSchema(value)->ToJson());
  EXPECT_EQ(Plan(store, known, R"({"type":"record","name":"V","fields":[]})").superset_id, 0);
  // A value schema that cannot have an update schema is refused, not half registered.
  const SchemaPlan bare = Plan(StoreWith(true, false, -1), {}, Record(R"({"name":"a","type":"int"})"));
  EXPECT_EQ(bare.verdict, Verdict::kRejected);
  EXPECT_NE(bare.reason.find("default"), std::string::npos);
}

TEST(SchemaPlan, ASupersetIsRegisteredWhenNoSchemaHasAll) {
  const Store store = StoreWith(true, false, 1);
  const StoreSchemas known = Known({Record(kA + "," + kB)});
  const SchemaPlan plan = Plan(store, known, Record(kA + "," + kC));
  EXPECT_EQ(Writes(plan), (Texts{"VALUE 2", "SUPERSET 3", "UPDATE 1-1", "UPDATE 2-1", "UPDATE 3-1"}));
  EXPECT_EQ(plan.superset_id, 3);
  EXPECT_EQ(plan.writes[1].text, Record(kA + "," + kC + "," + kB));
  // The existing one has all already.
  const SchemaPlan less = Plan(StoreWith(false, false, 1), known, Record(kA));
  EXPECT_EQ(Writes(less), (Texts{"VALUE 2"}));
  EXPECT_EQ(less.superset_id, 0);
  // No superset is kept without a reason for it, nor for system stores.
  EXPECT_EQ(Plan(StoreWith(false, false), known, Record(kA + "," + kC)).superset_id, 0);
  Store system = store;
  system.name = "venice_system_store_x";
  EXPECT_EQ(Plan(system, known, Record(kA + "," + kC)).superset_id, 0);
}

TEST(SchemaPlan, EveryCutOffRegistrationIsCompletedByTheSameOrTheNextOne) {
  const Store store = StoreWith(true, true, 1);
  const StoreSchemas known = Known({Record(kA + "," + kB)});
  const std::string fresh = Record(kA + "," + kC);
  const SchemaPlan whole = Plan(store, known, fresh);
  const StoreSchemas end = After(known, whole, whole.writes.size());
  for (size_t done = 0; done <= whole.writes.size(); ++done) {
    const StoreSchemas cut = After(known, whole, done);
    const SchemaPlan again = Plan(store, cut, fresh);
    EXPECT_EQ(again.id, 2) << done;
    EXPECT_EQ(again.superset_id, 3) << done;
    StoreSchemas healed = After(cut, again, again.writes.size());
    std::sort(healed.derived.begin(), healed.derived.end(),
              [](const auto& a, const auto& b) { return a.value_id < b.value_id; });
    std::sort(healed.replication_metadata.begin(), healed.replication_metadata.end(),
              [](const auto& a, const auto& b) { return a.value_id < b.value_id; });
    EXPECT_EQ(healed, end) << done;

    // Another schema comes instead: nothing of the cut-off one is lost from the superset.
    const SchemaPlan other = Plan(store, cut, Record(kA + R"(,{"name":"d","type":"int","default":0})"));
    ASSERT_EQ(other.verdict, Verdict::kAccepted) << other.reason;
    for (const PlannedSchema& schema : other.writes)
      if (schema.kind == Kind::kSuperset) {
        EXPECT_EQ(schema.text.find(R"("name":"c")") != std::string::npos, done > 0) << done;
      }
  }
}

TEST(SchemaPlan, SettingsSwitchedOnAreCompletedForAllSchemas) {
  const StoreSchemas known =
      Known({Record(R"({"name":"a","type":"int"})"), Record(kA + "," + kB), Record(kA + "," + kC)});
  const Result<SchemaPlan> plan = PlanMissingSchemas(StoreWith(true, true), known);
  ASSERT_TRUE(plan.ok()) << plan.error().ToString();
  // The first cannot have an update schema: its field has no default.
  EXPECT_EQ(Writes(*plan),
            (Texts{"SUPERSET 4", "REPLICATION_METADATA 1-1", "REPLICATION_METADATA 2-1", "REPLICATION_METADATA 3-1",
                   "REPLICATION_METADATA 4-1", "UPDATE 2-1", "UPDATE 3-1", "UPDATE 4-1"}));
  EXPECT_EQ(plan->superset_id, 4);
  EXPECT_TRUE(PlanMissingSchemas(StoreWith(false, false), known)->writes.empty());
  const Result<SchemaPlan> impossible = PlanMissingSchemas(StoreWith(true, false), Known({R"("string")"}));
  EXPECT_EQ(impossible.error().code(), ErrorCode::kInvalidSchema);
  EXPECT_NE(impossible.error().message().find("record"), std::string::npos);
}

TEST(DryRun, RunningPushesAreToldApart) {
  Store store;
  store.name = "s";
  for (const auto& [number, status] :
       {std::pair{1, metadata::VersionStatus::kOnline}, std::pair{2, metadata::VersionStatus::kStarted}}) {
    metadata::Version version;
    version.store_name = "s";
    version.number = number;
    version.status = status;
    version.push_job_id = "job" + std::to_string(number);
    version.created_ms = 1000 + number;
    store.versions.push_back(version);
  }
  const StoreSchemas known = Known({Record(kA)});
  const auto judge = [&](const ValueSchemaRequest& request) {
    DryRun run;
    run.mode = request.mode;
    run.plan = PlanValueSchema(store, known, request);
    run.pushes = JudgePushes(store, known, run.plan, {{2, {.status = metadata::ExecutionStatus::kProgress}}});
    return run;
  };
  const DryRun grows =
      judge({.text = Record(kA + R"(,{"name":"in","type":{"type":"record","name":"I","fields":[]},"default":{}})")});
  ASSERT_EQ(grows.pushes.size(), 1u);
  EXPECT_EQ(grows.pushes[0].version, 2);
  EXPECT_EQ(grows.pushes[0].push_job_id, "job2");
  EXPECT_EQ(grows.pushes[0].topic, "s_v2");
  EXPECT_EQ(grows.pushes[0].status, "PROGRESS");
  EXPECT_EQ(grows.pushes[0].started_ms, 1002);
  EXPECT_TRUE(grows.pushes[0].affected);
  EXPECT_NE(grows.pushes[0].reason.find("`in`"), std::string::npos) << grows.pushes[0].reason;
  EXPECT_NE(Summary(grows).find("1 of 1 running push"), std::string::npos) << Summary(grows);

  EXPECT_FALSE(judge({.text = Record(R"({"name":"a","type":"int","default":0,"doc":"d"})")}).pushes[0].affected);
  EXPECT_FALSE(judge({.text = Record(kA)}).pushes[0].affected);
  const DryRun refused = judge({.text = R"("string")"});
  EXPECT_FALSE(refused.pushes[0].affected);
  EXPECT_NE(refused.pushes[0].reason.find("refused"), std::string::npos);
  const DryRun forced = judge({.text = R"("string")", .mode = avro::Compatibility::kNone});
  EXPECT_TRUE(forced.pushes[0].affected);
  EXPECT_NE(forced.pushes[0].reason.find("cannot read"), std::string::npos);
}

TEST(DryRun, AddedFieldsAreFoundAtAnyDepth) {
  const auto parse = [](const std::string& text) { return avro::Schema::Parse(text).value(); };
  const avro::Schema old = parse(
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":{"type":"record","name":"I",
      "fields":[{"name":"x","type":"int"},{"name":"r","type":["null","R"]}]}}},{"name":"m","type":{"type":"map","values":"int"}}]})");
  const avro::Schema fresh = parse(
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":{"type":"record","name":"I",
      "fields":[{"name":"x","type":"int"},{"name":"y","type":"int"},{"name":"r","type":["null","R"]}]}}},
      {"name":"m","type":{"type":"map","values":"int"}},{"name":"z","type":"int"}]})");
  EXPECT_EQ(AddedFields(old, fresh, 10), (Texts{"l[].y", "z"}));
  EXPECT_EQ(AddedFields(old, fresh, 1), (Texts{"l[].y"}));
  EXPECT_TRUE(AddedFields(fresh, old, 10).empty());
}

}  // namespace
}  // namespace venice::controller
