#include "helix/epoch.h"

#include <algorithm>

#include "base/log.h"
#include "helix/message.h"
#include "helix/zn_record.h"

namespace venice::helix {
namespace {

constexpr const char* kClaim = "CLAIM";
constexpr const char* kController = "CONTROLLER";
constexpr const char* kLatestTerm = "LATEST_TERM";
constexpr int kConflictsMax = 100;  // each one means that another claim went through

ZnRecord Decode(const zk::Node& node, const std::string& path) {
  if (node.data.empty()) return {};
  Result<ZnRecord> record = DecodeZnRecord(node.data);
  if (record.ok()) return std::move(*record);
  // Clocks alone keep the terms apart then, as they do under a controller that keeps no such record.
  LogWarning("helix.epoch.unreadable", {{"path", path}, {"error", record.error().message()}});
  return {};
}

}  // namespace

Epoch::Epoch(zk::Client& client, std::string path, std::string instance)
    : client_(client), path_(std::move(path)), instance_(std::move(instance)), claim_(NewMessageId()) {}

std::string Epoch::Encode(int64_t term_ms) const {
  ZnRecord record;
  record.id = path_.substr(path_.rfind('/') + 1);
  record.simple = {{kClaim, claim_}, {kController, instance_}, {kLatestTerm, std::to_string(term_ms)}};
  return EncodeZnRecord(record);
}

Error Epoch::Deposed() const {
  return Error(ErrorCode::kConflict, "another controller has claimed " + path_ + "; take office again, and read anew");
}

Status Epoch::Claim() {
  for (int attempt = 0; attempt < kConflictsMax; ++attempt) {
    VENICE_ASSIGN(const std::optional<zk::Node> node, client_.Get(path_));
    if (!node) {
      VENICE_TRY(zk::EnsurePath(client_, path_));
      continue;
    }
    const int64_t term_ms = std::max<int64_t>(0, Decode(*node, path_).Number(kLatestTerm, 0));
    const Result<zk::Stat> claimed = client_.Set(path_, Encode(term_ms), node->stat.version);
    if (claimed.ok()) {
      version_ = claimed->version;
      latest_term_ms_ = term_ms;
      certain_ = true;
      return Ok();
    }
    const ErrorCode code = claimed.error().code();
    if (code != ErrorCode::kConflict && code != ErrorCode::kNotFound) return claimed.error();
  }
  return Error(ErrorCode::kConflict, path_ + " is claimed by others all the time");
}

Status Epoch::Confirm() {
  VENICE_ASSIGN(const std::optional<zk::Node> node, client_.Get(path_));
  if (!node) return Deposed();
  const ZnRecord record = Decode(*node, path_);
  if (record.Text(kClaim) != claim_) return Deposed();
  version_ = node->stat.version;
  latest_term_ms_ = std::max(latest_term_ms_, record.Number(kLatestTerm, 0));
  certain_ = true;
  return Ok();
}

Status Epoch::Apply(std::vector<zk::Op> ops, int64_t term_ms) {
  if (!certain_) VENICE_TRY(Confirm());
  const int64_t latest_ms = std::max(latest_term_ms_, term_ms);
  zk::Op fence{zk::Op::Kind::kSet, path_, Encode(latest_ms), version_};
  ops.insert(ops.begin(), std::move(fence));
  const Result<std::vector<std::string>> done = client_.Multi(ops);
  if (done.ok()) {
    ++version_;
    latest_term_ms_ = latest_ms;
    return Ok();
  }
  const ErrorCode code = done.error().code();
  if (code == ErrorCode::kConflict) return Deposed();
  if (code == ErrorCode::kAlreadyExists) return done.error();
  if (code != ErrorCode::kNotFound) {
    certain_ = false;
    return done.error();
  }
  VENICE_ASSIGN(const std::optional<zk::Stat> record, client_.Exists(path_));
  if (!record) return Deposed();  // somebody has deleted the fence itself
  return done.error();
}

}  // namespace venice::helix
