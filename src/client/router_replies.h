// What a router's answers mean to a client. Source: read-path reference 2.3, 2.4, 7.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace venice::client {

// The Error for an answer other than 200.
Error ErrorOf(const net::HttpResponse& response);

// An encoded value as it came, decompressed.
struct RawValue {
  int32_t schema_id = 0;
  std::string bytes;
};

// nullopt for 404. Errors: those of ErrorOf; kCorruption.
Result<std::optional<RawValue>> ParseGetReply(net::HttpResponse response);

// One entry per key asked; nullopt for those missing. Both forms: streamed (missing keys are named, a footer ends a
// reply that failed half way) and not (missing keys are absent).
// Errors: those of ErrorOf, also for a footer; kCorruption.
Result<std::vector<std::optional<RawValue>>> ParseBatchReply(const net::HttpResponse& response, size_t keys);

// "schemaStr" and "id" of /key_schema and /value_schema/<S>/<id>. Errors: kCorruption.
struct SchemaReply {
  int32_t id = 0;
  std::string text;
};
Result<SchemaReply> ParseSchemaReply(std::string_view json);
// /value_schema/<S>
struct SchemaListReply {
  int32_t superset_id = -1;
  std::vector<SchemaReply> schemas;
};
Result<SchemaListReply> ParseSchemaListReply(std::string_view json);
Result<int32_t> ParseCurrentVersionReply(std::string_view json);

}  // namespace venice::client
