#include "embedded/log_batch.h"

#include <gtest/gtest.h>

#include "embedded/log_codec.h"
#include "embedded/log_crc32c.h"

namespace venice::embedded {
namespace {

std::vector<LogRecord> SomeRecords(int count) {
  std::vector<LogRecord> records;
  for (int i = 0; i < count; ++i) {
    LogRecord record;
    record.timestamp_ms = 1'700'000'000'000 + (i % 3 == 0 ? -i : i);
    record.key = "key-" + std::to_string(i);
    if (i % 5 != 0) record.value = std::string(static_cast<size_t>(i) * 7, 'v');
    if (i % 4 == 0) record.headers = {{"h", "x"}, {"null", std::nullopt}};
    records.push_back(record);
  }
  return records;
}

TEST(Crc32c, MatchesTheCheckValueAndTheTable) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Crc32c(bytes), Crc32cTable(bytes)) << i;
    bytes += static_cast<char>(i * 31);
  }
  EXPECT_EQ(Crc32c(bytes.substr(100), Crc32c(bytes.substr(0, 100))), Crc32c(bytes));
}

TEST(Batch, RoundTripsUnderEveryCodec) {
  const std::vector<LogRecord> records = SomeRecords(200);
  for (int codec = 0; codec <= 4; ++codec) {
    const auto batch = BuildBatch(records, static_cast<BatchCodec>(codec), 7, 1, 40);
    ASSERT_TRUE(batch.ok()) << codec;
    const auto header = CheckBatch(*batch);
    ASSERT_TRUE(header.ok()) << header.error().message();
    EXPECT_EQ(header->record_count, 200);
    EXPECT_EQ(header->producer_id, 7);
    const auto decoded = DecodeBatch(*batch);
    ASSERT_TRUE(decoded.ok()) << codec << " " << decoded.error().message();
    ASSERT_EQ(decoded->size(), records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ((*decoded)[i].offset, static_cast<int64_t>(i));
      EXPECT_EQ((*decoded)[i].timestamp_ms, records[i].timestamp_ms);
      EXPECT_EQ((*decoded)[i].key, records[i].key);
      EXPECT_EQ((*decoded)[i].value, records[i].value);
      ASSERT_EQ((*decoded)[i].headers.size(), records[i].headers.size());
    }
    EXPECT_EQ((*decoded)[0].headers[1].value, std::nullopt);
  }
}

TEST(Batch, EveryChangedByteIsCaughtOrHarmless) {
  const std::string batch = *BuildBatch(SomeRecords(5));
  for (size_t i = 0; i < batch.size(); ++i) {
    std::string changed = batch;
    changed[i] = static_cast<char>(changed[i] ^ 0x41);
    // Base offset and leader epoch are the log's to set.
    const bool patched = i < 8 || (i >= 12 && i < 16);
    if (patched) continue;
    EXPECT_FALSE(CheckBatch(changed).ok()) << i;
  }
}

TEST(Batch, CutAndForgedBytesAreErrors) {
  for (int codec = 0; codec <= 4; ++codec) {
    const std::string batch = *BuildBatch(SomeRecords(50), static_cast<BatchCodec>(codec));
    for (size_t size = 0; size < batch.size(); size += 3) EXPECT_FALSE(CheckBatch(batch.substr(0, size)).ok());
    // Without the CRC in the way, decoding must end without a crash whatever the records are.
    for (size_t i = kBatchHeaderBytes; i < batch.size(); ++i) {
      std::string changed = batch;
      changed[i] = static_cast<char>(changed[i] ^ 0xFF);
      (void)DecodeBatch(changed);
    }
  }
  EXPECT_EQ(ParseBatchHeader(std::string(16, '\0') + std::string(20, '\1')).error().code(), ErrorCode::kUnsupported);
}

TEST(Batch, DecompressionIsBounded) {
  const std::string bytes(1 << 20, 'z');
  for (int codec = 1; codec <= 4; ++codec) {
    const auto block = CompressBlock(static_cast<BatchCodec>(codec), bytes);
    ASSERT_TRUE(block.ok());
    EXPECT_EQ(DecompressBlock(static_cast<BatchCodec>(codec), *block, 2 << 20).value_or(""), bytes) << codec;
    EXPECT_EQ(DecompressBlock(static_cast<BatchCodec>(codec), *block, 1000).error().code(), ErrorCode::kTooLarge)
        << codec;
  }
}

TEST(Batch, UnframedSnappyIsRead) {
  // "aaaa..." as librdkafka sends it: length varint, literal 'a', one copy.
  const std::string block(
      "\x0a\x00"
      "a"
      "\x15\x01",
      5);
  EXPECT_EQ(DecompressBlock(BatchCodec::kSnappy, block, 100).value_or("?"), "aaaaaaaaaa");
}

}  // namespace
}  // namespace venice::embedded
