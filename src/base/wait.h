// Waiting for a state with a deadline: what tests and start-up code use where others would sleep.
#pragma once

#include <chrono>
#include <thread>

namespace venice {

// Polls `condition` every few milliseconds until it holds; false when the time limit passes first.
template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::milliseconds limit,
               std::chrono::milliseconds interval = std::chrono::milliseconds(5)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(interval);
  }
  return true;
}

}  // namespace venice
