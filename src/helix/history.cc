#include "helix/history.h"

#include <unistd.h>

#include <ctime>
#include <vector>

#include <fmt/format.h>

namespace venice::helix {
namespace {

void AppendBounded(std::vector<std::string>& list, std::string text, size_t count_max) {
  list.push_back(std::move(text));
  if (list.size() > count_max) list.erase(list.begin(), list.end() - static_cast<ptrdiff_t>(count_max));
}

constexpr size_t kParticipantEntriesMax = 20;  // Helix's bounds
constexpr size_t kControllerEntriesMax = 10;

}  // namespace

std::string HistoryDate(int64_t wall_ms) {
  const time_t seconds = wall_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}:{:03}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, wall_ms % 1000);
}

std::string LocalHostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

std::string ProcessName() { return fmt::format("{}@{}", getpid(), LocalHostName()); }

void RecordOnline(ZnRecord& history, std::string_view session, int64_t wall_ms) {
  history.simple["LAST_OFFLINE_TIME"] = "-1";
  AppendBounded(history.lists["HISTORY"],
                fmt::format("{{DATE={}, VERSION={}, HOST={}, SESSION={}, TIME={}}}", HistoryDate(wall_ms),
                            kHelixVersion, LocalHostName(), session, wall_ms),
                kParticipantEntriesMax);
}

bool RecordOffline(ZnRecord& history, int64_t wall_ms) {
  if (history.Number("LAST_OFFLINE_TIME", -1) >= 0) return false;
  history.simple["LAST_OFFLINE_TIME"] = std::to_string(wall_ms);
  AppendBounded(history.lists["OFFLINE"], HistoryDate(wall_ms), kParticipantEntriesMax);
  return true;
}

void RecordLeader(ZnRecord& history, const std::string& cluster, const std::string& instance, int64_t wall_ms) {
  history.id = "HISTORY";
  AppendBounded(history.lists[cluster], instance, kControllerEntriesMax);
  AppendBounded(history.lists["HISTORY"],
                fmt::format("{{DATE={}, CONTROLLER={}, VERSION={}, TIME={}}}", HistoryDate(wall_ms), instance,
                            kHelixVersion, wall_ms),
                kControllerEntriesMax);
}

}  // namespace venice::helix
