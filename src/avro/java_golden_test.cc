// Against the answers of Java's Avro: tests/golden/avro_java/generate.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "avro/binary.h"
#include "avro/compare.h"
#include "avro/fingerprint.h"
#include "avro/json.h"
#include "avro/schema.h"
#include "base/encoding.h"
#include "base/file.h"

namespace venice::avro {
namespace {

using Json = nlohmann::json;

std::vector<Json> Load(const std::string& name) {
  const std::string text = ReadFile(std::string(VENICE_SOURCE_DIR) + "/tests/golden/avro_java/" + name).value();
  std::vector<Json> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(Json::parse(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

template <typename Hash>
std::string Hex(const Hash& hash) {
  return HexEncode(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

// What Java's logical types know.
bool KnownToJava(LogicalKind kind) {
  return kind != LogicalKind::kTimestampNanos && kind != LogicalKind::kLocalTimestampNanos;
}

TEST(JavaGolden, SchemasAndTheirTexts) {
  const auto cases = Load("schemas.jsonl");
  ASSERT_GT(cases.size(), 1000u);
  for (const Json& test : cases) {
    const auto text = test["schema"].get<std::string>();
    SCOPED_TRACE(text);
    const auto schema = Schema::Parse(text);
    ASSERT_EQ(schema.ok(), test["accepted"].get<bool>()) << (schema.ok() ? "" : schema.error().ToString());
    EXPECT_EQ(Schema::Parse(text, Schema::Defaults::kStrict).ok(), test["accepted_strictly"].get<bool>());
    if (!schema.ok()) continue;
    EXPECT_EQ(schema->ToJson(), test["json"].get<std::string>());
    EXPECT_EQ(schema->CanonicalForm(), test["canonical"].get<std::string>());
    EXPECT_EQ(fmt::format("{:016x}", schema->Fingerprint64()), test["crc64"].get<std::string>());
    EXPECT_EQ(Hex(FingerprintMd5(*schema)), test["md5"].get<std::string>());
    EXPECT_EQ(Hex(FingerprintSha256(*schema)), test["sha256"].get<std::string>());
    const Logical& logical = (*schema)->logical;
    if (KnownToJava(logical.kind)) {
      EXPECT_EQ(LogicalName(logical.kind), test["logical"].get<std::string>()) << (*schema)->logical_problem;
    }
    EXPECT_EQ((*schema)->logical_problem.empty(),
              logical.kind != LogicalKind::kNone || !(*schema)->properties.contains("logicalType"));
  }
}

char Sign(const Result<std::weak_ordering>& order) {
  if (!order.ok()) return '!';
  return *order < 0 ? '<' : *order > 0 ? '>' : '=';
}

TEST(JavaGolden, SortOrder) {
  int cases = 0;
  for (const Json& test : Load("values.jsonl")) {
    if (test["kind"] != "compare") continue;
    ++cases;
    SCOPED_TRACE(test["schema"].get<std::string>());
    const Schema schema = Schema::Parse(test["schema"].get<std::string>()).value();
    std::string encoded_order;
    std::string value_order;
    for (const Json& left : test["values"]) {
      for (const Json& right : test["values"]) {
        const std::string a = HexDecode(left.get<std::string>()).value();
        const std::string b = HexDecode(right.get<std::string>()).value();
        encoded_order += Sign(CompareEncoded(schema, a, b));
        value_order += Sign(Compare(schema, DecodeAll(schema, a).value(), DecodeAll(schema, b).value()));
      }
    }
    EXPECT_EQ(encoded_order, test["order"].get<std::string>());
    EXPECT_EQ(value_order, encoded_order);
  }
  EXPECT_GT(cases, 20);
}

TEST(JavaGolden, JsonIsWrittenAsJavas) {
  int cases = 0;
  for (const Json& test : Load("values.jsonl")) {
    if (test["kind"] != "json") continue;
    ++cases;
    SCOPED_TRACE(test.dump());
    const Schema schema = Schema::Parse(test["schema"].get<std::string>()).value();
    const std::string binary = HexDecode(test["binary"].get<std::string>()).value();
    const Datum datum = DecodeAll(schema, binary).value();
    const auto javas = test["json"].get<std::string>();
    const auto read = FromJson(schema, javas);
    ASSERT_TRUE(read.ok()) << read.error().ToString();
    EXPECT_EQ(*read, datum);
    const std::string json = ToJson(schema, datum).value();
    EXPECT_EQ(FromJson(schema, json).value(), datum);
    // The same number or text in other words: Java 1.12 widens floats to double, and writes code points beyond the
    // basic plane as escapes.
    if (schema.type() == Type::kFloat || javas.find("\\uD8") != std::string::npos) continue;
    EXPECT_EQ(json, javas);
  }
  EXPECT_GT(cases, 80);
}

TEST(JavaGolden, JsonIsReadAsJavas) {
  int cases = 0;
  for (const Json& test : Load("values.jsonl")) {
    if (test["kind"] != "from_json") continue;
    ++cases;
    const auto json = test["json"].get<std::string>();
    SCOPED_TRACE(test.dump());
    const Schema schema = Schema::Parse(test["schema"].get<std::string>()).value();
    const auto datum = FromJson(schema, json);
    // What Java's encoder writes for these, its decoder does not read; ours does.
    if (json == R"("NaN")" || json == R"("Infinity")" || json == R"("-Infinity")") {
      EXPECT_TRUE(datum.ok());
      continue;
    }
    // Java stops once it has what it needs, and leaves what follows unread.
    if (json == "1 2" || json == R"({"int":1,"x":2})" || json == R"({"a":1,"b":"x","c":2})") {
      EXPECT_FALSE(datum.ok());
      continue;
    }
    EXPECT_EQ(datum.ok() ? HexEncode(Encode(schema, *datum).value()) : "refused", test["binary"].get<std::string>());
  }
  EXPECT_GT(cases, 70);
}

}  // namespace
}  // namespace venice::avro
