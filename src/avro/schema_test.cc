#include "avro/schema.h"

#include <gtest/gtest.h>

#include "avro/fingerprint.h"
#include "avro/json.h"

namespace venice::avro {
namespace {

std::string ErrorOf(std::string_view json) {
  const auto schema = Schema::Parse(json);
  return schema.ok() ? "parsed" : schema.error().ToString();
}

TEST(Schema, KeepsEveryAttribute) {
  const std::string text =
      R"({"type":"record","name":"Person","namespace":"a.b","doc":"d","fields":[)"
      R"({"name":"id","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"fd","default":5,"order":"descending","x":{"y":[1]},"aliases":["old"]},)"
      R"({"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"],"default":"B"},"order":"ignore"},)"
      R"({"name":"again","type":["null","Kind",{"type":"fixed","name":"F","namespace":"c","size":3}]}],)"
      R"("custom":"p","aliases":["Human","other.Name"]})";
  const auto schema = Schema::Parse(text);
  ASSERT_TRUE(schema.ok()) << schema.error().ToString();
  EXPECT_EQ(schema->name(), "a.b.Person");
  EXPECT_EQ((*schema)->aliases, (std::vector<std::string>{"a.b.Human", "other.Name"}));
  EXPECT_EQ((*schema)->fields[0].type->LogicalType(), "timestamp-millis");
  EXPECT_EQ((*schema)->fields[0].properties.at("x"), R"({"y":[1]})");
  EXPECT_EQ((*schema)->fields[2].type->branches[1], (*schema)->fields[1].type);
  const auto again = Schema::Parse(schema->ToJson());
  ASSERT_TRUE(again.ok()) << schema->ToJson() << again.error().ToString();
  EXPECT_EQ(again->ToJson(), schema->ToJson());
  EXPECT_EQ(schema->CanonicalForm(),
            R"({"name":"a.b.Person","type":"record","fields":[{"name":"id","type":"long"},)"
            R"({"name":"kind","type":{"name":"a.b.Kind","type":"enum","symbols":["A","B"]}},)"
            R"({"name":"again","type":["null","a.b.Kind",{"name":"c.F","type":"fixed","size":3}]}]})");
}

TEST(Schema, FingerprintsAreJavas) {
  EXPECT_EQ(Schema::Primitive(Type::kInt).Fingerprint64(), 0x7275d51a3f395c8fULL);
  EXPECT_EQ(Schema::Parse("\"string\"")->Fingerprint64(), 0x8f014872634503c7ULL);
}

TEST(Schema, ResolvesNamesInTheirNamespace) {
  const auto schema = Schema::Parse(
      R"({"type":"record","name":"x.A","fields":[{"name":"n","type":["null","A"]},)"
      R"({"name":"b","type":{"type":"record","name":"B","namespace":"","fields":[]}},{"name":"c","type":"B"}]})");
  ASSERT_TRUE(schema.ok()) << schema.error().ToString();
  EXPECT_EQ((*schema)->fields[0].type->branches[1], &schema->node());
  EXPECT_EQ((*schema)->fields[2].type->name, "B");
}

TEST(Schema, HandlesOfPartsKeepTheDocument) {
  std::optional<Schema> field;
  {
    const auto schema =
        Schema::Parse(R"({"type":"record","name":"A","fields":[{"name":"f","type":{"type":"map","values":"A"}}]})");
    field = schema->FieldSchema("f");
    EXPECT_FALSE(schema->FieldSchema("g"));
  }
  EXPECT_EQ(
      field->CanonicalForm(),
      R"({"type":"map","values":{"name":"A","type":"record","fields":[{"name":"f","type":{"type":"map","values":"A"}}]}})");
}

