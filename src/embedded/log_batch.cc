#include "embedded/log_batch.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/byte_order.h"
#include "embedded/log_codec.h"
#include "embedded/log_crc32c.h"

namespace venice::embedded {
namespace {

constexpr size_t kCrcStart = 21;  // the CRC covers from the attributes on

Error Corrupt(std::string_view what) { return Error(ErrorCode::kCorruption, fmt::format("record batch: {}", what)); }

// Zigzag varints within one record.
class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}

  bool Read(int64_t& value) {
    uint64_t raw = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position_ >= bytes_.size()) return false;
      const auto byte = static_cast<uint8_t>(bytes_[position_++]);
      raw |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
        return true;
      }
    }
    return false;
  }

  // A length, -1 for null, and that many bytes.
  bool ReadBytes(std::optional<std::string_view>& value) {
    int64_t size = 0;
    if (!Read(size) || size < -1) return false;
    value.reset();
    if (size == -1) return true;
    if (static_cast<uint64_t>(size) > bytes_.size() - position_) return false;
    value = bytes_.substr(position_, static_cast<size_t>(size));
    position_ += static_cast<size_t>(size);
    return true;
  }

  bool Skip(size_t count) {
    if (count > bytes_.size() - position_) return false;
    position_ += count;
    return true;
  }

  size_t position() const { return position_; }
  std::string_view rest() const { return bytes_.substr(position_); }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
};

void AppendVarint(std::string& out, int64_t value) {
  uint64_t raw = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (raw >= 0x80) {
    out += static_cast<char>(raw | 0x80);
    raw >>= 7;
  }
  out += static_cast<char>(raw);
}

void AppendNullableBytes(std::string& out, const std::optional<std::string_view>& bytes) {
  AppendVarint(out, bytes ? static_cast<int64_t>(bytes->size()) : -1);
  if (bytes) out += *bytes;
}

Result<std::vector<LogHeader>> DecodeHeaders(std::string_view raw) {
  VarintReader reader(raw);
  int64_t count = 0;
  if (!reader.Read(count) || count < 0 || static_cast<uint64_t>(count) > raw.size()) return Corrupt("header count");
  std::vector<LogHeader> headers;
  for (int64_t i = 0; i < count; ++i) {
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    if (!reader.ReadBytes(key) || !key || !reader.ReadBytes(value)) return Corrupt("a header of a record");
    headers.push_back({std::string(*key), value ? std::optional<std::string>(*value) : std::nullopt});
  }
  return headers;
}

void WriteHeader(std::string& out, const BatchHeader& header) {
  AppendBigEndian(out, header.base_offset);
  AppendBigEndian(out, header.length);
  AppendBigEndian(out, header.leader_epoch);
  AppendBigEndian(out, header.magic);
  AppendBigEndian(out, header.crc);
  AppendBigEndian(out, header.attributes);
  AppendBigEndian(out, header.last_offset_delta);
  AppendBigEndian(out, header.base_timestamp);
  AppendBigEndian(out, header.max_timestamp);
  AppendBigEndian(out, header.producer_id);
  AppendBigEndian(out, header.producer_epoch);
  AppendBigEndian(out, header.base_sequence);
  AppendBigEndian(out, header.record_count);
}

void RenewCrc(char* batch, size_t batch_bytes) {
  StoreBigEndian<uint32_t>(batch + 17, Crc32c({batch + kCrcStart, batch_bytes - kCrcStart}));
}

}  // namespace

