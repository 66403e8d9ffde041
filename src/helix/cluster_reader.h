// Reads ClusterData through a mirror: after the first time, only what changed.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "helix/cluster_data.h"
#include "helix/mirror.h"
#include "helix/paths.h"

namespace venice::helix {

// Belongs to the mirror's thread.
class ClusterReader {
 public:
  ClusterReader(Mirror& mirror, const Paths& paths) : mirror_(mirror), paths_(paths) {}

  // Errors: those of the client; nothing is lost then, and the next call goes on from what was read.
  Result<ClusterData> Read();

 private:
  Status ReadConfigs(ClusterData& data);
  Status ReadLiveInstances(ClusterData& data);
  Status ReadInstance(const std::string& instance, const std::string& session, ClusterData& data);
  // Every child of `parent` that has a record.
  Result<Records> ReadAll(const std::string& parent, bool watch_data);

  // The states that a message of the instance changes are read again, though no watch has told of a change.
  void ForgetStates(const std::string& instance, const std::string& session, const ZnRecord& message);

  Mirror& mirror_;
  const Paths& paths_;
  std::map<std::string, Records> seen_messages_;  // instance -> message id, as last read
};

}  // namespace venice::helix
