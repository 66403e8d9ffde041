// Participant: what the controller asks for. The order of the checks is Helix's.
#include <algorithm>

#include "base/log.h"
#include "helix/admin.h"
#include "helix/history.h"
#include "helix/message.h"
#include "helix/participant_impl.h"
#include "helix/state_model.h"

namespace venice::helix {
namespace {

constexpr size_t kBatchMessagesMax = 64;  // about 64 KiB, far below ZooKeeper's 1 MB for one request

// The resource becomes part of a path: one that cannot be written must not hold up the others for ever.
bool IsNodeName(std::string_view name) {
  const bool printable = std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return printable && !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

}  // namespace

void Participant::Impl::ReadMessages() {
  if (!joined_ || stopping_) return;
  std::vector<Message> fresh;
  Status status = ReadNewMessages(fresh);
  std::sort(fresh.begin(), fresh.end(), [](const Message& a, const Message& b) {
    return a.record.Number("CREATE_TIMESTAMP", 0) < b.record.Number("CREATE_TIMESTAMP", 0);
  });
  std::vector<Message> accepted;
  for (Message& message : fresh) {
    if (Accept(message)) accepted.push_back(std::move(message));
  }
  for (size_t begin = 0; begin < accepted.size(); begin += kBatchMessagesMax) {
    const std::span<Message> batch =
        std::span(accepted).subspan(begin, std::min(kBatchMessagesMax, accepted.size() - begin));
    if (status.ok()) status = CreateMissingRecords(batch);
    if (status.ok()) status = MarkRead(batch);
    for (const Message& message : batch) {
      if (status.ok() && !message.withdrawn) {
        Schedule(message);
      } else {
        Forget(message);
      }
    }
  }
  if (!status.ok()) Retry();
}

// The message is as good as unseen.
void Participant::Impl::Forget(const Message& message) {
  working_.erase(message.id);
  std::lock_guard lock(mutex_);
  const auto it = replicas_.find(
      {std::string(message.record.Text("RESOURCE_NAME")), std::string(message.record.Text("PARTITION_NAME"))});
  if (it != replicas_.end()) it->second.busy = false;
}

Status Participant::Impl::ReadNewMessages(std::vector<Message>& fresh) {
  const auto watcher = [worker = std::weak_ptr(worker_), this](const zk::WatchEvent& event) {
    if (event.type == zk::WatchEvent::Type::kSessionLost) return;
    if (const auto alive = worker.lock()) alive->Post([this] { ReadMessages(); });
  };
  VENICE_ASSIGN(const std::optional<std::vector<std::string>> names,
                client_.Children(paths_.Messages(options_.instance), watcher));
  const std::vector<std::string> none;
  const std::vector<std::string>& present = names ? *names : none;
  std::erase_if(working_,
                [&](const std::string& id) { return !std::binary_search(present.begin(), present.end(), id); });
  for (const std::string& id : present) {
    if (working_.contains(id)) continue;
    Result<std::optional<ZnRecord>> record = ReadRecord(client_, paths_.Message(options_.instance, id));
    if (!record.ok() && record.error().code() == ErrorCode::kCorruption) {
      LogWarning("helix.message.unreadable", {{"id", id}, {"error", record.error().message()}});
      working_.insert(id);  // left for whoever wrote it
      continue;
    }
    VENICE_TRY(record);
    if (*record) fresh.push_back({id, std::move(**record)});
  }
  return Ok();
}

void Participant::Impl::DeleteMessage(const std::string& id) {
  working_.insert(id);
  finished_.push_back(id);
  WriteStates();
}

// Nobody here can handle it: others may, after a restart with another release, so it is given RETRY_COUNT chances.
void Participant::Impl::GiveBack(Message& message) {
  const int64_t left = message.record.Number("RETRY_COUNT", 0) - 1;
  message.record.simple["RETRY_COUNT"] = std::to_string(left);
  if (left <= 0) message.record.simple["MSG_STATE"] = kMessageUnprocessable;
  LogWarning("helix.message.unknown", {{"instance", options_.instance},
                                       {"id", message.id},
                                       {"type", message.record.Text("MSG_TYPE")},
                                       {"model", message.record.Text("STATE_MODEL_DEF")},
                                       {"retries_left", std::max<int64_t>(left, 0)}});
  if (left <= 0) working_.insert(message.id);
  const Result<zk::Stat> written =
      client_.Set(paths_.Message(options_.instance, message.id), EncodeZnRecord(message.record));
  if (!written.ok()) LogDebug("helix.message.give_back_failed", {{"error", written.error().ToString()}});
}

bool Participant::Impl::Accept(Message& message) {
  const ZnRecord& record = message.record;
  if (SameText(record.Text("MSG_TYPE"), "NO_OP")) {
    DeleteMessage(message.id);
    return false;
  }
  const std::string_view target = record.Text("TGT_SESSION_ID");
  if (target != "*" && target != SessionText(session_)) {
    DeleteMessage(message.id);  // meant for a session that is over
    return false;
  }
  // A message that we marked as read without getting to know it (the connection broke) is still to be done.
  const bool ours =
      SameText(record.Text("MSG_STATE"), kMessageRead) && record.Text("EXE_SESSION_ID") == SessionText(session_);
  if (!ours && !SameText(record.Text("MSG_STATE"), kMessageNew)) {
    working_.insert(message.id);
    return false;
  }
  const int64_t expiry_ms = record.Number("EXPIRY_PERIOD", -1);
  if (expiry_ms >= 0 && record.Number("CREATE_TIMESTAMP", 0) + expiry_ms < clock_.WallMs()) {
    DeleteMessage(message.id);
    return false;
  }
  const bool known = SameText(record.Text("MSG_TYPE"), "STATE_TRANSITION") &&
                     record.Text("STATE_MODEL_DEF") == kLeaderStandby && !record.Flag("BATCH_MESSAGE_MODE", false);
  if (!known) {
    GiveBack(message);
    return false;
  }
  for (const char* field : {"RESOURCE_NAME", "PARTITION_NAME", "FROM_STATE", "TO_STATE"}) {
    if (!record.Text(field).empty()) continue;
    LogWarning("helix.message.invalid", {{"id", message.id}, {"missing", field}});
    DeleteMessage(message.id);
    return false;
  }
  if (!IsNodeName(record.Text("RESOURCE_NAME"))) {
    LogWarning("helix.message.invalid", {{"id", message.id}, {"resource", record.Text("RESOURCE_NAME")}});
    DeleteMessage(message.id);
    return false;
  }
  return AcceptTransition(message);
}

bool Participant::Impl::AcceptTransition(Message& message) {
  const ReplicaKey key{message.record.Text("RESOURCE_NAME"), message.record.Text("PARTITION_NAME")};
  const std::string from = Upper(message.record.Text("FROM_STATE"));
  const std::string to = Upper(message.record.Text("TO_STATE"));
  bool busy = false;
  std::string state(kOffline);
  {
    std::lock_guard lock(mutex_);
    if (const auto it = replicas_.find(key); it != replicas_.end()) {
      busy = it->second.busy;
      state = it->second.state;
    }
    if (!busy && (from == state || from == "*") && to != state) {
      replicas_[key].busy = true;
      working_.insert(message.id);
      return true;
    }
  }
  LogInfo("helix.message.refused", {{"instance", options_.instance},
                                    {"partition", key.second},
                                    {"from", from},
                                    {"to", to},
                                    {"state", state},
                                    {"busy", busy}});
  DeleteMessage(message.id);
  return false;
}

// A resource's record exists, without partitions, before its first transition runs.
Status Participant::Impl::CreateMissingRecords(std::span<const Message> batch) {
  for (const Message& message : batch) {
    const std::string resource(message.record.Text("RESOURCE_NAME"));
    if (current_.contains(resource)) continue;
    const ZnRecord record = NewCurrentState(resource);
    VENICE_TRY(WriteRecord(client_, paths_.CurrentState(options_.instance, SessionText(session_), resource), record));
    current_[resource] = record;
  }
  return Ok();
}

// Tells everybody that the messages are being worked on. Notes which were withdrawn meanwhile.
Status Participant::Impl::MarkRead(std::span<Message> batch) {
  std::vector<zk::Op> ops;
  for (Message& message : batch) {
    message.record.simple["MSG_STATE"] = kMessageRead;
    message.record.simple["READ_TIMESTAMP"] = std::to_string(clock_.WallMs());
    message.record.simple["EXE_SESSION_ID"] = SessionText(session_);
    ops.push_back(zk::Op::Set(paths_.Message(options_.instance, message.id), EncodeZnRecord(message.record)));
  }
  if (client_.Multi(ops).ok()) return Ok();
  for (size_t i = 0; i < batch.size(); ++i) {
    const Result<zk::Stat> written = client_.Set(ops[i].path, ops[i].data);
    if (written.ok()) continue;
    if (written.error().code() != ErrorCode::kNotFound) return written.error();
    batch[i].withdrawn = true;
  }
  return Ok();
}

void Participant::Impl::Schedule(const Message& message) {
  Transition transition;
  transition.resource = message.record.Text("RESOURCE_NAME");
  transition.partition = message.record.Text("PARTITION_NAME");
  transition.from = Upper(message.record.Text("FROM_STATE"));
  transition.to = Upper(message.record.Text("TO_STATE"));
  transition.create_ms = message.record.Number("CREATE_TIMESTAMP", 0);
  transition.cancelled = cancel_.get_token();
  const std::string source(message.record.Text("SRC_NAME"));
  const bool queued = strands_.Submit(
      transition.resource + "/" + transition.partition,
      [this, term = term_, id = message.id, transition, source] { RunTransition(term, id, transition, source); });
  if (!queued) LogDebug("helix.transition.not_queued", {{"partition", transition.partition}});  // stopping
}

// On a pool thread.
void Participant::Impl::RunTransition(uint64_t term, const std::string& message_id, const Transition& transition,
                                      const std::string& source) {
  Completion completion;
  completion.term = term;
  completion.message_id = message_id;
  completion.transition = transition;
  completion.source = source;
  completion.start_ms = clock_.WallMs();
  if (transition.cancelled.stop_requested()) {
    completion.status = Error(ErrorCode::kCancelled, "the session was lost before the transition began");
  } else {
    completion.status = handler_.OnTransition(transition);
  }
  completion.end_ms = clock_.WallMs();
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = completions_.empty();
    completions_.push_back(std::move(completion));
  }
  if (first) worker_->Post([this] { TakeCompletions(); });
}

}  // namespace venice::helix
