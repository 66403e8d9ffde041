// The inside of EventLoop, for the sources of this folder: sockets and end-of-turn work.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/event_loop.h"

namespace venice::net {

// Gets the events of one descriptor.
class IoHandler {
 public:
  virtual void OnIo(uint32_t events) = 0;

 protected:
  ~IoHandler() = default;
};

// Gets one call at the end of a turn: what was gathered during the turn leaves in one system call.
class TurnEndHandler {
 public:
  virtual void OnTurnEnd() = 0;

 protected:
  ~TurnEndHandler() = default;
};

// Loop-bound but for the calls that EventLoop declares thread-safe.
class EventLoop::Impl {
 public:
  Impl(EventLoop& owner, std::string name);
  ~Impl();

  void Start();
  void Stop();
  bool Post(std::function<void()> task);
  void RunAndWait(const std::function<void()>& task);
  bool InLoopThread() const;
  TimerId RunAfter(std::chrono::milliseconds delay, std::function<void()> task);
  void Cancel(TimerId timer);

  // Level-triggered. The handler stays valid until Remove().
  void Add(int fd, uint32_t events, IoHandler* handler);
  void Modify(int fd, uint32_t events, IoHandler* handler);
  void Remove(int fd, IoHandler* handler);
  void AtTurnEnd(std::shared_ptr<TurnEndHandler> handler);

  // 64 KiB that belong to whoever is being called back.
  char* scratch() { return scratch_.get(); }
  static constexpr size_t kScratchSize = 64 << 10;

 private:
  using Clock = std::chrono::steady_clock;
  struct TimerEntry {
    Clock::time_point when;
    TimerId id;
    bool operator>(const TimerEntry& other) const { return std::pair(when, id) > std::pair(other.when, other.id); }
  };
  enum class State { kIdle, kRunning, kStopped };

  void Run();
  void RunTimers();
  bool RunTasks();
  void RunTurnEnd();
  int PollTimeoutMs() const;
  void Wake();

  EventLoop& owner_;
  const std::string name_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};

  std::mutex lifecycle_mutex_;  // Start and Stop exclude each other
  std::mutex mutex_;            // guards the next three
  State state_ = State::kIdle;
  bool accepting_ = true;
  std::vector<std::function<void()>> tasks_;
  std::atomic<bool> wake_pending_{false};

  std::vector<TimerEntry> timer_heap_;  // smallest first; cancelled entries stay until they surface
  std::unordered_map<TimerId, std::function<void()>> timers_;
  TimerId last_timer_ = 0;

  std::vector<std::shared_ptr<TurnEndHandler>> turn_end_;
  std::vector<epoll_event> events_;
  int event_index_ = 0;
  int event_count_ = 0;
  std::unique_ptr<char[]> scratch_;
};

}  // namespace venice::net
