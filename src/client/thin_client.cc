#include "client/thin_client.h"

#include <future>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "avro/binary.h"
#include "base/check.h"
#include "base/encoding.h"
#include "client/router_replies.h"
#include "net/http_client.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"

namespace venice::client {
namespace {

namespace header = protocol::http_header;

constexpr size_t kGetPathMax = 3500;  // a router's request line has 4096 bytes; longer keys travel in a body

net::HttpRequest ReadRequest() {
  net::HttpRequest request;
  request.headers.Add(std::string(header::kApiVersion), "1");
  request.headers.Add(std::string(header::kSupportedCompressionStrategy), "1");
  return request;
}

Result<Value> Decode(RawValue raw, const avro::Schema& schema) {
  Result<avro::Datum> datum = avro::DecodeAll(schema, raw.bytes);
  if (!datum.ok()) {
    return std::move(datum).error().In("a value that claims value schema " + std::to_string(raw.schema_id));
  }
  return Value{raw.schema_id, schema, std::move(datum).value(), std::move(raw.bytes)};
}

}  // namespace

// Everything asynchronous happens on `loop_`; the schemas are shared with callers under a lock.
class ThinClient::Impl : public std::enable_shared_from_this<ThinClient::Impl> {
 public:
  using GetCallback = std::function<void(Result<std::optional<Value>>)>;
  using BatchCallback = std::function<void(Result<std::vector<std::optional<Value>>>)>;
  using ReplyCallback = std::function<void(Result<net::HttpResponse>)>;

  Impl(ThinClientOptions options, net::Endpoint router)
      : options_(std::move(options)), router_(std::move(router)), loop_("venice-client") {}

  void Start() {
    loop_.Start();
    loop_.RunAndWait([this] {
      net::HttpClientOptions options;
      options.response_body_max = options_.response_bytes_max;
      http_ = std::make_unique<net::HttpClient>(loop_, options);
    });
  }

  void Stop() {
    loop_.RunAndWait([this] {
      const std::unique_ptr<net::HttpClient> http = std::move(http_);  // requests that come now find it gone
    });
    loop_.Stop();
  }

  void Get(std::string_view key, GetCallback callback) {
    net::HttpRequest request = ReadRequest();
    request.target = "/storage/" + options_.store + "/" + Base64Encode(key, Base64::kUrlSafe) + "?f=b64";
    if (request.target.size() > kGetPathMax) {
      return Batch({std::string(key)},
                   [callback = std::move(callback)](Result<std::vector<std::optional<Value>>> values) {
                     values.ok() ? callback(std::move(values->front())) : callback(std::move(values).error());
                   });
    }
    Send(std::move(request), options_.retries,
         [self = shared_from_this(), callback = std::move(callback)](Result<net::HttpResponse> reply) {
           if (!reply.ok()) return callback(std::move(reply).error());
           Result<std::optional<RawValue>> raw = ParseGetReply(std::move(reply).value());
           if (!raw.ok()) return callback(std::move(raw).error());
           if (!*raw) return callback(std::optional<Value>());
           self->WithSchemas({(*raw)->schema_id}, [self, callback, raw = std::move(**raw)](Status known) mutable {
             if (!known.ok()) return callback(std::move(known).error());
             Result<Value> value = Decode(std::move(raw), self->KnownSchema(raw.schema_id));
             value.ok() ? callback(std::optional<Value>(std::move(value).value())) : callback(std::move(value).error());
           });
         });
  }

  void Batch(std::vector<std::string> keys, BatchCallback callback) {
    if (keys.empty()) {
      loop_.Post([callback = std::move(callback)] { callback(std::vector<std::optional<Value>>()); });
      return;
    }
    // The router answers equal keys once: they are asked once, and the answer is shared.
    std::unordered_map<std::string_view, size_t> first;
    std::vector<size_t> question_of(keys.size());
    net::HttpRequest request = ReadRequest();
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto [entry, is_new] = first.try_emplace(keys[i], first.size());
      question_of[i] = entry->second;
      if (is_new) protocol::AppendClientKey(keys[i], request.body);
    }
    const size_t questions = first.size();
    request.method = "POST";
    request.repeatable = true;
    request.target = "/storage/" + options_.store;
    request.headers.Add("Content-Type", std::string(protocol::media_type::kAvroBinary));
    request.headers.Add(std::string(header::kKeyCount), std::to_string(questions));
    request.headers.Add(std::string(header::kStreaming), "1");
    Send(std::move(request), options_.retries,
         [self = shared_from_this(), callback = std::move(callback), questions,
          question_of = std::move(question_of)](Result<net::HttpResponse> reply) {
           if (!reply.ok()) return callback(std::move(reply).error());
           Result<std::vector<std::optional<RawValue>>> raw = ParseBatchReply(*reply, questions);
           if (!raw.ok()) return callback(std::move(raw).error());
           std::set<int32_t> ids;
           for (const std::optional<RawValue>& value : *raw) {
             if (value) ids.insert(value->schema_id);
           }
           self->WithSchemas(std::move(ids), [self, callback, question_of, raw = std::move(raw).value()](Status known) {
             if (!known.ok()) return callback(std::move(known).error());
             std::vector<std::optional<Value>> values(question_of.size());
             for (size_t i = 0; i < values.size(); ++i) {
               const std::optional<RawValue>& one = raw[question_of[i]];
               if (!one) continue;
               Result<Value> value = Decode(*one, self->KnownSchema(one->schema_id));
               if (!value.ok()) return callback(std::move(value).error());
               values[i] = std::move(value).value();
             }
             callback(std::move(values));
           });
         });
  }

