#include <set>

#include "admin/admin_tool.h"
#include "admin/arguments.h"
#include "admin/command_table.h"
#include "base/file.h"

namespace venice::admin {
namespace {

// Records what is asked and answers from a table.
class ScriptedSession : public Session {
 public:
  Result<std::string> CallController(const std::string& path,
                                     const std::map<std::string, std::string>& parameters) override {
    called_path = path;
    called_parameters = parameters;
    return answer;
  }
  Result<std::string> Get(const std::string& url) override {
    const auto found = pages.find(url);
    if (found == pages.end()) return Error(ErrorCode::kUnavailable, "refused");
    return found->second;
  }

  std::string answer = R"({"cluster":"c","error":null})";
  std::map<std::string, std::string> pages;
  std::string called_path;
  std::map<std::string, std::string> called_parameters;
};

Outcome RunWords(std::vector<std::string> words, Session& session) { return RunAdminTool(words, false, session); }

// The build fails when a command or a flag lacks its description or its example.
TEST(Commands, AreAllDescribed) {
  std::set<std::string_view> names;
  for (const Command& command : Commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name << " is there twice";
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_TRUE(command.summary.ends_with(".")) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    for (const std::string_view example : command.examples)
      EXPECT_TRUE(example.starts_with(std::string(command.name) + " ")) << example;
    EXPECT_NE(command.path.empty(), command.run == nullptr) << command.name << ": a route or a function, not both";
    std::set<std::string_view> flags;
    for (const Flag& flag : command.flags) {
      EXPECT_FALSE(flag.description.empty()) << command.name << " --" << flag.name;
      EXPECT_TRUE(flag.is_switch || !flag.example.empty()) << command.name << " --" << flag.name;
      EXPECT_TRUE(flags.insert(flag.name).second) << command.name << " --" << flag.name;
      EXPECT_TRUE(flags.insert(flag.short_name).second) << command.name << " -" << flag.short_name;
    }
  }
}

// An example that the parser refuses would be a lie.
TEST(Commands, ExamplesParse) {
  for (const Command& command : Commands()) {
    for (const std::string_view example : command.examples) {
      std::vector<std::string> words;
      std::istringstream stream{std::string(example)};
      for (std::string word; stream >> word;) words.push_back(word);
      const auto line = ParseCommandLine(words);
      ASSERT_TRUE(line.ok()) << example << ": " << line.error().message();
      EXPECT_EQ(line->command->name, command.name);
    }
  }
}

TEST(CommandLine, TakesVenicesOwnSpelling) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(WriteFileDurably(folder / "k.avsc", "\"string\"").ok());
  ASSERT_TRUE(WriteFileDurably(folder / "v.avsc", "\"int\"").ok());
  ScriptedSession session;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--new-store", "--url", "http://c", "--cluster", "x", "--store", "s", "--key-schema-file",
            folder / "k.avsc", "--value-schema-file", folder / "v.avsc"},
           {"new-store", "-u", "http://c", "-c", "x", "-s", "s", "-ks", folder / "k.avsc", "-vs", folder / "v.avsc"},
           {"--url=http://c", "--cluster=x", "--new-store", "--store=s", "--key-schema-file", folder / "k.avsc", "-vs",
            folder / "v.avsc"}}) {
    const Outcome outcome = RunWords(words, session);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_EQ(session.called_path, "/new_store");
    EXPECT_EQ(session.called_parameters.at("store_name"), "s");
    EXPECT_EQ(session.called_parameters.at("key_schema"), "\"string\"");
    EXPECT_EQ(session.called_parameters.at("value_schema"), "\"int\"");
  }
}

TEST(CommandLine, TakesNegativeNumbersAsValues) {
  ScriptedSession session;
  const Outcome outcome = RunWords(
      {"--update-store", "--url", "u", "--store", "s", "--storage-quota", "-1", "--incremental-push-enabled", "true"},
      session);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(session.called_parameters.at("storage_quota_in_byte"), "-1");
  EXPECT_EQ(session.called_parameters.at("incremental_push_enabled"), "true");
}

