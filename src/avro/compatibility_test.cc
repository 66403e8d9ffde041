#include "avro/compatibility.h"

#include <gtest/gtest.h>

#include "avro/resolver.h"

namespace venice::avro {
namespace {

Schema Parse(std::string_view text) { return Schema::Parse(text).value(); }

Schema Record(std::string_view fields) {
  return Parse(fmt::format(R"({{"type":"record","name":"User","fields":[{}]}})", fields));
}

// "DIRECTION RULE path" of every finding.
std::vector<std::string> Broken(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const Finding& finding : comparison.findings)
    lines.push_back(fmt::format("{} {} {}", DirectionName(finding.direction), RuleId(finding.rule), finding.path));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Compatibility, NewFieldNeedsADefault) {
  const Comparison comparison =
      Compare(Record(R"({"name":"email","type":"string"})"), Record(R"({"name":"id","type":"int","default":0})"));
  EXPECT_EQ(comparison.verdict, Compatibility::kForward);
  EXPECT_EQ(Broken(comparison), Lines{"BACKWARD READER_FIELD_MISSING_DEFAULT_VALUE email"});
  EXPECT_EQ(comparison.findings[0].remedy_json, R"({"name": "email", "type": ["null", "string"], "default": null})");
}

}  // namespace
}  // namespace venice::avro
