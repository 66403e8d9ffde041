// Arrays and maps: blocks of items until one of none.
#include "avro/plan_decoder.h"

namespace venice::avro {

// How many items follow; 0 ends the array or map. Checked against the bytes left before anything of that size is
// allocated.
inline const char* PlanDecoder::ReadCount(const Op& op, const char* at, size_t item_bytes_min, size_t already,
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
T* PlanDecoder::Grow(T* items, size_t size, size_t more, size_t& capacity) {
  if (size + more <= capacity) return items;
  capacity = std::max(size + more, size > 0 ? capacity * 2 : 0);
  T* const grown = arena_.AllocateArray<T>(capacity);
  if (grown != nullptr && items != nullptr) std::memcpy(static_cast<void*>(grown), items, size * sizeof(T));
  return grown;
}

const char* PlanDecoder::ReadNumbers(const Op& op, Value& out, const char* at, int depth) {
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
const char* PlanDecoder::ReadPacked(const Op& op, Value& out, const char* at) {
  constexpr size_t kItemBytesMin = std::is_floating_point_v<Wire> ? sizeof(Wire) : 1;
  return ReadPackedBy<T>(op, out, at, kItemBytesMin, [this](const char* from, T& number) {
    Wire wire{};
    from = Load(from, end_, wire);
    number = static_cast<T>(wire);
    return from;
  });
}

const char* PlanDecoder::ReadEnums(const Op& op, Value& out, const char* at) {
  return ReadPackedBy<int32_t>(op, out, at, 1,
                               [&](const char* from, int32_t& symbol) { return LoadEnum(op, from, symbol); });
}

template <typename T, typename LoadItem>
const char* PlanDecoder::ReadPackedBy(const Op& op, Value& out, const char* at, size_t item_bytes_min, LoadItem load) {
  T* items = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  while (true) {
    if (TakeEnd(at)) break;
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
const char* PlanDecoder::ReadContiguous(const Op& op, Value& out, const char* at) {
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
const char* PlanDecoder::ReadNulls(const Op& op, Value& out, const char* at) {
  Value::Header header = op.header;
  for (uint64_t count = 1; count > 0; header.size += static_cast<uint32_t>(count)) {
    at = ReadCount(op, at, 0, header.size, count);
    if (at == nullptr) return nullptr;
  }
  out = Value(header);
  return at;
}

[[gnu::always_inline]] inline const char* PlanDecoder::ReadItem(const Op&, const ItemsOp& loop, const Op* body,
                                                                Value& item, Value* fields, const char* at, int depth) {
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

[[gnu::always_inline]] inline const char* PlanDecoder::ReadItem(const Op& op, const ItemsOp& loop, const Op* body,
                                                                ValueEntry& entry, Value* fields, const char* at,
                                                                int depth) {
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

// Array (of Value) or map (of ValueEntry).
template <typename Item>
const char* PlanDecoder::ReadItems(const Op& op, Value& out, const char* at, int depth) {
  const ItemsOp& loop = plan_.items[op.target];
  const Op* const body = ops_ + loop.body;
  Item* items = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  while (true) {
    if (TakeEnd(at)) break;
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

template const char* PlanDecoder::ReadItems<Value>(const Op& op, Value& out, const char* at, int depth);
template const char* PlanDecoder::ReadItems<ValueEntry>(const Op& op, Value& out, const char* at, int depth);

}  // namespace venice::avro
