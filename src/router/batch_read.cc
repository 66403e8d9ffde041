// Batch reads of ReadHandler, streamed and not. Source: read-path reference 2.3 to 2.5.
#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "avro/schema.h"
#include "avro/skip.h"
#include "base/log.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"
#include "protocol/partitioner.h"
#include "router/read_handler.h"

namespace venice::router {
namespace {

namespace header = protocol::http_header;

constexpr size_t kValueBytesMax = 256 << 20;

// ComputeRequest versions 1 to 3 are the same on the wire. Only skipped here: it stands before the keys.
const avro::Schema& ComputeRequestSchema() {
  static const avro::Schema schema = *avro::Schema::Parse(R"({"type":"record","name":"ComputeRequest","fields":[
    {"name":"operations","type":{"type":"array","items":[{"type":"record","name":"ComputeOperation","fields":[
      {"name":"operationType","type":"int"},
      {"name":"operation","type":[
        {"type":"record","name":"DotProduct","fields":[{"name":"field","type":"string"},
          {"name":"dotProductParam","type":{"type":"array","items":"float"}},{"name":"resultFieldName","type":"string"}]},
        {"type":"record","name":"CosineSimilarity","fields":[{"name":"field","type":"string"},
          {"name":"cosSimilarityParam","type":{"type":"array","items":"float"}},{"name":"resultFieldName","type":"string"}]},
        {"type":"record","name":"HadamardProduct","fields":[{"name":"field","type":"string"},
          {"name":"hadamardProductParam","type":{"type":"array","items":"float"}},{"name":"resultFieldName","type":"string"}]},
        {"type":"record","name":"Count","fields":[{"name":"field","type":"string"},
          {"name":"resultFieldName","type":"string"}]}]}]}]}},
    {"name":"resultSchemaStr","type":"string"}]})");
  return schema;
}

// The version header: false with the refusal that Venice gives.
bool CheckApiVersion(const net::HttpRequest& request, int32_t version_max, net::HttpResponse* refusal) {
  const std::string* text = request.headers.Find(header::kApiVersion);
  int32_t version = 0;
  const char* end = text ? text->data() + text->size() : nullptr;
  if (text == nullptr || text->empty() || std::from_chars(text->data(), end, version).ptr != end) {
    *refusal = ErrorReply(500, std::string(header::kApiVersion) + (text ? " is not a number" : " is missing") +
                                   ": a batch request says the version of its body there, which is 1");
    refusal->headers.Add("Connection", "close");
    return false;
  }
  if (version < 1 || version > version_max) {
    *refusal =
        ErrorReply(400, fmt::format("{} {} is not supported; use {}", header::kApiVersion, version, version_max));
    return false;
  }
  return true;
}

// Status and message for the client when a part of the batch failed.
std::pair<int, std::string> FailureOf(const dispatch::Answer& answer) {
  const net::HttpResponse& from = answer.response;
  if (!answer.error.empty()) {
    return from.status == 503 ? std::pair(503, answer.error)
                              : std::pair(502, "no storage node answered: " + answer.error);
  }
  if (from.status == 429) return {429, "the storage node's quota for this store is exhausted"};
  return {502, fmt::format("a storage node answered {}: {}", from.status, from.body.substr(0, 512))};
}

}  // namespace

struct BatchCall {
  net::Responder responder;
  std::string store_name;
  std::shared_ptr<const std::string> body;
  std::vector<std::pair<int32_t, std::string_view>> keys;  // index and key, into `body`
  int32_t supported_compression = 0;
  bool streaming = false;
  std::string client_compute;  // reply header

  std::shared_ptr<const ServedStore> store;  // as of the attempt under way
  int attempt = 0;
  bool head_sent = false;
  int32_t compression = -1;  // of the first part
  int64_t units = 0;
  std::string merged;
  std::pair<int, std::string> failure{0, ""};  // the first one
};

