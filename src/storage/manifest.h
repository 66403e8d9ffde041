// What a checkpoint says about the files of its partition, kept beside the caller's bytes in the metadata partition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::storage {

struct TableFile {
  uint64_t number = 0;
  uint64_t bytes = 0;
  bool operator==(const TableFile&) const = default;
};

struct Manifest {
  enum class Phase : uint8_t {
    kBatch = 1,      // `files` hold every pair of the checkpoint
    kIngesting = 2,  // the batch is complete; `files` are moving into the database, or have moved
    kOpen = 3,
  };
  Phase phase = Phase::kBatch;
  std::vector<TableFile> files;
  std::string last_key;  // of the last file: the next key must be above
  bool operator==(const Manifest&) const = default;
};

std::string EncodeManifest(const Manifest& manifest);
// Errors: kCorruption.
Result<Manifest> DecodeManifest(std::string_view bytes);

}  // namespace venice::storage
