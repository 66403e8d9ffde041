#include "dispatch/retry_policy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace venice::dispatch {
namespace {

// Takes a decimal number off the front.
bool TakeNumber(std::string_view& text, size_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(end - text.data());
  return true;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<RetryThresholds> RetryThresholds::Parse(std::string_view text) {
  RetryThresholds out;
  const Error bad(ErrorCode::kInvalidConfig, "retry thresholds '" + std::string(text) +
                                                 "' are not of the form 1-5:15,6-20:30,21-:50 (keys:milliseconds, "
                                                 "starting at 1, without holes, the last range open)");
  size_t next = 1;
  bool open = text.empty();
  while (!text.empty()) {
    size_t first = 0, last = 0, ms = 0;
    if (open || !TakeNumber(text, first) || first != next || !TakeChar(text, '-')) return bad;
    open = !TakeNumber(text, last);
    if (!open && last < first) return bad;
    if (!TakeChar(text, ':') || !TakeNumber(text, ms) || ms > 3'600'000) return bad;
    if (!text.empty() && (!TakeChar(text, ',') || text.empty())) return bad;
    out.from_.emplace_back(first, std::chrono::milliseconds(ms));
    next = last + 1;
  }
  if (!open) return bad;
  return out;
}

std::chrono::milliseconds RetryThresholds::For(size_t keys) const {
  std::chrono::milliseconds found{0};
  for (const auto& [from, threshold] : from_) {
    if (from <= std::max<size_t>(keys, 1)) found = threshold;
  }
  return found;
}

void RetryBudget::CountRequest(Time now) {
  ++requests_;
  Turn(now);
}

void RetryBudget::Turn(Time now) {
  const auto elapsed = now - window_start_;
  if (elapsed < kWindow) return;
  const double rate = static_cast<double>(requests_) / std::chrono::duration<double>(elapsed).count();
  if (rate_ < 0 || std::abs(rate - rate_) > 0.1 * rate_) {
    rate_ = rate;
    refill_ = std::ceil(rate * kShare);
    tokens_ = std::min(std::max(tokens_, refill_), kBurstSeconds * refill_);
  }
  requests_ = 0;
  window_start_ = now;
}

bool RetryBudget::Take(double tokens, Time now) {
  Turn(now);
  if (rate_ < 0) return true;
  tokens_ =
      std::min(tokens_ + refill_ * std::chrono::duration<double>(now - refilled_).count(), kBurstSeconds * refill_);
  refilled_ = now;
  if (tokens_ < tokens) return false;
  tokens_ -= tokens;
  return true;
}

}  // namespace venice::dispatch
