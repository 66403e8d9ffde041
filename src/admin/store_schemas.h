// The value schemas of a store, as the controller tells them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/command.h"

namespace venice::admin {

struct StoreSchemas {
  struct Version {
    int32_t id = 0;
    std::string text;
    int64_t registered_ms = 0;  // since 1970; 0 until fetched, and when nobody knows
  };
  std::string name;
  std::string cluster;
  std::string owner;
  int32_t current_version = 0;
  bool enum_evolution = false;    // enumSchemaEvolutionAllowed
  std::string key_schema;         // JSON
  int32_t superset_id = 0;        // 0 for none
  std::vector<Version> versions;  // by id
};

// Without key schema and times. Errors: the controller's (kStoreNotFound, kUnavailable), or kCorruption when its answer
// can not be read.
Result<StoreSchemas> FetchStoreSchemas(Session& session, const std::string& store);
Status FetchKeySchema(Session& session, StoreSchemas& schemas);
// From the route that tells them; a controller without it leaves them 0. `urls` has commas between controllers.
void FetchRegistrationTimes(Session& session, const std::string& urls, StoreSchemas& schemas);

}  // namespace venice::admin
