#include "avro/run_plan.h"

#include "avro/plan_decoder.h"
#include "avro/run_skip.h"

namespace venice::avro {

const char* PlanDecoder::Run(const Op* op, Value* frame, const char* at, int depth) {
  uint32_t index = 0;
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
        const char* const after = LoadIndex(at, end_, op->count, branch);
        if (after == nullptr) return Bad(*op, 0, at);
        at = after;
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
      case OpCode::kSkipInts:
        if (!PassVarints(at, end_, op->count, UINT32_MAX, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipLongs:
        if (!PassVarints(at, end_, op->count, UINT64_MAX, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipTexts:
        if (!PassTexts(at, end_, op->count, index)) return Bad(*op, index, at);
        continue;
      case OpCode::kSkipBytes:
        if (op->count > static_cast<size_t>(end_ - at)) return Bad(*op, 0, at);
        at += op->count;
        continue;
      case OpCode::kSkip:
        at = RunSkip(plan_, op + 1, at, end_, depth, nullptr, trace_);
        op += op->count;
        break;
      default:
        __builtin_unreachable();  // plan.cc emits no other; checking would cost each operation a comparison
    }
    if (at == nullptr) [[unlikely]]
      return nullptr;
  }
}

const char* PlanDecoder::ReadFixed(const Op& op, Value* frame, const char* at) {
  if (op.count > static_cast<size_t>(end_ - at)) return Bad(op, 0, at);
  const char* bytes = copies_ ? arena_.Copy({at, op.count}) : at;
  if (bytes == nullptr) return OutOfMemory(op, at);
  frame[op.slot] = Value(op.header, bytes);
  return at + op.count;
}

std::string PlanDecoder::EnumProblem(const Op& op, const char* at, const Node& type) const {
  uint64_t index = 0;
  if (LoadIndex(at, end_, op.count, index) == nullptr)
    return fmt::format("the {} bytes left are not an encoded {}", end_ - at, type.BranchName());
  const Node* symbols = &type;
  for (const Node* branch : type.branches) {
    if (branch->type == Type::kEnum && branch->symbols.size() == op.count) symbols = branch;
  }
  return fmt::format("the reader's enum has neither symbol {} nor a default", symbols->symbols.at(index));
}

inline const char* PlanDecoder::ReadOptional(const Op*& op, Value* frame, const char* at) {
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

const char* PlanDecoder::ReadRecord(const Op& op, Value* frame, const char* at, int depth) {
  if (depth + op.need > kDatumDepthMax) return TooDeep(op, at);
  auto* const fields = arena_.AllocateArray<Value>(op.count);
  if (fields == nullptr) return OutOfMemory(op, at);
  frame[op.slot] = Value(op.header, static_cast<const Value*>(fields));
  at = Run(ops_ + op.target, fields, at, depth + op.depth);
  if (at == nullptr) [[unlikely]]
    trace_.Within(op);
  return at;
}

const char* RunPlan(const Plan& plan, std::string_view in, Arena& arena, Text text, Trace& trace, Value& out) {
  return PlanDecoder(plan, in, arena, text, trace).Decode(in.data(), out);
}

}  // namespace venice::avro
