// Tasks that run one at a time per key, and in parallel for different keys, on a bounded pool.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/thread_pool.h"

namespace venice::helix {

// Thread-safe.
class Strands {
 public:
  using Task = std::function<void()>;

  Strands(std::string name, int threads) : pool_(std::move(name), threads) {}
  ~Strands() { Stop(); }

  // In order per key. False when stopped; the task is then not run.
  [[nodiscard]] bool Submit(const std::string& key, Task task);
  // Runs what is queued, then joins. Idempotent.
  void Stop();

 private:
  void RunOne(const std::string& key);

  ThreadPool pool_;
  std::mutex mutex_;
  bool stopping_ = false;
  std::map<std::string, std::deque<Task>> queues_;  // a key is present while a pool task works for it
};

}  // namespace venice::helix
