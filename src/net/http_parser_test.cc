#include "net/http_parser.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "net/http_client.h"

namespace venice::net {
namespace {

using State = HttpMessageParser::State;

// Feeds `bytes` in pieces of `step` as a connection does, keeping what the parser leaves. Returns the state at the end.
template <typename Parser>
State Feed(Parser& parser, std::string_view bytes, size_t step, std::string* left = nullptr) {
  std::string buffer;
  while (!bytes.empty() && parser.state() == State::kReading) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    buffer.erase(0, parser.Parse(buffer));
  }
  if (left) *left = buffer + std::string(bytes);
  return parser.state();
}

TEST(HttpRequestParser, ReadsTheSameMessageHoweverItIsSplit) {
  const std::string wire =
      "\r\nPOST /storage/S_v1?f=b64 HTTP/1.1\r\nHost: a\r\nX-Two:  spaced \t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\nA\r\n, world 1!\r\n0\r\nTrailer: x\r\n\r\nGET";
  for (size_t step = 1; step <= wire.size(); ++step) {
    HttpRequestParser parser;
    std::string left;
    ASSERT_EQ(Feed(parser, wire, step, &left), State::kComplete) << step << parser.error();
    EXPECT_TRUE(parser.keep_alive());
    const HttpRequest request = parser.Take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path(), "/storage/S_v1");
    EXPECT_EQ(request.query(), "f=b64");
    EXPECT_EQ(*request.headers.Find("x-two"), "spaced");
    EXPECT_EQ(request.body, "hello, world 1!");
    EXPECT_EQ(left, "GET");
  }
}

TEST(HttpRequestParser, ReadsPipelinedRequestsOneAfterTheOther) {
  std::string wire;
  for (int i = 0; i < 20; ++i) {
    wire += "POST /" + std::to_string(i) + " HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
  }
  HttpRequestParser parser;
  std::string_view rest = wire;
  for (int i = 0; i < 20; ++i) {
    rest.remove_prefix(parser.Parse(rest));
    ASSERT_EQ(parser.state(), State::kComplete);
    const HttpRequest request = parser.Take();
    EXPECT_EQ(request.target, "/" + std::to_string(i));
    EXPECT_EQ(request.body, "abc");
  }
  EXPECT_TRUE(rest.empty());
}

TEST(HttpRequestParser, AcceptsBareLineFeedsAndAbsoluteTargets) {
  HttpRequestParser parser;
  ASSERT_EQ(Feed(parser, "GET http://example:80/a/b?c HTTP/1.1\nHost: x\n\n", 7), State::kComplete);
  EXPECT_EQ(parser.Take().target, "/a/b?c");
}

TEST(HttpRequestParser, KeepAliveFollowsVersionAndConnectionHeader) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nConnection: Upgrade, Close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
  };
  for (const auto& [wire, expected] : cases) {
    HttpRequestParser parser;
    ASSERT_EQ(Feed(parser, wire, 1), State::kComplete) << wire;
    EXPECT_EQ(parser.keep_alive(), expected) << wire;
  }
}

