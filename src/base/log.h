// Log lines are data: a stable event name, then fields with units.
//
//   LogInfo("push.started", {{"store", store}, {"records", count}});
//     -> 2026-11-21 10:00:00.123 I push.started store=profiles records=60000
//
// Thread-safe. Goes to standard error; a process may add a file. spdlog stays behind log.cc.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace venice {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

struct LogField {
  template <typename T>
  LogField(std::string_view name, const T& value) : name(name), value(fmt::format("{}", value)) {}
  std::string_view name;
  std::string value;
};

using LogFields = std::initializer_list<LogField>;

void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);
// Sends log lines to a file as well as (or, with `only`, instead of) standard error. False when it cannot be opened.
bool AddLogFile(const std::string& path, bool only);

void Log(LogLevel level, std::string_view event, LogFields fields);
inline void LogDebug(std::string_view event, LogFields fields = {}) { Log(LogLevel::kDebug, event, fields); }
inline void LogInfo(std::string_view event, LogFields fields = {}) { Log(LogLevel::kInfo, event, fields); }
inline void LogWarning(std::string_view event, LogFields fields = {}) { Log(LogLevel::kWarning, event, fields); }
inline void LogError(std::string_view event, LogFields fields = {}) { Log(LogLevel::kError, event, fields); }

}  // namespace venice
