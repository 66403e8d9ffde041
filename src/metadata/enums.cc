#include "metadata/enums.h"

namespace venice::metadata {

#define VENICE_ENUM_TO_TEXT(name, text, number) \
  case T::name:                                 \
    return text;
#define VENICE_ENUM_PARSE(name, text_, number) \
  if (text == text_) return T::name;
#define VENICE_DEFINE_ENUM(Enum, LIST)                     \
  std::string_view ToText(Enum value) {                    \
    using T = Enum;                                        \
    switch (value) { LIST(VENICE_ENUM_TO_TEXT) }           \
    return "UNKNOWN";                                      \
  }                                                        \
  std::optional<Enum> Parse##Enum(std::string_view text) { \
    using T = Enum;                                        \
    LIST(VENICE_ENUM_PARSE)                                \
    return std::nullopt;                                   \
  }

VENICE_DEFINE_ENUM(VersionStatus, VENICE_VERSION_STATUS)
VENICE_DEFINE_ENUM(PushType, VENICE_PUSH_TYPE)
VENICE_DEFINE_ENUM(CompressionStrategy, VENICE_COMPRESSION_STRATEGY)
VENICE_DEFINE_ENUM(OfflinePushStrategy, VENICE_OFFLINE_PUSH_STRATEGY)
VENICE_DEFINE_ENUM(BackupStrategy, VENICE_BACKUP_STRATEGY)
VENICE_DEFINE_ENUM(DataReplicationPolicy, VENICE_DATA_REPLICATION_POLICY)
VENICE_DEFINE_ENUM(BufferReplayPolicy, VENICE_BUFFER_REPLAY_POLICY)
VENICE_DEFINE_ENUM(ExecutionStatus, VENICE_EXECUTION_STATUS)

bool IsError(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::kError:
    case ExecutionStatus::kDvcIngestionErrorDiskFull:
    case ExecutionStatus::kDvcIngestionErrorMemoryLimit:
    case ExecutionStatus::kDvcIngestionErrorDeadInstances:
    case ExecutionStatus::kDvcIngestionErrorOther:
      return true;
    default:
      return false;
  }
}

bool IsTerminal(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::kEndOfIncrementalPushReceived:
    case ExecutionStatus::kCompleted:
    case ExecutionStatus::kWarning:
    case ExecutionStatus::kArchived:
      return true;
    default:
      return IsError(status);
  }
}

}  // namespace venice::metadata
