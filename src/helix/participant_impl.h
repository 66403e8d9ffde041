// The inside of Participant, in three source files: joining, messages, states.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "helix/participant.h"
#include "helix/paths.h"
#include "helix/strands.h"
#include "helix/worker.h"

namespace venice::helix {

// What is not guarded by mutex_ belongs to the worker's thread.
class Participant::Impl {
 public:
  Impl(zk::Client& client, ParticipantOptions options, TransitionHandler& handler);

  Status Start();
  void Stop();
  bool Joined() const { return joined_; }
  std::string Session() const;
  void ReportCustomized(const std::string& type, const std::string& resource, const std::string& partition,
                        std::optional<std::string> value);
  Status FlushCustomized(std::chrono::milliseconds limit);
  std::map<std::string, std::string> CurrentStates(const std::string& resource) const;

 private:
  using ReplicaKey = std::pair<std::string, std::string>;  // resource, partition

  struct Replica {
    std::string state = "OFFLINE";
    bool busy = false;  // a transition is queued or running
  };
  struct Message {
    std::string id;
    ZnRecord record;
    bool withdrawn = false;  // deleted by whoever sent it before we could begin
  };
  struct Completion {
    uint64_t term = 0;
    std::string message_id;
    Transition transition;
    std::string source;
    Status status;
    int64_t start_ms = 0;
    int64_t end_ms = 0;
  };

  // Joining (participant_join.cc).
  void CheckSession();
  void LoseSession();
  void ResetReplicas();
  void ResetDone();
  Status Join(int64_t session);
  Status EnsureMember();
  Status ClearCustomizedStates();
  Status CarryOver(const std::string& session_text);
  Status CarryOverResource(const std::string& old_path, ZnRecord& record);
  Status CreateLiveInstance(int64_t session);
  Status RecordHistory(const std::string& session_text);
  void Retry();
  void LeaveOnWorker();

  // Messages (participant_messages.cc).
  void ReadMessages();
  Status ReadNewMessages(std::vector<Message>& fresh);
  bool Accept(Message& message);
  bool AcceptTransition(Message& message);
  void GiveBack(Message& message);
  void DeleteMessage(const std::string& id);
  Status MarkRead(std::span<Message> batch);
  Status CreateMissingRecords(std::span<const Message> batch);
  void Forget(const Message& message);
  void Schedule(const Message& message);
  void RunTransition(uint64_t term, const std::string& message_id, const Transition& transition,
                     const std::string& source);

  // States (participant_states.cc).
  void TakeCompletions();
  void ApplyCompletion(const Completion& completion);
  void WriteStates();
  Status WriteOrDelete(const std::string& path, const ZnRecord& record);
  ZnRecord NewCurrentState(const std::string& resource) const;
  void TakeReports();
  void WriteReports();

  std::string State(const ReplicaKey& key) const;

  zk::Client& client_;
  const ParticipantOptions options_;
  TransitionHandler& handler_;
  const Paths paths_;
  const Clock& clock_;
  std::shared_ptr<Worker> worker_;
  Strands strands_;

  int64_t session_ = 0;  // joined or last joined
  int64_t session_start_ms_ = 0;
  uint64_t term_ = 1;  // grows when a session is lost: results of older transitions do not count
  std::stop_source cancel_;
  bool resets_running_ = false;
  std::optional<std::chrono::nanoseconds> stale_until_;
  bool retry_pending_ = false;
  std::chrono::milliseconds retry_pause_;

  std::map<std::string, ZnRecord> current_;  // resource -> record as it should be on ZooKeeper
  std::set<std::string> unwritten_;          // resources whose record is not there yet
  std::vector<std::string> finished_;        // messages to delete once nothing is unwritten
  std::set<std::string> working_;            // messages that are being processed, or that nobody can process
  std::map<std::pair<std::string, std::string>, ZnRecord> customized_;  // (type, resource) -> record as it should be
  std::set<std::pair<std::string, std::string>> customized_unwritten_;

  std::atomic<bool> joined_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> resets_left_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<ReplicaKey, Replica> replicas_;
  std::deque<Completion> completions_;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::optional<std::string>>> reports_;
  bool reports_in_flight_ = false;
  std::string session_text_;
  bool started_ = false;
  bool stopped_ = false;
  bool join_settled_ = false;  // joined once, or given up
  Status join_status_;
};

}  // namespace venice::helix
