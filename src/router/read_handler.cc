#include "router/read_handler.h"

#include <fmt/format.h>

#include <charconv>

#include "base/encoding.h"
#include "base/log.h"
#include "protocol/http_names.h"
#include "protocol/partitioner.h"
#include "router/key_text.h"

namespace venice::router {
namespace {

namespace header = protocol::http_header;

constexpr size_t kValueBytesMax = 256 << 20;

}  // namespace

struct GetCall {
  net::Responder responder;
  std::string store_name;
  std::string key;
  std::string key_base64;
  int32_t supported_compression = 0;
  std::shared_ptr<const ServedStore> store;  // as of the attempt under way
  int attempt = 0;
};

ReadHandler::ReadHandler(net::EventLoop& loop, const RouterSettings& settings,
                         const dispatch::RetryThresholds& batch_thresholds)
    : settings_(settings),
      batch_thresholds_(batch_thresholds),
      hosts_(loop, {.connections_per_host = settings.connections_per_server,
                    .pending_max = settings.pending_requests_max,
                    .timeout = settings.server_timeout,
                    .heartbeat_cycle = settings.heartbeat_cycle,
                    .heartbeat_timeout = settings.heartbeat_timeout}),
      dispatcher_(hosts_) {}

// Requests cancelled by the end of the connections find no other version to try.
ReadHandler::~ReadHandler() { table_ = std::make_shared<ServingTable>(); }

void ReadHandler::SetTable(std::shared_ptr<const ServingTable> table) {
  table_ = std::move(table);
  hosts_.SetTable(table_->routes);
  std::erase_if(budgets_, [this](const auto& budget) { return !table_->stores.contains(budget.first.first); });
  // Made again on demand; versions come and go rarely.
  compressors_.clear();
  compressor_dictionaries_.clear();
}

void ReadHandler::Handle(RequestPath path, net::HttpRequest request, net::Responder responder) {
  const bool storage = path.type == protocol::read_path::kStorage;
  const bool compute = path.type == protocol::read_path::kCompute;
  if (!storage && !compute) {
    return responder.Send(ErrorReply(400, "unknown resource type '" + path.type +
                                              "'; expected /storage/<store>/<key>, /key_schema/<store>, "
                                              "/value_schema/<store>, /current_version/<store> or another path of the "
                                              "router's REST API"));
  }
  if (request.method == "GET" && storage) return Get(std::move(path), request, std::move(responder));
  if (request.method == "POST") return Batch(std::move(path), std::move(request), std::move(responder), compute);
  responder.Send(ErrorReply(400, "method " + request.method + " is not supported on /" + path.type +
                                     (storage ? ": GET reads one key, POST a batch" : ": use POST")));
}

std::shared_ptr<const ServedStore> ReadHandler::FindStore(const std::string& name, net::HttpResponse* refusal) const {
  if (!IsStoreName(name)) {
    *refusal =
        ErrorReply(400, "'" + name + "' is not a store name: a letter, then letters, digits, '_' or '-', at most 128");
    return nullptr;
  }
  const auto found = table_->stores.find(name);
  if (found == table_->stores.end()) {
    *refusal = ErrorReply(400, "store '" + name + "' does not exist in cluster " + settings_.cluster +
                                   "; GET /stores lists those that do");
    return nullptr;
  }
  const ServedStore& store = *found->second;
  if (!store.store->enable_reads) {
    *refusal = ErrorReply(400, "reads of store '" + name + "' are disabled");
    return nullptr;
  }
  if (!store.version) {
    *refusal = ErrorReply(400, fmt::format("store '{}' has no version ready to serve: current version is {}, {}", name,
                                           store.store->current_version, dispatch::ToText(store.reason)));
    return nullptr;
  }
  if (const Status known = protocol::CheckPartitionerClass(store.store->partitioner.partitioner_class); !known.ok()) {
    *refusal = ErrorReply(500, "store '" + name + "': " + known.error().message());
    return nullptr;
  }
  return found->second;
}

bool ReadHandler::Swapped(const std::string& store, int32_t version) const {
  const auto found = table_->stores.find(store);
  return found != table_->stores.end() && found->second->version && found->second->version->number != version;
}

bool ReadHandler::SupportedCompression(const net::HttpRequest& request, int32_t* id, net::HttpResponse* refusal) const {
  const std::string* text = request.headers.Find(header::kSupportedCompressionStrategy);
  *id = 0;
  if (text == nullptr) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *id);
  if (error == std::errc() && end == text->data() + text->size() && protocol::CompressionStrategyFromId(*id).ok()) {
    return true;
  }
  *refusal = ErrorReply(400, std::string(header::kSupportedCompressionStrategy) + ": '" + *text +
                                 "' is not a compression strategy; 0 is none, 1 gzip, 3 zstd with dictionary");
  return false;
}

bool ReadHandler::PassThrough(const ServedStore& store, int32_t compression, int32_t supported) const {
  if (compression == 0) return true;
  return compression == supported && settings_.client_decompression && store.store->client_decompression_enabled;
}

