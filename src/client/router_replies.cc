#include "client/router_replies.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "protocol/compression.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"

namespace venice::client {
namespace {

namespace header = protocol::http_header;

constexpr size_t kValueBytesMax = 256 << 20;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
      return ErrorCode::kInvalidArgument;
    case 401:
      return ErrorCode::kUnauthenticated;
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 405:
      return ErrorCode::kMethodNotAllowed;
    case 413:
    case 414:
    case 431:
      return ErrorCode::kTooLarge;
    case 429:
      return ErrorCode::kResourceExhausted;
    case 408:
    case 504:
      return ErrorCode::kTimeout;
    case 502:
    case 503:
      return ErrorCode::kUnavailable;
  }
  return ErrorCode::kInternal;
}

std::optional<int32_t> HeaderNumber(const net::HttpResponse& response, std::string_view name) {
  const std::string* text = response.headers.Find(name);
  int32_t value = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

Error Corrupt(const std::string& what) { return Error(ErrorCode::kCorruption, "the router's answer: " + what); }

Status Inflate(const net::HttpResponse& response, std::string_view bytes, std::string& out) {
  const int32_t id = HeaderNumber(response, header::kCompressionStrategy).value_or(0);
  VENICE_ASSIGN(const protocol::CompressionStrategy strategy, protocol::CompressionStrategyFromId(id));
  if (strategy == protocol::CompressionStrategy::kNoOp) {
    out.assign(bytes);
    return Ok();
  }
  if (strategy != protocol::CompressionStrategy::kGzip) {
    return Corrupt(fmt::format("compression {} was not asked for", protocol::ToString(strategy)));
  }
  VENICE_ASSIGN(const std::unique_ptr<protocol::Compressor> gzip, protocol::Compressor::Make(strategy));
  return gzip->Decompress(bytes, kValueBytesMax, out);
}

}  // namespace

Error ErrorOf(const net::HttpResponse& response) {
  const std::string* message = response.headers.Find(header::kErrorMessage);
  std::string text = message ? *message : response.body.substr(0, 1024);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.empty()) text = net::ReasonPhrase(response.status);
  return Error(CodeOf(response.status), fmt::format("the router answered {}: {}", response.status, text));
}

Result<std::optional<RawValue>> ParseGetReply(net::HttpResponse response) {
  if (response.status == 404) return std::optional<RawValue>();
  if (response.status != 200) return ErrorOf(response);
  const std::optional<int32_t> schema = HeaderNumber(response, header::kSchemaId);
  if (!schema) return Corrupt("no schema id");
  RawValue value{*schema, {}};
  if (HeaderNumber(response, header::kCompressionStrategy).value_or(0) == 0) {
    value.bytes = std::move(response.body);
  } else {
    VENICE_TRY(Inflate(response, response.body, value.bytes));
  }
  return std::optional(std::move(value));
}

Result<std::vector<std::optional<RawValue>>> ParseBatchReply(const net::HttpResponse& response, size_t keys) {
  if (response.status != 200) return ErrorOf(response);
  if (HeaderNumber(response, header::kSchemaId) != protocol::kMultiGetResponseVersion) {
    return Corrupt("not a batch answer of version 1");
  }
  std::vector<std::optional<RawValue>> out(keys);
  std::string_view rest = response.body;
  while (!rest.empty()) {
    VENICE_ASSIGN(const protocol::MultiGetResponseRecord record, protocol::NextResponseRecord(rest));
    if (record.IsFooter()) {
      VENICE_ASSIGN(const protocol::StreamingFooter footer, protocol::DecodeFooter(record.value));
      return Error(CodeOf(footer.status), fmt::format("the router answered a part of the keys only, then {}: {}",
                                                      footer.status, footer.detail));
    }
    const int64_t index = record.IsMissing() ? -static_cast<int64_t>(record.key_index) : record.key_index;
    if (index < 0 || index >= static_cast<int64_t>(keys)) return Corrupt(fmt::format("a key index of {}", index));
    if (record.IsMissing() || out[index]) continue;  // a repeated record says the same again
    RawValue value{record.schema_id, {}};
    VENICE_TRY(Inflate(response, record.value, value.bytes));
    out[index] = std::move(value);
  }
  return out;
}

Result<SchemaReply> ParseSchemaReply(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("schemaStr") || !json["schemaStr"].is_string()) {
    return Corrupt("not a schema");
  }
  return SchemaReply{json.value("id", nlohmann::json()).is_number_integer() ? json["id"].get<int32_t>() : 0,
                     json["schemaStr"].get<std::string>()};
}

Result<SchemaListReply> ParseSchemaListReply(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("schemas") || !json["schemas"].is_array())
    return Corrupt("not a list of schemas");
  SchemaListReply out;
  if (json.contains("superSetSchemaId") && json["superSetSchemaId"].is_number_integer()) {
    out.superset_id = json["superSetSchemaId"].get<int32_t>();
  }
  for (const nlohmann::json& schema : json["schemas"]) {
    VENICE_ASSIGN(SchemaReply one,
                  ParseSchemaReply(schema.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    out.schemas.push_back(std::move(one));
  }
  std::sort(out.schemas.begin(), out.schemas.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

Result<int32_t> ParseCurrentVersionReply(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("currentVersion") || !json["currentVersion"].is_number_integer()) {
    return Corrupt("not a current version");
  }
  return json["currentVersion"].get<int32_t>();
}

}  // namespace venice::client
