#include "metadata/push_status.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "metadata/json_fields.h"
#include "metadata/paths.h"

namespace venice::metadata {

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, StatusSnapshot>
void VisitFields(V& v, R& r) {
  v.Field("status", r.status);
  v.Field("time", r.time);
  v.Field("incrementalPushVersion", r.incremental_push_version);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, ReplicaStatus>
void VisitFields(V& v, R& r) {
  v.Field("instanceId", r.instance);
  v.Field("currentStatus", r.status);
  v.Field("incrementalPushVersion", r.incremental_push_version);
  v.List("statusHistory", r.history);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, PartitionStatus>
void VisitFields(V& v, R& r) {
  v.Field("partitionId", r.partition);
  v.List("replicaStatuses", r.replicas);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, OfflinePush>
void VisitFields(V& v, R& r) {
  v.Field("kafkaTopic", r.topic);
  v.Field("numberOfPartition", r.partition_count);
  v.Field("replicationFactor", r.replication_factor);
  v.Field("strategy", r.strategy);
  v.Field("currentStatus", r.status);
  v.Field("statusDetails", r.status_details);
  v.List("statusHistory", r.history);
  v.Field("incrementalPushVersion", r.incremental_push_version);
  v.Field("pushProperties", r.properties);
  v.Field("successfulPushDurationInSecs", r.successful_push_duration_seconds);
}

namespace {

constexpr size_t kHistoryMax = 50;
constexpr int kWriteAttempts = 50;
// ZooKeeper refuses requests over 1 MiB; a partition's node holds its replicas' histories besides.
constexpr size_t kErrorTextMax = 4096;

bool IsIncremental(ExecutionStatus status) {
  return status == ExecutionStatus::kStartOfIncrementalPushReceived ||
         status == ExecutionStatus::kEndOfIncrementalPushReceived;
}

bool IsDetermined(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::kStarted:
    case ExecutionStatus::kCompleted:
    case ExecutionStatus::kError:
    case ExecutionStatus::kDropped:
    case ExecutionStatus::kEndOfPushReceived:
      return true;
    default:
      return false;
  }
}

// Index of the oldest snapshot that may go when the history is full.
size_t OldestDispensable(const std::vector<StatusSnapshot>& history) {
  std::set<size_t> keep;
  const auto keep_last = [&](auto matches) {
    for (size_t i = history.size(); i-- > 0;) {
      if (matches(history[i])) {
        keep.insert(i);
        return i;
      }
    }
    return history.size();
  };
  keep_last([](const StatusSnapshot& s) { return s.status == ExecutionStatus::kCompleted; });
  keep_last([](const StatusSnapshot& s) { return s.status == ExecutionStatus::kTopicSwitchReceived; });
  keep_last([](const StatusSnapshot& s) { return s.status == ExecutionStatus::kEndOfPushReceived; });
  const size_t newest = keep_last([](const StatusSnapshot& s) { return IsIncremental(s.status); });
  if (newest < history.size()) {
    for (size_t i = 0; i < newest; ++i)
      if (IsIncremental(history[i].status) &&
          history[i].incremental_push_version == history[newest].incremental_push_version)
        keep.insert(i);
  }
  for (size_t i = 0; i < history.size(); ++i)
    if (!keep.contains(i)) return i;
  return 0;
}

}  // namespace

StatusSnapshot ReplicaStatus::Determined() const {
  for (auto it = history.rbegin(); it != history.rend(); ++it)
    if (IsDetermined(it->status)) return *it;
  return {ExecutionStatus::kStarted, "", ""};
}

void ReplicaStatus::Append(ExecutionStatus new_status, std::string text, std::string time) {
  const bool repeated =
      new_status == ExecutionStatus::kProgress && !history.empty() && history.back().status == new_status;
  if (!IsIncremental(new_status)) status = new_status;
  if (IsIncremental(new_status)) incremental_push_version = text;
  StatusSnapshot snapshot{new_status, std::move(time), std::move(text)};
  if (repeated) {
    history.back() = std::move(snapshot);
    return;
  }
  if (history.size() >= kHistoryMax)
    history.erase(history.begin() + static_cast<std::ptrdiff_t>(OldestDispensable(history)));
  history.push_back(std::move(snapshot));
}

const ReplicaStatus* PartitionStatus::Find(std::string_view instance) const {
  for (const ReplicaStatus& replica : replicas)
    if (replica.instance == instance) return &replica;
  return nullptr;
}

std::string ToZooKeeperJson(const OfflinePush& push) { return PrettyJson(ToJsonObject(push)); }

Result<OfflinePush> ParseOfflinePush(std::string_view json) {
  VENICE_ASSIGN(Json object, ParseObject(json, "push record"));
  // Older writers used the longer name.
  if (object.contains("offlinePushStrategy") && !object.contains("strategy"))
    object["strategy"] = object["offlinePushStrategy"];
  VENICE_ASSIGN(OfflinePush push, FromJsonObject<OfflinePush>(object, "push record"));
  if (push.partition_count < 0 || push.replication_factor < 0)
    return Error(ErrorCode::kCorruption, "push record: negative partition count or replication factor");
  return push;
}

std::string ToZooKeeperJson(const PartitionStatus& status) { return PrettyJson(ToJsonObject(status)); }

Result<PartitionStatus> ParsePartitionStatus(std::string_view json) {
  VENICE_ASSIGN(const Json object, ParseObject(json, "partition status"));
  return FromJsonObject<PartitionStatus>(object, "partition status");
}

std::string LocalDateTimeText(int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec, wall_ms % 1000);
}

Status PushStatusReporter::Report(const std::string& topic, int32_t partition, ExecutionStatus status,
                                  const std::string& text) {
  const std::string path = paths::OfflinePushPartition(cluster_, topic, partition);
  for (int attempt = 0; attempt < kWriteAttempts; ++attempt) {
    VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(path));
    PartitionStatus record;
    record.partition = partition;
    if (node && !node->data.empty()) {
      VENICE_ASSIGN(record, ParsePartitionStatus(node->data));
    }
    auto replica = std::find_if(record.replicas.begin(), record.replicas.end(),
                                [&](const ReplicaStatus& r) { return r.instance == instance_; });
    if (replica == record.replicas.end()) {
      record.replicas.push_back({});
      replica = record.replicas.end() - 1;
      replica->instance = instance_;
    } else if (status == ExecutionStatus::kProgress && replica->status == status &&
               replica->history.back().incremental_push_version == text) {
      return Ok();
    }
    replica->Append(status, text.substr(0, kErrorTextMax), LocalDateTimeText(clock_.WallMs()));
    const std::string json = ToZooKeeperJson(record);

    Status written;
    if (node) {
      if (Result<zk::Stat> set = zk_.Set(path, json, node->stat.version); !set.ok()) written = std::move(set).error();
    } else {
      VENICE_ASSIGN(const std::optional<zk::Stat> parent, zk_.Exists(paths::OfflinePush(cluster_, topic)));
      if (!parent) return Ok();
      if (Result<std::string> made = zk_.Create(path, json); !made.ok()) written = std::move(made).error();
    }
    if (written.ok()) return Ok();
    const ErrorCode code = written.error().code();
    // Another server wrote this partition meanwhile, or the push was removed: read again.
    if (code != ErrorCode::kConflict && code != ErrorCode::kAlreadyExists && code != ErrorCode::kNotFound)
      return std::move(written).error().In("report status of " + topic + ", partition " + std::to_string(partition));
  }
  return Error(ErrorCode::kConflict, "report status of " + topic + ", partition " + std::to_string(partition) +
                                         ": lost " + std::to_string(kWriteAttempts) + " races for " + path);
}

Status PushStatusStore::Create(const OfflinePush& push) {
  const std::string root = paths::OfflinePush(cluster_, push.topic);
  VENICE_TRY(zk::EnsurePath(zk_, paths::OfflinePushes(cluster_)));
  const auto create = [&](const std::string& path, const std::string& data) -> Status {
    Result<std::string> made = zk_.Create(path, data);
    if (!made.ok() && made.error().code() != ErrorCode::kAlreadyExists) return std::move(made).error();
    return Ok();
  };
  std::vector<zk::Op> ops{zk::Op::Create(root, ToZooKeeperJson(push))};
  for (int32_t p = 0; p < push.partition_count; ++p) {
    PartitionStatus empty;
    empty.partition = p;
    ops.push_back(zk::Op::Create(root + "/" + std::to_string(p), ToZooKeeperJson(empty)));
  }
  // One request is bounded to 1 MiB: a few hundred small nodes fit well.
  if (ops.size() <= 500 && zk_.Multi(ops).ok()) return Ok();
  for (const zk::Op& op : ops) VENICE_TRY(create(op.path, op.data));
  return Ok();
}

Result<std::optional<OfflinePush>> PushStatusStore::Read(const std::string& topic) {
  VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(paths::OfflinePush(cluster_, topic)));
  if (!node || node->data.empty()) return std::optional<OfflinePush>();
  VENICE_ASSIGN(OfflinePush push, ParseOfflinePush(node->data));
  push.topic = topic;
  return std::optional<OfflinePush>(std::move(push));
}

