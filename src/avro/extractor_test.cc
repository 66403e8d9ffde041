#include "avro/extractor.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

std::string EncodeJson(const Schema& schema, std::string_view json) {
  return Encode(schema, FromJson(schema, json, JsonForm::kPlain).value()).value();
}

Extractor Make(const Schema& schema, std::vector<std::string> paths, Extractor::Rest rest = Extractor::Rest::kIgnore) {
  return Extractor::Make(schema, paths, rest).value();
}

std::string MakeError(const Schema& schema, std::vector<std::string> paths) {
  return Extractor::Make(schema, paths).error().message();
}

const char* const kMember =
    R"({"type":"record","name":"Member","fields":[
        {"name":"id","type":"long"},
        {"name":"name","type":["null","string"]},
        {"name":"tags","type":{"type":"map","values":"string"}},
        {"name":"home","type":["null",{"type":"record","name":"Place","fields":[
            {"name":"city","type":"string"},{"name":"at","type":{"type":"array","items":"double"}}]}]},
        {"name":"vector","type":{"type":"array","items":"float"}},
        {"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]}},
        {"name":"tail","type":"bytes"}]})";

const char* const kAda =
    R"({"id":300,"name":"Ada","tags":{"a":"b"},"home":{"city":"London","at":[51.5,-0.1]},
        "vector":[1.5,2.5,-3.0],"level":"HIGH","tail":"xyz"})";

TEST(Extractor, FindsFieldsInOneWalk) {
  const Schema schema = Parse(kMember);
  const std::string bytes = EncodeJson(schema, kAda);
  const Extractor extractor = Make(schema, {"vector", "id", "home.city", "home.at", "level", "name", "home"});
  std::vector<ExtractedField> fields(extractor.size());
  std::string_view in = bytes;
  ASSERT_TRUE(extractor.Extract(in, fields).ok());
  NumberRuns<float> runs = fields[0].Floats();
  EXPECT_EQ(runs.CountLeft(), 3u);
  ASSERT_TRUE(runs.Next());
  EXPECT_EQ(runs.run()[2], -3.0f);
  EXPECT_FALSE(runs.Next());
  EXPECT_EQ(fields[1].Long(), 300);
  EXPECT_EQ(fields[2].Text(), "London");
  EXPECT_EQ(fields[3].Doubles().CountLeft(), 2u);
  EXPECT_EQ(fields[4].Int(), 1);
  EXPECT_EQ(fields[5].Text(), "Ada");
  EXPECT_EQ(fields[5].branch, 1);
  EXPECT_EQ(*DecodeAll(*schema.FieldSchema("home"), fields[6].encoded), DecodeAll(schema, bytes)->field(3));
}

TEST(Extractor, StopsBehindTheLastWantedField) {
  const Schema schema = Parse(kMember);
  const std::string bytes = EncodeJson(schema, kAda);
  std::array<ExtractedField, 1> field;
  std::string_view cut = std::string_view(bytes).substr(0, 3);  // the id, and the branch of the name
  EXPECT_TRUE(Make(schema, {"id"}).Extract(cut, field).ok());
  EXPECT_EQ(cut.size(), 1u);
  const Extractor city = Make(schema, {"home.city"});
  std::string_view in = bytes;
  ASSERT_TRUE(city.Extract(in, field).ok());
  EXPECT_EQ(in.data(), field[0].encoded.data() + field[0].encoded.size());
  const Extractor whole = Make(schema, {"id"}, Extractor::Rest::kCheck);
  in = bytes;
  ASSERT_TRUE(whole.Extract(in, field).ok());
  EXPECT_TRUE(in.empty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    in = std::string_view(bytes).substr(0, size);
    EXPECT_FALSE(whole.Extract(in, field).ok()) << size;
    EXPECT_EQ(in.size(), size);
  }
}

TEST(Extractor, AbsentBehindAnotherBranch) {
  const Schema schema = Parse(kMember);
  const std::string bytes =
      EncodeJson(schema, R"({"id":1,"name":null,"tags":{},"home":null,"vector":[],"level":"LOW","tail":""})");
  const Extractor extractor = Make(schema, {"home.city", "name", "vector"});
  std::array<ExtractedField, 3> fields;
  std::string_view in = bytes;
  ASSERT_TRUE(extractor.Extract(in, fields).ok());
  EXPECT_FALSE(fields[0].present());
  EXPECT_TRUE(fields[0].is_null());
  EXPECT_TRUE(fields[1].present());
  EXPECT_TRUE(fields[1].is_null());
  EXPECT_FALSE(fields[2].Floats().Next());
}

TEST(Extractor, PathsMeanOneField) {
  const Schema schema = Parse(kMember);
  EXPECT_EQ(MakeError(schema, {"home.zip"}),
            "path home.zip: union has no field \"zip\"; its fields are those of its branches");
  EXPECT_EQ(MakeError(schema, {"nme"}),
            "path nme: Member has no field \"nme\"; its fields are id, name, tags, home, vector, level, tail");
  EXPECT_EQ(MakeError(schema, {"id", "id"}), "path id comes twice");
  EXPECT_EQ(MakeError(schema, {""}).substr(0, 24), "path : Member has no fie");
  // Two branches with a field of one name: the first is meant.
  const Schema two = Parse(R"({"type":"record","name":"T","fields":[{"name":"u","type":[
      {"type":"record","name":"A","fields":[{"name":"x","type":"long"}]},
      {"type":"record","name":"B","fields":[{"name":"x","type":"string"}]}]}]})");
  const Extractor extractor = Make(two, {"u.x"});
  std::array<ExtractedField, 1> field;
  std::string_view in("\x02\x02y", 3);
  ASSERT_TRUE(extractor.Extract(in, field).ok());
  EXPECT_FALSE(field[0].present());
}

TEST(Extractor, ReadsNumbersBlockByBlock) {
  const Schema schema = Parse(R"({"type":"record","name":"V","fields":[
      {"name":"v","type":["null",{"type":"array","items":"float"}]}]})");
  std::string bytes = "\x02";
  const auto add = [&](float value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); };
  bytes += "\x03\x10";  // two items of 8 bytes
  add(1);
  add(2);
  bytes += "\x02";
  add(3);
  bytes.push_back('\0');
  const Extractor extractor = Make(schema, {"v"});
  std::array<ExtractedField, 1> field;
  std::string_view in = bytes;
  ASSERT_TRUE(extractor.Extract(in, field).ok());
  float sum = 0;
  for (NumberRuns<float> runs = field[0].Floats(); runs.Next();) {
    for (size_t i = 0; i < runs.run().size(); ++i) sum = sum * 10 + runs.run()[i];
  }
  EXPECT_EQ(sum, 123);
  bytes[2] = '\x0e';  // 7 bytes of items
  in = bytes;
  EXPECT_EQ(extractor.Extract(in, field).error().ToString(),
            "Corruption: field v: the 16 bytes left are not an encoded union, at byte 1");
}

}  // namespace
}  // namespace venice::avro
