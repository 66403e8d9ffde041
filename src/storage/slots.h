// At most one open object per key: shared while held, and re-opened or removed only once it is fully closed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

namespace venice::storage {

// Thread-safe. The object tells through Closed() that it has released its files, as the last act of its destructor.
template <typename Key, typename T>
class Slots {
 public:
  // The open object; or nullptr with the slot claimed by the caller, who must end with Opened() or Closed();
  // or nullptr with *timed_out when it stays in use.
  std::shared_ptr<T> Acquire(const Key& key, std::chrono::milliseconds limit, bool* timed_out) {
    return Wait(key, limit, timed_out, /*share=*/true);
  }
  // False when the object stays in use; else the slot is claimed, end with Closed().
  bool Claim(const Key& key, std::chrono::milliseconds limit) {
    bool timed_out = false;
    Wait(key, limit, &timed_out, /*share=*/false);
    return !timed_out;
  }
  void Opened(const Key& key, const std::shared_ptr<T>& object) {
    std::lock_guard lock(mutex_);
    taken_[key] = object;
    changed_.notify_all();
  }
  void Closed(const Key& key) {
    std::lock_guard lock(mutex_);
    taken_.erase(key);
    changed_.notify_all();
  }

 private:
  std::shared_ptr<T> Wait(const Key& key, std::chrono::milliseconds limit, bool* timed_out, bool share) {
    *timed_out = false;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::unique_lock lock(mutex_);
    while (true) {
      const auto it = taken_.find(key);
      if (it == taken_.end()) {
        taken_[key];
        return nullptr;
      }
      if (share) {
        if (std::shared_ptr<T> object = it->second.lock()) return object;
      }
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout && taken_.contains(key)) {
        *timed_out = true;
        return nullptr;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, std::weak_ptr<T>> taken_;  // empty pointer: being opened, closed or removed
};

}  // namespace venice::storage
