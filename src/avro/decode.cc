#include "avro/binary.h"
#include "avro/run_plan.h"
#include "avro/schema_cache.h"

namespace venice::avro {
namespace {

// What a Datum may take while it is made. A record costs 16 bytes for each field, also for those that the reader's
// schema adds.
constexpr uint64_t kDatumBytesMax = 64 << 20;
constexpr uint64_t kDatumBytesPerByteMax = 1024;

Error LeftOver(std::string_view bytes, const char* after) {
  const auto size = static_cast<size_t>(after - bytes.data());
  return Error(ErrorCode::kCorruption,
               fmt::format("{} bytes are left over after the value, at byte {}", bytes.size() - size, size));
}

}  // namespace

Result<Value> DecodeValue(const Resolver& resolver, std::string_view& in, Arena& arena, Text text) {
  Trace trace(resolver.plan(), in.data());
  Value value;
  const char* const after = RunPlan(resolver.plan(), in, arena, text, trace, value);
  if (after == nullptr) [[unlikely]]
    return trace.ToError();
  in.remove_prefix(static_cast<size_t>(after - in.data()));
  return value;
}

Result<Value> DecodeWholeValue(const Resolver& resolver, std::string_view bytes, Arena& arena, Text text) {
  Trace trace(resolver.plan(), bytes.data());
  Value value;
  const char* const after = RunPlan(resolver.plan(), bytes, arena, text, trace, value);
  if (after == nullptr) [[unlikely]]
    return trace.ToError();
  if (after != bytes.data() + bytes.size()) [[unlikely]]
    return LeftOver(bytes, after);
  return value;
}

Result<Datum> Decode(const Resolver& resolver, std::string_view& in) {
  Arena arena(ByteSize(kDatumBytesMax + kDatumBytesPerByteMax * in.size()));
  VENICE_ASSIGN(const Value value, DecodeValue(resolver, in, arena));
  return ToDatum(value);
}

Result<Datum> Decode(const Schema& writer, std::string_view& in) {
  VENICE_ASSIGN(const Resolver* resolver, CachedFor<Resolver>(writer));
  return Decode(*resolver, in);
}

Result<Datum> DecodeAll(const Resolver& resolver, std::string_view bytes) {
  std::string_view in = bytes;
  VENICE_ASSIGN(Datum datum, Decode(resolver, in));
  if (!in.empty()) return LeftOver(bytes, in.data());
  return datum;
}

Result<Datum> DecodeAll(const Schema& writer, std::string_view bytes) {
  VENICE_ASSIGN(const Resolver* resolver, CachedFor<Resolver>(writer));
  return DecodeAll(*resolver, bytes);
}

Result<Value> ToValue(const Schema& schema, const Datum& datum, Arena& arena) {
  VENICE_ASSIGN(const std::string bytes, Encode(schema, datum));
  VENICE_ASSIGN(const Resolver* resolver, CachedFor<Resolver>(schema));
  return DecodeWholeValue(*resolver, bytes, arena, Text::kCopy);
}

}  // namespace venice::avro
