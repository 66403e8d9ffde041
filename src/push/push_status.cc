#include "push/push_status.h"

#include <algorithm>
#include <map>
#include <thread>

namespace venice::push {
namespace {

using controller_api::JobStatus;
using metadata::ExecutionStatus;
using metadata::VersionStatus;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPoll{20};  // small pushes are ready at once
constexpr milliseconds kTickInterval{100};
constexpr milliseconds kSwapTimeout{120'000};  // from COMPLETED to current: the controller's own work only

std::string ReplicaReasons(const JobStatus& status) {
  std::string reasons;
  int shown = 0;
  for (const auto& [partition, replicas] : status.uncompleted_partitions) {
    for (const controller_api::ReplicaProgress& replica : replicas) {
      const auto code = metadata::ParseExecutionStatus(replica.status);
      if (!code || !metadata::IsError(*code) || ++shown > 5) continue;
      reasons +=
          fmt::format("\n  partition {} on {}: {} {}", partition, replica.instance, replica.status, replica.details);
    }
  }
  if (shown > 5) reasons += fmt::format("\n  and {} more replicas", shown - 5);
  return reasons;
}

// Sleeps in short steps, so that a cancelled job ends soon.
Status Pause(milliseconds wait, const std::function<Status()>& tick) {
  while (wait.count() > 0) {
    const milliseconds step = std::min(wait, kTickInterval);
    std::this_thread::sleep_for(step);
    wait -= step;
    VENICE_TRY(tick());
  }
  return Ok();
}

// Whether the version serves. Errors: kPushFailed when it never will.
Result<bool> Serves(const metadata::Store& store, int32_t number, bool deferred) {
  if (store.current_version >= number) return true;
  const metadata::Version* version = store.FindVersion(number);
  if (version == nullptr) return false;
  if (version->status == VersionStatus::kError || version->status == VersionStatus::kKilled) {
    return Error(ErrorCode::kPushFailed, fmt::format("version {} of store {} is {}; its predecessor still serves",
                                                     number, store.name, metadata::ToText(version->status)));
  }
  return deferred && (version->status == VersionStatus::kPushed || version->status == VersionStatus::kOnline);
}

}  // namespace

IngestionProgress Describe(const JobStatus& status, int32_t partitions) {
  const auto open = static_cast<int32_t>(status.uncompleted_partitions.size());
  std::map<std::string, int> replicas;
  for (const auto& [partition, list] : status.uncompleted_partitions) {
    for (const controller_api::ReplicaProgress& replica : list) ++replicas[replica.status];
  }
  IngestionProgress progress;
  const bool complete = status.status == ExecutionStatus::kCompleted;
  if (open == 0 && !complete) {
    progress.detail = status.status_text;
    return progress;
  }
  progress.fraction = complete ? 1 : static_cast<double>(partitions - open) / std::max(1, partitions);
  progress.detail = fmt::format("{} of {} partitions ready", complete ? partitions : partitions - open, partitions);
  std::string separator = "; replicas ";
  for (const auto& [name, count] : replicas) {
    progress.detail += fmt::format("{}{} {}", separator, count, name);
    separator = ", ";
  }
  return progress;
}

Status CheckNotFailed(const JobStatus& status) {
  if (!metadata::IsError(status.status)) return Ok();
  std::string reason = status.details;
  for (const auto& [region, details] : status.extra_details) {
    if (!details.empty() && details != reason) reason += fmt::format("\n  {}: {}", region, details);
  }
  reason += ReplicaReasons(status);
  return Error(ErrorCode::kPushFailed, fmt::format("version {} ended as {}: {}", status.version, status.status_text,
                                                   reason.empty() ? "the controller gives no reason" : reason));
}

Result<std::string> AwaitOnline(controller_api::ControllerClient& client, const PushSettings& settings, int32_t version,
                                int32_t partitions, const Clock& clock,
                                const std::function<Status(const IngestionProgress&)>& tick) {
  IngestionProgress progress;
  auto last_known = clock.Monotonic();
  std::optional<std::chrono::nanoseconds> completed;
  std::string status_text;
  milliseconds wait = std::min(kFirstPoll, settings.poll_interval);
  while (true) {
    std::optional<Error> problem;
    if (!completed) {
      auto job = client.GetJobStatus(settings.store, version);
      if (!job.ok()) {
        problem = job.error();
      } else {
        status_text = job->status_text;
        progress = Describe(*job, partitions);
        VENICE_TRY(CheckNotFailed(*job));
        if (job->status != ExecutionStatus::kUnknown) last_known = clock.Monotonic();
        if (job->status == ExecutionStatus::kCompleted) completed = clock.Monotonic();
      }
    }
    if (completed) {
      auto store = client.GetStore(settings.store);
      if (!store.ok()) {
        problem = store.error();
      } else {
        VENICE_ASSIGN(const bool serves, Serves(store->store, version, settings.defer_version_swap));
        if (serves) return status_text;
        last_known = clock.Monotonic();
      }
      progress.detail = "all partitions ready, waiting for the swap";
      if (clock.Monotonic() - *completed > kSwapTimeout) {
        return Error(ErrorCode::kTimeout,
                     fmt::format("version {} is complete but did not become current within {} s; look "
                                 "at the controller's log, or swap with venice-admin-tool set-version",
                                 version, kSwapTimeout.count() / 1000));
      }
    }
    if (clock.Monotonic() - last_known > settings.unknown_state_timeout) {
      if (problem) return std::move(*problem).In("no answer about the push for too long");
      return Error(ErrorCode::kTimeout,
                   "the controller answers UNKNOWN for too long "
                   "(job.status.in.unknown.state.timeout.ms)");
    }
    if (problem) progress.detail = "the controller does not answer, trying again: " + problem->message();
    VENICE_TRY(tick(progress));
    VENICE_TRY(Pause(wait, [&] { return tick(progress); }));
    wait = std::min(wait * 2, settings.poll_interval);
  }
}

}  // namespace venice::push
