// Handlers of versions and pushes.
#include <charconv>

#include "base/encoding.h"
#include "base/log.h"
#include "controller/handlers.h"
#include "protocol/topic_name.h"

namespace venice::controller {

namespace {

namespace param = controller_api::param;
using metadata::ExecutionStatus;
using metadata::Store;
using metadata::Version;
using metadata::VersionStatus;

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find(',', start), text.size());
    if (end > start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

void Answer(Call& call, const Version& version) {
  call.out["version"] = version.number;
  call.out["partitions"] = version.partition_count;
  call.out["replicas"] = version.replication_factor;
  call.out["kafkaTopic"] = version.Topic();
  call.out["kafkaBootstrapServers"] = call.settings.kafka_bootstrap_servers;
  call.out["enableSSL"] = false;
  call.out["compressionStrategy"] = std::string(ToText(version.compression));
  call.out["partitionerClass"] = version.partitioner.partitioner_class;
  call.out["partitionerParams"] = version.partitioner.params;
  call.out["amplificationFactor"] = 1;
  call.out["daVinciPushStatusStoreEnabled"] = false;
  call.out["kafkaSourceRegion"] = nullptr;
  call.out["degradedDatacenters"] = Json::array();
}

Status RequestTopic(Call& call) {
  PushRequest request;
  request.store = call.Store();
  request.push_job_id = call.Text(param::kPushJobId);
  const std::string type = call.Text(param::kPushType);
  const auto push_type = metadata::ParsePushType(type);
  if (!push_type)
    return Error(ErrorCode::kInvalidArgument,
                 "parameter push_type=" + type + ": must be BATCH, STREAM_REPROCESSING, STREAM or INCREMENTAL");
  request.push_type = *push_type;
  VENICE_ASSIGN(request.start_of_push, call.Bool(param::kStartOfPush, false));
  VENICE_ASSIGN(request.sorted, call.Bool(param::kSortedOrder, false));
  VENICE_ASSIGN(request.defer_version_swap, call.Bool(param::kDeferVersionSwap, false));
  request.partitioners = SplitCommas(call.Text(param::kPartitioners));
  request.targeted_regions = call.Text(param::kTargetedRegions);
  if (const std::string dictionary = call.Text(param::kDictionary); !dictionary.empty()) {
    Result<std::string> bytes = Base64Decode(dictionary);
    if (!bytes.ok()) return std::move(bytes).error().In("parameter compression_dictionary");
    request.dictionary = std::move(bytes).value();
  }
  if (!call.Text("repush_source_version").empty()) {
    VENICE_ASSIGN(request.repush_source_version, call.Integer("repush_source_version"));
  }
  if (!call.Text("repush_ttl_seconds").empty()) {
    VENICE_ASSIGN(request.repush_ttl_seconds, call.Integer("repush_ttl_seconds"));
  }
  VENICE_ASSIGN(const Version version, call.cluster->versions().StartPush(request));
  Answer(call, version);
  return Ok();
}

Status EmptyPush(Call& call) {
  VENICE_ASSIGN(const Version version, call.cluster->versions().EmptyPush(call.Store(), call.Text(param::kPushJobId)));
  Answer(call, version);
  return Ok();
}

// A JSON object whose names are partitions.
Result<std::map<int32_t, Json>> PartitionObject(const Call& call, std::string_view name) {
  std::map<int32_t, Json> result;
  const std::string text = call.Text(name);
  if (text.empty()) return result;
  const auto bad = [&](const std::string& why) {
    return Error(ErrorCode::kInvalidArgument,
                 "parameter " + std::string(name) + ": must be a JSON object with partitions as names; " + why);
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return bad("it is no JSON object");
  for (const auto& [key, value] : json.items()) {
    int32_t partition = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), partition);
    if (error != std::errc() || end != key.data() + key.size() || partition < 0)
      return bad("'" + key + "' is no partition");
    result[partition] = value;
  }
  return result;
}

Status EndOfPush(Call& call) {
  VENICE_ASSIGN(const int32_t version, call.Integer(param::kVersion));
  std::map<int32_t, int64_t> counts;
  VENICE_ASSIGN(const auto count_values, PartitionObject(call, param::kRecordCounts));
  for (const auto& [partition, value] : count_values) {
    if (!value.is_number_integer() || value.get<int64_t>() < 0)
      return Error(ErrorCode::kInvalidArgument, "parameter partition_record_counts: the count of partition " +
                                                    std::to_string(partition) + " is no whole number");
    counts[partition] = value.get<int64_t>();
  }
  std::map<int32_t, protocol::PartitionDigest> digests;
  VENICE_ASSIGN(const auto digest_values, PartitionObject(call, param::kRecordDigests));
  for (const auto& [partition, value] : digest_values) {
    const std::string where =
        "parameter partition_record_digests: the digest of partition " + std::to_string(partition);
    if (!value.is_string()) return Error(ErrorCode::kInvalidArgument, where + " is no text");
    Result<std::string> bytes = HexDecode(value.get<std::string>());
    if (!bytes.ok()) return Error(ErrorCode::kInvalidArgument, where + " is not hexadecimal");
    Result<protocol::PartitionDigest> digest = protocol::PartitionDigest::Decode(*bytes);
    if (!digest.ok()) return Error(ErrorCode::kInvalidArgument, where + ": " + digest.error().message());
    digests[partition] = *digest;
  }
  return call.cluster->versions().EndPush(call.Store(), version, counts, digests);
}

ExecutionStatus StatusOf(const Version& version) {
  switch (version.status) {
    case VersionStatus::kOnline:
    case VersionStatus::kPushed:
    case VersionStatus::kPartiallyOnline:
    case VersionStatus::kRolledBack:
      return ExecutionStatus::kCompleted;
    case VersionStatus::kError:
    case VersionStatus::kKilled:
      return ExecutionStatus::kError;
    default:
      return ExecutionStatus::kStarted;
  }
}

std::string Describe(const PushProgress& progress, const helix::ClusterView& view) {
  std::string text = std::to_string(progress.partitions_completed) + " of " + std::to_string(progress.partitions) +
                     " partitions complete";
  if (progress.partitions_end_of_push > 0)
    text += ", " + std::to_string(progress.partitions_end_of_push) + " received the end of push";
  if (progress.partitions_unassigned > 0)
    text += ", " + std::to_string(progress.partitions_unassigned) + " without a replica (" +
            std::to_string(view.live.size()) + " storage nodes are connected)";
  return text;
}

Json Uncompleted(const PushProgress& progress) {
  std::map<int32_t, Json> by_partition;
  for (const PushProgress::Replica& replica : progress.uncompleted) {
    Json row;
    row["instanceId"] = replica.instance;
    row["status"] = std::string(ToText(replica.status));
    row["currentOffset"] = -1;
    row["statusDetails"] = replica.details;
    Json& list = by_partition[replica.partition];
    if (!list.is_array()) list = Json::array();
    list.push_back(std::move(row));
  }
  Json partitions = Json::array();
  for (auto& [partition, replicas] : by_partition) {
    Json row;
    row["partitionId"] = partition;
    row["uncompletedReplicas"] = std::move(replicas);
    partitions.push_back(std::move(row));
  }
  return partitions;
}

Status Job(Call& call) {
  VENICE_ASSIGN(const int32_t number, call.Integer(param::kVersion));
  if (!call.Text("incremental_push_version").empty())
    return Error(ErrorCode::kUnsupported, "incremental pushes are not supported by this build");
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const Store store, context.Store(call.Store()));
  const std::string topic = protocol::VersionTopic(store.name, number);
  VENICE_ASSIGN(const std::optional<metadata::OfflinePush> record, context.pushes.Read(topic));
  const Version* version = store.FindVersion(number);

