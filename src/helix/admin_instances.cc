// The part of Admin that is about instances.
#include <set>

#include <fmt/format.h>

#include "helix/admin.h"
#include "helix/history.h"
#include "helix/instance_config.h"
#include "helix/message.h"
#include "helix/paths.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

Status CheckInstance(zk::Client& client, const std::string& cluster, const std::string& instance) {
  VENICE_ASSIGN(const std::optional<zk::Stat> config, client.Exists(Paths(cluster).ParticipantConfig(instance)));
  if (config) return Ok();
  return Error(ErrorCode::kNotFound, fmt::format("cluster {} has no instance {}", cluster, instance));
}

}  // namespace

Status Admin::AddInstance(const std::string& cluster, const std::string& instance) {
  const Paths paths(cluster);
  for (const std::string& path :
       {paths.Messages(instance), paths.CurrentStates(instance), paths.TaskCurrentStates(instance),
        paths.CustomizedStates(instance), paths.Instance(instance) + "/ERRORS",
        paths.Instance(instance) + "/STATUSUPDATES", paths.History(instance)}) {
    VENICE_TRY(zk::EnsurePath(client_, path));
  }
  const Result<std::string> created =
      client_.Create(paths.ParticipantConfig(instance), EncodeZnRecord(NewInstanceConfig(instance)));
  if (created.ok() || created.error().code() == ErrorCode::kAlreadyExists) return Ok();
  return created.error();
}

Status Admin::DropInstance(const std::string& cluster, const std::string& instance) {
  const Paths paths(cluster);
  VENICE_ASSIGN(const std::optional<zk::Stat> live, client_.Exists(paths.LiveInstance(instance)));
  if (live) {
    return Error(ErrorCode::kConflict,
                 fmt::format("instance {} of cluster {} is live: stop it first", instance, cluster));
  }
  const Status deleted = client_.Delete(paths.ParticipantConfig(instance));
  if (!deleted.ok() && deleted.error().code() != ErrorCode::kNotFound) return deleted;
  return zk::DeleteRecursively(client_, paths.Instance(instance));
}

Result<bool> Admin::InstanceExists(const std::string& cluster, const std::string& instance) {
  const Paths paths(cluster);
  for (const std::string& path :
       {paths.ParticipantConfig(instance), paths.Messages(instance), paths.CurrentStates(instance)}) {
    VENICE_ASSIGN(const std::optional<zk::Stat> stat, client_.Exists(path));
    if (!stat) return false;
  }
  return true;
}

Status Admin::EnableInstance(const std::string& cluster, const std::string& instance, bool enabled,
                             const std::string& reason) {
  VENICE_TRY(CheckInstance(client_, cluster, instance));
  return ChangeRecord(client_, Paths(cluster).ParticipantConfig(instance), [&](ZnRecord& record) {
    SetInstanceEnabled(record, enabled, reason, clock_.WallMs());
    return true;
  });
}

Status Admin::EnablePartitions(const std::string& cluster, const std::string& instance, const std::string& resource,
                               const std::vector<std::string>& partitions, bool enabled) {
  VENICE_TRY(CheckInstance(client_, cluster, instance));
  return ChangeRecord(client_, Paths(cluster).ParticipantConfig(instance), [&](ZnRecord& record) {
    SetPartitionsEnabled(record, resource, partitions, enabled);
    return true;
  });
}

Status Admin::ResetPartitions(const std::string& cluster, const std::string& instance, const std::string& resource,
                              const std::vector<std::string>& partitions) {
  const Paths paths(cluster);
  VENICE_ASSIGN(const std::optional<zk::Stat> live, client_.Exists(paths.LiveInstance(instance)));
  if (!live) return Error(ErrorCode::kNotReady, fmt::format("instance {} is not live: start it first", instance));
  const std::string session = SessionText(live->ephemeral_owner);
  VENICE_ASSIGN(const std::optional<ZnRecord> current,
                ReadRecord(client_, paths.CurrentState(instance, session, resource)));
  VENICE_ASSIGN(const std::optional<ZnRecord> ideal, GetIdealState(cluster, resource));
  if (!ideal) return Error(ErrorCode::kNotFound, fmt::format("cluster {} has no resource {}", cluster, resource));

  VENICE_ASSIGN(const std::optional<std::vector<std::string>> pending, client_.Children(paths.Messages(instance)));
  std::set<std::string> busy;
  for (const std::string& id : pending.value_or(std::vector<std::string>())) {
    VENICE_ASSIGN(const std::optional<ZnRecord> message, ReadRecord(client_, paths.Message(instance, id)));
    if (message && message->Text("RESOURCE_NAME") == resource) busy.emplace(message->Text("PARTITION_NAME"));
  }
  for (const std::string& partition : partitions) {
    const auto entry = current ? current->maps.find(partition) : std::map<std::string, ZnRecord::Map>::const_iterator();
    const bool in_error = current && entry != current->maps.end() && entry->second.contains("CURRENT_STATE") &&
                          SameText(entry->second.at("CURRENT_STATE"), kErrorState);
    if (!in_error || busy.contains(partition)) {
      return Error(ErrorCode::kNotReady, fmt::format("{} on {} is {}: only an idle replica in ERROR can be reset",
                                                     partition, instance, in_error ? "busy" : "not in ERROR"));
    }
  }
  for (const std::string& partition : partitions) {
    TransitionMessage message;
    message.id = NewMessageId();
    message.target = instance;
    message.target_session = session;
    message.source = LocalHostName() + "-ADMIN";
    message.resource = resource;
    message.partition = partition;
    message.from = kErrorState;
    message.to = kOffline;
    message.create_ms = clock_.WallMs();
    ZnRecord record = message.ToRecord();
    for (const char* field : {"RETRY_COUNT", "SRC_SESSION_ID", "ST_REBALANCE_TYPE", "ClusterEventName"})
      record.simple.erase(field);
    VENICE_TRY(client_.Create(paths.Message(instance, message.id), EncodeZnRecord(record)));
  }
  return Ok();
}

Result<std::vector<InstanceState>> Admin::ListInstances(const std::string& cluster) {
  const Paths paths(cluster);
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names, client_.Children(paths.ParticipantConfigs()));
  if (!names) return Error(ErrorCode::kNotFound, "no cluster " + cluster);
  std::vector<InstanceState> states;
  for (const std::string& name : *names) {
    InstanceState state;
    state.name = name;
    VENICE_ASSIGN(const std::optional<ZnRecord> config, ReadRecord(client_, paths.ParticipantConfig(name)));
    if (config) state.enabled = ParseInstanceConfig(*config).Enabled();
    VENICE_ASSIGN(const std::optional<zk::Stat> live, client_.Exists(paths.LiveInstance(name)));
    state.live = live.has_value();
    if (live) state.session = SessionText(live->ephemeral_owner);
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace venice::helix
