// JSON that anybody may write into ZooKeeper: Helix records, store records, push statuses.
#include <cstdint>
#include <string_view>

#include "helix/zn_record.h"
#include "metadata/push_status.h"
#include "metadata/store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)venice::helix::DecodeZnRecord(bytes);
  (void)venice::metadata::ParseZooKeeperStore(bytes);
  (void)venice::metadata::ParseStoreInfo(bytes);
  (void)venice::metadata::ParseVersion(bytes);
  (void)venice::metadata::ParseOfflinePush(bytes);
  (void)venice::metadata::ParsePartitionStatus(bytes);
  return 0;
}
