// The C client's result codes as our errors.
#pragma once

#include <string_view>

#include "base/result.h"

namespace venice::zk {

// `rc` is not ZOK. `attempt` names the call, for example "create"; the message ends with what to do next.
Error ZooKeeperError(int rc, std::string_view attempt, std::string_view path);

}  // namespace venice::zk
