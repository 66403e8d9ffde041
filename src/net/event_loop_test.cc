#include "net/event_loop.h"

#include <atomic>
#include <future>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "base/wait.h"

namespace venice::net {
namespace {

using std::chrono::milliseconds;

TEST(EventLoop, RunsPostedTasksInOrderAlsoThoseFromBeforeStart) {
  EventLoop loop("test");
  std::vector<int> seen;
  for (int i = 0; i < 10; ++i) loop.Post([&, i] { seen.push_back(i); });
  loop.Start();
  for (int i = 10; i < 100; ++i) loop.Post([&, i] { seen.push_back(i); });
  loop.Stop();
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[i], i);
}

TEST(EventLoop, RefusesTasksAfterStop) {
  EventLoop loop("test");
  loop.Start();
  loop.Stop();
  EXPECT_FALSE(loop.Post([] { FAIL(); }));
  loop.Stop();
}

TEST(EventLoop, RunAndWaitWorksInEveryState) {
  EventLoop loop("test");
  int calls = 0;
  loop.RunAndWait([&] { ++calls; });
  loop.Start();
  loop.RunAndWait([&] {
    EXPECT_TRUE(loop.InLoopThread());
    EXPECT_EQ(EventLoop::Current(), &loop);
    loop.RunAndWait([&] { ++calls; });
    ++calls;
  });
  EXPECT_FALSE(loop.InLoopThread());
  loop.Stop();
  loop.RunAndWait([&] { ++calls; });
  EXPECT_EQ(calls, 4);
}

TEST(EventLoop, TimersFireInOrderOfTimeAndCancelledOnesDoNot) {
  EventLoop loop("test");
  loop.Start();
  std::promise<std::vector<int>> done;
  std::vector<int> fired;
  loop.Post([&] {
    loop.RunAfter(milliseconds(30), [&] {
      fired.push_back(3);
      done.set_value(fired);
    });
    loop.RunAfter(milliseconds(20), [&] { fired.push_back(2); });
    const auto cancelled = loop.RunAfter(milliseconds(10), [&] { fired.push_back(-1); });
    loop.RunAfter(milliseconds(1), [&, cancelled] {
      fired.push_back(1);
      loop.Cancel(cancelled);
      loop.Cancel(987'654);
    });
  });
  EXPECT_EQ(done.get_future().get(), (std::vector<int>{1, 2, 3}));
}

TEST(EventLoop, ManyCancelledTimersDoNotPileUpOrDisturbTheRest) {
  EventLoop loop("test");
  loop.Start();
  std::promise<int> done;
  loop.Post([&] {
    for (int i = 0; i < 100'000; ++i) loop.Cancel(loop.RunAfter(milliseconds(60'000), [] { FAIL(); }));
    loop.RunAfter(milliseconds(1), [&] { done.set_value(7); });
  });
  EXPECT_EQ(done.get_future().get(), 7);
}

TEST(EventLoop, TakesTasksFromManyThreads) {
  EventLoopGroup group("test", 2);
  group.Start();
  std::atomic<int> count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) group.Next().Post([&] { ++count; });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(WaitUntil([&] { return count == 20'000; }, milliseconds(10'000)));
}

}  // namespace
}  // namespace venice::net
