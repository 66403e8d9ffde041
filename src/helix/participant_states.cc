// Participant: what is reported, current states and customized states. All writes of one record go through the worker,
// so many reports become one write, and what could not be written is written later.
#include "base/log.h"
#include "helix/admin.h"
#include "helix/participant_impl.h"
#include "helix/state_model.h"

namespace venice::helix {

ZnRecord Participant::Impl::NewCurrentState(const std::string& resource) const {
  ZnRecord record;
  record.id = resource;
  record.simple = {{"SESSION_ID", SessionText(session_)},
                   {"STATE_MODEL_DEF", std::string(kLeaderStandby)},
                   {"STATE_MODEL_FACTORY_NAME", "DEFAULT"},
                   {"BUCKET_SIZE", "0"},
                   {"BATCH_MESSAGE_MODE", "false"}};
  return record;
}

void Participant::Impl::TakeCompletions() {
  std::deque<Completion> completions;
  {
    std::lock_guard lock(mutex_);
    completions.swap(completions_);
  }
  for (const Completion& completion : completions) {
    if (completion.term == term_) ApplyCompletion(completion);
  }
  WriteStates();
}

void Participant::Impl::ApplyCompletion(const Completion& completion) {
  const Transition& transition = completion.transition;
  const ReplicaKey key{transition.resource, transition.partition};
  const std::string state = completion.status.ok() ? transition.to : std::string(kErrorState);
  if (!completion.status.ok()) {
    LogError("helix.transition.failed", {{"instance", options_.instance},
                                         {"partition", transition.partition},
                                         {"from", transition.from},
                                         {"to", transition.to},
                                         {"error", completion.status.error().ToString()}});
  }
  auto record = current_.find(transition.resource);
  if (record == current_.end()) {
    record = current_.emplace(transition.resource, NewCurrentState(transition.resource)).first;
  }
  {
    std::lock_guard lock(mutex_);
    if (state == kDropped) {
      replicas_.erase(key);
    } else {
      replicas_[key] = {state, false};
    }
  }
  if (state == kDropped) {
    record->second.maps.erase(transition.partition);
  } else {
    record->second.maps[transition.partition] = {
        {"CURRENT_STATE", state},
        {"PREVIOUS_STATE", transition.from},
        {"START_TIME", std::to_string(completion.start_ms)},
        {"END_TIME", std::to_string(completion.end_ms)},
        {"INFO", completion.status.ok() ? "" : completion.status.error().ToString()},
        {"TRIGGERED_BY", completion.source}};
  }
  unwritten_.insert(transition.resource);
  finished_.push_back(completion.message_id);
}

// Unconditional, as Helix's group commit: the record has no other writer in this session.
Status Participant::Impl::WriteOrDelete(const std::string& path, const ZnRecord& record) {
  if (!record.maps.empty()) return WriteRecord(client_, path, record);
  const Status deleted = client_.Delete(path);
  if (!deleted.ok() && deleted.error().code() != ErrorCode::kNotFound) return deleted;
  return Ok();
}

// First the states, then the messages go: a message that is gone says that its state can be read.
void Participant::Impl::WriteStates() {
  if (!joined_ || client_.SessionId() != session_) return;
  while (!unwritten_.empty()) {
    const std::string resource = *unwritten_.begin();
    const std::string path = paths_.CurrentState(options_.instance, SessionText(session_), resource);
    const Status written = WriteOrDelete(path, current_[resource]);
    if (!written.ok()) {
      LogDebug("helix.current_state.retry", {{"path", path}, {"error", written.error().ToString()}});
      Retry();
      return;
    }
    if (current_[resource].maps.empty()) current_.erase(resource);
    unwritten_.erase(resource);
  }
  while (!finished_.empty()) {
    const Status deleted = client_.Delete(paths_.Message(options_.instance, finished_.back()));
    if (!deleted.ok() && deleted.error().code() != ErrorCode::kNotFound) {
      Retry();
      return;
    }
    finished_.pop_back();
  }
}

void Participant::Impl::ReportCustomized(const std::string& type, const std::string& resource,
                                         const std::string& partition, std::optional<std::string> value) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    first = reports_.empty();
    reports_[{type, resource}][partition] = std::move(value);
  }
  if (first) worker_->Post([this] { WriteReports(); });
}

// Moves the reports into the records.
void Participant::Impl::TakeReports() {
  std::lock_guard lock(mutex_);
  for (const auto& [key, partitions] : reports_) {
    ZnRecord& record = customized_[key];
    record.id = key.second;
    for (const auto& [partition, value] : partitions) {
      if (value) {
        record.maps[partition] = {{"CURRENT_STATE", *value}, {"START_TIME", std::to_string(clock_.WallMs())}};
      } else {
        record.maps.erase(partition);
      }
    }
    customized_unwritten_.insert(key);
  }
  reports_.clear();
  reports_in_flight_ = !customized_unwritten_.empty();
}

void Participant::Impl::WriteReports() {
  if (!joined_ || client_.SessionId() != session_) return;  // kept until the join, which drops them
  TakeReports();
  while (!customized_unwritten_.empty()) {
    const auto key = *customized_unwritten_.begin();
    const std::string path = paths_.CustomizedState(options_.instance, key.first, key.second);
    const Status written = WriteOrDelete(path, customized_[key]);
    if (!written.ok()) {
      LogDebug("helix.customized_state.retry", {{"path", path}, {"error", written.error().ToString()}});
      Retry();
      return;
    }
    if (customized_[key].maps.empty()) customized_.erase(key);
    customized_unwritten_.erase(key);
  }
  {
    std::lock_guard lock(mutex_);
    reports_in_flight_ = false;
  }
  changed_.notify_all();
}

Status Participant::Impl::FlushCustomized(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const bool flushed =
      changed_.wait_for(lock, limit, [this] { return stopped_ || (reports_.empty() && !reports_in_flight_); });
  if (flushed) return Ok();
  return Error(ErrorCode::kTimeout, "customized states of " + options_.instance + " are not on ZooKeeper yet");
}

}  // namespace venice::helix