void ReadHandler::Batch(RequestPath path, net::HttpRequest request, net::Responder responder, bool compute) {
  net::HttpResponse refusal;
  auto call = std::make_shared<BatchCall>(BatchCall{.responder = std::move(responder)});
  const auto refuse = [&call](net::HttpResponse reply) { call->responder.Send(std::move(reply)); };
  const std::shared_ptr<const ServedStore> store = FindStore(path.name, &refusal);
  if (!store) return refuse(std::move(refusal));
  const bool client_computes = request.headers.Find(header::kClientCompute) != nullptr;
  if (compute && !client_computes) {
    return refuse(ErrorReply(405, store->store->read_computation_enabled
                                      ? "this router has no server-side compute; send X-VENICE-CLIENT-COMPUTE to get "
                                        "the values and compute at the client"
                                      : "read compute is not enabled for store '" + path.name + "'"));
  }
  if (!CheckApiVersion(request, compute ? 3 : 1, &refusal)) return refuse(std::move(refusal));
  if (!SupportedCompression(request, &call->supported_compression, &refusal)) return refuse(std::move(refusal));
  call->store_name = std::move(path.name);
  call->streaming = request.headers.Find(header::kStreaming) != nullptr;
  call->client_compute = compute || !store->store->read_computation_enabled ? "1" : "0";
  call->body = std::make_shared<const std::string>(std::move(request.body));

  const int key_max = store->store->batch_get_limit > 0 ? store->store->batch_get_limit : settings_.multi_get_keys_max;
  std::string_view rest = *call->body;
  if (compute && !avro::Skip(ComputeRequestSchema(), rest).ok()) {
    return refuse(ErrorReply(400, "the body does not start with a compute request"));
  }
  std::unordered_map<std::string_view, size_t> position;  // equal keys collapse, the last index wins
  int32_t count = 0;
  for (; !rest.empty(); ++count) {
    const Result<std::string_view> key = protocol::NextClientKey(rest);
    if (!key.ok()) {
      return refuse(
          ErrorReply(400, fmt::format("the body is malformed behind {} keys: {}", count, key.error().message())));
    }
    if (count >= key_max) {
      return refuse(ErrorReply(413, fmt::format("more than {} keys in one request to store '{}'; send smaller batches",
                                                key_max, call->store_name)));
    }
    const auto [entry, is_new] = position.try_emplace(*key, call->keys.size());
    if (is_new) {
      call->keys.emplace_back(count, *key);
    } else {
      call->keys[entry->second].first = count;
    }
  }
  if (call->keys.empty()) return refuse(ErrorReply(400, "the request has no keys"));
  SendBatch(std::move(call));
}

void ReadHandler::SendBatch(std::shared_ptr<BatchCall> call) {
  net::HttpResponse refusal;
  call->store = FindStore(call->store_name, &refusal);
  if (!call->store) return call->responder.Send(std::move(refusal));
  const ServedVersion& version = *call->store->version;
  call->compression = -1;
  call->units = 0;
  call->merged.clear();
  call->failure = {0, ""};
  dispatch::Batch batch;
  batch.bytes = call->body;
  batch.streaming = call->streaming;
  batch.keys.reserve(call->keys.size());
  for (const auto& [index, key] : call->keys) {
    batch.keys.push_back({index, protocol::Partition(key, version.partition_count), key});
  }
  dispatch::Target target{version.routes, version.topic, BudgetOf(call->store_name, true),
                          batch_thresholds_.For(call->keys.size())};
  dispatcher_.MultiGet(
      std::move(target), std::move(batch),
      [this, call](dispatch::Answer answer) { OnBatchPart(*call, std::move(answer)); },
      [this, call] { OnBatchDone(call); });
}

