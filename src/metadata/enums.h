// The enumerations of store, version and push records. In ZooKeeper and in controller responses they travel as names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace venice::metadata {

// Each list is (C++ name, Venice's text, wire number).
#define VENICE_VERSION_STATUS(X)                                                                  \
  X(kNotCreated, "NOT_CREATED", 0)                                                                \
  X(kStarted, "STARTED", 1)                                                                       \
  X(kPushed, "PUSHED", 2) X(kOnline, "ONLINE", 3) X(kError, "ERROR", 4) X(kCreated, "CREATED", 5) \
      X(kPartiallyOnline, "PARTIALLY_ONLINE", 6) X(kKilled, "KILLED", 7) X(kRolledBack, "ROLLED_BACK", 8)
#define VENICE_PUSH_TYPE(X) \
  X(kBatch, "BATCH", 0)     \
  X(kStreamReprocessing, "STREAM_REPROCESSING", 1) X(kStream, "STREAM", 2) X(kIncremental, "INCREMENTAL", 3)
#define VENICE_COMPRESSION_STRATEGY(X) \
  X(kNoOp, "NO_OP", 0) X(kGzip, "GZIP", 1) X(kZstd, "ZSTD", 2) X(kZstdWithDict, "ZSTD_WITH_DICT", 3)
// The typo is the wire name.
#define VENICE_OFFLINE_PUSH_STRATEGY(X) \
  X(kWaitAllReplicas, "WAIT_ALL_REPLICAS", 0) X(kWaitNMinusOne, "WAIT_N_MINUS_ONE_REPLCIA_PER_PARTITION", 1)
#define VENICE_BACKUP_STRATEGY(X) \
  X(kKeepMinVersions, "KEEP_MIN_VERSIONS", 0) X(kDeleteOnNewPushStart, "DELETE_ON_NEW_PUSH_START", 1)
#define VENICE_DATA_REPLICATION_POLICY(X) \
  X(kNonAggregate, "NON_AGGREGATE", 0)    \
  X(kAggregate, "AGGREGATE", 1) X(kNone, "NONE", 2) X(kActiveActive, "ACTIVE_ACTIVE", 3)
#define VENICE_BUFFER_REPLAY_POLICY(X) X(kRewindFromEop, "REWIND_FROM_EOP", 0) X(kRewindFromSop, "REWIND_FROM_SOP", 1)
#define VENICE_EXECUTION_STATUS(X)                                                                                     \
  X(kNotCreated, "NOT_CREATED", 0)                                                                                     \
  X(kNew, "NEW", 1)                                                                                                    \
  X(kStarted, "STARTED", 2) X(kProgress, "PROGRESS", 3) X(kEndOfPushReceived, "END_OF_PUSH_RECEIVED", 4)               \
      X(kStartOfBufferReplayReceived, "START_OF_BUFFER_REPLAY_RECEIVED", 5)                                            \
          X(kTopicSwitchReceived, "TOPIC_SWITCH_RECEIVED", 6)                                                          \
              X(kStartOfIncrementalPushReceived, "START_OF_INCREMENTAL_PUSH_RECEIVED", 7)                              \
                  X(kEndOfIncrementalPushReceived, "END_OF_INCREMENTAL_PUSH_RECEIVED", 8) X(kDropped, "DROPPED", 9) X( \
                      kCompleted, "COMPLETED", 10) X(kWarning, "WARNING", 11) X(kError, "ERROR", 12)                   \
                      X(kCatchUpBaseTopicOffsetLag, "CATCH_UP_BASE_TOPIC_OFFSET_LAG", 13) X(kArchived, "ARCHIVED", 14) \
                          X(kUnknown, "UNKNOWN", 15) X(kNotStarted, "NOT_STARTED", 16)                                 \
                              X(kDataRecoveryCompleted, "DATA_RECOVERY_COMPLETED", 17)                                 \
                                  X(kDvcIngestionErrorDiskFull, "DVC_INGESTION_ERROR_DISK_FULL", 18)                   \
                                      X(kDvcIngestionErrorMemoryLimit, "DVC_INGESTION_ERROR_MEMORY_LIMIT_REACHED", 19) \
                                          X(kDvcIngestionErrorDeadInstances,                                           \
                                            "DVC_INGESTION_ERROR_TOO_MANY_DEAD_INSTANCES", 20)                         \
                                              X(kDvcIngestionErrorOther, "DVC_INGESTION_ERROR_OTHER", 21)

#define VENICE_ENUM_VALUE(name, text, number) name = number,
// ToText gives Venice's name; Parse<Enum> takes it back, nullopt for any other text.
#define VENICE_DECLARE_ENUM(Enum, LIST)                  \
  enum class Enum : int32_t { LIST(VENICE_ENUM_VALUE) }; \
  std::string_view ToText(Enum value);                   \
  std::optional<Enum> Parse##Enum(std::string_view text);

VENICE_DECLARE_ENUM(VersionStatus, VENICE_VERSION_STATUS)
VENICE_DECLARE_ENUM(PushType, VENICE_PUSH_TYPE)
VENICE_DECLARE_ENUM(CompressionStrategy, VENICE_COMPRESSION_STRATEGY)
VENICE_DECLARE_ENUM(OfflinePushStrategy, VENICE_OFFLINE_PUSH_STRATEGY)
VENICE_DECLARE_ENUM(BackupStrategy, VENICE_BACKUP_STRATEGY)
VENICE_DECLARE_ENUM(DataReplicationPolicy, VENICE_DATA_REPLICATION_POLICY)
VENICE_DECLARE_ENUM(BufferReplayPolicy, VENICE_BUFFER_REPLAY_POLICY)
VENICE_DECLARE_ENUM(ExecutionStatus, VENICE_EXECUTION_STATUS)

// True for the statuses after which a push (or replica) does not move again.
bool IsTerminal(ExecutionStatus status);
// ERROR and the Da Vinci errors.
bool IsError(ExecutionStatus status);

}  // namespace venice::metadata
