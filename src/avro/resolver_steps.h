// The compiled form of a Resolver, for decode.cc.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "avro/datum.h"
#include "avro/resolver.h"

namespace venice::avro {

struct Resolver::Step {
  enum class Kind : uint8_t {
    kRead,     // same layout on both sides
    kPromote,  // a primitive as another primitive
    kRecord,
    kEnum,
    kItems,        // array or map
    kWriterUnion,  // the branch is in the data
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
  std::vector<FieldStep> fields;                   // kRecord: in the writer's order
  std::vector<std::pair<size_t, Datum>> defaults;  // kRecord: reader's field index and its value
  std::vector<int32_t> symbols;                    // kEnum: writer's index to the reader's, or -1
  std::vector<const Step*> branches;               // kWriterUnion
  const Step* inner = nullptr;                     // kItems, kReaderUnion
  int32_t branch = 0;                              // kReaderUnion
  std::string message;                             // kFail
};

}  // namespace venice::avro
