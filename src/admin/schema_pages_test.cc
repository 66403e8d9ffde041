#include "admin/schema_pages.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "admin/admin_tool.h"
#include "admin/generate_schema_docs.h"
#include "admin/scripted_session.h"
#include "base/file.h"

namespace venice::admin {
namespace {

StoreSchemas Store(std::vector<std::string> texts) {
  StoreSchemas schemas{
      .name = "profiles", .cluster = "c", .owner = "team", .current_version = 3, .key_schema = "\"long\""};
  for (std::string& text : texts)
    schemas.versions.push_back({.id = static_cast<int32_t>(schemas.versions.size() + 1), .text = std::move(text)});
  return schemas;
}

std::string Record(std::string_view fields) {
  return fmt::format(R"({{"type":"record","name":"com.example.User","doc":"Somebody.","fields":[{}]}})", fields);
}

// Only the lines of the table of fields.
std::string Fields(std::string_view fields) {
  const std::string page = MarkdownPage(DescribeStore(Store({Record(fields)})));
  const size_t start = page.find("|---|---|---|---|\n") + 18;
  return page.substr(start, page.find("\n\n", start) + 1 - start);
}

TEST(MarkdownPage, IsReadable) {
  StoreSchemas store = Store({Record(R"({"name":"id","type":"long","doc":"Who it is."})"),
                              Record(R"({"name":"id","type":"long","doc":"Who it is."},
                                        {"name":"email","type":["null","string"],"default":null})")});
  store.versions[0].registered_ms = 1'700'000'000'000;
  store.superset_id = 2;
  EXPECT_EQ(MarkdownPage(DescribeStore(store)), R"(# profiles

| | |
|---|---|
| Description | Somebody. |
| Cluster | c |
| Owner | team |
| Current version | 3 |
| Key | long |
| Value | record com.example.User |
| Latest schema version | 2 |

## Schema versions

| Version | Registered | Changed |
|---:|---|---|
| 2 |  | added `email` (has every field of all versions) |
| 1 | 2023-11-14 22:13 UTC | first version, 1 field |

## Fields of version 2

| Field | Type | Default | Description |
|---|---|---|---|
| `id` | long | none | Who it is. |
| `email` | string (nullable) | `null` |  |

`x[]` is an item of a list, `x{}` a value of a map, `x<T>` the case of type T. A field without a default is in every record.

## Schema as registered

```json
{
  "type": "record",
  "name": "User",
  "namespace": "com.example",
  "doc": "Somebody.",
  "fields": [
    {
      "name": "id",
      "type": "long",
      "doc": "Who it is."
    },
    {
      "name": "email",
      "type": [
        "null",
        "string"
      ],
      "default": null
    }
  ]
}
```

[All stores](../README.md)
)");
}

TEST(FieldTable, ExpandsNestedRecordsInPlace) {
  EXPECT_EQ(Fields(R"({"name":"home","type":["null",{"type":"record","name":"Address","doc":"A place.","fields":[
                        {"name":"zip","type":"string","default":""},
                        {"name":"geo","type":{"type":"record","name":"Geo","fields":[{"name":"lat","type":"double"}]}}]}],"doc":"Where."},
                      {"name":"others","type":{"type":"array","items":"Address"}},
                      {"name":"by_name","type":{"type":"map","values":{"type":"array","items":"int"}}})"),
            R"(| `home` | Address (nullable) | none | Where.<br>*A place.* |
| &emsp;`home.zip` | string | `""` |  |
| &emsp;`home.geo` | Geo | none |  |
| &emsp;&emsp;`home.geo.lat` | double | none |  |
| `others` | list of Address | none | *A place.*<br>Fields as in `home`. |
| `by_name` | map of list of int | none |  |
)");
}

TEST(FieldTable, MarksRecursion) {
  EXPECT_EQ(Fields(R"({"name":"tree","type":{"type":"record","name":"Tree","fields":[
                        {"name":"value","type":"int"},{"name":"children","type":{"type":"array","items":"Tree"}}]}},
                      {"name":"friend","type":["null","User"]})"),
            R"(| `tree` | Tree | none |  |
| &emsp;`tree.value` | int | none |  |
| &emsp;`tree.children` | list of Tree | none | Recursive: the fields of `tree` again. |
| `friend` | User (nullable) | none | *Somebody.*<br>Recursive: the whole value again. |
)");
}

