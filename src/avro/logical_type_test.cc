#include "avro/logical_type.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"
#include "avro/primitives.h"
#include "avro/schema.h"

namespace venice::avro {
namespace {

Schema Parse(const std::string& json) { return Schema::Parse(json).value(); }

std::string Problem(const std::string& json) { return Parse(json)->logical_problem; }

std::string Text(const std::string& base, const std::string& logical, const Datum& datum) {
  const Schema schema = Parse(fmt::format(R"({{"type":{},"logicalType":"{}"}})", base, logical));
  EXPECT_EQ(schema->logical_problem, "");
  return LogicalText(schema.node(), datum).value_or("none");
}

TEST(LogicalType, IsTypedAndKeepsItsAttributes) {
  const Schema schema = Parse(R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})");
  EXPECT_EQ(schema->logical.kind, LogicalKind::kDecimal);
  EXPECT_EQ(schema->logical.precision, 9);
  EXPECT_EQ(schema->logical.scale, 2);
  EXPECT_EQ(schema.ToJson(), R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})");
  EXPECT_EQ(Parse(R"({"type":"bytes","logicalType":"decimal","precision":9})")->logical.scale, 0);
  for (const std::string_view name : {"timestamp-nanos", "local-timestamp-nanos"}) {
    EXPECT_EQ(LogicalName(Parse(fmt::format(R"({{"type":"long","logicalType":"{}"}})", name))->logical.kind), name);
  }
  EXPECT_EQ(Parse(R"({"type":"fixed","name":"U","size":16,"logicalType":"uuid"})")->logical.kind, LogicalKind::kUuid);
}

TEST(LogicalType, SaysWhyItIsIgnored) {
  EXPECT_EQ(Problem(R"("long")"), "");
  EXPECT_EQ(Problem(R"({"type":"string","logicalType":"date"})"), "date stands on int, not on string");
  EXPECT_EQ(Problem(R"({"type":"int","logicalType":"decimal","precision":2})"),
            "decimal stands on bytes or fixed, not on int");
  EXPECT_EQ(Problem(R"({"type":"bytes","logicalType":"decimal"})"), "decimal needs an integer \"precision\"");
  EXPECT_EQ(Problem(R"({"type":"bytes","logicalType":"decimal","precision":2,"scale":3})"),
            "a decimal of scale 3; it is from 0 to the precision, 2");
  EXPECT_EQ(Problem(R"({"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":10})"),
            "4 bytes hold at most 9 digits, not 10");
  EXPECT_EQ(Problem(R"({"type":"fixed","name":"F","size":4,"logicalType":"uuid"})"),
            "uuid takes a fixed of 16 bytes, not 4");
  EXPECT_EQ(Problem(R"({"type":"fixed","name":"F","size":13,"logicalType":"duration"})"),
            "duration takes a fixed of 12 bytes, not 13");
  EXPECT_EQ(Problem(R"({"type":"int","logicalType":"fortnight"})"), "Avro has no logical type \"fortnight\"");
  EXPECT_EQ(Problem(R"({"type":"int","logicalType":7})"), "\"logicalType\" is not a string");
}

TEST(LogicalType, DatesAndTimesAreReadable) {
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(0)), "1970-01-01");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(20'778)), "2026-11-21");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(11'016)), "2000-02-29");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(-1)), "1969-12-31");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(-719'528)), "0000-01-01");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(-719'529)), "-0001-12-31");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(2'932'897)), "+10000-01-01");
  EXPECT_EQ(Text("\"int\"", "date", Datum::Int(INT32_MIN)), "-5877641-06-23");
  EXPECT_EQ(Text("\"int\"", "time-millis", Datum::Int(86'399'999)), "23:59:59.999");
  EXPECT_EQ(Text("\"int\"", "time-millis", Datum::Int(86'400'000)), "none");
  EXPECT_EQ(Text("\"long\"", "time-micros", Datum::Long(1)), "00:00:00.000001");
  EXPECT_EQ(Text("\"long\"", "timestamp-millis", Datum::Long(1'795'256'100'123)), "2026-11-21T10:15:00.123Z");
  EXPECT_EQ(Text("\"long\"", "timestamp-millis", Datum::Long(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(Text("\"long\"", "local-timestamp-micros", Datum::Long(-1)), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(Text("\"long\"", "timestamp-nanos", Datum::Long(INT64_MIN)), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(Text("\"long\"", "timestamp-nanos", Datum::Long(INT64_MAX)), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(Text("\"long\"", "timestamp-millis", Datum::Long(INT64_MIN)), "-292275055-05-16T16:47:04.192Z");
}

std::string Decimal(std::string_view bytes, int scale) {
  const Schema schema =
      Parse(fmt::format(R"({{"type":"bytes","logicalType":"decimal","precision":1000,"scale":{}}})", scale));
  return LogicalText(schema.node(), Datum::Bytes(std::string(bytes))).value_or("none");
}

TEST(LogicalType, DecimalsHaveTheirPoint) {
  EXPECT_EQ(Decimal(std::string_view("\0", 1), 0), "0");
  EXPECT_EQ(Decimal(std::string_view("\0", 1), 2), "0.00");
  EXPECT_EQ(Decimal("\x04\xd2", 2), "12.34");
  EXPECT_EQ(Decimal("\xfb\x2e", 2), "-12.34");
  EXPECT_EQ(Decimal("\xff", 3), "-0.001");
  EXPECT_EQ(Decimal("\x80", 0), "-128");
  EXPECT_EQ(Decimal(std::string_view("\xff\x00", 2), 0), "-256");
  EXPECT_EQ(Decimal(std::string("\x01") + std::string(16, '\0'), 10), "34028236692093846346337460743.1768211456");
  EXPECT_EQ(Decimal("", 0), "none");
  EXPECT_EQ(Decimal(std::string(10'000, 'x'), 0), "none");
  std::string big;
  AppendBytes(big, "\x04\xd2");
  AppendInt(big, 3);
  EXPECT_EQ(Text("\"bytes\"", "big-decimal", Datum::Bytes(big)), "1.234");
  EXPECT_EQ(Text("\"bytes\"", "big-decimal", Datum::Bytes("")), "none");
}

TEST(LogicalType, UuidsAndDurations) {
  const std::string uuid = "12345678-1234-5678-1234-567812345678";
  EXPECT_EQ(Text("\"string\"", "uuid", Datum::String(uuid)), uuid);
  EXPECT_EQ(Text("\"string\"", "uuid", Datum::String("not one")), "none");
  const Schema fixed = Parse(R"({"type":"fixed","name":"U","size":16,"logicalType":"uuid"})");
  EXPECT_EQ(LogicalText(fixed.node(), Datum::Fixed("\x12\x34\x56\x78\x12\x34\x56\x78\x12\x34\x56\x78\x12\x34\x56\x78")),
            uuid);
  const Schema duration = Parse(R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})");
  EXPECT_EQ(LogicalText(duration.node(), Datum::Fixed(std::string("\1\0\0\0\2\0\0\0\xf4\1\0\0", 12))), "P1M2DT0.500S");
}

TEST(LogicalType, ChangesNeitherBytesNorJson) {
  const Schema schema = Parse(R"({"type":"int","logicalType":"date"})");
  EXPECT_EQ(*Encode(schema, Datum::Int(3)), "\x06");
  EXPECT_EQ(*ToJson(schema, Datum::Int(3), JsonForm::kPlain), "3");
  EXPECT_TRUE(schema.SameAs(Schema::Primitive(Type::kInt)));
}

}  // namespace
}  // namespace venice::avro
