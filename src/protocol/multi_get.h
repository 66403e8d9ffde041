// Bodies of multi-get requests and responses: bare Avro records back to back. Source: read-path reference 1.3, 1.4.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

inline constexpr int kMultiGetRequestVersion = 1;
inline constexpr int kMultiGetResponseVersion = 1;

inline constexpr int32_t kMissingKeySchemaId = -1000;
inline constexpr int32_t kFooterSchemaId = -1001;
inline constexpr int32_t kFooterKeyIndex = -1'000'000;

// --- client to router: each key as Avro bytes ---

void AppendClientKey(std::string_view key, std::string& out);
// Takes one key off the front of `body`; call until `body` is empty. Errors: kInvalidArgument.
Result<std::string_view> NextClientKey(std::string_view& body);

// --- router (or fast client) to server ---

struct MultiGetRouterKey {
  int32_t key_index = 0;
  std::string_view key;
  int32_t partition = 0;
};
void AppendRouterKey(const MultiGetRouterKey& key, std::string& out);
// Errors: kInvalidArgument.
Result<MultiGetRouterKey> NextRouterKey(std::string_view& body);

// --- server to router to client ---

struct MultiGetResponseRecord {
  int32_t key_index = 0;
  std::string_view value;  // without the schema id prefix, compressed as the response header says
  int32_t schema_id = 0;

  bool IsMissing() const { return schema_id == kMissingKeySchemaId; }
  bool IsFooter() const { return schema_id == kFooterSchemaId && key_index == kFooterKeyIndex; }
  // Index of the key that is missing; a missing record carries it negated.
  int32_t missing_key_index() const { return -key_index; }
};
void AppendResponseRecord(const MultiGetResponseRecord& record, std::string& out);
// The same in two halves for a body that is gathered instead of copied: what stands before the value, and after it.
void AppendResponseRecordHead(int32_t key_index, size_t value_bytes, std::string& out);
void AppendResponseRecordTail(int32_t schema_id, std::string& out);
void AppendMissingKey(int32_t key_index, std::string& out);
// Errors: kCorruption.
Result<MultiGetResponseRecord> NextResponseRecord(std::string_view& body);

// The last record of a streamed reply that failed after its head was sent.
struct StreamingFooter {
  int32_t status = 200;  // HTTP status
  std::string detail;
  std::map<std::string, std::string> trailer_headers;
};
// Appends the whole footer record (index, serialized footer, schema id).
void AppendFooter(const StreamingFooter& footer, std::string& out);
// `value` of a record for which IsFooter holds. Errors: kCorruption.
Result<StreamingFooter> DecodeFooter(std::string_view value);

}  // namespace venice::protocol
