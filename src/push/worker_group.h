// A few threads that do one stage of the job, watched by the thread that started them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"

namespace venice::push {

// Runs `work(worker)` on `count` threads; how they are told to stop is theirs to know. Owned by one thread.
class WorkerGroup {
 public:
  using Work = std::function<Status(int worker)>;

  WorkerGroup(int count, Work work) : work_(std::move(work)), running_(count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] { Run(i); });
    }
  }
  ~WorkerGroup() { Join(); }
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  // Calls `tick` every `interval` until all have ended, or until it fails (it then has told them to stop); its error,
  // or else the first of a worker, is returned.
  Status Wait(std::chrono::milliseconds interval, const std::function<Status()>& tick) {
    Status ticked;
    std::unique_lock lock(mutex_);
    while (!done_.wait_for(lock, interval, [&] { return running_ == 0; })) {
      if (!ticked.ok()) continue;
      lock.unlock();
      ticked = tick();
      lock.lock();
    }
    lock.unlock();
    Join();
    if (!ticked.ok()) return ticked;
    return failure_ ? Status(*failure_) : Ok();
  }

 private:
  void Run(int worker) {
    Status status = work_(worker);
    const std::lock_guard lock(mutex_);
    // One that was only told to stop does not hide why.
    if (!status.ok() && (!failure_ || failure_->code() == ErrorCode::kCancelled)) failure_ = std::move(status).error();
    if (--running_ == 0) done_.notify_all();
  }
  void Join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  const Work work_;
  std::mutex mutex_;
  std::condition_variable done_;
  int running_;
  std::optional<Error> failure_;
  std::vector<std::thread> threads_;
};

}  // namespace venice::push
