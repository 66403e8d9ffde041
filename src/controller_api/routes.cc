#include "controller_api/routes.h"

#include <string>

namespace venice::controller_api {

namespace {

using enum Answers;
using enum ClusterName;
using P = RouteParameter;

constexpr P kStoreParameter{param::kStore, true, "Name of the store."};
constexpr P kVersionParameter{param::kVersion, true, "Number of the version."};

constexpr P kStoreOnly[] = {kStoreParameter};
constexpr P kStoreAndVersion[] = {kStoreParameter, kVersionParameter};
constexpr P kStoreAndRegions[] = {kStoreParameter,
                                  {"regions_filter", false, "Comma-separated regions to act in; all when absent."}};
constexpr P kNewStore[] = {
    kStoreParameter,
    {param::kKeySchema, true, "Avro schema of the keys, as JSON. It can never change."},
    {param::kValueSchema, true, "Avro schema of the values, as JSON; becomes value schema 1."},
    {param::kOwner, false, "Who owns the store."},
    {"is_system_store", false, "true for Venice's own stores."},
    {"access_permission", false, "Access rules, as JSON. Accepted and ignored: access control is not enforced yet."},
};
constexpr P kListStores[] = {
    {"include_system_stores", false, "Whether to list Venice's own stores too. Default: true."},
    {"store_config_name_filter", false, "List only stores where this property has the value of the next parameter."},
    {"store_config_value_filter", false, "See store_config_name_filter; both or none."},
};
constexpr P kDeleteStore[] = {kStoreParameter, {"is_abort_migration_cleanup", false, "Used by store migration."}};
constexpr P kEnableStore[] = {
    kStoreParameter,
    {"operation", true, "What to switch: read, write or readwrite."},
    {"status", true, "true or false."},
};
constexpr P kSetOwner[] = {kStoreParameter, {param::kOwner, true, "Who owns the store."}};
constexpr P kAddValueSchema[] = {
    kStoreParameter,
    {param::kValueSchema, true, "Avro schema, as JSON."},
    {param::kSchemaId, false, "The id it must get; refused when another id would follow."},
    {"schema_compat_type", false, "FULL (default), BACKWARD, FORWARD or NONE; only read together with schema_id."},
};
constexpr P kGetValueSchema[] = {kStoreParameter, {param::kSchemaId, true, "Id of the value schema."}};
constexpr P kGetValueSchemaId[] = {kStoreParameter, {param::kValueSchema, true, "Avro schema to look up, as JSON."}};
constexpr P kRestSchemas[] = {
    {"derived", false, "true: also the update schemas and replication metadata schemas. Default: false."},
};
constexpr P kRestAddSchema[] = {
    {param::kValueSchema, false, "Avro schema, as JSON, in a form body. Without it the whole body is the schema."},
    {param::kDryRun, false, "true: says what would happen and writes nothing. Default: false."},
};
constexpr P kRequestTopic[] = {
    kStoreParameter,
    {param::kPushType, true, "BATCH. (STREAM, STREAM_REPROCESSING and INCREMENTAL need a hybrid store.)"},
    {param::kPushJobId, true, "Id of the push. The same id gets the same version again."},
    {param::kStartOfPush, false, "Whether the controller writes the start-of-push record. Default: false."},
    {param::kSortedOrder, false, "Whether every partition's keys will come in ascending order. Default: false."},
    {param::kPartitioners, false, "Comma-separated partitioner classes the job knows; the store's must be among them."},
    {param::kDictionary, false, "Base64 of the zstd dictionary, for ZSTD_WITH_DICT."},
    {param::kDeferVersionSwap, false, "Do not make the version current when it is complete. Default: false."},
    {param::kTargetedRegions, false, "Comma-separated regions to push to."},
    {"is_write_compute_enabled", false, "Whether the job sends partial updates."},
    {"separate_realtime_topic_enabled", false, "Whether incremental pushes use their own topic."},
    {"source_grid_fabric", false, "Region in which the job runs."},
    {"batch_job_heartbeat_enabled", false, "Whether the job sends heartbeats."},
    {"rewind_time_in_seconds_override", false, "Rewind time of this version; -1: the store's."},
    {"repush_source_version", false, "Version whose topic is the input; -1: none."},
    {"repush_ttl_seconds", false, "Age above which a repush drops records; -1: none."},
    {"store_size", false, "Sent by old jobs; ignored."},
};
constexpr P kEmptyPush[] = {kStoreParameter,
                            {param::kPushJobId, true, "Id of the push."},
                            {"store_size", false, "Sent by old tools; ignored."}};
constexpr P kEndOfPush[] = {
    kStoreParameter,
    kVersionParameter,
    {param::kRecordCounts, false, "JSON object: partition -> number of records written."},
    {param::kRecordDigests, false, "JSON object: partition -> hexadecimal content digest (24 bytes)."},
};
constexpr P kJob[] = {
    kStoreParameter,
    kVersionParameter,
    {"incremental_push_version", false, "Asks for the state of an incremental push instead."},
    {param::kTargetedRegions, false, "Regions to report; all when absent."},
    {"target_region_push_with_deferred_swap", false, "Whether the push swaps region by region."},
    {"fabric", false, "Region to list unfinished replicas of."},
};
constexpr P kKill[] = {{param::kTopic, true, "Version topic of the push, <store>_v<n>."}};
constexpr P kStorageNode[] = {{param::kStorageNode, true, "Storage node, as host_port."}};
constexpr P kNodeRemovable[] = {
    {param::kStorageNode, true, "Storage node, as host_port."},
    {"to_be_stopped_instances", false, "Comma-separated nodes that are about to stop as well."},
};
constexpr P kInstancesHealth[] = {
    {"enable_disabled_replicas", false, "true also enables replicas again that were disabled."}};
constexpr P kRepushInfo[] = {kStoreParameter, {"fabric", false, "Region to read from."}};

constexpr P kUpdateStore[] = {
    kStoreParameter,
    {"owner", false, "Who owns the store."},
    {"version", false, "Makes this version current."},
    {"largest_used_version_number", false, "The next push gets the number after this one; it can only grow."},
    {"largest_used_rt_version_number", false, "Number of the newest real-time topic."},
    {"partition_count", false, "Partitions of versions to come; 0 computes it for each push."},
    {"partitioner_class", false, "Class name of the partitioner of versions to come."},
    {"partitioner_params", false, "Parameters of the partitioner, as a JSON object of strings."},
    {"amplification_factor", false, "Kept for old stores; only 1 has a meaning."},
    {"enable_reads", false, "Whether the store may be read."},
    {"enable_writes", false, "Whether the store may be pushed to."},
    {"storage_quota_in_byte", false, "Largest size of one version in bytes; -1 for no limit."},
    {"hybrid-store-disk-quota-enabled", false, "Whether the quota also holds for real-time writes."},
    {"hybrid_store_overhead_bypass", false, "Takes the storage quota as given, without the hybrid overhead."},
    {"read_quota_in_cu", false, "Read capacity units per second."},
    {"rewind_time_seconds", false, "Hybrid: how far a new version rewinds the real-time topic."},
    {"offset_lag_to_go_online", false, "Hybrid: lag in records at which a version may serve; -1: not used."},
    {"time_lag_to_go_online", false, "Hybrid: lag in seconds at which a version may serve; -1: not used."},
    {"data_replication_policy", false, "Hybrid: NON_AGGREGATE, AGGREGATE, NONE or ACTIVE_ACTIVE."},
    {"buffer_replay_policy", false, "Hybrid: REWIND_FROM_EOP or REWIND_FROM_SOP."},
    {"real_time_topic_name", false, "Hybrid: name of the real-time topic."},
    {"access_controlled", false, "Whether access rules are enforced."},
    {"compression_strategy", false, "NO_OP, GZIP or ZSTD_WITH_DICT, for versions to come."},
    {"client_decompression_enabled", false, "Whether clients may receive compressed values."},
    {"chunking_enabled", false, "Whether large values are split, for versions to come."},
    {"rmd_chunking_enabled", false, "Whether large replication metadata is split."},
    {"incremental_push_enabled", false, "Whether incremental pushes are allowed."},
    {"separate_realtime_topic_enabled", false, "Whether incremental pushes use their own topic."},
    {"batch_get_limit", false, "Keys per batch get; not positive: the cluster's limit."},
    {"num_versions_to_preserve", false, "Versions kept, the current one included; 0: the cluster's number."},
    {"store_migration", false, "Whether the store is being migrated."},
    {"enable_store_migration", false, "As store_migration."},
    {"write_computation_enabled", false, "Whether partial updates are allowed."},
    {"replication_metadata_protocol_version_id", false, "Version of the replication metadata; -1: the cluster's."},
    {"read_computation_enabled", false, "Whether read computations are allowed."},
    {"bootstrap_to_online_timeout_in_hours", false, "How long a push may take to become ready."},
    {"native_replication_enabled", false, "Whether other regions pull from one source region."},
    {"push_stream_source_address", false, "Address of the source region's log."},
    {"backup_strategy", false, "KEEP_MIN_VERSIONS or DELETE_ON_NEW_PUSH_START."},
    {"ingestion_pause_mode", false, "NOT_PAUSED, CURRENT_VERSION or ALL_VERSIONS."},
    {"ingestion_paused_regions", false, "Comma-separated regions that pause; needs ingestion_pause_mode."},
    {"storage_mode", false, "INTERNAL, DUAL_WRITE or EXTERNAL."},
    {"external_storage_read_mode", false,
     "VENICE_ONLY, DUAL_MODE_CONSISTENCY_CHECK, DUAL_MODE_EARLY_RETURN or EXTERNAL_ONLY."},
    {"auto_auto_register_for_pushjob_enabled", false, "Whether push jobs may register new value schemas."},
    {"backup_version_retention_ms", false, "How long a backup version is kept; -1: the cluster's time."},
    {"replication_factor", false, "Replicas per partition of versions to come."},
    {"migration_duplicate_store", false, "Whether this is the copy made by a migration."},
    {"native_replication_source_fabric", false, "Region whose log the others pull from."},
    {"active_active_replication_enabled", false, "Whether all regions take writes and resolve conflicts."},
    {"regions_filter", false, "Comma-separated regions to change; a region not named skips the update."},
    {"replicate_all_configs", false, "Used between parent and child controllers."},
    {"updated_configs_list", false, "Used between parent and child controllers."},
    {"latest_superset_schema_id", false, "Id of the value schema that has all fields."},
    {"storage_node_read_quota_enabled", false, "Whether servers enforce the read quota."},
    {"compaction_enabled", false, "Whether the store may be repushed to compact it."},
    {"compaction_threshold_milliseconds", false, "Age of the version at which it is compacted."},
    {"pub_sub_encryption_key_urn", false, "Key of the topics' encryption."},
    {"min_compaction_lag_seconds", false, "Shortest time a record stays uncompacted in the topic; -1: default."},
    {"max_compaction_lag_seconds", false, "Longest time a record stays uncompacted in the topic; -1: default."},
    {"max_record_size_bytes", false, "Largest record of a push; -1: the cluster's limit."},
    {"max_nearline_record_size_bytes", false, "Largest record of a real-time write; -1: the cluster's limit."},
    {"throughput_quota_in_bytes", false, "Bytes per second written in real time; -1: no limit."},
    {"throughput_quota_in_records", false, "Records per second written in real time; -1: no limit."},
    {"unused_schema_deletion_enabled", false, "Whether value schemas no longer in use are removed."},
    {"blob_transfer_enabled", false, "Whether replicas copy files from each other."},
    {"blob_transfer_in_server_enabled", false, "NOT_SPECIFIED, ENABLED or DISABLED."},
    {"blob_db_enabled", false, "NOT_SPECIFIED, ENABLED or DISABLED."},
    {"nearline_producer_compression_enabled", false, "Whether leaders compress what they write to the topic."},
    {"nearline_producer_count_per_writer", false, "Producers per leader."},
    {"target_swap_region", false, "Region that swaps first."},
    {"target_swap_region_wait_time", false, "Minutes between the first region's swap and the others'."},
    {"is_davinci_heartbeat_reported", false, "Whether embedded clients report heartbeats."},
    {"global_rt_div_enabled", false, "Whether real-time validation state is kept in the topic."},
    {"enum_schema_evolution_allowed", false, "Whether enums may gain symbols."},
    {"ttl_repush_enabled", false, "Whether repushes drop old records."},
    {"flink_venice_views_enabled", false, "Whether Flink maintains views of this store."},
    {"previous_current_version", false, "Number that was current before."},
};

constexpr Route kRoutes[] = {
    {"/discover_cluster", "GET", kAnyController, "Which cluster has a store.", kStoreOnly, kOptional},
    {"/leader_controller", "GET", kAnyController, "URL of the controller that leads the cluster.", {}},
    {"/master_controller", "GET", kAnyController, "Old name of leader_controller.", {}},
    {"/list_child_clusters", "GET", kClusterLeader, "Regions below a parent controller; none here.", {}},

    {"/new_store", "POST", kClusterLeader, "Creates a store.", kNewStore},
    {"/store", "GET", kClusterLeader, "Describes a store and its versions.", kStoreOnly},
    {"/list_stores", "GET", kClusterLeader, "Names of all stores of the cluster.", kListStores},
    {"/update_store", "POST", kClusterLeader, "Changes settings of a store.", kUpdateStore},
    {"/delete_store", "POST", kClusterLeader, "Deletes a store, its versions and topics. Disable it first.",
     kDeleteStore},
    {"/enable_store", "POST", kClusterLeader, "Allows or forbids reading and writing of a store.", kEnableStore},
    {"/set_owner", "POST", kClusterLeader, "Changes who owns a store.", kSetOwner},
    {"/get_stores_in_cluster", "GET", kClusterLeader, "Describes every store of the cluster.", {}},
    {"/check_resource_cleanup_for_store_creation", "GET", kClusterLeader,
     "Fails while something of a deleted store is left.", kStoreOnly},
    {"/cluster_health_stores", "GET", kClusterLeader, "Replication state of every store's current version.", {}},

    {"/get_key_schema", "GET", kClusterLeader, "The key schema of a store.", kStoreOnly},
    {"/add_value_schema", "POST", kClusterLeader, "Registers a value schema, if compatible with all before.",
     kAddValueSchema},
    {"/get_value_schema", "GET", kClusterLeader, "One value schema by id.", kGetValueSchema},
    {"/get_value_schema_id", "POST", kClusterLeader, "The id of a registered value schema.", kGetValueSchemaId},
    {"/get_all_value_schema", "GET", kClusterLeader, "All value schemas.", kStoreOnly},

    {"/request_topic", "POST", kClusterLeader, "Starts a push: makes a version and its topic.", kRequestTopic},
    {"/empty_push", "POST", kClusterLeader, "Pushes a version without any record.", kEmptyPush},
    {"/end_of_push", "POST", kClusterLeader, "Writes the end-of-push records of a version.", kEndOfPush},
    {"/job", "GET", kClusterLeader, "State of a push.", kJob},
    {"/send_push_job_details", "POST", kClusterLeader, "Progress report of a push job; accepted and only logged.",
     kStoreAndVersion},
    {"/kill_offline_push_job", "POST", kClusterLeader, "Stops a push; its version is removed.", kKill},
    {"/set_version", "POST", kClusterLeader, "Makes a version current.", kStoreAndVersion},
    {"/rollback_to_backup_version", "POST", kClusterLeader, "Makes the newest older version current again.",
     kStoreAndRegions},
    {"/roll_forward_to_future_version", "POST", kClusterLeader, "Makes the newest complete version current.",
     kStoreAndRegions},
    {"/delete_all_versions", "POST", kClusterLeader, "Deletes every version of a store. Disable it first.", kStoreOnly},
    {"/delete_old_version", "POST", kClusterLeader, "Deletes one version that is not current.", kStoreAndVersion},
    {"/list_future_versions", "GET", kClusterLeader, "The version waiting to become current; 0 for none.", kStoreOnly},
    {"/list_backup_versions", "GET", kClusterLeader, "The version a rollback would go to; 0 for none.", kStoreOnly},
    {"/list_bootstrapping_versions", "GET", kClusterLeader, "Versions whose push is running.", {}},
    {"/get_repush_info", "GET", kClusterLeader, "What a repush of the current version reads.", kRepushInfo},
    {"/get_store_largest_used_version", "GET", kClusterLeader, "The largest version number ever used.", kStoreOnly},

    {"/list_instances", "GET", kClusterLeader, "Storage nodes of the cluster.", {}},
    {"/cluster_health_instances", "GET", kClusterLeader, "Which storage nodes are connected.", kInstancesHealth},
    {"/list_replicas", "GET", kClusterLeader, "Replicas of a version and their states.", kStoreAndVersion},
    {"/storage_node_replicas", "GET", kClusterLeader, "Replicas on one storage node.", kStorageNode},
    {"/node_removable", "GET", kClusterLeader, "Whether a node may stop without losing a current version.",
     kNodeRemovable},
    {"/allow_list_add_node", "POST", kClusterLeader, "Puts a storage node on the allow list.", kStorageNode},
    {"/allow_list_remove_node", "POST", kClusterLeader, "Takes a storage node off the allow list.", kStorageNode},
    {"/remove_node", "POST", kClusterLeader, "Removes a storage node that is not connected.", kStorageNode},
    {"/aggregatedHealthStatus",
     "POST",
     kAnyController,
     "Which of several nodes may stop together (JSON body).",
     {},
     kNotUsed},
    {"/health",
     "GET",
     kAnyController,
     "200 when this controller runs and reaches ZooKeeper, with its leaderships.",
     {},
     kNotUsed},

    {"/clusters", "GET", kAnyController, "The clusters of this controller and who leads them.", {}, kNotUsed},
    {"/stores", "GET", kClusterMember, "All stores with their newest schema, by name.", {}, kOptional},
    {"/stores/{store}", "GET", kClusterMember, "Describes a store and its versions.", {}, kOptional},
    {"/schema/{store}", "GET", kClusterMember, "Key schema and value schemas of a store.", kRestSchemas, kOptional},
    {"/schema/{store}", "POST", kClusterLeader,
     "Registers a value schema, if compatible with all before; or says whether it would be.", kRestAddSchema,
     kOptional},
};

// Equality that ignores every '/', as Venice compares paths.
bool SamePath(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (true) {
    while (i < a.size() && a[i] == '/') ++i;
    while (j < b.size() && b[j] == '/') ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (a[i++] != b[j++]) return false;
  }
}

// The text at the one variable of a path like "/stores/{store}"; empty when the path has another form.
std::string_view AtVariable(std::string_view path_with_variable, std::string_view path) {
  const std::string_view before = path_with_variable.substr(0, path_with_variable.find('{'));
  if (!path.starts_with(before)) return {};
  std::string_view rest = path.substr(before.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return rest.find('/') == std::string_view::npos ? rest : std::string_view();
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }
std::span<const RouteParameter> UpdateStoreParameters() { return kUpdateStore; }

RouteMatch FindRoute(std::string_view path, std::string_view method) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    const bool has_variable = route.path.ends_with('}');
    const std::string_view store = has_variable ? AtVariable(route.path, path) : std::string_view();
    if (has_variable ? store.empty() : !SamePath(route.path, path)) continue;
    match = {&route, std::string(store)};
    if (route.method == method) break;
  }
  return match;
}

}  // namespace venice::controller_api
