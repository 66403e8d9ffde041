#include "helix/placement.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>
#include <string_view>

namespace venice::helix {
namespace {

// FNV-1a over both texts, then the finalizer of splitmix64: same result on every machine and in every release.
uint64_t Hash(std::string_view left, std::string_view right) {
  uint64_t hash = 14695981039346656037ULL;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
  for (const char c : left) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : right) add(static_cast<unsigned char>(c));
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

// The straw a node draws for a partition: smaller is better, and wins with a probability proportional to the weight.
double Straw(std::string_view partition, const PlacementNode& node) {
  const double uniform = (static_cast<double>(Hash(partition, node.name) >> 11) + 0.5) * 0x1p-53;
  return -std::log(uniform) / node.weight;
}

// The state of one computation. Nodes and partitions are indices into sorted vectors.
class Placer {
 public:
  explicit Placer(const PlacementInput& input) : resource_(input.resource), partitions_(input.partitions) {
    std::sort(partitions_.begin(), partitions_.end());
    for (const PlacementNode& node : input.nodes) {
      if (node.weight > 0) nodes_.push_back(node);
    }
    std::sort(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::map<std::string, int> zones;
    for (const PlacementNode& node : nodes_) {
      const std::string zone = node.zone.empty() ? "\n" + node.name : node.zone;
      zone_of_.push_back(zones.emplace(zone, static_cast<int>(zones.size())).first->second);
      live_.push_back(!input.dead.contains(node.name));
    }
    replicas_ = std::min<int>(std::max(input.replicas, 0), static_cast<int>(nodes_.size()));
    distinct_zones_ = static_cast<int>(zones.size()) >= replicas_;
    DrawStraws();
  }

  PlacementResult Run() {
    ChooseByStraw();
    BalanceReplicas();
    BalanceLeaders();
    ReplaceDead();
    PlacementResult result;
    for (size_t p = 0; p < partitions_.size(); ++p) {
      std::vector<std::string>& names = result[partitions_[p]];
      for (const int node : holders_[p]) names.push_back(nodes_[node].name);
    }
    return result;
  }

 private:
  int NodeCount() const { return static_cast<int>(nodes_.size()); }

  void DrawStraws() {
    straws_.resize(partitions_.size());
    for (size_t p = 0; p < partitions_.size(); ++p) {
      straws_[p].reserve(nodes_.size());
      for (const PlacementNode& node : nodes_) straws_[p].push_back(Straw(partitions_[p], node));
    }
  }

  // Nodes for one partition, best straw first.
  std::vector<int> Ranking(size_t p) const {
    std::vector<int> order(nodes_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) { return straws_[p][a] < straws_[p][b]; });
    return order;
  }

  // `leaving` is a node that gives its place up, -1 for none.
  bool MayHold(size_t p, int node, int leaving, bool distinct_zones) const {
    return std::none_of(holders_[p].begin(), holders_[p].end(), [&](int other) {
      return other == node || (distinct_zones && other != leaving && zone_of_[other] == zone_of_[node]);
    });
  }

  void ChooseByStraw() {
    holders_.resize(partitions_.size());
    load_.assign(nodes_.size(), 0);
    for (size_t p = 0; p < partitions_.size(); ++p) {
      const std::vector<int> order = Ranking(p);
      for (const bool strict : {distinct_zones_, false}) {
        for (const int node : order) {
          if (static_cast<int>(holders_[p].size()) == replicas_) break;
          if (!MayHold(p, node, -1, strict)) continue;
          holders_[p].push_back(node);
          ++load_[node];
        }
      }
    }
  }

