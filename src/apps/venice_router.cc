// venice-router: the REST door to a cluster.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/service_process.h"
#include "router/router.h"

int main(int argc, char** argv) {
  constexpr std::string_view kProcess = "venice-router";
  venice::apps::ServiceArguments arguments;
  CLI::App app(
      "A Venice router: answers reads of a cluster's stores over REST.\n\n"
      "Example: venice-router cluster.properties router.properties");
  venice::apps::AddServiceOptions(app, arguments, "cluster.name, zookeeper.address, listener.port");
  CLI11_PARSE(app, argc, argv);

  const auto properties = venice::apps::LoadServiceProperties(arguments);
  if (!properties.ok()) return venice::apps::Fail(kProcess, properties.error());
  auto settings = venice::router::SettingsFromProperties(*properties);
  if (!settings.ok()) return venice::apps::Fail(kProcess, settings.error());
  venice::router::Router router(std::move(*settings));
  return venice::apps::RunUntilStopped(kProcess, router, [&] { return fmt::format("port {}", router.port()); });
}