TEST(CommandLine, SaysWhatToTypeInstead) {
  ScriptedSession session;
  EXPECT_NE(RunWords({"new-stor"}, session).error.find("did you mean new-store"), std::string::npos);
  EXPECT_NE(RunWords({"describe-store", "--url", "u"}, session).error.find("needs --store"), std::string::npos);
  EXPECT_NE(RunWords({"describe-store", "--bogus", "1"}, session).error.find("no flag --bogus"), std::string::npos);
  EXPECT_NE(RunWords({"describe-store", "--store"}, session).error.find("--store needs a value"), std::string::npos);
  EXPECT_EQ(RunWords({"describe-store", "--url", "u"}, session).exit_code, 2);
  EXPECT_NE(RunWords({"new-store", "--url", "u", "--cluster", "c", "--store", "s", "--key-schema-file", "/no/such",
                      "--value-schema-file", "/no/such"},
                     session)
                .error.find("/no/such"),
            std::string::npos);
}

TEST(Help, ComesFromTheTable) {
  ScriptedSession session;
  EXPECT_NE(RunWords({"help"}, session).out.find("verify-version"), std::string::npos);
  EXPECT_NE(RunWords({"help", "new-store"}, session).out.find("--key-schema-file, -ks"), std::string::npos);
  EXPECT_NE(RunWords({"new-store", "--help"}, session).out.find("--key-schema-file, -ks"), std::string::npos);
  EXPECT_NE(RunWords({"search", "ROLLBACK"}, session).out.find("rollback-to-backup-version"), std::string::npos);
  EXPECT_EQ(RunWords({"search", "zzz"}, session).exit_code, 3);
  EXPECT_NE(RunWords({"search", "compatibility"}, session).out.find("check-schema-compatibility"), std::string::npos);
  EXPECT_NE(RunWords({"search", "Store", "TOPIC"}, session).out.find("update-store"), std::string::npos);
  EXPECT_EQ(RunWords({"search", "store", "zzz"}, session).exit_code, 3);
  EXPECT_EQ(RunWords({"search"}, session).exit_code, 2);
  EXPECT_NE(RunWords({"search", "docs"}, session).out.find("generate-schema-docs"), std::string::npos);
  EXPECT_NE(RunWords({"search", "documentation"}, session).out.find("generate-schema-docs"), std::string::npos);
}

TEST(Output, SwitchesMayStandBeforeTheCommand) {
  ScriptedSession session;
  EXPECT_EQ(RunWords({"--table", "list-storage-nodes", "--url", "u", "--cluster", "c"}, session).out, "cluster  c\n");
}

TEST(Output, IsATableOnATerminalAndJsonElsewhere) {
  ScriptedSession session;
  session.answer =
      R"({"cluster":"c","error":null,"replicas":[{"instance":{"nodeId":"h_1","port":1},"status":"LEADER"},{"instance":{"nodeId":"h_2","port":2},"status":"STANDBY"}]})";
  const std::vector<std::string> words = {"replicas-of-store", "--url", "u", "--store", "s", "--version", "1"};
  EXPECT_EQ(RunAdminTool(words, true, session).out,
            "cluster  c\n\nreplicas\ninstance  status\nh_1       LEADER\nh_2       STANDBY\n");
  EXPECT_EQ(RunAdminTool(words, false, session).out.substr(0, 2), "{\n");
  session.answer = "<html>";
  EXPECT_EQ(RunAdminTool(words, false, session).exit_code, Info(ErrorCode::kCorruption).exit_code);
}

TEST(VerifyVersion, NamesTheReplicaThatDiffers) {
  ScriptedSession session;
  session.answer =
      R"({"replicas":[{"instance":{"host":"h","port":1},"partitionId":0},{"instance":{"host":"h","port":2},"partitionId":0}]})";
  session.pages["http://h:1/verify/s_v1/0"] = R"({"equal":true,"records":5})";
  session.pages["http://h:2/verify/s_v1/0"] = R"({"equal":true,"records":5})";
  const std::vector<std::string> words = {"verify-version", "--url", "u", "--store", "s", "--version", "1"};
  EXPECT_EQ(RunWords(words, session).exit_code, 0);
  session.pages["http://h:2/verify/s_v1/0"] = R"({"equal":false,"records":4})";
  EXPECT_EQ(RunWords(words, session).exit_code, Info(ErrorCode::kCorruption).exit_code);
  EXPECT_NE(RunWords(words, session).out.find("DIFFERENT"), std::string::npos);
  session.pages.erase("http://h:2/verify/s_v1/0");
  EXPECT_NE(RunWords(words, session).exit_code, 0);
}

}  // namespace
}  // namespace venice::admin
