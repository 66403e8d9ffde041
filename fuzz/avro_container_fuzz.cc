#include <cstdint>
#include <string>

#include "avro/container.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  ContainerReaderOptions options;
  options.block_bytes_max = venice::ByteSize(1 << 20);
  auto reader = ContainerReader::FromBytes({reinterpret_cast<const char*>(data), size}, "input", options);
  if (!reader.ok()) return 0;
  while (true) {
    const auto datum = (*reader)->Next();
    if (!datum.ok() || !datum->has_value()) return 0;
  }
}
