#include "pubsub/kafka/handle.h"

#include <fmt/format.h>

#include "base/log.h"

namespace venice::pubsub::kafka {
namespace {

ErrorCode CodeOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kAlreadyExists;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ErrorCode::kTimeout;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return ErrorCode::kTooLarge;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return ErrorCode::kCorruption;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
      return ErrorCode::kResourceExhausted;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
      return ErrorCode::kInvalidArgument;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      return ErrorCode::kUnsupported;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ErrorCode::kPermissionDenied;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return ErrorCode::kUnauthenticated;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__DESTROY:
      return ErrorCode::kCancelled;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FAIL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kUnavailable;  // brokers, connections, leaders: worth another try
  }
}

void ForwardLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogWarning = 4;
  constexpr int kSyslogError = 3;
  const LogLevel ours = level <= kSyslogError     ? LogLevel::kError
                        : level == kSyslogWarning ? LogLevel::kWarning
                                                  : LogLevel::kDebug;
  // Lost connections are retried and seen by whoever waits for an answer; as a log line they would only be noise.
  const bool connection = std::string_view(facility) == "FAIL" || std::string_view(facility) == "ERROR";
  const LogLevel level_used = connection ? LogLevel::kDebug : ours;
  if (LogEnabled(level_used)) Log(level_used, "kafka.client", {{"facility", facility}, {"text", text}});
}

}  // namespace

Error MakeError(rd_kafka_resp_err_t code, std::string_view attempt, std::string_view text) {
  const std::string_view own = rd_kafka_err2str(code);
  if (text.empty() || text == own) return Error(CodeOf(code), fmt::format("{}: {}", attempt, own));
  return Error(CodeOf(code), fmt::format("{}: {} ({})", attempt, own, text));
}

Result<ClientHandle> MakeClient(Role role, ConfigHandle config) {
  rd_kafka_conf_set_log_cb(config.get(), ForwardLog);
  char text[512];
  rd_kafka_t* client =
      rd_kafka_new(role == Role::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, config.get(), text, sizeof(text));
  if (client == nullptr) return Error(ErrorCode::kInvalidConfig, fmt::format("cannot make a Kafka client: {}", text));
  (void)config.release();  // it belongs to the client now
  return ClientHandle(client);
}

}  // namespace venice::pubsub::kafka