  ExecutionStatus status = ExecutionStatus::kNotCreated;
  std::string details = "version " + std::to_string(number) + " of store " + store.name + " does not exist" +
                        (number <= store.largest_used_version && number > 0 ? " any more" : "");
  if (record) {
    status = record->status;
    details = record->status_details;
  } else if (version != nullptr) {
    status = StatusOf(*version);
    details = "";
  }
  call.out["version"] = number;
  call.out["statusUpdateTimestamp"] = nullptr;
  call.out["extraInfo"] = Json::object();
  call.out["extraDetails"] = Json::object();
  call.out["extraInfoUpdateTimestamp"] = Json::object();
  call.out["uncompletedPartitions"] = nullptr;
  if (!metadata::IsTerminal(status))
    if (const std::optional<PushProgress> progress = call.cluster->versions().monitor().Progress(topic)) {
      details = Describe(*progress, *context.spectator.View());
      if (!call.Text("fabric").empty()) call.out["uncompletedPartitions"] = Uncompleted(*progress);
    }
  call.out["status"] = std::string(ToText(status));
  call.out["statusDetails"] = details;
  return Ok();
}

// Venice keeps these reports in a system store, which does not exist yet; a job must not fail for that.
Status SendPushJobDetails(Call& call) {
  LogDebug("push.job_details",
           {{"store", call.Store()}, {"version", call.Text(param::kVersion)}, {"bytes", call.body.size()}});
  return Ok();
}

Status Kill(Call& call) { return call.cluster->versions().KillPush(call.Text(param::kTopic)); }

