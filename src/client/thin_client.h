// The thin client: reads stores through a router, and decodes what comes back.
//
//   VENICE_ASSIGN(auto client, client::ThinClient::Connect({.router_url = "http://127.0.0.1:7777", .store =
//   "profiles"})); VENICE_ASSIGN(std::optional<client::Value> value, client->Get(avro::Datum::String("alice")));
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avro/datum.h"
#include "avro/schema.h"
#include "base/byte_size.h"
#include "base/result.h"

namespace venice::client {

struct ThinClientOptions {
  std::string router_url;  // "http://host:port"
  std::string store;
  std::chrono::milliseconds timeout{10'000};  // of one request
  int retries = 1;                            // on 503 and lost connections; reads only, so always safe
  ByteSize response_bytes_max = 256_MiB;
};

// A value as it was stored: decoded with the schema that wrote it.
struct Value {
  int32_t schema_id = 0;
  avro::Schema schema;
  avro::Datum datum;
  std::string bytes;  // the encoded value, decompressed, without the schema id
};

// Thread-safe. Owns one event-loop thread. Schemas are fetched once and kept; an id not seen before is fetched when it
// first appears in an answer.
class ThinClient {
 public:
  // Fetches the key schema. Errors: kUnavailable (no router there), kStoreNotFound, kInvalidArgument (bad URL).
  static Result<std::unique_ptr<ThinClient>> Connect(ThinClientOptions options);
  ~ThinClient();  // requests under way end with kCancelled

  const avro::Schema& key_schema() const;

  // nullopt: the store has no such key. Errors: kInvalidArgument (the key does not fit the key schema, or the router
  // refused the request), kUnavailable, kTimeout, kResourceExhausted (quota), kCorruption (the answer cannot be
  // decoded).
  Result<std::optional<Value>> Get(const avro::Datum& key);
  // The same for a key already encoded.
  Result<std::optional<Value>> GetEncoded(std::string_view key);
  // One result per key, in order; equal keys share one answer. A batch that fails half way is an error.
  Result<std::vector<std::optional<Value>>> MultiGet(const std::vector<avro::Datum>& keys);
  Result<std::vector<std::optional<Value>>> MultiGetEncoded(const std::vector<std::string>& keys);

  // The callback runs on the client's own thread and must not block. Decoding with a schema seen for the first time
  // fetches it before the callback.
  void GetAsync(std::string_view encoded_key, std::function<void(Result<std::optional<Value>>)> callback);
  void MultiGetAsync(std::vector<std::string> encoded_keys,
                     std::function<void(Result<std::vector<std::optional<Value>>>)> callback);

  Result<avro::Schema> ValueSchema(int32_t id);
  struct SchemaList {
    int32_t superset_id = -1;
    std::vector<std::pair<int32_t, avro::Schema>> schemas;  // ascending by id
  };
  Result<SchemaList> ValueSchemas();
  Result<int32_t> CurrentVersion();  // 0: none serves
  // Any path of the router, as text: "store_state/S". Errors as of Get, kNotFound for 404.
  Result<std::string> GetRaw(const std::string& path);

 private:
  class Impl;
  explicit ThinClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace venice::client
