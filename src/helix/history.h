// The history texts that Helix keeps for people in HISTORY records.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "helix/zn_record.h"

namespace venice::helix {

// The Helix release whose rules we follow: what LIVEINSTANCES and CONTROLLER/LEADER tell the other side.
inline constexpr std::string_view kHelixVersion = "1.4.1";

// "2026-11-21T02:00:00:123", UTC.
std::string HistoryDate(int64_t wall_ms);
// "pid@host", as Java names a process.
std::string ProcessName();
std::string LocalHostName();

// A participant came online in this session.
void RecordOnline(ZnRecord& history, std::string_view session, int64_t wall_ms);
// An instance went away; nothing when it is known to be away.
bool RecordOffline(ZnRecord& history, int64_t wall_ms);
// A controller became leader of the cluster.
void RecordLeader(ZnRecord& history, const std::string& cluster, const std::string& instance, int64_t wall_ms);

}  // namespace venice::helix
