#include "admin/add_schema.h"

#include <gtest/gtest.h>

#include "admin/admin_tool.h"
#include "admin/scripted_session.h"
#include "base/file.h"

namespace venice::admin {
namespace {

constexpr const char* kAccepted = R"({"cluster":"c","name":"profiles","error":null,"dryRun":true,"accepted":true,
"verdict":"ACCEPTED","wouldBeId":3,"compatibilityMode":"FULL","summary":"The schema would be accepted as value schema 3.",
"results":[{"schemaId":1,"compatible":true,"findings":[]},{"schemaId":2,"compatible":true,"findings":[]}],
"inFlightPushes":[{"version":7,"pushJobId":"nightly","topic":"profiles_v7","status":"PROGRESS","startedTimestamp":1,
"affected":true,"reason":"Affected: push again to fill `email`."}],
"wouldAlsoRegister":[{"kind":"SUPERSET","valueSchemaId":4,"id":4,"schemaStr":"{}"},
{"kind":"UPDATE","valueSchemaId":3,"id":1,"schemaStr":"{}"},{"kind":"REPLICATION_METADATA","valueSchemaId":3,"id":1,"schemaStr":"{}"}]})";

constexpr const char* kRejected = R"({"dryRun":true,"accepted":false,"verdict":"REJECTED","wouldBeId":null,
"compatibilityMode":"FULL","summary":"The schema would be refused: see below.",
"results":[{"schemaId":1,"compatible":false,"findings":[{"rule":"TYPE_MISMATCH","path":"address.zip","direction":"BACKWARD",
"what":"Field `zip` changed from int to string.","readerSees":"Old data cannot be read.","remedy":"Keep int:","remedyJson":"{\"type\": \"int\"}","hint":"",
"readerType":"string","writerType":"int"}],"moreFindings":2}],"inFlightPushes":[],"wouldAlsoRegister":[]})";

class AddSchemaCommand : public testing::Test {
 protected:
  Outcome Run(std::vector<std::string> flags) {
    const std::string path = folder_ / "value.avsc";
    EXPECT_TRUE(WriteFileDurably(path, R"("string")").ok());
    std::vector<std::string> words{"add-schema",          "--url", "http://c", "--store", "profiles",
                                   "--value-schema-file", path};
    words.insert(words.end(), flags.begin(), flags.end());
    return RunAdminTool(words, false, session_);
  }
  TemporaryDirectory folder_;
  ScriptedSession session_;
};

TEST_F(AddSchemaCommand, RegistersOrAsks) {
  session_.answers["/add_value_schema profiles"] = R"({"cluster":"c","id":3,"schemaStr":"\"string\""})";
  session_.answers["POST /schema/profiles"] = kAccepted;
  const Outcome added = Run({});
  EXPECT_EQ(added.exit_code, 0) << added.error;
  EXPECT_NE(added.out.find("\"id\": 3"), std::string::npos) << added.out;

  const Outcome asked = Run({"--dry-run"});
  EXPECT_EQ(asked.exit_code, 0) << asked.error;
  for (const char* text : {"nothing was written", "version 2: compatible", "profiles_v7 (push nightly, PROGRESS)",
                           "push again to fill `email`", "value schema 4: a superset",
                           "update schema 1 of value schema 3", "without --dry-run"})
    EXPECT_NE(asked.out.find(text), std::string::npos) << text << "\n" << asked.out;
  EXPECT_NE(Run({"--dry-run", "--json"}).out.find("\"verdict\": \"ACCEPTED\""), std::string::npos);
}

TEST_F(AddSchemaCommand, ARefusalSaysWhereAndWhatToDo) {
  session_.answers["POST /schema/profiles"] = kRejected;
  const Outcome asked = Run({"--dry-run"});
  EXPECT_EQ(asked.exit_code, 9);
  for (const char* text : {"REJECTED", "version 1: not compatible", "not FULL compatible with 1 of 1 registered schemas",
                           "address.zip: Field `zip` changed", "Keep int:", "\n                  {\"type\": \"int\"}\n",
                           "and 2 more findings"})
    EXPECT_NE(asked.out.find(text), std::string::npos) << text << "\n" << asked.out;
  session_.answers["POST /schema/profiles"] = R"({"id":3})";
  EXPECT_NE(Run({"--dry-run"}).error.find("not that of a dry run"), std::string::npos);
}

}  // namespace
}  // namespace venice::admin
