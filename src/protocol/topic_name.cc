#include "protocol/topic_name.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace venice::protocol {
namespace {

constexpr std::string_view kVersionMark = "_v";
constexpr std::string_view kRealTimeSuffix = "_rt";
constexpr std::string_view kSeparateSuffix = "_sep";
constexpr std::string_view kReprocessingSuffix = "_sr";
constexpr std::string_view kMaterializedViewSuffix = "_mv";
constexpr std::string_view kChangeCaptureSuffix = "_cc";
constexpr std::string_view kAdminPrefix = "venice_admin_";
constexpr size_t kStoreNameBytesMax = 128;

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// ASCII digits only, no sign, no leading zero, fits an int32.
std::optional<int32_t> ParseNumber(std::string_view digits) {
  int32_t number = 0;
  if (digits.empty() || digits[0] < '1' || digits[0] > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// Takes "_v<N>" off the end; the number, or nothing when it is not there.
std::optional<int32_t> TakeVersion(std::string_view& text) {
  const size_t mark = text.rfind(kVersionMark);
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::optional<int32_t> number = ParseNumber(text.substr(mark + kVersionMark.size()));
  if (number) text = text.substr(0, mark);
  return number;
}

TopicName Make(TopicKind kind, std::string_view store, int32_t version, std::string_view view = {}) {
  return TopicName{kind, std::string(store), version, std::string(view)};
}

std::optional<TopicName> ParseRealTime(std::string_view topic) {
  const bool separate = TakeSuffix(topic, kSeparateSuffix);
  const int32_t version = TakeVersion(topic).value_or(0);
  if (!TakeSuffix(topic, kRealTimeSuffix) || topic.empty()) return std::nullopt;
  return Make(separate ? TopicKind::kSeparateRealTime : TopicKind::kRealTime, topic, version);
}

std::optional<TopicName> ParseVersioned(std::string_view topic, TopicKind kind) {
  const std::optional<int32_t> version = TakeVersion(topic);
  if (!version || topic.ends_with(kRealTimeSuffix)) return std::nullopt;
  return Make(kind, topic, *version);
}

// <store>_v<N>_<view>_mv: a view's name may itself hold "_v<digits>_", so the leftmost place that fits is the
// version's.
std::optional<TopicName> ParseMaterializedView(std::string_view topic) {
  for (size_t mark = topic.find(kVersionMark, 1); mark != std::string_view::npos;
       mark = topic.find(kVersionMark, mark + 1)) {
    const size_t digits = mark + kVersionMark.size();
    const size_t end = topic.find('_', digits);
    if (end == std::string_view::npos) return std::nullopt;
    const std::optional<int32_t> version = ParseNumber(topic.substr(digits, end - digits));
    if (version && end + 1 < topic.size())
      return Make(TopicKind::kView, topic.substr(0, mark), *version, topic.substr(end + 1));
  }
  return std::nullopt;
}

}  // namespace

TopicName ParseTopicName(std::string_view topic) {
  if (auto parsed = ParseRealTime(topic)) return *parsed;
  std::string_view rest = topic;
  if (TakeSuffix(rest, kReprocessingSuffix)) {
    if (auto parsed = ParseVersioned(rest, TopicKind::kStreamReprocessing)) return *parsed;
  }
  if (auto parsed = ParseVersioned(topic, TopicKind::kVersion)) return *parsed;
  if (topic.starts_with(kAdminPrefix) && topic.size() > kAdminPrefix.size())
    return Make(TopicKind::kAdmin, topic.substr(kAdminPrefix.size()), 0);
  rest = topic;
  if (TakeSuffix(rest, kChangeCaptureSuffix)) {
    if (auto parsed = ParseVersioned(rest, TopicKind::kView)) return *parsed;
  }
  rest = topic;
  if (TakeSuffix(rest, kMaterializedViewSuffix)) {
    if (auto parsed = ParseMaterializedView(rest)) return *parsed;
  }
  return TopicName();
}

std::string VersionTopic(std::string_view store, int32_t version) { return fmt::format("{}_v{}", store, version); }
std::string StreamReprocessingTopic(std::string_view store, int32_t version) {
  return fmt::format("{}_v{}_sr", store, version);
}
std::string RealTimeTopic(std::string_view store, int32_t rt_version) {
  return rt_version == 0 ? fmt::format("{}_rt", store) : fmt::format("{}_rt_v{}", store, rt_version);
}
std::string SeparateRealTimeTopic(std::string_view real_time_topic) { return fmt::format("{}_sep", real_time_topic); }
std::string MaterializedViewTopic(std::string_view store, int32_t version, std::string_view view) {
  return fmt::format("{}_v{}_{}_mv", store, version, view);
}
std::string AdminTopic(std::string_view cluster) { return fmt::format("{}{}", kAdminPrefix, cluster); }

std::string ReplicaId(std::string_view topic, int32_t partition) { return fmt::format("{}-{}", topic, partition); }

bool IsValidStoreName(std::string_view store) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (store.empty() || store.size() > kStoreNameBytesMax || !is_letter(store[0])) return false;
  for (const char c : store) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return !store.ends_with(kRealTimeSuffix);
}

}  // namespace venice::protocol
