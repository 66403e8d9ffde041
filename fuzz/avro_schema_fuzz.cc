#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avro/schema.h"

// A schema that parses prints to text that parses again to the same canonical form.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto schema = venice::avro::Schema::Parse({reinterpret_cast<const char*>(data), size});
  if (!schema.ok()) return 0;
  const auto again = venice::avro::Schema::Parse(schema->ToJson());
  if (!again.ok() || again->CanonicalForm() != schema->CanonicalForm()) std::abort();
  return 0;
}
