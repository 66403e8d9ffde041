#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/compare.h"

// Two values in a row: comparing their bytes and comparing what they decode to agree, in both directions.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice::avro;
  static const Schema schema = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string",{"type":"array","items":"null"}],"order":"descending"},
    {"name":"c","type":{"type":"map","values":"float"},"order":"ignore"},{"name":"d","type":{"type":"array","items":"double"}},
    {"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}},{"name":"f","type":["null","R"]},
    {"name":"g","type":{"type":"fixed","name":"F","size":2}},{"name":"h","type":"boolean"}]})");
  const std::string_view left(reinterpret_cast<const char*>(data), size);
  std::string_view right = left;
  const auto left_value = Decode(schema, right);
  if (!left_value.ok()) {
    (void)CompareEncoded(schema, left, left.substr(size / 2));
    return 0;
  }
  std::string_view rest = right;
  const auto right_value = Decode(schema, rest);
  const auto order = CompareEncoded(schema, left, right);
  if (!right_value.ok()) return 0;
  const auto back = CompareEncoded(schema, right, left);
  const auto by_value = Compare(schema, *left_value, *right_value);
  // A block may lie about its size, which skipping believes and decoding does not.
  if (!order.ok() || !back.ok() || !by_value.ok()) return 0;
  const std::string left_honest = Encode(schema, *left_value).value();
  const std::string right_honest = Encode(schema, *right_value).value();
  const auto honest = CompareEncoded(schema, left_honest, right_honest);
  if (!honest.ok() || *honest != *by_value) std::abort();
  if (std::is_lt(*order) != std::is_gt(*back)) std::abort();
  return 0;
}
