// A fixed number of threads and one bounded queue, for work that may block.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace venice {

// Thread-safe. Submitting from a pool thread is allowed.
class ThreadPool {
 public:
  // name        of the threads, at most 15 characters, for debuggers and top
  // queue_max   tasks that may wait; a full queue refuses
  ThreadPool(std::string name, int threads, size_t queue_max = 100'000);
  ~ThreadPool();  // as Stop()
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False when the queue is full or the pool is stopped; the task is then not run.
  [[nodiscard]] bool Submit(std::function<void()> task);
  // Runs what is queued, then joins. Idempotent.
  void Stop();

 private:
  void Run();

  const std::string name_;
  const size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace venice
