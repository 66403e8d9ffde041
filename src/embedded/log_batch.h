// Kafka record batches, format 2: a header, then records, the records perhaps compressed as one block.
//
// Batches are stored as producers sent them; only offset and leader epoch are patched, which the CRC does not cover.
// Everything here takes bytes from outside: sizes are checked before use. Stateless functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace venice::embedded {

inline constexpr size_t kBatchHeaderBytes = 61;
inline constexpr size_t kBatchLengthEnd = 12;  // the length field counts the bytes after this position

enum class BatchCodec : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

// Largest size a batch may decompress to; beyond it the batch counts as corrupt.
inline constexpr size_t kBatchDecodedBytesMax = 256u << 20;

struct BatchHeader {
  int64_t base_offset = 0;
  int32_t length = 0;  // of what follows the length field
  int32_t leader_epoch = 0;
  int8_t magic = 2;
  uint32_t crc = 0;  // CRC32C from the attributes to the end
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t base_timestamp = 0;
  int64_t max_timestamp = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  int32_t record_count = 0;

  size_t total_bytes() const { return kBatchLengthEnd + static_cast<size_t>(length); }
  int64_t last_offset() const { return base_offset + last_offset_delta; }
  int64_t next_offset() const { return last_offset() + 1; }
  BatchCodec codec() const { return static_cast<BatchCodec>(attributes & 0x07); }
  bool log_append_time() const { return (attributes & 0x08) != 0; }
  bool transactional() const { return (attributes & 0x10) != 0; }
  bool control() const { return (attributes & 0x20) != 0; }
  bool has_delete_horizon() const { return (attributes & 0x40) != 0; }  // then base_timestamp is that horizon
};

// Reads a header at the front of `bytes`, which may end before the batch does. Checks magic and the length's sign and
// lower bound, nothing else. Errors: kCorruption, kUnsupported for magic 0 and 1.
Result<BatchHeader> ParseBatchHeader(std::string_view bytes);

// A whole batch: header, CRC, codec, counts. `batch` is exactly the batch. Errors as above.
Result<BatchHeader> CheckBatch(std::string_view batch);

void PatchBaseOffset(char* batch, int64_t base_offset);  // and sets the leader epoch to 0
// Marks the batch as stamped by the log and renews the CRC.
void StampAppendTime(char* batch, size_t batch_bytes, int64_t timestamp_ms);

struct LogHeader {
  std::string key;
  std::optional<std::string> value;
};

// One record with everything a client can see of it.
struct LogRecord {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nullopt: a tombstone
  std::vector<LogHeader> headers;
};

// Views into a decoded batch.
struct LogRecordView {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::string_view raw_headers;  // count and headers, encoded
};

// Walks the records of a batch, decompressing once. The batch must outlive the reader.
class BatchReader {
 public:
  // Errors: kCorruption (also when it would decompress beyond kBatchDecodedBytesMax).
  static Result<BatchReader> Open(std::string_view batch);
  const BatchHeader& header() const { return header_; }
  // nullopt after the last record.
  Result<std::optional<LogRecordView>> Next();

 private:
  BatchReader() = default;
  BatchHeader header_;
  std::string decompressed_;
  std::string_view records_;  // of the batch, or of decompressed_ when that is used
  bool owns_ = false;
  size_t position_ = 0;
  int32_t read_ = 0;
};

Result<std::vector<LogRecord>> DecodeBatch(std::string_view batch);

// Encodes records under `like`'s codec, producer fields and timestamp type. Offsets are kept as given and must ascend,
// the base offset is `like`'s; the last offset delta is `last_offset_delta`. `delete_horizon_ms` marks the batch.
Result<std::string> EncodeBatch(const BatchHeader& like, std::span<const LogRecordView> records,
                                int32_t last_offset_delta, std::optional<int64_t> delete_horizon_ms = std::nullopt);
// A fresh batch of records at base offset 0, offsets in order, for tests and for direct users of the log engine.
Result<std::string> BuildBatch(std::span<const LogRecord> records, BatchCodec codec = BatchCodec::kNone,
                               int64_t producer_id = -1, int16_t producer_epoch = -1, int32_t base_sequence = -1);

// The encoded form of headers for LogRecordView::raw_headers.
std::string EncodeHeaders(std::span<const LogHeader> headers);

}  // namespace venice::embedded
