#include "router/request_path.h"

#include <algorithm>
#include <cctype>

#include "protocol/http_names.h"

namespace venice::router {

const std::string* RequestPath::Parameter(std::string_view parameter) const {
  for (const auto& [key_name, value] : query) {
    if (key_name == parameter) return &value;
  }
  return nullptr;
}

RequestPath ParseRequestPath(const net::HttpRequest& request) {
  RequestPath out;
  out.query = net::ParseForm(request.query());
  const std::string path = net::PercentDecode(request.path());
  std::string_view rest = path;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  for (std::string* segment : {&out.type, &out.name, &out.key}) {
    const size_t end = std::min(rest.find('/'), rest.size());
    *segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

bool IsStoreName(std::string_view name) {
  if (name.empty() || name.size() > 128 || !std::isalpha(static_cast<unsigned char>(name.front()))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_' || c == '-'); });
}

net::HttpResponse ErrorReply(int status, std::string message) {
  net::HttpResponse response;
  response.status = status;
  response.headers.Add("Content-Type", std::string(protocol::media_type::kText));
  response.headers.Add(std::string(protocol::http_header::kErrorMessage), message.substr(0, 1024));
  response.body = std::move(message);
  response.body += '\n';
  return response;
}

net::HttpResponse JsonReply(int status, std::string json) {
  net::HttpResponse response;
  response.status = status;
  response.headers.Add("Content-Type", std::string(protocol::media_type::kJson));
  response.body = std::move(json);
  return response;
}

}  // namespace venice::router
