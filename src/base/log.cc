#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace venice {
namespace {

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// Never destroyed: threads may still log while the process ends.
spdlog::logger& Logger() {
  static auto& logger = *new spdlog::logger("venice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  static const bool configured = [] {
    logger.set_pattern("%Y-%m-%d %H:%M:%S.%e %L %v");
    logger.flush_on(spdlog::level::warn);
    return true;
  }();
  (void)configured;
  return logger;
}

// Values with spaces or quotes are quoted, so that a line splits on spaces.
void AppendValue(std::string& line, const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"\n\t=") == std::string::npos) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '\n') {
      line += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += '"';
}

}  // namespace

void SetLogLevel(LogLevel level) { Logger().set_level(Level(level)); }

bool LogEnabled(LogLevel level) { return Logger().should_log(Level(level)); }

bool AddLogFile(const std::string& path, bool only) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %L %v");
    auto& sinks = Logger().sinks();
    if (only) sinks.clear();
    sinks.push_back(std::move(sink));
    Logger().flush_on(spdlog::level::info);
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

void Log(LogLevel level, std::string_view event, LogFields fields) {
  if (!LogEnabled(level)) return;
  std::string line(event);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    AppendValue(line, field.value);
  }
  Logger().log(Level(level), "{}", line);
}

}  // namespace venice
