// A batch push: a dataset in files becomes a new, verified version of a store.
//
//   PushJob job(settings);
//   VENICE_ASSIGN(const PushSummary summary, job.Run(PrintProgress));
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/result.h"
#include "push/progress.h"
#include "push/settings.h"

namespace venice::push {

// One run per object. Run blocks the calling thread and starts settings.threads workers for reading and writing; Cancel
// may be called from any thread (and from a signal handler).
class PushJob {
 public:
  explicit PushJob(PushSettings settings, const Clock* clock = &SystemClock());

  // Order of acts: describe the store, look at every input file, train a dictionary if the store compresses with one,
  // request the version, read and sort, write, end of push with record counts and content digests, poll until the
  // version is online. After the version exists, any failure kills it at the controller; the serving version is never
  // touched.
  //
  // Errors: kInvalidConfig, kNotFound (input), kStoreNotFound, kInvalidSchema (key or value schema is not the store's),
  // kCorruption (input file, naming block or line), kInvalidArgument (null key, duplicate key, bad record), kTooLarge,
  // kConcurrentPush, kPushFailed (killed, or a replica failed: says why), kTimeout, kDiskFull, kUnavailable,
  // kCancelled.
  Result<PushSummary> Run(const ProgressCallback& progress = {});

  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  // Valid after Run, also a failed one: what was counted until then.
  const PushSummary& summary() const { return summary_; }

 private:
  friend class PushRun;
  const PushSettings settings_;
  const Clock* clock_;
  std::atomic<bool> cancelled_{false};
  PushSummary summary_;
};

}  // namespace venice::push
