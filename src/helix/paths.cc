#include "helix/paths.h"

#include <charconv>

#include <fmt/format.h>

namespace venice::helix {
namespace {

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string SessionText(int64_t session_id) { return fmt::format("{:x}", static_cast<uint64_t>(session_id)); }

std::optional<HostPort> ParseInstanceName(std::string_view instance) {
  const size_t split = instance.find_last_of("_:");
  if (split == std::string_view::npos) return std::nullopt;
  const std::optional<uint16_t> port = ParseWhole<uint16_t>(instance.substr(split + 1));
  if (!port) return std::nullopt;
  return HostPort{std::string(instance.substr(0, split)), *port};
}

std::string PartitionName(std::string_view resource, int partition) {
  return fmt::format("{}_{}", resource, partition);
}

std::optional<int> PartitionIndex(std::string_view partition_name) {
  const size_t split = partition_name.rfind('_');
  if (split == std::string_view::npos) return std::nullopt;
  const std::optional<int> index = ParseWhole<int>(partition_name.substr(split + 1));
  return index && *index >= 0 ? index : std::nullopt;
}

}  // namespace venice::helix
