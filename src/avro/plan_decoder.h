// The machine that runs a plan: run_plan.cc has its operations, run_plan_items.cc those of arrays and maps.
#pragma once

#include "avro/primitives.h"
#include "avro/run_plan.h"

namespace venice::avro {

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
class PlanDecoder {
 public:
  PlanDecoder(const Plan& plan, std::string_view in, Arena& arena, Text text, Trace& trace)
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

  // The end of an array or map as it is nearly always written; ReadCount knows every way.
  bool TakeEnd(const char*& at) const {
    if (at == end_ || *at != 0) return false;
    ++at;
    return true;
  }
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

template <typename Wire, typename T>
inline const char* PlanDecoder::ReadRun(const Op& op, Value* frame, const char* at) {
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

inline const char* PlanDecoder::ReadTexts(const Op& op, Value* frame, const char* at) {
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

// nullptr also for a symbol that the reader does not have.
inline const char* PlanDecoder::LoadEnum(const Op& op, const char* at, int32_t& symbol) const {
  uint64_t index = 0;
  const char* const after = LoadIndex(at, end_, op.count, index);
  if (after == nullptr) [[unlikely]]
    return nullptr;
  symbol = static_cast<int32_t>(plan_.tables[op.target + index]);
  return symbol < 0 ? nullptr : after;
}

}  // namespace venice::avro
