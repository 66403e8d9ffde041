// Where replicas go: a pure function of the nodes and the partition names, without history.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace venice::helix {

struct PlacementNode {
  std::string name;
  std::string zone;  // empty: the node is its own zone
  int weight = 1000;
};

struct PlacementInput {
  std::string resource;
  std::vector<std::string> partitions;
  int replicas = 1;
  std::vector<PlacementNode> nodes;  // all that may hold replicas, dead ones included; unique names
  std::set<std::string> dead;        // of `nodes`: their replicas go elsewhere, everybody else's stay
};

// Partition -> nodes, the leader first.
using PlacementResult = std::map<std::string, std::vector<std::string>>;

// Every partition gets min(replicas, live nodes) distinct nodes, in distinct zones while there are enough zones.
// Balance   with equal weights and no dead node the replicas per node differ by at most 1 (without zones), and so do
//           the leaders per node whenever the replica sets allow it.
// Movement  rendezvous hashing chooses, a balance step corrects: adding or removing one of n nodes moves about 1/n of
// the
//           replicas plus the few that balance needs.
// Pure; the order of `partitions` and `nodes` does not matter. O(partitions * nodes * log nodes).
PlacementResult Place(const PlacementInput& input);

}  // namespace venice::helix
