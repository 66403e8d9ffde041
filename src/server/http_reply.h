// The shape of every answer of the server's HTTP API. Source: read-path reference 4.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "protocol/http_names.h"

namespace venice::server {

struct ReplyHead {
  int status = 200;
  std::string_view content_type = protocol::media_type::kText;
  int32_t compression = 0;
  int32_t schema_id = protocol::kNoSchemaId;
  size_t capacity_units = 1;
  bool streaming = false;
};

net::HttpResponse MakeReply(const ReplyHead& head, std::string body);
// An error with its text.
inline net::HttpResponse MakeError(int status, std::string text) {
  return MakeReply({.status = status}, std::move(text));
}

// The parts between the slashes of a raw target: "/storage/s_v1" -> {"storage", "s_v1"}; at most `parts_max` + 1 parts.
std::vector<std::string_view> SplitTarget(std::string_view target, size_t parts_max);
// ASCII, without case.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace venice::server
