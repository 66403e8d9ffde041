// Id<T, Tag>: integers that must not mix are types. PartitionId does not compare with, or convert to, VersionNumber.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace venice {

template <typename T, typename Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(T value) : value_(value) {}
  constexpr T value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  T value_{};
};

}  // namespace venice

template <typename T, typename Tag>
struct std::hash<venice::Id<T, Tag>> {
  size_t operator()(const venice::Id<T, Tag>& id) const { return std::hash<T>()(id.value()); }
};
