#include "avro/fingerprint.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/json.h"
#include "base/encoding.h"

namespace venice::avro {
namespace {

TEST(SingleObject, IsApachesMessage) {
  const Schema schema = Schema::Parse(R"({"type":"record","name":"org.apache.avro.TestMessage","fields":[
    {"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"tags","type":{"type":"array","items":"string"}}]})")
                            .value();
  // share/test/data/messageV1/test_message.bin of Apache Avro.
  const std::string message =
      HexDecode("c301a92de1f8a242f53d540842696c6c0412646f675f6c6f766572126361745f686174657200").value();
  EXPECT_EQ(SingleObjectFingerprint(message), schema.Fingerprint64());
  const auto value = SingleObjectValue(schema, message);
  ASSERT_TRUE(value.ok()) << value.error().ToString();
  EXPECT_EQ(BinaryToJson(schema, *value).value(), R"({"id":42,"name":"Bill","tags":["dog_lover","cat_hater"]})");
  std::string written;
  AppendSingleObjectHeader(written, schema.Fingerprint64());
  written += *value;
  EXPECT_EQ(written, message);
}

TEST(SingleObject, SaysWhatIsWrong) {
  const Schema schema = Schema::Primitive(Type::kInt);
  EXPECT_EQ(SingleObjectValue(schema, "\x02").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(SingleObjectValue(schema, "0123456789abc").error().code(), ErrorCode::kCorruption);
  std::string other;
  AppendSingleObjectHeader(other, Schema::Primitive(Type::kLong).Fingerprint64());
  EXPECT_EQ(SingleObjectValue(schema, other).error().ToString(),
            "SchemaNotFound: the value was written with the schema of fingerprint d054e14493f41db7, not with "
            "7275d51a3f395c8f");
  EXPECT_EQ(SingleObjectFingerprint(std::string_view(other).substr(0, 9)), std::nullopt);
}

}  // namespace
}  // namespace venice::avro
