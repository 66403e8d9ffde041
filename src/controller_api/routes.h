// The controller's routes as data: what the server registers, what clients call, what documents are made from.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace venice::controller_api {

// Names of parameters, exactly as on the wire (also where they are misspelt or use dashes).
namespace param {
inline constexpr std::string_view kCluster = "cluster_name";
inline constexpr std::string_view kStore = "store_name";
inline constexpr std::string_view kVersion = "version";
inline constexpr std::string_view kOwner = "owner";
inline constexpr std::string_view kKeySchema = "key_schema";
inline constexpr std::string_view kValueSchema = "value_schema";
inline constexpr std::string_view kSchemaId = "schema_id";
inline constexpr std::string_view kPushType = "push_type";
inline constexpr std::string_view kPushJobId = "push_job_id";
inline constexpr std::string_view kStartOfPush = "start_of_push";
inline constexpr std::string_view kSortedOrder = "push_in_sorted_order";
inline constexpr std::string_view kPartitioners = "partitioners";
inline constexpr std::string_view kDictionary = "compression_dictionary";
inline constexpr std::string_view kDeferVersionSwap = "defer_version_swap";
inline constexpr std::string_view kTargetedRegions = "targeted_regions";
inline constexpr std::string_view kRecordCounts = "partition_record_counts";
inline constexpr std::string_view kRecordDigests = "partition_record_digests";
inline constexpr std::string_view kTopic = "topic";
inline constexpr std::string_view kDerivedSchema = "derived_schema";
inline constexpr std::string_view kDerivedSchemaId = "derived_schema_id";
inline constexpr std::string_view kDryRun = "dryRun";
inline constexpr std::string_view kStorageNode = "storage_node_id";
}  // namespace param

struct RouteParameter {
  std::string_view name;
  bool required = false;
  std::string_view description;
};

// Who answers a request: any controller, any controller that serves the cluster, or only the leader of the cluster.
enum class Answers { kAnyController, kClusterMember, kClusterLeader };
// Whether a request must name its cluster. When it may be left out, the store's discovery entry names it.
enum class ClusterName { kRequired, kOptional, kNotUsed };

struct Route {
  std::string_view path;    // "/new_store", or with one variable, "/stores/{store}"
  std::string_view method;  // "GET" or "POST"
  Answers answers = Answers::kClusterLeader;
  std::string_view summary;                    // one sentence
  std::span<const RouteParameter> parameters;  // without cluster_name and the path's variable
  ClusterName cluster_name = ClusterName::kRequired;
};

// All routes that this controller serves. Two may share a path and differ in method.
std::span<const Route> Routes();

struct RouteMatch {
  const Route* route = nullptr;  // nullptr when no route has the path
  std::string store;             // the text at {store}
  std::string methods;           // that the path is called by: "GET, POST"
};
// Every '/' of a path without a variable is ignored, as in Venice. A path that is known with other methods only gives
// the route of one of those.
RouteMatch FindRoute(std::string_view path, std::string_view method);

// The parameters of /update_store; kept apart because most become a field of the store.
std::span<const RouteParameter> UpdateStoreParameters();

}  // namespace venice::controller_api