void ReadHandler::Get(RequestPath path, const net::HttpRequest& request, net::Responder responder) {
  net::HttpResponse refusal;
  auto call = std::make_shared<GetCall>(GetCall{.responder = std::move(responder)});
  if (path.key.empty()) {
    return call->responder.Send(ErrorReply(400, "no key: the path is /storage/<store>/<key>?f=b64"));
  }
  const std::string* format = path.Parameter(protocol::kKeyFormatParameter);
  if (format != nullptr && *format == protocol::kKeyFormatBase64) {
    Result<std::string> decoded = Base64Decode(path.key, Base64::kUrlSafe);
    if (!decoded.ok()) {
      return call->responder.Send(ErrorReply(400, "the key is not URL-safe base64: " + decoded.error().message()));
    }
    call->key = std::move(decoded).value();
  } else {
    const auto store = table_->stores.find(path.name);
    call->key = store == table_->stores.end() ? std::move(path.key) : KeyFromText(store->second->key_schema, path.key);
  }
  if (!SupportedCompression(request, &call->supported_compression, &refusal)) {
    return call->responder.Send(std::move(refusal));
  }
  call->store_name = std::move(path.name);
  call->key_base64 = Base64Encode(call->key, Base64::kUrlSafe);
  SendGet(std::move(call));
}

void ReadHandler::SendGet(std::shared_ptr<GetCall> call) {
  net::HttpResponse refusal;
  call->store = FindStore(call->store_name, &refusal);
  if (!call->store) return call->responder.Send(std::move(refusal));
  const ServedVersion& version = *call->store->version;
  dispatch::Target target{version.routes, version.topic, BudgetOf(call->store_name, false),
                          settings_.single_get_retry_after};
  dispatcher_.Get(std::move(target), protocol::Partition(call->key, version.partition_count), call->key_base64,
                  [this, call](dispatch::Answer answer) { OnGetAnswer(call, std::move(answer)); });
}

void ReadHandler::OnGetAnswer(const std::shared_ptr<GetCall>& call, dispatch::Answer answer) {
  net::HttpResponse& from = answer.response;
  if (!answer.error.empty() || (from.status != 200 && from.status != 404 && from.status != 429)) {
    // The version asked may have been retired while the request was on its way: the one that replaced it answers.
    if (call->attempt == 0 && Swapped(call->store_name, call->store->version->number)) {
      call->attempt = 1;
      return SendGet(call);
    }
    if (from.status == 503 && !answer.error.empty()) return call->responder.Send(ErrorReply(503, answer.error));
    return call->responder.Send(
        ErrorReply(502, answer.error.empty() ? fmt::format("the storage node answered {}: {}", from.status, from.body)
                                             : "no storage node answered: " + answer.error));
  }
  net::HttpResponse reply;
  reply.status = from.status;
  reply.headers.fields.reserve(4);
  if (from.status == 429) {
    reply.headers.Add("Content-Type", std::string(protocol::media_type::kText));
    reply.body = std::move(from.body);
    return call->responder.Send(std::move(reply));
  }
  reply.headers.Add("Content-Type", std::string(protocol::media_type::kAvroBinary));
  const std::string* units = from.headers.Find(header::kReadCapacityUnits);
  std::string units_text = units ? *units : "1";
  if (from.status == 404) {
    reply.headers.Add(std::string(header::kSchemaId), "-1");
    reply.headers.Add(std::string(header::kCompressionStrategy), "0");
  } else {
    const std::string* schema = from.headers.Find(header::kSchemaId);
    const std::string* content_type = from.headers.Find(header::kContentType);
    if (schema == nullptr || content_type == nullptr) {
      return call->responder.Send(ErrorReply(502, "the storage node's answer has no schema id or content type"));
    }
    const std::string* compression = from.headers.Find(header::kCompressionStrategy);
    const int32_t strategy = compression ? std::atoi(compression->c_str()) : 0;
    const bool untouched = PassThrough(*call->store, strategy, call->supported_compression);
    reply.headers.Add(std::string(header::kSchemaId), *schema);
    reply.headers.Add(std::string(header::kCompressionStrategy), untouched ? std::to_string(strategy) : "0");
    if (untouched) {
      reply.body = std::move(from.body);
    } else {
      Result<std::string> plain = Decompress(strategy, *call->store->version, from.body);
      if (!plain.ok()) {
        const bool no_dictionary = plain.error().code() == ErrorCode::kNotReady;
        return call->responder.Send(ErrorReply(no_dictionary ? 503 : 502, plain.error().message()));
      }
      reply.body = std::move(plain).value();
    }
  }
  reply.headers.Add(std::string(header::kReadCapacityUnits), std::move(units_text));
  call->responder.Send(std::move(reply));
}

Result<protocol::Compressor*> ReadHandler::CompressorFor(int32_t strategy, const ServedVersion& version) {
  VENICE_ASSIGN(const protocol::CompressionStrategy known, protocol::CompressionStrategyFromId(strategy));
  if (known == protocol::CompressionStrategy::kZstdWithDict && !version.dictionary) {
    return Error(ErrorCode::kNotReady, "the compression dictionary of " + version.topic + " is not loaded yet");
  }
  std::unique_ptr<protocol::Compressor>& slot = compressors_[{strategy, version.dictionary.get()}];
  if (!slot) {
    VENICE_ASSIGN(slot, protocol::Compressor::Make(known, version.dictionary));
    if (version.dictionary) compressor_dictionaries_.push_back(version.dictionary);
  }
  return slot.get();
}

Result<std::string> ReadHandler::Decompress(int32_t strategy, const ServedVersion& version, std::string_view bytes) {
  VENICE_ASSIGN(protocol::Compressor * compressor, CompressorFor(strategy, version));
  std::string out;
  VENICE_TRY(compressor->Decompress(bytes, kValueBytesMax, out));
  return out;
}

dispatch::RetryBudget* ReadHandler::BudgetOf(const std::string& store, bool batch) {
  std::unique_ptr<dispatch::RetryBudget>& slot = budgets_[{store, batch}];
  if (!slot) slot = std::make_unique<dispatch::RetryBudget>(std::chrono::steady_clock::now());
  return slot.get();
}

}  // namespace venice::router
