#include "protocol/record_headers.h"

#include "base/byte_order.h"

namespace venice::protocol {

std::string EncodeRecordCount(int64_t count) {
  std::string value;
  AppendBigEndian(value, count);
  return value;
}

Result<int64_t> DecodeRecordCount(std::string_view value) {
  if (value.size() != sizeof(int64_t))
    return Error(ErrorCode::kCorruption,
                 "header prc (record count) has " + std::to_string(value.size()) + " bytes instead of 8");
  return LoadBigEndian<int64_t>(value.data());
}

}  // namespace venice::protocol
