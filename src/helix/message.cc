#include "helix/message.h"

#include <random>

#include <fmt/format.h>

namespace venice::helix {

ZnRecord TransitionMessage::ToRecord() const {
  ZnRecord record;
  record.id = id;
  record.simple = {
      {"MSG_ID", id},
      {"MSG_TYPE", "STATE_TRANSITION"},
      {"MSG_STATE", std::string(kMessageNew)},
      {"CREATE_TIMESTAMP", std::to_string(create_ms)},
      {"SRC_NAME", source},
      {"SRC_SESSION_ID", source_session},
      {"TGT_NAME", target},
      {"TGT_SESSION_ID", target_session},
      {"RESOURCE_NAME", resource},
      {"PARTITION_NAME", partition},
      {"STATE_MODEL_DEF", state_model},
      {"STATE_MODEL_FACTORY_NAME", "DEFAULT"},
      {"FROM_STATE", from},
      {"TO_STATE", to},
      {"RETRY_COUNT", "3"},
      // Helix names one event here, for its monitoring; a run of ours answers all that happened since the last.
      {"ClusterEventName", "OnDemandRebalance"},
      {"ST_REBALANCE_TYPE", recovery ? "RECOVERY_REBALANCE" : "LOAD_REBALANCE"}};
  return record;
}

std::string NewMessageId() {
  thread_local std::mt19937_64 random{[] {
    std::random_device device;
    return (uint64_t{device()} << 32) ^ device();
  }()};
  const uint64_t high = (random() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (random() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffff);
}

}  // namespace venice::helix
