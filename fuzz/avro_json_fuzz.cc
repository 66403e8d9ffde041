#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avro/json.h"
#include "avro/schema.h"

// JSON that is a value of the schema prints to JSON that is one too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  static const Schema schema = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string"]},{"name":"c","type":{"type":"map","values":"double"}},
    {"name":"d","type":{"type":"array","items":"bytes"}},{"name":"e","type":["null","R"],"default":null}]})");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const JsonForm form : {JsonForm::kAvro, JsonForm::kPlain}) {
    const auto datum = FromJson(schema, text, form);
    if (!datum.ok()) continue;
    const auto printed = ToJson(schema, *datum, form);
    if (!printed.ok() || !FromJson(schema, *printed, form).ok()) std::abort();
  }
  return 0;
}
