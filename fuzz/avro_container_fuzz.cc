#include <cstdint>
#include <cstdlib>
#include <string>

#include "avro/container.h"

namespace {

using namespace venice::avro;

// Values read, after which the reader stands at the end or an error.
uint64_t ReadAll(ContainerReader& reader) {
  uint64_t values = 0;
  // Values without bytes may be claimed in any number.
  for (; values < 100'000; ++values) {
    const auto datum = reader.Next();
    if (!datum.ok() || !datum->has_value()) break;
  }
  return values;
}

}  // namespace

// Recovery reads on where plain reading stops, and never fails on damage; two readers that share the file at any place
// take what one takes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ContainerReaderOptions options;
  options.block_bytes_max = venice::ByteSize(1 << 20);
  auto plain = ContainerReader::FromBytes(bytes, "input", options);
  if (!plain.ok()) return 0;
  const uint64_t values = ReadAll(**plain);
  options.recover = true;
  auto recovering = ContainerReader::FromBytes(bytes, "input", options);
  if (!recovering.ok()) std::abort();
  uint64_t recovered = 0;
  for (; recovered < 100'000; ++recovered) {
    const auto datum = (*recovering)->Next();
    if (!datum.ok()) std::abort();
    if (!datum->has_value()) break;
  }
  if (recovered < values) std::abort();
  const Losses& losses = (*recovering)->losses();
  if (losses.bytes > size || (losses.stretches == 0) != losses.first.empty()) std::abort();
  if (!(*recovering)->Sync(size / 2).ok()) std::abort();
  ReadAll(**recovering);
  return 0;
}
