#include "metadata/store.h"

#include <algorithm>
#include <array>

#include "metadata/json_fields.h"

namespace venice::metadata {

// Property names and defaults: control-plane reference, sections 2.1 to 2.3.

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, PartitionerConfig>
void VisitFields(V& v, R& r) {
  v.Field("partitionerClass", r.partitioner_class);
  v.Field("partitionerParams", r.params);
  v.Field("amplificationFactor", r.amplification_factor);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, HybridConfig>
void VisitFields(V& v, R& r) {
  v.Field("rewindTimeInSeconds", r.rewind_seconds);
  v.Field("offsetLagThresholdToGoOnline", r.offset_lag_to_go_online);
  v.Field("producerTimestampLagThresholdToGoOnlineInSeconds", r.time_lag_to_go_online_seconds);
  v.Field("dataReplicationPolicy", r.data_replication_policy);
  v.Field("bufferReplayPolicy", r.buffer_replay_policy);
  v.Field("realTimeTopicName", r.real_time_topic_name);
  v.Unknown(r.unknown);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, Version>
void VisitFields(V& v, R& r) {
  v.Field("storeName", r.store_name);
  v.Field("number", r.number);
  v.Field("createdTime", r.created_ms);
  v.Field("status", r.status);
  v.Field("pushJobId", r.push_job_id);
  v.Field("compressionStrategy", r.compression);
  v.Computed("leaderFollowerModelEnabled", true);
  v.Field("nativeReplicationEnabled", r.native_replication_enabled);
  v.Field("pushStreamSourceAddress", r.push_stream_source_address);
  v.Field("nativeReplicationSourceFabric", r.native_replication_source_fabric);
  v.Field("chunkingEnabled", r.chunking_enabled);
  v.Field("rmdChunkingEnabled", r.rmd_chunking_enabled);
  v.Field("pushType", r.push_type);
  v.Field("partitionCount", r.partition_count);
  v.Record_("partitionerConfig", r.partitioner);
  v.Field("replicationFactor", r.replication_factor);
  v.Computed("minActiveReplicas", std::max(r.replication_factor - 1, 1));
  v.Field("incrementalPushEnabled", r.incremental_push_enabled);
  v.Field("separateRealTimeTopicEnabled", r.separate_real_time_topic_enabled);
  v.Field("blobTransferEnabled", r.blob_transfer_enabled);
  v.Field("useVersionLevelIncrementalPushEnabled", r.use_version_level_incremental_push);
  v.Optional("hybridStoreConfig", r.hybrid);
  v.Computed("hybrid", r.hybrid.has_value());
  v.Field("useVersionLevelHybridConfig", r.use_version_level_hybrid_config);
  v.Field("activeActiveReplicationEnabled", r.active_active_enabled);
  v.Field("timestampMetadataVersionId", r.rmd_version_id);
  v.Raw("dataRecoveryVersionConfig", r.data_recovery_config);
  v.Field("versionSwapDeferred", r.defer_version_swap);
  v.Raw("viewConfigs", r.views);
  v.Field("repushSourceVersion", r.repush_source_version);
  v.Field("targetSwapRegion", r.target_swap_region);
  v.Field("targetSwapRegionWaitTime", r.target_swap_region_wait_minutes);
  v.Field("isDavinciHeartbeatReported", r.davinci_heartbeat_reported);
  v.Field("globalRtDivEnabled", r.global_rt_div_enabled);
  v.Field("blobTransferInServerEnabled", r.blob_transfer_in_server);
  v.Field("keyUrnCompressionEnabled", r.key_urn_compression_enabled);
  v.Field("keyUrnFields", r.key_urn_fields);
  v.Field("repushTtlSeconds", r.repush_ttl_seconds);
  v.Field("blobDbEnabled", r.blob_db);
  v.Field("previousCurrentVersion", r.previous_current_version);
  v.Field("rollbackTrigger", r.rollback_trigger);
  v.Field("targetRegionPromoted", r.target_region_promoted);
  v.Field("storageMode", r.storage_mode);
  v.Field("degradedPush", r.degraded_push);
  v.Unknown(r.unknown);
}

template <typename V, typename R>
requires std::is_same_v<std::remove_const_t<R>, Store>
void VisitFields(V& v, R& r) {
  v.Field("name", r.name);
  v.Field("owner", r.owner);
  v.Field("createdTime", r.created_ms);
  v.Field("currentVersion", r.current_version);
  v.Field("partitionCount", r.partition_count);
  v.Field("lowWatermark", r.low_watermark);
  v.Field("enableWrites", r.enable_writes);
  v.Field("enableReads", r.enable_reads);
  v.Field("storageQuotaInByte", r.storage_quota_bytes);
  v.Field("persistenceType", r.persistence_type);
  v.Field("routingStrategy", r.routing_strategy);
  v.Field("readStrategy", r.read_strategy);
  v.Field("offLinePushStrategy", r.offline_push_strategy);
  v.Field("largestUsedVersionNumber", r.largest_used_version);
  v.Field("largestUsedRTVersionNumber", r.largest_used_rt_version);
  v.Field("readQuotaInCU", r.read_quota_cu);
  v.Optional("hybridStoreConfig", r.hybrid);
  v.Computed("hybrid", r.hybrid.has_value());
  v.Computed("systemStore", r.name.starts_with("venice_system_store_"));
  v.Raw("views", r.views);
  v.Field("accessControlled", r.access_controlled);
  v.Field("compressionStrategy", r.compression);
  v.Field("clientDecompressionEnabled", r.client_decompression_enabled);
  v.Field("chunkingEnabled", r.chunking_enabled);
  v.Field("rmdChunkingEnabled", r.rmd_chunking_enabled);
  v.Field("batchGetLimit", r.batch_get_limit);
  v.Field("numVersionsToPreserve", r.num_versions_to_preserve);
  v.Field("incrementalPushEnabled", r.incremental_push_enabled);
  v.Field("separateRealTimeTopicEnabled", r.separate_real_time_topic_enabled);
  v.Field("migrating", r.migrating);
  v.Field("migrationDuplicateStore", r.migration_duplicate_store);
  v.Field("writeComputationEnabled", r.write_computation_enabled);
  v.Field("readComputationEnabled", r.read_computation_enabled);
  v.Field("bootstrapToOnlineTimeoutInHours", r.bootstrap_to_online_timeout_hours);
  v.Computed("leaderFollowerModelEnabled", true);
  v.Field("nativeReplicationEnabled", r.native_replication_enabled);
  v.Field("rmdVersion", r.rmd_version_id);
  v.Field("pushStreamSourceAddress", r.push_stream_source_address);
  v.Field("nativeReplicationSourceFabric", r.native_replication_source_fabric);
  v.Field("backupStrategy", r.backup_strategy);
  v.Field("schemaAutoRegisterFromPushJobEnabled", r.schema_auto_register_from_push_job_enabled);
  v.Field("latestSuperSetValueSchemaId", r.latest_superset_value_schema_id);
  v.Field("hybridStoreDiskQuotaEnabled", r.hybrid_store_disk_quota_enabled);
  v.Field("storeMetadataSystemStoreEnabled", r.store_metadata_system_store_enabled);
  v.Field("storeMetaSystemStoreEnabled", r.store_meta_system_store_enabled);
  v.Field("daVinciPushStatusStoreEnabled", r.davinci_push_status_store_enabled);
  v.Raw("etlStoreConfig", r.etl_config);
  v.Record_("partitionerConfig", r.partitioner);
  v.Field("latestVersionPromoteToCurrentTimestamp", r.latest_version_promote_ms);
  v.Field("backupVersionRetentionMs", r.backup_version_retention_ms);
  v.Field("replicationFactor", r.replication_factor);
  v.Field("activeActiveReplicationEnabled", r.active_active_enabled);
  v.Field("storageNodeReadQuotaEnabled", r.storage_node_read_quota_enabled);
  v.Field("compactionEnabled", r.compaction_enabled);
  v.Field("compactionThresholdMilliseconds", r.compaction_threshold_ms);
  v.Field("encryptionEnabled", r.encryption_enabled);
  v.Field("pubSubEncryptionKeyUrn", r.pub_sub_encryption_key_urn);
  v.Field("minCompactionLagSeconds", r.min_compaction_lag_seconds);
  v.Field("maxCompactionLagSeconds", r.max_compaction_lag_seconds);
  v.Field("maxRecordSizeBytes", r.max_record_size_bytes);
  v.Field("maxNearlineRecordSizeBytes", r.max_nearline_record_size_bytes);
  v.Field("throughputQuotaInBytes", r.throughput_quota_bytes);
  v.Field("throughputQuotaInRecords", r.throughput_quota_records);
  v.Field("unusedSchemaDeletionEnabled", r.unused_schema_deletion_enabled);
  v.Field("blobTransferEnabled", r.blob_transfer_enabled);
  v.Field("blobTransferInServerEnabled", r.blob_transfer_in_server);
  v.Field("blobDbEnabled", r.blob_db);
  v.Field("nearlineProducerCompressionEnabled", r.nearline_producer_compression_enabled);
  v.Field("nearlineProducerCountPerWriter", r.nearline_producer_count_per_writer);
  v.Field("targetSwapRegion", r.target_swap_region);
  v.Field("targetSwapRegionWaitTime", r.target_swap_region_wait_minutes);
  v.Field("isDavinciHeartbeatReported", r.davinci_heartbeat_reported);
  v.Field("globalRtDivEnabled", r.global_rt_div_enabled);
  v.Field("enumSchemaEvolutionAllowed", r.enum_schema_evolution_allowed);
  v.Field("keyUrnCompressionEnabled", r.key_urn_compression_enabled);
  v.Field("flinkVeniceViewsEnabled", r.flink_venice_views_enabled);
  v.Field("ttlrepushEnabled", r.ttl_repush_enabled);
  v.Raw("storeLifecycleHooks", r.store_lifecycle_hooks);
  v.Field("keyUrnFields", r.key_urn_fields);
  v.Field("ingestionPausedRegions", r.ingestion_paused_regions);
  v.Field("previousCurrentVersion", r.previous_current_version);
  v.Field("ingestionPauseMode", r.ingestion_pause_mode);
  v.Field("externalStorageReadMode", r.external_storage_read_mode);
  v.Field("storageMode", r.storage_mode);
  v.List("versions", r.versions);
  v.Raw("systemStores", r.system_stores);
  v.Unknown(r.unknown);
}

namespace {

// Where GET /store calls a property otherwise than ZooKeeper's record does.
constexpr std::array<std::pair<const char*, const char*>, 6> kStoreInfoNames{{
    {"enableReads", "enableStoreReads"},
    {"enableWrites", "enableStoreWrites"},
    {"views", "viewConfigs"},
    {"compactionThresholdMilliseconds", "compactionThreshold"},
    {"targetSwapRegion", "targetRegionSwap"},
    {"targetSwapRegionWaitTime", "targetRegionSwapWaitTime"},
}};
// Properties that only one of the two forms has.
constexpr std::array kRecordOnly{"hybrid", "systemStore"};
constexpr std::array kInfoOnly{"coloToCurrentVersions",     "kafkaBrokerUrl",
                               "storeDeadStatusReasons",    "isStoreDead",
                               "reservedVersion",           "singleGetRouterCacheEnabled",
                               "batchGetRouterCacheEnabled"};

void SortVersions(Store& store) {
  std::sort(store.versions.begin(), store.versions.end(),
            [](const Version& a, const Version& b) { return a.number < b.number; });
}

void Rename(Json& object, const char* from, const char* to) {
  if (const auto it = object.find(from); it != object.end()) {
    Json value = std::move(*it);
    object.erase(from);
    object[to] = std::move(value);
  }
}

}  // namespace

const Version* Store::FindVersion(int32_t number) const {
  for (const Version& version : versions)
    if (version.number == number) return &version;
  return nullptr;
}

Version* Store::FindVersion(int32_t number) {
  return const_cast<Version*>(static_cast<const Store*>(this)->FindVersion(number));
}

std::string ToZooKeeperJson(const Store& store) { return PrettyJson(ToJsonObject(store)); }

Result<Store> ParseZooKeeperStore(std::string_view json) {
  VENICE_ASSIGN(const Json object, ParseObject(json, "store record"));
  VENICE_ASSIGN(Store store, FromJsonObject<Store>(object, "store record"));
  SortVersions(store);
  return store;
}

RawJson ToStoreInfoJson(const Store& store) {
  Json object = ToJsonObject(store);
  for (const char* name : kRecordOnly) object.erase(name);
  for (const auto& [record, info] : kStoreInfoNames) Rename(object, record, info);
  object["coloToCurrentVersions"] = nullptr;
  object["kafkaBrokerUrl"] = nullptr;
  object["storeDeadStatusReasons"] = Json::array();
  object["isStoreDead"] = false;
  object["reservedVersion"] = 0;
  object["singleGetRouterCacheEnabled"] = false;
  object["batchGetRouterCacheEnabled"] = false;
  return CompactJson(object);
}

Result<Store> ParseStoreInfo(std::string_view json) {
  VENICE_ASSIGN(Json object, ParseObject(json, "store description"));
  for (const char* name : kInfoOnly) object.erase(name);
  for (const auto& [record, info] : kStoreInfoNames) Rename(object, info, record);
  VENICE_ASSIGN(Store store, FromJsonObject<Store>(object, "store description"));
  SortVersions(store);
  return store;
}

RawJson ToJson(const Version& version) { return CompactJson(ToJsonObject(version)); }

Result<Version> ParseVersion(std::string_view json) {
  VENICE_ASSIGN(const Json object, ParseObject(json, "version record"));
  return FromJsonObject<Version>(object, "version record");
}

}  // namespace venice::metadata