Result<BatchHeader> ParseBatchHeader(std::string_view bytes) {
  if (bytes.size() < kBatchHeaderBytes) {
    // Older formats have shorter headers; the magic byte stands at the same place.
    if (bytes.size() > 16 && (bytes[16] == 0 || bytes[16] == 1)) {
      return Error(ErrorCode::kUnsupported, "message formats 0 and 1 are not supported, only 2");
    }
    return Corrupt("shorter than its header");
  }
  const char* data = bytes.data();
  BatchHeader header;
  header.magic = static_cast<int8_t>(data[16]);
  if (header.magic == 0 || header.magic == 1) {
    return Error(ErrorCode::kUnsupported, "message formats 0 and 1 are not supported, only 2");
  }
  if (header.magic != 2) return Corrupt("unknown format");
  header.base_offset = LoadBigEndian<int64_t>(data);
  header.length = LoadBigEndian<int32_t>(data + 8);
  header.leader_epoch = LoadBigEndian<int32_t>(data + 12);
  header.crc = LoadBigEndian<uint32_t>(data + 17);
  header.attributes = LoadBigEndian<int16_t>(data + 21);
  header.last_offset_delta = LoadBigEndian<int32_t>(data + 23);
  header.base_timestamp = LoadBigEndian<int64_t>(data + 27);
  header.max_timestamp = LoadBigEndian<int64_t>(data + 35);
  header.producer_id = LoadBigEndian<int64_t>(data + 43);
  header.producer_epoch = LoadBigEndian<int16_t>(data + 51);
  header.base_sequence = LoadBigEndian<int32_t>(data + 53);
  header.record_count = LoadBigEndian<int32_t>(data + 57);
  if (header.length < static_cast<int32_t>(kBatchHeaderBytes - kBatchLengthEnd)) return Corrupt("length too small");
  if (header.base_offset < 0 || header.last_offset_delta < 0) return Corrupt("negative offset");
  return header;
}

Result<BatchHeader> CheckBatch(std::string_view batch) {
  VENICE_ASSIGN(const BatchHeader header, ParseBatchHeader(batch));
  if (header.total_bytes() != batch.size()) return Corrupt("length differs from the bytes at hand");
  if (Crc32c(batch.substr(kCrcStart)) != header.crc) return Corrupt("CRC differs");
  if ((header.attributes & 0x07) > static_cast<int>(BatchCodec::kZstd)) return Corrupt("unknown compression");
  if (header.record_count < 0 || header.record_count > header.last_offset_delta + 1LL) return Corrupt("record count");
  return header;
}

void PatchBaseOffset(char* batch, int64_t base_offset) {
  StoreBigEndian<int64_t>(batch, base_offset);
  StoreBigEndian<int32_t>(batch + 12, 0);
}

void StampAppendTime(char* batch, size_t batch_bytes, int64_t timestamp_ms) {
  StoreBigEndian<int16_t>(batch + 21, static_cast<int16_t>(LoadBigEndian<int16_t>(batch + 21) | 0x08));
  StoreBigEndian<int64_t>(batch + 35, timestamp_ms);
  RenewCrc(batch, batch_bytes);
}

Result<BatchReader> BatchReader::Open(std::string_view batch) {
  BatchReader reader;
  VENICE_ASSIGN(reader.header_, ParseBatchHeader(batch));
  if (batch.size() < reader.header_.total_bytes()) return Corrupt("cut short");
  reader.records_ = batch.substr(kBatchHeaderBytes, reader.header_.total_bytes() - kBatchHeaderBytes);
  if (reader.header_.codec() != BatchCodec::kNone && reader.header_.record_count > 0) {
    VENICE_ASSIGN(reader.decompressed_,
                  DecompressBlock(reader.header_.codec(), reader.records_, kBatchDecodedBytesMax));
    reader.owns_ = true;
  }
  return reader;
}

Result<std::optional<LogRecordView>> BatchReader::Next() {
  if (read_ >= header_.record_count) return std::optional<LogRecordView>();
  // Not a stored view: decompressed_ may move with this object.
  const std::string_view all = owns_ ? std::string_view(decompressed_) : records_;
  VarintReader outer(all.substr(position_));
  std::optional<std::string_view> body;
  if (!outer.ReadBytes(body) || !body) return Corrupt("a record is cut short");
  position_ += outer.position();
  ++read_;

  VarintReader reader(*body);
  int64_t timestamp_delta = 0;
  int64_t offset_delta = 0;
  LogRecordView record;
  if (!reader.Skip(1) || !reader.Read(timestamp_delta) || !reader.Read(offset_delta) || !reader.ReadBytes(record.key) ||
      !reader.ReadBytes(record.value)) {
    return Corrupt("a record's fields");
  }
  if (offset_delta < 0 || offset_delta > header_.last_offset_delta) return Corrupt("a record's offset");
  record.offset = header_.base_offset + offset_delta;
  record.timestamp_ms = header_.log_append_time() ? header_.max_timestamp
                                                  : static_cast<int64_t>(static_cast<uint64_t>(header_.base_timestamp) +
                                                                         static_cast<uint64_t>(timestamp_delta));
  record.raw_headers = reader.rest();
  return std::optional<LogRecordView>(record);
}

