// Schema resolution: reading what one schema wrote as another one wants it, worked out once.
//
// Promotions (int to long, float, double; long to float, double; float to double; string to bytes and back), unions on
// either side, field and type aliases of the reader, defaults of missing fields, the default symbol of an enum. What is
// chosen where is in avro/resolution.h.
#pragma once

#include <memory>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

struct Plan;  // avro/plan.h

// Immutable; copies are cheap. Use with Decode in avro/binary.h.
class Resolver {
 public:
  // Errors: kInvalidSchema when no value of the writer could be read, naming the path and both types. A writer's union
  // branch, enum symbol or array item that the reader cannot take is an error only for the values that have it.
  static Result<Resolver> Make(const Schema& writer, const Schema& reader);
  // Reads every value as it was written.
  static Result<Resolver> Make(const Schema& schema) { return Make(schema, schema); }

  const Schema& writer() const;
  const Schema& reader() const;
  const Plan& plan() const { return *plan_; }

 private:
  explicit Resolver(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

// Whether `reader` can read every value that `writer` can write (stricter than Resolver::Make: every union branch and
// enum symbol counts; FindIncompatibilities in avro/compatibility.h tells more). Errors: kInvalidSchema naming the
// path.
Status CheckCanRead(const Schema& reader, const Schema& writer);

}  // namespace venice::avro
