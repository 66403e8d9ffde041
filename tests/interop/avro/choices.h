// What every random thing here is made of: a row of numbers, drawn one after the other.
//
// When the row is used up every draw is 0, which always is the simplest choice (the first type, the shortest text). So
// a shorter row, or one of smaller numbers, makes a smaller case: to shrink the row (hunt.py) is to shrink schemas,
// evolutions and data together.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace venice::oracle {

// A value type.
class Choices {
 public:
  explicit Choices(std::vector<uint32_t> row) : row_(std::move(row)) {}

  uint32_t Draw() { return next_ < row_.size() ? row_[next_++] : 0; }
  // From 0 to count - 1. `count` is at least 1.
  int Below(int count) { return static_cast<int>(Draw() % static_cast<uint32_t>(count)); }
  // True in `numerator` of `denominator` cases; never when the row is used up.
  bool Chance(int numerator, int denominator) { return Below(denominator) >= denominator - numerator; }
  // The same choices from here on but for one, which comes after `distance` others: makes a nearly equal thing.
  Choices Twin(int distance) const {
    Choices twin = *this;
    if (const size_t at = next_ + static_cast<size_t>(distance); at < row_.size()) ++twin.row_[at];
    return twin;
  }
  uint64_t Draw64() {
    const uint64_t high = Draw();
    return (high << 32) | Draw();
  }
  template <typename Container>
  const auto& Pick(const Container& items) {
    return items[static_cast<size_t>(Below(static_cast<int>(std::size(items))))];
  }

 private:
  std::vector<uint32_t> row_;
  size_t next_ = 0;
};

}  // namespace venice::oracle
