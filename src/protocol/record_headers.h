// Names and value forms of the headers of records. Source: data-plane reference 2.2; kContentDigest is ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

namespace record_header {
inline constexpr std::string_view kSchema = "vtp";          // writer's envelope schema, JSON; on segment 0, sequence 0
inline constexpr std::string_view kLeaderComplete = "lcs";  // 1 byte, on heartbeats into a version topic
inline constexpr std::string_view kViewPartitions = "vpm";
inline constexpr std::string_view kRecordCount = "prc";  // on end of push: records of the partition, 8 bytes big-endian
inline constexpr std::string_view kActiveKeyCount = "kcs";
inline constexpr std::string_view kExecutionId = "EXECUTION_ID";
inline constexpr std::string_view kContentDigest = "vpd";  // on end of push: PartitionDigest::Encode; Java ignores it
}  // namespace record_header

inline constexpr int64_t kRecordCountUnknown = -1;

std::string EncodeRecordCount(int64_t count);
// Errors: kCorruption when it is not 8 bytes.
Result<int64_t> DecodeRecordCount(std::string_view value);

}  // namespace venice::protocol