  // The most replicas each node should hold: its share by weight rounded down, and the remainder one by one to the
  // nodes that already have more than that, so that rounding moves nothing by itself.
  std::vector<int> Caps() const {
    const double total = static_cast<double>(partitions_.size()) * replicas_;
    double weights = 0;
    for (const PlacementNode& node : nodes_) weights += node.weight;
    std::vector<int> caps;
    int given = 0;
    for (const PlacementNode& node : nodes_) {
      const int share = static_cast<int>(total * node.weight / weights + 1e-9);
      caps.push_back(std::min<int>(share, static_cast<int>(partitions_.size())));
      given += caps.back();
    }
    std::vector<int> order(nodes_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      const bool more_a = load_[a] > caps[a];
      const bool more_b = load_[b] > caps[b];
      if (more_a != more_b) return more_a;
      return Hash(resource_, nodes_[a].name) < Hash(resource_, nodes_[b].name);
    });
    int left = static_cast<int>(total) - given;
    while (left > 0) {
      const int before = left;
      for (const int node : order) {
        if (left == 0 || caps[node] >= static_cast<int>(partitions_.size())) continue;
        ++caps[node];
        --left;
      }
      if (left == before) break;
    }
    return caps;
  }

  struct Move {
    size_t partition;
    int from;
    int to;
  };

  // The replica of `from` that `to` would like best, relative to how much `from` wants to keep it.
  bool BestMove(int from, int to, const std::vector<std::vector<size_t>>& held, Move& move) const {
    double best = std::numeric_limits<double>::infinity();
    for (const size_t p : held[from]) {
      const double cost = straws_[p][to] - straws_[p][from];
      if (cost < best && MayHold(p, to, from, distinct_zones_)) {
        best = cost;
        move = {p, from, to};
      }
    }
    return best != std::numeric_limits<double>::infinity();
  }

  // Shortest chain of moves from `start` to any node below its cap; empty when there is none.
  std::vector<Move> FindChain(int start, const std::vector<int>& caps,
                              const std::vector<std::vector<size_t>>& held) const {
    std::vector<Move> reached_by(nodes_.size(), Move{0, -1, -1});
    std::vector<bool> seen(nodes_.size(), false);
    std::deque<int> queue{start};
    seen[start] = true;
    while (!queue.empty()) {
      const int from = queue.front();
      queue.pop_front();
      for (int to = 0; to < NodeCount(); ++to) {
        if (seen[to] || !BestMove(from, to, held, reached_by[to])) continue;
        seen[to] = true;
        if (load_[to] >= caps[to]) {
          queue.push_back(to);
          continue;
        }
        std::vector<Move> chain;
        for (int node = to; node != start; node = reached_by[node].from) chain.push_back(reached_by[node]);
        return chain;
      }
    }
    return {};
  }

  void Apply(const Move& move, std::vector<std::vector<size_t>>& held) {
    std::replace(holders_[move.partition].begin(), holders_[move.partition].end(), move.from, move.to);
    std::erase(held[move.from], move.partition);
    held[move.to].push_back(move.partition);
    --load_[move.from];
    ++load_[move.to];
  }

  // The cheapest single move off `from`: most excess needs no chain, and then the best pair of all nodes is taken.
  bool CheapestDirectMove(int from, const std::vector<int>& caps, const std::vector<std::vector<size_t>>& held,
                          Move& best) const {
    double best_cost = std::numeric_limits<double>::infinity();
    for (int to = 0; to < NodeCount(); ++to) {
      Move move{};
      if (to == from || load_[to] >= caps[to] || !BestMove(from, to, held, move)) continue;
      const double cost = straws_[move.partition][to] - straws_[move.partition][from];
      if (cost < best_cost) {
        best_cost = cost;
        best = move;
      }
    }
    return best_cost != std::numeric_limits<double>::infinity();
  }

  void BalanceReplicas() {
    const std::vector<int> caps = Caps();
    std::vector<std::vector<size_t>> held(nodes_.size());
    for (size_t p = 0; p < partitions_.size(); ++p) {
      for (const int node : holders_[p]) held[node].push_back(p);
    }
    for (int node = 0; node < NodeCount(); ++node) {
      while (load_[node] > caps[node]) {
        Move move{};
        if (CheapestDirectMove(node, caps, held, move)) {
          Apply(move, held);
          continue;
        }
        // Apply from the far end, so that no node on the way passes its cap.
        const std::vector<Move> chain = FindChain(node, caps, held);
        if (chain.empty()) break;  // the zones do not allow better
        for (const Move& step : chain) Apply(step, held);
      }
    }
    for (size_t p = 0; p < partitions_.size(); ++p) {
      std::sort(holders_[p].begin(), holders_[p].end(), [&](int a, int b) { return straws_[p][a] < straws_[p][b]; });
    }
  }

