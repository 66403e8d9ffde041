// Our side of the interop tests: a ZooKeeper server, a participant or a controller until standard input ends, or one
// administrative act. Prints what happens as JSON lines behind '@'.
//
//   helix-peer zookeeper DIR
//   helix-peer participant ZK CLUSTER INSTANCE
//   helix-peer controller ZK CLUSTER INSTANCE
//   helix-peer create ZK CLUSTER RESOURCE PARTITIONS REPLICAS
//   helix-peer add-resource ZK CLUSTER RESOURCE PARTITIONS REPLICAS
//   helix-peer drop-resource ZK CLUSTER RESOURCE
//   helix-peer enable ZK CLUSTER INSTANCE true|false
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/wait.h"
#include "embedded/zookeeper_server.h"
#include "helix/admin.h"
#include "helix/controller.h"
#include "helix/participant.h"
#include "zk/client.h"

namespace venice {
namespace {

void Say(const std::string& json) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  fmt::print("@{}\n", json);
  std::fflush(stdout);
}

void UntilInputEnds() {
  while (std::cin.get() != std::istream::traits_type::eof()) {
  }
}

class Handler : public helix::TransitionHandler {
 public:
  explicit Handler(std::string instance) : instance_(std::move(instance)) {}
  void SetParticipant(helix::Participant* participant) { participant_ = participant; }

  Status OnTransition(const helix::Transition& transition) override {
    Say(fmt::format(R"({{"event":"transition","partition":"{}","from":"{}","to":"{}","term":{}}})",
                    transition.partition, transition.from, transition.to, transition.create_ms));
    if (transition.to == "STANDBY") {
      participant_->SetCustomizedState("OFFLINE_PUSH", transition.resource, transition.partition, "COMPLETED");
    } else if (transition.to == "DROPPED") {
      participant_->RemoveCustomizedState("OFFLINE_PUSH", transition.resource, transition.partition);
    }
    return Ok();
  }
  void OnReset(const std::string&, const std::string& partition) override {
    Say(fmt::format(R"({{"event":"reset","partition":"{}"}})", partition));
  }

 private:
  const std::string instance_;
  helix::Participant* participant_ = nullptr;
};

Status RunParticipant(zk::Client& client, const std::string& cluster, const std::string& instance) {
  Handler handler(instance);
  helix::ParticipantOptions options;
  options.cluster = cluster;
  options.instance = instance;
  helix::Participant participant(client, options, handler);
  handler.SetParticipant(&participant);
  VENICE_TRY(participant.Start());
  Say(fmt::format(R"({{"event":"ready","session":"{}"}})", participant.Session()));
  UntilInputEnds();
  participant.Stop();
  return Ok();
}

Status RunController(zk::Client& client, const std::string& cluster, const std::string& instance) {
  helix::ControllerOptions options;
  options.cluster = cluster;
  options.instance = instance;
  helix::Controller controller(client, options);
  VENICE_TRY(controller.Start());
  WaitUntil([&] { return controller.IsLeader(); }, std::chrono::seconds(30));
  Say(fmt::format(R"({{"event":"ready","leader":{}}})", controller.IsLeader()));
  UntilInputEnds();
  controller.Stop();
  return Ok();
}

Status RunZooKeeper(const std::string& directory) {
  embedded::ZooKeeperServerOptions options;
  options.data_dir = directory;
  embedded::ZooKeeperServer server(options);
  VENICE_TRY(server.Start());
  Say(fmt::format(R"({{"event":"ready","address":"{}"}})", server.address()));
  UntilInputEnds();
  server.Stop();
  return Ok();
}

Status Run(const std::vector<std::string>& arguments) {
  if (arguments.size() >= 2 && arguments[0] == "zookeeper") return RunZooKeeper(arguments[1]);
  if (arguments.size() < 4) return Error(ErrorCode::kInvalidArgument, "see the comment in helix_peer.cc for the roles");
  zk::ClientOptions options;
  options.address = arguments[1];
  options.session_timeout = std::chrono::milliseconds(8'000);
  VENICE_ASSIGN(const std::unique_ptr<zk::Client> client, zk::Connect(options));
  const std::string& role = arguments[0];
  const std::string& cluster = arguments[2];
  const std::string& name = arguments[3];
  if (role == "participant") return RunParticipant(*client, cluster, name);
  if (role == "controller") return RunController(*client, cluster, name);

  helix::Admin admin(*client);
  if (role == "drop-resource") return admin.DropResource(cluster, name);
  if (role == "enable") return admin.EnableInstance(cluster, name, arguments.at(4) == "true", "interop test");
  if (role == "create") {
    helix::ClusterSettings settings;
    settings.rebalance_delay = std::chrono::milliseconds(1'000);
    VENICE_TRY(admin.CreateCluster(cluster, settings));
  }
  helix::ResourceSettings settings;
  settings.name = name;
  settings.partitions = std::stoi(arguments.at(4));
  settings.replicas = std::stoi(arguments.at(5));
  return admin.AddResource(cluster, settings);
}

}  // namespace
}  // namespace venice

int main(int argc, char** argv) {
  const venice::Status status = venice::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  fmt::print(stderr, "helix-peer: {}\n", status.error().ToString());
  return 1;
}
