#include "embedded/zookeeper_admin.h"

#include <fmt/format.h>

namespace venice::embedded {
namespace {

// Clients read the version out of the first line to learn which operations they may use.
constexpr std::string_view kVersion = "3.8.0-venice, embedded";

double AverageLatencyMs(const ZooKeeperCounters& counters) {
  if (counters.requests == 0) return 0;
  return static_cast<double>(counters.latency_us_total) / static_cast<double>(counters.requests) / 1000;
}

std::string Server(const ZooKeeperAdminView& view) {
  const ZooKeeperCounters& counters = view.counters;
  return fmt::format(
      "Zookeeper version: {}\nLatency min/avg/max: 0/{:.4f}/{}\nReceived: {}\nSent: {}\nConnections: {}\n"
      "Outstanding: 0\nZxid: {:#x}\nMode: standalone\nNode count: {}\n",
      kVersion, AverageLatencyMs(counters), counters.latency_us_max / 1000, counters.requests, counters.replies,
      counters.connections, view.engine.store().last_zxid(), view.engine.store().node_count());
}

std::string Monitor(const ZooKeeperAdminView& view) {
  const ZooKeeperCounters& counters = view.counters;
  const TreeStore& store = view.engine.store();
  size_t ephemerals = 0;
  for (const auto& [id, session] : store.sessions()) ephemerals += session.ephemerals.size();
  std::string text;
  const auto line = [&text](std::string_view name, const auto& value) { text += fmt::format("{}\t{}\n", name, value); };
  line("zk_version", kVersion);
  line("zk_server_state", "standalone");
  line("zk_avg_latency", fmt::format("{:.4f}", AverageLatencyMs(counters)));
  line("zk_max_latency", counters.latency_us_max / 1000);
  line("zk_min_latency", 0);
  line("zk_packets_received", counters.requests);
  line("zk_packets_sent", counters.replies);
  line("zk_num_alive_connections", counters.connections);
  line("zk_outstanding_requests", 0);
  line("zk_znode_count", store.node_count());
  line("zk_watch_count", view.engine.watches().size());
  line("zk_ephemerals_count", ephemerals);
  line("zk_approximate_data_size", store.data_bytes());
  line("zk_global_sessions", store.sessions().size());
  return text;
}

std::string Configuration(const ZooKeeperAdminView& view) {
  return fmt::format("clientPort={}\ndataDir={}\nminSessionTimeout={}\nmaxSessionTimeout={}\nserverId=0\n", view.port,
                     view.data_dir, view.session_timeout_min.count(), view.session_timeout_max.count());
}

}  // namespace

std::optional<std::string> AnswerFourLetterWord(std::string_view word, const ZooKeeperAdminView& view) {
  if (word == "ruok") return "imok";
  if (word == "isro") return "rw";
  if (word == "srvr" || word == "stat") return Server(view);
  if (word == "mntr") return Monitor(view);
  if (word == "conf") return Configuration(view);
  return std::nullopt;
}

}  // namespace venice::embedded
