// Time as a dependency: services take a Clock, so tests and simulation decide what time it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace venice {

using std::chrono::milliseconds;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch; may jump. For timestamps that leave the process.
  virtual int64_t WallMs() const = 0;
  // Never goes back; origin unspecified. For deadlines and durations.
  virtual std::chrono::nanoseconds Monotonic() const = 0;
};

// The machine's clock. Static storage.
const Clock& SystemClock();

// A clock that moves only when told. Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}
  int64_t WallMs() const override;
  std::chrono::nanoseconds Monotonic() const override;
  void Advance(std::chrono::nanoseconds by);

 private:
  mutable std::mutex mutex_;
  int64_t wall_ms_;
  std::chrono::nanoseconds monotonic_{0};
};

}  // namespace venice
