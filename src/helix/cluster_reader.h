// Reads ClusterData through a mirror: after the first time, only what changed.
#pragma once

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

  Mirror& mirror_;
  const Paths& paths_;
};

}  // namespace venice::helix
