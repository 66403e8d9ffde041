// Jute, ZooKeeper's record encoding: big-endian integers, and strings, buffers and vectors behind an int32 length of
// which -1 means null. Source: zookeeper.jute of ZooKeeper 3.8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_order.h"

namespace venice::embedded {

// Reads fields one after another. The first field that is not there makes ok() false for good; what is read from then
// on is zero or empty. Views point into the input.
class JuteReader {
 public:
  explicit JuteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }
  size_t remaining() const { return bytes_.size(); }

  bool ReadBool() { return ReadFixed<int8_t>() != 0; }
  int8_t ReadByte() { return ReadFixed<int8_t>(); }
  int32_t ReadInt() { return ReadFixed<int32_t>(); }
  int64_t ReadLong() { return ReadFixed<int64_t>(); }

  // A string or buffer; null reads as empty.
  std::string_view ReadBuffer() {
    const int32_t length = ReadInt();
    if (length == -1) return {};
    if (length < 0 || static_cast<size_t>(length) > bytes_.size()) {
      Fail();
      return {};
    }
    const std::string_view field = bytes_.substr(0, static_cast<size_t>(length));
    bytes_.remove_prefix(field.size());
    return field;
  }

  // The length of a vector whose elements take at least `element_bytes_min`, so that no count exceeds the input.
  int32_t ReadCount(size_t element_bytes_min) {
    const int32_t count = ReadInt();
    if (count == -1) return 0;
    if (count < 0 || static_cast<size_t>(count) * element_bytes_min > bytes_.size()) {
      Fail();
      return 0;
    }
    return count;
  }

 private:
  template <typename T>
  T ReadFixed() {
    if (bytes_.size() < sizeof(T)) {
      Fail();
      return 0;
    }
    const T value = LoadBigEndian<T>(bytes_.data());
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  void Fail() {
    ok_ = false;
    bytes_ = {};
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// Appends fields to a string it does not own.
class JuteWriter {
 public:
  explicit JuteWriter(std::string& out) : out_(out) {}

  void Bool(bool value) { out_.push_back(value ? 1 : 0); }
  void Byte(int8_t value) { out_.push_back(static_cast<char>(value)); }
  void Int(int32_t value) { AppendBigEndian(out_, value); }
  void Long(int64_t value) { AppendBigEndian(out_, value); }
  void Buffer(std::string_view bytes) {
    Int(static_cast<int32_t>(bytes.size()));
    out_.append(bytes);
  }

 private:
  std::string& out_;
};

}  // namespace venice::embedded
