#include "protocol/crc32.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace venice::protocol {
namespace {

TEST(Crc32, IsThatOfZlibAtEveryLengthAndAlignment) {
  std::mt19937 random(7);
  std::string bytes(1200, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (size_t size = 0; size < 1100; ++size) {
    const size_t at = size % 17;
    const auto start = static_cast<uint32_t>(size % 3 == 0 ? 0 : random());
    const std::string_view view = std::string_view(bytes).substr(at, size);
    ASSERT_EQ(Crc32(view, start), crc32(start, reinterpret_cast<const Bytef*>(view.data()), static_cast<uInt>(size)))
        << size;
  }
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926u);
}

}  // namespace
}  // namespace venice::protocol
