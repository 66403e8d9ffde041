// Passing over encoded values without building them. For single fields see avro/extractor.h.
#pragma once

#include <memory>
#include <string_view>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

struct Code;

// Knows how to skip values of one schema. Immutable; copies are cheap.
class Skipper {
 public:
  // Errors: kInvalidSchema when the schema is too complex.
  static Result<Skipper> Make(const Schema& schema);

  // Advances `in` past one value; on error `in` stays. Checks what decoding would, except within blocks whose size in
  // bytes is given: those are jumped over. Allocates nothing unless it fails. Errors: kCorruption, naming the path
  // within the value and the byte.
  Status Skip(std::string_view& in) const;

 private:
  Skipper(Schema schema, std::shared_ptr<const Code> code) : schema_(std::move(schema)), code_(std::move(code)) {}
  Schema schema_;  // keeps the code's types alive
  std::shared_ptr<const Code> code_;
};

// The same for a schema at a time.
Status Skip(const Schema& schema, std::string_view& in);

}  // namespace venice::avro
