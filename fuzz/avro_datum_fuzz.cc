#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/extractor.h"
#include "avro/projection.h"
#include "avro/schema.h"
#include "avro/skip.h"

namespace {

using namespace venice::avro;

void Check(bool holds) {
  if (!holds) std::abort();
}

// Every way to read the bytes, hostile as they may be. What can be said of all of them: they end.
struct Readers {
  Schema schema = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string",{"type":"array","items":"null"}]},
    {"name":"c","type":{"type":"map","values":{"type":"array","items":"float"}}},
    {"name":"d","type":{"type":"fixed","name":"F","size":3}},{"name":"e","type":{"type":"enum","name":"E","symbols":["X","Y"]}},
    {"name":"f","type":["null","R"]},{"name":"g","type":"bytes"},{"name":"h","type":"boolean"},{"name":"i","type":"double"},
    {"name":"j","type":{"type":"array","items":"int"}},{"name":"k","type":{"type":"array","items":"float"}}]})");
  // Other order, promotions, defaults, a union around, fields left out.
  Schema later = *Schema::Parse(R"({"type":"record","name":"R","fields":[
    {"name":"k","type":{"type":"array","items":"double"}},{"name":"j","type":{"type":"array","items":"float"}},
    {"name":"n","type":{"type":"map","values":"string"},"default":{"x":"y"}},{"name":"f","type":["R","null"]},
    {"name":"g","type":["null","string"]},{"name":"e","type":{"type":"enum","name":"E","symbols":["Z","Y"],"default":"Z"}},
    {"name":"a","type":"double"},{"name":"b","type":["string","null"]}]})");
  Schema part = *Schema::Parse(R"({"type":"record","name":"R","fields":[{"name":"i","type":"double"},
    {"name":"b","type":["null","string",{"type":"array","items":"null"}]},{"name":"g","type":["null","string"]}]})");
  Resolver straight = *Resolver::Make(schema);
  Resolver evolved = *Resolver::Make(schema, later);
  Resolver partial = *Resolver::Make(schema, part);
  Projection projection = *Projection::Make(schema, part);
  Extractor extractor = *Extractor::Make(schema, std::array<std::string, 4>{"k", "f.k", "f.f.g", "a"});
};

// The bytes are an encoding by this library: everything that reads them agrees.
void ReadHonest(const Readers& readers, const Datum& datum, std::string_view bytes) {
  std::string_view rest = bytes;
  Check(Skip(readers.schema, rest).ok() && rest.empty());

  Arena arena;
  const Value borrowed = DecodeWholeValue(readers.straight, bytes, arena).value();
  const Value copied = DecodeWholeValue(readers.straight, bytes, arena, Text::kCopy).value();
  std::string again;
  Check(Encode(readers.schema, borrowed, again).ok() && again == bytes);
  again.clear();
  Check(Encode(readers.schema, copied, again).ok() && again == bytes);

  std::array<ExtractedField, 4> fields;
  rest = bytes;
  Check(readers.extractor.Extract(rest, fields).ok());
  Check(fields[0].Floats().CountLeft() == datum.field(10).items().size());
  Check(fields[1].present() == !datum.field(5).is_null());
  Check(fields[3].Long() == datum.field(0).long_value());

  std::string projected;
  rest = bytes;
  Check(readers.projection.Project(rest, projected).ok());
  Check(DecodeAll(readers.part, projected).value() == DecodeAll(readers.partial, bytes).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Readers readers;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::array<ExtractedField, 4> fields;
  std::string projected;
  Arena arena(venice::ByteSize(1 << 20));
  // A block may lie about its size in bytes, which a skip believes and a decoder ignores: they agree on honest bytes
  // only.
  std::string_view in = bytes;
  (void)Skip(readers.schema, in);
  in = bytes;
  if (readers.extractor.Extract(in, fields).ok() && fields[0].present()) {
    float sum = 0;
    for (NumberRuns<float> runs = fields[0].Floats(); runs.Next();) {
      for (size_t i = 0; i < runs.run().size(); ++i) sum += runs.run()[i];
    }
    if (fields[2].present()) (void)fields[2].Text();
  }
  in = bytes;
  (void)readers.projection.Project(in, projected);
  in = bytes;
  if (const auto value = DecodeValue(readers.evolved, in, arena, Text::kCopy); value.ok()) {
    std::string encoded;
    if (Encode(readers.later, *value, encoded).ok()) Check(DecodeAll(readers.later, encoded).ok());
  }
  in = bytes;
  const auto datum = Decode(readers.schema, in);
  if (!datum.ok()) return 0;
  std::string encoded;
  Check(Encode(readers.schema, *datum, encoded).ok() && DecodeAll(readers.schema, encoded).ok());
  ReadHonest(readers, *datum, encoded);
  return 0;
}
