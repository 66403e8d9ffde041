// One thread with a queue and timers: what participant, spectator and controller each own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace venice::helix {

// Thread-safe. Held by shared_ptr, so that callbacks of longer-lived objects can hold a weak_ptr and post to nobody
// once it is gone. Timers follow the given clock.
class Worker {
 public:
  using Task = std::function<void()>;

  Worker(std::string name, const Clock& clock);
  ~Worker();  // as Stop()
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start();
  // Finishes the running task, drops the others, joins. Not from its own thread. Idempotent.
  void Stop();

  // Dropped after Stop(). Tasks posted before Start() wait for it.
  void Post(Task task);
  void PostAfter(std::chrono::nanoseconds delay, Task task);

 private:
  void Run();
  bool TakeDueTimer(Task& task);

  const std::string name_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::multimap<std::chrono::nanoseconds, Task> timers_;  // by monotonic time
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace venice::helix
