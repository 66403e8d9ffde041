// HTTP messages as values, shared by server and client. Header names compare without case.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace venice::net {

// ASCII letters compare without case.
bool EqualsIgnoreCase(std::string_view left, std::string_view right);

struct HttpHeaders {
  std::vector<std::pair<std::string, std::string>> fields;

  // First value, or nullptr.
  const std::string* Find(std::string_view name) const;
  void Add(std::string name, std::string value) { fields.emplace_back(std::move(name), std::move(value)); }
  void Set(std::string_view name, std::string value);
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // raw: path?query
  HttpHeaders headers;
  std::string body;
  bool repeatable = false;  // for clients: a POST that only reads, and may be sent twice

  std::string_view path() const;   // raw, without the query
  std::string_view query() const;  // raw, without '?'
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
};

std::string_view ReasonPhrase(int status);

// Percent decoding; `plus_is_space` for form bodies and query strings. Bad escapes are kept as they are.
std::string PercentDecode(std::string_view text, bool plus_is_space = false);
std::string PercentEncode(std::string_view text);
// "a=1&b=2" decoded, in order; used for queries and application/x-www-form-urlencoded bodies.
std::vector<std::pair<std::string, std::string>> ParseForm(std::string_view text);

}  // namespace venice::net
