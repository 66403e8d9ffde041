#include "helix/views.h"

#include <set>

namespace venice::helix {
namespace {

// The reports of one kind, turned around: partition -> instance -> state.
void AddStates(const ZnRecord& report, const std::string& instance, const std::set<std::string>* known,
               ZnRecord& view) {
  for (const auto& [partition, fields] : report.maps) {
    const auto state = fields.find("CURRENT_STATE");
    if (state == fields.end() || (known != nullptr && !known->contains(partition))) continue;
    view.maps[partition][instance] = state->second;
  }
}

Records Share(std::map<std::string, ZnRecord> views) {
  Records records;
  for (auto& [resource, view] : views) {
    view.id = resource;
    records[resource] = std::make_shared<const ZnRecord>(std::move(view));
  }
  return records;
}

}  // namespace

Records ExternalViews(const ClusterData& data) {
  std::map<std::string, ZnRecord> views;
  for (const auto& [resource, ideal_state] : data.ideal_states) {
    if (ideal_state->Number("NUM_PARTITIONS", 0) <= 0) continue;
    views[resource].simple = ideal_state->simple;
  }
  for (const auto& [instance, records] : data.current_states) {
    for (const auto& [resource, record] : records) AddStates(*record, instance, nullptr, views[resource]);
  }
  for (const auto& [resource, ideal_state] : data.ideal_states) {
    if (ideal_state->Flag("EXTERNAL_VIEW_DISABLED", false)) views.erase(resource);
  }
  return Share(std::move(views));
}

std::map<std::string, Records> CustomizedViews(const ClusterData& data) {
  std::map<std::string, std::set<std::string>> known;  // resource -> partitions
  for (const auto& [resource, ideal_state] : data.ideal_states) {
    for (const auto& [partition, list] : ideal_state->lists) known[resource].insert(partition);
  }
  for (const auto& [instance, records] : data.current_states) {
    for (const auto& [resource, record] : records) {
      for (const auto& [partition, fields] : record->maps) known[resource].insert(partition);
    }
  }
  std::map<std::string, Records> all;
  for (const std::string& type : data.customized_types) {
    std::map<std::string, ZnRecord> views;
    if (const auto reports = data.customized_states.find(type); reports != data.customized_states.end()) {
      for (const auto& [instance, records] : reports->second) {
        if (!data.live.contains(instance)) continue;
        for (const auto& [resource, record] : records) {
          const auto partitions = known.find(resource);
          if (partitions != known.end()) AddStates(*record, instance, &partitions->second, views[resource]);
        }
      }
    }
    std::erase_if(views, [](const auto& entry) { return entry.second.maps.empty(); });
    all[type] = Share(std::move(views));
  }
  return all;
}

}  // namespace venice::helix
