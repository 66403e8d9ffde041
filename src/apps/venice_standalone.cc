// venice-standalone: a whole Venice in one process, for one machine. See standalone.h.
#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/service_process.h"
#include "apps/standalone.h"
#include "base/file.h"
#include "base/log.h"

namespace {

using venice::apps::Standalone;
using venice::apps::StandaloneOptions;

void PrintReady(const StandaloneOptions& options, const venice::apps::StandaloneAddresses& at) {
  fmt::print("Venice is ready: cluster {}, data in {}\n", options.cluster, options.data_dir);
  fmt::print("  controller  {}\n  router      {}\n", at.controller, at.router);
  for (const std::string& server : at.servers) fmt::print("  server      {}\n", server);
  fmt::print("  kafka       {}\n  zookeeper   {}\n", at.kafka, at.zookeeper);
  fmt::print("Create a store: venice-admin-tool help new-store    Stop: Ctrl-C\n");
  std::fflush(stdout);
}

constexpr std::string_view kProcess = "venice-standalone";

}  // namespace

int main(int argc, char** argv) {
  StandaloneOptions options;
  std::string ports_file, log_file, log_level = "info";
  CLI::App app(
      "A whole Venice in one process: controller, servers, router, and a log and a coordination tree that speak\n"
      "Kafka's and ZooKeeper's protocols.\n\n"
      "Example: venice-standalone --data-dir ~/venice-data");
  app.add_option("--data-dir", options.data_dir, "Folder that keeps everything; made when missing")->required();
  app.add_option("--cluster", options.cluster, "Name of the Venice cluster")->capture_default_str();
  app.add_option("--servers", options.servers, "Storage servers to run")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--replication-factor", options.replication_factor, "Replicas of each partition of new stores")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--partitions-max", options.partitions_max, "Most partitions of a version")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--host", options.host, "Address to listen on")->capture_default_str();
  const auto port = [&app](const std::string& flag, std::optional<uint16_t>& target, int usual) {
    app.add_option(flag, target,
                   fmt::format("0: any free port, the same after a restart; left out: {} if it is free", usual));
  };
  port("--controller-port", options.controller_port, 5555);
  port("--router-port", options.router_port, 7777);
  port("--kafka-port", options.kafka_port, 9092);
  port("--zookeeper-port", options.zookeeper_port, 2181);
  app.add_option(
      "--ports-file", ports_file,
      "Write the addresses as JSON (controller, router, servers, kafka, zookeeper) once everything is ready");
  app.add_flag("--sync", options.sync_every_write, "Acknowledged writes survive power loss too, not only kill -9");
  app.add_option("--log-file", log_file, "Log there instead of to standard error");
  app.add_option("--log-level", log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  using venice::LogLevel;
  venice::SetLogLevel(log_level == "debug"     ? LogLevel::kDebug
                      : log_level == "warning" ? LogLevel::kWarning
                      : log_level == "error"   ? LogLevel::kError
                                               : LogLevel::kInfo);
  if (!log_file.empty() && !venice::AddLogFile(log_file, true)) {
    return venice::apps::Fail(kProcess, venice::Error(venice::ErrorCode::kIo, "cannot open the log file " + log_file));
  }

  venice::apps::BlockStopSignals();
  Standalone standalone(options);
  if (venice::Status started = standalone.Start(); !started.ok()) return venice::apps::Fail(kProcess, started.error());
  if (!ports_file.empty()) {
    if (venice::Status written = venice::WriteFileDurably(ports_file, standalone.addresses().ToJson()); !written.ok()) {
      return venice::apps::Fail(kProcess, written.error());
    }
  }
  PrintReady(options, standalone.addresses());

  venice::apps::WaitForStopSignal();
  fmt::print("Stopping\n");
  standalone.Stop();
  return 0;
}
