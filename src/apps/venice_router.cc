// venice-router: the REST door to a cluster.
#include <signal.h>

#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/properties.h"
#include "router/router.h"

namespace {

int Fail(const venice::Error& error) {
  fmt::print(stderr, "venice-router: {}\n", error.message());
  return venice::Info(error.code()).exit_code;
}

// "key=value" over the files; false when one lacks its '='.
bool AddOverrides(const std::vector<std::string>& overrides, std::map<std::string, std::string>& properties) {
  for (const std::string& override : overrides) {
    const size_t equals = override.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    properties[override.substr(0, equals)] = override.substr(equals + 1);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files, overrides;
  std::string log_file;
  CLI::App app(
      "A Venice router: answers reads of a cluster's stores over REST.\n\n"
      "Example: venice-router cluster.properties router.properties");
  app.add_option("files", files,
                 "Properties files with Venice's keys; later files win. Needed: cluster.name,\n"
                 "zookeeper.address, listener.port")
      ->check(CLI::ExistingFile);
  app.add_option("--set", overrides, "One more property, as key=value; wins over the files. May be repeated");
  app.add_option("--log-file", log_file, "Log there instead of to standard error");
  CLI11_PARSE(app, argc, argv);

  std::map<std::string, std::string> properties;
  for (const std::string& file : files) {
    auto loaded = venice::LoadProperties(file);
    if (!loaded.ok()) return Fail(std::move(loaded).error().In(file));
    for (auto& [key, value] : *loaded) properties[key] = std::move(value);
  }
  if (!AddOverrides(overrides, properties))
    return Fail(venice::Error(venice::ErrorCode::kInvalidArgument, "--set expects key=value"));
  auto settings = venice::router::SettingsFromProperties(properties);
  if (!settings.ok()) return Fail(settings.error());
  if (!log_file.empty() && !venice::AddLogFile(log_file, true))
    return Fail(venice::Error(venice::ErrorCode::kIo, "cannot open the log file " + log_file));

  // Blocked before any thread starts, so that every thread inherits it and sigwait below is the one receiver.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  venice::router::Router router(std::move(*settings));
  if (venice::Status started = router.Start(); !started.ok()) return Fail(started.error());
  fmt::print("venice-router is ready: port {}\n", router.port());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  fmt::print("Stopping\n");
  router.Stop();
  return 0;
}
