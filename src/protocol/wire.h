// Reading and writing Avro records by hand, for the formats of this folder. Private to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "avro/primitives.h"
#include "base/result.h"

namespace venice::protocol {

// Reads fields one after another. The first failure sticks: later reads return zeros and empty views, so a decoder
// reads all its fields and asks once. Nothing outside the bytes is touched and no size is believed before it is
// checked.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  bool ok() const { return !failed_; }
  const char* at() const { return at_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

  int64_t Long() {
    if (at_ < end_ && static_cast<uint8_t>(*at_) < 0x80) [[likely]]
      return avro::UnZigZag(static_cast<uint8_t>(*at_++));
    uint64_t raw = 0;
    const char* after = avro::LoadVarint(at_, end_, raw);
    if (after == nullptr) [[unlikely]] {
      Fail();
      return 0;
    }
    at_ = after;
    return avro::UnZigZag(raw);
  }

  int32_t Int() {
    const int64_t wide = Long();
    if (wide != static_cast<int32_t>(wide)) [[unlikely]] {
      Fail();
      return 0;
    }
    return static_cast<int32_t>(wide);
  }

  bool Boolean() {
    if (at_ == end_ || static_cast<uint8_t>(*at_) > 1) [[unlikely]] {
      Fail();
      return false;
    }
    return *at_++ != 0;
  }

  std::string_view Fixed(size_t size) {
    if (remaining() < size) [[unlikely]] {
      Fail();
      return {};
    }
    const std::string_view view(at_, size);
    at_ += size;
    return view;
  }

  std::string_view Bytes() {
    const int64_t size = Long();
    if (size < 0 || static_cast<uint64_t>(size) > remaining()) [[unlikely]] {
      Fail();
      return {};
    }
    return Fixed(static_cast<size_t>(size));
  }
  std::string String() { return std::string(Bytes()); }

  // The index of a union's branch, below `branches`.
  int Branch(int branches) {
    const int64_t index = Long();
    if (index < 0 || index >= branches) [[unlikely]] {
      Fail();
      return 0;
    }
    return static_cast<int>(index);
  }

  // Calls `item` for each item of an array or entry of a map. Every item of our formats takes a byte at least, so a
  // count beyond the remaining bytes is a lie.
  template <typename Item>
  void Blocks(Item item) {
    while (ok()) {
      int64_t count = Long();
      if (count == 0) return;
      if (count < 0) {
        if (count == INT64_MIN) return Fail();
        count = -count;
        Long();  // bytes of the block; we read it anyway
      }
      if (static_cast<uint64_t>(count) > remaining()) return Fail();
      for (; count > 0 && ok(); --count) item();
    }
  }

  template <typename Value, typename Read>
  std::vector<Value> Array(Read read) {
    std::vector<Value> values;
    Blocks([&] { values.push_back(read()); });
    return values;
  }
  std::vector<std::string> Strings() {
    return Array<std::string>([this] { return String(); });
  }
  std::vector<int64_t> Longs() {
    return Array<int64_t>([this] { return Long(); });
  }

  template <typename Value, typename Read>
  std::map<std::string, Value> Map(Read read) {
    std::map<std::string, Value> entries;
    Blocks([&] {
      std::string key = String();
      entries.insert_or_assign(std::move(key), read());
    });
    return entries;
  }
  std::map<std::string, std::string> StringMap() {
    return Map<std::string>([this] { return String(); });
  }

  // A union of null and one type.
  template <typename Value, typename Read>
  std::optional<Value> Nullable(Read read) {
    if (Branch(2) == 0) return std::nullopt;
    return read();
  }

  void Fail() {
    if (!failed_) failed_at_ = static_cast<size_t>(at_ - begin_);
    failed_ = true;
    at_ = end_;
  }

  // What a decoder returns at its end: Ok, or kCorruption naming `what` and the byte.
  Status Finish(std::string_view what) const {
    if (failed_)
      return Error(ErrorCode::kCorruption,
                   fmt::format("{} of {} bytes is cut short or malformed at byte {}", what, end_ - begin_, failed_at_));
    if (at_ != end_)
      return Error(ErrorCode::kCorruption,
                   fmt::format("{} of {} bytes has {} bytes left over at its end", what, end_ - begin_, remaining()));
    return Ok();
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
  size_t failed_at_ = 0;
  bool failed_ = false;
};

// Two bytes in front of a record that is kept by itself: which format, which version.
inline void AppendFraming(std::string& out, uint8_t magic, int8_t version) {
  out.push_back(static_cast<char>(magic));
  out.push_back(static_cast<char>(version));
}

// Takes them off. Errors: kCorruption; kUnsupported for another version.
inline Status TakeFraming(std::string_view& bytes, uint8_t magic, int8_t version, std::string_view what) {
  if (bytes.size() < 2 || static_cast<uint8_t>(bytes[0]) != magic)
    return Error(ErrorCode::kCorruption,
                 fmt::format("{} of {} bytes does not start with byte {}", what, bytes.size(), magic));
  if (bytes[1] != static_cast<char>(version))
    return Error(ErrorCode::kUnsupported, fmt::format("{} of version {}; this build reads version {} only", what,
                                                      static_cast<int>(bytes[1]), static_cast<int>(version)));
  bytes.remove_prefix(2);
  return Ok();
}

// Collections are written as one block, as Java's encoder does.
template <typename Container, typename Write>
void AppendBlocks(std::string& out, const Container& items, Write write) {
  if (!items.empty()) {
    avro::AppendLong(out, static_cast<int64_t>(items.size()));
    for (const auto& item : items) write(item);
  }
  out.push_back('\0');
}

inline void AppendStrings(std::string& out, const std::vector<std::string>& items) {
  AppendBlocks(out, items, [&](const std::string& item) { avro::AppendBytes(out, item); });
}
inline void AppendLongs(std::string& out, const std::vector<int64_t>& items) {
  AppendBlocks(out, items, [&](int64_t item) { avro::AppendLong(out, item); });
}
inline void AppendStringMap(std::string& out, const std::map<std::string, std::string>& entries) {
  AppendBlocks(out, entries, [&](const auto& entry) {
    avro::AppendBytes(out, entry.first);
    avro::AppendBytes(out, entry.second);
  });
}

template <typename Value, typename Write>
void AppendNullable(std::string& out, const std::optional<Value>& value, Write write) {
  avro::AppendLong(out, value ? 1 : 0);
  if (value) write(*value);
}

}  // namespace venice::protocol
