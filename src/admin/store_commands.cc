// Stores: create, look, change, delete.
#include "admin/command_table.h"

namespace venice::admin {
namespace {

constexpr auto kOptional = Flag::Need::kOptional;

// One --flag of update-store and the route parameter it fills.
Flag Setting(std::string_view name, std::string_view short_name, std::string_view parameter, std::string_view example,
             std::string_view description) {
  return {name, short_name, description, example, kOptional, parameter};
}

std::vector<Flag> UpdateStoreFlags() {
  return {
      UrlFlag(),
      StoreFlag(),
      ClusterFlag(),
      Setting("owner", "o", "owner", "feature-team", "Who answers for the store."),
      Setting("version", "v", "version", "3", "Makes this version the current one."),
      Setting("largest-used-version", "luv", "largest_used_version_number", "7", "Next push gets the number after it."),
      Setting("partition-count", "pn", "partition_count", "16", "Partitions of the versions pushed from now on."),
      Setting("partitioner-class", "pc", "partitioner_class",
              "com.linkedin.venice.partitioner.DefaultVenicePartitioner", "Class name that decides a key's partition."),
      Setting("readability", "rb", "enable_reads", "true", "Whether reads are answered."),
      Setting("writeability", "wb", "enable_writes", "true", "Whether pushes are accepted."),
      Setting("storage-quota", "sq", "storage_quota_in_byte", "-1", "Bytes a push may store; -1 for no bound."),
      Setting("read-quota", "rq", "read_quota_in_cu", "1800", "Keys a second that may be read."),
      Setting("storage-node-read-quota-enabled", "snrqe", "storage_node_read_quota_enabled", "true",
              "Whether servers enforce the read quota."),
      Setting("hybrid-rewind-seconds", "hr", "rewind_time_seconds", "86400",
              "Seconds of the real-time topic replayed into a fresh version."),
      Setting("hybrid-offset-lag", "ho", "offset_lag_to_go_online", "1000",
              "Records behind at which a replica is ready."),
      Setting("hybrid-time-lag", "ht", "time_lag_to_go_online", "-1", "Seconds behind at which a replica is ready."),
      Setting("access-control", "acl", "access_controlled", "false",
              "Whether reads and writes are checked against ACLs."),
      Setting("compression-strategy", "cs", "compression_strategy", "ZSTD_WITH_DICT",
              "How the next push compresses values: NO_OP, GZIP or ZSTD_WITH_DICT."),
      Setting("client-decompression-enabled", "csd", "client_decompression_enabled", "true",
              "Whether clients may receive compressed values."),
      Setting("chunking-enabled", "ce", "chunking_enabled", "false", "Whether values over 950 KiB are split."),
      Setting("batch-get-limit", "bgl", "batch_get_limit", "500", "Most keys of one batch get."),
      Setting("num-versions-to-preserve", "nvp", "num_versions_to_preserve", "2",
              "Versions kept, the current one included; 0 for the cluster's default."),
      Setting("write-computation-enabled", "wc", "write_computation_enabled", "false",
              "Whether partial updates are accepted."),
      Setting("read-computation-enabled", "rc", "read_computation_enabled", "false",
              "Whether servers compute on values for the reader."),
      Setting("backup-strategy", "bus", "backup_strategy", "KEEP_MIN_VERSIONS",
              "When the old version goes: KEEP_MIN_VERSIONS or DELETE_ON_NEW_PUSH_START."),
      Setting("auto-schema-register-push-job-enabled", "asp", "auto_auto_register_for_pushjob_enabled", "true",
              "Whether a push job may register a value schema."),
      Setting("incremental-push-enabled", "ipe", "incremental_push_enabled", "false",
              "Whether a push may add to the current version."),
      Setting("bootstrap-to-online-timeout", "btot", "bootstrap_to_online_timeout_in_hours", "24",
              "Hours a push may take before it fails."),
      Setting("backup-version-retention-ms", "bvr", "backup_version_retention_ms", "604800000",
              "Milliseconds a backup version is kept; -1 for the cluster's default."),
      Setting("active-active-replication-enabled", "aa", "active_active_replication_enabled", "true",
              "Whether every region takes writes; makes replication metadata schemas."),
      Setting("replication-factor", "rf", "replication_factor", "3", "Replicas of each partition."),
      Setting("max-record-size-bytes", "mrsb", "max_record_size_bytes", "-1",
              "Largest record a push may send when chunking is on."),
      Setting("enum-schema-evolution-allowed", "esea", "enum_schema_evolution_allowed", "true",
              "Whether a new value schema may add symbols to an enum that has a default, and use aliases."),
      Setting("latest-superset-schema-id", "lssi", "latest_superset_schema_id", "2",
              "Value schema that has every field of all others."),
  };
}

Command Enable(std::string_view name, std::string_view summary, std::string_view example, std::string operation,
               std::string status) {
  return {.name = name,
          .summary = summary,
          .examples = {example},
          .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
          .path = "/enable_store",
          .fixed_parameters = {{"operation", std::move(operation)}, {"status", std::move(status)}}};
}

}  // namespace

std::vector<Command> StoreCommands() {
  std::vector<Command> commands;
  commands.push_back(
      {.name = "new-store",
       .summary = "Creates a store with its key schema and first value schema.",
       .examples = {"new-store --url http://localhost:5555 --cluster venice-cluster0 --store profiles "
                    "--key-schema-file key.avsc --value-schema-file value.avsc"},
       .flags = {UrlFlag(),
                 {"cluster", "c", "Name of the Venice cluster that will hold the store.", "venice-cluster0"},
                 StoreFlag(),
                 {"key-schema-file", "ks", "File with the Avro schema of keys; it can never change.", "key.avsc",
                  Flag::Need::kRequired, "key_schema", true},
                 {"value-schema-file", "vs", "File with the Avro schema of values.", "value.avsc",
                  Flag::Need::kRequired, "value_schema", true},
                 {"owner", "o", "Who answers for the store.", "feature-team", kOptional, "owner"}},
       .path = "/new_store"});
  commands.push_back({.name = "list-stores",
                      .summary = "Lists the stores of a cluster.",
                      .examples = {"list-stores --url http://localhost:5555 --cluster venice-cluster0"},
                      .flags = {UrlFlag(),
                                ClusterFlag(Flag::Need::kRequired),
                                {"include-system-stores", "iss", "Whether Venice's own stores are listed too.", "false",
                                 kOptional, "include_system_stores"}},
                      .path = "/list_stores"});
  commands.push_back({.name = "describe-store",
                      .summary = "Shows a store's settings and versions.",
                      .examples = {"describe-store --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/store"});
  commands.push_back({.name = "describe-stores",
                      .summary = "Shows the settings and versions of every store of a cluster.",
                      .examples = {"describe-stores --url http://localhost:5555 --cluster venice-cluster0"},
                      .flags = {UrlFlag(), ClusterFlag(Flag::Need::kRequired)},
                      .path = "/get_stores_in_cluster"});
  commands.push_back({.name = "discover-cluster",
                      .summary = "Tells which cluster a store lives in.",
                      .examples = {"discover-cluster --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag()},
                      .path = "/discover_cluster"});
  commands.push_back(
      {.name = "update-store",
       .summary = "Changes settings of a store; what is not named stays as it is.",
       .examples = {"update-store --url http://localhost:5555 --store profiles --storage-quota -1",
                    "update-store --url http://localhost:5555 --store profiles --compression-strategy ZSTD_WITH_DICT"},
       .flags = UpdateStoreFlags(),
       .path = "/update_store"});
  commands.push_back(
      {.name = "set-owner",
       .summary = "Changes who answers for a store.",
       .examples = {"set-owner --url http://localhost:5555 --store profiles --owner feature-team"},
       .flags = {UrlFlag(),
                 StoreFlag(),
                 ClusterFlag(),
                 {"owner", "o", "The owner from now on.", "feature-team", Flag::Need::kRequired, "owner"}},
       .path = "/set_owner"});
  commands.push_back(Enable("enable-store", "Allows reads of a store and pushes to it.",
                            "enable-store --url http://localhost:5555 --store profiles", "readwrite", "true"));
  commands.push_back(Enable("disable-store", "Refuses reads of a store and pushes to it; needed before deletion.",
                            "disable-store --url http://localhost:5555 --store profiles", "readwrite", "false"));
  commands.push_back(Enable("enable-store-read", "Allows reads of a store.",
                            "enable-store-read --url http://localhost:5555 --store profiles", "read", "true"));
  commands.push_back(Enable("disable-store-read", "Refuses reads of a store.",
                            "disable-store-read --url http://localhost:5555 --store profiles", "read", "false"));
  commands.push_back(Enable("enable-store-write", "Allows pushes to a store.",
                            "enable-store-write --url http://localhost:5555 --store profiles", "write", "true"));
  commands.push_back(Enable("disable-store-write", "Refuses pushes to a store.",
                            "disable-store-write --url http://localhost:5555 --store profiles", "write", "false"));
  commands.push_back({.name = "delete-store",
                      .summary = "Deletes a disabled store with all its versions, topics and data.",
                      .examples = {"delete-store --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/delete_store"});
  return commands;
}

}  // namespace venice::admin
