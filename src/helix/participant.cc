#include "helix/participant.h"

#include "base/log.h"
#include "helix/participant_impl.h"

namespace venice::helix {

Participant::Impl::Impl(zk::Client& client, ParticipantOptions options, TransitionHandler& handler)
    : client_(client),
      options_(std::move(options)),
      handler_(handler),
      paths_(options_.cluster),
      clock_(*options_.clock),
      worker_(std::make_shared<Worker>("helix-part", clock_)),
      strands_("helix-trans", options_.transition_threads),
      retry_pause_(20) {}

Status Participant::Impl::Start() {
  {
    std::lock_guard lock(mutex_);
    if (started_) return Ok();
    if (options_.cluster.empty() || options_.instance.empty()) {
      return Error(ErrorCode::kInvalidArgument, "a participant needs a cluster and an instance name");
    }
    started_ = true;
  }
  client_.AddSessionListener([worker = std::weak_ptr(worker_), this](zk::SessionEvent event) {
    const auto alive = worker.lock();
    if (!alive) return;
    // Tasks run only until Stop() has joined the worker, so `this` is there when they do.
    if (event == zk::SessionEvent::kExpired) alive->Post([this] { LoseSession(); });
    if (event == zk::SessionEvent::kConnected) alive->Post([this] { CheckSession(); });
  });
  worker_->Start();
  worker_->Post([this] { CheckSession(); });
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, options_.join_timeout, [this] { return join_settled_ || stopped_; });
  if (joined_) return Ok();
  const std::string reason = join_status_.ok() ? "no answer yet" : join_status_.error().message();
  const ErrorCode code = join_settled_ ? join_status_.error().code() : ErrorCode::kTimeout;
  lock.unlock();
  Stop();
  return Error(code, options_.instance + " cannot join cluster " + options_.cluster + ": " + reason);
}

void Participant::Impl::Stop() {
  bool leave = false;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    leave = started_;
  }
  stopping_ = true;
  changed_.notify_all();
  if (leave) {
    std::mutex mutex;
    std::condition_variable done;
    bool left = false;
    worker_->Post([&] {
      LeaveOnWorker();
      std::lock_guard lock(mutex);
      left = true;
      done.notify_all();
    });
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return left; });
  }
  worker_->Stop();
  strands_.Stop();
}

std::string Participant::Impl::Session() const {
  std::lock_guard lock(mutex_);
  return session_text_;
}

std::string Participant::Impl::State(const ReplicaKey& key) const {
  std::lock_guard lock(mutex_);
  const auto it = replicas_.find(key);
  return it == replicas_.end() ? "OFFLINE" : it->second.state;
}

std::map<std::string, std::string> Participant::Impl::CurrentStates(const std::string& resource) const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::string> states;
  for (auto it = replicas_.lower_bound({resource, ""}); it != replicas_.end() && it->first.first == resource; ++it) {
    states[it->first.second] = it->second.state;
  }
  return states;
}

Participant::Participant(zk::Client& client, ParticipantOptions options, TransitionHandler& handler)
    : impl_(std::make_unique<Impl>(client, std::move(options), handler)) {}
Participant::~Participant() { Stop(); }
Status Participant::Start() { return impl_->Start(); }
void Participant::Stop() { impl_->Stop(); }
bool Participant::Joined() const { return impl_->Joined(); }
std::string Participant::Session() const { return impl_->Session(); }
void Participant::SetCustomizedState(const std::string& type, const std::string& resource, const std::string& partition,
                                     const std::string& value) {
  impl_->ReportCustomized(type, resource, partition, value);
}
void Participant::RemoveCustomizedState(const std::string& type, const std::string& resource,
                                        const std::string& partition) {
  impl_->ReportCustomized(type, resource, partition, std::nullopt);
}
Status Participant::FlushCustomizedStates(std::chrono::milliseconds limit) { return impl_->FlushCustomized(limit); }
std::map<std::string, std::string> Participant::CurrentStates(const std::string& resource) const {
  return impl_->CurrentStates(resource);
}

}  // namespace venice::helix
