// PartitionState: the checkpoint of one partition, kept beside its data. Version 24. Source: data-plane reference 5.2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/guid.h"

namespace venice::protocol {

inline constexpr uint8_t kPartitionStateMagic = 24;
inline constexpr int8_t kPartitionStateVersion = 24;

enum class SegmentStatus : int32_t {
  kNotStarted = 0,
  kInProgress = 1,
  kEndOfIntermediateSegment = 2,
  kEndOfFinalSegment = 3,
};

// What is known of one producer: where in which segment it is, and the checksum so far.
struct ProducerPartitionState {
  int32_t segment_number = 0;
  int32_t segment_status = 0;  // SegmentStatus
  bool is_registered = false;
  int32_t message_sequence_number = 0;
  int64_t message_timestamp_ms = 0;
  int32_t checksum_type = 0;   // ChecksumType
  std::string checksum_state;  // SegmentChecksum::State
  std::map<std::string, int64_t> aggregates;
  std::map<std::string, std::string> debug_info;
  bool operator==(const ProducerPartitionState&) const = default;
};

struct PartitionState {
  struct IncrementalPush {
    std::string version;
    std::optional<std::string> error;
    bool operator==(const IncrementalPush&) const = default;
  };
  struct KeyUrnCompressionDictionary {
    std::vector<std::string> key_urn_fields;
    int32_t version = 0;
    std::string dictionary;
    bool operator==(const KeyUrnCompressionDictionary&) const = default;
  };
  struct IncrementalPushStatus {
    int32_t status = 0;
    int64_t timestamp_ms = 0;
    bool operator==(const IncrementalPushStatus&) const = default;
  };

  int64_t offset = -1;
  int64_t offset_lag = -1;
  bool end_of_push = false;
  int64_t last_update_ms = 0;
  std::optional<int64_t> start_of_buffer_replay_destination_offset;
  std::map<std::string, std::string> database_info;
  std::optional<IncrementalPush> incremental_push_info;
  std::optional<std::string> leader_topic;
  int64_t leader_offset = -1;
  std::map<std::string, int64_t> upstream_offset_map;
  std::map<std::string, std::string> upstream_real_time_topic_position_map;
  int64_t upstream_version_topic_offset = -1;
  std::string upstream_version_topic_position;
  std::optional<Guid> leader_guid;
  std::optional<std::string> leader_host_id;
  std::map<Guid, ProducerPartitionState> producer_states;
  std::map<std::string, std::string> previous_statuses;
  std::vector<std::string> pending_report_incremental_push_versions;
  std::map<std::string, std::map<Guid, ProducerPartitionState>> real_time_topic_producer_states;  // by broker URL
  std::optional<int32_t> record_transformer_class_hash;
  std::string last_processed_version_topic_position;  // position.h
  std::string last_consumed_version_topic_position;
  int64_t latest_observed_term_id = -1;
  std::string current_term_start_position;
  int64_t last_consumed_version_topic_offset = -1;
  int64_t heartbeat_timestamp_ms = -1;
  int64_t last_checkpoint_timestamp_ms = -1;
  std::optional<KeyUrnCompressionDictionary> key_urn_compression_dictionary;
  std::map<std::string, IncrementalPushStatus> tracking_incremental_push_status;
  std::optional<std::string> unique_ingested_key_count_hll_sketch;
  int64_t active_key_count = -1;
  int64_t batch_push_record_count = 0;
  std::string upstream_last_consumed_version_topic_position;
  bool operator==(const PartitionState&) const = default;
};

// Replaces `out` with magic, version and record.
void EncodePartitionState(const PartitionState& state, std::string& out);
// Errors: kCorruption; kUnsupported for another version than 24.
Result<PartitionState> DecodePartitionState(std::string_view bytes);

}  // namespace venice::protocol
