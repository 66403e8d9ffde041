#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/replication_metadata_schema.h"
#include "protocol/superset_schema.h"
#include "protocol/update_schema.h"

namespace {

// What is made is a schema that prints and parses to itself.
void CheckMade(const venice::Result<venice::avro::Schema>& made) {
  using venice::avro::Schema;
  if (!made.ok()) {
    if (made.error().message().empty()) std::abort();
    return;
  }
  const auto again = Schema::Parse(made->ToJson(), Schema::Defaults::kAccept);
  if (!again.ok() || again->ToJson() != made->ToJson()) std::abort();
}

}  // namespace

// Two schemas, a line each. A superset contains both: made again with either, nothing is added to its canonical form's
// length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace venice;
  using avro::Schema;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto existing = Schema::Parse(text.substr(0, line), Schema::Defaults::kAccept);
  const auto fresh = Schema::Parse(text.substr(line + 1), Schema::Defaults::kAccept);
  for (const auto* schema : {&existing, &fresh}) {
    if (!schema->ok()) continue;
    CheckMade(protocol::MakeUpdateSchema(**schema));
    CheckMade(protocol::MakeReplicationMetadataSchema(**schema));
  }
  if (!existing.ok() || !fresh.ok()) return 0;
  const auto superset = protocol::MakeSuperset(*existing, *fresh);
  CheckMade(superset);
  if (!superset.ok()) return 0;
  const auto again = protocol::MakeSuperset(*superset, *fresh);
  if (!again.ok() || again->CanonicalForm().size() != superset->CanonicalForm().size()) std::abort();
  if (!protocol::SameButForFieldOrder(*superset, *superset)) std::abort();
  return 0;
}
