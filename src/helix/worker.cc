#include "helix/worker.h"

#include <pthread.h>

#include <algorithm>

namespace venice::helix {
namespace {

// A clock other than the system's moves without telling; look at it this often while a timer waits.
constexpr std::chrono::milliseconds kForeignClockPoll{5};

}  // namespace

Worker::Worker(std::string name, const Clock& clock) : name_(std::move(name)), clock_(clock) {}

Worker::~Worker() { Stop(); }

void Worker::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
}

void Worker::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::deque<Task> queue;
  std::multimap<std::chrono::nanoseconds, Task> timers;
  std::lock_guard lock(mutex_);
  queue.swap(queue_);
  timers.swap(timers_);
}

void Worker::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Worker::PostAfter(std::chrono::nanoseconds delay, Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    timers_.emplace(clock_.Monotonic() + delay, std::move(task));
  }
  wake_.notify_one();
}

bool Worker::TakeDueTimer(Task& task) {
  if (timers_.empty() || timers_.begin()->first > clock_.Monotonic()) return false;
  task = std::move(timers_.begin()->second);
  timers_.erase(timers_.begin());
  return true;
}

void Worker::Run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Task task;
    if (!TakeDueTimer(task)) {
      if (!queue_.empty()) {
        task = std::move(queue_.front());
        queue_.pop_front();
      } else if (timers_.empty()) {
        wake_.wait(lock);
        continue;
      } else {
        const auto left = timers_.begin()->first - clock_.Monotonic();
        wake_.wait_for(lock,
                       &clock_ == &SystemClock() ? left : std::min<std::chrono::nanoseconds>(left, kForeignClockPoll));
        continue;
      }
    }
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace venice::helix
