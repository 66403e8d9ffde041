// Where Venice's own records live in ZooKeeper. Helix's part of the same tree: helix/paths.h.
#pragma once

#include <cstdint>
#include <string>

namespace venice::metadata::paths {

inline std::string StoreConfigs() { return "/storeConfigs"; }
inline std::string StoreConfig(const std::string& store) { return StoreConfigs() + "/" + store; }

inline std::string Stores(const std::string& cluster) { return "/" + cluster + "/Stores"; }
inline std::string Store(const std::string& cluster, const std::string& store) { return Stores(cluster) + "/" + store; }
inline std::string KeySchemas(const std::string& cluster, const std::string& store) {
  return Store(cluster, store) + "/key-schema";
}
inline std::string KeySchema(const std::string& cluster, const std::string& store) {
  return KeySchemas(cluster, store) + "/1";
}
inline std::string ValueSchemas(const std::string& cluster, const std::string& store) {
  return Store(cluster, store) + "/value-schema";
}
inline std::string ValueSchema(const std::string& cluster, const std::string& store, int32_t id) {
  return ValueSchemas(cluster, store) + "/" + std::to_string(id);
}
inline std::string DerivedSchemas(const std::string& cluster, const std::string& store) {
  return Store(cluster, store) + "/derived-schema";
}
inline std::string ReplicationMetadataSchemas(const std::string& cluster, const std::string& store) {
  return Store(cluster, store) + "/timestamp-metadata-schema";
}
// The node of a schema made of a value schema, in one of the two folders above.
inline std::string GeneratedSchema(const std::string& folder, int32_t value_id, int32_t id) {
  return folder + "/" + std::to_string(value_id) + "-" + std::to_string(id);
}
inline std::string Graveyard(const std::string& cluster) { return "/" + cluster + "/StoreGraveyard"; }
inline std::string Graveyard(const std::string& cluster, const std::string& store) {
  return Graveyard(cluster) + "/" + store;
}
inline std::string OfflinePushes(const std::string& cluster) { return "/" + cluster + "/OfflinePushes"; }
inline std::string OfflinePush(const std::string& cluster, const std::string& topic) {
  return OfflinePushes(cluster) + "/" + topic;
}
inline std::string OfflinePushPartition(const std::string& cluster, const std::string& topic, int32_t partition) {
  return OfflinePush(cluster, topic) + "/" + std::to_string(partition);
}
inline std::string ExecutionIds(const std::string& cluster) { return "/" + cluster + "/executionids"; }
inline std::string AdminTopicMetadata(const std::string& cluster) { return "/" + cluster + "/adminTopicMetadataV2"; }
inline std::string Routers(const std::string& cluster) { return "/" + cluster + "/routers"; }
inline std::string Router(const std::string& cluster, const std::string& host_port) {
  return Routers(cluster) + "/" + host_port;
}
inline std::string ClusterConfig(const std::string& cluster) { return "/" + cluster + "/ClusterConfig"; }
inline std::string AllowList(const std::string& cluster) { return "/" + cluster + "/whitelist"; }

}  // namespace venice::metadata::paths
