#include "protocol/multi_get.h"

#include "avro/primitives.h"
#include "protocol/wire.h"

namespace venice::protocol {
namespace {

Error BadRequest(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("multi-get body is cut short or malformed in {}", what));
}

}  // namespace

void AppendClientKey(std::string_view key, std::string& out) { avro::AppendBytes(out, key); }

Result<std::string_view> NextClientKey(std::string_view& body) {
  std::string_view key;
  if (!avro::ReadBytes(body, key)) return BadRequest("a key");
  return key;
}

void AppendRouterKey(const MultiGetRouterKey& key, std::string& out) {
  avro::AppendInt(out, key.key_index);
  avro::AppendBytes(out, key.key);
  avro::AppendInt(out, key.partition);
}

Result<MultiGetRouterKey> NextRouterKey(std::string_view& body) {
  MultiGetRouterKey key;
  if (!avro::ReadInt(body, key.key_index) || !avro::ReadBytes(body, key.key) || !avro::ReadInt(body, key.partition))
    return BadRequest("a router key");
  return key;
}

void AppendResponseRecordHead(int32_t key_index, size_t value_bytes, std::string& out) {
  char bytes[2 * avro::kVarintBytesMax];
  size_t size = avro::StoreVarint(bytes, avro::ZigZag(key_index));
  size += avro::StoreVarint(bytes + size, avro::ZigZag(static_cast<int64_t>(value_bytes)));
  out.append(bytes, size);
}

void AppendResponseRecordTail(int32_t schema_id, std::string& out) { avro::AppendInt(out, schema_id); }

void AppendResponseRecord(const MultiGetResponseRecord& record, std::string& out) {
  AppendResponseRecordHead(record.key_index, record.value.size(), out);
  out.append(record.value);
  AppendResponseRecordTail(record.schema_id, out);
}

void AppendMissingKey(int32_t key_index, std::string& out) {
  AppendResponseRecord({.key_index = -key_index, .value = {}, .schema_id = kMissingKeySchemaId}, out);
}

Result<MultiGetResponseRecord> NextResponseRecord(std::string_view& body) {
  MultiGetResponseRecord record;
  if (!avro::ReadInt(body, record.key_index) || !avro::ReadBytes(body, record.value) ||
      !avro::ReadInt(body, record.schema_id))
    return Error(ErrorCode::kCorruption, "multi-get response is cut short or malformed");
  return record;
}

void AppendFooter(const StreamingFooter& footer, std::string& out) {
  std::string value;
  avro::AppendInt(value, footer.status);
  avro::AppendBytes(value, footer.detail);
  AppendStringMap(value, footer.trailer_headers);
  AppendResponseRecord({.key_index = kFooterKeyIndex, .value = value, .schema_id = kFooterSchemaId}, out);
}

Result<StreamingFooter> DecodeFooter(std::string_view value) {
  WireReader in(value);
  StreamingFooter footer;
  footer.status = in.Int();
  footer.detail = in.String();
  footer.trailer_headers = in.StringMap();
  VENICE_TRY(in.Finish("streaming footer"));
  return footer;
}

}  // namespace venice::protocol
