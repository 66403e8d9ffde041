// Which process wrote an ephemeral node, precisely enough to know that it is dead.
#pragma once

#include <string>
#include <string_view>

namespace venice::helix {

// The simple field of LIVEINSTANCES and CONTROLLER/LEADER records that holds it; others ignore it.
inline constexpr const char* kProcessIdentityField = "VENICE_PROCESS";

// "boot id/pid namespace/pid/start time" of this process. Empty where /proc does not tell.
std::string ProcessIdentity();

// True only when the process is surely gone: it ran under this very kernel and namespace, and nobody has its pid, or
// somebody else has it. A process killed with -9 leaves its ephemeral nodes until its session times out; its successor
// on the same machine need not wait for that.
bool IsSurelyDead(std::string_view identity);

}  // namespace venice::helix
