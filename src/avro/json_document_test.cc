#include "avro/json_document.h"

#include <gtest/gtest.h>

#include "avro/json_text.h"

namespace venice::avro {
namespace {

TEST(JsonDocument, ValuesKnowTheirPlace) {
  const std::string text = "{\"a\": [1, {\"b\\n\": \"\\u00e9\\ud83d\\ude00x\"}],\n \"é\": null, \"a\": 2.5}";
  const auto document = JsonDocument::Parse(text, {});
  ASSERT_TRUE(document.ok()) << document.error().ToString();
  const JsonValue root = document->root();
  EXPECT_EQ(root.size(), 3u);
  EXPECT_EQ(root.Find("a")->Real(), 2.5);  // the last one
  EXPECT_FALSE(root.Find("b").has_value());
  const auto members = root.Members();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].first, "a");
  EXPECT_EQ(members[0].second.Real(), 2.5);
  const JsonValue last = *root.Find("é");
  EXPECT_TRUE(last.is_null());
  EXPECT_EQ(document->Place(last.offset()), " (line 2, column 7, at /é)");
  auto first = (*root.items().begin());
  EXPECT_EQ(first.text(), "a");
  const size_t inner = text.find("\"\\u00e9");
  EXPECT_EQ(document->Place(inner), " (line 1, column 19, at /a/1/b\\n)");
}

TEST(JsonDocument, TextAndNumbersAreNormalized) {
  const auto document =
      JsonDocument::Parse(" [ -0 , 1E2, \"\\u0041\\/\\u001f\" , {\"a\":1,\"b\":2,\"a\":3} , [ ] , { } ] ", {});
  std::string out;
  AppendJson(out, document->root());
  EXPECT_EQ(out, R"([0,100.0,"A/\u001F",{"a":3,"b":2},[],{}])");
}

TEST(JsonDocument, IntegersKeepTheirBounds) {
  const auto integer = [](const std::string& text) { return JsonDocument::Parse(text, {})->root().Integer(); };
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("1.0"), std::nullopt);
}

TEST(JsonDocument, CommentsOnlyWhereTheyAreAsked) {
  EXPECT_FALSE(JsonDocument::Parse("/* */ 1", {}).ok());
  EXPECT_TRUE(JsonDocument::Parse("[/* ] */ 1 // 2\n]", {.comments = true}).ok());
  EXPECT_FALSE(JsonDocument::Parse("[/* ]", {.comments = true}).ok());
  EXPECT_FALSE(JsonDocument::Parse("[/ 1]", {.comments = true}).ok());
}

}  // namespace
}  // namespace venice::avro
