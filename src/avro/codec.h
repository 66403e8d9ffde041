// Compressing and expanding the blocks of container files.
#pragma once

#include <string>
#include <string_view>

#include "avro/container.h"
#include "base/result.h"

namespace venice::avro {

// Replaces `out` with the stored form of a block. Errors: kInternal when the library refuses.
Status CompressBlock(Codec codec, int level, std::string_view data, std::string& out);

}  // namespace venice::avro
