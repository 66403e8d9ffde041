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

std::vector<std::string> Values(ContainerReader& reader, std::optional<uint64_t> end = std::nullopt) {
  std::vector<std::string> values;
  while (!end || !reader.PastSync(*end)) {
    const auto next = reader.Next();
    EXPECT_TRUE(next.ok()) << next.error().ToString();
    if (!next.ok() || !*next) break;
    values.emplace_back((*next)->text());
  }
  return values;
}

TEST(ContainerRecovery, LosesOnlyTheDamagedBlocks) {
  const std::string whole = Written(Codec::kSnappy);
  const auto intact = ContainerReader::FromBytes(whole, "f.avro");
  const uint64_t header_bytes = (*intact)->offset();
  const auto all = Values(**intact);
  for (size_t at = header_bytes; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    const auto reader =
        ContainerReader::FromBytes(std::move(bad), "f.avro", {.block_bytes_max = 1_MiB, .recover = true});
    const auto values = Values(**reader);
    // At most two blocks of 14 values: a damaged marker hides where the next block begins.
    EXPECT_GE(values.size(), all.size() - 28) << at;
    EXPECT_TRUE(std::includes(all.begin(), all.end(), values.begin(), values.end(), [&](auto& a, auto& b) {
      return std::find(all.begin(), all.end(), a) < std::find(all.begin(), all.end(), b);
    })) << at;
    const Losses& losses = (*reader)->losses();
    if (losses.stretches == 0) {
      EXPECT_EQ(values, all) << at;  // another compression of the same bytes
      continue;
    }
    ASSERT_EQ(losses.stretches, 1u) << at;
    EXPECT_EQ(losses.first[0].bytes, losses.bytes);
    EXPECT_LE(losses.first[0].offset, at);
    EXPECT_GT(losses.first[0].offset + losses.bytes, at);
    EXPECT_NE(losses.first[0].reason.find("f.avro, block "), std::string::npos);
  }
}

TEST(ContainerRecovery, SurvivesGarbageAndTruncation) {
  const TemporaryDirectory folder;
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    const std::string whole = Written(codec);
    // Garbage larger than the reader's window, between two blocks.
    auto reader = ContainerReader::FromBytes(whole, "f.avro");
    ASSERT_TRUE((*reader)->NextRawBlock().ok());
    const uint64_t second = (*reader)->offset();
    const std::string garbage(3'000'000, '\xf7');
    const std::string path = folder / std::string(CodecName(codec));
    ASSERT_TRUE(WriteFileDurably(path, whole.substr(0, second) + garbage + whole.substr(second)).ok());
    EXPECT_FALSE(Values(**ContainerReader::Open(path, {.recover = true})).empty());
    auto recovering = ContainerReader::Open(path, {.recover = true});
    const auto values = Values(**recovering);
    EXPECT_EQ((*recovering)->losses().stretches, 1u);
    EXPECT_EQ((*recovering)->losses().first[0].offset, second);
    EXPECT_GT((*recovering)->losses().bytes, garbage.size());
    EXPECT_GT(values.size(), 80u);
    EXPECT_EQ(values.back(), "value number 99");
    // A tail that is missing.
    auto cut = ContainerReader::FromBytes(whole.substr(0, whole.size() - 5), "f.avro", {.recover = true});
    EXPECT_LT(Values(**cut).size(), 100u);
    EXPECT_EQ((*cut)->losses().stretches, 1u);
    EXPECT_EQ((*cut)->losses().first[0].offset + (*cut)->losses().bytes, whole.size() - 5);
  }
}

TEST(ContainerRecovery, AValueThatLiesCostsTheRestOfItsBlock) {
  std::string bytes = Written(Codec::kNull);
  const size_t at = bytes.find("value number 10");
  bytes[at - 1] = '\xff';  // its length
  auto reader = ContainerReader::FromBytes(bytes, "f.avro", {.recover = true});
  const auto values = Values(**reader);
  const Losses& losses = (*reader)->losses();
  ASSERT_EQ(losses.stretches, 1u);
  EXPECT_EQ(static_cast<int64_t>(values.size()) + losses.values, 100);
  EXPECT_EQ(values[9], "value number 9");
  EXPECT_EQ(values.back(), "value number 99");
}

