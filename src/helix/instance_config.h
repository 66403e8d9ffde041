// CONFIGS/PARTICIPANT/<instance>: whether an instance may hold replicas, and which ones not.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "helix/zn_record.h"

namespace venice::helix {

enum class InstanceOperation { kEnable, kDisable, kEvacuate, kSwapIn, kUnknown };

struct InstanceConfig {
  std::string instance;
  InstanceOperation operation = InstanceOperation::kEnable;
  int64_t enabled_ms = -1;  // when it was last enabled or disabled
  bool all_partitions_disabled = false;
  std::map<std::string, std::set<std::string>> disabled_partitions;  // by resource
  std::set<std::string> tags;
  std::map<std::string, std::string> domain;  // "zone" -> "z1"
  std::string zone;                           // HELIX_ZONE_ID
  int weight = 1000;

  // May appear in a placement; a disabled one keeps its replicas (OFFLINE) until the rebalance delay ends.
  bool Assignable() const {
    return operation == InstanceOperation::kEnable || operation == InstanceOperation::kDisable;
  }
  bool Enabled() const { return operation == InstanceOperation::kEnable; }
  bool PartitionDisabled(const std::string& resource, const std::string& partition) const;
};

// Never fails: what cannot be read counts as absent.
InstanceConfig ParseInstanceConfig(const ZnRecord& record);

// The record an instance joins with: host and port from its name.
ZnRecord NewInstanceConfig(const std::string& instance);

// Records the operator's wish, with the legacy fields that go with it.
void SetInstanceEnabled(ZnRecord& record, bool enabled, const std::string& reason, int64_t now_ms);
void SetPartitionsEnabled(ZnRecord& record, const std::string& resource, const std::vector<std::string>& partitions,
                          bool enabled);

}  // namespace venice::helix
