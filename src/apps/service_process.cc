#include "apps/service_process.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/properties.h"

namespace venice::apps {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void AddServiceOptions(CLI::App& app, ServiceArguments& arguments, std::string_view needed_keys) {
  app.add_option("files", arguments.files,
                 fmt::format("Properties files with Venice's keys; later files win. Needed: {}", needed_keys))
      ->check(CLI::ExistingFile);
  app.add_option("--set", arguments.overrides, "One more property, as key=value; wins over the files. May be repeated");
  app.add_option("--log-file", arguments.log_file, "Log there instead of to standard error");
}

Result<std::map<std::string, std::string>> LoadServiceProperties(const ServiceArguments& arguments) {
  std::map<std::string, std::string> properties;
  for (const std::string& file : arguments.files) {
    VENICE_ASSIGN(auto loaded, LoadProperties(file));
    for (auto& [key, value] : loaded) properties[key] = std::move(value);
  }
  for (const std::string& override : arguments.overrides) {
    const size_t equals = override.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("--set {}: write it as key=value", override));
    }
    properties[override.substr(0, equals)] = override.substr(equals + 1);
  }
  if (!arguments.log_file.empty() && !AddLogFile(arguments.log_file, true)) {
    return Error(ErrorCode::kIo, "cannot open the log file " + arguments.log_file);
  }
  return properties;
}

int Fail(std::string_view process, const Error& error) {
  fmt::print(stderr, "{}: {}\n", process, error.message());
  return Info(error.code()).exit_code;
}

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int received = 0;
  sigwait(&signals, &received);
}

int RunUntilStopped(std::string_view process, const std::function<Status()>& start,
                    const std::function<std::string()>& ready, const std::function<void()>& stop) {
  BlockStopSignals();
  // A start may wait long for ZooKeeper. A signal ends the process then too, without ceremony: state survives kill -9.
  struct Life {
    std::mutex mutex;
    bool started = false;
    std::promise<void> stop_asked;
  };
  const auto life = std::make_shared<Life>();
  std::thread([life] {
    WaitForStopSignal();
    std::lock_guard lock(life->mutex);
    if (!life->started) _exit(0);
    life->stop_asked.set_value();
  }).detach();

  if (Status started = start(); !started.ok()) return Fail(process, started.error());
  {
    std::lock_guard lock(life->mutex);
    life->started = true;
  }
  fmt::print("{} is ready: {}\n", process, ready());
  std::fflush(stdout);
  life->stop_asked.get_future().wait();
  fmt::print("Stopping\n");
  stop();
  return 0;
}

}  // namespace venice::apps