TEST(Container, AnyTwoReadersShareAFile) {
  const std::string whole = Written(Codec::kDeflate);
  const auto all = Values(**ContainerReader::FromBytes(whole, "f.avro"));
  for (uint64_t split = 0; split <= whole.size() + 20; ++split) {
    auto left = ContainerReader::FromBytes(whole, "f.avro");
    auto right = ContainerReader::FromBytes(whole, "f.avro");
    ASSERT_TRUE((*left)->Sync(0).ok());
    ASSERT_TRUE((*right)->Sync(split).ok());
    auto values = Values(**left, split);
    for (std::string& value : Values(**right, whole.size())) values.push_back(std::move(value));
    EXPECT_EQ(values, all) << split;
  }
}

TEST(Container, ASyncMarkerInTheMetadataIsNotABlock) {
  auto writer = ContainerWriter::InMemory(
      Schema::Primitive(Type::kString), {.metadata = {{"m", std::string(kSync.data(), kSync.size())}}, .sync = kSync});
  ASSERT_TRUE((*writer)->Append(Datum::String("a")).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  auto reader = ContainerReader::FromBytes((*writer)->bytes(), "f.avro");
  ASSERT_TRUE((*reader)->Sync(0).ok());
  EXPECT_EQ(Values(**reader), std::vector<std::string>{"a"});
}

TEST(Container, GrowsByAppending) {
  const TemporaryDirectory folder;
  const std::string path = folder / "f.avro";
  auto writer = ContainerWriter::Create(path, Schema::Primitive(Type::kString), {.codec = Codec::kZstandard});
  ASSERT_TRUE((*writer)->Append(Datum::String("a")).ok());
  const auto second = (*writer)->EndBlock();
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE((*writer)->Append(Datum::String("b")).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  auto appender = ContainerWriter::AppendTo(path);
  ASSERT_TRUE(appender.ok()) << appender.error().ToString();
  EXPECT_EQ((*appender)->schema().type(), Type::kString);
  ASSERT_TRUE((*appender)->Append(Datum::String("c")).ok());
  EXPECT_GT(*(*appender)->EndBlock(), *second);
  ASSERT_TRUE((*appender)->Close().ok());
  auto reader = ContainerReader::Open(path);
  EXPECT_EQ(Values(**reader), (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_TRUE((*reader)->Sync(*second - 16).ok());
  EXPECT_EQ(Values(**reader), (std::vector<std::string>{"b", "c"}));
  // A file that was cut short is left alone.
  const std::string whole = ReadFile(path).value();
  ASSERT_TRUE(WriteFileDurably(path, whole.substr(0, whole.size() - 1)).ok());
  EXPECT_EQ(ContainerWriter::AppendTo(path).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ContainerWriter::AppendTo(folder / "none").error().code(), ErrorCode::kNotFound);
}

TEST(Container, BoundsItsMetadata) {
  std::string header = "Obj\1";
  AppendLong(header, 1'000'000);
  for (int i = 0; i < 1'000'000; ++i) {
    AppendBytes(header, std::to_string(i));
    AppendBytes(header, "");
  }
  EXPECT_NE(ReadAll(header).find("of more than 4096 entries"), std::string::npos) << ReadAll(header);
}

TEST(Container, NamesACodecItDoesNotHave) {
  std::string bytes = Written(Codec::kNull);
  const std::string_view null("avro.codec\x08null", 15);
  bytes.replace(bytes.find(null), null.size(),
                std::string("avro.codec\x0a"
                            "bzip2"));
  EXPECT_EQ(ReadAll(bytes), "Unsupported: f.avro: codec \"bzip2\"; supported are null, deflate, snappy and zstandard");
}

}  // namespace
}  // namespace venice::avro
