// Names of topics: made in one place, read in one place. Source: data-plane reference 1.1, 1.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace venice::protocol {

enum class TopicKind : uint8_t {
  kVersion,             // <store>_v<N>
  kStreamReprocessing,  // <store>_v<N>_sr
  kRealTime,            // <store>_rt, <store>_rt_v<K>
  kSeparateRealTime,    // the two above with _sep
  kAdmin,               // venice_admin_<cluster>
  kView,                // <store>_v<N>_<view>_mv, <store>_v<N>_cc
  kUnknown,
};

struct TopicName {
  TopicKind kind = TopicKind::kUnknown;
  std::string store;    // the cluster's name for kAdmin; empty for kUnknown
  int32_t version = 0;  // store version; of a real-time topic its own version K (0: unversioned)
  std::string view;     // view name of a materialized view, else empty
};

// Strict: only names this system makes are recognised, so "_v1", "a1" and "x_rt_v1" as a version topic are not.
// Never fails; whatever is not recognised is kUnknown.
TopicName ParseTopicName(std::string_view topic);

std::string VersionTopic(std::string_view store, int32_t version);
std::string StreamReprocessingTopic(std::string_view store, int32_t version);
// rt_version 0 is the unversioned name.
std::string RealTimeTopic(std::string_view store, int32_t rt_version = 0);
std::string SeparateRealTimeTopic(std::string_view real_time_topic);
std::string MaterializedViewTopic(std::string_view store, int32_t version, std::string_view view);
std::string AdminTopic(std::string_view cluster);

// "<topic>-<partition>"
std::string ReplicaId(std::string_view topic, int32_t partition);

// A legal store name: a letter, then letters, digits, '_' or '-', at most 128 characters, and not ending in "_rt": the
// version topics of such a store would be taken for real-time topics.
bool IsValidStoreName(std::string_view store);

}  // namespace venice::protocol
