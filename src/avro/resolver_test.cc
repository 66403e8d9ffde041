#include "avro/resolver.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

// What the reader sees of a value written as JSON, as plain JSON; or the error.
std::string Read(std::string_view writer, std::string_view reader, std::string_view value) {
  const Schema from = Parse(writer);
  const Schema to = Parse(reader);
  const auto resolver = Resolver::Make(from, to);
  if (!resolver.ok()) return resolver.error().ToString();
  const auto bytes = Encode(from, FromJson(from, value, JsonForm::kPlain).value()).value();
  const auto datum = DecodeAll(*resolver, bytes);
  if (!datum.ok()) return datum.error().ToString();
  return ToJson(to, *datum, JsonForm::kPlain).value();
}

TEST(Resolver, FillsDefaultsAndFollowsAliases) {
  EXPECT_EQ(Read(R"({"type":"record","name":"R","fields":[{"name":"x","type":"string"},{"name":"a","type":"int"}]})",
                 R"({"type":"record","name":"S","aliases":["R"],"fields":[{"name":"b","type":"double","aliases":["a"]},
                     {"name":"c","type":"bytes","default":"\u00ff"},{"name":"d","type":{"type":"array","items":"int"},"default":[1,2]}]})",
                 R"({"x":"skipped","a":3})"),
            R"({"b":3.0,"c":"\u00ff","d":[1,2]})");
  EXPECT_EQ(Read(R"({"type":"record","name":"R","fields":[]})",
                 R"({"type":"record","name":"R","fields":[{"name":"n","type":"int"}]})", "{}"),
            "InvalidSchema: field n: missing in the writer's R and without a default");
}

TEST(Resolver, DefaultsAreOfTheFirstBranchThatFits) {
  const std::string empty = R"({"type":"record","name":"R","fields":[]})";
  EXPECT_EQ(
      Read(empty, R"({"type":"record","name":"R","fields":[{"name":"u","type":["float","null","long"],"default":0}]})",
           "{}"),
      R"({"u":0.0})");
  // Also those of a record that is itself a default.
  EXPECT_EQ(Read(empty,
                 R"({"type":"record","name":"R","fields":[{"name":"i","default":{},"type":{"type":"record","name":"I",
                     "fields":[{"name":"u","type":["double","int"],"default":1}]}}]})",
                 "{}"),
            R"({"i":{"u":1.0}})");
}

TEST(Resolver, UnionsPreferTheSameType) {
  EXPECT_EQ(Read("int", R"(["double","int"])", "1"), "1");
  EXPECT_EQ(Read("int", R"(["string","double"])", "1"), "1.0");
  EXPECT_EQ(Read(R"(["null","int"])", "long", "null"),
            "Corruption: union branch null: written as null, cannot be read as long, at byte 1");
  EXPECT_EQ(Read(R"(["null","string"])", "int", "null"), "InvalidSchema: written as union, cannot be read as int");
  EXPECT_EQ(
      Read(
          R"([{"type":"record","name":"x.A","fields":[]},{"type":"record","name":"x.B","fields":[{"name":"b","type":"int"}]}])",
          R"([{"type":"record","name":"y.A","fields":[]},{"type":"record","name":"y.B","fields":[{"name":"b","type":"long"}]}])",
          R"({"x.B":{"b":4}})"),
      R"({"b":4})");
}

TEST(Resolver, EnumsAndFixed) {
  const std::string abc = R"({"type":"enum","name":"E","symbols":["A","B","C"]})";
  EXPECT_EQ(Read(abc, R"({"type":"enum","name":"n.E","symbols":["C","A"]})", "\"C\""), "\"C\"");
  EXPECT_EQ(Read(abc, R"({"type":"enum","name":"E","symbols":["C","A"],"default":"A"})", "\"B\""), "\"A\"");
  EXPECT_EQ(Read(abc, R"({"type":"enum","name":"E","symbols":["C","A"]})", "\"B\""),
            "Corruption: the reader's enum has neither symbol B nor a default, at byte 0");
  EXPECT_NE(Read(R"({"type":"fixed","name":"F","size":2})", R"({"type":"fixed","name":"F","size":3})", "\"ab\"")
                .find("InvalidSchema"),
            std::string::npos);
}

TEST(Resolver, CompatibilityCountsEveryBranch) {
  EXPECT_TRUE(CheckCanRead(Parse("long"), Parse("int")).ok());
  EXPECT_FALSE(CheckCanRead(Parse("int"), Parse("long")).ok());
  EXPECT_FALSE(CheckCanRead(Parse("long"), Parse(R"(["null","int"])")).ok());
  EXPECT_TRUE(CheckCanRead(Parse(R"(["null","long"])"), Parse("int")).ok());
  EXPECT_FALSE(CheckCanRead(Parse(R"({"type":"enum","name":"E","symbols":["A"]})"),
                            Parse(R"({"type":"enum","name":"E","symbols":["A","B"]})"))
                   .ok());
}

TEST(Resolver, FollowsMutualRecursion) {
  const std::string tree =
      R"({"type":"record","name":"T","fields":[{"name":"v","type":"%"},{"name":"kids","type":{"type":"array","items":"T"}}]})";
  auto with = [&](std::string_view type) { return std::string(tree).replace(tree.find('%'), 1, type); };
  EXPECT_EQ(Read(with("int"), with("long"), R"({"v":1,"kids":[{"v":2,"kids":[]},{"v":3,"kids":[]}]})"),
            R"({"v":1,"kids":[{"v":2,"kids":[]},{"v":3,"kids":[]}]})");
}

}  // namespace
}  // namespace venice::avro
