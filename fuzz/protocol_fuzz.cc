#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/multi_get.h"
#include "protocol/partition_state.h"
#include "protocol/record_key.h"
#include "protocol/store_version_state.h"
#include "protocol/topic_name.h"
#include "protocol/value_record.h"

namespace {

template <typename Next>
void Drain(std::string_view body, Next next) {
  while (!body.empty()) {
    const size_t before = body.size();
    if (!next(body).ok()) return;
    if (body.size() >= before) std::abort();  // a decoder that takes nothing would loop for ever
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::protocol;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)DecodeEnvelope(bytes);
  (void)DecodePartitionState(bytes);
  (void)DecodeStoreVersionState(bytes);
  (void)DecodeRecordKey(bytes);
  (void)DecodeValueRecord(bytes);
  (void)PartitionDigest::Decode(bytes);
  (void)ParseTopicName(bytes);
  (void)DecodeFooter(bytes);
  Drain(bytes, [](std::string_view& body) { return NextClientKey(body); });
  Drain(bytes, [](std::string_view& body) { return NextRouterKey(body); });
  Drain(bytes, [](std::string_view& body) { return NextResponseRecord(body); });
  return 0;
}
