#include <algorithm>
#include <charconv>

#include "net/http_client.h"

namespace venice::net {

std::string Endpoint::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Endpoint> ParseEndpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  Endpoint endpoint;
  if (colon != std::string::npos && colon > 0) {
    endpoint.host = text.substr(0, colon);
    if (endpoint.host.size() > 2 && endpoint.host.front() == '[' && endpoint.host.back() == ']') {
      endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    }
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
    if (error == std::errc() && stop == end && colon + 1 < text.size()) return endpoint;
  }
  return Error(ErrorCode::kInvalidArgument, "'" + text + "' is not of the form host:port");
}

Result<Url> ParseUrl(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with("https://")) {
    return Error(ErrorCode::kUnsupported, "'" + url + "': https is not supported yet; use http://host:port");
  }
  const std::string rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : url;
  const size_t slash = std::min(rest.find('/'), rest.size());
  Result<Endpoint> endpoint = ParseEndpoint(rest.substr(0, slash));
  if (!endpoint.ok() && rest.substr(0, slash).find(':') == std::string::npos && slash > 0) {
    endpoint = Endpoint{rest.substr(0, slash), 80};
  }
  if (!endpoint.ok()) {
    return Error(ErrorCode::kInvalidArgument, "'" + url + "' is not of the form http://host:port[/path]");
  }
  return Url{std::move(endpoint).value(), slash < rest.size() ? rest.substr(slash) : "/"};
}

}  // namespace venice::net
