#include "embedded/kafka_wire.h"

#include <algorithm>

namespace venice::embedded {

uint32_t WireReader::Varint() {
  uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = static_cast<uint8_t>(Int8());
    value |= static_cast<uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return ok_ ? value : 0;
  }
  ok_ = false;
  return 0;
}

std::optional<std::string_view> WireReader::Take(int64_t size) {
  if (!ok_ || size == -1) return std::nullopt;
  if (size < 0 || !Has(static_cast<uint64_t>(size))) {
    ok_ = false;
    return std::nullopt;
  }
  const std::string_view value = bytes_.substr(position_, static_cast<size_t>(size));
  position_ += static_cast<size_t>(size);
  return value;
}

std::optional<std::string_view> WireReader::NullableString() {
  if (!flexible_) return ClassicNullableString();
  return Take(int64_t{Varint()} - 1);
}

std::optional<std::string_view> WireReader::ClassicNullableString() {
  const int16_t size = Int16();
  return Take(size);
}

std::string_view WireReader::String() {
  const auto value = NullableString();
  if (!value) ok_ = false;
  return value.value_or(std::string_view());
}

std::optional<std::string_view> WireReader::NullableBytes() {
  if (flexible_) return Take(int64_t{Varint()} - 1);
  const int32_t size = Int32();
  return Take(size);
}

int32_t WireReader::ArrayCount() {
  const int64_t count = flexible_ ? int64_t{Varint()} - 1 : Int32();
  if (!ok_) return 0;
  // Every element takes a byte at least.
  if (count < -1 || count > static_cast<int64_t>(remaining())) {
    ok_ = false;
    return 0;
  }
  return static_cast<int32_t>(count);
}

TopicId WireReader::Uuid() {
  TopicId id{};
  if (!Has(id.size())) return id;
  std::copy_n(bytes_.data() + position_, id.size(), reinterpret_cast<char*>(id.data()));
  position_ += id.size();
  return id;
}

void WireReader::Tags() {
  if (!flexible_) return;
  const uint32_t count = Varint();
  if (count > remaining()) ok_ = false;
  for (uint32_t i = 0; i < count && ok_; ++i) {
    Varint();
    Take(Varint());
  }
}

WireWriter& WireWriter::Varint(uint32_t value) {
  while (value >= 0x80) {
    out_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out_ += static_cast<char>(value);
  return *this;
}

WireWriter& WireWriter::NullableString(std::optional<std::string_view> value) {
  if (flexible_) {
    Varint(value ? static_cast<uint32_t>(value->size()) + 1 : 0);
  } else {
    if (value) value = value->substr(0, INT16_MAX);
    Int16(value ? static_cast<int16_t>(value->size()) : int16_t{-1});
  }
  if (value) out_ += *value;
  return *this;
}

WireWriter& WireWriter::Bytes(std::string_view value) {
  if (flexible_) {
    Varint(static_cast<uint32_t>(value.size()) + 1);
  } else {
    Int32(static_cast<int32_t>(value.size()));
  }
  out_ += value;
  return *this;
}

WireWriter& WireWriter::Array(size_t count) {
  return flexible_ ? Varint(static_cast<uint32_t>(count) + 1) : Int32(static_cast<int32_t>(count));
}

WireWriter& WireWriter::NullArray() { return flexible_ ? Varint(0) : Int32(-1); }

WireWriter& WireWriter::Uuid(const TopicId& id) {
  out_.append(reinterpret_cast<const char*>(id.data()), id.size());
  return *this;
}

WireWriter& WireWriter::Tags() { return flexible_ ? Varint(0) : *this; }

WireWriter& WireWriter::Records(LogSlice slice) {
  if (flexible_) {
    Varint(static_cast<uint32_t>(slice.bytes) + 1);
  } else {
    Int32(static_cast<int32_t>(slice.bytes));
  }
  if (slice.bytes > 0) {
    pieces_.push_back({std::move(out_), std::move(slice)});
    out_.clear();
  }
  return *this;
}

std::vector<WirePiece> WireWriter::Finish() {
  if (!out_.empty() || pieces_.empty()) pieces_.push_back({std::move(out_), {}});
  out_.clear();
  size_t size = 0;
  for (const WirePiece& piece : pieces_) size += piece.bytes.size() + piece.slice.bytes;
  std::string prefix;
  AppendBigEndian<int32_t>(prefix, static_cast<int32_t>(size));
  pieces_.front().bytes.insert(0, prefix);
  return std::move(pieces_);
}

}  // namespace venice::embedded
