// Second stage: the sorted records of each partition go to the version topic, duplicates are found, digests are made.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "avro/schema.h"
#include "protocol/content_digest.h"
#include "push/external_sorter.h"
#include "writer/version_topic_writer.h"

namespace venice::push {

struct WriteOptions {
  int threads = 1;
  int32_t partitions = 1;
  int32_t value_schema_id = 0;
  bool allow_duplicate_keys = false;
  avro::Schema key_schema;  // to print a key in an error
};

// Counted while the workers run; read by anyone.
struct WriteCounters {
  std::atomic<uint64_t> records{0};
  std::atomic<uint64_t> bytes{0};
  std::atomic<uint64_t> duplicates_identical{0};
  std::atomic<uint64_t> duplicates_dropped{0};
};

// Blocks; `tick` is called a few times per second and may end the stage with an error.
//
// read_digests  of what ReadAll saw: what is written, and what is left out as a duplicate, must be exactly that
// digests       per partition, of what was written
// Errors: kInvalidArgument (duplicate key with another value), kCorruption (a record was lost or changed while it was
//         sorted), those of the writer and of tick.
Status WriteAll(const ExternalSorter& sorter, writer::VersionTopicWriter& writer, const WriteOptions& options,
                const std::vector<protocol::PartitionDigest>& read_digests, WriteCounters& counters,
                const std::function<Status()>& tick, std::vector<protocol::PartitionDigest>& digests);

}  // namespace venice::push
