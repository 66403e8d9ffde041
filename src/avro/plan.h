// The compiled form of reading: what decode.cc and skip.cc execute.
//
// A plan is one vector of small operations. Straight code reads the fields of a record in the writer's order, each into
// its place ("slot") in the reader's; runs of fields of one type are one operation. What the bytes decide (union
// branches, how many items) is a jump or a loop over a body. A body is code that ends in kReturn and fills one frame,
// an array of slots: small nested records lie in the frame of the record around them, large or recursive ones and the
// records of arrays and maps have a body and frames of their own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avro/arena.h"
#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace venice::avro {

enum class OpCode : uint8_t {
  // `count` values of one type into consecutive slots; "kIntAsLong" reads an int and makes a long.
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kIntAsLong,
  kIntAsFloat,
  kIntAsDouble,
  kLongAsFloat,
  kLongAsDouble,
  kFloatAsDouble,
  kText,   // bytes or string
  kFixed,  // one value of `count` bytes
  kEnum,   // one value; `count` symbols of the writer, `target` where tables map them to the reader's
  // One value each.
  kDefault,   // defaults[target]
  kRecord,    // fields in this frame from slot `target`
  kCall,      // fields in a frame of `count` slots, by the body at `target`
  kNumbers,   // packed array; `detail` is the OpCode of its items, `count` and `target` as there
  kArray,     // items[target]
  kMap,       // items[target]
  kBranch,    // jump to tables[target + branch], `count` branches
  kOptional,  // union of null (branch `detail`) and one other, whose code follows and ends at `target`
  // Flow.
  kJump,
  kReturn,
  kFail,  // messages[target]
  kSkip,  // the next `count` operations skip
  // Skipping; no slots.
  kSkipInts,      // `count` of them
  kSkipLongs,     // likewise
  kSkipBooleans,  // likewise
  kSkipTexts,     // likewise
  kSkipBytes,     // `count` bytes
  kSkipEnum,      // of `count` symbols
  kSkipBranch,    // as kBranch
  kSkipCall,      // the body at `target`
  kSkipArray,     // items[target]
  kSkipMap,       // items[target]
  // Extraction: where the wanted field `count` begins, where its value does (after the union's branch), and ends.
  kMarkBegin,
  kMarkValue,
  kMarkEnd,
  kStop,  // nothing further is wanted
};

struct Op {
  OpCode code = OpCode::kReturn;
  uint8_t detail = 0;
  uint16_t depth = 0;  // of the value below the body's first
  uint16_t need = 0;   // how deep the values nest at least, counted likewise
  uint16_t unused = 0;
  Value::Header header;  // of the values made
  uint32_t slot = 0;
  uint32_t count = 1;
  uint32_t target = 0;
  uint32_t place = 0;  // places[place + i] is where the i-th of `count` values stands
};
static_assert(sizeof(Op) == 32);

// The loop of an array or map that is no packed array.
struct ItemsOp {
  uint32_t body = 0;
  uint32_t frame_slots = 0;  // of the record that each item is; 0 with `records` false: the body fills the item itself
  bool records = false;
  uint32_t bytes_min = 0;     // no item encodes shorter; for maps, with its key
  uint32_t fixed_bytes = 0;   // skipping: every item encodes to so many; 0: they differ
  Value::Header item_header;  // of records
};

// Where a value stands, for error messages.
struct Place {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t parent = kNone;
  const Node* type = nullptr;  // as written
  std::string_view field;      // empty: the value itself, an item or an entry
};

// What decoding and skipping share. Immutable once compiled.
struct Code {
  std::vector<Op> ops;
  std::vector<uint32_t> tables;
  std::vector<ItemsOp> items;
  std::vector<std::string> messages;
  std::vector<Place> places;
};

struct Plan : Code {
  Schema writer;
  Schema reader;
  uint32_t frame_slots = 1;  // of the frame of ops[0]; slot 0 is the value
  uint16_t need = 0;         // as Op::need, of the whole value
  std::vector<Value> defaults;
  std::vector<uint32_t> default_costs;  // how many values each stands for
  Arena default_memory;
};

// Errors: as Resolver::Make.
Result<std::shared_ptr<const Plan>> CompilePlan(const Schema& writer, const Schema& reader);

}  // namespace venice::avro
