// Where reading failed, and why.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "avro/plan.h"

namespace venice::avro {

// The type of the items of the array at a place, which is the array or a union with one.
const Node& ItemType(const Node& place);

// Filled on the way out of a failed call, innermost part first; costs nothing before.
class Trace {
 public:
  Trace(const Code& code, const char* begin) : code_(code), begin_(begin) {}
  ~Trace() {
    if (failure_ != nullptr) [[unlikely]]
      Forget();
  }
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // The value number `index` of the operation, at `at`, is wrong.
  void Fail(const Op& op, size_t index, const char* at, std::string what, ErrorCode code = ErrorCode::kCorruption);
  // The bytes from `at` are no such value.
  void FailBadBytes(const Op& op, size_t index, const char* at, const char* end);
  // The same of an item of the array that the operation reads.
  void FailItem(const Op& op, size_t item, const char* at, std::string what);
  void FailBadItem(const Op& op, size_t item, const char* at, const char* end);
  // What failed is part of this operation's value: item or entry of an array or map, or a record.
  void WithinItem(const Op& op, size_t item);
  void WithinEntry(const Op& op, std::string_view key);
  void Within(const Op& op);

  // "field f: item 1: the 1 bytes left are not an encoded int, at byte 3"
  Error ToError() const;

 private:
  struct Failure {
    ErrorCode code = ErrorCode::kCorruption;
    std::string what;
    const char* at = nullptr;
    std::vector<std::string> path;
  };

  void Begin(const char* at, std::string what, ErrorCode code);
  void AddPlace(uint32_t place);
  void Forget();

  const Code& code_;
  const char* begin_;
  Failure* failure_ = nullptr;  // owned
};

}  // namespace venice::avro
