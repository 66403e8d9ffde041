#include "server/http_reply.h"

#include <algorithm>

namespace venice::server {

net::HttpResponse MakeReply(const ReplyHead& head, std::string body) {
  namespace name = protocol::http_header;
  net::HttpResponse response;
  response.status = head.status;
  response.headers.fields.reserve(5);
  response.headers.Add(std::string(name::kContentType), std::string(head.content_type));
  response.headers.Add(std::string(name::kCompressionStrategy), std::to_string(head.compression));
  response.headers.Add(std::string(name::kSchemaId), std::to_string(head.schema_id));
  response.headers.Add(std::string(name::kReadCapacityUnits), std::to_string(head.capacity_units));
  if (head.streaming) response.headers.Add(std::string(name::kStreamingResponse), "1");
  response.body = std::move(body);
  return response;
}

std::vector<std::string_view> SplitTarget(std::string_view target, size_t parts_max) {
  std::vector<std::string_view> parts;
  if (target.empty() || target[0] != '/') return parts;
  target.remove_prefix(1);
  parts.reserve(parts_max);
  while (parts.size() < parts_max) {
    const size_t slash = target.find('/');
    parts.push_back(target.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    target.remove_prefix(slash + 1);
  }
  parts.push_back(target);  // one too many
  return parts;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace venice::server
