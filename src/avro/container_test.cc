#include "avro/container.h"

#include <gtest/gtest.h>

#include "avro/binary.h"
#include "avro/primitives.h"
#include "base/file.h"

namespace venice::avro {
namespace {

constexpr std::array<char, 16> kSync = {'s', 'y', 'n', 'c'};
constexpr int kValues = 100;

std::string Written(Codec codec) {
  auto writer = ContainerWriter::InMemory(Schema::Primitive(Type::kString),
                                          {.codec = codec, .block_bytes = ByteSize(200), .sync = kSync});
  for (int i = 0; i < kValues; ++i) {
    EXPECT_TRUE((*writer)->Append(Datum::String("value number " + std::to_string(i))).ok());
  }
  EXPECT_TRUE((*writer)->Close().ok());
  return (*writer)->bytes();
}

// How many values could be read, or the error.
std::string ReadAll(std::string bytes, ContainerReaderOptions options = {}) {
  auto reader = ContainerReader::FromBytes(std::move(bytes), "f.avro", options);
  if (!reader.ok()) return reader.error().ToString();
  for (int count = 0;; ++count) {
    const auto next = (*reader)->Next();
    if (!next.ok()) return next.error().ToString();
    if (!*next) return std::to_string(count);
    EXPECT_EQ((*next)->text(), "value number " + std::to_string(count));
  }
}

TEST(Container, RoundTripsEveryCodec) {
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    EXPECT_EQ(ReadAll(Written(codec)), "100") << CodecName(codec);
  }
}

TEST(Container, EveryTruncationIsNoticed) {
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    const std::string whole = Written(codec);
    std::set<size_t> block_ends;
    auto reader = ContainerReader::FromBytes(whole, "f.avro");
    block_ends.insert((*reader)->offset());
    while (true) {
      const auto block = (*reader)->NextRawBlock();
      ASSERT_TRUE(block.ok());
      if (!*block) break;
      block_ends.insert((*reader)->offset());
    }
    for (size_t size = 0; size < whole.size(); ++size) {
      if (block_ends.contains(size)) continue;  // as far as anyone can tell, a shorter file
      const std::string answer = ReadAll(whole.substr(0, size));
      ASSERT_EQ(answer.substr(0, 18), "Corruption: f.avro") << size << " " << answer;
    }
  }
}

TEST(Container, EveryFlippedByteIsHandled) {
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    const std::string whole = Written(codec);
    for (size_t at = 0; at < whole.size(); ++at) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ 0x55);
      auto reader = ContainerReader::FromBytes(std::move(bad), "f.avro", {.block_bytes_max = 1_MiB});
      if (!reader.ok()) continue;
      while (true) {
        const auto next = (*reader)->Next();
        if (!next.ok() || !*next) break;
      }
    }
  }
}

TEST(Container, NamesFileAndBlock) {
  std::string bytes = Written(Codec::kSnappy);
  bytes[bytes.size() - 20] ^= 1;
  EXPECT_NE(ReadAll(bytes).find("f.avro, block 7 at byte"), std::string::npos) << ReadAll(bytes);
  bytes = Written(Codec::kNull);
  bytes.back() = 'X';
  EXPECT_NE(ReadAll(bytes).find("wrong sync marker after the block"), std::string::npos);
  EXPECT_EQ(ReadAll(""), "Corruption: f.avro: the file is empty, not an Avro container file");
  EXPECT_EQ(ReadAll("key,value\n").substr(0, 54), "Corruption: f.avro: not an Avro container file (it doe");
}

TEST(Container, RefusesBombs) {
  for (const Codec codec : {Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    auto writer = ContainerWriter::InMemory(Schema::Primitive(Type::kString), {.codec = codec, .block_bytes = 64_MiB});
    ASSERT_TRUE((*writer)->Append(Datum::String(std::string(8 << 20, 'x'))).ok());
    ASSERT_TRUE((*writer)->Close().ok());
    const std::string answer = ReadAll((*writer)->bytes(), {.block_bytes_max = 1_MiB});
    EXPECT_NE(answer.find("TooLarge: f.avro, block 0"), std::string::npos) << answer;
  }
  std::string nulls = (*ContainerWriter::InMemory(Schema::Primitive(Type::kInt), {.sync = kSync}))->bytes();
  AppendLong(nulls, INT64_MAX);  // values
  AppendLong(nulls, 0);          // bytes
  nulls.append(kSync.data(), kSync.size());
  EXPECT_NE(ReadAll(nulls).find("values in no bytes"), std::string::npos) << ReadAll(nulls);
}

TEST(Container, StreamsFilesLargerThanItsBuffer) {
  const TemporaryDirectory folder;
  const std::string path = folder / "big.avro";
  const std::string value(100'000, 'v');
  auto writer = ContainerWriter::Create(path, Schema::Primitive(Type::kBytes), {.block_bytes = 300_KiB});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*writer)->Append(Datum::Bytes(value)).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  auto reader = ContainerReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.error().ToString();
  int64_t count = 0;
  while (true) {
    const auto block = (*reader)->NextBlock();
    ASSERT_TRUE(block.ok()) << block.error().ToString();
    if (!*block) break;
    count += (*block)->count;
  }
  EXPECT_EQ(count, 100);
  EXPECT_EQ((*reader)->offset(), (*reader)->size());
  EXPECT_EQ(ContainerReader::Open(folder / "none").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace venice::avro
