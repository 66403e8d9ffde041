#include "avro/run_skip.h"

#include "avro/primitives.h"

namespace venice::avro {
namespace {

class SkipRunner {
 public:
  SkipRunner(const Code& code, const char* end, Mark* marks, Trace& trace)
      : code_(code), ops_(code.ops.data()), end_(end), marks_(marks), trace_(trace) {}

  const char* Run(const Op* op, const char* at, int depth);

 private:
  const char* SkipBlocks(const Op& op, const char* at, int depth, bool map);
  const char* SkipItems(const Op& op, const char* at, int depth, bool map, uint64_t count);

  [[gnu::noinline, gnu::cold]] const char* Bad(const Op& op, size_t index, const char* at) {
    trace_.FailBadBytes(op, index, at, end_);
    return nullptr;
  }
  [[gnu::noinline, gnu::cold]] const char* Fail(const Op& op, const char* at, std::string what) {
    trace_.Fail(op, 0, at, std::move(what));
    return nullptr;
  }
  const char* TooDeep(const Op& op, const char* at) {
    return Fail(op, at, fmt::format("value nests deeper than {}", kDatumDepthMax));
  }

  const Code& code_;
  const Op* const ops_;
  const char* const end_;
  Mark* const marks_;
  Trace& trace_;
};

const char* SkipRunner::Run(const Op* op, const char* at, int depth) {
  uint32_t index = 0;
  for (;; ++op) {
    switch (op->code) {
      case OpCode::kSkipInts:
        if (!PassVarints(at, end_, op->count, UINT32_MAX, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipLongs:
        if (!PassVarints(at, end_, op->count, UINT64_MAX, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipBooleans:
        if (!PassBooleans(at, end_, op->count, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipTexts:
        if (!PassTexts(at, end_, op->count, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipBytes:
        if (op->count > static_cast<size_t>(end_ - at)) return Bad(*op, 0, at);
        at += op->count;
        continue;
      case OpCode::kSkipEnum:
      case OpCode::kSkipBranch: {
        uint64_t branch = 0;
        const char* const after = LoadIndex(at, end_, op->count, branch);
        if (after == nullptr) return Bad(*op, 0, at);
        at = after;
        if (op->code == OpCode::kSkipBranch) op = ops_ + code_.tables[op->target + branch] - 1;
        continue;
      }
      case OpCode::kSkipCall:
        if (depth + op->need > kDatumDepthMax) return TooDeep(*op, at);
        at = Run(ops_ + op->target, at, depth + op->need);
        if (at == nullptr) trace_.Within(*op);
        break;
      case OpCode::kSkipArray:
        at = SkipBlocks(*op, at, depth, false);
        break;
      case OpCode::kSkipMap:
        at = SkipBlocks(*op, at, depth, true);
        break;
      case OpCode::kMarkBegin:
        marks_[op->count].begin = marks_[op->count].value = at;
        continue;
      case OpCode::kMarkValue:
        marks_[op->count].value = at;
        marks_[op->count].branch = op->target;
        continue;
      case OpCode::kMarkEnd:
        marks_[op->count].end = at;
        continue;
      case OpCode::kJump:
        op = ops_ + op->target - 1;
        continue;
      case OpCode::kReturn:
      case OpCode::kStop:
        return at;
      case OpCode::kFail:
        return Fail(*op, at, code_.messages[op->target]);
      default:
        __builtin_unreachable();  // code_builder.cc and extractor.cc emit no other
    }
    if (at == nullptr) [[unlikely]]
      return nullptr;
  }
}

// Blocks of items; a negative count is followed by the block's size, which is jumped over.
const char* SkipRunner::SkipBlocks(const Op& op, const char* at, int depth, bool map) {
  while (true) {
    uint64_t raw = 0;
    const char* const begin = at;
    at = LoadVarint(at, end_, raw);
    if (at == nullptr) [[unlikely]]
      return Bad(op, 0, begin);
    if (raw == 0) return at;
    if ((raw & 1) != 0) {
      const uint64_t count = raw / 2 + 1;
      at = LoadVarint(at, end_, raw);
      if (at == nullptr || (raw & 1) != 0 || raw / 2 > static_cast<uint64_t>(end_ - at)) [[unlikely]]
        return Bad(op, 0, begin);
      // Numbers are read from the block without looking at it again.
      const uint32_t fixed_bytes = code_.items[op.target].fixed_bytes;
      if (fixed_bytes > 0 && (raw / 2 % fixed_bytes != 0 || raw / 2 / fixed_bytes != count)) [[unlikely]]
        return Bad(op, 0, begin);
      at += raw / 2;
      continue;
    }
    at = SkipItems(op, at, depth, map, raw / 2);
    if (at == nullptr) return nullptr;
  }
}

const char* SkipRunner::SkipItems(const Op& op, const char* at, int depth, bool map, uint64_t count) {
  const ItemsOp& loop = code_.items[op.target];
  const auto bytes = static_cast<uint64_t>(end_ - at);
  if (loop.bytes_min > 0 && count > bytes / loop.bytes_min) [[unlikely]]
    return Fail(op, at, fmt::format("{} items cannot be in {} bytes", count, bytes));
  if (loop.fixed_bytes > 0) return at + count * loop.fixed_bytes;
  if (depth + 1 > kDatumDepthMax) return TooDeep(op, at);
  // Only types without any bytes have no least size: one stands for all, however many are claimed.
  if (loop.bytes_min == 0) count = 1;
  const Op* const body = ops_ + loop.body;
  for (uint64_t i = 0; i < count; ++i) {
    if (map) {
      uint64_t raw = 0;
      const char* const key = LoadVarint(at, end_, raw);
      if (key == nullptr || (raw & 1) != 0 || raw / 2 > static_cast<uint64_t>(end_ - key)) [[unlikely]]
        return Bad(op, 0, at);
      at = key + raw / 2;
    }
    at = Run(body, at, depth + 1);
    if (at == nullptr) [[unlikely]] {
      trace_.WithinItem(op, i);
      return nullptr;
    }
  }
  return at;
}

}  // namespace

const char* RunSkip(const Code& code, const Op* op, const char* at, const char* end, int depth, Mark* marks,
                    Trace& trace) {
  return SkipRunner(code, end, marks, trace).Run(op, at, depth);
}

}  // namespace venice::avro