TEST(HttpRequestParser, AnswersEachFaultWithItsStatus) {
  const HttpParserLimits limits{.first_line_max = 64, .header_block_max = 128, .body_max = 16};
  const std::vector<std::pair<std::string, int>> cases = {
      {"\x16\x03\x01\x02", 400},
      {std::string("\0\0\0\0", 4), 400},
      {"\xff\xfe garbage", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\n\r\n", 400},
      {"GET / FTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\n\r\n", 505},
      {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
      {std::string(40, 'A') + " / HTTP/1.1\r\n\r\n", 400},
      {"GET /" + std::string(100, 'a'), 414},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n: empty name\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nName : space\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: \x01\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: " + std::string(200, 'a'), 431},
      {"GET / HTTP/1.1\r\nA: " + std::string(60, 'a') + "\r\nB: " + std::string(70, 'b') + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 17\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nExpect: miracles\r\n\r\n", 417},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n", 413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n8\r\n", 413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX\r\n", 400},
  };
  for (const auto& [wire, status] : cases) {
    for (const size_t step : {size_t{1}, size_t{3}, wire.size()}) {
      HttpRequestParser parser(limits);
      ASSERT_EQ(Feed(parser, wire, step), State::kFailed) << wire;
      EXPECT_EQ(parser.error_status(), status) << wire << " step " << step;
      EXPECT_FALSE(parser.error().empty());
    }
  }
}

TEST(HttpRequestParser, HoldsTheLimitsExactly) {
  const HttpParserLimits limits{.first_line_max = 20, .header_block_max = 8192, .body_max = 4};
  HttpRequestParser fits(limits);
  const std::string line = "GET /123456 HTTP/1.1";
  ASSERT_EQ(line.size(), 20u);
  EXPECT_EQ(Feed(fits, line + "\r\nContent-Length: 4\r\n\r\nabcd", 1), State::kComplete);
  HttpRequestParser too_long(limits);
  EXPECT_EQ(Feed(too_long, "GET /1234567 HTTP/1.1\r\n\r\n", 1), State::kFailed);
}

TEST(HttpRequestParser, AsksForContinueOnlyWhenTheBodyIsMissing) {
  HttpRequestParser parser;
  std::string head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.Parse(head), head.size());
  EXPECT_TRUE(parser.wants_continue());
  parser.ContinueSent();
  EXPECT_FALSE(parser.wants_continue());
  parser.Parse("ab");
  EXPECT_EQ(parser.state(), State::kComplete);
  parser.Take();
  parser.Parse(head + "ab");
  EXPECT_FALSE(parser.wants_continue());
}

TEST(HttpRequestParser, SurvivesMutatedInput) {
  const std::string seed =
      "POST /storage/S_v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  std::mt19937 random(42);
  for (int round = 0; round < 20'000; ++round) {
    std::string wire = seed;
    for (int i = 0; i < 3; ++i) wire[random() % wire.size()] = static_cast<char>(random());
    HttpRequestParser parser;
    Feed(parser, wire, 1 + random() % 20);
    HttpResponseParser response;
    Feed(response, "HTTP/1.1 200 OK\r\n" + wire.substr(28), 1 + random() % 20);
  }
}

TEST(HttpResponseParser, ReadsTheSameMessageHoweverItIsSplit) {
  const std::string wire =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-A: b\r\n\r\nno"
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n";
  for (size_t step = 1; step <= wire.size(); ++step) {
    HttpResponseParser parser;
    std::string rest = wire;
    const std::vector<std::pair<int, std::string>> expected = {{200, "abc"}, {404, "no"}, {204, ""}, {500, ""}};
    for (const auto& [status, body] : expected) {
      std::string left;
      ASSERT_EQ(Feed(parser, rest, step, &left), State::kComplete) << parser.error();
      EXPECT_TRUE(parser.keep_alive());
      const HttpResponse response = parser.Take();
      EXPECT_EQ(response.status, status);
      EXPECT_EQ(response.body, body);
      rest = left;
    }
  }
}

TEST(HttpResponseParser, TheEndOfTheConnectionEndsABodyWithoutLength) {
  HttpResponseParser parser;
  EXPECT_EQ(Feed(parser, "HTTP/1.1 200 OK\r\n\r\nall of it", 4), State::kReading);
  parser.EndOfStream();
  ASSERT_EQ(parser.state(), State::kComplete);
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_EQ(parser.Take().body, "all of it");

  HttpResponseParser cut;
  EXPECT_EQ(Feed(cut, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 100), State::kReading);
  cut.EndOfStream();
  EXPECT_EQ(cut.state(), State::kFailed);
}

TEST(HttpResponseParser, AnswersToHeadHaveNoBody) {
  HttpResponseParser parser;
  parser.ExpectNoBody();
  EXPECT_EQ(Feed(parser, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 5), State::kComplete);
  EXPECT_TRUE(parser.keep_alive());
}

TEST(HttpResponseParser, RefusesWhatIsNotHttp) {
  for (const std::string wire :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/3.0 200 OK\r\n"}) {
    HttpResponseParser parser;
    EXPECT_EQ(Feed(parser, wire, 3), State::kFailed) << wire;
  }
}

TEST(Http, PercentCodingAndForms) {
  EXPECT_EQ(PercentDecode("/a%20b%2Fc%zz%4"), "/a b/c%zz%4");
  EXPECT_EQ(PercentEncode("a b/c~"), "a%20b%2Fc~");
  EXPECT_EQ(PercentDecode(PercentEncode(std::string("\0\xff+", 3))), std::string("\0\xff+", 3));
  const auto form = ParseForm("a=1&b=x+y%26&c&=d&&a=2");
  ASSERT_EQ(form.size(), 5u);
  EXPECT_EQ(form[1], (std::pair<std::string, std::string>("b", "x y&")));
  EXPECT_EQ(form[2], (std::pair<std::string, std::string>("c", "")));
  EXPECT_EQ(form[4].second, "2");
}

TEST(Http, UrlsAndEndpoints) {
  EXPECT_EQ(ParseUrl("http://h:80/a?b")->path, "/a?b");
  EXPECT_EQ(ParseUrl("http://[::1]:99")->endpoint.host, "::1");
  EXPECT_EQ(ParseUrl("h:1")->endpoint.ToString(), "h:1");
  EXPECT_EQ(ParseUrl("http://host")->endpoint.port, 80);
  for (const std::string bad : {"", "http://", "http://h:x", "http://h:99999", "http://:1", "https://h:1"}) {
    EXPECT_FALSE(ParseUrl(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace venice::net
