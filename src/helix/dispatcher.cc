#include "helix/dispatcher.h"

#include <algorithm>

#include "base/log.h"
#include "helix/admin.h"
#include "helix/history.h"

namespace venice::helix {
namespace {

constexpr size_t kBatchMessagesMax = 64;  // about 64 KiB, far below ZooKeeper's 1 MB for one request

bool IsGoneOrThere(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kAlreadyExists;
}

bool IsRace(const Error& error) { return IsGoneOrThere(error) || error.code() == ErrorCode::kConflict; }

// Somebody else was faster: their change wakes the pipeline again.
Status TolerateRace(Status status) {
  if (!status.ok() && IsRace(status.error())) return Ok();
  return status;
}

// The same of a fenced step, where a conflict is no race: another controller has taken office.
Status TolerateGone(Status status) {
  if (!status.ok() && IsGoneOrThere(status.error())) return Ok();
  return status;
}

template <typename T>
Status Drop(const Result<T>& result) {
  if (result.ok()) return Ok();
  return result.error();
}

}  // namespace

Status Dispatcher::CheckSession() const {
  if (client_.SessionId() == session_) return Ok();
  return Error(ErrorCode::kSessionExpired, "the session that led cluster " + paths_.cluster() + " is over");
}

Status Dispatcher::LoadViews(const std::string& parent) {
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names, client_.Children(parent));
  Records& views = written_[parent];
  views.clear();
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    VENICE_ASSIGN(std::optional<zk::Node> node, client_.Get(Paths::Join(parent, name)));
    if (!node) continue;
    Result<ZnRecord> record = DecodeZnRecord(node->data);
    // What cannot be read counts as an empty view: it is replaced, or removed when nobody needs it.
    views[name] = std::make_shared<const ZnRecord>(record.ok() ? std::move(*record) : ZnRecord{});
  }
  return Ok();
}

Status Dispatcher::LoadViews(const std::vector<std::string>& customized_types) {
  VENICE_TRY(LoadViews(paths_.ExternalViews()));
  for (const std::string& type : customized_types) VENICE_TRY(LoadViews(paths_.CustomizedViews(type)));
  return Ok();
}

Status Dispatcher::Apply(const Actions& actions, const ClusterData& data, int64_t now_ms) {
  VENICE_TRY(CheckSession());
  VENICE_TRY(MarkOffline(actions, now_ms));
  VENICE_TRY(DeleteMessages(actions));
  VENICE_TRY(SendMessages(actions));
  if (!actions.views_valid) return Ok();
  VENICE_TRY(WriteViews(actions.external_views, paths_.ExternalViews()));
  for (const auto& [type, views] : actions.customized_views) {
    VENICE_TRY(WriteViews(views, paths_.CustomizedViews(type)));
  }
  return PersistAssignments(actions, data);
}

Status Dispatcher::DeleteMessages(const Actions& actions) {
  for (const auto& [instance, id] : actions.obsolete_messages) {
    VENICE_TRY(TolerateGone(epoch_.Apply({zk::Op::Delete(paths_.Message(instance, id))}, 0)));
    LogInfo("helix.message.purged", {{"cluster", paths_.cluster()}, {"instance", instance}, {"id", id}});
  }
  return Ok();
}

Status Dispatcher::SendMessages(const Actions& actions) {
  std::vector<TransitionMessage> batch;
  for (size_t i = 0; i < actions.messages.size(); ++i) {
    TransitionMessage& message = batch.emplace_back(actions.messages[i]);
    message.id = NewMessageId();
    message.source = instance_;
    message.source_session = SessionText(session_);
    if (batch.size() < kBatchMessagesMax && i + 1 < actions.messages.size()) continue;
    VENICE_TRY(CheckSession());
    VENICE_TRY(SendBatch(batch));
    batch.clear();
  }
  return Ok();
}

Status Dispatcher::SendBatch(const std::vector<TransitionMessage>& batch) {
  std::vector<zk::Op> ops;
  std::vector<ZnRecord> records;
  for (const TransitionMessage& message : batch) {
    records.push_back(message.ToRecord());
    ops.push_back(zk::Op::Create(paths_.Message(message.target, message.id), EncodeZnRecord(records.back())));
  }
  const int64_t term_ms = batch.back().create_ms;  // one run stamps all its messages alike
  const Status sent = epoch_.Apply(ops, term_ms);
  if (!sent.ok() && !IsGoneOrThere(sent.error())) return sent;
  for (size_t i = 0; i < ops.size(); ++i) {
    // One step failed (an instance was just dropped), so none was done: the others are sent one by one.
    if (!sent.ok()) VENICE_TRY(TolerateGone(epoch_.Apply({ops[i]}, term_ms)));
    mirror_.Prime(ops[i].path, std::move(records[i]));
    // Or the next run would not see the message as pending, and send another.
    mirror_.ForgetChildren(paths_.Messages(batch[i].target));
    // And it may be gone by then, with nobody having seen it: what it did must be read, see ClusterReader.
    mirror_.ForgetChildren(paths_.CurrentStates(batch[i].target, batch[i].target_session));
    mirror_.ForgetNode(paths_.CurrentState(batch[i].target, batch[i].target_session, batch[i].resource));
  }
  return Ok();
}

// Compare-and-set against what was computed from: a deleted resource must not come back, and an operator's change wins.
Status Dispatcher::PersistAssignments(const Actions& actions, const ClusterData& data) {
  for (const auto& [resource, change] : actions.ideal_states) {
    const auto before = data.ideal_states.find(resource);
    VENICE_ASSIGN(const auto node, mirror_.Node(paths_.IdealState(resource)));
    if (before == data.ideal_states.end() || node->record != before->second) continue;
    ZnRecord record = *before->second;
    record.Update(change);
    VENICE_TRY(
        TolerateRace(Drop(client_.Set(paths_.IdealState(resource), EncodeZnRecord(record), node->stat.version))));
  }
  return Ok();
}

Status Dispatcher::MarkOffline(const Actions& actions, int64_t now_ms) {
  for (const std::string& instance : actions.newly_offline) {
    const std::string path = paths_.History(instance);
    VENICE_ASSIGN(const auto node, mirror_.Node(path));
    ZnRecord record;
    record.id = instance;
    if (node->record != nullptr) record = *node->record;
    if (!RecordOffline(record, now_ms)) continue;
    const std::string data = EncodeZnRecord(record);
    const Status written =
        node->exists ? Drop(client_.Set(path, data, node->stat.version)) : Drop(client_.Create(path, data));
    VENICE_TRY(TolerateRace(written));
  }
  return Ok();
}

Status Dispatcher::WriteViews(const Records& wanted, const std::string& parent) {
  Records& written = written_[parent];
  for (const auto& [resource, view] : wanted) {
    const auto it = written.find(resource);
    if (it != written.end() && *it->second == *view) continue;
    VENICE_TRY(CheckSession());
    VENICE_TRY(WriteRecord(client_, Paths::Join(parent, resource), *view));
    written[resource] = view;
  }
  for (auto it = written.begin(); it != written.end();) {
    if (wanted.contains(it->first)) {
      ++it;
      continue;
    }
    VENICE_TRY(CheckSession());
    VENICE_TRY(TolerateRace(client_.Delete(Paths::Join(parent, it->first))));
    it = written.erase(it);
  }
  return Ok();
}

}  // namespace venice::helix
