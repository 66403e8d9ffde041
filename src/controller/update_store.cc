#include "controller/update_store.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "controller/schema_plan.h"
#include "controller_api/routes.h"

namespace venice::controller {

using metadata::Store;

namespace {

// What an update may touch besides plain fields.
struct Update {
  const ControllerSettings& settings;
  Store& store;
  // Hybrid parameters come one by one and mean something only together.
  std::map<std::string, std::string> hybrid;
};
using Setter = std::function<Status(Update&, const std::string& name, const std::string& text)>;

Error Bad(const std::string& name, const std::string& text, const std::string& expected) {
  return Error(ErrorCode::kInvalidArgument, "parameter " + name + "=" + text + ": must be " + expected);
}

Result<int64_t> ParseNumber(const std::string& name, const std::string& text, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return Bad(name, text, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return value;
}

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find(',', start), text.size());
    if (end > start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Setter Flag(bool Store::*field) {
  return [field](Update& u, const std::string& name, const std::string& text) -> Status {
    VENICE_ASSIGN(u.store.*field, ParseBool(name, text));
    return Ok();
  };
}

template <typename Number>
Setter Whole(Number Store::*field, int64_t low, int64_t high) {
  return [=](Update& u, const std::string& name, const std::string& text) -> Status {
    VENICE_ASSIGN(const int64_t value, ParseNumber(name, text, low, high));
    u.store.*field = static_cast<Number>(value);
    return Ok();
  };
}

Setter Text(std::string Store::*field) {
  return [field](Update& u, const std::string&, const std::string& text) -> Status {
    u.store.*field = text;
    return Ok();
  };
}

Setter OneOf(std::string Store::*field, std::vector<std::string> allowed) {
  return [field, allowed = std::move(allowed)](Update& u, const std::string& name, const std::string& text) -> Status {
    if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
      std::string names;
      for (const std::string& one : allowed) names += (names.empty() ? "" : ", ") + one;
      return Bad(name, text, "one of " + names);
    }
    u.store.*field = text;
    return Ok();
  };
}

Setter Hybrid() {
  return [](Update& u, const std::string& name, const std::string& text) -> Status {
    u.hybrid[name] = text;
    return Ok();
  };
}

Setter Ignore() {
  return [](Update&, const std::string&, const std::string&) -> Status { return Ok(); };
}

// Accepted when it asks for what is so anyway; else refused, so that nobody believes it works.
Setter NotYet(bool Store::*field, const char* what) {
  return [field, what](Update& u, const std::string& name, const std::string& text) -> Status {
    VENICE_ASSIGN(const bool wanted, ParseBool(name, text));
    if (wanted && !(u.store.*field))
      return Error(ErrorCode::kUnsupported,
                   "parameter " + name + "=" + text + ": " + what + " is not supported by this build");
    u.store.*field = wanted;
    return Ok();
  };
}

Status SetPartitionCount(Update& u, const std::string& name, const std::string& text) {
  VENICE_ASSIGN(const int64_t count, ParseNumber(name, text, INT32_MIN, INT32_MAX));
  if (count < 0 || count > u.settings.partition_count_max)
    return Error(ErrorCode::kInvalidConfig, "parameter partition_count=" + text + ": must be from 0 to " +
                                                std::to_string(u.settings.partition_count_max) +
                                                " (default.partition.max.count)");
  if (u.store.hybrid && u.store.partition_count != 0 && count != u.store.partition_count)
    return Error(ErrorCode::kInvalidConfig, "Cannot change partition count for this hybrid store");
  u.store.partition_count = static_cast<int32_t>(count);
  return Ok();
}

Status SetPartitioner(Update& u, const std::string& name, const std::string& text) {
  if (text != metadata::kDefaultPartitionerClass)
    return Error(ErrorCode::kUnsupported, "parameter " + name + "=" + text + ": only " +
                                              std::string(metadata::kDefaultPartitionerClass) + " is supported");
  u.store.partitioner.partitioner_class = text;
  return Ok();
}

Status SetPartitionerParams(Update& u, const std::string& name, const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  std::map<std::string, std::string> params;
  if (!json.is_object()) return Bad(name, text, "a JSON object of strings");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return Bad(name, text, "a JSON object of strings");
    params[key] = value.get<std::string>();
  }
  u.store.partitioner.params = std::move(params);
  return Ok();
}

Status SetCompression(Update& u, const std::string& name, const std::string& text) {
  const auto strategy = metadata::ParseCompressionStrategy(text);
  if (!strategy || *strategy == metadata::CompressionStrategy::kZstd)
    return Bad(name, text, "NO_OP, GZIP or ZSTD_WITH_DICT");
  u.store.compression = *strategy;
  return Ok();
}

Status SetCurrentVersion(Update& u, const std::string& name, const std::string& text) {
  VENICE_ASSIGN(const int64_t number, ParseNumber(name, text, 0, INT32_MAX));
  if (!u.store.enable_writes)
    return Error(ErrorCode::kStoreDisabled, "the current version cannot change while writes are disabled");
  const metadata::Version* version = u.store.FindVersion(static_cast<int32_t>(number));
  if (number != 0 && (version == nullptr || (version->status != metadata::VersionStatus::kOnline &&
                                             version->status != metadata::VersionStatus::kPushed)))
    return Error(ErrorCode::kInvalidArgument,
                 "parameter version=" + text + ": store " + u.store.name + " has no such version that can serve");
  if (number == u.store.current_version) return Ok();
  if (number != 0) u.store.FindVersion(static_cast<int32_t>(number))->status = metadata::VersionStatus::kOnline;
  u.store.previous_current_version = u.store.current_version;
  u.store.current_version = static_cast<int32_t>(number);
  u.store.latest_version_promote_ms = u.settings.clock->WallMs();
  return Ok();
}

Status SetLargestUsedVersion(Update& u, const std::string& name, const std::string& text) {
  VENICE_ASSIGN(const int64_t number, ParseNumber(name, text, 0, INT32_MAX - 1));
  if (number < u.store.largest_used_version)
    return Bad(name, text,
               "at least " + std::to_string(u.store.largest_used_version) +
                   ", the largest number used so far: numbers are never used twice");
  u.store.largest_used_version = static_cast<int32_t>(number);
  return Ok();
}

Status SetEnableWrites(Update& u, const std::string& name, const std::string& text) {
  VENICE_ASSIGN(u.store.enable_writes, ParseBool(name, text));
  return Ok();
}

Status SetBackupStrategy(Update& u, const std::string& name, const std::string& text) {
  const auto strategy = metadata::ParseBackupStrategy(text);
  if (!strategy) return Bad(name, text, "KEEP_MIN_VERSIONS or DELETE_ON_NEW_PUSH_START");
  u.store.backup_strategy = *strategy;
  return Ok();
}

Status SetPausedRegions(Update& u, const std::string&, const std::string& text) {
  u.store.ingestion_paused_regions = SplitCommas(text);
  return Ok();
}

const std::map<std::string, Setter, std::less<>>& Setters() {
  using S = Store;
  constexpr int64_t kInt = INT32_MAX;
  constexpr int64_t kLong = INT64_MAX;
  const std::vector<std::string> tri_state{"NOT_SPECIFIED", "ENABLED", "DISABLED"};
  static const std::map<std::string, Setter, std::less<>> setters{
      {"owner", Text(&S::owner)},
      {"version", SetCurrentVersion},
      {"largest_used_version_number", SetLargestUsedVersion},
      {"largest_used_rt_version_number", Whole(&S::largest_used_rt_version, 0, kInt)},
      {"partition_count", SetPartitionCount},
      {"partitioner_class", SetPartitioner},
      {"partitioner_params", SetPartitionerParams},
      {"amplification_factor",
       [](Update&, const std::string& name, const std::string& text) -> Status {
         return text == "1" ? Ok() : Status(Bad(name, text, "1"));
       }},
      {"enable_reads", Flag(&S::enable_reads)},
      {"enable_writes", SetEnableWrites},
      {"storage_quota_in_byte", Whole(&S::storage_quota_bytes, -1, kLong)},
      {"hybrid-store-disk-quota-enabled", Flag(&S::hybrid_store_disk_quota_enabled)},
      {"hybrid_store_overhead_bypass", Ignore()},
      {"read_quota_in_cu", Whole(&S::read_quota_cu, 0, kLong)},
      {"rewind_time_seconds", Hybrid()},
      {"offset_lag_to_go_online", Hybrid()},
      {"time_lag_to_go_online", Hybrid()},
      {"data_replication_policy", Hybrid()},
      {"buffer_replay_policy", Hybrid()},
      {"real_time_topic_name", Hybrid()},
      {"access_controlled", Flag(&S::access_controlled)},
      {"compression_strategy", SetCompression},
      {"client_decompression_enabled", Flag(&S::client_decompression_enabled)},
      {"chunking_enabled", NotYet(&S::chunking_enabled, "splitting large values")},
      {"rmd_chunking_enabled", NotYet(&S::rmd_chunking_enabled, "splitting replication metadata")},
      {"incremental_push_enabled", Flag(&S::incremental_push_enabled)},
      {"separate_realtime_topic_enabled", NotYet(&S::separate_real_time_topic_enabled, "a separate real-time topic")},
      {"batch_get_limit", Whole(&S::batch_get_limit, -1, kInt)},
      {"num_versions_to_preserve", Whole(&S::num_versions_to_preserve, 0, 1000)},
      {"store_migration", NotYet(&S::migrating, "store migration")},
      {"enable_store_migration", NotYet(&S::migrating, "store migration")},
      {"write_computation_enabled", Flag(&S::write_computation_enabled)},
      {"replication_metadata_protocol_version_id", Whole(&S::rmd_version_id, -1, kInt)},
      {"read_computation_enabled", Flag(&S::read_computation_enabled)},
      {"bootstrap_to_online_timeout_in_hours", Whole(&S::bootstrap_to_online_timeout_hours, 1, 8760)},
      {"native_replication_enabled", Flag(&S::native_replication_enabled)},
      {"push_stream_source_address", Text(&S::push_stream_source_address)},
      {"backup_strategy", SetBackupStrategy},
      {"ingestion_pause_mode", OneOf(&S::ingestion_pause_mode, {"NOT_PAUSED", "CURRENT_VERSION", "ALL_VERSIONS"})},
      {"ingestion_paused_regions", SetPausedRegions},
      {"storage_mode", OneOf(&S::storage_mode, {"INTERNAL"})},
      {"external_storage_read_mode", OneOf(&S::external_storage_read_mode, {"VENICE_ONLY"})},
      {"auto_auto_register_for_pushjob_enabled", Flag(&S::schema_auto_register_from_push_job_enabled)},
      {"backup_version_retention_ms", Whole(&S::backup_version_retention_ms, -1, kLong)},
      {"replication_factor", Whole(&S::replication_factor, 1, 100)},
      {"migration_duplicate_store", Flag(&S::migration_duplicate_store)},
      {"native_replication_source_fabric", Text(&S::native_replication_source_fabric)},
      {"active_active_replication_enabled", Flag(&S::active_active_enabled)},
      {"regions_filter", Ignore()},
      {"replicate_all_configs", Ignore()},
      {"updated_configs_list", Ignore()},
      {"latest_superset_schema_id", Whole(&S::latest_superset_value_schema_id, -1, kInt)},
      {"storage_node_read_quota_enabled", Flag(&S::storage_node_read_quota_enabled)},
      {"compaction_enabled", Flag(&S::compaction_enabled)},
      {"compaction_threshold_milliseconds", Whole(&S::compaction_threshold_ms, -1, kLong)},
      {"pub_sub_encryption_key_urn", Text(&S::pub_sub_encryption_key_urn)},
      {"min_compaction_lag_seconds", Whole(&S::min_compaction_lag_seconds, -1, kLong)},
      {"max_compaction_lag_seconds", Whole(&S::max_compaction_lag_seconds, -1, kLong)},
      {"max_record_size_bytes", Whole(&S::max_record_size_bytes, -1, kInt)},
      {"max_nearline_record_size_bytes", Whole(&S::max_nearline_record_size_bytes, -1, kInt)},
      {"throughput_quota_in_bytes", Whole(&S::throughput_quota_bytes, -1, kLong)},
      {"throughput_quota_in_records", Whole(&S::throughput_quota_records, -1, kLong)},
      {"unused_schema_deletion_enabled", Flag(&S::unused_schema_deletion_enabled)},
      {"blob_transfer_enabled", Flag(&S::blob_transfer_enabled)},
      {"blob_transfer_in_server_enabled", OneOf(&S::blob_transfer_in_server, tri_state)},
      {"blob_db_enabled", OneOf(&S::blob_db, tri_state)},
      {"nearline_producer_compression_enabled", Flag(&S::nearline_producer_compression_enabled)},
      {"nearline_producer_count_per_writer", Whole(&S::nearline_producer_count_per_writer, 1, 1000)},
      {"target_swap_region", Text(&S::target_swap_region)},
      {"target_swap_region_wait_time", Whole(&S::target_swap_region_wait_minutes, 0, 100'000)},
      {"is_davinci_heartbeat_reported", Flag(&S::davinci_heartbeat_reported)},
      {"global_rt_div_enabled", Flag(&S::global_rt_div_enabled)},
      {"enum_schema_evolution_allowed", Flag(&S::enum_schema_evolution_allowed)},
      {"ttl_repush_enabled", Flag(&S::ttl_repush_enabled)},
      {"flink_venice_views_enabled", Flag(&S::flink_venice_views_enabled)},
      {"previous_current_version", Whole(&S::previous_current_version, -1, kInt)},
  };
  return setters;
}

Status ApplyHybrid(Update& u) {
  if (u.hybrid.empty()) return Ok();
  metadata::HybridConfig config =
      u.store.hybrid.value_or(metadata::HybridConfig{.rewind_seconds = -1, .offset_lag_to_go_online = -1});
  const bool was_hybrid = u.store.hybrid.has_value();
  const auto number = [&](const char* name, int64_t& field) -> Status {
    if (const auto it = u.hybrid.find(name); it != u.hybrid.end()) {
      VENICE_ASSIGN(field, ParseNumber(name, it->second, -1, INT64_MAX));
    }
    return Ok();
  };
  VENICE_TRY(number("rewind_time_seconds", config.rewind_seconds));
  VENICE_TRY(number("offset_lag_to_go_online", config.offset_lag_to_go_online));
  VENICE_TRY(number("time_lag_to_go_online", config.time_lag_to_go_online_seconds));
  if (const auto it = u.hybrid.find("data_replication_policy"); it != u.hybrid.end()) {
    const auto policy = metadata::ParseDataReplicationPolicy(it->second);
    if (!policy) return Bad(it->first, it->second, "NON_AGGREGATE, AGGREGATE, NONE or ACTIVE_ACTIVE");
    config.data_replication_policy = *policy;
  }
  if (const auto it = u.hybrid.find("buffer_replay_policy"); it != u.hybrid.end()) {
    const auto policy = metadata::ParseBufferReplayPolicy(it->second);
    if (!policy) return Bad(it->first, it->second, "REWIND_FROM_EOP or REWIND_FROM_SOP");
    config.buffer_replay_policy = *policy;
  }
  if (const auto it = u.hybrid.find("real_time_topic_name"); it != u.hybrid.end())
    config.real_time_topic_name = it->second;

  if (config.rewind_seconds < 0 && config.offset_lag_to_go_online < 0 && config.time_lag_to_go_online_seconds < 0) {
    u.store.hybrid.reset();  // back to a batch store
    u.store.incremental_push_enabled = false;
    u.store.active_active_enabled = false;
    return Ok();
  }
  if (!was_hybrid &&
      (config.rewind_seconds < 0 || (config.offset_lag_to_go_online < 0 && config.time_lag_to_go_online_seconds < 0)))
    return Error(
        ErrorCode::kInvalidArgument,
        "a hybrid store needs rewind_time_seconds and one of offset_lag_to_go_online and time_lag_to_go_online");
  if (config.rewind_seconds > 0 && config.offset_lag_to_go_online < 0 && config.time_lag_to_go_online_seconds < 0)
    return Error(
        ErrorCode::kInvalidArgument,
        "offset_lag_to_go_online and time_lag_to_go_online cannot both be negative while rewind_time_seconds is "
        "positive; make all three negative to go back to a batch store");
  const bool running = std::any_of(u.store.versions.begin(), u.store.versions.end(), [](const metadata::Version& v) {
    return v.status == metadata::VersionStatus::kStarted;
  });
  if (!was_hybrid && running)
    return Error(ErrorCode::kInvalidArgument,
                 "store " + u.store.name + " cannot become hybrid while a push is running; try again after it");
  u.store.hybrid = std::move(config);
  LogWarning("store.hybrid_recorded", {{"store", u.store.name}, {"note", "real-time writes are not ingested yet"}});
  return Ok();
}

// Rules over several fields, after all parameters.
Status CheckTogether(const Store& before, Store& after) {
  if (after.max_compaction_lag_seconds >= 0 && after.max_compaction_lag_seconds < after.min_compaction_lag_seconds)
    return Error(ErrorCode::kInvalidArgument, "max_compaction_lag_seconds is smaller than min_compaction_lag_seconds");
  if (!before.enable_writes && after.enable_writes) {
    // What was pushed while writes were off may serve from now on.
    int32_t newest = after.current_version;
    for (metadata::Version& version : after.versions)
      if (version.status == metadata::VersionStatus::kPushed && !version.defer_version_swap) {
        version.status = metadata::VersionStatus::kOnline;
        newest = std::max(newest, version.number);
      }
    if (newest != after.current_version) {
      after.previous_current_version = after.current_version;
      after.current_version = newest;
    }
  }
  return Ok();
}

}  // namespace

Result<bool> ParseBool(const std::string& name, const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "true") return true;
  if (lower == "false") return false;
  return Bad(name, text, "true or false");
}

Status ApplyStoreUpdate(const ParamList& params, const ControllerSettings& settings, Store& store) {
  Store changed = store;
  Update update{settings, changed, {}};
  std::set<std::string> seen;
  for (const auto& [name, text] : params) {
    if (name == controller_api::param::kCluster || name == controller_api::param::kStore) continue;
    if (!seen.insert(name).second)
      return Error(ErrorCode::kInvalidArgument, "Array parameters are not supported: " + name + " is given twice");
    if (name == controller_api::param::kKeySchema)
      return Error(ErrorCode::kInvalidArgument, std::string(kKeySchemaIsFixed));
    const auto setter = Setters().find(name);
    if (setter == Setters().end())
      return Error(ErrorCode::kInvalidArgument,
                   "parameter " + name + " is not known to /update_store; the parameters are listed at GET /");
    VENICE_TRY(setter->second(update, name, text));
  }
  if (seen.contains("ingestion_paused_regions") && !seen.contains("ingestion_pause_mode"))
    return Error(ErrorCode::kInvalidArgument, "ingestion_paused_regions needs ingestion_pause_mode");
  VENICE_TRY(ApplyHybrid(update));
  VENICE_TRY(CheckTogether(store, changed));
  if (changed.current_version != store.current_version) changed.latest_version_promote_ms = settings.clock->WallMs();
  store = std::move(changed);
  return Ok();
}

}  // namespace venice::controller
