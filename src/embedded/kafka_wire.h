// Reading and writing the fields of Kafka requests and responses, in the classic and the flexible encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_order.h"
#include "embedded/log_engine.h"

namespace venice::embedded {

// Reads fields one after the other. After the first one that is malformed, everything reads as zero, empty or null and
// ok() is false. Strings are views into the request.
class WireReader {
 public:
  WireReader() = default;
  WireReader(std::string_view bytes, bool flexible) : bytes_(bytes), flexible_(flexible) {}

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  bool flexible() const { return flexible_; }
  void set_flexible(bool flexible) { flexible_ = flexible; }
  size_t remaining() const { return bytes_.size() - position_; }

  template <typename T>
  T Integer() {
    if (!Has(sizeof(T))) return 0;
    const T value = LoadBigEndian<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }
  int8_t Int8() { return Integer<int8_t>(); }
  int16_t Int16() { return Integer<int16_t>(); }
  int32_t Int32() { return Integer<int32_t>(); }
  int64_t Int64() { return Integer<int64_t>(); }
  bool Bool() { return Int8() != 0; }

  uint32_t Varint();
  std::optional<std::string_view> NullableString();
  std::string_view String();  // null is malformed
  // The classic form also in a flexible request, as the client id of the header is.
  std::optional<std::string_view> ClassicNullableString();
  std::optional<std::string_view> NullableBytes();
  // -1 for null. Never more than there are bytes left.
  int32_t ArrayCount();
  TopicId Uuid();
  // Skips tagged fields; nothing in the classic encoding.
  void Tags();

 private:
  bool Has(uint64_t count) {
    if (ok_ && count <= bytes_.size() - position_) return true;
    ok_ = false;
    return false;
  }
  std::optional<std::string_view> Take(int64_t size);

  std::string_view bytes_;
  size_t position_ = 0;
  bool flexible_ = false;
  bool ok_ = true;
};

// What is sent: pieces of memory and of segment files, in order.
struct WirePiece {
  std::string bytes;
  LogSlice slice;  // after the bytes
};

// Writes fields one after the other.
class WireWriter {
 public:
  WireWriter() = default;
  explicit WireWriter(bool flexible) : flexible_(flexible) {}

  bool flexible() const { return flexible_; }
  template <typename T>
  WireWriter& Integer(T value) {
    AppendBigEndian<T>(out_, value);
    return *this;
  }
  WireWriter& Int8(int8_t value) { return Integer(value); }
  WireWriter& Int16(int16_t value) { return Integer(value); }
  WireWriter& Int32(int32_t value) { return Integer(value); }
  WireWriter& Int64(int64_t value) { return Integer(value); }
  WireWriter& Bool(bool value) { return Integer<int8_t>(value ? 1 : 0); }
  WireWriter& Varint(uint32_t value);
  WireWriter& String(std::string_view value) { return NullableString(value); }
  WireWriter& NullableString(std::optional<std::string_view> value);
  WireWriter& Bytes(std::string_view value);
  WireWriter& Array(size_t count);
  WireWriter& NullArray();
  WireWriter& Uuid(const TopicId& id);
  WireWriter& Tags();  // an empty tag section; nothing in the classic encoding
  // A length-prefixed record set, which stays in its file.
  WireWriter& Records(LogSlice slice);

  // Size prefix included. The writer is empty afterwards.
  std::vector<WirePiece> Finish();

 private:
  std::string out_;
  std::vector<WirePiece> pieces_;
  bool flexible_ = false;
};

}  // namespace venice::embedded
