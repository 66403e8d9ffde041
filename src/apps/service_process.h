// What every service process does around its service: properties from files and flags, signals, a line when it is
// ready.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace venice::apps {

struct ServiceArguments {
  std::vector<std::string> files;      // properties files; later ones win
  std::vector<std::string> overrides;  // key=value; win over the files
  std::string log_file;
};

// Declares the arguments above on the command line. `needed_keys` are named in the help.
void AddServiceOptions(CLI::App& app, ServiceArguments& arguments, std::string_view needed_keys);

// The merged properties; also sends the log to its file. Errors: kNotFound, kInvalidArgument, kIo.
Result<std::map<std::string, std::string>> LoadServiceProperties(const ServiceArguments& arguments);

// Prints the error for the process of that name; returns its exit code.
int Fail(std::string_view process, const Error& error);

// SIGTERM and SIGINT are delivered to WaitForStopSignal only. Call before any thread starts: threads inherit it.
void BlockStopSignals();
void WaitForStopSignal();

// Start, one line on standard output, wait for SIGTERM or SIGINT, stop. `ready` tells where the service is.
template <typename Service>
int RunUntilStopped(std::string_view process, Service& service, const std::function<std::string()>& ready);
int RunUntilStopped(std::string_view process, const std::function<Status()>& start,
                    const std::function<std::string()>& ready, const std::function<void()>& stop);

template <typename Service>
int RunUntilStopped(std::string_view process, Service& service, const std::function<std::string()>& ready) {
  return RunUntilStopped(
      process, [&] { return service.Start(); }, ready, [&] { service.Stop(); });
}

}  // namespace venice::apps
