// venice-controller: the control plane of one or more clusters.
#include <signal.h>

#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/properties.h"
#include "controller/controller.h"

namespace {

int Fail(const venice::Error& error) {
  fmt::print(stderr, "venice-controller: {}\n", error.message());
  return venice::Info(error.code()).exit_code;
}

std::string KeysHelp() {
  std::string text = "Keys of the properties files that are used (others are ignored):\n";
  for (const venice::controller::SettingInfo& row : venice::controller::SettingTable())
    text += fmt::format("  {}\n      {}\n", row.key, row.summary);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files, overrides;
  std::string host, log_file;
  bool list_keys = false;
  CLI::App app(
      "The Venice controller: stores, schemas, versions and pushes of a cluster. Several may run; one leads.\n\n"
      "Example: venice-controller cluster.properties controller.properties");
  app.add_option("files", files,
                 "Properties files with Venice's keys; later files win. Needed: cluster.name,\n"
                 "zookeeper.address, kafka.bootstrap.servers, admin.port")
      ->check(CLI::ExistingFile);
  app.add_option("--set", overrides, "One more property, as key=value; wins over the files. May be repeated");
  app.add_option("--listen", host, "Address to listen on. Default: 0.0.0.0");
  app.add_option("--log-file", log_file, "Log there instead of to standard error");
  app.add_flag("--list-keys", list_keys, "Print the configuration keys and end");
  CLI11_PARSE(app, argc, argv);
  if (list_keys) {
    fmt::print("{}", KeysHelp());
    return 0;
  }

  std::map<std::string, std::string> properties;
  for (const std::string& file : files) {
    auto loaded = venice::LoadProperties(file);
    if (!loaded.ok()) return Fail(std::move(loaded).error().In(file));
    for (auto& [key, value] : *loaded) properties[key] = std::move(value);
  }
  for (const std::string& override : overrides) {
    const size_t equals = override.find('=');
    if (equals == std::string::npos || equals == 0)
      return Fail(venice::Error(venice::ErrorCode::kInvalidArgument, "--set " + override + ": expected key=value"));
    properties[override.substr(0, equals)] = override.substr(equals + 1);
  }

  // Defaults of a fleet, where the struct's are those of one machine.
  venice::controller::ControllerSettings settings;
  settings.host = host.empty() ? "0.0.0.0" : host;
  settings.port = 5555;
  settings.replication_factor = 3;
  settings.kafka_replication_factor = 3;
  if (venice::Status applied = venice::controller::ApplyProperties(properties, settings); !applied.ok())
    return Fail(applied.error());
  if (!properties.contains("cluster.name")) settings.clusters.clear();
  if (!log_file.empty() && !venice::AddLogFile(log_file, true))
    return Fail(venice::Error(venice::ErrorCode::kIo, "cannot open the log file " + log_file));

  // Blocked before any thread starts, so that every thread inherits it and sigwait below is the one receiver.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  venice::controller::Controller controller(std::move(settings));
  if (venice::Status started = controller.Start(); !started.ok()) return Fail(started.error());
  fmt::print("venice-controller is ready: {}\n", controller.url());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  fmt::print("Stopping\n");
  controller.Stop();
  return 0;
}
