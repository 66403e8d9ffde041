#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avro/fingerprint.h"
#include "avro/schema.h"

// A schema that parses prints to text that parses again to the same text, canonical form and fingerprints; stricter
// modes accept no more than laxer ones.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto old = Schema::Parse(text, Schema::Defaults::kAccept);
  const auto schema = Schema::Parse(text);
  if (schema.ok() && !old.ok()) std::abort();
  if (!schema.ok()) {
    if (Schema::Parse(text, Schema::Defaults::kStrict).ok()) std::abort();
    return 0;
  }
  const std::string printed = schema->ToJson();
  const auto again = Schema::Parse(printed, Schema::Defaults::kAccept);
  if (!again.ok() || again->CanonicalForm() != schema->CanonicalForm() || again->ToJson() != printed) std::abort();
  if (FingerprintSha256(*again) != FingerprintSha256(*schema)) std::abort();
  return 0;
}
