#include "server/status_writer.h"

#include "base/log.h"
#include "helix/admin.h"
#include "helix/paths.h"

namespace venice::server {

namespace {
constexpr std::chrono::milliseconds kRetryPause{250};
}

void StatusWriter::Start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] { Run(); });
}

void StatusWriter::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StatusWriter::SetParticipant(helix::Participant* participant) {
  std::lock_guard lock(participant_mutex_);
  participant_ = participant;
}

void StatusWriter::Report(const std::string& topic, int32_t partition, metadata::ExecutionStatus status,
                          const std::string& text) {
  {
    std::lock_guard lock(participant_mutex_);
    if (participant_ != nullptr)
      participant_->SetCustomizedState(std::string(helix::kOfflinePush), topic, helix::PartitionName(topic, partition),
                                       std::string(metadata::ToText(status)));
  }
  std::lock_guard lock(mutex_);
  queue_.push_back({topic, partition, status, text});
  wake_.notify_all();
}

void StatusWriter::Remove(const std::string& topic, int32_t partition) {
  std::lock_guard lock(participant_mutex_);
  if (participant_ == nullptr) return;
  participant_->RemoveCustomizedState(std::string(helix::kOfflinePush), topic, helix::PartitionName(topic, partition));
  if (Status status = participant_->FlushCustomizedStates(std::chrono::seconds(1)); !status.ok())
    LogWarning("server.status.remove_unconfirmed", {{"topic", topic}, {"error", status.error().ToString()}});
}

void StatusWriter::Run() {
  pthread_setname_np(pthread_self(), "push-status");
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Entry entry = queue_.front();
    lock.unlock();
    Status status = reporter_.Report(entry.topic, entry.partition, entry.status, entry.text);
    lock.lock();
    const bool again = !status.ok() && Info(status.error().code()).advice == Advice::kBackOff;
    if (!again) {
      queue_.pop_front();
      if (!status.ok())
        LogError("server.status.refused",
                 {{"topic", entry.topic}, {"partition", entry.partition}, {"error", status.error().ToString()}});
      continue;
    }
    LogWarning("server.status.unwritten",
               {{"topic", entry.topic}, {"partition", entry.partition}, {"error", status.error().ToString()}});
    wake_.wait_for(lock, kRetryPause, [&] { return stopping_; });
  }
}

}  // namespace venice::server
