#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/schema.h"
#include "avro/skip.h"

// Decoding and skipping agree, and what decodes encodes and decodes again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  static const Schema schema = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string",{"type":"array","items":"null"}]},
    {"name":"c","type":{"type":"map","values":{"type":"array","items":"float"}}},
    {"name":"d","type":{"type":"fixed","name":"F","size":3}},{"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}},
    {"name":"f","type":["null","R"]},{"name":"g","type":"bytes"},{"name":"h","type":"boolean"},{"name":"i","type":"double"}]})");
  std::string_view decoded_rest(reinterpret_cast<const char*>(data), size);
  std::string_view skipped_rest = decoded_rest;
  const auto datum = Decode(schema, decoded_rest);
  const auto skipped = Skip(schema, skipped_rest);
  if (!datum.ok()) return 0;
  if (!skipped.ok() || decoded_rest.size() != skipped_rest.size()) std::abort();
  std::string encoded;
  if (!Encode(schema, *datum, encoded).ok() || !DecodeAll(schema, encoded).ok()) std::abort();
  return 0;
}
