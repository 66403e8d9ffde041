// The router's path grammar: /<type>/<name>/<key>. Source: read-path reference 2.1.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace venice::router {

struct RequestPath {
  std::string type;  // "storage", "key_schema", ...; empty for "/"
  std::string name;  // store or resource; empty when absent
  std::string key;   // what stands behind the name; empty when absent
  std::vector<std::pair<std::string, std::string>> query;

  // Value of a query parameter, or nullptr.
  const std::string* Parameter(std::string_view name) const;
};

// Never fails. The path is percent-decoded first and split then; what follows the third segment is dropped, as Venice
// does it.
RequestPath ParseRequestPath(const net::HttpRequest& request);

// ^[a-zA-Z][a-zA-Z0-9_-]*$, at most 128 characters.
bool IsStoreName(std::string_view name);

// `message` as text/plain, and in a header for those who see only headers.
net::HttpResponse ErrorReply(int status, std::string message);
net::HttpResponse JsonReply(int status, std::string json);

}  // namespace venice::router
