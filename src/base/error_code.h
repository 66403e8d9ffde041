// The one error table. A code exists only when some caller would act differently on it; detail goes in the message.
#pragma once

#include <cstdint>
#include <string_view>

namespace venice {

// What the caller of a failed operation should do next.
enum class Advice : uint8_t {
  kNever,      // retrying cannot help: change the request or the data
  kBackOff,    // the same request may succeed later
  kElsewhere,  // another replica or controller can answer now
};

// name, number (never reused), HTTP status, gRPC status, Venice ErrorType, process exit code, advice.
// Venice ErrorType texts: controller responses, see openapi.yaml. Exit codes: docs/reference/exit-codes.md.
#define VENICE_ERROR_CODES(X)                                                                                \
  X(InvalidArgument, 1, 400, 3, "BAD_REQUEST", 2, kNever)                                                    \
  X(NotFound, 2, 404, 5, "GENERAL_ERROR", 3, kNever)                                                         \
  X(AlreadyExists, 3, 409, 6, "GENERAL_ERROR", 1, kNever)                                                    \
  X(Conflict, 4, 409, 10, "GENERAL_ERROR", 1, kBackOff)       /* changed meanwhile: re-read, retry */        \
  X(Unavailable, 5, 503, 14, "CONNECTION_ERROR", 4, kBackOff) /* no connection, or connection lost */        \
  X(Timeout, 6, 504, 4, "CONNECTION_ERROR", 4, kBackOff)                                                     \
  X(NotReady, 7, 503, 14, "GENERAL_ERROR", 4, kElsewhere) /* replica exists, may not serve yet */            \
  X(NotLeader, 8, 421, 9, "INCORRECT_CONTROLLER", 4, kElsewhere)                                             \
  X(Corruption, 9, 500, 15, "GENERAL_ERROR", 5, kElsewhere)      /* bytes are not what was written */        \
  X(ResourceExhausted, 10, 429, 8, "GENERAL_ERROR", 4, kBackOff) /* quota, queue or memory bound reached */  \
  X(TooLarge, 11, 413, 8, "BAD_REQUEST", 2, kNever)                                                          \
  X(Unsupported, 12, 501, 12, "GENERAL_ERROR", 2, kNever)                                                    \
  X(Io, 13, 500, 13, "GENERAL_ERROR", 6, kBackOff)                                                           \
  X(DiskFull, 14, 507, 8, "GENERAL_ERROR", 6, kBackOff)                                                      \
  X(Internal, 15, 500, 13, "GENERAL_ERROR", 1, kNever)                                                       \
  X(Cancelled, 16, 503, 1, "GENERAL_ERROR", 1, kNever)                                                       \
  X(PermissionDenied, 17, 403, 7, "ACL_ERROR", 2, kNever)                                                    \
  X(Unauthenticated, 18, 401, 16, "ACL_ERROR", 2, kNever)                                                    \
  X(SessionExpired, 19, 503, 14, "CONNECTION_ERROR", 4, kBackOff) /* ephemeral nodes and watches are gone */ \
  X(StoreNotFound, 20, 404, 5, "STORE_NOT_FOUND", 3, kNever)                                                 \
  X(SchemaNotFound, 21, 404, 5, "SCHEMA_NOT_FOUND", 3, kNever)                                               \
  X(InvalidSchema, 22, 400, 3, "INVALID_SCHEMA", 2, kNever)                                                  \
  X(InvalidConfig, 23, 500, 3, "INVALID_CONFIG", 2, kNever)                                                  \
  X(ConcurrentPush, 24, 400, 10, "CONCURRENT_BATCH_PUSH", 7, kBackOff)                                       \
  X(StoreDisabled, 25, 403, 9, "STORE_DISABLED", 2, kNever)                                                  \
  X(PushFailed, 26, 500, 9, "GENERAL_ERROR", 8, kNever) /* the version went to ERROR or was killed */        \
  X(MethodNotAllowed, 27, 405, 12, "BAD_REQUEST", 2, kNever)

enum class ErrorCode : uint16_t {
#define VENICE_X(name, number, http, grpc, type, exit_code, advice) k##name = number,
  VENICE_ERROR_CODES(VENICE_X)
#undef VENICE_X
};

// One row of the table; static storage.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;  // "NotFound"
  int http_status;
  int grpc_status;
  std::string_view venice_type;  // Venice's ErrorType text
  int exit_code;                 // of a command-line tool that ends with this error
  Advice advice;
};

const ErrorCodeInfo& Info(ErrorCode code);

}  // namespace venice
