// One thread that waits for sockets, timers and posted tasks. Everything a connection owns lives on one loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace venice::net {

// Thread-safe where said; all else only on the loop's own thread.
class EventLoop {
 public:
  using TimerId = uint64_t;

  explicit EventLoop(std::string name);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Start();  // starts the thread; idempotent
  void Stop();   // runs what was posted before, then joins; idempotent; not from the loop's thread

  // Thread-safe. Tasks run in order, after the events at hand. False after Stop(): the task is dropped.
  bool Post(std::function<void()> task);
  // Thread-safe. Runs the task on the loop and waits for it. On the loop's own thread, before Start() and after Stop()
  // the task runs here and now.
  void RunAndWait(const std::function<void()>& task);
  // Thread-safe question.
  bool InLoopThread() const;

  TimerId RunAfter(std::chrono::milliseconds delay, std::function<void()> task);
  void Cancel(TimerId timer);  // unknown ids are ignored

  // The loop of the calling thread, or nullptr.
  static EventLoop* Current();

  class Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// N loops with one life. Thread-safe.
class EventLoopGroup {
 public:
  EventLoopGroup(std::string name, int loops);
  ~EventLoopGroup();
  void Start();
  void Stop();
  size_t size() const { return loops_.size(); }
  EventLoop& loop(size_t index) { return *loops_[index]; }
  EventLoop& Next();  // round robin

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::atomic<size_t> next_{0};
};

}  // namespace venice::net
