// venice-controller: the control plane of one or more clusters.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/service_process.h"
#include "controller/controller.h"

namespace {

std::string KeysHelp() {
  std::string text = "Keys of the properties files that are used (others are ignored):\n";
  for (const venice::controller::SettingInfo& row : venice::controller::SettingTable())
    text += fmt::format("  {}\n      {}\n", row.key, row.summary);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kProcess = "venice-controller";
  venice::apps::ServiceArguments arguments;
  std::string host;
  bool list_keys = false;
  CLI::App app(
      "The Venice controller: stores, schemas, versions and pushes of a cluster. Several may run; one leads.\n\n"
      "Example: venice-controller cluster.properties controller.properties");
  venice::apps::AddServiceOptions(app, arguments,
                                  "cluster.name, zookeeper.address, kafka.bootstrap.servers, admin.port");
  app.add_option("--listen", host, "Address to listen on. Default: 0.0.0.0");
  app.add_flag("--list-keys", list_keys, "Print the configuration keys and end");
  CLI11_PARSE(app, argc, argv);
  if (list_keys) {
    fmt::print("{}", KeysHelp());
    return 0;
  }
  const auto properties = venice::apps::LoadServiceProperties(arguments);
  if (!properties.ok()) return venice::apps::Fail(kProcess, properties.error());

  // Defaults of a fleet, where the struct's are those of one machine.
  venice::controller::ControllerSettings settings;
  settings.host = host.empty() ? "0.0.0.0" : host;
  settings.port = 5555;
  settings.replication_factor = 3;
  settings.kafka_replication_factor = 3;
  if (venice::Status applied = venice::controller::ApplyProperties(*properties, settings); !applied.ok())
    return venice::apps::Fail(kProcess, applied.error());
  if (!properties->contains("cluster.name")) settings.clusters.clear();
  venice::controller::Controller controller(std::move(settings));
  return venice::apps::RunUntilStopped(kProcess, controller, [&] { return controller.url(); });
}
