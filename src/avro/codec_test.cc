// Binary and JSON codecs, skipping and hostile bytes.
#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"
#include "avro/primitives.h"
#include "avro/skip.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

std::string DecodeError(std::string_view schema, std::string_view bytes) {
  const auto datum = DecodeAll(Parse(schema), bytes);
  return datum.ok() ? "decoded" : datum.error().ToString();
}

TEST(Primitives, RefuseOverlongVarints) {
  std::string_view eleven("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
  int64_t value = 0;
  EXPECT_FALSE(ReadLong(eleven, value));
  std::string_view too_wide("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
  EXPECT_FALSE(ReadLong(too_wide, value));
  std::string_view cut("\x80", 1);
  EXPECT_FALSE(ReadLong(cut, value));
  int32_t narrow = 0;
  std::string big;
  AppendLong(big, int64_t{1} << 31);
  std::string_view in = big;
  EXPECT_FALSE(ReadInt(in, narrow));
}

TEST(Binary, ErrorsNameThePath) {
  const Schema schema =
      Parse(R"({"type":"record","name":"A","fields":[{"name":"f","type":{"type":"array","items":"int"}}]})");
  EXPECT_EQ(Encode(schema, Datum::Record({Datum::Array({Datum::Int(1), Datum::String("x")})})).error().message(),
            "field f: item 1: expected int, found string");
  EXPECT_EQ(DecodeError(schema.ToJson(), "\x04\x02\x80"),
            "Corruption: field f: item 1: the 1 bytes left are not an encoded int, at byte 2");
  EXPECT_EQ(DecodeError("int", "\x02\x02"), "Corruption: 1 bytes are left over after the value, at byte 1");
  std::string out = "kept";
  EXPECT_FALSE(Encode(schema, Datum::Int(3), out).ok());
  EXPECT_EQ(out, "kept");
}

TEST(Binary, TakesTheFittingBranch) {
  const Schema schema = Parse(R"(["null","double","string"])");
  EXPECT_EQ(*Encode(schema, Datum::String("a")),
            "\x04\x02"
            "a");
  EXPECT_EQ(Encode(schema, Datum::Int(1))->size(), 9u);
  EXPECT_FALSE(Encode(schema, Datum::Boolean(true)).ok());
  EXPECT_FALSE(Encode(schema, Datum::Int(1).InBranch(7)).ok());
}

TEST(Binary, ReadsTypesThatContainEachOther) {
  // B is met first on its own way through A, and again below A itself.
  const Schema schema =
      Parse(R"({"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B","fields":[)"
            R"({"name":"more","type":{"type":"map","values":"B"}},{"name":"up","type":["null","A"]}]}}]})");
  const Datum leaf = Datum::Record({Datum::Map({}), Datum::Null()});
  EXPECT_EQ(*DecodeAll(schema, std::string("\x02\x02k\x00\x00\x00\x00", 7)),
            Datum::Record({Datum::Record({Datum::Map({{"k", leaf}}), Datum::Null()})}));
}

TEST(Binary, ReadsNumbersOfSeveralBlocks) {
  const Schema schema = Parse(R"({"type":"array","items":"double"})");
  const std::string one("\x00\x00\x00\x00\x00\x00\xf0\x3f", 8);
  const std::string end("\x00", 1);
  EXPECT_EQ(*DecodeAll(schema, "\x02" + one + end), Datum::Array({Datum::Double(1)}));
  const std::string blocks = "\x02" + one + "\x01\x10" + one + "\x04" + one + one + end;  // 1, 1 with its size, 2
  EXPECT_EQ(*DecodeAll(schema, blocks), Datum::Array(Datum::Items(4, Datum::Double(1))));
}

TEST(Binary, ReadsBlocksWithSizes) {
  const Schema schema = Parse(R"({"type":"array","items":"int"})");
  const std::string bytes("\x03\x04\x02\x04\x02\x06\x00", 7);  // -2 items of 2 bytes: 1, 2; 1 item: 3; end
  EXPECT_EQ(*DecodeAll(schema, bytes), Datum::Array({Datum::Int(1), Datum::Int(2), Datum::Int(3)}));
  std::string_view in = bytes;
  EXPECT_TRUE(Skip(schema, in).ok());
  EXPECT_TRUE(in.empty());
}

TEST(Binary, BombsCostNothing) {
  std::string huge;
  AppendLong(huge, INT64_MAX);
  EXPECT_NE(DecodeError(R"({"type":"array","items":"int"})", huge + "\x01"), "decoded");
  EXPECT_NE(DecodeError(R"({"type":"array","items":"null"})", huge + std::string(1, '\0')), "decoded");
  EXPECT_NE(DecodeError(R"({"type":"map","values":"null"})", huge + std::string(1, '\0')), "decoded");
  EXPECT_NE(DecodeError("string", huge), "decoded");
  std::string lowest;
  AppendLong(lowest, INT64_MIN);
  AppendLong(lowest, 0);
  EXPECT_NE(DecodeError(R"({"type":"array","items":"int"})", lowest), "decoded");
  std::string many;  // many small claims of items without bytes
  for (int i = 0; i < 100; ++i) AppendLong(many, 1 << 19);
  EXPECT_NE(DecodeError(R"({"type":"array","items":"null"})", many + std::string(1, '\0')), "decoded");
  // Skipping does not loop over them.
  std::string_view in = huge;
  EXPECT_FALSE(Skip(Parse(R"({"type":"array","items":"null"})"), in).ok());
  const std::string endless(100'000, '\x02');
  EXPECT_NE(DecodeError(R"({"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]})", endless),
            "decoded");
  in = endless;
  EXPECT_FALSE(Skip(Parse(R"({"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]})"), in).ok());
  EXPECT_NE(DecodeError(R"({"type":"record","name":"L","fields":[{"name":"n","type":"L"}]})", ""), "decoded");
}

TEST(Json, PlainFormLeavesUnionsBare) {
  const Schema schema = Parse(
      R"({"type":"record","name":"A","fields":[{"name":"u","type":["null","string","double","int"],"default":null},)"
      R"({"name":"b","type":"bytes","default":"\u00ff"}]})");
  const auto read = [&](std::string_view text) { return FromJson(schema, text, JsonForm::kPlain).value(); };
  EXPECT_EQ(read("{}"), Datum::Record({Datum::Null(), Datum::Bytes("\xff")}));
  EXPECT_EQ(read(R"({"u":5})").field(0), Datum::Int(5));
  EXPECT_EQ(read(R"({"u":5.5})").field(0), Datum::Double(5.5));
  EXPECT_EQ(read(R"({"u":{"string":"x"}})").field(0), Datum::String("x"));
  EXPECT_EQ(*ToJson(schema, read(R"({"u":"x"})"), JsonForm::kPlain), R"({"u":"x","b":"\u00ff"})");
  EXPECT_EQ(*ToJson(schema, read(R"({"u":"x"})"), JsonForm::kAvro), R"({"u":{"string":"x"},"b":"ÿ"})");
  EXPECT_EQ(FromJson(schema, R"({"v":1})", JsonForm::kPlain).error().message(),
            "record A has no field \"v\" (column 6, at /v)");
  EXPECT_EQ(FromJson(schema, R"({"u":true})", JsonForm::kPlain).error().message(),
            "field u: expected string, found true (column 6, at /u)");
  EXPECT_FALSE(FromJson(schema, "{}", JsonForm::kAvro).ok());
}

TEST(Json, NumbersAndText) {
  EXPECT_EQ(*ToJson(Parse("double"), Datum::Double(1)), "1.0");
  EXPECT_EQ(*ToJson(Parse("float"), Datum::Float(0.1f)), "0.1");
  EXPECT_EQ(*ToJson(Parse("double"), Datum::Double(1e300)), "1.0E300");
  EXPECT_EQ(*ToJson(Parse("double"), Datum::Double(-HUGE_VAL)), "\"-Infinity\"");
  EXPECT_EQ(*FromJson(Parse("double"), "\"NaN\""), Datum::Double(std::nan("")));
  EXPECT_EQ(*ToJson(Parse("string"), Datum::String("a\x80\x01\"\xc3\xa9")), "\"a\xef\xbf\xbd\\u0001\\\"\xc3\xa9\"");
  EXPECT_FALSE(FromJson(Parse("int"), "3000000000").ok());
  EXPECT_FALSE(FromJson(Parse("int"), "1.5").ok());
  EXPECT_FALSE(FromJson(Parse("long"), "18446744073709551615").ok());
  EXPECT_FALSE(FromJson(Parse("bytes"), "\"\u4e2d\"").ok());
  EXPECT_FALSE(FromJson(Parse("int"), "1 2").ok());
}

TEST(Json, DeepAndAmbiguousInputEnds) {
  const Schema list =
      Parse(R"({"type":"record","name":"L","fields":[{"name":"n","type":["null","L"],"default":null}]})");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"n\":";
  EXPECT_FALSE(FromJson(list, deep + "null" + std::string(100'000, '}'), JsonForm::kPlain).ok());
  // Two record branches that both fit until the innermost value: trying every combination would take 2^60 steps.
  const Schema two = Parse(
      R"([{"type":"record","name":"A","fields":[{"name":"n","type":["null","A",{"type":"record","name":"B","fields":[{"name":"n","type":["null","A","B"]}]}]}]},"B"])");
  std::string text = "true";
  for (int i = 0; i < 60; ++i) text = "{\"n\":" + text + "}";
  EXPECT_FALSE(FromJson(two, text, JsonForm::kPlain).ok());
}

TEST(Json, TextIsAKey) {
  EXPECT_EQ(*FromText(Parse("string"), "42"), Datum::String("42"));
  EXPECT_EQ(*FromText(Parse("long"), "42"), Datum::Long(42));
  EXPECT_FALSE(FromText(Parse("long"), "x").ok());
  EXPECT_EQ(*FromText(Parse(R"({"type":"record","name":"K","fields":[{"name":"id","type":"int"}]})"), R"({"id":1})"),
            Datum::Record({Datum::Int(1)}));
}

}  // namespace
}  // namespace venice::avro
