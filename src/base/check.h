// VENICE_CHECK: a broken invariant stops the process in every build.
#pragma once

namespace venice::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}

#define VENICE_CHECK(condition)                                        \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::venice::internal::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)
