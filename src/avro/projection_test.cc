#include "avro/projection.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

std::string Record(std::string_view name, std::string_view fields) {
  return fmt::format(R"({{"type":"record","name":"{}","fields":[{}]}})", name, fields);
}

// The projected record as plain JSON; or the error.
std::string Project(std::string_view writer, std::string_view reader, std::string_view json) {
  const Schema from = Parse(writer);
  const Schema to = Parse(reader);
  const auto projection = Projection::Make(from, to);
  if (!projection.ok()) return projection.error().message();
  const std::string bytes = Encode(from, FromJson(from, json, JsonForm::kPlain).value()).value();
  std::string_view in = bytes;
  std::string out;
  if (Status status = projection->Project(in, out); !status.ok()) return status.error().message();
  // The same as decoding and picking.
  const auto picked = DecodeAll(Resolver::Make(from, to).value(), bytes);
  EXPECT_EQ(*DecodeAll(to, out), *picked);
  return ToJson(to, *picked, JsonForm::kPlain).value();
}

const char* const kWriter =
    R"({"type":"record","name":"W","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"},
        {"name":"c","type":{"type":"record","name":"I","fields":[{"name":"x","type":"float"},{"name":"y","type":["null","string"]}]}},
        {"name":"d","type":{"type":"array","items":"int"}},{"name":"e","type":{"type":"enum","name":"E","symbols":["P","Q"]}}]})";
const char* const kValue = R"({"a":5,"b":"text","c":{"x":1.5,"y":"why"},"d":[1,2],"e":"Q"})";

TEST(Projection, CopiesFields) {
  EXPECT_EQ(
      Project(kWriter, Record("W", R"({"name":"d","type":{"type":"array","items":"long"}},{"name":"a","type":"long"})"),
              kValue),
      R"({"d":[1,2],"a":5})");
  EXPECT_EQ(
      Project(
          kWriter,
          Record("W",
                 R"({"name":"c","type":{"type":"record","name":"I","fields":[{"name":"y","type":["null","string"]}]}},
      {"name":"z","type":"string","default":"new"},{"name":"b","type":["null","bytes"]},{"name":"e","type":{"type":"enum","name":"E","symbols":["P","Q","R"]}})"),
          kValue),
      R"({"c":{"y":"why"},"z":"new","b":"text","e":"Q"})");
  EXPECT_EQ(Project(kWriter, kWriter, kValue), kValue);
  EXPECT_EQ(Project(kWriter, Record("W", ""), kValue), "{}");
}

TEST(Projection, RefusesWhatNeedsDecoding) {
  EXPECT_EQ(Project(kWriter, Record("W", R"({"name":"a","type":"float"})"), kValue),
            "field a: written as int, wanted as float: such values must be decoded; use DecodeValue");
  EXPECT_EQ(
      Project(kWriter, Record("W", R"({"name":"e","type":{"type":"enum","name":"E","symbols":["Q","P"]}})"), kValue),
      "field e: written as E, wanted as E: such values must be decoded; use DecodeValue");
  EXPECT_EQ(Project(kWriter, Record("W", R"({"name":"q","type":"int"})"), kValue),
            "field q: missing in the writer's W and without a default");
  EXPECT_EQ(Project(kWriter, Record("W", R"({"name":"b","type":"int"})"), kValue),
            "field b: written as string, cannot be read as int");
}

}  // namespace
}  // namespace venice::avro
