// A blocking client of the controller: finds the leader of a cluster, repeats what may be repeated, types the answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "metadata/schema_entry.h"
#include "metadata/store.h"
#include "net/http_client.h"

namespace venice::controller_api {

using Params = std::vector<std::pair<std::string, std::string>>;

struct ControllerClientOptions {
  std::vector<std::string> urls;  // any controllers, "http://host:port"; the leader is asked for
  std::string cluster;            // empty: discovered from the store of each request
  std::chrono::milliseconds request_timeout{17 * 60 * 1000};
  std::chrono::milliseconds job_status_timeout{60'000};
  int attempts = 10;  // on connect failure, time-out and 421
  std::chrono::milliseconds retry_interval{5'000};
};

struct Discovery {
  std::string cluster;
  std::string store;
  std::string d2_service;
  std::string server_d2_service;
};

struct NewStoreRequest {
  std::string store;
  std::string owner;
  std::string key_schema;
  std::string value_schema;
};

struct StoreDescription {
  metadata::Store store;
  std::string json;  // the `store` object as answered
};

struct Schema {
  int32_t id = 0;
  std::string text;
};

struct RequestTopicRequest {
  std::string store;
  std::string push_job_id;  // the same id gets the same version again
  std::string push_type = "BATCH";
  bool start_of_push = false;
  bool sorted = true;
  std::optional<std::string> compression_dictionary;  // raw bytes
  bool defer_version_swap = false;
  std::string partitioners;  // comma-separated class names
  std::string targeted_regions;
  int64_t rewind_seconds_override = -1;
};

struct VersionCreation {
  int32_t version = 0;
  int32_t partitions = 0;
  int32_t replicas = 0;
  std::string topic;
  std::string bootstrap_servers;
  metadata::CompressionStrategy compression = metadata::CompressionStrategy::kNoOp;
  std::string partitioner_class;
  std::map<std::string, std::string> partitioner_params;
};

struct ReplicaProgress {
  std::string instance;
  std::string status;
  std::string details;
};

struct JobStatus {
  int32_t version = 0;
  metadata::ExecutionStatus status = metadata::ExecutionStatus::kUnknown;
  std::string status_text;  // as answered
  std::string details;
  std::map<std::string, std::string> extra_info;     // region -> status
  std::map<std::string, std::string> extra_details;  // region -> text
  std::map<int32_t, std::vector<ReplicaProgress>> uncompleted_partitions;
};

// Counts and digests are per partition; both are optional. A digest is the 24 bytes of protocol::PartitionDigest.
struct EndOfPushRequest {
  std::string store;
  int32_t version = 0;
  std::map<int32_t, int64_t> record_counts;
  std::map<int32_t, std::string> record_digests;
};

// Thread-safe; blocks. Errors carry the controller's own message; their code is that of its errorType (kStoreNotFound,
// kInvalidSchema, kConcurrentPush, ..., kNotReady for one that cannot do it now), or kUnavailable/kTimeout when no
// controller could be asked.
class ControllerClient {
 public:
  explicit ControllerClient(ControllerClientOptions options);
  ~ControllerClient();

  // Any route: the JSON answered. `path` with its leading slash, and its method in front where two routes share the
  // path: "POST /schema/books". Adds cluster_name, discovered from the store if the options name no cluster. POST sends
  // a form body.
  Result<std::string> Call(const std::string& path, const Params& params);

  Result<Discovery> DiscoverCluster(const std::string& store);
  Result<std::string> LeaderController();  // URL

  Status NewStore(const NewStoreRequest& request);
  Result<StoreDescription> GetStore(const std::string& store);
  Result<std::vector<std::string>> ListStores();
  Status UpdateStore(const std::string& store, const Params& changes);
  Status DeleteStore(const std::string& store);
  // operation: "read", "write" or "readwrite".
  Status EnableStore(const std::string& store, const std::string& operation, bool enabled);

  Result<Schema> GetKeySchema(const std::string& store);
  Result<Schema> AddValueSchema(const std::string& store, const std::string& schema);
  Result<Schema> GetValueSchema(const std::string& store, int32_t id);
  // nullopt when no such schema is registered.
  Result<std::optional<int32_t>> GetValueSchemaId(const std::string& store, const std::string& schema);
  Result<std::vector<Schema>> GetAllValueSchemas(const std::string& store);

  Result<VersionCreation> RequestTopic(const RequestTopicRequest& request);
  Result<VersionCreation> EmptyPush(const std::string& store, const std::string& push_job_id);
  Status EndOfPush(const EndOfPushRequest& request);
  // One attempt.
  Result<JobStatus> GetJobStatus(const std::string& store, int32_t version);
  Status KillPush(const std::string& topic);

  Status SetVersion(const std::string& store, int32_t version);
  Status Rollback(const std::string& store);
  Status RollForward(const std::string& store);
  Status DeleteOldVersion(const std::string& store, int32_t version);
  Result<std::vector<int32_t>> DeleteAllVersions(const std::string& store);

  Result<std::vector<std::string>> ListInstances();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace venice::controller_api
