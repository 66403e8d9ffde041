#include "helix/cluster_reader.h"

#include "base/log.h"

namespace venice::helix {

Result<Records> ClusterReader::ReadAll(const std::string& parent, bool watch_data) {
  Records records;
  VENICE_ASSIGN(const auto names, mirror_.Children(parent));
  for (const std::string& name : *names) {
    const std::string path = Paths::Join(parent, name);
    VENICE_ASSIGN(const auto node, watch_data ? mirror_.Node(path) : mirror_.NodeOnce(path));
    if (node->record != nullptr) records.emplace(name, node->record);
  }
  return records;
}

Status ClusterReader::ReadConfigs(ClusterData& data) {
  VENICE_ASSIGN(const auto config, mirror_.Node(paths_.ClusterConfig()));
  if (config->record != nullptr) data.config = *config->record;
  VENICE_ASSIGN(const auto customized, mirror_.Node(paths_.CustomizedStateConfig()));
  if (customized->record != nullptr) {
    const auto types = customized->record->lists.find("AGGREGATION_ENABLED_TYPES");
    if (types != customized->record->lists.end()) data.customized_types = types->second;
  }
  VENICE_ASSIGN(const Records models, ReadAll(paths_.StateModelDefs(), true));
  for (const auto& [name, record] : models) {
    Result<StateModel> model = StateModel::Parse(*record);
    if (model.ok()) data.state_models.emplace(name, std::move(*model));
  }
  VENICE_ASSIGN(const Records instances, ReadAll(paths_.ParticipantConfigs(), true));
  for (const auto& [name, record] : instances) {
    InstanceConfig instance = ParseInstanceConfig(*record);
    instance.instance = name;
    data.instances.emplace(name, std::move(instance));
  }
  return Ok();
}

Status ClusterReader::ReadLiveInstances(ClusterData& data) {
  VENICE_ASSIGN(const auto names, mirror_.Children(paths_.LiveInstances()));
  for (const std::string& name : *names) {
    VENICE_ASSIGN(const auto node, mirror_.Node(paths_.LiveInstance(name)));
    if (!node->exists || node->record == nullptr) continue;
    if (node->record->Text("HELIX_VERSION").empty()) {
      LogWarning("helix.live_instance.invalid", {{"instance", name}, {"reason", "HELIX_VERSION is missing"}});
      continue;
    }
    // The owner cannot lie; an owner below zero is one that Helix takes from the record instead.
    data.live[name] = node->stat.ephemeral_owner > 0 ? SessionText(node->stat.ephemeral_owner)
                                                     : std::string(node->record->Text("SESSION_ID"));
  }
  for (const auto& [name, config] : data.instances) {
    if (data.live.contains(name)) continue;
    VENICE_ASSIGN(const auto history, mirror_.Node(paths_.History(name)));
    data.offline_since_ms[name] = history->record == nullptr ? -1 : history->record->Number("LAST_OFFLINE_TIME", -1);
  }
  return Ok();
}

void ClusterReader::ForgetStates(const std::string& instance, const std::string& session, const ZnRecord& message) {
  mirror_.ForgetChildren(paths_.CurrentStates(instance, session));
  mirror_.ForgetNode(paths_.CurrentState(instance, session, message.Text("RESOURCE_NAME")));
}

// Messages come before current states: whoever sees a message gone then also sees what it did. A cached state does not
// do for that: an answer of ZooKeeper can overtake the watch that was to tell of an earlier change, because watches
// are delivered by another thread.
Status ClusterReader::ReadInstance(const std::string& instance, const std::string& session, ClusterData& data) {
  VENICE_ASSIGN(data.messages[instance], ReadAll(paths_.Messages(instance), false));
  Records& seen = seen_messages_[instance];
  for (const auto& [id, message] : seen) {
    if (!data.messages[instance].contains(id)) ForgetStates(instance, session, *message);
  }
  seen = data.messages[instance];
  Records states;
  VENICE_ASSIGN(states, ReadAll(paths_.CurrentStates(instance, session), true));
  std::erase_if(states, [&](const auto& entry) { return entry.second->Text("SESSION_ID") != session; });
  data.current_states[instance] = std::move(states);
  for (const std::string& type : data.customized_types) {
    VENICE_ASSIGN(data.customized_states[type][instance], ReadAll(paths_.CustomizedStates(instance, type), true));
  }
  return Ok();
}

Result<ClusterData> ClusterReader::Read() {
  ClusterData data;
  data.cluster = paths_.cluster();
  mirror_.BeginSweep();
  VENICE_TRY(ReadConfigs(data));
  VENICE_TRY(ReadLiveInstances(data));
  for (const auto& [instance, session] : data.live) VENICE_TRY(ReadInstance(instance, session, data));
  VENICE_ASSIGN(data.ideal_states, ReadAll(paths_.IdealStates(), true));
  // Signals come last: whatever was written after a pause is then read together with it.
  VENICE_ASSIGN(const auto paused, mirror_.Node(paths_.ControllerPause()));
  data.paused = paused->exists;
  VENICE_ASSIGN(const auto maintenance, mirror_.Node(paths_.ControllerMaintenance()));
  data.maintenance = maintenance->exists;
  mirror_.EndSweep();
  std::erase_if(seen_messages_, [&](const auto& entry) { return !data.live.contains(entry.first); });
  return data;
}

}  // namespace venice::helix
