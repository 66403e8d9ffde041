// Which hosts can answer for which partition of which version: built from Helix's views, read by event loops.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "helix/spectator.h"
#include "net/http_client.h"

namespace venice::dispatch {

// A small number that stands for one storage node as long as the process lives, also while the node is away.
using HostId = uint32_t;

// Immutable. The ready replicas of one version: COMPLETED in the customized view, and alive.
class VersionRoutes {
 public:
  explicit VersionRoutes(std::vector<std::vector<HostId>> replicas) : replicas_(std::move(replicas)) {}

  // Empty for a partition without a ready replica, and for one that does not exist.
  std::span<const HostId> Replicas(int32_t partition) const {
    if (partition < 0 || static_cast<size_t>(partition) >= replicas_.size()) return {};
    return replicas_[partition];
  }
  // Has each of the partitions 0 to count-1 a ready replica?
  bool AllReady(int32_t partition_count) const;

 private:
  std::vector<std::vector<HostId>> replicas_;
};

// Immutable.
struct RoutingTable {
  std::vector<net::Endpoint> hosts;                                                   // by HostId
  std::vector<HostId> live;                                                           // ascending
  std::map<std::string, std::shared_ptr<const VersionRoutes>, std::less<>> versions;  // by version topic

  // nullptr when nothing is known of the topic.
  std::shared_ptr<const VersionRoutes> Find(std::string_view topic) const;
};

// One control thread. Remembers the ids of hosts, and reuses the routes of versions that did not change.
class RoutingTableBuilder {
 public:
  std::shared_ptr<const RoutingTable> Build(const helix::ClusterView& view);

 private:
  HostId IdOf(const helix::LiveInstanceView& instance);

  std::map<std::string, HostId> ids_;  // by instance name
  std::vector<net::Endpoint> hosts_;
  std::vector<HostId> live_;
  std::map<std::string, std::shared_ptr<const helix::ResourceView>> sources_;  // of the routes of the table before
  std::shared_ptr<const RoutingTable> last_ = std::make_shared<RoutingTable>();
};

}  // namespace venice::dispatch
