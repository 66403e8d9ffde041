#include <cstdint>
#include <string_view>

#include "embedded/log_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)venice::embedded::ParseBatchHeader(bytes);
  (void)venice::embedded::DecodeBatch(bytes);
  return 0;
}
