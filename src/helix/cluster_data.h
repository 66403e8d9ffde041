// What the controller knows of a cluster at one moment. A value: the pipeline computes from it alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "helix/instance_config.h"
#include "helix/state_model.h"
#include "helix/zn_record.h"

namespace venice::helix {

using RecordPtr = std::shared_ptr<const ZnRecord>;  // never null in the maps below
using Records = std::map<std::string, RecordPtr>;   // by id

struct ClusterData {
  std::string cluster;
  ZnRecord config;
  std::map<std::string, InstanceConfig> instances;  // configured ones
  std::map<std::string, std::string> live;          // instance -> session
  std::map<std::string, int64_t> offline_since_ms;  // of configured instances that are not live; -1 not yet recorded
  std::map<std::string, StateModel> state_models;
  Records ideal_states;                           // by resource
  std::map<std::string, Records> current_states;  // instance -> resource; of the live session only
  std::map<std::string, Records> messages;        // instance -> message id; of live instances
  std::vector<std::string> customized_types;      // that are to be aggregated
  std::map<std::string, std::map<std::string, Records>> customized_states;  // type -> instance -> resource
  int64_t latest_term_ms = 0;  // highest leadership term known to have been given out; no later one may be lower
  bool paused = false;
  bool maintenance = false;
};

}  // namespace venice::helix
