// What registering a schema would do, told to an operator before it is done.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/schema_plan.h"
#include "metadata/push_status.h"
#include "metadata/store.h"

namespace venice::controller {

// A push that has not ended, and what the change means for it.
struct PushImpact {
  int32_t version = 0;
  std::string push_job_id;
  std::string topic;
  std::string status;  // of its record, Venice's text
  int64_t started_ms = 0;
  bool affected = false;  // its data would be read differently from what the new schema says
  std::string reason;     // why or why not, and what to do
};

struct DryRun {
  avro::Compatibility mode = avro::Compatibility::kFull;
  SchemaPlan plan;
  std::vector<PushImpact> pushes;
};

bool IsInFlight(const metadata::Version& version);

// A push writes with a schema that was registered when it started, so it never takes the new one up. Pure.
//
// statuses   version -> its push record, for those that have one
std::vector<PushImpact> JudgePushes(const metadata::Store& store, const metadata::StoreSchemas& known,
                                    const SchemaPlan& plan, const std::map<int32_t, metadata::OfflinePush>& statuses);

// Fields of records, at any depth, that `fresh` has and `old` lacks: "address.zip". At most `limit` are listed.
std::vector<std::string> AddedFields(const avro::Schema& old, const avro::Schema& fresh, size_t limit);

// The whole in a sentence or two.
std::string Summary(const DryRun& run);

}  // namespace venice::controller