  // Moves leadership along chains from the nodes that lead most to nodes that lead at least two less.
  void BalanceLeaders() {
    std::vector<std::set<size_t>> led(nodes_.size());
    for (size_t p = 0; p < partitions_.size(); ++p) {
      if (!holders_[p].empty()) led[holders_[p].front()].insert(p);
    }
    bool moved = true;
    while (moved) {
      moved = false;
      std::vector<int> order(nodes_.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return led[a].size() > led[b].size(); });
      for (const int start : order) {
        if (MoveLeader(start, led)) {
          moved = true;
          break;
        }
      }
    }
  }

  bool MoveLeader(int start, std::vector<std::set<size_t>>& led) {
    std::vector<std::pair<int, size_t>> reached_by(nodes_.size(), {-1, 0});  // node before, partition handed over
    std::deque<int> queue{start};
    while (!queue.empty()) {
      const int from = queue.front();
      queue.pop_front();
      for (const size_t p : led[from]) {
        for (const int to : holders_[p]) {
          if (to == start || reached_by[to].first != -1) continue;
          reached_by[to] = {from, p};
          if (led[to].size() + 2 > led[start].size()) {
            queue.push_back(to);
            continue;
          }
          for (int node = to; node != start; node = reached_by[node].first) {
            const auto [before, partition] = reached_by[node];
            led[before].erase(partition);
            led[node].insert(partition);
            std::vector<int>& holders = holders_[partition];
            std::iter_swap(holders.begin(), std::find(holders.begin(), holders.end(), node));
          }
          return true;
        }
      }
    }
    return false;
  }

  // Survivors keep their order in front; whoever replaces a dead node comes last.
  void ReplaceDead() {
    int live_count = static_cast<int>(std::count(live_.begin(), live_.end(), true));
    if (live_count == NodeCount()) return;
    std::set<int> live_zones;
    for (int node = 0; node < NodeCount(); ++node) {
      if (!live_[node]) load_[node] = 0;
      if (live_[node]) live_zones.insert(zone_of_[node]);
    }
    const int wanted = std::min(replicas_, live_count);
    const bool strict_zones = static_cast<int>(live_zones.size()) >= wanted;
    const int cap = live_count == 0 ? 0 : (static_cast<int>(partitions_.size()) * wanted + live_count - 1) / live_count;
    for (size_t p = 0; p < partitions_.size(); ++p) {
      std::erase_if(holders_[p], [this](int node) { return !live_[node]; });
      while (static_cast<int>(holders_[p].size()) < wanted) {
        int chosen = Replacement(p, cap, strict_zones);
        if (chosen < 0) chosen = Replacement(p, cap, false);
        if (chosen < 0) break;
        holders_[p].push_back(chosen);
        ++load_[chosen];
      }
    }
  }

  // The best straw among the nodes with room, else the least loaded node; -1 when no node may hold the partition.
  int Replacement(size_t p, int cap, bool strict_zones) const {
    int chosen = -1;
    for (const int node : Ranking(p)) {
      if (!live_[node] || !MayHold(p, node, -1, strict_zones)) continue;
      if (load_[node] < cap) return node;
      if (chosen < 0 || load_[node] < load_[chosen]) chosen = node;
    }
    return chosen;
  }

  std::string resource_;
  std::vector<std::string> partitions_;
  std::vector<PlacementNode> nodes_;
  std::vector<int> zone_of_;
  std::vector<bool> live_;
  int replicas_ = 0;
  bool distinct_zones_ = true;
  std::vector<std::vector<double>> straws_;  // [partition][node]
  std::vector<std::vector<int>> holders_;    // [partition] -> nodes, the leader first
  std::vector<int> load_;                    // replicas per node
};

}  // namespace

PlacementResult Place(const PlacementInput& input) { return Placer(input).Run(); }

}  // namespace venice::helix