  // A path of the router, read whole.
  void Fetch(const std::string& path, ReplyCallback callback) {
    net::HttpRequest request;
    request.target = path.starts_with('/') ? path : "/" + path;
    Send(std::move(request), options_.retries, std::move(callback));
  }

  // Waits for one of the above. Not on the client's own thread.
  template <typename T>
  Result<T> Await(const std::function<void(std::function<void(Result<T>)>)>& start) {
    VENICE_CHECK(!loop_.InLoopThread());
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    start([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return future.get();
  }

  Result<std::string> FetchText(const std::string& path) {
    VENICE_ASSIGN(net::HttpResponse reply,
                  Await<net::HttpResponse>([&](ReplyCallback done) { Fetch(path, std::move(done)); }));
    if (reply.status != 200) return ErrorOf(reply);
    return std::move(reply.body);
  }

  avro::Schema KnownSchema(int32_t id) {
    std::lock_guard lock(mutex_);
    const auto found = schemas_.find(id);
    return found == schemas_.end() ? avro::Schema() : found->second;
  }

  Status Learn(int32_t id, const std::string& text) {
    Result<avro::Schema> schema = avro::Schema::Parse(text, avro::Schema::Defaults::kAccept);
    if (!schema.ok()) return std::move(schema).error().In("value schema " + std::to_string(id));
    std::lock_guard lock(mutex_);
    schemas_.try_emplace(id, std::move(schema).value());
    return Ok();
  }

  // Calls back when all the ids are known, with the first error otherwise.
  void WithSchemas(std::set<int32_t> ids, std::function<void(Status)> callback) {
    {
      std::lock_guard lock(mutex_);
      std::erase_if(ids, [this](int32_t id) { return schemas_.contains(id); });
    }
    if (ids.empty()) return callback(Ok());
    const int32_t id = *ids.begin();
    Fetch("/value_schema/" + options_.store + "/" + std::to_string(id),
          [self = shared_from_this(), ids = std::move(ids), id,
           callback = std::move(callback)](Result<net::HttpResponse> reply) {
            if (!reply.ok()) return callback(std::move(reply).error());
            if (reply->status != 200) return callback(ErrorOf(*reply).In("value schema " + std::to_string(id)));
            Result<SchemaReply> schema = ParseSchemaReply(reply->body);
            if (!schema.ok()) return callback(std::move(schema).error());
            if (Status learned = self->Learn(id, schema->text); !learned.ok()) return callback(std::move(learned));
            self->WithSchemas(ids, callback);
          });
  }

  const ThinClientOptions& options() const { return options_; }
  avro::Schema key_schema;  // set before anyone else sees this object

 private:
  // Any thread.
  void Send(net::HttpRequest request, int retries, ReplyCallback callback) {
    auto task = [self = shared_from_this(), request = std::move(request), retries, callback]() mutable {
      self->SendOnLoop(std::move(request), retries, std::move(callback));
    };
    if (!loop_.Post(std::move(task))) callback(Error(ErrorCode::kCancelled, "the client is closed"));
  }

  void SendOnLoop(net::HttpRequest request, int retries, ReplyCallback callback) {
    if (!http_) return callback(Error(ErrorCode::kCancelled, "the client is closed"));
    net::HttpRequest again = retries > 0 ? request : net::HttpRequest();
    http_->Send(router_, std::move(request), options_.timeout,
                [self = weak_from_this(), again = std::move(again), retries,
                 callback = std::move(callback)](Result<net::HttpResponse> reply) mutable {
                  const bool busy = reply.ok() ? reply->status == 503 : reply.error().code() == ErrorCode::kUnavailable;
                  const auto client = self.lock();
                  if (busy && retries > 0 && client)
                    return client->SendOnLoop(std::move(again), retries - 1, std::move(callback));
                  callback(std::move(reply));
                });
  }

  const ThinClientOptions options_;
  const net::Endpoint router_;
  std::mutex mutex_;
  std::map<int32_t, avro::Schema> schemas_;  // by value schema id
  net::EventLoop loop_;
  std::unique_ptr<net::HttpClient> http_;  // on the loop
};

Result<std::unique_ptr<ThinClient>> ThinClient::Connect(ThinClientOptions options) {
  if (options.store.empty()) return Error(ErrorCode::kInvalidArgument, "no store name was given");
  VENICE_ASSIGN(net::Url url, net::ParseUrl(options.router_url));
  auto impl = std::make_shared<Impl>(std::move(options), std::move(url.endpoint));
  std::unique_ptr<ThinClient> client(new ThinClient(impl));
  impl->Start();
  Result<std::string> reply = impl->FetchText("/key_schema/" + net::PercentEncode(impl->options().store));
  if (!reply.ok() && reply.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kStoreNotFound, reply.error().message());
  }
  if (!reply.ok()) return std::move(reply).error();
  VENICE_ASSIGN(const SchemaReply schema, ParseSchemaReply(*reply));
  VENICE_ASSIGN(impl->key_schema, avro::Schema::Parse(schema.text, avro::Schema::Defaults::kAccept));
  return client;
}

ThinClient::ThinClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ThinClient::~ThinClient() { impl_->Stop(); }

const avro::Schema& ThinClient::key_schema() const { return impl_->key_schema; }

Result<std::optional<Value>> ThinClient::Get(const avro::Datum& key) {
  VENICE_ASSIGN(const std::string encoded, avro::Encode(impl_->key_schema, key));
  return GetEncoded(encoded);
}

Result<std::optional<Value>> ThinClient::GetEncoded(std::string_view key) {
  return impl_->Await<std::optional<Value>>([&](Impl::GetCallback done) { impl_->Get(key, std::move(done)); });
}

Result<std::vector<std::optional<Value>>> ThinClient::MultiGet(const std::vector<avro::Datum>& keys) {
  std::vector<std::string> encoded(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) VENICE_TRY(avro::Encode(impl_->key_schema, keys[i], encoded[i]));
  return MultiGetEncoded(encoded);
}

Result<std::vector<std::optional<Value>>> ThinClient::MultiGetEncoded(const std::vector<std::string>& keys) {
  return impl_->Await<std::vector<std::optional<Value>>>(
      [&](Impl::BatchCallback done) { impl_->Batch(keys, std::move(done)); });
}

void ThinClient::GetAsync(std::string_view encoded_key, std::function<void(Result<std::optional<Value>>)> callback) {
  impl_->Get(encoded_key, std::move(callback));
}

void ThinClient::MultiGetAsync(std::vector<std::string> encoded_keys,
                               std::function<void(Result<std::vector<std::optional<Value>>>)> callback) {
  impl_->Batch(std::move(encoded_keys), std::move(callback));
}

Result<avro::Schema> ThinClient::ValueSchema(int32_t id) {
  avro::Schema known = impl_->KnownSchema(id);
  if (!known.empty()) return known;
  VENICE_ASSIGN(const std::string reply,
                impl_->FetchText("/value_schema/" + impl_->options().store + "/" + std::to_string(id)));
  VENICE_ASSIGN(const SchemaReply schema, ParseSchemaReply(reply));
  VENICE_TRY(impl_->Learn(id, schema.text));
  return impl_->KnownSchema(id);
}

Result<ThinClient::SchemaList> ThinClient::ValueSchemas() {
  VENICE_ASSIGN(const std::string reply, impl_->FetchText("/value_schema/" + impl_->options().store));
  VENICE_ASSIGN(const SchemaListReply list, ParseSchemaListReply(reply));
  SchemaList out{list.superset_id, {}};
  for (const SchemaReply& schema : list.schemas) {
    VENICE_TRY(impl_->Learn(schema.id, schema.text));
    out.schemas.emplace_back(schema.id, impl_->KnownSchema(schema.id));
  }
  return out;
}

Result<int32_t> ThinClient::CurrentVersion() {
  VENICE_ASSIGN(const std::string reply, impl_->FetchText("/current_version/" + impl_->options().store));
  return ParseCurrentVersionReply(reply);
}

Result<std::string> ThinClient::GetRaw(const std::string& path) { return impl_->FetchText(path); }

}  // namespace venice::client
