// Against vectors written by fastavro: tests/golden/avro/generate.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "avro/binary.h"
#include "avro/container.h"
#include "avro/json.h"
#include "avro/skip.h"
#include "base/encoding.h"
#include "base/file.h"

namespace venice::avro {
namespace {

using Json = nlohmann::ordered_json;

std::string Path(const std::string& name) { return std::string(VENICE_SOURCE_DIR) + "/tests/golden/avro/" + name; }

Json Load(const std::string& name) { return Json::parse(ReadFile(Path(name)).value()); }

TEST(Golden, SchemasAndValues) {
  const Json cases = Load("cases.json");
  ASSERT_GT(cases.size(), 15u);
  for (const Json& test : cases) {
    SCOPED_TRACE(test["name"].get<std::string>());
    const auto schema = Schema::Parse(test["schema"].dump());
    ASSERT_TRUE(schema.ok()) << schema.error().ToString();
    EXPECT_EQ(schema->CanonicalForm(), test["canonical"].get<std::string>());
    EXPECT_EQ(fmt::format("{:016x}", schema->Fingerprint64()), test["crc64"].get<std::string>());
    for (const Json& value : test["values"]) {
      const std::string binary = HexDecode(value["binary"].get<std::string>()).value();
      const auto decoded = DecodeAll(*schema, binary);
      ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
      EXPECT_EQ(Encode(*schema, *decoded).value(), binary);
      EXPECT_EQ(Json::parse(ToJson(*schema, *decoded).value()), value["json"]);
      const auto from_json = FromJson(*schema, value["json"].dump());
      ASSERT_TRUE(from_json.ok()) << from_json.error().ToString();
      EXPECT_EQ(*from_json, *decoded);
      std::string_view in = binary;
      EXPECT_TRUE(Skip(*schema, in).ok());
      EXPECT_TRUE(in.empty());
      for (size_t cut = 0; cut < binary.size(); ++cut) {
        EXPECT_FALSE(DecodeAll(*schema, std::string_view(binary).substr(0, cut)).ok()) << cut;
      }
    }
  }
}

TEST(Golden, Resolution) {
  for (const Json& test : Load("resolution.json")) {
    SCOPED_TRACE(test["name"].get<std::string>());
    const Schema writer = Schema::Parse(test["writer"].dump()).value();
    const Schema reader = Schema::Parse(test["reader"].dump()).value();
    const auto resolver = Resolver::Make(writer, reader);
    ASSERT_TRUE(resolver.ok()) << resolver.error().ToString();
    const auto datum = DecodeAll(*resolver, HexDecode(test["binary"].get<std::string>()).value());
    ASSERT_TRUE(datum.ok()) << datum.error().ToString();
    EXPECT_EQ(nlohmann::json::parse(ToJson(reader, *datum).value()), nlohmann::json::parse(test["json"].dump()));
  }
}

TEST(Golden, ContainerFiles) {
  for (const std::string codec : {"null", "deflate", "snappy", "zstandard"}) {
    SCOPED_TRACE(codec);
    auto reader = ContainerReader::Open(Path("kv_" + codec + ".avro"));
    ASSERT_TRUE(reader.ok()) << reader.error().ToString();
    EXPECT_EQ(CodecName((*reader)->codec()), codec);
    EXPECT_EQ((*reader)->metadata().at("made.by"), "fastavro");
    for (int i = 0; i < 50; ++i) {
      const auto datum = (*reader)->Next();
      ASSERT_TRUE(datum.ok()) << datum.error().ToString();
      ASSERT_TRUE(datum->has_value());
      EXPECT_EQ((*datum)->field(0).text(), fmt::format("key-{:03}", i));
      EXPECT_EQ((*datum)->field(1).int_value(), i * i);
    }
    EXPECT_FALSE((*reader)->Next()->has_value());
  }
}

}  // namespace
}  // namespace venice::avro
