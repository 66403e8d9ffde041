#include "admin/check_schema_compatibility.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin/admin_tool.h"
#include "admin/compatibility_report.h"
#include "admin/scripted_session.h"
#include "base/file.h"

namespace venice::admin {
namespace {

std::string Record(std::string_view fields) {
  return fmt::format(R"({{"type":"record","name":"User","fields":[{}]}})", fields);
}

constexpr std::string_view kId = R"({"name":"id","type":"int"})";

class CheckCompatibility : public testing::Test {
 protected:
  Outcome Check(const std::string& schema, std::vector<std::string> flags = {}) {
    const std::string path = folder_ / "value.avsc";
    EXPECT_TRUE(WriteFileDurably(path, schema).ok());
    std::vector<std::string> words = {"check-schema-compatibility", "--schema-file", path};
    words.insert(words.end(), flags.begin(), flags.end());
    return RunAdminTool(words, false, session_);
  }
  Outcome CheckStore(const std::string& schema, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--url", "http://c", "--store", "profiles"});
    return Check(schema, std::move(flags));
  }

  TemporaryDirectory folder_;
  ScriptedSession session_;
};

// The three common violations in all four modes.
TEST_F(CheckCompatibility, ModesDecide) {
  session_.AddStore("profiles", {Record(R"({"name":"id","type":"int"},{"name":"age","type":"int"})")});
  const std::string removed = Record(kId);
  const std::string added =
      Record(R"({"name":"id","type":"int"},{"name":"age","type":"int"},{"name":"email","type":"string"})");
  const std::string changed = Record(R"({"name":"id","type":"int"},{"name":"age","type":"string"})");
  const std::string fine =
      Record(R"({"name":"id","type":"int"},{"name":"age","type":"int"},{"name":"x","type":"int","default":0})");
  const auto codes = [&](const std::string& schema) {
    std::vector<int> codes;
    for (const char* mode : {"BACKWARD", "FORWARD", "FULL", "NONE"})
      codes.push_back(CheckStore(schema, {"--mode", mode}).exit_code);
    return codes;
  };
  EXPECT_EQ(codes(removed), (std::vector<int>{0, 9, 9, 0}));
  EXPECT_EQ(codes(added), (std::vector<int>{9, 0, 9, 0}));
  EXPECT_EQ(codes(changed), (std::vector<int>{9, 9, 9, 0}));
  EXPECT_EQ(codes(fine), (std::vector<int>{0, 0, 0, 0}));
  EXPECT_EQ(CheckStore(removed).exit_code, 9) << "FULL unless told otherwise";
  // What NONE accepts is still told.
  EXPECT_NE(CheckStore(changed, {"--mode", "NONE"}).out.find("Field `age` changed from int to string."),
            std::string::npos);
}

TEST_F(CheckCompatibility, ReportsOneProblemOncePerChange) {
  const std::string with_age = Record(R"({"name":"id","type":"int"},{"name":"age","type":"int"})");
  session_.AddStore("profiles", {with_age, with_age, Record(kId), with_age});
  const Outcome outcome =
      CheckStore(Record(R"({"name":"id","type":"int"},{"name":"age","type":"string","default":""})"));
  EXPECT_EQ(outcome.out, fmt::format(R"({0} against the 4 registered value schemas of store profiles, mode FULL.

NOT COMPATIBLE with versions 1-2, 4.
Compatible with version 3.

FULL means: programs on the new schema must be able to read every record written before, and
programs still on a registered schema must be able to read every record written from now on.

1 problem:

1. Field `age` changed from int to string.
   Against:    versions 1-2, 4
   Who breaks: Programs on the new schema expect string and cannot read int: they would fail to
               decode every record already written.
               Programs still on the older schema expect int and cannot read string: they would fail
               to decode every record written with the new schema.
   To do:      Keep `age` as int and add a second field for the new type; fill both until nobody
               reads the old one:
                 {{"name": "age_string", "type": ["null", "string"], "default": null}}
   Rule:       TYPE_MISMATCH: A type can be read as itself, or widened (int to long to float to
               double); nothing else.

Nothing has been registered. Next:
  change {0} as described, and run this command again
)",
                                     folder_ / "value.avsc"));
}

TEST_F(CheckCompatibility, ExplainsTheSignsInPaths) {
  session_.AddStore("profiles", {Record(R"({"name":"tags","type":{"type":"array","items":"int"}})")});
  const Outcome outcome = CheckStore(Record(R"({"name":"tags","type":{"type":"array","items":"string"}})"));
  EXPECT_NE(outcome.out.find("An item of `tags` changed from int to string."), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("In paths, `x[]` is an item of list `x`.\n"), std::string::npos) << outcome.out;
}

TEST_F(CheckCompatibility, SaysWhatComesNext) {
  session_.AddStore("profiles", {Record(kId)});
  const Outcome fine = CheckStore(Record(R"({"name":"id","type":"int"},{"name":"x","type":"int","default":0})"));
  EXPECT_EQ(fine.exit_code, 0);
  EXPECT_NE(fine.out.find("COMPATIBLE with version 1."), std::string::npos) << fine.out;
  EXPECT_NE(fine.out.find("venice-admin-tool add-schema --url http://c --store profiles"), std::string::npos);
  EXPECT_NE(CheckStore(Record(kId)).out.find("registered already, as version 1"), std::string::npos);
}

TEST_F(CheckCompatibility, FollowsTheStoresRules) {
  const std::string before = R"({"type":"enum","name":"E","symbols":["A","B"],"default":"A"})";
  const std::string after = R"({"type":"enum","name":"E","symbols":["A","B","C"],"default":"A"})";
  session_.AddStore("profiles", {before});
  const Outcome strict = CheckStore(after);
  EXPECT_EQ(strict.exit_code, 9);
  EXPECT_NE(strict.out.find("--enum-schema-evolution-allowed true"), std::string::npos) << strict.out;
  EXPECT_EQ(CheckStore(after, {"--rules", "avro"}).exit_code, 0);
  session_.AddStore("profiles", {before}, true);
  EXPECT_EQ(CheckStore(after).exit_code, 0);
}

TEST_F(CheckCompatibility, ComparesFiles) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "v1.avsc", Record(kId)).ok());
  ASSERT_TRUE(WriteFileDurably(folder_ / "v2.avsc", Record(R"({"name":"id","type":"string"})")).ok());
  const std::string both = fmt::format("{},{}", folder_ / "v1.avsc", folder_ / "v2.avsc");
  const Outcome outcome = Check(Record(kId), {"--against", both});
  EXPECT_EQ(outcome.exit_code, 9);
  EXPECT_NE(outcome.out.find(fmt::format("NOT COMPATIBLE with {}", folder_ / "v2.avsc")), std::string::npos)
      << outcome.out;
  EXPECT_EQ(Check(Record(kId), {"--against", folder_ / "v1.avsc"}).exit_code, 0);
  // Avro takes it, and the owner learns that a store may not.
  ASSERT_TRUE(WriteFileDurably(folder_ / "v1.avsc", "\"bytes\"").ok());
  const Outcome careful = Check("\"string\"", {"--against", folder_ / "v1.avsc"});
  EXPECT_EQ(careful.exit_code, 0);
  EXPECT_NE(careful.out.find("--rules venice"), std::string::npos) << careful.out;
}

