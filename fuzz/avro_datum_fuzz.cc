#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/schema.h"
#include "avro/skip.h"

// What decodes encodes, decodes again, and skips to its end.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  static const Schema schema = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string",{"type":"array","items":"null"}]},
    {"name":"c","type":{"type":"map","values":{"type":"array","items":"float"}}},
    {"name":"d","type":{"type":"fixed","name":"F","size":3}},{"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}},
    {"name":"f","type":["null","R"]},{"name":"g","type":"bytes"},{"name":"h","type":"boolean"},{"name":"i","type":"double"}]})");
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string_view skipped = bytes;
  // A block may lie about its size in bytes, which a skip believes and a decoder ignores: they agree on honest bytes
  // only.
  (void)Skip(schema, skipped);
  const auto datum = Decode(schema, bytes);
  if (!datum.ok()) return 0;
  std::string encoded;
  if (!Encode(schema, *datum, encoded).ok() || !DecodeAll(schema, encoded).ok()) std::abort();
  skipped = encoded;
  if (!Skip(schema, skipped).ok() || !skipped.empty()) std::abort();
  return 0;
}
