// The block compressions of Kafka record batches.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "embedded/log_batch.h"

namespace venice::embedded {

// Errors: kCorruption; kTooLarge when the output would pass `bytes_max`.
Result<std::string> DecompressBlock(BatchCodec codec, std::string_view block, size_t bytes_max);
Result<std::string> CompressBlock(BatchCodec codec, std::string_view bytes);

}  // namespace venice::embedded
