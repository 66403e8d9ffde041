// What schema resolution decides for a pair of schemas, before it is compiled: one Step per pair of types that meet.
//
// The decisions are those of Java's Avro (org.apache.avro.Resolver, 1.12), because every Venice client reads with it:
// * the reader's aliases rename the writer's types and fields first; where both schemas are the same, nothing is
// renamed;
// * records are matched by place, not by name; fields by name; enums and fixed types need the same simple name;
// * unions that are alike branch by branch map one to one; otherwise a value takes the reader's branch of the same full
//   name, else the last record of the same simple name that fits, else the first record that fits, else (other types)
//   the first branch of the same type, else the first that the value can be promoted to.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"

namespace venice::avro {

struct Step {
  enum class Kind : uint8_t {
    kLeaf,  // primitive, fixed or enum on both sides; a promotion when their types differ
    kRecord,
    kArray,
    kMap,
    kWriterUnion,  // the data says which branch
    kReaderUnion,  // the value becomes a branch of the reader's union
    kFail,         // such a value cannot be read
  };
  struct FieldStep {
    const Step* step = nullptr;  // nullptr: the reader does not have it; skipped
    const Node* writer = nullptr;
    size_t reader_index = 0;
  };

  Kind kind = Kind::kFail;
  const Node* writer = nullptr;
  const Node* reader = nullptr;
  std::vector<FieldStep> fields;      // kRecord: in the writer's order
  std::vector<size_t> missing;        // kRecord: the reader's fields that take their default
  std::vector<int32_t> symbols;       // kLeaf, enum: writer's index to the reader's, or -1
  std::vector<const Step*> branches;  // kWriterUnion
  const Step* inner = nullptr;        // kArray, kMap, kReaderUnion
  int32_t branch = 0;                 // kReaderUnion
  std::string message;                // kFail
};

// The graph of steps; recursive types point back.
struct Resolution {
  Schema writer;  // keeps the nodes alive
  Schema reader;
  std::deque<Step> steps;
  const Step* root = nullptr;
};

// Errors: kInvalidSchema when the schemas are too complex together, or aliases give two fields or branches one name.
Result<Resolution> Resolve(const Schema& writer, const Schema& reader);

// Errors: kInvalidSchema, naming the path, when no value at all can be read.
Status CheckSomethingReads(const Resolution& resolution);

}  // namespace venice::avro
