// Schema text made to hurt: an error that says where, or a schema, in bounded time and memory either way.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>

#include "avro/json.h"
#include "avro/schema.h"

namespace venice::avro {
namespace {

// Of an unoptimised build with sanitizers on a busy machine. At the limit of 4 MiB, optimised, every case takes under
// 0.7 s, and the process under 130 MB.
constexpr double kCpuSecondsMax = 20;  // each takes less than one; what doubles with every layer would take years
constexpr size_t kTextBytes = 1 << 20;

std::string Repeated(size_t count, const std::function<std::string(size_t)>& part) {
  std::string text;
  for (size_t i = 0; i < count && text.size() < kTextBytes; ++i) text += (i > 0 ? "," : "") + part(i);
  return text;
}

// "parsed", or the error; fails when it takes too long. What parses is printed in both forms too.
std::string Outcome(const std::string& name, const std::string& text) {
  const std::clock_t begin = std::clock();
  const auto schema = Schema::Parse(text);
  if (schema.ok()) {
    EXPECT_FALSE(schema->ToJson().empty());
    EXPECT_LE(schema->CanonicalForm().size(), 2 * kSchemaBytesMax + kNamesBytesMax);
  }
  const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(took, kCpuSecondsMax) << name;
  ::testing::Test::RecordProperty(name, fmt::format("{:.3f} s", took));
  return schema.ok() ? "parsed" : schema.error().message();
}

std::string Record(const std::string& fields) { return R"({"type":"record","name":"R","fields":[)" + fields + "]}"; }

TEST(HostileSchema, TenMegabytes) {
  const std::string text = Record(Repeated(1, [](size_t) { return std::string(10 << 20, ' '); }));
  EXPECT_EQ(Outcome("size", text), fmt::format("schema of {} bytes; at most 4194304 are accepted", text.size()));
}

TEST(HostileSchema, AMegabyteOfEverything) {
  const size_t many = 1'000'000;
  EXPECT_EQ(Outcome("fields", Record(Repeated(
                                  many, [](size_t i) { return fmt::format(R"({{"name":"f{}","type":"int"}})", i); }))),
            "parsed");
  EXPECT_EQ(Outcome("symbols", R"({"type":"enum","name":"E","symbols":[)" +
                                   Repeated(many, [](size_t i) { return fmt::format("\"s{}\"", i); }) + "]}"),
            "parsed");
  EXPECT_EQ(Outcome("properties",
                    R"({"type":"int",)" + Repeated(many, [](size_t i) { return fmt::format("\"p{}\":1", i); }) + "}"),
            "parsed");
  EXPECT_EQ(
      Outcome("one property many times", R"({"type":"int",)" + Repeated(many, [](size_t) { return R"("p":1)"; }) + "}"),
      "parsed");
  EXPECT_EQ(Outcome("nested property", R"({"type":"int","p":)" + std::string(500, '[') +
                                           Repeated(many, [](size_t) { return "{}"; }) + std::string(500, ']') + "}"),
            "parsed");
  EXPECT_EQ(Outcome("aliases", R"({"type":"fixed","name":"F","size":1,"aliases":[)" +
                                   Repeated(20'000, [](size_t i) { return fmt::format("\"a{}\"", i); }) + "]}"),
            "parsed");
  EXPECT_EQ(Outcome("doc", R"({"type":"fixed","name":"F","size":1,"doc":")" + std::string(kTextBytes, 'd') + "\"}"),
            "parsed");
  EXPECT_EQ(Outcome("white space", std::string(kSchemaBytesMax, ' ').replace(0, 6, "\"long\"")), "parsed");
  EXPECT_EQ(Outcome("default", Record(R"({"name":"f","type":{"type":"array","items":["int","string"]},"default":[)" +
                                      Repeated(many, [](size_t) { return "\"s\""; }) + "]}")),
            "parsed");
}

TEST(HostileSchema, Depth) {
  const std::string limit = "nests deeper than";
  EXPECT_NE(Outcome("brackets", std::string(4 << 20, '[')).find(limit), std::string::npos);
  EXPECT_NE(Outcome("braces", Repeated(200'000, [](size_t) { return R"({"type":"array","items":)"; })), "parsed");
  std::string arrays;
  for (int i = 0; i < 129; ++i) arrays += R"({"type":"array","items":)";
  EXPECT_EQ(Outcome("129 arrays", arrays + "\"int\"" + std::string(129, '}')).substr(0, 20), "items: items: items:");
}

TEST(HostileSchema, NamesThatGrow) {
  const std::string space(1000, 'n');
  // Short references to a long name, which the canonical form writes in full.
  const std::string references =
      Repeated(1'000'000, [](size_t i) { return fmt::format(R"({{"name":"f{}","type":"R"}})", i); });
  const std::string text =
      fmt::format(R"({{"type":"record","name":"R","namespace":"{}","fields":[{}]}})", space, references);
  EXPECT_NE(Outcome("references", text).find("the names, written in full, take more than"), std::string::npos);
  const std::string long_name = R"({"type":"fixed","size":1,"name":")" + std::string(1025, 'n') + "\"}";
  EXPECT_EQ(Outcome("long name", long_name),
            "a name of 1025 bytes; at most 1024 are accepted (line 1, column 33, at /name)");
  const std::string aliases = Repeated(1'000'000, [](size_t i) { return fmt::format("\"a{}\"", i); });
  EXPECT_NE(
      Outcome("alias list",
              fmt::format(R"({{"type":"fixed","size":1,"name":"F","namespace":"{}","aliases":[{}]}})", space, aliases)),
      "parsed");
  EXPECT_NE(Outcome("types", "[" +
                                 Repeated(1'000'000,
                                          [](size_t i) {
                                            return fmt::format(R"({{"type":"fixed","name":"F{}","size":1}})", i);
                                          }) +
                                 "]")
                .find("more than 4096 named types"),
            std::string::npos);
}

TEST(HostileSchema, DefaultsThatBranch) {
  // Two records that differ in their names only, at every level: which of them fits is known at the innermost.
  std::string text = "[";
  for (int level = 0; level < 20; ++level) {
    text += fmt::format(R"({{"type":"record","name":"A{0}","fields":[{{"name":"f","type":{1}}}]}},)"
                        R"({{"type":"record","name":"B{0}","fields":[{{"name":"f","type":{1}}}]}},)",
                        level, level == 0 ? "\"int\"" : fmt::format(R"(["A{0}","B{0}"])", level - 1));
  }
  std::string value = "\"x\"";
  for (int level = 0; level < 20; ++level) value = R"({"f":)" + value + "}";
  text += R"({"type":"record","name":"R","fields":[{"name":"f","type":["A19","B19"],"default":)" + value + "}]}]";
  EXPECT_NE(Outcome("branches", text), "parsed");
}

TEST(HostileSchema, ErrorsNameTheirPlace) {
  const auto error = [](std::string_view text) { return Schema::Parse(text).error().message(); };
  EXPECT_EQ(error("\xef\xbb\xbf\"int\""),
            "schema is not JSON: expected a JSON value, found a byte order mark; save the text without it (line 1, "
            "column 1)");
  EXPECT_EQ(error("{\n  \"type\": \"f\xff\"}"),
            "schema is not JSON: a string must not hold byte 0xff, which is not UTF-8 (line 2, column 13)");
  EXPECT_EQ(error("{\"a\": \"\xc0\xaf\"}").substr(0, 46), "schema is not JSON: a string must not hold byt");
  EXPECT_EQ(error(std::string_view("{\0}", 3)),
            "schema is not JSON: expected the name of a member, in double quotes, found the control character U+0000 "
            "(line 1, column 2)");
  EXPECT_EQ(error(std::string_view("\"a\0\"", 4)),
            "schema is not JSON: a string must not hold the control character U+0000 (line 1, column 3)");
  EXPECT_EQ(error("\"never ends"), "schema is not JSON: the string has no end (line 1, column 1)");
  EXPECT_EQ(error("/* never ends"), "schema is not JSON: the comment has no end (line 1, column 1)");
  EXPECT_EQ(error(R"("\ud83d")"),
            "schema is not JSON: half of a surrogate pair, which no UTF-8 text can hold (line 1, column 2)");
  EXPECT_EQ(error(R"({"type":"int"} x)"),
            "schema is not JSON: expected nothing after the JSON value, found \"x\" (line 1, column 16)");
  EXPECT_EQ(error(R"({"type":"int",})"),
            "schema is not JSON: expected the name of a member, in double quotes, found \"}\" (line 1, column 15)");
  EXPECT_EQ(error(R"({"type" "int"})"),
            "schema is not JSON: expected \":\" after the name of a member, found \"\"\" (line 1, column 9)");
  EXPECT_EQ(error("[1 2]"), "schema is not JSON: expected \",\" or \"]\" in the array, found \"2\" (line 1, column 4)");
  EXPECT_EQ(error("{\"x\":" + std::string(2000, '1') + "}"),
            "schema is not JSON: a number of 2000 characters; at most 1000 are read (line 1, column 6)");
  EXPECT_EQ(error("[\n  \"int\",\n  {\"type\": \"fixed\", \"name\": \"é\", \"size\": 1e99}]"),
            "union branch 1: fixed é needs a \"size\" from 0 to 2147483639 (line 3, column 42, at /1/size)");
  EXPECT_EQ(error(Record(R"({"name":"f","type":"R2"})")),
            "record R: field f: unknown type \"R2\"; it is neither an Avro type nor defined before this place (line 1, "
            "column 58, at /fields/0/type)");
}

}  // namespace
}  // namespace venice::avro
