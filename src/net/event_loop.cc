#include "net/event_loop.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>

#include "base/check.h"
#include "net/event_loop_impl.h"

namespace venice::net {
namespace {

thread_local EventLoop* current_loop = nullptr;

constexpr int kEventsPerTurn = 256;

}  // namespace

EventLoop::Impl::Impl(EventLoop& owner, std::string name)
    : owner_(owner), name_(std::move(name)), events_(kEventsPerTurn), scratch_(new char[kScratchSize]) {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  VENICE_CHECK(epoll_fd_ >= 0);
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  VENICE_CHECK(wake_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  VENICE_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
}

EventLoop::Impl::~Impl() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

void EventLoop::Impl::Start() {
  std::lock_guard lifecycle(lifecycle_mutex_);
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::kIdle) return;
    state_ = State::kRunning;
  }
  thread_ = std::thread([this] { Run(); });
}

void EventLoop::Impl::Stop() {
  VENICE_CHECK(!InLoopThread());
  std::lock_guard lifecycle(lifecycle_mutex_);
  {
    std::lock_guard lock(mutex_);
    accepting_ = false;
    if (state_ != State::kRunning) {
      state_ = State::kStopped;
      return;
    }
  }
  Wake();
  thread_.join();
  std::lock_guard lock(mutex_);
  state_ = State::kStopped;
}

bool EventLoop::Impl::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (!accepting_) return false;
    tasks_.push_back(std::move(task));
  }
  Wake();
  return true;
}

void EventLoop::Impl::RunAndWait(const std::function<void()>& task) {
  if (InLoopThread()) return task();
  bool running;
  {
    std::lock_guard lock(mutex_);
    running = state_ == State::kRunning;
  }
  std::mutex done_mutex;
  std::condition_variable done_wake;
  bool done = false;
  if (running && Post([&] {
        task();
        std::lock_guard lock(done_mutex);
        done = true;
        done_wake.notify_one();
      })) {
    std::unique_lock lock(done_mutex);
    done_wake.wait(lock, [&] { return done; });
    return;
  }
  std::lock_guard lifecycle(lifecycle_mutex_);  // a Stop() in progress has joined when we get this
  task();
}

