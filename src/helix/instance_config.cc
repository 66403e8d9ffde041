#include "helix/instance_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "helix/paths.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

using Json = nlohmann::json;

constexpr const char* kOperations = "HELIX_INSTANCE_OPERATIONS";
constexpr const char* kDisabledPartitions = "HELIX_DISABLED_PARTITION";

std::string Field(const std::string& json_text, const char* name) {
  const Json json = Json::parse(json_text, nullptr, false);
  if (!json.is_object()) return "";
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

InstanceOperation ParseOperation(std::string_view name) {
  if (SameText(name, "DISABLE")) return InstanceOperation::kDisable;
  if (SameText(name, "EVACUATE")) return InstanceOperation::kEvacuate;
  if (SameText(name, "SWAP_IN")) return InstanceOperation::kSwapIn;
  if (SameText(name, "UNKNOWN")) return InstanceOperation::kUnknown;
  return InstanceOperation::kEnable;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void ReadDisabledPartitions(const ZnRecord& record, InstanceConfig& config) {
  if (const auto map = record.maps.find(kDisabledPartitions); map != record.maps.end()) {
    for (const auto& [resource, names] : map->second) {
      if (resource == "ALL_RESOURCES") config.all_partitions_disabled = true;
      for (std::string& name : Split(names, ',')) config.disabled_partitions[resource].insert(std::move(name));
    }
  }
  // The older form: a plain list of partitions, whatever their resource.
  if (const auto list = record.lists.find(kDisabledPartitions); list != record.lists.end()) {
    config.disabled_partitions[""].insert(list->second.begin(), list->second.end());
  }
}

}  // namespace

bool InstanceConfig::PartitionDisabled(const std::string& resource, const std::string& partition) const {
  if (all_partitions_disabled) return true;
  for (const std::string& key : {resource, std::string()}) {
    const auto it = disabled_partitions.find(key);
    if (it != disabled_partitions.end() && it->second.contains(partition)) return true;
  }
  return false;
}

InstanceConfig ParseInstanceConfig(const ZnRecord& record) {
  InstanceConfig config;
  config.instance = record.id;
  if (const auto list = record.lists.find(kOperations); list != record.lists.end() && !list->second.empty()) {
    config.operation = ParseOperation(Field(list->second.back(), "OPERATION"));
  }
  const bool may_disable =
      config.operation == InstanceOperation::kEnable || config.operation == InstanceOperation::kEvacuate;
  if (may_disable && !record.Flag("HELIX_ENABLED", true)) config.operation = InstanceOperation::kDisable;
  config.enabled_ms = record.Number("HELIX_ENABLED_TIMESTAMP", -1);
  config.zone = record.Text("HELIX_ZONE_ID");
  config.weight = static_cast<int>(std::clamp<int64_t>(record.Number("INSTANCE_WEIGHT", 1000), 0, 1'000'000));
  if (const auto tags = record.lists.find("TAG_LIST"); tags != record.lists.end()) {
    config.tags.insert(tags->second.begin(), tags->second.end());
  }
  for (const std::string& pair : Split(record.Text("DOMAIN"), ',')) {
    const size_t equals = pair.find('=');
    if (equals != std::string::npos) config.domain[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  ReadDisabledPartitions(record, config);
  return config;
}

ZnRecord NewInstanceConfig(const std::string& instance) {
  ZnRecord record;
  record.id = instance;
  if (const std::optional<HostPort> address = ParseInstanceName(instance)) {
    record.simple["HELIX_HOST"] = address->host;
    record.simple["HELIX_PORT"] = std::to_string(address->port);
  }
  return record;
}

void SetInstanceEnabled(ZnRecord& record, bool enabled, const std::string& reason, int64_t now_ms) {
  std::vector<std::string>& operations = record.lists[kOperations];
  std::erase_if(operations, [](const std::string& text) { return Field(text, "SOURCE") == "USER"; });
  const Json entry = {{"OPERATION", enabled ? "ENABLE" : "DISABLE"},
                      {"REASON", reason},
                      {"SOURCE", "USER"},
                      {"TIMESTAMP", std::to_string(now_ms)}};
  const std::string text = entry.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!enabled) {
    operations.push_back(text);
  } else {
    // The last entry is the one that counts, so an ENABLE goes in front of what other sources still forbid.
    const auto first_other = std::find_if(operations.begin(), operations.end(), [](const std::string& other) {
      return ParseOperation(Field(other, "OPERATION")) != InstanceOperation::kEnable;
    });
    operations.insert(first_other, text);
  }
  const bool disabled_by_other = std::any_of(operations.begin(), operations.end(), [](const std::string& other) {
    return ParseOperation(Field(other, "OPERATION")) == InstanceOperation::kDisable;
  });
  if (!enabled || !disabled_by_other) {
    record.simple["HELIX_ENABLED"] = enabled ? "true" : "false";
    record.simple["HELIX_ENABLED_TIMESTAMP"] = std::to_string(now_ms);
  }
  if (!enabled && !reason.empty()) {
    record.simple["HELIX_DISABLED_REASON"] = reason;
  } else if (enabled) {
    record.simple.erase("HELIX_DISABLED_REASON");
  }
}

void SetPartitionsEnabled(ZnRecord& record, const std::string& resource, const std::vector<std::string>& partitions,
                          bool enabled) {
  ZnRecord::Map& map = record.maps[kDisabledPartitions];
  std::set<std::string> names;
  for (std::string& name : Split(map[resource], ',')) names.insert(std::move(name));
  for (const std::string& partition : partitions) {
    if (enabled) {
      names.erase(partition);
    } else {
      names.insert(partition);
    }
  }
  if (names.empty()) {
    map.erase(resource);
    return;
  }
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  map[resource] = joined;
}

}  // namespace venice::helix