Result<std::vector<LogRecord>> DecodeBatch(std::string_view batch) {
  VENICE_ASSIGN(BatchReader reader, BatchReader::Open(batch));
  std::vector<LogRecord> records;
  while (true) {
    VENICE_ASSIGN(const std::optional<LogRecordView> view, reader.Next());
    if (!view) return records;
    LogRecord record;
    record.offset = view->offset;
    record.timestamp_ms = view->timestamp_ms;
    if (view->key) record.key = std::string(*view->key);
    if (view->value) record.value = std::string(*view->value);
    VENICE_ASSIGN(record.headers, DecodeHeaders(view->raw_headers));
    records.push_back(std::move(record));
  }
}

Result<std::string> EncodeBatch(const BatchHeader& like, std::span<const LogRecordView> records,
                                int32_t last_offset_delta, std::optional<int64_t> delete_horizon_ms) {
  BatchHeader header = like;
  header.last_offset_delta = last_offset_delta;
  header.record_count = static_cast<int32_t>(records.size());
  if (delete_horizon_ms) {
    header.attributes = static_cast<int16_t>(header.attributes | 0x40);
    header.base_timestamp = *delete_horizon_ms;
  } else if (!like.has_delete_horizon() && !records.empty()) {
    header.base_timestamp = records.front().timestamp_ms;
  }
  std::string body;
  std::string record_bytes;
  int64_t max_timestamp = -1;
  for (const LogRecordView& record : records) {
    max_timestamp = std::max(max_timestamp, record.timestamp_ms);
    record_bytes.clear();
    record_bytes += '\0';  // attributes
    AppendVarint(record_bytes, static_cast<int64_t>(static_cast<uint64_t>(record.timestamp_ms) -
                                                    static_cast<uint64_t>(header.base_timestamp)));
    AppendVarint(record_bytes, record.offset - header.base_offset);
    AppendNullableBytes(record_bytes, record.key);
    AppendNullableBytes(record_bytes, record.value);
    if (record.raw_headers.empty()) {
      record_bytes += '\0';
    } else {
      record_bytes += record.raw_headers;
    }
    AppendVarint(body, static_cast<int64_t>(record_bytes.size()));
    body += record_bytes;
  }
  if (!header.log_append_time() && !records.empty()) header.max_timestamp = max_timestamp;
  if (header.codec() != BatchCodec::kNone && !records.empty()) {
    VENICE_ASSIGN(body, CompressBlock(header.codec(), body));
  }
  header.length = static_cast<int32_t>(kBatchHeaderBytes - kBatchLengthEnd + body.size());
  std::string out;
  out.reserve(header.total_bytes());
  WriteHeader(out, header);
  out += body;
  RenewCrc(out.data(), out.size());
  return out;
}

std::string EncodeHeaders(std::span<const LogHeader> headers) {
  std::string out;
  AppendVarint(out, static_cast<int64_t>(headers.size()));
  for (const LogHeader& header : headers) {
    AppendNullableBytes(out, header.key);
    AppendNullableBytes(out, header.value ? std::optional<std::string_view>(*header.value) : std::nullopt);
  }
  return out;
}

Result<std::string> BuildBatch(std::span<const LogRecord> records, BatchCodec codec, int64_t producer_id,
                               int16_t producer_epoch, int32_t base_sequence) {
  if (records.empty()) return Error(ErrorCode::kInvalidArgument, "a batch needs a record");
  BatchHeader like;
  like.attributes = static_cast<int16_t>(codec);
  like.producer_id = producer_id;
  like.producer_epoch = producer_epoch;
  like.base_sequence = base_sequence;
  std::vector<std::string> headers;
  headers.reserve(records.size());
  std::vector<LogRecordView> views;
  for (const LogRecord& record : records) {
    headers.push_back(EncodeHeaders(record.headers));
    LogRecordView view;
    view.offset = static_cast<int64_t>(views.size());
    view.timestamp_ms = record.timestamp_ms;
    if (record.key) view.key = *record.key;
    if (record.value) view.value = *record.value;
    view.raw_headers = headers.back();
    views.push_back(view);
  }
  return EncodeBatch(like, views, static_cast<int32_t>(records.size()) - 1);
}

}  // namespace venice::embedded
