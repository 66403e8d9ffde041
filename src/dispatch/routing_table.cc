#include "dispatch/routing_table.h"

#include <algorithm>
#include <charconv>

namespace venice::dispatch {
namespace {

constexpr const char* kStateType = "OFFLINE_PUSH";
constexpr std::string_view kReady = "COMPLETED";
constexpr int32_t kPartitionsMax = 1 << 20;

// "profiles_v3_12" of resource "profiles_v3" -> 12; -1 for anything else.
int32_t PartitionOf(std::string_view partition_name, std::string_view resource) {
  if (partition_name.size() <= resource.size() + 1 || !partition_name.starts_with(resource) ||
      partition_name[resource.size()] != '_') {
    return -1;
  }
  const char* begin = partition_name.data() + resource.size() + 1;
  const char* end = partition_name.data() + partition_name.size();
  int32_t partition = -1;
  const auto [stop, error] = std::from_chars(begin, end, partition);
  return error == std::errc() && stop == end && partition < kPartitionsMax ? partition : -1;
}

}  // namespace

bool VersionRoutes::AllReady(int32_t partition_count) const {
  for (int32_t partition = 0; partition < partition_count; ++partition) {
    if (Replicas(partition).empty()) return false;
  }
  return partition_count > 0;
}

std::shared_ptr<const VersionRoutes> RoutingTable::Find(std::string_view topic) const {
  const auto found = versions.find(topic);
  return found == versions.end() ? nullptr : found->second;
}

HostId RoutingTableBuilder::IdOf(const helix::LiveInstanceView& instance) {
  const auto [entry, is_new] = ids_.try_emplace(instance.instance, static_cast<HostId>(hosts_.size()));
  if (is_new) hosts_.push_back({instance.host, instance.port});
  return entry->second;
}

std::shared_ptr<const RoutingTable> RoutingTableBuilder::Build(const helix::ClusterView& view) {
  auto table = std::make_shared<RoutingTable>();
  std::map<std::string_view, HostId> live;
  for (const auto& [name, instance] : view.live) {
    const HostId id = IdOf(instance);
    live.emplace(name, id);
    table->live.push_back(id);
  }
  std::sort(table->live.begin(), table->live.end());
  table->hosts = hosts_;
  const bool same_live = table->live == live_;
  live_ = table->live;

  std::map<std::string, std::shared_ptr<const helix::ResourceView>> sources;
  const auto states = view.customized.find(kStateType);
  if (states != view.customized.end()) {
    for (const auto& [resource, resource_view] : states->second) {
      sources.emplace(resource, resource_view);
      const auto before = sources_.find(resource);
      if (same_live && before != sources_.end() && before->second == resource_view) {
        table->versions.emplace(resource, last_->Find(resource));
        continue;
      }
      std::vector<std::vector<HostId>> replicas;
      for (const auto& [partition_name, instances] : resource_view->partitions) {
        const int32_t partition = PartitionOf(partition_name, resource);
        if (partition < 0) continue;
        if (replicas.size() <= static_cast<size_t>(partition)) replicas.resize(partition + 1);
        for (const auto& [instance, state] : instances) {
          const auto host = live.find(instance);
          if (state == kReady && host != live.end()) replicas[partition].push_back(host->second);
        }
      }
      table->versions.emplace(resource, std::make_shared<VersionRoutes>(std::move(replicas)));
    }
  }
  sources_ = std::move(sources);
  last_ = table;
  return table;
}

}  // namespace venice::dispatch