TEST(FieldTable, SaysUnionsEnumsAndLogicalTypesInWords) {
  EXPECT_EQ(Fields(R"({"name":"id","type":["int","string"],"aliases":["key"]},
                      {"name":"shape","type":["null",{"type":"record","name":"Circle","fields":[{"name":"r","type":"double"}]},
                         {"type":"record","name":"Square","fields":[{"name":"side","type":"double"}]}],"default":null},
                      {"name":"state","type":{"type":"enum","name":"State","symbols":["ON","OFF"],"default":"OFF"},"default":"ON"},
                      {"name":"seen","type":{"type":"long","logicalType":"timestamp-millis"}},
                      {"name":"hash","type":{"type":"fixed","name":"Hash","size":16}})"),
            R"(| `id` | int or string | none | Formerly `key`. |
| `shape` | Circle or Square (nullable) | `null` |  |
| &emsp;`shape<Circle>` | Circle |  |  |
| &emsp;&emsp;`shape<Circle>.r` | double | none |  |
| &emsp;`shape<Square>` | Square |  |  |
| &emsp;&emsp;`shape<Square>.side` | double | none |  |
| `state` | enum State | `"ON"` | One of `ON`, `OFF`.<br>Unknown symbols are read as `OFF`. |
| `seen` | timestamp in ms | none |  |
| `hash` | Hash (16 bytes) | none |  |
)");
}

