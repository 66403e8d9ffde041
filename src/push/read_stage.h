// First stage: input files become sorted, partitioned records, on all cores.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "avro/schema.h"
#include "protocol/compression.h"
#include "protocol/content_digest.h"
#include "push/external_sorter.h"
#include "push/input.h"

namespace venice::push {

struct ReadOptions {
  int threads = 1;  // as many as the sorter has shards
  int32_t partitions = 1;
  int32_t value_schema_id = 0;
  protocol::CompressionStrategy compression = protocol::CompressionStrategy::kNoOp;
  std::shared_ptr<const protocol::ZstdDictionary> dictionary;
  size_t record_bytes_max = 0;
  avro::Schema key_schema;  // to print a key in an error
};

// Counted while the workers run; read by anyone.
struct ReadCounters {
  std::atomic<uint64_t> input_bytes{0};  // stored bytes of the chunks read
  std::atomic<uint64_t> records{0};
  std::atomic<uint64_t> key_bytes{0};
  std::atomic<uint64_t> value_bytes{0};
  std::atomic<uint64_t> stored_bytes{0};
  std::atomic<uint64_t> null_values{0};
  std::atomic<uint64_t> too_large{0};
  std::atomic<uint64_t> largest_value{0};
};

// Blocks; `tick` is called a few times per second and may end the stage with an error. Afterwards every shard of the
// sorter is finished. digests: per partition, of all records read.
// Errors: kInvalidArgument, kCorruption (naming file and record), kTooLarge (naming the key), kDiskFull, those of tick.
Status ReadAll(Input& input, ExternalSorter& sorter, const ReadOptions& options, ReadCounters& counters,
               const std::function<Status()>& tick, std::vector<protocol::PartitionDigest>& digests);

}  // namespace venice::push