bool EventLoop::Impl::InLoopThread() const {
  return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void EventLoop::Impl::Wake() {
  if (InLoopThread()) return;  // the turn at hand looks at the queue before it waits
  if (wake_pending_.exchange(true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

EventLoop::TimerId EventLoop::Impl::RunAfter(std::chrono::milliseconds delay, std::function<void()> task) {
  const TimerId id = ++last_timer_;
  timers_.emplace(id, std::move(task));
  timer_heap_.push_back({Clock::now() + std::max(delay, std::chrono::milliseconds(0)), id});
  std::push_heap(timer_heap_.begin(), timer_heap_.end(), std::greater<>());
  return id;
}

void EventLoop::Impl::Cancel(TimerId timer) {
  if (timers_.erase(timer) == 0) return;
  // Cancelled entries wait in the heap; more of them than live ones is worth a sweep.
  if (timer_heap_.size() > 1024 && timer_heap_.size() > 4 * timers_.size()) {
    std::erase_if(timer_heap_, [&](const TimerEntry& entry) { return !timers_.contains(entry.id); });
    std::make_heap(timer_heap_.begin(), timer_heap_.end(), std::greater<>());
  }
}

void EventLoop::Impl::Add(int fd, uint32_t events, IoHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  VENICE_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void EventLoop::Impl::Modify(int fd, uint32_t events, IoHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  VENICE_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::Impl::Remove(int fd, IoHandler* handler) {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = event_index_; i < event_count_; ++i) {
    if (events_[i].data.ptr == handler) events_[i].events = 0;  // already fetched, must not be delivered
  }
}

void EventLoop::Impl::AtTurnEnd(std::shared_ptr<TurnEndHandler> handler) { turn_end_.push_back(std::move(handler)); }

int EventLoop::Impl::PollTimeoutMs() const {
  if (timer_heap_.empty()) return -1;
  const auto left = timer_heap_.front().when - Clock::now();
  if (left <= Clock::duration::zero()) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<int64_t>(ms, 60'000));
}

void EventLoop::Impl::Run() {
  current_loop = &owner_;
  thread_id_.store(std::this_thread::get_id());
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  // Signals go to the main thread, which decides what they mean.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  bool more_tasks = true;  // what was posted before Start()
  while (true) {
    event_count_ = ::epoll_wait(epoll_fd_, events_.data(), kEventsPerTurn, more_tasks ? 0 : PollTimeoutMs());
    if (event_count_ < 0) {
      VENICE_CHECK(errno == EINTR);
      event_count_ = 0;
    }
    for (event_index_ = 0; event_index_ < event_count_; ++event_index_) {
      const epoll_event event = events_[event_index_];
      if (event.events == 0) continue;
      if (event.data.ptr == nullptr) {
        uint64_t count;
        [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
        wake_pending_.store(false);
        continue;
      }
      static_cast<IoHandler*>(event.data.ptr)->OnIo(event.events);
    }
    event_index_ = event_count_ = 0;
    RunTimers();
    more_tasks = RunTasks();
    RunTurnEnd();
    std::lock_guard lock(mutex_);
    more_tasks = !tasks_.empty();
    if (!accepting_ && !more_tasks) break;
  }
  timers_.clear();
  timer_heap_.clear();
  turn_end_.clear();
  thread_id_.store(std::thread::id());
  current_loop = nullptr;
}

void EventLoop::Impl::RunTimers() {
  if (timer_heap_.empty()) return;
  const auto now = Clock::now();
  while (!timer_heap_.empty() && timer_heap_.front().when <= now) {
    const TimerId id = timer_heap_.front().id;
    std::pop_heap(timer_heap_.begin(), timer_heap_.end(), std::greater<>());
    timer_heap_.pop_back();
    auto found = timers_.find(id);
    if (found == timers_.end()) continue;
    std::function<void()> task = std::move(found->second);
    timers_.erase(found);
    task();
  }
}

bool EventLoop::Impl::RunTasks() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    if (tasks_.empty()) return false;
    tasks.swap(tasks_);
  }
  for (std::function<void()>& task : tasks) {
    task();
    task = nullptr;  // what it holds dies before the next one runs
  }
  return true;
}

void EventLoop::Impl::RunTurnEnd() {
  while (!turn_end_.empty()) {
    std::vector<std::shared_ptr<TurnEndHandler>> handlers;
    handlers.swap(turn_end_);
    for (const std::shared_ptr<TurnEndHandler>& handler : handlers) handler->OnTurnEnd();
    handlers.clear();
    if (turn_end_.empty()) turn_end_.swap(handlers);  // keeps the capacity
  }
}

EventLoop::EventLoop(std::string name) : impl_(std::make_unique<Impl>(*this, std::move(name))) {}
EventLoop::~EventLoop() { Stop(); }
void EventLoop::Start() { impl_->Start(); }
void EventLoop::Stop() { impl_->Stop(); }
bool EventLoop::Post(std::function<void()> task) { return impl_->Post(std::move(task)); }
void EventLoop::RunAndWait(const std::function<void()>& task) { impl_->RunAndWait(task); }
bool EventLoop::InLoopThread() const { return impl_->InLoopThread(); }
EventLoop::TimerId EventLoop::RunAfter(std::chrono::milliseconds delay, std::function<void()> task) {
  return impl_->RunAfter(delay, std::move(task));
}
void EventLoop::Cancel(TimerId timer) { impl_->Cancel(timer); }
EventLoop* EventLoop::Current() { return current_loop; }

EventLoopGroup::EventLoopGroup(std::string name, int loops) {
  VENICE_CHECK(loops > 0);
  for (int i = 0; i < loops; ++i) loops_.push_back(std::make_unique<EventLoop>(name + "-" + std::to_string(i)));
}
EventLoopGroup::~EventLoopGroup() { Stop(); }
void EventLoopGroup::Start() {
  for (auto& loop : loops_) loop->Start();
}
void EventLoopGroup::Stop() {
  for (auto& loop : loops_) loop->Stop();
}
EventLoop& EventLoopGroup::Next() { return *loops_[next_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }

}  // namespace venice::net
