// venice-server: a storage node.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/service_process.h"
#include "server/server.h"

int main(int argc, char** argv) {
  constexpr std::string_view kProcess = "venice-server";
  venice::apps::ServiceArguments arguments;
  CLI::App app(
      "A Venice storage node: holds replicas of store versions, fills them from Kafka, answers reads.\n\n"
      "Example: venice-server cluster.properties server.properties");
  venice::apps::AddServiceOptions(
      app, arguments, "cluster.name, zookeeper.address, kafka.bootstrap.servers, data.base.path, listener.port");
  CLI11_PARSE(app, argc, argv);

  const auto properties = venice::apps::LoadServiceProperties(arguments);
  if (!properties.ok()) return venice::apps::Fail(kProcess, properties.error());
  auto settings = venice::server::SettingsFromProperties(*properties);
  if (!settings.ok()) return venice::apps::Fail(kProcess, settings.error());
  venice::server::Server server(std::move(*settings));
  return venice::apps::RunUntilStopped(
      kProcess, server, [&] { return fmt::format("instance {}, port {}", server.instance(), server.port()); });
}
