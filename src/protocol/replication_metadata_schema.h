// The schema of replication metadata (RMD): which part of a value was written when, for active-active conflict
// resolution. Source: data-plane reference 7.1; tests/golden/schemas holds what Venice's own code makes.
#pragma once

#include <cstdint>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::protocol {

inline constexpr int32_t kReplicationMetadataVersion = 1;  // the only one there is

// Names of the record's fields.
namespace replication_metadata {
inline constexpr const char* kRecordSuffix = "_MetadataRecord";
inline constexpr const char* kTimestamp = "timestamp";
inline constexpr const char* kCheckpointVector = "replication_checkpoint_vector";
// Of the record that a collection's field has.
inline constexpr const char* kTopLevelTimestamp = "topLevelFieldTimestamp";
inline constexpr const char* kTopLevelColoId = "topLevelColoID";
inline constexpr const char* kPutOnlyPartLength = "putOnlyPartLength";
inline constexpr const char* kActiveTimestamps = "activeElementsTimestamps";
inline constexpr const char* kDeletedIdentities = "deletedElementsIdentities";
inline constexpr const char* kDeletedTimestamps = "deletedElementsTimestamps";
}  // namespace replication_metadata

// Version 1. Pure. Errors: kInvalidSchema when generated names collide with those in the value schema; an array or map
// whose elements contain the value's own record does.
Result<avro::Schema> MakeReplicationMetadataSchema(const avro::Schema& value_schema);

}  // namespace venice::protocol
