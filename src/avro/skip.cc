#include "avro/skip.h"

#include "avro/code_builder.h"
#include "avro/run_skip.h"
#include "avro/schema_cache.h"

namespace venice::avro {

Result<Skipper> Skipper::Make(const Schema& schema) {
  auto code = std::make_shared<Code>();
  CodeBuilder builder(*code);
  const uint32_t place = builder.NewPlace(Place::kNone, schema.node());
  builder.EmitSkip(schema.node(), place);
  builder.Emit(OpCode::kReturn, place);
  builder.EmitSkipBodies();
  VENICE_TRY(builder.CheckSize());
  builder.LinkBodies();
  return Skipper(schema, std::move(code));
}

Status Skipper::Skip(std::string_view& in) const {
  Trace trace(*code_, in.data());
  const char* const end = in.data() + in.size();
  const char* const after = RunSkip(*code_, code_->ops.data(), in.data(), end, 0, nullptr, trace);
  if (after == nullptr) [[unlikely]]
    return trace.ToError();
  in.remove_prefix(static_cast<size_t>(after - in.data()));
  return Ok();
}

Status Skip(const Schema& schema, std::string_view& in) {
  VENICE_ASSIGN(const Skipper* skipper, CachedFor<Skipper>(schema));
  return skipper->Skip(in);
}

}  // namespace venice::avro
