#include "server/read_service.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/encoding.h"
#include "protocol/multi_get.h"
#include "protocol/topic_name.h"
#include "protocol/value_record.h"
#include "server/http_reply.h"

namespace venice::server {

using storage::GetOutcome;
using storage::ReadTier;

namespace {

// Keys that one batch may look up on a loop before others get their turn; the rest goes to the pool. 256: about 0.5 ms.
constexpr size_t kKeysPerTurn = 256;
constexpr std::string_view kOverloaded = "Server over capacity";

// The bytes of "<key>?f=b64" (or "?f=string", or no query); nullopt when it is not base64.
std::optional<std::string> DecodeKey(std::string_view text) {
  const size_t query = text.rfind('?');
  if (query == std::string_view::npos) return std::string(text);
  for (const auto& [name, value] : net::ParseForm(text.substr(query + 1))) {
    if (name != protocol::kKeyFormatParameter || value != protocol::kKeyFormatBase64) continue;
    Result<std::string> decoded = Base64Decode(text.substr(0, query), Base64::kUrlSafe);
    if (!decoded.ok()) return std::nullopt;
    return std::move(decoded).value();
  }
  return std::string(text.substr(0, query));
}

const ServedPartition* Find(const ReplicaTable& table, std::string_view topic, int32_t partition,
                            int32_t* compression) {
  const auto version = table.find(topic);
  if (version == table.end() || partition < 0) return nullptr;
  *compression = version->second.compression;
  const auto index = static_cast<size_t>(partition);
  return index < version->second.partitions.size() ? &version->second.partitions[index] : nullptr;
}

net::HttpResponse SingleReply(GetOutcome outcome, const storage::PinnedValue& value, int32_t compression) {
  switch (outcome) {
    case GetOutcome::kFound: {
      const auto record = protocol::DecodeValueRecord(value.view());
      if (!record.ok()) return MakeError(500, record.error().message());
      return MakeReply({.content_type = protocol::media_type::kAvroBinary,
                        .compression = compression,
                        .schema_id = record->schema_id},
                       std::string(record->value));
    }
    case GetOutcome::kMissing:
      return MakeReply({.status = 404, .compression = compression}, {});
    case GetOutcome::kNotReady:
      return MakeError(503, "this replica is not ready to serve yet");
    case GetOutcome::kNotInMemory:
    case GetOutcome::kError:
      break;
  }
  return MakeError(500, "the storage of this replica failed; see the server's log");
}

bool IsApiVersion(const net::HttpHeaders& headers, std::string_view wanted) {
  const std::string* version = headers.Find(protocol::http_header::kApiVersion);
  return version != nullptr && *version == wanted;
}

}  // namespace

net::HttpResponse ReadService::NotHere(std::string_view topic) const {
  const protocol::TopicName name = protocol::ParseTopicName(topic);
  const auto store = stores_.Get(name.store);
  if (store && store->current_version == name.version)
    return MakeError(503, fmt::format("this host does not serve that partition of {} now", topic));
  return MakeError(400, fmt::format("No storage exists for: {}", topic));
}

void ReadService::SingleGet(const std::vector<std::string_view>& parts, net::Responder responder) {
  const std::string_view topic = parts[1];
  int32_t partition = -1;
  const auto [end, error] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), partition);
  if (error != std::errc() || end != parts[2].data() + parts[2].size())
    return responder.Send(MakeError(400, fmt::format("'{}' is not a partition number", parts[2])));
  std::optional<std::string> key = DecodeKey(parts[3]);
  if (!key) return responder.Send(MakeError(400, "the key is not base64 (URL-safe alphabet, with padding)"));

  int32_t compression = 0;
  const ServedPartition* served = Find(*table_.On(responder.loop()), topic, partition, &compression);
  if (served == nullptr || !served->ready) return responder.Send(NotHere(topic));
  storage::PinnedValue value;
  const GetOutcome outcome = served->store->Get(*key, ReadTier::kMemory, value);
  if (outcome != GetOutcome::kNotInMemory) return responder.Send(SingleReply(outcome, value, compression));

  auto waiting = std::make_shared<net::Responder>(std::move(responder));
  const bool queued = pool_.Submit([store = served->store, key = std::move(*key), compression, waiting]() mutable {
    storage::PinnedValue value;
    const GetOutcome outcome = store->Get(key, ReadTier::kBlocking, value);
    waiting->Send(SingleReply(outcome, value, compression));
    value.Release();  // before its store may close
  });
  if (!queued) waiting->Send(MakeError(503, std::string(kOverloaded)));
}

