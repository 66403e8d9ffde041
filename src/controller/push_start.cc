// VersionAdmin: from the request of a push to its end-of-push records.
#include <algorithm>

#include "base/log.h"
#include "base/wait.h"
#include "controller/schema_admin.h"
#include "controller/version_admin.h"
#include "helix/paths.h"
#include "protocol/compression.h"
#include "protocol/topic_name.h"

namespace venice::controller {

using metadata::ExecutionStatus;
using metadata::Store;
using metadata::Version;
using metadata::VersionStatus;

namespace {

constexpr int kTopicAttempts = 10;
constexpr std::chrono::milliseconds kStorageNodeWait{2'000};
constexpr const char* kStartOfPushSent = "startOfPushSent";
constexpr const char* kEndOfPushSent = "endOfPushSent";

bool IsRunning(const Version& version) {
  return version.status == VersionStatus::kStarted || version.status == VersionStatus::kCreated;
}

bool IsRepush(const std::string& push_job_id) {
  return push_job_id.starts_with("venice_re_push_") || push_job_id.starts_with("venice_ttl_re_push_");
}

// Venice trains a dictionary on made-up records when a job brings none; any valid dictionary will do, as the job
// compresses with what the start of push carries.
Result<std::string> SyntheticDictionary() {
  std::vector<std::string> samples;
  for (int i = 0; i < 2'000; ++i) {
    std::string sample = "record " + std::to_string(i) + " of a synthetic sample ";
    for (int k = 0; k < 8; ++k) sample += std::to_string((i * 2654435761u) >> k) + (k % 2 == 0 ? " value " : " field ");
    samples.push_back(std::move(sample));
  }
  const std::vector<std::string_view> views(samples.begin(), samples.end());
  return protocol::ZstdDictionary::Train(views, 4096);
}

}  // namespace

Result<int32_t> PartitionCountFor(const Store& store, const ControllerSettings& settings) {
  if (store.partition_count != 0) return store.partition_count;
  if (store.storage_quota_bytes == metadata::kUnlimited) return settings.partition_count_max;
  if (store.storage_quota_bytes <= 0)
    return Error(ErrorCode::kInvalidConfig, "store " + store.name + " has a storage quota of " +
                                                std::to_string(store.storage_quota_bytes) +
                                                " bytes; set storage_quota_in_byte or partition_count");
  int64_t count = store.storage_quota_bytes / settings.partition_bytes;
  const int64_t step = settings.partition_count_round_up;
  count = (count + step - 1) / step * step;
  return static_cast<int32_t>(std::clamp<int64_t>(count, settings.partition_count, settings.partition_count_max));
}

Result<Version> VersionAdmin::StartPush(const PushRequest& request) {
  const StoreLocks::Guard guard = context_.locks.Lock(request.store);
  VENICE_ASSIGN(const Store store, context_.Store(request.store));

  // The same push again, because its first answer was lost: the same version.
  for (const Version& version : store.versions) {
    if (version.push_job_id != request.push_job_id) continue;
    VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context_.pushes.Read(version.Topic()));
    if (version.status == VersionStatus::kError || version.status == VersionStatus::kKilled) {
      if (!record) continue;  // never got as far as an answer
      return Error(ErrorCode::kPushFailed, "push " + request.push_job_id + " failed as version " +
                                               std::to_string(version.number) + ": " + record->status_details +
                                               "; start a new push with a new push_job_id");
    }
    if (IsRunning(version)) VENICE_TRY(WriteStartOfPushOnce(version, request));
    return version;
  }

