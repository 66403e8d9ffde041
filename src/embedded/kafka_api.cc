#include "embedded/kafka_api.h"

#include <algorithm>

namespace venice::embedded {

std::span<const ApiVersionRange> ApiVersionRanges() {
  constexpr int16_t kNever = INT16_MAX;
  // Produce is advertised from 0 because librdkafka before 2.8 takes that as the sign that LZ4 is allowed; requests
  // below 3 carry old message formats and are refused.
  // Fetch ends at 12, the last version that names topics by name.
  static constexpr ApiVersionRange kRanges[] = {
      {Api::kProduce, 0, 9, 9},
      {Api::kFetch, 4, 12, 12},
      {Api::kListOffsets, 1, 7, 6},
      {Api::kMetadata, 0, 12, 9},
      {Api::kOffsetCommit, 2, 8, 8},
      {Api::kOffsetFetch, 1, 8, 6},
      {Api::kFindCoordinator, 0, 4, 3},
      {Api::kJoinGroup, 0, 9, 6},
      {Api::kHeartbeat, 0, 4, 4},
      {Api::kLeaveGroup, 0, 5, 4},
      {Api::kSyncGroup, 0, 5, 4},
      {Api::kDescribeGroups, 0, 5, 5},
      {Api::kListGroups, 0, 4, 3},
      {Api::kApiVersions, 0, 3, 3},
      {Api::kCreateTopics, 2, 7, 5},
      {Api::kDeleteTopics, 1, 6, 4},
      {Api::kDeleteRecords, 0, 2, 2},
      {Api::kInitProducerId, 0, 4, 2},
      {Api::kOffsetForLeaderEpoch, 2, 4, 4},
      {Api::kDescribeConfigs, 1, 4, 4},
      {Api::kAlterConfigs, 0, 2, 2},
      {Api::kCreatePartitions, 0, 3, 2},
      {Api::kDeleteGroups, 0, 2, 2},
      {Api::kIncrementalAlterConfigs, 0, 1, 1},
      {Api::kOffsetDelete, 0, 0, kNever},
      {Api::kDescribeCluster, 0, 1, 0},
  };
  return kRanges;
}

const ApiVersionRange* FindApi(int16_t key) {
  const auto ranges = ApiVersionRanges();
  const auto found = std::find_if(ranges.begin(), ranges.end(), [key](const ApiVersionRange& range) {
    return static_cast<int16_t>(range.api) == key;
  });
  return found == ranges.end() ? nullptr : &*found;
}

KafkaError ErrorFor(AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::kAppended:
    case AppendOutcome::kDuplicate:
      return KafkaError::kNone;
    case AppendOutcome::kOldDuplicate:
      return KafkaError::kDuplicateSequence;
    case AppendOutcome::kOutOfOrderSequence:
      return KafkaError::kOutOfOrderSequence;
    case AppendOutcome::kStaleProducerEpoch:
      return KafkaError::kInvalidProducerEpoch;
    case AppendOutcome::kCorrupt:
      return KafkaError::kCorruptMessage;
    case AppendOutcome::kInvalidRecord:
      return KafkaError::kInvalidRecord;
    case AppendOutcome::kUnsupportedFormat:
      return KafkaError::kUnsupportedForMessageFormat;
    case AppendOutcome::kTooLarge:
      return KafkaError::kMessageTooLarge;
    case AppendOutcome::kDeleted:
      return KafkaError::kUnknownTopicOrPartition;
    // Not the storage error: clients repeat on that until their delivery time has passed, and a full disk stays full.
    case AppendOutcome::kDiskFull:
      return KafkaError::kPolicyViolation;
    case AppendOutcome::kIoError:
      return KafkaError::kStorageError;
  }
  return KafkaError::kUnknown;
}

}  // namespace venice::embedded
