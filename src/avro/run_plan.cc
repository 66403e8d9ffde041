#include "avro/run_plan.h"

#include "avro/primitives.h"
#include "avro/run_skip.h"

namespace venice::avro {
namespace {

// Values without any bytes ("null" in an array) cost the sender nothing. Decoding makes at most this many values, and
// as many more for each byte of input.
constexpr uint64_t kValuesMax = 1 << 20;
constexpr uint64_t kValuesPerByteMax = 64;
// Each loads one number of the wire's type and gives the place behind it, or nullptr.
inline const char* Load(const char* at, const char* end, int64_t& value) {
  uint64_t raw = 0;
  at = LoadVarint(at, end, raw);
  value = UnZigZag(raw);
  return at;
}
inline const char* Load(const char* at, const char* end, int32_t& value) {
  uint64_t raw = 0;
  at = LoadVarint(at, end, raw);
  if (raw > UINT32_MAX) [[unlikely]]
    return nullptr;
  value = static_cast<int32_t>(UnZigZag(raw));
  return at;
}
inline const char* Load(const char* at, const char* end, bool& value) {
  if (at == end || static_cast<uint8_t>(*at) > 1) [[unlikely]]
    return nullptr;
  value = *at != 0;
  return at + 1;
}
template <typename T>
requires std::is_floating_point_v<T>
inline const char* Load(const char* at, const char* end, T& value) {
  if (static_cast<size_t>(end - at) < sizeof(T)) [[unlikely]]
    return nullptr;
  std::memcpy(&value, at, sizeof(T));
  return at + sizeof(T);
}

// Runs a plan over encoded bytes. Every step gives the place behind what it read; nullptr after a failure, which is
// then in the trace.
class Decoder {
 public:
  Decoder(const Plan& plan, std::string_view in, Arena& arena, Text text, Trace& trace)
      : plan_(plan),
        ops_(plan.ops.data()),
        end_(in.data() + in.size()),
        arena_(arena),
        copies_(text == Text::kCopy),
        values_left_(kValuesMax + kValuesPerByteMax * in.size()),
        trace_(trace) {}

  const char* Decode(const char* at, Value& out) {
    if (plan_.need > kDatumDepthMax) return TooDeep(ops_[0], at);
    auto* const frame = arena_.AllocateArray<Value>(plan_.frame_slots);
    if (frame == nullptr) return OutOfMemory(ops_[0], at);
    at = Run(ops_, frame, at, 0);
    if (at != nullptr) out = frame[0];
    return at;
  }

 private:
  // op     where to begin; ends at its kReturn
  // frame  the slots of this body
  // depth  of the body's first value
  const char* Run(const Op* op, Value* frame, const char* at, int depth);

  template <typename Wire, typename T>
  const char* ReadRun(const Op& op, Value* frame, const char* at);
  const char* ReadTexts(const Op& op, Value* frame, const char* at);
  const char* ReadFixed(const Op& op, Value* frame, const char* at);
  const char* LoadEnum(const Op& op, const char* at, int32_t& symbol) const;
  const char* ReadBranch(const Op& op, const char* at, uint64_t& branch);
  const char* ReadOptional(const Op*& op, Value* frame, const char* at);
  const char* ReadRecord(const Op& op, Value* frame, const char* at, int depth);

  const char* ReadNumbers(const Op& op, Value& out, const char* at, int depth);
  template <typename Wire, typename T>
  const char* ReadPacked(const Op& op, Value& out, const char* at);
  const char* ReadEnums(const Op& op, Value& out, const char* at);
  template <typename T, typename LoadItem>
  const char* ReadPackedBy(const Op& op, Value& out, const char* at, size_t item_bytes_min, LoadItem load);
  template <typename T>
  const char* ReadContiguous(const Op& op, Value& out, const char* at);
  const char* ReadNulls(const Op& op, Value& out, const char* at);
  template <typename Item>
  const char* ReadItems(const Op& op, Value& out, const char* at, int depth);
  const char* ReadItem(const Op& op, const ItemsOp& loop, const Op* body, Value& item, Value* fields, const char* at,
                       int depth);
  const char* ReadItem(const Op& op, const ItemsOp& loop, const Op* body, ValueEntry& entry, Value* fields,
                       const char* at, int depth);