Result<bool> PushStatusStore::Update(const std::string& topic, const std::function<void(OfflinePush&)>& mutate) {
  const std::string path = paths::OfflinePush(cluster_, topic);
  for (int attempt = 0; attempt < kWriteAttempts; ++attempt) {
    VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(path));
    if (!node || node->data.empty()) return false;
    VENICE_ASSIGN(OfflinePush push, ParseOfflinePush(node->data));
    push.topic = topic;
    mutate(push);
    Result<zk::Stat> set = zk_.Set(path, ToZooKeeperJson(push), node->stat.version);
    if (set.ok()) return true;
    if (set.error().code() == ErrorCode::kNotFound) return false;
    if (set.error().code() != ErrorCode::kConflict) return std::move(set).error();
  }
  return Error(ErrorCode::kConflict, "update push record " + path + ": lost too many races");
}

Result<PartitionStatus> PushStatusStore::ReadPartition(const std::string& topic, int32_t partition,
                                                       zk::Watcher watcher) {
  const std::string path = paths::OfflinePushPartition(cluster_, topic, partition);
  VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(path, std::move(watcher)));
  PartitionStatus status;
  status.partition = partition;
  if (!node || node->data.empty()) return status;
  return ParsePartitionStatus(node->data);
}

Result<std::vector<std::string>> PushStatusStore::List() {
  VENICE_ASSIGN(std::optional<std::vector<std::string>> topics, zk_.Children(paths::OfflinePushes(cluster_)));
  return topics ? *std::move(topics) : std::vector<std::string>();
}

Status PushStatusStore::Delete(const std::string& topic) {
  return zk::DeleteRecursively(zk_, paths::OfflinePush(cluster_, topic));
}

}  // namespace venice::metadata
