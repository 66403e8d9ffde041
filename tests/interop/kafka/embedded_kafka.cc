// The Kafka-compatible log as a process of its own, for tools and tests of other languages.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "embedded/kafka_server.h"

namespace {

int Usage() {
  std::fputs(
      "usage: embedded-kafka --data-dir DIR [--port N] [--port-file FILE] [--host HOST] [--auto-create]\n"
      "                      [--sync-before-ack] [--topic-default name=value]...\n"
      "Serves until SIGTERM or SIGINT. Port 0, the default, is any free port; the port file is written once it "
      "serves.\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  venice::embedded::KafkaServerOptions options;
  std::string port_file;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--auto-create") {
      options.auto_create_topics = true;
      continue;
    }
    if (flag == "--sync-before-ack") {
      options.sync = venice::embedded::LogSync::kBeforeAck;
      continue;
    }
    if (i + 1 == argc) return Usage();
    const std::string value = argv[++i];
    if (flag == "--data-dir") {
      options.data_dir = value;
    } else if (flag == "--port") {
      options.port = static_cast<uint16_t>(std::atoi(value.c_str()));
    } else if (flag == "--port-file") {
      port_file = value;
    } else if (flag == "--host") {
      options.host = value;
    } else if (flag == "--topic-default" && value.find('=') != std::string::npos) {
      options.topic_defaults[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    } else {
      return Usage();
    }
  }
  if (options.data_dir.empty()) return Usage();

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  venice::embedded::KafkaServer server(options);
  if (const venice::Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "embedded-kafka: %s\n", started.error().message().c_str());
    return venice::Info(started.error().code()).exit_code;
  }
  std::printf("%s\n", server.address().c_str());
  std::fflush(stdout);
  if (!port_file.empty()) {
    if (const auto written = venice::WriteFileDurably(port_file, std::to_string(server.port())); !written.ok()) {
      std::fprintf(stderr, "embedded-kafka: %s\n", written.error().message().c_str());
      return 1;
    }
  }
  int received = 0;
  sigwait(&signals, &received);
  server.Stop();
  return 0;
}