  VENICE_TRY(MayStart(store, request));
  VENICE_TRY(CompleteSchemas(context_, store));
  VENICE_ASSIGN(const Version version, CreateVersion(store, request));
  if (Status launched = Launch(version, request); !launched.ok()) {
    Error error =
        std::move(launched).error().In("start version " + std::to_string(version.number) + " of " + store.name);
    LogError("push.start_failed", {{"topic", version.Topic()}, {"error", error.ToString()}});
    SetPushStatus(version.Topic(), ExecutionStatus::kError, error.message()).ok();
    if (Status deleted = DeleteVersionLocked(store.name, version.number); !deleted.ok())
      LogError("push.start_cleanup_failed", {{"topic", version.Topic()}, {"error", deleted.error().ToString()}});
    return error;
  }
  LogInfo("push.started", {{"cluster", context_.name},
                           {"topic", version.Topic()},
                           {"partitions", version.partition_count},
                           {"push_job_id", version.push_job_id}});
  if (store.backup_strategy == metadata::BackupStrategy::kDeleteOnNewPushStart &&
      context_.settings.early_delete_backup && !IsRepush(request.push_job_id))
    in_background_([this, name = store.name] {
      if (Status retired = Retire(name, true); !retired.ok())
        LogWarning("version.retire_failed", {{"store", name}, {"error", retired.error().ToString()}});
    });
  return version;
}

Status VersionAdmin::MayStart(const Store& store, const PushRequest& request) {
  if (!store.enable_writes)
    return Error(ErrorCode::kStoreDisabled, "store " + store.name +
                                                " is disabled for writing; enable it first: enable_store with "
                                                "operation=write and status=true");
  if (request.push_type != metadata::PushType::kBatch)
    return Error(ErrorCode::kUnsupported,
                 "push type " + std::string(ToText(request.push_type)) +
                     " is not supported: this build pushes whole versions; use push_type=BATCH");
  const auto& classes = request.partitioners;
  if (!classes.empty() &&
      std::find(classes.begin(), classes.end(), store.partitioner.partitioner_class) == classes.end())
    return Error(ErrorCode::kInvalidArgument, "store " + store.name + " uses partitioner " +
                                                  store.partitioner.partitioner_class +
                                                  ", which is not among those of the job");
  for (const Version& version : store.versions)
    if (IsRunning(version))
      return Error(ErrorCode::kConcurrentPush,
                   "Unable to start the push with pushJobId " + request.push_job_id + " for store " + store.name +
                       ". An ongoing push with pushJobId " + version.push_job_id + " and topic " + version.Topic() +
                       " is found and it must be terminated before another push can be started: wait for it, or "
                       "kill it with kill-job (/kill_offline_push_job?topic=" +
                       version.Topic() + ")");
  const int64_t now = context_.clock.WallMs();
  const int64_t since_promotion =
      store.latest_version_promote_ms > 0 ? now - store.latest_version_promote_ms : INT64_MAX;
  if (since_promotion < context_.settings.rolled_back_version_retention.count())
    for (const Version& version : store.versions)
      if (version.status == VersionStatus::kRolledBack && version.number > store.current_version)
        return Error(ErrorCode::kInvalidArgument,
                     "store " + store.name + " was rolled back from version " + std::to_string(version.number) +
                         " less than " +
                         std::to_string(context_.settings.rolled_back_version_retention.count() / 3'600'000) +
                         " hours ago, and that version is kept for examination. Delete it to push again "
                         "(delete_old_version with version=" +
                         std::to_string(version.number) + "), or roll forward");
  Store with_next = store;
  with_next.versions.push_back({.number = store.largest_used_version + 1});
  const int32_t preserve =
      store.num_versions_to_preserve > 0 ? store.num_versions_to_preserve : context_.settings.versions_to_preserve;
  if (since_promotion < context_.settings.backup_version_min_cleanup_delay.count() &&
      !VersionsToDelete(with_next, preserve, true).empty())
    return Error(ErrorCode::kInvalidArgument, "a backup version of store " + store.name +
                                                  " is too young to be removed for a new push "
                                                  "(controller.backup.version.min.cleanup.delay.ms); try again later");
  // Just after a start, nodes that live may not be seen yet.
  if (!WaitUntil([&] { return !context_.spectator.View()->live.empty(); }, kStorageNodeWait))
    return Error(ErrorCode::kNotReady, "no storage node is connected to cluster " + context_.name +
                                           ", so no version can be served: start venice-server and push again");
  return Ok();
}

// A number is used up before anything carries it, so that a crash leaves a gap and never two uses of one number.
Result<int32_t> VersionAdmin::ReserveVersionWithTopic(const std::string& store, int32_t partitions) {
  for (int attempt = 0; attempt < kTopicAttempts; ++attempt) {
    VENICE_ASSIGN(const Store reserved, context_.stores.Update(store, [](Store& record) -> Status {
      ++record.largest_used_version;
      return Ok();
    }));
    const int32_t number = reserved.largest_used_version;
    Status created = context_.topics.CreateVersionTopic(protocol::VersionTopic(store, number), partitions);
    if (created.ok()) return number;
    if (created.error().code() != ErrorCode::kAlreadyExists) return std::move(created).error();
    LogWarning("push.topic_exists", {{"topic", protocol::VersionTopic(store, number)}});
  }
  return Error(ErrorCode::kConflict, "the log holds topics of store " + store +
                                         " from another life; delete them, or raise "
                                         "largest_used_version_number above theirs with update_store");
}

Result<Version> VersionAdmin::CreateVersion(const Store& store, const PushRequest& request) {
  VENICE_ASSIGN(const int32_t partitions, PartitionCountFor(store, context_.settings));
  Version version;
  VENICE_ASSIGN(version.number, ReserveVersionWithTopic(store.name, partitions));
  version.store_name = store.name;
  version.created_ms = context_.clock.WallMs();
  version.push_job_id = request.push_job_id;
  version.push_type = request.push_type;
  version.partition_count = partitions;
  version.defer_version_swap = request.defer_version_swap;
  version.repush_source_version = request.repush_source_version;
  version.repush_ttl_seconds = request.repush_ttl_seconds;
  version.target_swap_region = request.targeted_regions;
  // Copied from the store, so that later changes of the store leave this version alone (reference 2.2). The hybrid
  // configuration is not: versions are batch versions until real-time ingestion exists (docs/decisions).
  version.compression = store.compression;
  version.chunking_enabled = store.chunking_enabled;
  version.rmd_chunking_enabled = store.rmd_chunking_enabled;
  version.partitioner = store.partitioner;
  version.native_replication_enabled = store.native_replication_enabled;
  version.native_replication_source_fabric = store.native_replication_source_fabric;
  version.replication_factor = store.replication_factor;
  version.separate_real_time_topic_enabled = store.separate_real_time_topic_enabled;
  version.blob_transfer_enabled = store.blob_transfer_enabled;
  version.blob_transfer_in_server = store.blob_transfer_in_server;
  version.blob_db = store.blob_db;
  version.storage_mode = store.storage_mode;
  version.target_swap_region_wait_minutes = store.target_swap_region_wait_minutes;
  version.global_rt_div_enabled = store.global_rt_div_enabled;
  version.views = store.views;
  version.key_urn_compression_enabled = store.key_urn_compression_enabled;
  version.key_urn_fields = store.key_urn_fields;
  version.previous_current_version = store.current_version;
  VENICE_TRY(context_.stores.Update(store.name, [&](Store& record) -> Status {
    if (record.FindVersion(version.number) == nullptr) record.versions.push_back(version);
    return Ok();
  }));
  return version;
}

// Push status nodes before the Helix resource: a server reports as soon as it has a replica.
Status VersionAdmin::Launch(const Version& version, const PushRequest& request) {
  const std::string topic = version.Topic();
  metadata::OfflinePush push;
  push.topic = topic;
  push.partition_count = version.partition_count;
  push.replication_factor = version.replication_factor;
  VENICE_ASSIGN(const Store store, context_.Store(version.store_name));
  push.strategy = store.offline_push_strategy;
  push.status = ExecutionStatus::kStarted;
  push.status_details = "Helix Resource not created.";
  push.history.push_back({ExecutionStatus::kStarted, metadata::LocalDateTimeText(context_.clock.WallMs()), ""});
  VENICE_TRY(context_.pushes.Create(push));

  VENICE_TRY(WriteStartOfPushOnce(version, request));
  helix::ResourceSettings resource;
  resource.name = topic;
  resource.partitions = version.partition_count;
  resource.replicas = version.replication_factor;
  if (Status added = context_.helix.AddResource(context_.name, resource);
      !added.ok() && added.error().code() != ErrorCode::kAlreadyExists)
    return added;
  // A leader that was replaced meanwhile must not leave a resource behind that no version owns.
  VENICE_ASSIGN(const Store now, context_.Store(version.store_name));
  if (now.FindVersion(version.number) == nullptr)
    return Error(ErrorCode::kConflict,
                 "the version was removed while it was being started, by another controller; push again");
  monitor_.Watch(topic);
  return Ok();
}

Status VersionAdmin::WriteStartOfPushOnce(const Version& version, const PushRequest& request) {
  if (!request.start_of_push) return Ok();
  VENICE_ASSIGN(std::optional<metadata::OfflinePush> record, context_.pushes.Read(version.Topic()));
  if (!record || record->properties.contains(kStartOfPushSent)) return Ok();
  writer::PushStart start;
  start.sorted = request.sorted;
  start.chunked = version.chunking_enabled;
  VENICE_ASSIGN(start.compression, protocol::CompressionStrategyFromId(static_cast<int32_t>(version.compression)));
  if (start.compression == protocol::CompressionStrategy::kZstdWithDict) {
    start.dictionary = request.dictionary;
    if (start.dictionary.empty()) {
      VENICE_ASSIGN(start.dictionary, SyntheticDictionary());
    }
  }
  VENICE_TRY(context_.topics.WriteStartOfPush(version.Topic(), version.partition_count, start));
  VENICE_TRY(context_.pushes.Update(version.Topic(),
                                    [](metadata::OfflinePush& push) { push.properties[kStartOfPushSent] = "true"; }));
  return Ok();
}

Status VersionAdmin::EndPush(const std::string& store_name, int32_t number, const std::map<int32_t, int64_t>& counts,
                             const std::map<int32_t, protocol::PartitionDigest>& digests) {
  const StoreLocks::Guard guard = context_.locks.Lock(store_name);
  VENICE_ASSIGN(const Store store, context_.Store(store_name));
  const Version* version = store.FindVersion(number);
  VENICE_ASSIGN(std::optional<metadata::OfflinePush> record,
                context_.pushes.Read(protocol::VersionTopic(store_name, number)));
  if (version == nullptr)
    return Error(ErrorCode::kNotFound,
                 "version " + std::to_string(number) + " of store " + store_name + " does not exist" +
                     (record ? " any more: " + record->status_details : "; request_topic makes versions"));
  if (!IsRunning(*version)) {
    if (record && record->properties.contains(kEndOfPushSent)) return Ok();
    return Error(ErrorCode::kInvalidArgument, "version " + std::to_string(number) + " of store " + store_name + " is " +
                                                  std::string(ToText(version->status)) + ": its push has ended");
  }
  if (record && record->properties.contains(kEndOfPushSent)) return Ok();

  std::vector<protocol::PartitionDigest> all;
  if (!digests.empty()) {
    all.resize(static_cast<size_t>(version->partition_count));
    for (const auto& [partition, digest] : digests) {
      if (partition < 0 || partition >= version->partition_count)
        return Error(ErrorCode::kInvalidArgument,
                     "digest of partition " + std::to_string(partition) + ", but version " + std::to_string(number) +
                         " has partitions 0 to " + std::to_string(version->partition_count - 1));
      all[static_cast<size_t>(partition)] = digest;
      const auto count = counts.find(partition);
      if (count != counts.end() && count->second != static_cast<int64_t>(digest.count()))
        return Error(ErrorCode::kInvalidArgument, "partition " + std::to_string(partition) + ": record count " +
                                                      std::to_string(count->second) + " differs from the digest's " +
                                                      std::to_string(digest.count()));
    }
  }
  for (const auto& [partition, count] : counts)
    if (partition < 0 || partition >= version->partition_count || count < 0)
      return Error(ErrorCode::kInvalidArgument, "record count of partition " + std::to_string(partition) +
                                                    " is out of range for version " + std::to_string(number));
  std::vector<int64_t> all_counts;
  if (!counts.empty()) {
    all_counts.assign(static_cast<size_t>(version->partition_count), -1);
    for (const auto& [partition, count] : counts) all_counts[static_cast<size_t>(partition)] = count;
  }
  VENICE_TRY(context_.topics.WriteEndOfPush(version->Topic(), version->partition_count, all, all_counts));
  LogInfo("push.end_of_push_written", {{"cluster", context_.name}, {"topic", version->Topic()}});
  VENICE_TRY(context_.pushes.Update(version->Topic(),
                                    [](metadata::OfflinePush& push) { push.properties[kEndOfPushSent] = "true"; }));
  return Ok();
}

Result<Version> VersionAdmin::EmptyPush(const std::string& store, const std::string& push_job_id) {
  PushRequest request;
  request.store = store;
  request.push_job_id = push_job_id;
  request.start_of_push = true;
  request.sorted = true;
  VENICE_ASSIGN(const Version version, StartPush(request));
  if (!IsRunning(version)) return version;
  std::map<int32_t, protocol::PartitionDigest> digests;
  for (int32_t p = 0; p < version.partition_count; ++p) digests[p] = {};
  VENICE_TRY(EndPush(store, version.number, {}, digests));
  return version;
}

}  // namespace venice::controller
