// Schema resolution: reading what one schema wrote as another one wants it, worked out once.
//
// Promotions (int to long, float, double; long to float, double; float to double; string to bytes and back), unions on
// either side, field and type aliases of the reader, defaults of missing fields, the default symbol of an enum.
#pragma once

#include <memory>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

// Immutable; copies are cheap. Use with Decode in avro/binary.h.
class Resolver {
 public:
  struct Step;  // avro/resolver_steps.h

  // Errors: kInvalidSchema when no value of the writer could be read, naming the path and both types. A writer's union
  // branch or enum symbol that the reader cannot take is an error only for the values that use it.
  static Result<Resolver> Make(const Schema& writer, const Schema& reader);

  const Schema& writer() const { return writer_; }
  const Schema& reader() const { return reader_; }
  const Step& root() const { return *root_; }

 private:
  Resolver(Schema writer, Schema reader, std::shared_ptr<const Step> root)
      : writer_(std::move(writer)), reader_(std::move(reader)), root_(std::move(root)) {}
  Schema writer_;
  Schema reader_;
  std::shared_ptr<const Step> root_;
};

// Whether `reader` can read every value that `writer` can write (stricter than Resolver::Make: every union branch and
// enum symbol counts; FindIncompatibilities in avro/compatibility.h tells more). Errors: kInvalidSchema naming the path.
Status CheckCanRead(const Schema& reader, const Schema& writer);

}  // namespace venice::avro