  const char* ReadCount(const Op& op, const char* at, size_t item_bytes_min, size_t already, uint64_t& count);
  template <typename T>
  T* Grow(T* items, size_t size, size_t more, size_t& capacity);

  [[gnu::noinline, gnu::cold]] const char* Fail(const Op& op, const char* at, std::string what,
                                                ErrorCode code = ErrorCode::kCorruption) {
    trace_.Fail(op, 0, at, std::move(what), code);
    return nullptr;
  }
  [[gnu::noinline, gnu::cold]] const char* Bad(const Op& op, size_t index, const char* at) {
    trace_.FailBadBytes(op, index, at, end_);
    return nullptr;
  }
  [[gnu::noinline, gnu::cold]] std::string EnumProblem(const Op& op, const char* at, const Node& type) const;
  [[gnu::noinline, gnu::cold]] const char* TooDeep(const Op& op, const char* at) {
    return Fail(op, at, fmt::format("value nests deeper than {}", kDatumDepthMax));
  }
  [[gnu::noinline, gnu::cold]] const char* OutOfMemory(const Op& op, const char* at) {
    return Fail(op, at, fmt::format("the value takes more than {}", ByteSize(arena_.bytes_max()).ToString()),
                ErrorCode::kTooLarge);
  }

  const Plan& plan_;
  const Op* const ops_;
  const char* const end_;
  Arena& arena_;
  const bool copies_;
  uint64_t values_left_;
  Trace& trace_;
};

const char* Decoder::Run(const Op* op, Value* frame, const char* at, int depth) {
  for (;; ++op) {
    switch (op->code) {
      case OpCode::kNull:
        for (uint32_t i = 0; i < op->count; ++i) frame[op->slot + i] = Value(op->header);
        continue;
      case OpCode::kBoolean:
        at = ReadRun<bool, bool>(*op, frame, at);
        break;
      case OpCode::kInt:
        at = ReadRun<int32_t, int32_t>(*op, frame, at);
        break;
      case OpCode::kLong:
        at = ReadRun<int64_t, int64_t>(*op, frame, at);
        break;
      case OpCode::kFloat:
        at = ReadRun<float, float>(*op, frame, at);
        break;
      case OpCode::kDouble:
        at = ReadRun<double, double>(*op, frame, at);
        break;
      case OpCode::kIntAsLong:
        at = ReadRun<int32_t, int64_t>(*op, frame, at);
        break;
      case OpCode::kIntAsFloat:
        at = ReadRun<int32_t, float>(*op, frame, at);
        break;
      case OpCode::kIntAsDouble:
        at = ReadRun<int32_t, double>(*op, frame, at);
        break;
      case OpCode::kLongAsFloat:
        at = ReadRun<int64_t, float>(*op, frame, at);
        break;
      case OpCode::kLongAsDouble:
        at = ReadRun<int64_t, double>(*op, frame, at);
        break;
      case OpCode::kFloatAsDouble:
        at = ReadRun<float, double>(*op, frame, at);
        break;
      case OpCode::kText:
        at = ReadTexts(*op, frame, at);
        break;
      case OpCode::kFixed:
        at = ReadFixed(*op, frame, at);
        break;
      case OpCode::kEnum: {
        int32_t symbol = 0;
        const char* const after = LoadEnum(*op, at, symbol);
        if (after == nullptr) return Fail(*op, at, EnumProblem(*op, at, *plan_.places[op->place].type));
        frame[op->slot] = Value(op->header, symbol);
        at = after;
        continue;
      }
      case OpCode::kDefault:
        if (plan_.default_costs[op->target] > values_left_) return Fail(*op, at, "too many values without bytes");
        values_left_ -= plan_.default_costs[op->target];
        frame[op->slot] = plan_.defaults[op->target];
        continue;
      case OpCode::kRecord:
        frame[op->slot] = Value(op->header, static_cast<const Value*>(frame + op->target));
        continue;
      case OpCode::kCall:
        at = ReadRecord(*op, frame, at, depth);
        break;
      case OpCode::kNumbers:
        at = ReadNumbers(*op, frame[op->slot], at, depth);
        break;
      case OpCode::kArray:
        at = ReadItems<Value>(*op, frame[op->slot], at, depth);
        break;
      case OpCode::kMap:
        at = ReadItems<ValueEntry>(*op, frame[op->slot], at, depth);
        break;
      case OpCode::kBranch: {
        uint64_t branch = 0;
        at = ReadBranch(*op, at, branch);
        if (at == nullptr) return nullptr;
        op = ops_ + plan_.tables[op->target + branch] - 1;
        continue;
      }
      case OpCode::kOptional:
        at = ReadOptional(op, frame, at);
        break;
      case OpCode::kJump:
        op = ops_ + op->target - 1;
        continue;
      case OpCode::kReturn:
        return at;
      case OpCode::kFail:
        return Fail(*op, at, plan_.messages[op->target]);
      case OpCode::kSkip:
        at = RunSkip(plan_, op + 1, at, end_, depth, nullptr, trace_);
        op += op->count;
        break;
      default:
        return Fail(*op, at, "not an operation of a decoder", ErrorCode::kInternal);
    }
    if (at == nullptr) [[unlikely]]
      return nullptr;
  }
}

template <typename Wire, typename T>
inline const char* Decoder::ReadRun(const Op& op, Value* frame, const char* at) {
  Value* const out = frame + op.slot;
  for (uint32_t i = 0; i < op.count; ++i) {
    Wire wire{};
    const char* const after = Load(at, end_, wire);
    if (after == nullptr) [[unlikely]]
      return Bad(op, i, at);
    out[i] = Value(op.header, static_cast<T>(wire));
    at = after;
  }
  return at;
}

inline const char* Decoder::ReadTexts(const Op& op, Value* frame, const char* at) {
  for (uint32_t i = 0; i < op.count; ++i) {
    uint64_t raw = 0;
    const char* const text = LoadVarint(at, end_, raw);
    // An odd number is a negative one.
    if (text == nullptr || (raw & 1) != 0 || raw / 2 > static_cast<uint64_t>(end_ - text) || raw / 2 > UINT32_MAX)
        [[unlikely]]
      return Bad(op, i, at);
    Value::Header header = op.header;
    header.size = static_cast<uint32_t>(raw / 2);
    const char* bytes = text;
    if (copies_) {
      bytes = arena_.Copy({text, header.size});
      if (bytes == nullptr) return OutOfMemory(op, at);
    }
    frame[op.slot + i] = Value(header, bytes);
    at = text + header.size;
  }
  return at;
}

const char* Decoder::ReadFixed(const Op& op, Value* frame, const char* at) {
  if (op.count > static_cast<size_t>(end_ - at)) return Bad(op, 0, at);
  const char* bytes = copies_ ? arena_.Copy({at, op.count}) : at;
  if (bytes == nullptr) return OutOfMemory(op, at);
  frame[op.slot] = Value(op.header, bytes);
  return at + op.count;
}

// nullptr also for a symbol that the reader does not have.
inline const char* Decoder::LoadEnum(const Op& op, const char* at, int32_t& symbol) const {
  uint64_t raw = 0;
  const char* const after = LoadVarint(at, end_, raw);
  if (after == nullptr || (raw & 1) != 0 || raw / 2 >= op.count) [[unlikely]]
    return nullptr;
  symbol = static_cast<int32_t>(plan_.tables[op.target + raw / 2]);
  return symbol < 0 ? nullptr : after;
}

std::string Decoder::EnumProblem(const Op& op, const char* at, const Node& type) const {
  uint64_t raw = 0;
  const bool known = LoadVarint(at, end_, raw) != nullptr && (raw & 1) == 0 && raw / 2 < op.count;
  if (!known) return fmt::format("the {} bytes left are not an encoded {}", end_ - at, type.BranchName());
  const Node* symbols = &type;
  for (const Node* branch : type.branches) {
    if (branch->type == Type::kEnum && branch->symbols.size() == op.count) symbols = branch;
  }
  return fmt::format("the reader's enum has neither symbol {} nor a default", symbols->symbols.at(raw / 2));
}

inline const char* Decoder::ReadBranch(const Op& op, const char* at, uint64_t& branch) {
  const char* const after = LoadVarint(at, end_, branch);
  if (after == nullptr || (branch & 1) != 0 || branch / 2 >= op.count) [[unlikely]]
    return Bad(op, 0, at);
  branch /= 2;
  return after;
}

inline const char* Decoder::ReadOptional(const Op*& op, Value* frame, const char* at) {
  uint64_t raw = 0;
  const char* const after = LoadVarint(at, end_, raw);
  if (after == nullptr || (raw & ~uint64_t{2}) != 0) [[unlikely]]
    return Bad(*op, 0, at);
  if (raw / 2 == op->detail) {
    frame[op->slot] = Value(op->header);
    op = ops_ + op->target - 1;
  }
  return after;
}

const char* Decoder::ReadRecord(const Op& op, Value* frame, const char* at, int depth) {
  if (depth + op.need > kDatumDepthMax) return TooDeep(op, at);
  auto* const fields = arena_.AllocateArray<Value>(op.count);
  if (fields == nullptr) return OutOfMemory(op, at);
  frame[op.slot] = Value(op.header, static_cast<const Value*>(fields));
  at = Run(ops_ + op.target, fields, at, depth + op.depth);
  if (at == nullptr) [[unlikely]]
    trace_.Within(op);
  return at;
}

// How many items follow; 0 ends the array or map. Checked against the bytes left before anything of that size is
// allocated.
inline const char* Decoder::ReadCount(const Op& op, const char* at, size_t item_bytes_min, size_t already,
                                      uint64_t& count) {
  int64_t claimed = 0;
  const char* after = Load(at, end_, claimed);
  if (after == nullptr) [[unlikely]]
    return Bad(op, 0, at);
  if (claimed < 0) {
    int64_t block_bytes = 0;
    after = Load(after, end_, block_bytes);
    if (after == nullptr || claimed == INT64_MIN || block_bytes < 0 || block_bytes > end_ - after) [[unlikely]]
      return Bad(op, 0, at);
    claimed = -claimed;
  }
  count = static_cast<uint64_t>(claimed);
  const auto bytes = static_cast<uint64_t>(end_ - after);
  const bool room = item_bytes_min == 0 ? count <= values_left_ : count <= bytes / item_bytes_min;
  if (!room || count + already > UINT32_MAX) [[unlikely]]
    return Fail(op, at, fmt::format("{} items cannot be in {} bytes", count, bytes));
  if (item_bytes_min == 0) values_left_ -= count;
  return after;
}

// Room for `more` items after the first `size` ones, which come along unless `items` is null; nullptr when there is
// none.
template <typename T>
T* Decoder::Grow(T* items, size_t size, size_t more, size_t& capacity) {
  if (size + more <= capacity) return items;
  capacity = std::max(size + more, size > 0 ? capacity * 2 : 0);
  T* const grown = arena_.AllocateArray<T>(capacity);
  if (grown != nullptr && items != nullptr) std::memcpy(static_cast<void*>(grown), items, size * sizeof(T));
  return grown;
}

const char* Decoder::ReadNumbers(const Op& op, Value& out, const char* at, int depth) {
  if (depth + op.need > kDatumDepthMax) return TooDeep(op, at);
  switch (static_cast<OpCode>(op.detail)) {
    case OpCode::kBoolean:
      return ReadPacked<bool, bool>(op, out, at);
    case OpCode::kInt:
      return ReadPacked<int32_t, int32_t>(op, out, at);
    case OpCode::kLong:
      return ReadPacked<int64_t, int64_t>(op, out, at);
    case OpCode::kFloat:
      return ReadContiguous<float>(op, out, at);
    case OpCode::kDouble:
      return ReadContiguous<double>(op, out, at);
    case OpCode::kIntAsLong:
      return ReadPacked<int32_t, int64_t>(op, out, at);
    case OpCode::kIntAsFloat:
      return ReadPacked<int32_t, float>(op, out, at);
    case OpCode::kIntAsDouble:
      return ReadPacked<int32_t, double>(op, out, at);
    case OpCode::kLongAsFloat:
      return ReadPacked<int64_t, float>(op, out, at);
    case OpCode::kLongAsDouble:
      return ReadPacked<int64_t, double>(op, out, at);
    case OpCode::kFloatAsDouble:
      return ReadPacked<float, double>(op, out, at);
    case OpCode::kEnum:
      return ReadEnums(op, out, at);
    default:
      return ReadNulls(op, out, at);
  }
}

template <typename Wire, typename T>
const char* Decoder::ReadPacked(const Op& op, Value& out, const char* at) {
  constexpr size_t kItemBytesMin = std::is_floating_point_v<Wire> ? sizeof(Wire) : 1;
  return ReadPackedBy<T>(op, out, at, kItemBytesMin, [this](const char* from, T& number) {
    Wire wire{};
    from = Load(from, end_, wire);
    number = static_cast<T>(wire);
    return from;
  });
}

const char* Decoder::ReadEnums(const Op& op, Value& out, const char* at) {
  return ReadPackedBy<int32_t>(op, out, at, 1,
                               [&](const char* from, int32_t& symbol) { return LoadEnum(op, from, symbol); });
}

template <typename T, typename LoadItem>
const char* Decoder::ReadPackedBy(const Op& op, Value& out, const char* at, size_t item_bytes_min, LoadItem load) {
  T* items = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  while (true) {
    uint64_t count = 0;
    at = ReadCount(op, at, item_bytes_min, size, count);
    if (at == nullptr) return nullptr;
    if (count == 0) break;
    items = Grow(items, size, count, capacity);
    if (items == nullptr) return OutOfMemory(op, at);
    for (const size_t end = size + count; size < end; ++size) {
      const char* const after = load(at, items[size]);
      if (after == nullptr) [[unlikely]] {
        const Node& type = ItemType(*plan_.places[op.place].type);
        if (static_cast<OpCode>(op.detail) == OpCode::kEnum) {
          trace_.FailItem(op, size, at, EnumProblem(op, at, type));
        } else {
          trace_.FailBadItem(op, size, at, end_);
        }
        return nullptr;
      }
      at = after;
    }
  }
  Value::Header header = op.header;
  header.size = static_cast<uint32_t>(size);
  out = Value(header, reinterpret_cast<const char*>(items));
  return at;
}

// Numbers that are encoded as they are in memory: the run of a block is taken as one piece, in place when it is the
// only one and may be borrowed.
template <typename T>
const char* Decoder::ReadContiguous(const Op& op, Value& out, const char* at) {
  uint64_t count = 0;
  at = ReadCount(op, at, sizeof(T), 0, count);
  if (at == nullptr) return nullptr;
  const char* run = at;
  size_t size = count;
  char* copy = nullptr;  // of `capacity` bytes, once there is one
  size_t capacity = 0;
  while (count > 0) {
    at += count * sizeof(T);
    at = ReadCount(op, at, sizeof(T), size, count);
    if (at == nullptr) return nullptr;
    if (copy == nullptr && count == 0 && !copies_) break;
    char* const grown = Grow(copy, size * sizeof(T), count * sizeof(T), capacity);
    if (grown == nullptr) return OutOfMemory(op, at);
    if (copy == nullptr) std::memcpy(grown, run, size * sizeof(T));
    run = copy = grown;
    if (count > 0) std::memcpy(copy + size * sizeof(T), at, count * sizeof(T));
    size += count;
  }
  Value::Header header = op.header;
  header.size = static_cast<uint32_t>(size);
  out = Value(header, run);
  return at;
}

// Nothing is stored for them.
const char* Decoder::ReadNulls(const Op& op, Value& out, const char* at) {
  Value::Header header = op.header;
  for (uint64_t count = 1; count > 0; header.size += static_cast<uint32_t>(count)) {
    at = ReadCount(op, at, 0, header.size, count);
    if (at == nullptr) return nullptr;
  }
  out = Value(header);
  return at;
}

// Array (of Value) or map (of ValueEntry).
template <typename Item>
const char* Decoder::ReadItems(const Op& op, Value& out, const char* at, int depth) {
  const ItemsOp& loop = plan_.items[op.target];
  const Op* const body = ops_ + loop.body;
  Item* items = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  while (true) {
    uint64_t count = 0;
    at = ReadCount(op, at, loop.bytes_min, size, count);
    if (at == nullptr) return nullptr;
    if (count == 0) break;
    if (depth + op.need > kDatumDepthMax) return TooDeep(op, at);
    items = Grow(items, size, count, capacity);
    if (items == nullptr) return OutOfMemory(op, at);
    Value* fields = nullptr;
    if (loop.records && (fields = arena_.AllocateArray<Value>(count * loop.frame_slots)) == nullptr) {
      return OutOfMemory(op, at);
    }
    for (const size_t end = size + count; size < end; ++size) {
      at = ReadItem(op, loop, body, items[size], fields, at, depth + op.depth + 1);
      if (at == nullptr) [[unlikely]] {
        if constexpr (std::is_same_v<Item, Value>) trace_.WithinItem(op, size);
        return nullptr;
      }
      if (fields != nullptr) fields += loop.frame_slots;
    }
  }
  Value::Header header = op.header;
  header.size = static_cast<uint32_t>(size);
  out = Value(header, static_cast<const Item*>(items));
  return at;
}

inline const char* Decoder::ReadItem(const Op&, const ItemsOp& loop, const Op* body, Value& item, Value* fields,
                                     const char* at, int depth) {
  if (loop.records) {
    item = Value(loop.item_header, static_cast<const Value*>(fields));
    return Run(body, fields, at, depth);
  }
  // The commonest bodies of a single operation, without the call.
  switch (body->code) {
    case OpCode::kText:
      return ReadTexts(*body, &item, at);
    case OpCode::kDouble:
      return ReadRun<double, double>(*body, &item, at);
    case OpCode::kLong:
      return ReadRun<int64_t, int64_t>(*body, &item, at);
    default:
      return Run(body, &item, at, depth);
  }
}

inline const char* Decoder::ReadItem(const Op& op, const ItemsOp& loop, const Op* body, ValueEntry& entry,
                                     Value* fields, const char* at, int depth) {
  uint64_t raw = 0;
  const char* const key = LoadVarint(at, end_, raw);
  if (key == nullptr || (raw & 1) != 0 || raw / 2 > static_cast<uint64_t>(end_ - key)) [[unlikely]]
    return Bad(op, 0, at);
  const char* const bytes = copies_ ? arena_.Copy({key, raw / 2}) : key;
  if (bytes == nullptr) return OutOfMemory(op, at);
  entry.key = {bytes, raw / 2};
  at = ReadItem(op, loop, body, entry.value, fields, key + raw / 2, depth);
  if (at == nullptr) [[unlikely]]
    trace_.WithinEntry(op, entry.key);
  return at;
}

}  // namespace

const char* RunPlan(const Plan& plan, std::string_view in, Arena& arena, Text text, Trace& trace, Value& out) {
  return Decoder(plan, in, arena, text, trace).Decode(in.data(), out);
}

}  // namespace venice::avro
