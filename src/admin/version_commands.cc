// Versions of a store and the pushes that make them.
#include "admin/command_table.h"
#include "admin/verify_version.h"

namespace venice::admin {

std::vector<Command> VersionCommands() {
  std::vector<Command> commands;
  commands.push_back({.name = "job-status",
                      .summary = "Tells how far a push is, and why it failed.",
                      .examples = {"job-status --url http://localhost:5555 --store profiles --version 3"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .path = "/job"});
  commands.push_back({.name = "kill-job",
                      .summary = "Stops a running push; the current version stays as it is.",
                      .examples = {"kill-job --url http://localhost:5555 --store profiles --version 3"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .run = [](const Arguments& arguments, Session& session) -> Result<Answer> {
                        const std::string topic = arguments.at("store") + "_v" + arguments.at("version");
                        VENICE_ASSIGN(std::string json, session.CallController(
                                                            "/kill_offline_push_job",
                                                            {{"store_name", arguments.at("store")}, {"topic", topic}}));
                        return Answer{std::move(json)};
                      }});
  commands.push_back(
      {.name = "empty-push",
       .summary = "Pushes a version without records.",
       .examples = {"empty-push --url http://localhost:5555 --store profiles --push-id first --store-size 0"},
       .flags = {UrlFlag(),
                 StoreFlag(),
                 ClusterFlag(),
                 {"push-id", "pid", "Name of the push; the same name twice makes one version.", "first",
                  Flag::Need::kRequired, "push_job_id"},
                 {"store-size", "ss", "Expected size in bytes, from which partitions are counted.", "0",
                  Flag::Need::kOptional, "store_size"}},
       .path = "/empty_push"});
  commands.push_back({.name = "send-end-of-push",
                      .summary = "Ends a push whose job can not end it itself.",
                      .examples = {"send-end-of-push --url http://localhost:5555 --store profiles --version 3"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .path = "/end_of_push"});
  commands.push_back({.name = "set-version",
                      .summary = "Makes a version the current one.",
                      .examples = {"set-version --url http://localhost:5555 --store profiles --version 2"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .path = "/set_version"});
  commands.push_back({.name = "rollback-to-backup-version",
                      .summary = "Serves the previous version again.",
                      .examples = {"rollback-to-backup-version --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/rollback_to_backup_version"});
  commands.push_back({.name = "roll-forward-to-future-version",
                      .summary = "Serves a version that was pushed with a deferred swap.",
                      .examples = {"roll-forward-to-future-version --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/roll_forward_to_future_version"});
  commands.push_back({.name = "delete-old-version",
                      .summary = "Deletes a version that is not the current one.",
                      .examples = {"delete-old-version --url http://localhost:5555 --store profiles --version 1"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .path = "/delete_old_version"});
  commands.push_back({.name = "delete-all-versions",
                      .summary = "Deletes every version of a disabled store.",
                      .examples = {"delete-all-versions --url http://localhost:5555 --store profiles"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag()},
                      .path = "/delete_all_versions"});
  commands.push_back({.name = "replicas-of-store",
                      .summary = "Shows where the replicas of a version are and in which state.",
                      .examples = {"replicas-of-store --url http://localhost:5555 --store profiles --version 3"},
                      .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
                      .path = "/list_replicas"});
  commands.push_back(
      {.name = "verify-version",
       .summary = "Re-reads the stored data of every replica and compares its count and digest with the push.",
       .examples = {"verify-version --url http://localhost:5555 --store profiles --version 3"},
       .flags = {UrlFlag(), StoreFlag(), ClusterFlag(), VersionFlag()},
       .run = VerifyVersion});
  return commands;
}

}  // namespace venice::admin