struct ReadService::Batch {
  std::shared_ptr<const ReplicaTable> table;
  const ServedVersion* version = nullptr;  // in the table
  std::string topic;
  std::string body;
  size_t consumed = 0;  // bytes of the body
  bool streaming = false;
  size_t keys = 0;
  std::string out;
  net::HttpResponse failure;
};

ReadService::Progress ReadService::Advance(Batch& batch, ReadTier tier, size_t keys_max) {
  std::string_view rest = std::string_view(batch.body).substr(batch.consumed);
  storage::PinnedValue value;
  for (size_t n = 0; !rest.empty(); ++n) {
    if (n == keys_max) return Progress::kMore;
    const Result<protocol::MultiGetRouterKey> key = protocol::NextRouterKey(rest);
    if (!key.ok()) {
      batch.failure = MakeError(400, key.error().message());
      return Progress::kFailed;
    }
    const auto index = static_cast<size_t>(key->partition);
    if (key->partition < 0 || index >= batch.version->partitions.size() || !batch.version->partitions[index].ready) {
      batch.failure =
          MakeError(503, fmt::format("partition {} of {} is not served by this host now", key->partition, batch.topic));
      return Progress::kFailed;
    }
    switch (batch.version->partitions[index].store->Get(key->key, tier, value)) {
      case GetOutcome::kFound: {
        const auto record = protocol::DecodeValueRecord(value.view());
        if (!record.ok()) {
          batch.failure = MakeError(500, record.error().message());
          return Progress::kFailed;
        }
        protocol::AppendResponseRecord({key->key_index, record->value, record->schema_id}, batch.out);
        break;
      }
      case GetOutcome::kMissing:
        if (batch.streaming) protocol::AppendMissingKey(key->key_index, batch.out);
        break;
      case GetOutcome::kNotInMemory:
        return Progress::kMore;
      case GetOutcome::kNotReady:
      case GetOutcome::kError:
        batch.failure = MakeError(500, "the storage of this replica failed; see the server's log");
        return Progress::kFailed;
    }
    ++batch.keys;
    batch.consumed = batch.body.size() - rest.size();
  }
  return Progress::kDone;
}

void ReadService::Finish(Batch& batch, Progress progress, net::Responder responder) {
  if (progress == Progress::kFailed) return responder.Send(std::move(batch.failure));
  responder.Send(MakeReply({.content_type = protocol::media_type::kAvroBinary,
                            .compression = batch.version->compression,
                            .schema_id = protocol::kMultiGetResponseVersion,
                            .capacity_units = batch.keys,
                            .streaming = batch.streaming},
                           std::move(batch.out)));
}

void ReadService::BatchGet(const std::vector<std::string_view>& parts, net::HttpRequest request,
                           net::Responder responder) {
  if (!IsApiVersion(request.headers, "1"))
    return responder.Send(
        MakeError(400, fmt::format("{} must be 1 for a batch get", protocol::http_header::kApiVersion)));
  auto batch = std::make_shared<Batch>();
  batch->table = table_.On(responder.loop());
  batch->topic = parts[1];
  batch->streaming = request.headers.Find(protocol::http_header::kStreaming) != nullptr;
  const auto version = batch->table->find(batch->topic);
  if (version == batch->table->end()) return responder.Send(NotHere(batch->topic));
  batch->version = &version->second;
  batch->body = std::move(request.body);
  const Progress progress = Advance(*batch, ReadTier::kMemory, kKeysPerTurn);
  if (progress != Progress::kMore) return Finish(*batch, progress, std::move(responder));

  auto waiting = std::make_shared<net::Responder>(std::move(responder));
  const bool queued = pool_.Submit(
      [batch, waiting] { Finish(*batch, Advance(*batch, ReadTier::kBlocking, SIZE_MAX), std::move(*waiting)); });
  if (!queued) waiting->Send(MakeError(503, std::string(kOverloaded)));
}

void ReadService::Compute(const std::vector<std::string_view>& parts, net::Responder responder) {
  const protocol::TopicName name = protocol::ParseTopicName(parts.size() > 1 ? parts[1] : std::string_view());
  const auto store = stores_.Get(name.store);
  if (!store) return responder.Send(MakeError(400, "no such store: " + name.store));
  if (!store->read_computation_enabled)
    return responder.Send(MakeError(405, "Read compute is not enabled for store " + name.store));
  responder.Send(MakeError(501, "this server does not offer read compute: read the values and compute at the client"));
}

}  // namespace venice::server
