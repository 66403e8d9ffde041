// CRC-32C (Castagnoli), by the processor's instruction where there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace venice::embedded {

// Continues from `crc`, 0 at the start.
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

// The portable form, for comparison.
uint32_t Crc32cTable(std::string_view bytes, uint32_t crc = 0);

}  // namespace venice::embedded
