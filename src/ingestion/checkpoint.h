// How far a partition has been ingested: everything that continuing after a crash needs. Kept as Venice's
// PartitionState.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/content_digest.h"
#include "protocol/guid.h"
#include "protocol/partition_state.h"
#include "pubsub/pubsub.h"

namespace venice::ingestion {

// A checkpoint exists only from start of push on.
struct Checkpoint {
  pubsub::Position next;  // where to continue, inclusive
  int64_t offset = -1;    // of the last record applied; for people and lag figures
  bool end_of_push = false;
  uint64_t bytes = 0;                                 // keys and values applied so far
  protocol::PartitionDigest digest;                   // of what is stored
  std::optional<protocol::PartitionDigest> expected;  // of what was pushed; from end of push
  std::map<protocol::Guid, protocol::ProducerPartitionState> producers;
};

std::string EncodeCheckpoint(const Checkpoint& checkpoint, int64_t wall_ms);
// Errors: kCorruption, kUnsupported.
Result<Checkpoint> DecodeCheckpoint(std::string_view bytes);

}  // namespace venice::ingestion
