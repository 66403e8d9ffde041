// Data-integrity validation of one partition: every producer's segments arrive whole, once, in order and unaltered.
// Source: data-plane reference 5.1 (before end of push).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "protocol/checksum.h"
#include "protocol/envelope.h"
#include "protocol/guid.h"
#include "protocol/partition_state.h"

namespace venice::ingestion {

// What to do with a record that the log holds a second time.
enum class Replays {
  kFail,  // the version fails: with idempotent producers, as ours are, nothing legal writes twice
  kDrop,  // dropped and counted, as Venice does: for producers that retry without idempotence
};

// One thread at a time.
class Integrity {
 public:
  enum class Verdict {
    kApply,      // a record in its place
    kReplay,     // seen before; already counted
    kUnchecked,  // heartbeats and leadership stamps stand outside every segment
  };

  explicit Integrity(Replays replays = Replays::kFail) : replays_(replays) {}

  // key  without its header byte
  // errors  kCorruption, naming producer, segment and sequence: a gap, a segment without start or started twice, a
  //         checksum that differs at the end of a segment; kUnsupported for a checksum type that is not known
  Result<Verdict> Check(std::string_view key, const protocol::EnvelopeView& record);

  uint64_t replays_dropped() const { return replays_dropped_; }

  // The state for a checkpoint. Errors: kUnsupported for a checksum without a state (ADLER32, CRC32).
  Result<std::map<protocol::Guid, protocol::ProducerPartitionState>> State() const;
  Status Restore(const std::map<protocol::Guid, protocol::ProducerPartitionState>& state);

 private:
  struct Producer {
    int32_t segment = 0;
    int32_t sequence = 0;
    protocol::SegmentStatus status = protocol::SegmentStatus::kInProgress;
    int64_t timestamp_ms = 0;
    protocol::SegmentChecksum checksum;
  };

  Result<Verdict> CheckUnknown(const protocol::EnvelopeView& record);
  Result<Verdict> CheckOrder(Producer& producer, const protocol::EnvelopeView& record);
  Result<Verdict> Replay(const protocol::EnvelopeView& record);
  Status StartSegment(Producer& producer, const protocol::EnvelopeView& record);
  Status AddToChecksum(Producer& producer, std::string_view key, const protocol::EnvelopeView& record);

  const Replays replays_;
  uint64_t replays_dropped_ = 0;
  std::unordered_map<protocol::Guid, Producer> producers_;  // one per writer task: few
  // The producer of the last record: nearly always that of the next one too.
  const protocol::Guid* last_guid_ = nullptr;
  Producer* last_producer_ = nullptr;
};

}  // namespace venice::ingestion