TEST_F(CheckCompatibility, AnswersJson) {
  session_.AddStore("profiles", {Record(kId), Record(R"({"name":"id","type":"string"})")});
  const Outcome outcome = CheckStore(Record(kId), {"--json"});
  EXPECT_EQ(outcome.exit_code, 9);
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["compatible"], false);
  EXPECT_EQ(json["mode"], "FULL");
  EXPECT_EQ(json["rules"], "venice");
  EXPECT_EQ(json["registeredAs"], 1);
  EXPECT_EQ(json["compatibleVersions"], nlohmann::json({1}));
  EXPECT_EQ(json["incompatibleVersions"], nlohmann::json({2}));
  EXPECT_EQ(json["results"][0]["verdict"], "FULL");
  EXPECT_EQ(json["results"][1]["findings"][0]["rule"], "TYPE_MISMATCH");
  EXPECT_EQ(json["results"][1]["findings"][0]["path"], "id");
  EXPECT_EQ(json["results"][1]["findings"][0]["direction"], "BACKWARD");
}

TEST_F(CheckCompatibility, ColoursOnlyATerminal) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "v1.avsc", "\"int\"").ok());
  ASSERT_TRUE(WriteFileDurably(folder_ / "v2.avsc", "\"string\"").ok());
  const std::vector<std::string> words = {"check-schema-compatibility", "--schema-file", folder_ / "v2.avsc",
                                          "--against", folder_ / "v1.avsc"};
  EXPECT_EQ(RunAdminTool(words, false, session_).out.find('\x1b'), std::string::npos);
  EXPECT_NE(RunAdminTool(words, true, session_).out.find('\x1b'), std::string::npos);
}

TEST_F(CheckCompatibility, RefusesWhatItCannotJudge) {
  session_.AddStore("profiles", {Record(kId)});
  const auto error = [&](const Outcome& outcome, int code, std::string_view text) {
    EXPECT_EQ(outcome.exit_code, code) << outcome.error;
    EXPECT_NE(outcome.error.find(text), std::string::npos) << outcome.error;
  };
  error(CheckStore("{\"type\":\"record\",\n\"name\":}"), 2, "line 2");
  error(CheckStore(R"({"type":"strng"})"), 2, "value.avsc is not an Avro schema");
  error(CheckStore(Record(R"({"name":"x","type":["null","int"],"default":1})")), 2, "value.avsc");
  error(CheckStore(Record(R"({"name":"__veniceComputationError__","type":"int"})")), 2, "reserved");
  error(CheckStore(Record(kId), {"--mode", "full"}), 2, "must be FULL");
  error(CheckStore(Record(kId), {"--rules", "x"}), 2, "avro or venice");
  error(CheckStore(Record(kId), {"--against", "x"}), 2, "either");
  error(Check(Record(kId)), 2, "either");
  error(Check(Record(kId), {"--store", "profiles"}), 2, "--url");
  error(Check(Record(kId), {"--store", "nobody", "--url", "u"}), 3, "nobody");
  error(Check(Record(kId), {"--against", "/no/such/file"}), 3, "/no/such/file");
  error(RunAdminTool(std::vector<std::string>{"check-schema-compatibility", "--store", "profiles", "--url", "u",
                                              "--schema-file", "/no/such/file"},
                     false, session_),
        3, "/no/such/file");
  session_.answers["/get_all_value_schema profiles"] = "<html>";
  error(CheckStore(Record(kId)), 5, "can not be read");
}

TEST(VersionRanges, CountNeighboursOfTheList) {
  EXPECT_EQ(VersionRanges({1, 2, 3, 7, 9}, {1, 2, 3, 4, 7, 9}), "1-3, 7-9");
  EXPECT_EQ(VersionRanges({1, 3}, {1, 2, 3}), "1, 3");
  EXPECT_EQ(VersionRanges({}, {1}), "");
}

}  // namespace
}  // namespace venice::admin
