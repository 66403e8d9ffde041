// Which partition a key belongs to. Source: data-plane reference 10.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace venice::protocol {

inline constexpr std::string_view kDefaultPartitionerClass = "com.linkedin.venice.partitioner.DefaultVenicePartitioner";

// The default partitioner: MD5 of the key bytes (no header byte, no chunking suffix) as a big-endian number, modulo the
// count. `count` is at least 1. Thread-safe.
int32_t Partition(std::string_view key_bytes, int32_t count);

// Stores name their partitioner by its Java class. Ok for the one we know. Errors: kUnsupported for any other.
Status CheckPartitionerClass(std::string_view java_class);

}  // namespace venice::protocol
