// The embedded ZooKeeper alone in a process, for foreign clients and for kill -9.
//
//   embedded-zookeeper --data-dir DIR [--port N] [--port-file FILE] [--sync] [--snapshot-bytes N] [--session-min-ms N]
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"
#include "embedded/zookeeper_server.h"

int main(int argc, char** argv) {
  venice::embedded::ZooKeeperServerOptions options;
  std::string port_file;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--sync") {
      options.sync_every_write = true;
      continue;
    }
    if (i + 1 == argc) {
      fmt::print(stderr, "{} needs a value, or is no flag; see the head of embedded_zookeeper.cc\n", flag);
      return 2;
    }
    const char* value = argv[++i];
    if (flag == "--data-dir") {
      options.data_dir = value;
    } else if (flag == "--port") {
      options.port = static_cast<uint16_t>(std::atoi(value));
    } else if (flag == "--port-file") {
      port_file = value;
    } else if (flag == "--snapshot-bytes") {
      options.log_size_before_snapshot = venice::ByteSize(std::strtoull(value, nullptr, 10));
    } else if (flag == "--session-min-ms") {
      options.session_timeout_min = std::chrono::milliseconds(std::atoi(value));
    } else {
      fmt::print(stderr, "unknown flag {}; see the head of embedded_zookeeper.cc\n", flag);
      return 2;
    }
  }

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  venice::embedded::ZooKeeperServer server(options);
  if (const venice::Status started = server.Start(); !started.ok()) {
    fmt::print(stderr, "{}\n", started.error().ToString());
    return venice::Info(started.error().code()).exit_code;
  }
  if (!port_file.empty()) {
    if (const venice::Status written = venice::WriteFileDurably(port_file, std::to_string(server.port()));
        !written.ok()) {
      fmt::print(stderr, "{}\n", written.error().ToString());
      return 1;
    }
  }
  int signal = 0;
  sigwait(&signals, &signal);
  server.Stop();
  return 0;
}
