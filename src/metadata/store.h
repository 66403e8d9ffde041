// The store record and its versions: what a store is, how it is configured, which version serves.
//
// The ZooKeeper form is Venice's JSON (source: control-plane reference, section 2), so Java components read what we
// write. Properties that this code does not know are kept in `unknown` and written back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metadata/enums.h"

namespace venice::metadata {

// JSON text of an object or array that is carried but not interpreted.
using RawJson = std::string;

inline constexpr std::string_view kDefaultPartitionerClass = "com.linkedin.venice.partitioner.DefaultVenicePartitioner";
inline constexpr int64_t kDefaultStorageQuotaBytes = 20LL << 30;
inline constexpr int64_t kUnlimited = -1;

struct PartitionerConfig {
  std::string partitioner_class{kDefaultPartitionerClass};
  std::map<std::string, std::string> params;
  int32_t amplification_factor = 1;
  bool operator==(const PartitionerConfig&) const = default;
};

struct HybridConfig {
  int64_t rewind_seconds = 86'400;
  int64_t offset_lag_to_go_online = 1000;      // -1: not used
  int64_t time_lag_to_go_online_seconds = -1;  // -1: not used
  DataReplicationPolicy data_replication_policy = DataReplicationPolicy::kNonAggregate;
  BufferReplayPolicy buffer_replay_policy = BufferReplayPolicy::kRewindFromEop;
  std::string real_time_topic_name;  // empty: <store>_rt
  RawJson unknown;
  bool operator==(const HybridConfig&) const = default;
};

struct Version {
  std::string store_name;
  int32_t number = 0;
  int64_t created_ms = 0;
  VersionStatus status = VersionStatus::kStarted;
  std::string push_job_id;
  CompressionStrategy compression = CompressionStrategy::kNoOp;
  bool native_replication_enabled = false;
  std::string push_stream_source_address;
  std::string native_replication_source_fabric;
  bool chunking_enabled = false;
  bool rmd_chunking_enabled = false;
  PushType push_type = PushType::kBatch;
  int32_t partition_count = 0;
  PartitionerConfig partitioner;
  int32_t replication_factor = 3;
  bool incremental_push_enabled = false;
  bool separate_real_time_topic_enabled = false;
  bool blob_transfer_enabled = false;
  bool use_version_level_incremental_push = true;
  std::optional<HybridConfig> hybrid;
  bool use_version_level_hybrid_config = true;
  bool active_active_enabled = false;
  int32_t rmd_version_id = -1;
  RawJson data_recovery_config = "null";
  bool defer_version_swap = false;
  RawJson views = "{}";
  int32_t repush_source_version = -1;
  std::string target_swap_region;
  int32_t target_swap_region_wait_minutes = 10;
  bool davinci_heartbeat_reported = false;
  bool global_rt_div_enabled = false;
  std::string blob_transfer_in_server = "NOT_SPECIFIED";
  bool key_urn_compression_enabled = false;
  std::vector<std::string> key_urn_fields;
  int32_t repush_ttl_seconds = -1;
  std::string blob_db = "NOT_SPECIFIED";
  int32_t previous_current_version = -1;
  std::string rollback_trigger = "NOT_ROLLED_BACK";
  bool target_region_promoted = false;
  std::string storage_mode = "INTERNAL";
  bool degraded_push = false;
  RawJson unknown;