Status SetVersion(Call& call) {
  VENICE_ASSIGN(const int32_t number, call.Integer(param::kVersion));
  VENICE_TRY(call.cluster->versions().SetCurrentVersion(call.Store(), number));
  call.out["version"] = number;
  return Ok();
}

bool ThisRegion(const Call& call) {
  const std::string filter = call.Text("regions_filter");
  return filter.empty() || call.settings.region.empty() ||
         ("," + filter + ",").find("," + call.settings.region + ",") != std::string::npos;
}

Status Rollback(Call& call) {
  if (!ThisRegion(call)) return Ok();
  VENICE_TRY(call.cluster->versions().Rollback(call.Store()));
  return Ok();
}

Status RollForward(Call& call) {
  if (!ThisRegion(call)) return Ok();
  VENICE_TRY(call.cluster->versions().RollForward(call.Store()));
  return Ok();
}

Status DeleteAllVersions(Call& call) {
  VENICE_ASSIGN(const std::vector<int32_t> numbers, call.cluster->versions().DeleteAllVersions(call.Store()));
  call.out["versions"] = numbers;
  call.out["executionId"] = 0;
  return Ok();
}

Status DeleteOldVersion(Call& call) {
  VENICE_ASSIGN(const int32_t number, call.Integer(param::kVersion));
  VENICE_TRY(call.cluster->versions().DeleteOldVersion(call.Store(), number));
  call.out["version"] = number;
  return Ok();
}

Status ListFutureVersions(Call& call) {
  VENICE_ASSIGN(const Store store, call.cluster->context().Store(call.Store()));
  call.out["storeStatusMap"][store.name] = std::to_string(VersionAdmin::FutureVersion(store));
  return Ok();
}

Status ListBackupVersions(Call& call) {
  VENICE_ASSIGN(const Store store, call.cluster->context().Store(call.Store()));
  call.out["storeStatusMap"][store.name] = std::to_string(VersionAdmin::BackupVersion(store));
  return Ok();
}

Status ListBootstrappingVersions(Call& call) {
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const std::vector<std::string> names, context.stores.List());
  Json states = Json::object();
  for (const std::string& name : names) {
    VENICE_ASSIGN(const std::optional<Store> store, context.stores.Read(name));
    if (!store) continue;
    for (const Version& version : store->versions)
      if (version.status == VersionStatus::kStarted) states[version.Topic()] = std::string(ToText(version.status));
  }
  call.out["versionStatusMap"] = std::move(states);
  return Ok();
}

Status GetRepushInfo(Call& call) {
  VENICE_ASSIGN(const Store store, call.cluster->context().Store(call.Store()));
  const Version* version = store.CurrentVersion();
  if (version == nullptr)
    return Error(ErrorCode::kInvalidArgument,
                 "store " + store.name + " has no current version to push again; push data first");
  Json info;
  info["kafkaBrokerUrl"] = call.settings.kafka_bootstrap_servers;
  info["version"] = Json::parse(metadata::ToJson(*version));
  info["systemSchemaClusterD2ServiceName"] = nullptr;
  info["systemSchemaClusterD2ZkHost"] = nullptr;
  call.out["repushInfo"] = std::move(info);
  return Ok();
}

Status GetLargestUsedVersion(Call& call) {
  ClusterContext& context = call.cluster->context();
  VENICE_ASSIGN(const std::optional<Store> store, context.stores.Read(call.Store()));
  if (store) {
    call.out["version"] = store->largest_used_version;
    return Ok();
  }
  // Of a deleted store the graveyard knows.
  VENICE_ASSIGN(const std::optional<metadata::GraveyardEntry> buried, context.stores.ReadGraveyard(call.Store()));
  call.out["version"] = buried ? buried->store.largest_used_version : 0;
  return Ok();
}

}  // namespace

void AddVersionHandlers(HandlerTable& table) {
  table["/request_topic"] = RequestTopic;
  table["/empty_push"] = EmptyPush;
  table["/end_of_push"] = EndOfPush;
  table["/job"] = Job;
  table["/send_push_job_details"] = SendPushJobDetails;
  table["/kill_offline_push_job"] = Kill;
  table["/set_version"] = SetVersion;
  table["/rollback_to_backup_version"] = Rollback;
  table["/roll_forward_to_future_version"] = RollForward;
  table["/delete_all_versions"] = DeleteAllVersions;
  table["/delete_old_version"] = DeleteOldVersion;
  table["/list_future_versions"] = ListFutureVersions;
  table["/list_backup_versions"] = ListBackupVersions;
  table["/list_bootstrapping_versions"] = ListBootstrappingVersions;
  table["/get_repush_info"] = GetRepushInfo;
  table["/get_store_largest_used_version"] = GetLargestUsedVersion;
}

}  // namespace venice::controller