void ReadHandler::OnBatchPart(BatchCall& call, dispatch::Answer answer) {
  net::HttpResponse& from = answer.response;
  const auto fail = [&call](std::pair<int, std::string> failure) {
    if (call.failure.first == 0) call.failure = std::move(failure);
  };
  if (!answer.good()) return fail(FailureOf(answer));
  const std::string* schema = from.headers.Find(header::kSchemaId);
  if (schema == nullptr || from.headers.Find(header::kContentType) == nullptr || *schema != "1") {
    return fail({502, "a storage node's answer has no content type, or not the schema id of a batch"});
  }
  const std::string* compression = from.headers.Find(header::kCompressionStrategy);
  int32_t strategy = compression ? std::atoi(compression->c_str()) : 0;
  std::string body = std::move(from.body);
  if (!PassThrough(*call.store, strategy, call.supported_compression)) {
    Result<std::string> plain = DecompressRecords(strategy, *call.store->version, body);
    if (!plain.ok()) {
      return fail({plain.error().code() == ErrorCode::kNotReady ? 503 : 502, plain.error().message()});
    }
    body = std::move(plain).value();
    strategy = 0;
  }
  if (call.compression >= 0 && call.compression != strategy) {
    LogWarning("router.batch.compression",
               {{"store", call.store_name}, {"first", call.compression}, {"now", strategy}});
    return fail({502, "storage nodes answered with different compressions"});
  }
  call.compression = strategy;
  const std::string* units = from.headers.Find(header::kReadCapacityUnits);
  call.units += units ? std::atoll(units->c_str()) : 0;
  if (!call.streaming) {
    call.merged.empty() ? call.merged = std::move(body) : call.merged += body;
    return;
  }
  if (!call.head_sent) {
    call.head_sent = true;
    net::HttpResponse head;
    head.headers.Add("Content-Type", std::string(protocol::media_type::kAvroBinary));
    head.headers.Add(std::string(header::kSchemaId), "1");
    head.headers.Add(std::string(header::kStreamingResponse), "1");
    head.headers.Add(std::string(header::kCompressionStrategy), std::to_string(strategy));
    head.headers.Add(std::string(header::kClientCompute), call.client_compute);
    call.responder.SendHead(std::move(head));
  }
  call.responder.SendChunk(std::move(body));
}

void ReadHandler::OnBatchDone(const std::shared_ptr<BatchCall>& call) {
  const bool failed = call->failure.first != 0;
  if (failed && !call->head_sent) {
    if (call->attempt == 0 && Swapped(call->store_name, call->store->version->number)) {
      call->attempt = 1;
      return SendBatch(call);
    }
    return call->responder.Send(ErrorReply(call->failure.first, call->failure.second));
  }
  if (call->streaming) {
    if (failed) {
      std::string footer;
      protocol::AppendFooter({call->failure.first, call->failure.second, {}}, footer);
      call->responder.SendChunk(std::move(footer));
    }
    return call->responder.Finish();
  }
  net::HttpResponse reply;
  reply.headers.Add("Content-Type", std::string(protocol::media_type::kAvroBinary));
  reply.headers.Add(std::string(header::kSchemaId), "1");
  reply.headers.Add(std::string(header::kCompressionStrategy), std::to_string(std::max(call->compression, 0)));
  reply.headers.Add(std::string(header::kReadCapacityUnits), std::to_string(call->units));
  reply.headers.Add(std::string(header::kClientCompute), call->client_compute);
  reply.body = std::move(call->merged);
  call->responder.Send(std::move(reply));
}

Result<std::string> ReadHandler::DecompressRecords(int32_t strategy, const ServedVersion& version,
                                                   std::string_view body) {
  VENICE_ASSIGN(protocol::Compressor * compressor, CompressorFor(strategy, version));
  std::string out;
  std::string value;
  while (!body.empty()) {
    VENICE_ASSIGN(protocol::MultiGetResponseRecord record, protocol::NextResponseRecord(body));
    if (!record.IsMissing()) {
      VENICE_TRY(compressor->Decompress(record.value, kValueBytesMax, value));
      record.value = value;
    }
    protocol::AppendResponseRecord(record, out);
  }
  return out;
}

}  // namespace venice::router
