#include "base/error_code.h"

#include "base/check.h"

namespace venice {

const ErrorCodeInfo& Info(ErrorCode code) {
  static constexpr ErrorCodeInfo kTable[] = {
#define VENICE_X(name, number, http, grpc, type, exit_code, advice) \
  {ErrorCode::k##name, #name, http, grpc, type, exit_code, Advice::advice},
      VENICE_ERROR_CODES(VENICE_X)
#undef VENICE_X
  };
  for (const ErrorCodeInfo& info : kTable) {
    if (info.code == code) return info;
  }
  VENICE_CHECK(false);
  return kTable[0];
}

}  // namespace venice
