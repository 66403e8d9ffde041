// CRC-32 as in zlib, several times faster where the processor multiplies without carry.
#pragma once

#include <cstdint>
#include <string_view>

namespace venice::protocol {

// start: 0, or the value of the bytes before these. The same values as zlib's crc32().
uint32_t Crc32(std::string_view bytes, uint32_t start = 0);

}  // namespace venice::protocol
