// Against the answers of Java's Avro: tests/golden/avro_java/generate.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "avro/fingerprint.h"
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

}  // namespace
}  // namespace venice::avro
