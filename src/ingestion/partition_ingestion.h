// One replica of one partition being filled from its version topic: validates, digests, stores, checkpoints, verifies.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/result.h"
#include "ingestion/checkpoint.h"
#include "ingestion/integrity.h"
#include "protocol/content_digest.h"
#include "protocol/control_message.h"
#include "protocol/envelope.h"
#include "pubsub/pubsub.h"
#include "storage/storage_engine.h"

namespace venice::ingestion {

enum class ReplicaState {
  kStarted,            // consuming, or about to
  kProgress,           // a report on the way; same state as kStarted
  kEndOfPushReceived,  // everything has arrived; being verified and made readable
  kCompleted,          // verified: may serve
  kError,              // final; see detail
};
std::string_view ToString(ReplicaState state);

struct ReplicaReport {
  std::string topic;
  int32_t partition = 0;
  ReplicaState state = ReplicaState::kStarted;
  int64_t offset = -1;                          // of the last record applied
  uint64_t records = 0;                         // data records applied
  uint64_t bytes = 0;                           // their keys and values
  std::string detail;                           // for kError: what failed, where, what to do
  ErrorCode error_code = ErrorCode::kInternal;  // for kError
  uint64_t replays_dropped = 0;
};

struct ReplicaOptions {
  std::string topic;  // "<store>_v<N>"
  int32_t partition = 0;
  std::string replica;  // names this host in messages: the instance name
  std::shared_ptr<storage::VersionStore> version;
  std::shared_ptr<storage::PartitionStore> store;
  ByteSize checkpoint_bytes = 64_MiB;  // of keys and values between two checkpoints
  Replays replays = Replays::kFail;
  std::optional<int32_t> compression;  // what the version's metadata says; a start of push that differs is an error
  const Clock* clock = &SystemClock();
  // Called on the ingestion thread with every change of state, and about once a second while records arrive. Must not
  // block: it stops the ingestion of other partitions too.
  std::function<void(const ReplicaReport&)> listener;
};

// One thread at a time, except Report().
class PartitionIngestion {
 public:
  explicit PartitionIngestion(ReplicaOptions options);

  // Reads the checkpoint: where to start consuming; nullopt when there is nothing left to consume (state() tells).
  Result<std::optional<pubsub::Position>> Start();
  // Applies one record. After an error, or once finished(), no more records.
  Status Apply(const pubsub::Consumer& consumer, const pubsub::Batch& batch, const pubsub::RecordView& record);
  // After the last record of this partition in a batch: makes what was applied readable (unsorted input), reports.
  Status EndOfBatch(const pubsub::Consumer& consumer, const pubsub::RecordView& last);
  // Keeps progress for the next start, when it is worth it. Errors are logged only.
  void Leave();
  // Reports kError. The data stays as it is.
  void Fail(Error error);

  bool finished() const { return state_ == ReplicaState::kCompleted || state_ == ReplicaState::kError; }
  const ReplicaOptions& options() const { return options_; }
  // Where consumption stands after the last whole batch; earliest before the first.
  const pubsub::Position& next() const { return next_; }
  // Any thread.
  ReplicaReport Report() const;

 private:
  Status ApplyPut(std::string_view key, const protocol::EnvelopeView& record);
  Status ApplyControl(const pubsub::Batch& batch, const pubsub::RecordView& raw, const protocol::EnvelopeView& record);
  Status StartOfPush(const protocol::StartOfPush& start, int64_t timestamp_ms);
  Status EndOfPush(const std::vector<pubsub::Header>& headers);
  Status Verify(const std::optional<protocol::PartitionDigest>& pushed, int64_t pushed_count) const;
  Result<std::string> MakeCheckpoint() const;
  Status SaveCheckpoint();
  void Enter(ReplicaState state, std::string detail = {});
  std::string Where() const;  // "store profiles version 3 partition 7 on replica host_1234"

  const ReplicaOptions options_;
  Integrity integrity_;
  protocol::PartitionDigest digest_;
  std::optional<protocol::PartitionDigest> expected_;
  pubsub::Position next_;
  protocol::EnvelopeView envelope_;  // reused
  std::string value_;                // reused: schema id and value as stored
  bool push_started_ = false;
  bool sorted_ = false;
  bool end_of_push_ = false;
  uint64_t bytes_since_checkpoint_ = 0;
  std::chrono::nanoseconds last_report_{0};

  std::atomic<ReplicaState> state_{ReplicaState::kStarted};
  std::atomic<int64_t> offset_{-1};
  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> bytes_{0};
  mutable std::mutex detail_mutex_;
  std::string detail_;
  ErrorCode error_code_ = ErrorCode::kInternal;
};

}  // namespace venice::ingestion
