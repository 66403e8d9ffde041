#include "base/clock.h"

namespace venice {
namespace {

class RealClock : public Clock {
 public:
  int64_t WallMs() const override {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  std::chrono::nanoseconds Monotonic() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

int64_t ManualClock::WallMs() const {
  std::lock_guard lock(mutex_);
  return wall_ms_ + std::chrono::duration_cast<milliseconds>(monotonic_).count();
}

std::chrono::nanoseconds ManualClock::Monotonic() const {
  std::lock_guard lock(mutex_);
  return monotonic_;
}

void ManualClock::Advance(std::chrono::nanoseconds by) {
  std::lock_guard lock(mutex_);
  monotonic_ += by;
}

}  // namespace venice
