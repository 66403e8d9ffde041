// When a second replica is asked: thresholds by batch size, and a budget that keeps retries from becoming the load.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace venice::dispatch {

// "1-5:15,6-20:30,21-:50": with 1 to 5 keys after 15 ms, and so on. Immutable.
class RetryThresholds {
 public:
  // Ranges start at 1, have no holes and end open. Empty text: no retries. Errors: kInvalidConfig.
  static Result<RetryThresholds> Parse(std::string_view text);
  // 0 ms: never.
  std::chrono::milliseconds For(size_t keys) const;

 private:
  std::vector<std::pair<size_t, std::chrono::milliseconds>> from_;  // first key count of the range
};

// A token bucket that follows the request rate: retries may be a tenth of the requests. In the first window, with the
// rate unknown, there is no limit. Loop-bound. Source: read-path reference 3.3.
class RetryBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RetryBudget(Time now) : window_start_(now), refilled_(now) {}

  void CountRequest(Time now);
  // Takes the tokens, or refuses.
  bool Take(double tokens, Time now);

 private:
  static constexpr double kShare = 0.1;
  static constexpr double kBurstSeconds = 5;
  static constexpr auto kWindow = std::chrono::seconds(60);

  void Turn(Time now);

  Time window_start_;
  Time refilled_;
  uint64_t requests_ = 0;
  double rate_ = -1;  // requests a second; unknown in the first window
  double refill_ = 0;
  double tokens_ = 0;
};

}  // namespace venice::dispatch
