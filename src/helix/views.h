// The views that a controller publishes, computed from what the participants report. Pure.
#pragma once

#include <map>
#include <string>

#include "helix/cluster_data.h"

namespace venice::helix {

// By resource: partition -> {instance: current state} over live instances, with the ideal state's simple fields.
Records ExternalViews(const ClusterData& data);
// Type -> resource -> view, of known resources and partitions and live instances; resources without a report have none.
std::map<std::string, Records> CustomizedViews(const ClusterData& data);

}  // namespace venice::helix
