// Schemas made of value schemas, against what Venice's own classes make of the same (tests/golden/schemas).
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "protocol/replication_metadata_schema.h"
#include "protocol/superset_schema.h"
#include "protocol/update_schema.h"

namespace venice::protocol {
namespace {

using Json = nlohmann::ordered_json;

Json Load(const char* name) {
  std::ifstream in(std::string(VENICE_SOURCE_DIR) + "/tests/golden/schemas/" + name);
  return Json::parse(in);
}

avro::Schema Parse(const Json& schema) {
  Result<avro::Schema> parsed = avro::Schema::Parse(schema.dump(), avro::Schema::Defaults::kAccept);
  EXPECT_TRUE(parsed.ok()) << parsed.error().ToString();
  return *std::move(parsed);
}

// Byte for byte, or refused where Venice refuses.
void ExpectAsVenice(const std::string& name, const Result<avro::Schema>& made, const Json& venice, const char* text,
                    const char* refused) {
  if (venice.contains(refused)) {
    EXPECT_FALSE(made.ok()) << name << ": Venice refuses: " << venice[refused];
    if (!made.ok()) {
      EXPECT_EQ(made.error().code(), ErrorCode::kInvalidSchema) << name;
      EXPECT_GT(made.error().message().size(), 20u) << name;
    }
    return;
  }
  ASSERT_TRUE(made.ok()) << name << ": " << made.error().ToString();
  EXPECT_EQ(made->ToJson(), venice[text].get<std::string>()) << name;
}

TEST(GeneratedSchemas, UpdateSchemasAreVenices) {
  const Json cases = Load("cases.json");
  const Json venice = Load("venice.json");
  for (const auto& [name, schema] : cases["values"].items())
    ExpectAsVenice(name, MakeUpdateSchema(Parse(schema)), venice["values"][name], "update", "updateRefused");
}

TEST(GeneratedSchemas, ReplicationMetadataSchemasAreVenices) {
  const Json cases = Load("cases.json");
  const Json venice = Load("venice.json");
  for (const auto& [name, schema] : cases["values"].items())
    ExpectAsVenice(name, MakeReplicationMetadataSchema(Parse(schema)), venice["values"][name], "rmd", "rmdRefused");
}

// Where Venice's code fails by accident, or loses something; see the README beside the golden file.
bool DiffersOnPurpose(const std::string& name) {
  static const std::set<std::string> kPlain{"recursive", "fixed_props"};
  if (kPlain.contains(name)) return true;
  for (const char* part : {"_bytes", "_bytes_in_union", "_float_whole", "_double_whole", "_map_of_doubles"})
    if (name.starts_with("default_") && name.ends_with(part)) return true;
  return false;
}

TEST(GeneratedSchemas, SupersetsAreVenices) {
  const Json cases = Load("cases.json");
  const Json venice = Load("venice.json");
  for (size_t i = 0; i < cases["supersets"].size(); ++i) {
    const Json& given = cases["supersets"][i];
    const Json& expected = venice["supersets"][i];
    const std::string name = given["name"];
    ASSERT_EQ(expected["name"], name);
    std::vector<avro::Schema> schemas;
    for (const Json& schema : given["schemas"]) schemas.push_back(Parse(schema));
    const Result<avro::Schema> all = MakeSupersetOfAll(schemas);
    if (DiffersOnPurpose(name)) {
      EXPECT_TRUE(all.ok()) << name << ": " << all.error().ToString();
      continue;
    }
    if (schemas.size() == 2) {
      const Result<avro::Schema> made = MakeSuperset(schemas[0], schemas[1]);
      ExpectAsVenice(name, made, expected, "result", "refused");
      if (made.ok()) {
        EXPECT_EQ(SameButForFieldOrder(*made, schemas[1]), expected["sameAsNew"].get<bool>()) << name;
        EXPECT_EQ(SameButForFieldOrder(*made, schemas[0]), expected["sameAsExisting"].get<bool>()) << name;
      }
    }
    if (!expected.contains("ofAll")) continue;  // Venice looks at compatibility first, which is another module here
    ASSERT_TRUE(all.ok()) << name << ": " << all.error().ToString();
    for (size_t k = 0; k < schemas.size(); ++k) {
      if (!SameButForFieldOrder(schemas[k], *all)) continue;
      EXPECT_EQ(expected["ofAllId"], k + 1) << name;
      break;
    }
    if (expected["ofAllId"] == schemas.size() + 1) {
      EXPECT_EQ(all->ToJson(), expected["ofAll"].get<std::string>()) << name;
    }
  }
}

TEST(GeneratedSchemas, ARecordWithinItselfHasASuperset) {
  const avro::Schema tree = avro::Schema::Parse(
                                R"({"type":"record","name":"T","fields":[{"name":"v","type":"int","default":0},
                                    {"name":"kids","type":{"type":"array","items":"T"},"default":[]}]})")
                                .value();
  const avro::Schema weighted = avro::Schema::Parse(
                                    R"({"type":"record","name":"T","fields":[{"name":"w","type":"int","default":0},
                                        {"name":"kids","type":{"type":"array","items":"T"},"default":[]}]})")
                                    .value();
  EXPECT_EQ(MakeSuperset(tree, weighted)->ToJson(),
            R"({"type":"record","name":"T","fields":[{"name":"w","type":"int","default":0},)"
            R"({"name":"kids","type":{"type":"array","items":"T"},"default":[]},)"
            R"({"name":"v","type":"int","default":0}]})");
  // Also where the new reference to itself is in a field that only one of them has.
  const avro::Schema linked = avro::Schema::Parse(
                                  R"({"type":"record","name":"T","fields":[{"name":"v","type":"int","default":0},
              {"name":"kids","type":{"type":"array","items":"T"},"default":[]},
              {"name":"next","type":["null","T"],"default":null}]})")
                                  .value();
  EXPECT_EQ(MakeSuperset(tree, linked)->ToJson(), linked.ToJson());
  EXPECT_TRUE(SameButForFieldOrder(*MakeSuperset(tree, linked), linked));
  EXPECT_TRUE(SameButForFieldOrder(*MakeSuperset(linked, tree), linked));
}

