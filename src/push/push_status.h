// Waiting until the servers have loaded a version, and saying why when they have not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "controller_api/client.h"
#include "push/settings.h"

namespace venice::push {

struct IngestionProgress {
  double fraction = 0;  // of the partitions that are ready
  std::string detail;   // "12 of 16 partitions ready; receiving: 3 replicas, ..."
};

// What a job status says in a few words.
IngestionProgress Describe(const controller_api::JobStatus& status, int32_t partitions);

// Ok while the push may go on. Errors: kPushFailed with the controller's and the replicas' reasons.
Status CheckNotFailed(const controller_api::JobStatus& status);

// Blocks until the version is online (or, with a deferred swap, complete). `tick` is called between polls and may end
// the waiting with an error. Answers that fail are repeated: a controller may restart meanwhile. Returns the
// controller's last status text. Errors: kPushFailed, kTimeout (status stays UNKNOWN, or the version completes but does
// not become current), kUnavailable (no answer for settings.unknown_state_timeout).
Result<std::string> AwaitOnline(controller_api::ControllerClient& client, const PushSettings& settings, int32_t version,
                                int32_t partitions, const Clock& clock,
                                const std::function<Status(const IngestionProgress&)>& tick);

}  // namespace venice::push
