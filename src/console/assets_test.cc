#include "console/assets.h"

#include <gtest/gtest.h>

#include <string>

namespace venice::console {
namespace {

net::HttpRequest Get(std::string target) {
  net::HttpRequest request;
  request.target = std::move(target);
  return request;
}

std::string Header(const net::HttpResponse& response, std::string_view name) {
  const std::string* value = response.headers.Find(name);
  return value == nullptr ? "" : *value;
}

TEST(Console, AnswersItsOwnPathsOnly) {
  EXPECT_EQ(Answer(Get("/ui/"))->status, 200);
  EXPECT_EQ(Answer(Get("/ui/?anything=1"))->status, 200);
  EXPECT_EQ(Answer(Get("/api-docs"))->status, 200);
  EXPECT_EQ(Answer(Get("/openapi.yaml"))->status, 200);
  EXPECT_FALSE(Answer(Get("/")));
  EXPECT_FALSE(Answer(Get("/uix")));
  EXPECT_FALSE(Answer(Get("/list_stores?x=/ui/")));
}

TEST(Console, EveryAssetIsWholeAndSaysItsType) {
  ASSERT_GT(Assets().size(), 5u);
  for (const Asset& asset : Assets()) {
    SCOPED_TRACE(asset.path);
    const std::optional<net::HttpResponse> plain = Answer(Get(std::string(asset.path)));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->status, 200);
    EXPECT_EQ(plain->body.size(), asset.size);
    EXPECT_EQ(Header(*plain, "Content-Type"), asset.content_type);
    EXPECT_EQ(Header(*plain, "X-Content-Type-Options"), "nosniff");
    EXPECT_NE(Header(*plain, "Content-Security-Policy").find("default-src 'self'"), std::string::npos);
    EXPECT_EQ(Header(*plain, "Content-Security-Policy").find("unsafe"), std::string::npos);
    EXPECT_EQ(Header(*plain, "Content-Encoding"), "");
  }
}

TEST(Console, CompressesForWhoAcceptsIt) {
  const auto encoding = [](const std::string& accept) {
    net::HttpRequest request = Get("/ui/");
    request.headers.Set("Accept-Encoding", accept);
    return Header(*Answer(request), "Content-Encoding");
  };
  EXPECT_EQ(encoding("gzip, deflate, br"), "gzip");
  EXPECT_EQ(encoding("br;q=1.0, GZip;q=0.8"), "gzip");
  EXPECT_EQ(encoding("gzip;q=0"), "");
  EXPECT_EQ(encoding("gzip;q=0.000"), "");
  EXPECT_EQ(encoding("identity"), "");
  EXPECT_EQ(encoding(",,;,"), "");
  EXPECT_EQ(encoding("xgzip"), "");
}

TEST(Console, KnowsWhatTheBrowserHasAlready) {
  const net::HttpResponse first = *Answer(Get("/ui/"));
  net::HttpRequest again = Get("/ui/");
  again.headers.Set("If-None-Match", "\"other\", W/" + Header(first, "ETag"));
  const net::HttpResponse second = *Answer(again);
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
  EXPECT_EQ(Header(second, "ETag"), Header(first, "ETag"));
  // The compressed form is another representation, so its tag is another.
  again.headers.Set("Accept-Encoding", "gzip");
  EXPECT_EQ(Answer(again)->status, 200);
}

TEST(Console, RedirectsToTheAddressThatItsReferencesNeed) {
  EXPECT_EQ(Header(*Answer(Get("/ui")), "Location"), "ui/");
  EXPECT_EQ(Header(*Answer(Get("/api-docs/")), "Location"), "../api-docs");
  EXPECT_EQ(RedirectToConsole().status, 302);
}

TEST(Console, RefusesInWords) {
  EXPECT_EQ(Answer(Get("/ui/no-such-file.js"))->status, 404);
  EXPECT_EQ(Answer(Get("/ui/../../etc/passwd"))->status, 404);
  net::HttpRequest post = Get("/ui/");
  post.method = "POST";
  EXPECT_EQ(Answer(post)->status, 405);
  EXPECT_EQ(Header(*Answer(post), "Allow"), "GET, HEAD");
}

TEST(Console, ABrowserWantsAPageAndAToolDoesNot) {
  net::HttpRequest request = Get("/");
  EXPECT_FALSE(WantsPage(request));
  request.headers.Set("Accept", "*/*");
  EXPECT_FALSE(WantsPage(request));
  request.headers.Set("Accept", "application/json, text/plain");
  EXPECT_FALSE(WantsPage(request));
  request.headers.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
  EXPECT_TRUE(WantsPage(request));
  request.method = "POST";
  EXPECT_FALSE(WantsPage(request));
}

}  // namespace
}  // namespace venice::console
