// From an encoded record to the encoding of a smaller one, by copying bytes: nothing is decoded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Immutable; copies are cheap. Safe on any thread.
class Projection {
 public:
  // reader  a record whose fields, found as in schema resolution, are encoded as the writer's: of the same type, of one
  //         with the same encoding (int as long, string as bytes), a union around it, or records that are projected in
  //         turn. Fields that the writer lacks take their default.
  // Errors: kInvalidSchema when the writer's data cannot be read as `reader`, or not without decoding it; names the field.
  static Result<Projection> Make(const Schema& writer, const Schema& reader);

  // Appends the encoding of one record and advances `in` past the last field that was copied; on error both stay.
  // Errors: kCorruption, naming the path within the value and the byte.
  Status Project(std::string_view& in, std::string& out) const;

 private:
  struct Program;
  explicit Projection(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace venice::avro
