// Tells ZooKeeper how replicas of this host are doing: Helix customized states for routers, push records for the
// controller.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "helix/participant.h"
#include "metadata/push_status.h"

namespace venice::server {

// Thread-safe. Owns one thread, which repeats what ZooKeeper did not take, in order.
class StatusWriter {
 public:
  explicit StatusWriter(metadata::PushStatusReporter& reporter) : reporter_(reporter) {}
  ~StatusWriter() { Stop(); }

  void Start();
  // Gives up what is not written yet. Idempotent.
  void Stop();
  // Customized states go through it from now on; nullptr: nowhere.
  void SetParticipant(helix::Participant* participant);

  // text: why, for kError
  void Report(const std::string& topic, int32_t partition, metadata::ExecutionStatus status,
              const std::string& text = "");
  // The replica is gone: routers must not ask it any more. Waits for ZooKeeper, up to a second.
  void Remove(const std::string& topic, int32_t partition);

 private:
  struct Entry {
    std::string topic;
    int32_t partition;
    metadata::ExecutionStatus status;
    std::string text;
  };
  void Run();

  metadata::PushStatusReporter& reporter_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool stopping_ = false;
  std::mutex participant_mutex_;
  helix::Participant* participant_ = nullptr;
};

}  // namespace venice::server
