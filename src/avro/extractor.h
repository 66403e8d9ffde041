// Reading single fields straight from encoded records: nothing is decoded but what is asked for, nothing allocated.
//
//   VENICE_ASSIGN(const avro::Extractor extractor, avro::Extractor::Make(schema, {"id", "member.embedding"}));
//   std::array<avro::ExtractedField, 2> fields;
//   VENICE_TRY(extractor.Extract(bytes, fields));
//   if (fields[1].present()) score = Dot(fields[1].Floats(), query);
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace venice::avro {

struct Code;

// The runs of contiguous numbers that an encoded array of float or double consists of: its blocks, mostly just one.
//
//   for (NumberRuns<float> runs = field.Floats(); runs.Next();) sum += Dot(runs.run(), ...);
template <typename T>
class NumberRuns {
 public:
  NumberRuns() = default;  // none
  // encoded  a checked encoding of the array
  explicit NumberRuns(std::string_view encoded) : left_(encoded) {}

  // The next run is in run(); false at the end.
  bool Next();
  const PackedArray<T>& run() const { return run_; }
  // Of all runs that are left, without going on.
  size_t CountLeft() const;

 private:
  std::string_view left_;
  PackedArray<T> run_;
};

extern template class NumberRuns<float>;
extern template class NumberRuns<double>;

// What Extract finds for one path. Points into the encoded bytes. Accessors check the type.
struct ExtractedField {
  std::string_view encoded;    // as it stands in the record, a union with its branch; null when there is no such field
  std::string_view value;      // without the union's branch
  const Node* type = nullptr;  // of `value`; null when there is no such field
  int branch = -1;             // of the union; -1 when the field is none

  // False when a union on the way took a branch without the field.
  bool present() const { return type != nullptr; }
  bool is_null() const { return type == nullptr || type->type == Type::kNull; }

  bool Boolean() const;
  int32_t Int() const;               // also the index of an enum's symbol
  int64_t Long() const;              // int, long
  float Float() const;               // float
  double Double() const;             // float, double
  std::string_view Text() const;     // string, bytes, fixed
  NumberRuns<float> Floats() const;  // array of float
  NumberRuns<double> Doubles() const;
};

// Immutable; copies are cheap. Safe on any thread.
class Extractor {
 public:
  // Whether the rest of the record behind the last wanted field is looked at.
  enum class Rest : uint8_t { kIgnore, kCheck };

  // paths  field names with dots between them. A union on the way is entered where its branch is a record with the
  // field
  //        ("member.id" with member of ["null", Member]). None may come twice.
  // Errors: kInvalidArgument, naming the path and the fields there are; kInvalidSchema when the schema is too complex.
  static Result<Extractor> Make(const Schema& schema, std::span<const std::string> paths, Rest rest = Rest::kIgnore);

  // One walk over the bytes of one record. With Rest::kCheck advances `in` past it, else past the last wanted field;
  // on error `in` stays.
  //
  // fields  one for each path, in the order of the paths
  // Errors: kCorruption, naming the path within the value and the byte.
  Status Extract(std::string_view& in, std::span<ExtractedField> fields) const;

  size_t size() const;
  const Schema& schema() const;
  // The type at a path as the schema has it, maybe a union.
  const Node& FieldType(size_t index) const;

 private:
  struct Program;
  explicit Extractor(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace venice::avro
