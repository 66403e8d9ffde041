// What the router knows at one moment, for its event loops to answer from: stores, schemas, versions, routes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "avro/schema.h"
#include "dispatch/routing_table.h"
#include "dispatch/version_choice.h"
#include "helix/spectator.h"
#include "metadata/schema_entry.h"
#include "metadata/store.h"
#include "metadata/store_repository.h"
#include "protocol/compression.h"

namespace venice::router {

// Immutable. The version that readers of a store are sent to.
struct ServedVersion {
  int32_t number = 0;
  int32_t partition_count = 0;
  std::string topic;
  std::shared_ptr<const dispatch::VersionRoutes> routes;
  std::shared_ptr<const protocol::ZstdDictionary> dictionary;  // of the zstd-with-dictionary strategy only
};

// Immutable.
struct ServedStore {
  std::shared_ptr<const metadata::Store> store;
  std::shared_ptr<const metadata::StoreSchemas> schemas;  // never null
  avro::Schema key_schema;                                // empty when the store has none yet, or none that we can read
  std::shared_ptr<const ServedVersion> version;           // nullptr: nothing can be served
  dispatch::VersionChoice::Reason reason = dispatch::VersionChoice::Reason::kNoCurrent;
};

// Immutable.
struct ServingTable {
  std::map<std::string, std::shared_ptr<const ServedStore>, std::less<>> stores;
  std::shared_ptr<const dispatch::RoutingTable> routes;
  std::shared_ptr<const helix::ClusterView> view;
};

}  // namespace venice::router