TEST(Schema, SaysWhereItIsWrong) {
  EXPECT_EQ(ErrorOf("intt").substr(0, 33), "InvalidSchema: schema is not JSON");
  EXPECT_EQ(ErrorOf(R"({"type":"record","name":"A","fields":[{"name":"f","type":{"type":"array","items":"Nope"}}]})"),
            "InvalidSchema: record A: field f: items: unknown type \"Nope\"; it is neither an Avro type nor defined "
            "before this place (line 1, column 82, at /fields/0/type/items)");
  EXPECT_EQ(ErrorOf(R"(["int","int"])"), "InvalidSchema: union has two branches of type int (line 1, column 8, at /1)");
  EXPECT_EQ(ErrorOf(R"([["int"]])"),
            "InvalidSchema: a union directly in a union is not allowed (line 1, column 2, at /0)");
  EXPECT_EQ(ErrorOf(R"({"type":"enum","name":"E","symbols":["A","A"]})"),
            "InvalidSchema: enum E has symbol A twice (line 1, column 42, at /symbols/1)");
  EXPECT_EQ(ErrorOf(R"({"type":"fixed","name":"E","size":-1})").substr(0, 28), "InvalidSchema: fixed E needs");
  EXPECT_EQ(ErrorOf(R"({"type":"record","name":"A","fields":[{"name":"f","type":"int"},{"name":"f","type":"int"}]})"),
            "InvalidSchema: record A has two fields named f (line 1, column 65, at /fields/1)");
  EXPECT_NE(ErrorOf(R"({"type":"record","name":"1A","fields":[]})"), "parsed");
  EXPECT_EQ(ErrorOf(R"({"type":"record","name":"A","fields":[{"name":"f","type":"int","default":"x"}]})"),
            "InvalidSchema: record A: field f, default: expected int, found \"x\" (line 1, column 74, at "
            "/fields/0/default)");
  EXPECT_TRUE(Schema::Parse(R"({"type":"record","name":"A","fields":[{"name":"f","type":"int","default":"x"}]})",
                            Schema::Defaults::kAccept)
                  .ok());
  EXPECT_NE(ErrorOf("17"), "parsed");
  EXPECT_NE(ErrorOf("{}"), "parsed");
  EXPECT_NE(ErrorOf(""), "parsed");
}

TEST(Schema, ForgivesOldSchemasOnlyWhenAsked) {
  using enum Schema::Defaults;
  const auto verdicts = [](const std::string& text) {
    std::string accepted;
    for (const auto& [letter, mode] : {std::pair('s', kStrict), std::pair('v', kValidate), std::pair('a', kAccept)}) {
      if (Schema::Parse(text, mode).ok()) accepted += letter;
    }
    return accepted;
  };
  const auto field = [](const std::string& type, const std::string& value) {
    return fmt::format(R"({{"type":"record","name":"R","fields":[{{"name":"f","type":{},"default":{}}}]}})", type,
                       value);
  };
  EXPECT_EQ(verdicts(field(R"(["null","int"])", "null")), "sva");
  EXPECT_EQ(verdicts(field(R"(["null","int"])", "1")), "va");
  EXPECT_EQ(verdicts(field(R"(["null","int"])", "true")), "a");
  EXPECT_EQ(verdicts(R"({"type":"fixed","name":"F","namespace":"a-b","size":1})"), "a");
  EXPECT_EQ(verdicts(R"({"type":"fixed","name":"F","aliases":["1"],"size":1})"), "a");
  EXPECT_EQ(verdicts(R"({"type":"fixed","name":"1","size":1})"), "");
  EXPECT_EQ(
      Schema::Parse(field(R"(["null","int"])", "1"), kStrict).error().message(),
      "record R: field f, default: expected null, found 1; the default of a union is of its first branch (line 1, "
      "column 83, at /fields/0/default)");
  EXPECT_EQ(Schema::Parse(field(R"(["null","int"])", "true")).error().message(),
            "record R: field f, default: expected one of null, int; found true (line 1, column 83, at "
            "/fields/0/default)");
}

TEST(Schema, BoundsNesting) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"type":"array","items":)";
  EXPECT_NE(ErrorOf(deep), "parsed");
  std::string closed = deep + "\"int\"" + std::string(100'000, '}');
  EXPECT_NE(ErrorOf(closed).find("nests deeper"), std::string::npos);
  // A chain of references is as deep as nesting.
  std::string chain = R"([{"type":"record","name":"R0","fields":[]})";
  for (int i = 1; i < 1000; ++i) {
    chain += fmt::format(R"(,{{"type":"record","name":"R{}","fields":[{{"name":"f","type":"R{}"}}]}})", i, i - 1);
  }
  EXPECT_NE(ErrorOf(chain + "]").find("nest deeper"), std::string::npos);
  // Defaults that expand into defaults would take 2^100 steps: such a schema is fine until one of them is needed.
  std::string bomb = R"([{"type":"record","name":"R0","fields":[]})";
  for (int i = 1; i < 100; ++i) {
    bomb += fmt::format(R"(,{{"type":"record","name":"R{0}","fields":[{{"name":"a","type":"R{1}","default":{{}}}},)"
                        R"({{"name":"b","type":"R{1}","default":{{}}}}]}})",
                        i, i - 1);
  }
  const auto parsed = Schema::Parse(bomb + "]");
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  EXPECT_NE(FromJson(*parsed, R"({"R99":{}})").error().message().find("has no field a"), std::string::npos);
  EXPECT_FALSE(FromJson(*parsed, R"({"R99":{}})", JsonForm::kPlain).ok());
}

}  // namespace
}  // namespace venice::avro
