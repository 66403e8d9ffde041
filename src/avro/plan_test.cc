// Plans and the values they make: layout of values, resolution, hostile bytes.
#include "avro/plan.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"
#include "avro/primitives.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

std::string EncodeJson(const Schema& schema, std::string_view json) {
  return Encode(schema, FromJson(schema, json, JsonForm::kPlain).value()).value();
}

// What the reader sees of a value written as JSON, as plain JSON; or the error.
std::string Read(std::string_view writer, std::string_view reader, std::string_view value) {
  const Schema from = Parse(writer);
  const Schema to = Parse(reader);
  const auto resolver = Resolver::Make(from, to);
  if (!resolver.ok()) return resolver.error().ToString();
  const auto datum = DecodeAll(*resolver, EncodeJson(from, value));
  if (!datum.ok()) return datum.error().ToString();
  return ToJson(to, *datum, JsonForm::kPlain).value();
}

std::string Record(std::string_view name, std::string_view fields) {
  return fmt::format(R"({{"type":"record","name":"{}","fields":[{}]}})", name, fields);
}

TEST(Arena, HandsOutAlignedMemoryUpToItsLimit) {
  Arena arena(ByteSize(10'000));
  EXPECT_NE(arena.Allocate(0), nullptr);
  for (int i = 0; i < 2; ++i) {
    for (size_t size : {1, 17, 300}) EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.Allocate(size)) % 16, 0u);
    EXPECT_NE(arena.Allocate(5000), nullptr);
    EXPECT_EQ(arena.Allocate(6000), nullptr);
    EXPECT_EQ(arena.AllocateArray<uint64_t>(SIZE_MAX / 4), nullptr);
    EXPECT_LE(arena.capacity_bytes(), 10'000u);
    arena.Reset();
  }
  const size_t settled = arena.capacity_bytes();
  arena.Allocate(5000);
  arena.Reset();
  arena.Allocate(5000);
  EXPECT_GE(arena.capacity_bytes(), settled);
}

TEST(Value, ArraysOfNumbersArePacked) {
  const Schema schema = Parse(Record("A", R"(
      {"name":"floats","type":{"type":"array","items":"float"}},{"name":"ints","type":{"type":"array","items":"int"}},
      {"name":"flags","type":{"type":"array","items":"boolean"}},{"name":"nulls","type":{"type":"array","items":"null"}},
      {"name":"enums","type":{"type":"array","items":{"type":"enum","name":"E","symbols":["X","Y"]}}},
      {"name":"texts","type":{"type":"array","items":"string"}})"));
  const char* const json =
      R"({"floats":[1.5,-2.0],"ints":[7,-8,900],"flags":[true,false],"nulls":[null,null],"enums":["Y"],"texts":["a","bc"]})";
  const std::string bytes = EncodeJson(schema, json);
  Arena arena;
  const Value value = DecodeWholeValue(Resolver::Make(schema).value(), bytes, arena).value();
  EXPECT_EQ(value.field(0).numbers<float>()[1], -2.0f);
  // Borrowed from the input.
  EXPECT_GE(value.field(0).numbers<float>().bytes(), bytes.data());
  EXPECT_LT(value.field(0).numbers<float>().bytes(), bytes.data() + bytes.size());
  EXPECT_EQ(value.field(1).numbers<int32_t>()[2], 900);
  EXPECT_TRUE(value.field(2).numbers<bool>()[0]);
  EXPECT_EQ(value.field(3).size(), 2u);
  EXPECT_EQ(value.field(4).numbers<int32_t>()[0], 1);
  EXPECT_EQ(value.field(5).items()[1].text(), "bc");
  EXPECT_EQ(ToJson(schema, ToDatum(value), JsonForm::kPlain).value(), json);
  std::string again;
  ASSERT_TRUE(Encode(schema, value, again).ok());
  EXPECT_EQ(again, bytes);
}

TEST(Value, CopiesOutliveTheInput) {
  const Schema schema =
      Parse(Record("A", R"({"name":"s","type":"string"},{"name":"m","type":{"type":"map","values":"bytes"}},
      {"name":"f","type":{"type":"array","items":"double"}},{"name":"x","type":{"type":"fixed","name":"F","size":2}})"));
  auto bytes = std::make_unique<std::string>(EncodeJson(schema, R"({"s":"text","m":{"k":"v"},"f":[1.0],"x":"ab"})"));
  const Datum datum = DecodeAll(schema, *bytes).value();
  Arena arena;
  const Value value = DecodeWholeValue(Resolver::Make(schema).value(), *bytes, arena, Text::kCopy).value();
  bytes.reset();
  EXPECT_EQ(ToDatum(value), datum);
  Arena other;
  EXPECT_EQ(ToDatum(ToValue(schema, datum, other).value()), datum);
}

TEST(Value, TakesArraysOfManyBlocks) {
  const Schema floats = Parse(R"({"type":"array","items":"float"})");
  const Schema texts = Parse(R"({"type":"array","items":"string"})");
  std::string float_bytes;
  std::string text_bytes;
  for (int i = 0; i < 100; ++i) {
    AppendLong(float_bytes, 1);
    AppendFloat(float_bytes, static_cast<float>(i));
    AppendLong(text_bytes, -1);
    AppendLong(text_bytes, 2);
    AppendBytes(text_bytes, "x");
  }
  for (std::string* bytes : {&float_bytes, &text_bytes}) AppendLong(*bytes, 0);
  Arena arena;
  const Value many = DecodeWholeValue(Resolver::Make(floats).value(), float_bytes, arena).value();
  ASSERT_EQ(many.size(), 100u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(many.numbers<float>()[i], static_cast<float>(i));
  EXPECT_EQ(DecodeWholeValue(Resolver::Make(texts).value(), text_bytes, arena)->items()[99].text(), "x");
}

TEST(Plan, FusesRunsOfOneType) {
  const auto plan = CompilePlan(Parse(Record("A", R"({"name":"a","type":"double"},{"name":"b","type":"double"},
      {"name":"c","type":"double"},{"name":"d","type":"long"})")),
                                Parse(Record("A", R"({"name":"a","type":"double"},{"name":"b","type":"double"},
      {"name":"c","type":"double"},{"name":"d","type":"long"})")));
  ASSERT_EQ((*plan)->ops.size(), 4u);  // record, doubles, long, return
  EXPECT_EQ((*plan)->ops[1].count, 3u);
}

TEST(Plan, PromotesNumbersAlsoWithinArrays) {
  EXPECT_EQ(Read(R"({"type":"array","items":"int"})", R"({"type":"array","items":"long"})", "[1,-2]"), "[1,-2]");
  EXPECT_EQ(Read(R"({"type":"array","items":"int"})", R"({"type":"array","items":"double"})", "[1]"), "[1.0]");
  EXPECT_EQ(Read(R"({"type":"array","items":"long"})", R"({"type":"array","items":"float"})", "[5]"), "[5.0]");
  EXPECT_EQ(Read(R"({"type":"array","items":"float"})", R"({"type":"array","items":"double"})", "[0.5]"), "[0.5]");
  EXPECT_EQ(Read(R"({"type":"map","values":"int"})", R"({"type":"map","values":"float"})", R"({"a":1})"),
            R"({"a":1.0})");
  EXPECT_EQ(Read("bytes", "string", R"("abc")"), R"("abc")");
}

TEST(Plan, SkipsWhatTheReaderLacks) {
  EXPECT_EQ(
      Read(Record("A", R"({"name":"x","type":["null",{"type":"array","items":"string"}]},{"name":"a","type":"int"},
      {"name":"y","type":{"type":"map","values":"double"}},{"name":"l","type":"long"},{"name":"b","type":"int"})"),
           Record("A", R"({"name":"b","type":"int"},{"name":"a","type":"int"})"),
           R"({"x":["p","q"],"a":1,"y":{"k":1.0},"l":1000000,"b":2})"),
      R"({"b":2,"a":1})");
  // An error within what is skipped has its place too.
  const Schema writer = Parse(Record("A", R"({"name":"x","type":["null","string"]},{"name":"a","type":"int"})"));
  const auto resolver = Resolver::Make(writer, Parse(Record("A", R"({"name":"a","type":"int"})")));
  EXPECT_EQ(DecodeAll(*resolver,
                      "\x02\x08"
                      "ab")
                .error()
                .ToString(),
            "Corruption: field x: the 3 bytes left are not an encoded union, at byte 1");
}

TEST(Plan, ItemsAreAnErrorOnlyWhenThereAreSome) {
  const char* const ints = R"({"type":"array","items":"int"})";
  const char* const texts = R"({"type":"array","items":"string"})";
  EXPECT_EQ(Read(ints, texts, "[]"), "[]");
  EXPECT_EQ(Read(ints, texts, "[1]"), "Corruption: item 0: written as int, cannot be read as string, at byte 1");
}

TEST(Plan, DefaultsAreSharedButBounded) {
  const std::string reader = Record("A", R"({"name":"a","type":"int"},{"name":"d","type":{"type":"map","values":
      {"type":"array","items":"string"}},"default":{"k":["x","y"]}})");
  EXPECT_EQ(Read(Record("A", R"({"name":"a","type":"int"})"), reader, R"({"a":1})"), R"({"a":1,"d":{"k":["x","y"]}})");
  // Records without bytes, each with a default of many values.
  std::string items;
  for (int i = 0; i < 1000; ++i) items += i > 0 ? ",1" : "1";
  const Schema writer = Parse(R"({"type":"array","items":)" + Record("E", "") + "}");
  const Schema wide =
      Parse(R"({"type":"array","items":)" +
            Record("E", R"({"name":"d","type":{"type":"array","items":"int"},"default":[)" + items + "]}") + "}");
  std::string many;
  AppendLong(many, 100'000);
  AppendLong(many, 0);
  EXPECT_EQ(DecodeAll(Resolver::Make(writer, wide).value(), many).error().message().substr(0, 9), "item 947:");
}

TEST(Plan, AliasesRenameTheWriter) {
  // A field's alias counts only in the record it belongs to, which an alias of the record may have renamed.
  const std::string writer = Record("Old", R"({"name":"a","type":"int"})");
  EXPECT_EQ(
      Read(writer,
           R"({"type":"record","name":"New","aliases":["Old"],"fields":[{"name":"b","type":"int","aliases":["a"]}]})",
           R"({"a":1})"),
      R"({"b":1})");
  EXPECT_EQ(Read(writer, R"({"type":"record","name":"New","fields":[{"name":"b","type":"int","aliases":["a"]}]})",
                 R"({"a":1})"),
            "InvalidSchema: field b: missing in the writer's Old and without a default");
  EXPECT_EQ(
      Read(Record("R", R"({"name":"a","type":"int"},{"name":"b","type":"int"})"),
           R"({"type":"record","name":"R","fields":[{"name":"b","type":"long","aliases":["a"]}]})", R"({"a":1,"b":2})"),
      "InvalidSchema: the reader's aliases make two fields of the writer's R its field b");
}

TEST(Plan, NamesDecideWithinUnions) {
  const char* const wrapped = R"([{"type":"enum","name":"y.E","symbols":["A"]}])";
  EXPECT_EQ(Read(R"({"type":"enum","name":"x.E","symbols":["A"]})", R"({"type":"enum","name":"y.E","symbols":["A"]})",
                 R"("A")"),
            R"("A")");
  EXPECT_EQ(Read(R"({"type":"enum","name":"x.E","symbols":["A"]})", wrapped, R"("A")"),
            "InvalidSchema: written as x.E, which no branch of the reader's union takes");
  // Records by their structure, and the last of the same simple name before the first that fits.
  const std::string person = Record("w.P", R"({"name":"a","type":"int"})");
  EXPECT_EQ(Read(person,
                 "[" + Record("r.Q", R"({"name":"a","type":"long"})") + "," +
                     Record("r.P", R"({"name":"a","type":"double"})") + "]",
                 R"({"a":1})"),
            R"({"a":1.0})");
}

TEST(Plan, HostileBytesEndSoon) {
  Arena arena(ByteSize(1 << 20));
  const auto fails = [&](std::string_view schema, std::string_view bytes) {
    arena.Reset();
    const auto value = DecodeWholeValue(Resolver::Make(Parse(schema)).value(), bytes, arena);
    return value.ok() ? "decoded" : value.error().ToString();
  };
  std::string nulls;
  AppendLong(nulls, 1 << 20);
  nulls.push_back('\0');
  EXPECT_EQ(fails(R"({"type":"array","items":"null"})", nulls), "decoded");
  EXPECT_EQ(fails(R"({"type":"array","items":)" + Record("E", "") + "}", nulls).substr(0, 8), "TooLarge");
  std::string wide = "{\"type\":\"array\",\"items\":";
  std::string fields = R"({"name":"i","type":"int"})";
  for (int i = 0; i < 200; ++i) fields += fmt::format(R"(,{{"name":"n{}","type":"null"}})", i);
  wide += Record("W", fields) + "}";
  std::string ints;
  AppendLong(ints, 100'000);
  ints.append(100'000, '\x02');
  ints.push_back('\0');
  EXPECT_EQ(fails(wide, ints), "TooLarge: the value takes more than 1.0 MiB, at byte 3");
  std::string claims;
  AppendLong(claims, int64_t{1} << 60);
  EXPECT_NE(fails(R"({"type":"array","items":"double"})", claims + "\x02"), "decoded");
  EXPECT_NE(fails(R"({"type":"map","values":"null"})", claims + "\x02"), "decoded");
}

}  // namespace
}  // namespace venice::avro