// Each record refers to every record of the next layer: paths are many, records few.
std::string Layers(int layers, int width, const std::string& last_field) {
  std::string text;
  for (int layer = layers - 1; layer >= 0; --layer) {
    std::string fields;
    for (int i = 0; i < width; ++i) {
      const std::string type = layer == layers - 1 ? "\"int\"" : fmt::format("\"L{}x{}\"", layer + 1, i);
      fields += fmt::format(R"({}{{"name":"{}{}","type":["null",{}],"default":null}})", i > 0 ? "," : "",
                            layer == layers - 1 ? last_field : "f", i, type);
    }
    for (int i = 0; i < (layer == 0 ? 1 : width); ++i)
      text += fmt::format(
          R"({}{{"name":"d{}x{}","type":["null",{{"type":"record","name":"L{}x{}","fields":[{}]}}],"default":null}})",
          text.empty() ? "" : ",", layer, i, layer, i, fields);
  }
  return R"({"type":"record","name":"Top","fields":[)" + text + "]}";
}

TEST(GeneratedSchemas, RecordsThatShareRecordsTakeTimeByTheirNumber) {
  const avro::Schema old = avro::Schema::Parse(Layers(60, 16, "a")).value();
  const avro::Schema fresh = avro::Schema::Parse(Layers(60, 16, "b")).value();
  const std::clock_t begin = std::clock();
  const Result<avro::Schema> superset = MakeSuperset(old, fresh);
  ASSERT_TRUE(superset.ok()) << superset.error().ToString();
  EXPECT_FALSE(SameButForFieldOrder(*superset, fresh));
  EXPECT_TRUE(MakeUpdateSchema(*superset).ok());
  EXPECT_TRUE(MakeReplicationMetadataSchema(*superset).ok());
  // Seconds in the slowest build; by paths it would be 16^60.
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 60);
}

TEST(GeneratedSchemas, DefaultsThatDoubleWithEveryLayerAreLeftAsTheyAre) {
  std::string type = R"({"type":"record","name":"L0","fields":[{"name":"x","type":"int","default":0}]})";
  for (int i = 1; i < 60; ++i)
    type = fmt::format(R"({{"type":"record","name":"L{}","fields":[{{"name":"a","type":{},"default":{{}}}},)"
                       R"({{"name":"b","type":"L{}","default":{{}}}}]}})",
                       i, type, i - 1);
  const auto with = [&](const char* field) {
    return avro::Schema::Parse(
        fmt::format(R"({{"type":"record","name":"R","fields":[{{"name":"l","type":{},"default":{{}}}},)"
                    R"({{"name":"{}","type":"int","default":0}}]}})",
                    type, field),
        avro::Schema::Defaults::kAccept);
  };
  ASSERT_TRUE(with("p").ok()) << with("p").error().ToString();
  const Result<avro::Schema> superset = MakeSuperset(*with("p"), *with("q"));
  ASSERT_TRUE(superset.ok()) << superset.error().ToString();
  EXPECT_FALSE(SameButForFieldOrder(*superset, *with("q")));
}

}  // namespace
}  // namespace venice::protocol