TEST(FieldTable, KeepsDocsAsText) {
  EXPECT_EQ(Fields(R"({"name":"a","type":"string","default":"`x|y``","doc":"<b>a|b</b> & `c` *d*\n[e](f)\u0007"})"),
            R"(| `a` | string | ``` "`x\|y``" ``` | &lt;b&gt;a\|b&lt;/b&gt; &amp; \`c\` \*d\*<br>\[e\](f)  |
)");
}

TEST(MarkdownPage, ValuesNeedNotBeRecords) {
  const std::string page = MarkdownPage(DescribeStore(Store({R"({"type":"map","values":["null","int"]})"})));
  EXPECT_NE(page.find("| Value | map of nullable int |"), std::string::npos) << page;
  EXPECT_NE(page.find("| (the value) | map of nullable int |  |  |"), std::string::npos) << page;
}

TEST(MarkdownPage, SurvivesWhatCannotBeRead) {
  const std::string broken = MarkdownPage(DescribeStore(Store({"\"int\"", "{\"type\":"})));
  EXPECT_NE(broken.find("| 2 |  | cannot be read |"), std::string::npos) << broken;
  EXPECT_NE(broken.find("The schema cannot be read: "), std::string::npos);
  EXPECT_NE(MarkdownPage(DescribeStore(Store({}))).find("No value schema is registered yet."), std::string::npos);
}

TEST(HtmlPage, EscapesEverything) {
  StoreSchemas store =
      Store({Record(R"({"name":"a","type":"string","default":"<i>","doc":"<script>alert(1)</script>"})")});
  store.owner = "<img src=x onerror=\"y\">";
  const std::string page = HtmlPage(DescribeStore(store));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(page.find("<code>&quot;&lt;i&gt;&quot;</code>"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos) << "an asset of somebody else";
}

TEST(HtmlIndex, LinksEveryStore) {
  const std::string index = HtmlIndex({DescribeStore(Store({Record("")}))});
  EXPECT_NE(index.find("<a href=\"stores/profiles.html\">profiles</a>"), std::string::npos);
  EXPECT_NE(index.find("id=\"search\""), std::string::npos);
}

TEST(PageName, StaysInItsFolder) {
  EXPECT_EQ(PageName("member-profiles_v2.x"), "member-profiles_v2.x");
  EXPECT_EQ(PageName("../../etc/passwd"), "=2E.=2F..=2Fetc=2Fpasswd");
  EXPECT_EQ(PageName("."), "=2E");
  EXPECT_EQ(PageName(""), "=");
  EXPECT_EQ(PageName(std::string_view("a\0b\n", 4)), "a=00b=0A");
  EXPECT_LE(PageName(std::string(10'000, 'x')).size(), 150U);
  EXPECT_NE(PageName(std::string(10'000, 'x')), PageName(std::string(10'001, 'x')));
}

TEST(Pattern, HasStarsAndQuestionMarks) {
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("member-*", "member-x"));
  EXPECT_TRUE(MatchesPattern("*a*b?", "xxaybbz"));
  EXPECT_FALSE(MatchesPattern("member-*", "members"));
  EXPECT_FALSE(MatchesPattern("a?", "a"));
  EXPECT_FALSE(MatchesPattern("", "a"));
}

class GenerateDocs : public testing::Test {
 protected:
  Outcome Run(std::vector<std::string> flags) {
    std::vector<std::string> words = {"generate-schema-docs", "--url", "http://c", "--output-dir", folder_ / "docs"};
    words.insert(words.end(), flags.begin(), flags.end());
    return RunAdminTool(words, false, session_);
  }
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "docs")) {
      if (entry.is_regular_file())
        files[std::filesystem::relative(entry.path(), folder_ / "docs")] = ReadFile(entry.path()).value();
    }
    return files;
  }

  TemporaryDirectory folder_;
  ScriptedSession session_;
};

TEST_F(GenerateDocs, WritesTheSameBytesAgain) {
  session_.AddStore("b", {Record("")});
  session_.AddStore("a", {Record(R"({"name":"id","type":"int"})")});
  session_.answers["/list_stores"] = R"({"stores":["b","a"]})";
  const Outcome first = Run({"--cluster", "c", "--html"});
  EXPECT_EQ(first.exit_code, 0) << first.error;
  EXPECT_NE(first.out.find("2 stores documented: 6 files written, 0 unchanged."), std::string::npos) << first.out;
  const auto files = Files();
  EXPECT_EQ(files.size(), 6U);
  EXPECT_TRUE(files.contains("index.html") && files.contains("README.md") && files.contains("stores/a.html"));
  EXPECT_NE(files.at("stores/a.md").find("| 1 | 2023-11-14 22:13 UTC | first version, 1 field |"), std::string::npos);
  const std::string& index = files.at("README.md");
  EXPECT_LT(index.find("(stores/a.md)"), index.find("(stores/b.md)"));
  ASSERT_TRUE(WriteFileDurably(folder_ / "docs/stores/mine.md", "mine").ok());
  EXPECT_NE(Run({"--cluster", "c", "--html"}).out.find("0 files written, 6 unchanged"), std::string::npos);
  auto again = Files();
  EXPECT_EQ(again.extract("stores/mine.md").mapped(), "mine");
  EXPECT_EQ(again, files);
}

TEST_F(GenerateDocs, TakesAStoreOrAPattern) {
  session_.AddStore("member-a", {Record("")});
  session_.AddStore("other", {Record("")});
  session_.answers["/list_stores"] = R"({"stores":["member-a","member-gone","other"]})";
  EXPECT_EQ(Run({"--store", "other"}).exit_code, 0);
  EXPECT_EQ(Files().size(), 2U);
  const Outcome outcome = Run({"--cluster", "c", "--store", "member-*", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.out.find("\"member-gone\""), std::string::npos) << "named as deleted meanwhile";
  EXPECT_EQ(Run({"--cluster", "c", "--store", "zzz*"}).exit_code, 3);
  EXPECT_EQ(Run({"--store", "nobody"}).exit_code, 3);
  EXPECT_EQ(Run({"--store", "mem*"}).exit_code, 2) << "needs the cluster";
  EXPECT_EQ(Run({}).exit_code, 2);
}

TEST_F(GenerateDocs, NamesTheFolderItCannotMake) {
  session_.AddStore("a", {Record("")});
  ASSERT_TRUE(WriteFileDurably(folder_ / "docs", "a file").ok());
  const Outcome outcome = Run({"--store", "a"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_NE(outcome.error.find("docs"), std::string::npos) << outcome.error;
}

// The folder and the width that the schema page is judged with.
TEST(DescribeStore, FortyVersionsOfAWideRecordAreQuick) {
  std::vector<std::string> texts;
  for (int version = 0; version < 40; ++version) {
    std::string fields;
    for (int i = 0; i < 260 + version; ++i)
      fields += fmt::format(
          R"({}{{"name":"f{}","type":["null",{{"type":"record","name":"T{}","fields":[{{"name":"a","type":"int"}}]}}],"default":null}})",
          i > 0 ? "," : "", i, i);
    texts.push_back(Record(fields));
  }
  const SchemaDocument document = DescribeStore(Store(std::move(texts)));
  EXPECT_EQ(document.versions.size(), 40U);
  EXPECT_EQ(document.versions.front().change, "added `f298`");
  EXPECT_EQ(document.fields.size(), 598U);
}

}  // namespace
}  // namespace venice::admin