  std::string Topic() const { return store_name + "_v" + std::to_string(number); }
  bool operator==(const Version&) const = default;
};

struct Store {
  std::string name;
  std::string owner;
  int64_t created_ms = 0;
  int32_t current_version = 0;  // 0: none serves
  int32_t partition_count = 0;  // 0: computed for each push
  int64_t low_watermark = 0;
  bool enable_writes = true;
  bool enable_reads = true;
  int64_t storage_quota_bytes = kDefaultStorageQuotaBytes;  // -1: unlimited
  std::string persistence_type = "ROCKS_DB";
  std::string routing_strategy = "CONSISTENT_HASH";
  std::string read_strategy = "ANY_OF_ONLINE";
  OfflinePushStrategy offline_push_strategy = OfflinePushStrategy::kWaitNMinusOne;
  int32_t largest_used_version = 0;  // never reused, also after deletion
  int32_t largest_used_rt_version = 0;
  int64_t read_quota_cu = 1800;
  std::optional<HybridConfig> hybrid;  // nullopt: a batch store
  RawJson views = "{}";
  bool access_controlled = true;
  CompressionStrategy compression = CompressionStrategy::kNoOp;
  bool client_decompression_enabled = true;
  bool chunking_enabled = false;
  bool rmd_chunking_enabled = false;
  int32_t batch_get_limit = -1;          // not positive: the cluster's
  int32_t num_versions_to_preserve = 0;  // 0: the cluster's
  bool incremental_push_enabled = false;
  bool separate_real_time_topic_enabled = false;
  bool migrating = false;
  bool migration_duplicate_store = false;
  bool write_computation_enabled = false;
  bool read_computation_enabled = false;
  int32_t bootstrap_to_online_timeout_hours = 24;
  bool native_replication_enabled = false;
  int32_t rmd_version_id = -1;
  std::string push_stream_source_address;
  std::string native_replication_source_fabric;
  BackupStrategy backup_strategy = BackupStrategy::kDeleteOnNewPushStart;
  bool schema_auto_register_from_push_job_enabled = false;
  int32_t latest_superset_value_schema_id = -1;
  bool hybrid_store_disk_quota_enabled = false;
  bool store_metadata_system_store_enabled = false;
  bool store_meta_system_store_enabled = false;
  bool davinci_push_status_store_enabled = false;
  RawJson etl_config = "null";
  PartitionerConfig partitioner;
  int64_t latest_version_promote_ms = -1;
  int64_t backup_version_retention_ms = -1;  // -1: the cluster's
  int32_t replication_factor = 3;
  bool active_active_enabled = false;
  bool storage_node_read_quota_enabled = false;
  bool compaction_enabled = true;
  int64_t compaction_threshold_ms = -1;
  bool encryption_enabled = false;
  std::string pub_sub_encryption_key_urn;
  int64_t min_compaction_lag_seconds = -1;
  int64_t max_compaction_lag_seconds = -1;
  int32_t max_record_size_bytes = -1;  // -1: the cluster's (100 MiB)
  int32_t max_nearline_record_size_bytes = -1;
  int64_t throughput_quota_bytes = -1;
  int64_t throughput_quota_records = -1;
  bool unused_schema_deletion_enabled = false;
  bool blob_transfer_enabled = false;
  std::string blob_transfer_in_server = "NOT_SPECIFIED";
  std::string blob_db = "NOT_SPECIFIED";
  bool nearline_producer_compression_enabled = true;
  int32_t nearline_producer_count_per_writer = 1;
  std::string target_swap_region;
  int32_t target_swap_region_wait_minutes = 10;
  bool davinci_heartbeat_reported = false;
  bool global_rt_div_enabled = false;
  bool enum_schema_evolution_allowed = false;
  bool key_urn_compression_enabled = false;
  bool flink_venice_views_enabled = false;
  bool ttl_repush_enabled = false;
  RawJson store_lifecycle_hooks = "[]";
  std::vector<std::string> key_urn_fields;
  std::vector<std::string> ingestion_paused_regions;
  int32_t previous_current_version = -1;
  std::string ingestion_pause_mode = "NOT_PAUSED";
  std::string external_storage_read_mode = "VENICE_ONLY";
  std::string storage_mode = "INTERNAL";
  std::vector<Version> versions;  // ascending by number
  RawJson system_stores = "{}";
  RawJson unknown;

  const Version* FindVersion(int32_t number) const;
  Version* FindVersion(int32_t number);
  const Version* CurrentVersion() const { return FindVersion(current_version); }
  bool operator==(const Store&) const = default;
};

// The znode's bytes, as Venice writes them (pretty printed).
std::string ToZooKeeperJson(const Store& store);
// Missing properties take their defaults. Errors: kCorruption (not a JSON object, or a property of the wrong type).
Result<Store> ParseZooKeeperStore(std::string_view json);

// The `store` object of GET /store: flatter, and with some other names.
RawJson ToStoreInfoJson(const Store& store);
Result<Store> ParseStoreInfo(std::string_view json);

RawJson ToJson(const Version& version);
Result<Version> ParseVersion(std::string_view json);

}  // namespace venice::metadata
