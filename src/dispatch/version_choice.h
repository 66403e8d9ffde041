// Which version of a store readers are sent to. Source: read-path reference 3.7.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "dispatch/routing_table.h"
#include "metadata/store.h"

namespace venice::dispatch {

struct VersionChoice {
  enum class Reason : uint8_t {
    kCurrent,            // the store's current version serves
    kNoCurrent,          // the store has none
    kPartitionsMissing,  // the current version lacks ready replicas
    kDictionaryMissing,  // its compression dictionary is not loaded yet
  };
  int32_t version = 0;  // 0: none can serve
  Reason reason = Reason::kNoCurrent;
};
std::string_view ToText(VersionChoice::Reason reason);

// The current version is adopted only when every partition has a ready replica and its dictionary (if it needs one) is
// loaded. Until then the version served before is kept, as long as each of its partitions has a ready replica: a swap
// never fails a read.
//
// served_before     0 when none
// dictionary_ready  asked for versions compressed with a dictionary
VersionChoice ChooseVersion(const metadata::Store& store, int32_t served_before, const RoutingTable& routes,
                            const std::function<bool(const metadata::Version&)>& dictionary_ready);

}  // namespace venice::dispatch
