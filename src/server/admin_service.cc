#include "server/admin_service.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ingestion/checkpoint.h"
#include "protocol/store_version_state.h"
#include "protocol/topic_name.h"
#include "protocol/value_record.h"
#include "server/http_reply.h"

namespace venice::server {

using Json = nlohmann::ordered_json;

namespace {

net::HttpResponse JsonReply(const Json& json, std::string_view content_type = protocol::media_type::kJson) {
  return MakeReply({.content_type = content_type}, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<int32_t> ParseNumber(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

Json DigestJson(const protocol::PartitionDigest& digest) {
  const std::string text = digest.ToString();  // "<count>:<digest>"
  return {{"records", digest.count()}, {"digest", text.substr(text.find(':') + 1)}};
}

// {"equal": ..., "expected": {...}, "actual": {...}} of a complete replica. Blocking: reads everything.
net::HttpResponse VerifyStore(const storage::PartitionStore& store, Json answer) {
  if (!store.checkpoint()) return MakeError(500, "the replica has no checkpoint");
  const Result<ingestion::Checkpoint> checkpoint = ingestion::DecodeCheckpoint(*store.checkpoint());
  if (!checkpoint.ok()) return MakeError(500, checkpoint.error().ToString());
  protocol::PartitionDigest actual;
  bool readable = true;
  const Status scanned = store.Scan([&](std::string_view key, std::string_view value) {
    readable = value.size() >= protocol::kSchemaIdBytes;
    if (readable) actual.Add(key, value);
    return readable;
  });
  const protocol::PartitionDigest& expected = checkpoint->expected ? *checkpoint->expected : checkpoint->digest;
  answer["equal"] = scanned.ok() && readable && actual == expected;
  answer["expected"] = DigestJson(expected);
  answer["actual"] = DigestJson(actual);
  if (!scanned.ok()) answer["error"] = scanned.error().ToString();
  if (!readable) answer["error"] = "a stored value is shorter than its schema id";
  return JsonReply(answer);
}

}  // namespace

void AdminService::Dictionary(const std::vector<std::string_view>& parts, net::Responder responder) {
  const std::optional<int32_t> number = parts.size() == 3 ? ParseNumber(parts[2]) : std::nullopt;
  if (!number) return responder.Send(MakeError(400, "expected /dictionary/<store>/<version>"));
  auto version = replicas_.OpenVersion(protocol::VersionTopic(parts[1], *number));
  if (!version) return responder.Send(MakeReply({.status = 404}, {}));
  auto waiting = std::make_shared<net::Responder>(std::move(responder));
  const bool queued = read_pool_.Submit([version = std::move(version), waiting] {
    const Result<std::optional<std::string>> stored = version->VersionState();
    if (!stored.ok()) return waiting->Send(MakeError(500, stored.error().ToString()));
    if (!stored->has_value()) return waiting->Send(MakeReply({.status = 404}, {}));
    Result<protocol::StoreVersionState> state = protocol::DecodeStoreVersionState(**stored);
    if (!state.ok()) return waiting->Send(MakeError(500, state.error().ToString()));
    if (!state->compression_dictionary) return waiting->Send(MakeReply({.status = 404}, {}));
    waiting->Send(
        MakeReply({.content_type = protocol::media_type::kOctetStream}, std::move(*state->compression_dictionary)));
  });
  if (!queued) waiting->Send(MakeError(503, "Server over capacity"));
}

void AdminService::CurrentVersion(const std::vector<std::string_view>& parts, net::Responder responder) {
  if (parts.size() != 2) return responder.Send(MakeError(400, "expected /current_version/<store>"));
  const auto store = stores_.Get(parts[1]);
  if (!store) return responder.Send(MakeError(500, fmt::format("no such store: {}", parts[1])));
  // Venice sends this JSON under this content type.
  responder.Send(JsonReply({{"error", false}, {"message", nullptr}, {"currentVersion", store->current_version}},
                           protocol::media_type::kAvroBinary));
}

void AdminService::Metadata(const std::vector<std::string_view>& parts, net::Responder responder) {
  if (parts.size() < 2) return responder.Send(MakeError(400, fmt::format("expected /{}/<store>", parts[0])));
  const auto store = stores_.Get(parts[1]);
  if (!store) return responder.Send(MakeError(500, fmt::format("no such store: {}", parts[1])));
  if (!store->storage_node_read_quota_enabled)
    return responder.Send(MakeError(
        403, fmt::format("Fast client is not enabled for store {}: its storage-node read quota is off", parts[1])));
  responder.Send(MakeError(501, "this server does not offer metadata for fast clients: read through a router"));
}

void AdminService::Replicas(net::Responder responder) {
  Json list = Json::array();
  for (const ReplicaView& view : replicas_.Replicas()) {
    const ingestion::ReplicaReport& report = view.report;
    Json replica = {{"resource", report.topic},       {"partition", report.partition},
                    {"instance", instance_},          {"state", ingestion::ToString(report.state)},
                    {"helixState", view.helix_state}, {"ready", view.ready},
                    {"offset", report.offset},        {"records", report.records},
                    {"bytes", report.bytes}};
    if (!report.detail.empty()) replica["detail"] = report.detail;
    list.push_back(std::move(replica));
  }
  responder.Send(JsonReply(list));
}

void AdminService::Verify(const std::vector<std::string_view>& parts, net::Responder responder) {
  const std::optional<int32_t> partition = parts.size() == 3 ? ParseNumber(parts[2]) : std::nullopt;
  const protocol::TopicName name = protocol::ParseTopicName(parts.size() == 3 ? parts[1] : std::string_view());
  if (!partition || name.kind != protocol::TopicKind::kVersion)
    return responder.Send(MakeError(400, "expected /verify/<store>_v<version>/<partition>"));
  auto store = replicas_.ReadyStore(std::string(parts[1]), *partition);
  if (!store)
    return responder.Send(
        MakeError(404, fmt::format("no complete replica of {}-{} on {}", parts[1], *partition, instance_)));
  Json answer = {{"store", name.store}, {"version", name.version}, {"partition", *partition}, {"instance", instance_}};
  auto waiting = std::make_shared<net::Responder>(std::move(responder));
  const bool queued = scan_pool_.Submit([store = std::move(store), waiting, answer = std::move(answer)]() mutable {
    waiting->Send(VerifyStore(*store, std::move(answer)));
  });
  if (!queued) waiting->Send(MakeError(503, "too many verifications at once; try again later"));
}

}  // namespace venice::server
