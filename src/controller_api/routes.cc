#include "controller_api/routes.h"

#include <string>

namespace venice::controller_api {

namespace {

using enum Answers;
using enum ClusterName;
using P = RouteParameter;

constexpr P kStoreParameter{param::kStore, true,
                            "Name of the store: letters, digits, '_' and '-', at most 128 characters."};
constexpr P kVersionParameter{param::kVersion, true, "Number of the version; versions count from 1."};

constexpr P kStoreOnly[] = {kStoreParameter};
constexpr P kStoreAndVersion[] = {kStoreParameter, kVersionParameter};
constexpr P kStoreAndRegions[] = {
    kStoreParameter, {"regions_filter", false, "Comma-separated regions to act in; every region when absent."}};
constexpr P kNewStore[] = {
    kStoreParameter,
    {param::kKeySchema, true, "Avro schema of the keys, as JSON text. It can never change."},
    {param::kValueSchema, true, "Avro schema of the values, as JSON text; becomes value schema 1."},
    {param::kOwner, false, "Who owns the store, as free text: a person, a team, an address."},
    {"is_system_store", false,
     "true for one of Venice's own stores, whose names begin with venice_system_store_. Default: false."},
    {"access_permission", false, "Access rules, as JSON. Accepted and ignored: access control is not enforced yet."},
};
constexpr P kListStores[] = {
    {"include_system_stores", false, "Whether Venice's own stores are listed too. Default: true."},
    {"store_config_name_filter", false,
     "Name of a property of the store, such as enableReads; only stores whose property has the value given by "
     "store_config_value_filter are listed."},
    {"store_config_value_filter", false,
     "Value that the property must have; goes together with store_config_name_filter."},
};
constexpr P kDeleteStore[] = {
    kStoreParameter,
    {"is_abort_migration_cleanup", false,
     "true when an aborted migration cleans up. Accepted and ignored: stores cannot be migrated yet."}};
constexpr P kEnableStore[] = {
    kStoreParameter,
    {"operation", true, "What is allowed or forbidden: read, write or readwrite."},
    {"status", true, "true allows it, false forbids it."},
};
constexpr P kSetOwner[] = {kStoreParameter,
                           {param::kOwner, true, "Who owns the store, as free text: a person, a team, an address."}};
constexpr P kAddValueSchema[] = {
    kStoreParameter,
    {param::kValueSchema, true, "Avro schema to register, as JSON text."},
    {param::kSchemaId, false, "Id that the schema must get; refused when the next free id is another one."},
    {"schema_compat_type", false,
     "How the schema must fit the registered ones: FULL (default), BACKWARD, FORWARD or NONE. Only read together "
     "with schema_id."},
};
constexpr P kGetValueSchema[] = {kStoreParameter,
                                 {param::kSchemaId, true, "Id of the value schema; ids count from 1."}};
constexpr P kGetValueSchemaId[] = {kStoreParameter,
                                   {param::kValueSchema, true, "Avro schema to look up, as JSON text."}};
constexpr P kGetValueOrDerivedSchemaId[] = {
    kStoreParameter,
    {param::kDerivedSchema, true, "Avro schema to look up, as JSON text: a value schema or an update schema."}};
constexpr P kAddDerivedSchema[] = {
    kStoreParameter,
    {param::kSchemaId, true, "Id of the value schema that the update schema belongs to."},
    {param::kDerivedSchema, true, "Update schema to register, as JSON text. It must read updates of earlier ones."},
    {param::kDerivedSchemaId, false, "Id that it must get; refused when the next free id is another one."},
};
constexpr P kRemoveDerivedSchema[] = {
    kStoreParameter,
    {param::kSchemaId, true, "Id of the value schema that the update schema belongs to."},
    {param::kDerivedSchemaId, true, "Id of the update schema among those of its value schema; ids count from 1."},
};
constexpr P kRestSchemas[] = {
    {"derived", false, "true: update schemas and replication metadata schemas are answered too. Default: false."},
};
constexpr P kRestAddSchema[] = {
    {param::kValueSchema, false,
     "Avro schema to register, as JSON text, in a form body or the query. Absent: the whole body is the schema."},
    {param::kDryRun, false, "true: says what would happen and writes nothing. Default: false."},
};
constexpr P kRequestTopic[] = {
    kStoreParameter,
    {param::kPushType, true,
     "Kind of push. Only BATCH works so far; STREAM, STREAM_REPROCESSING and INCREMENTAL are refused."},
    {param::kPushJobId, true,
     "Id that the job chose for this push. Asking again with the same id gives the same version."},
    {param::kStartOfPush, false,
     "true: the controller writes the start-of-push record, so the job does not. Default: false."},
    {param::kSortedOrder, false,
     "true: the keys of every partition will come in ascending order of their bytes. Default: false."},
    {param::kPartitioners, false,
     "Comma-separated class names of the partitioners that the job knows; the store's must be among them."},
    {param::kDictionary, false,
     "Zstandard dictionary in base64, for stores with compression ZSTD_WITH_DICT. Absent: the controller makes one."},
    {param::kDeferVersionSwap, false,
     "true: the version does not become current when it is complete; roll it forward by hand. Default: false."},
    {param::kTargetedRegions, false, "Comma-separated regions in which the version becomes current first."},
    {"is_write_compute_enabled", false, "Whether the job sends partial updates. Accepted and ignored."},
    {"separate_realtime_topic_enabled", false,
     "Whether an incremental push uses a topic of its own. Accepted and ignored."},
    {"source_grid_fabric", false, "Region in which the job runs. Accepted and ignored: there is one region."},
    {"batch_job_heartbeat_enabled", false, "Whether the job sends heartbeats. Accepted and ignored."},
    {"rewind_time_in_seconds_override", false,
     "Seconds that this version rewinds the real-time topic; -1: the store's. Accepted and ignored."},
    {"repush_source_version", false, "Number of the version whose topic is the input of a repush; -1: no repush."},
    {"repush_ttl_seconds", false, "Age in seconds above which a repush drops records; -1: it keeps all."},
    {"store_size", false, "Size of the input in bytes, sent by old jobs. Ignored."},
};
constexpr P kEmptyPush[] = {
    kStoreParameter,
    {param::kPushJobId, true, "Id of the push. Asking again with the same id gives the same version."},
    {"store_size", false, "Size of the input in bytes, sent by old tools. Ignored."}};
constexpr P kEndOfPush[] = {
    kStoreParameter,
    kVersionParameter,
    {param::kRecordCounts, false,
     "JSON object from partition to the number of records written to it; servers compare it with what they stored."},
    {param::kRecordDigests, false,
     "JSON object from partition to the digest of its content: 24 bytes in hexadecimal, as venice-push-job makes "
     "them. Servers compare it with what they stored."},
};
constexpr P kJob[] = {
    kStoreParameter,
    kVersionParameter,
    {"incremental_push_version", false,
     "Id of an incremental push whose state is asked for instead. Refused: incremental pushes do not work yet."},
    {param::kTargetedRegions, false, "Comma-separated regions to report. Accepted and ignored: there is one region."},
    {"target_region_push_with_deferred_swap", false,
     "Whether the push becomes current region by region. Accepted and ignored."},
    {"fabric", false, "Any region: the replicas that are not complete are listed in uncompletedPartitions."},
};
constexpr P kKill[] = {
    {param::kTopic, true, "Topic of the version that is pushed: the store's name, _v and the version's number."}};
constexpr P kStorageNode[] = {{param::kStorageNode, true, "Storage node, as host_port."}};
constexpr P kNodeRemovable[] = {
    {param::kStorageNode, true, "Storage node, as host_port."},
    {"to_be_stopped_instances", false, "Comma-separated storage nodes that will be stopped before this one."},
};
constexpr P kInstancesHealth[] = {
    {"enable_disabled_replicas", false,
     "true: also enables replicas again that were disabled after errors. Default: false."}};
constexpr P kRepushInfo[] = {kStoreParameter,
                             {"fabric", false, "Region to read from. Accepted and ignored: there is one region."}};

constexpr P kUpdateStore[] = {
    kStoreParameter,
    {"owner", false, "Who owns the store, as free text: a person, a team, an address."},
    {"version", false, "Number of the version that becomes current; 0: none serves."},
    {"largest_used_version_number", false,
     "Largest version number that counts as used: the next push gets the one after it. It can only grow."},
    {"largest_used_rt_version_number", false, "Number of the newest real-time topic."},
    {"partition_count", false, "Partitions of versions to come; 0: computed for each push from the storage quota."},
    {"partitioner_class", false,
     "Class name of the partitioner of versions to come. Only Venice's default partitioner works so far."},
    {"partitioner_params", false, "Parameters of the partitioner, as a JSON object of strings."},
    {"amplification_factor", false, "Sub-partitions of each partition, of old stores. Only 1 is accepted."},
    {"enable_reads", false, "Whether the store may be read."},
    {"enable_writes", false, "Whether the store may be pushed to."},
    {"storage_quota_in_byte", false, "Largest size of one version in bytes; -1: no limit."},
    {"hybrid-store-disk-quota-enabled", false, "Whether the storage quota also holds for real-time writes."},
    {"hybrid_store_overhead_bypass", false,
     "Takes the storage quota as given, without adding room for real-time writes. Accepted and ignored."},
    {"read_quota_in_cu", false, "Read capacity units per second that all readers of the store may use together."},
    {"rewind_time_seconds", false,
     "Hybrid: seconds that a new version rewinds the real-time topic; negative, with both lags, makes the store a "
     "batch store again."},
    {"offset_lag_to_go_online", false, "Hybrid: lag in records at which a new version may serve; -1: not used."},
    {"time_lag_to_go_online", false, "Hybrid: lag in seconds at which a new version may serve; -1: not used."},
    {"data_replication_policy", false, "Hybrid: NON_AGGREGATE, AGGREGATE, NONE or ACTIVE_ACTIVE."},
    {"buffer_replay_policy", false, "Hybrid: REWIND_FROM_EOP or REWIND_FROM_SOP."},
    {"real_time_topic_name", false, "Hybrid: name of the real-time topic; empty: the store's name and _rt."},
    {"access_controlled", false, "Whether access rules are enforced. Recorded; access control does not exist yet."},
    {"compression_strategy", false, "Compression of the values of versions to come: NO_OP, GZIP or ZSTD_WITH_DICT."},
    {"client_decompression_enabled", false, "Whether clients may receive compressed values and decompress them."},
    {"chunking_enabled", false,
     "Whether values too large for one record are split, for versions to come. Not supported yet: true is refused."},
    {"rmd_chunking_enabled", false, "Whether large replication metadata is split. Not supported yet: true is refused."},
    {"incremental_push_enabled", false, "Whether incremental pushes are allowed."},
    {"separate_realtime_topic_enabled", false,
     "Whether incremental pushes use a topic of their own. Not supported yet: true is refused."},
    {"batch_get_limit", false, "Largest number of keys in one batch get; 0 or -1: the cluster's limit."},
    {"num_versions_to_preserve", false, "Number of versions kept, the current one included; 0: the cluster's number."},
    {"store_migration", false,
     "Whether the store is being migrated to another cluster. Not supported yet: true is refused."},
    {"enable_store_migration", false,
     "Another name of store_migration, which Venice's own tools send beside it. true is refused."},
    {"write_computation_enabled", false,
     "Whether partial updates are allowed; their schemas are then kept beside every value schema. Servers take none "
     "yet."},
    {"replication_metadata_protocol_version_id", false,
     "Version of the replication metadata's format; -1: the cluster's."},
    {"read_computation_enabled", false,
     "Whether read computations are allowed; a superset schema is then kept. Servers compute nothing yet."},
    {"bootstrap_to_online_timeout_in_hours", false,
     "Hours that a push may take to become ready before it counts as failed."},
    {"native_replication_enabled", false, "Whether the other regions pull pushed data from one source region."},
    {"push_stream_source_address", false, "Address of the log of the source region."},
    {"backup_strategy", false,
     "When the backup version is deleted: KEEP_MIN_VERSIONS after the new version is current, DELETE_ON_NEW_PUSH_START "
     "when the next push starts."},
    {"ingestion_pause_mode", false, "Which versions stop taking data: NOT_PAUSED, CURRENT_VERSION or ALL_VERSIONS."},
    {"ingestion_paused_regions", false,
     "Comma-separated regions in which ingestion pauses; needs ingestion_pause_mode."},
    {"storage_mode", false, "Where values are stored: only INTERNAL, in Venice's own servers, works so far."},
    {"external_storage_read_mode", false, "Where reads are answered from: only VENICE_ONLY works so far."},
    {"auto_auto_register_for_pushjob_enabled", false, "Whether push jobs may register new value schemas."},
    {"backup_version_retention_ms", false, "Milliseconds that a backup version is kept; -1: the cluster's time."},
    {"replication_factor", false, "Replicas of each partition of versions to come."},
    {"migration_duplicate_store", false, "Whether this store is the copy that a migration made."},
    {"native_replication_source_fabric", false, "Region whose log the other regions pull from."},
    {"active_active_replication_enabled", false,
     "Whether every region takes writes and conflicts are resolved; replication metadata schemas are then kept beside "
     "every value schema. Servers resolve nothing yet."},
    {"regions_filter", false,
     "Comma-separated regions to change; a controller of another region answers success and changes nothing."},
    {"replicate_all_configs", false, "Sent by a parent controller to its children. Accepted and ignored."},
    {"updated_configs_list", false, "Sent by a parent controller to its children. Accepted and ignored."},
    {"latest_superset_schema_id", false, "Id of the value schema that has the fields of all; -1: none."},
    {"storage_node_read_quota_enabled", false, "Whether storage nodes enforce the read quota."},
    {"compaction_enabled", false, "Whether the store may be pushed again from its own topic to compact it."},
    {"compaction_threshold_milliseconds", false,
     "Age in milliseconds at which a version is compacted; -1: the cluster's."},
    {"pub_sub_encryption_key_urn", false, "Name of the key that encrypts the topics; empty: none."},
    {"min_compaction_lag_seconds", false,
     "Shortest time in seconds that a record stays uncompacted in the topic; -1: the cluster's."},
    {"max_compaction_lag_seconds", false,
     "Longest time in seconds that a record stays uncompacted in the topic; -1: the cluster's."},
    {"max_record_size_bytes", false, "Largest record of a push in bytes; -1: the cluster's limit."},
    {"max_nearline_record_size_bytes", false, "Largest record of a real-time write in bytes; -1: the cluster's limit."},
    {"throughput_quota_in_bytes", false, "Bytes per second written in real time; -1: no limit."},
    {"throughput_quota_in_records", false, "Records per second written in real time; -1: no limit."},
    {"unused_schema_deletion_enabled", false, "Whether value schemas that no data uses any more are removed."},
    {"blob_transfer_enabled", false,
     "Whether a new replica copies files from another one instead of reading the topic."},
    {"blob_transfer_in_server_enabled", false,
     "Whether storage nodes copy files from each other: NOT_SPECIFIED (the cluster decides), ENABLED or DISABLED."},
    {"blob_db_enabled", false,
     "Whether large values are kept in files of their own: NOT_SPECIFIED (the cluster decides), ENABLED or DISABLED."},
    {"nearline_producer_compression_enabled", false, "Whether leaders compress what they write to the version topic."},
    {"nearline_producer_count_per_writer", false, "Number of log producers of each leader."},
    {"target_swap_region", false, "Region in which a new version becomes current first; empty: all at once."},
    {"target_swap_region_wait_time", false, "Minutes from the first region's swap to that of the others."},
    {"is_davinci_heartbeat_reported", false, "Whether clients that keep a copy of the data report heartbeats."},
    {"global_rt_div_enabled", false, "Whether the state that validates real-time records is kept in the topic."},
    {"enum_schema_evolution_allowed", false, "Whether a new value schema may add symbols to an enum."},
    {"ttl_repush_enabled", false, "Whether repushes drop records that are too old."},
    {"flink_venice_views_enabled", false, "Whether Flink maintains views of this store."},
    {"previous_current_version", false, "Number of the version that was current before; -1: unknown."},
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
    {"/get_all_value_and_derived_schema", "GET", kClusterLeader, "All value schemas and their update schemas.",
     kStoreOnly},
    {"/get_value_or_derived_schema_id", "POST", kClusterLeader,
     "The id of a registered value schema or, with write computation on, update schema.", kGetValueOrDerivedSchemaId},
    {"/add_derived_schema", "POST", kClusterLeader, "Registers an update schema of a value schema.", kAddDerivedSchema},
    {"/remove_derived_schema", "POST", kClusterLeader, "Removes an update schema.", kRemoveDerivedSchema},
    {"/get_all_replication_metadata_schemas", "GET", kClusterLeader,
     "The replication metadata schemas of all value schemas.", kStoreOnly},
    {"/get_inuse_schema_ids", "GET", kClusterLeader, "Ids of value schemas that data may be written with.", kStoreOnly},

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
    match.methods += (match.methods.empty() ? "" : ", ") + std::string(route.method);
    if (match.route != nullptr && route.method != method) continue;
    match.route = &route;
    match.store = store;
  }
  return match;
}

}  // namespace venice::controller_api
