#include "avro/code_builder.h"

namespace venice::avro {
namespace {

// 16 MiB of operations; a schema of 1 MB in use compiles to some 20 thousand.
constexpr size_t kOpsMax = 500'000;
constexpr int kWeightDepthMax = 64;

bool IsRun(OpCode code) { return code <= OpCode::kText || (code >= OpCode::kSkipInts && code <= OpCode::kSkipBytes); }

}  // namespace

uint32_t CodeBuilder::NewPlace(uint32_t parent, const Node& type, std::string_view field) {
  code_.places.push_back({parent, &type, field});
  return static_cast<uint32_t>(code_.places.size() - 1);
}

Op& CodeBuilder::Emit(OpCode code, uint32_t place) {
  Op& op = code_.ops.emplace_back();
  op.code = code;
  op.place = place;
  return op;
}

bool CodeBuilder::Extend(const Op& op) {
  if (Here() == label_ || !IsRun(op.code)) return false;
  Op& last = code_.ops.back();
  if (last.code != op.code || !(last.header == op.header) || last.depth != op.depth) return false;
  // Skipped bytes are counted, not values: an error names the first of them.
  const bool bytes = op.code == OpCode::kSkipBytes;
  if (!bytes && last.place + last.count != op.place) return false;
  if (op.code <= OpCode::kText && last.slot + last.count != op.slot) return false;
  if (last.count > UINT32_MAX - op.count) return false;
  last.count += op.count;
  return true;
}

uint32_t CodeBuilder::Label() {
  label_ = Here();
  return label_;
}

uint32_t CodeBuilder::NewBody() {
  bodies_.push_back(0);
  return static_cast<uint32_t>(bodies_.size() - 1);
}

CodeBuilder::Branch CodeBuilder::BeginBranch(OpCode code, size_t branches, uint32_t place) {
  Branch branch;
  branch.table = static_cast<uint32_t>(code_.tables.size());
  code_.tables.resize(code_.tables.size() + branches);
  Op& op = Emit(code, place);
  op.count = static_cast<uint32_t>(branches);
  op.target = branch.table;
  return branch;
}

void CodeBuilder::EndCase(Branch& branch) {
  branch.jumps.push_back(Here());
  Emit(OpCode::kJump, 0);
}

void CodeBuilder::EndBranch(const Branch& branch) {
  const uint32_t after = Label();
  for (const uint32_t jump : branch.jumps) code_.ops[jump].target = after;
}

void CodeBuilder::EmitFail(uint32_t place, std::string message) {
  code_.messages.push_back(std::move(message));
  Emit(OpCode::kFail, place).target = static_cast<uint32_t>(code_.messages.size() - 1);
}

void CodeBuilder::EmitSkipRun(OpCode code, uint32_t count, uint32_t place) {
  Op op;
  op.code = code;
  op.count = count;
  op.place = place;
  if (!Extend(op)) Emit(code, place).count = count;
}

void CodeBuilder::EmitSkip(const Node& type, uint32_t place) {
  if (code_.ops.size() > kOpsMax) return;  // CheckSize tells
  switch (type.type) {
    case Type::kNull:
      return;
    case Type::kBoolean:
      return EmitSkipRun(OpCode::kSkipBooleans, 1, place);
    case Type::kInt:
      return EmitSkipRun(OpCode::kSkipInts, 1, place);
    case Type::kLong:
      return EmitSkipRun(OpCode::kSkipLongs, 1, place);
    case Type::kFloat:
      return EmitSkipRun(OpCode::kSkipBytes, sizeof(float), place);
    case Type::kDouble:
      return EmitSkipRun(OpCode::kSkipBytes, sizeof(double), place);
    case Type::kBytes:
    case Type::kString:
      return EmitSkipRun(OpCode::kSkipTexts, 1, place);
    case Type::kFixed:
      if (type.fixed_size > UINT32_MAX) return EmitFail(place, "fixed types of 4 GiB and more are not supported");
      return EmitSkipRun(OpCode::kSkipBytes, static_cast<uint32_t>(type.fixed_size), place);
    case Type::kEnum:
      Emit(OpCode::kSkipEnum, place).count = static_cast<uint32_t>(type.symbols.size());
      return;
    case Type::kUnion:
      return EmitSkipUnion(type, place);
    case Type::kArray:
    case Type::kMap:
      return EmitSkipItems(type, place);
    case Type::kRecord:
      if (SkipWeight(type, 0) > kInlineOpsMax) {
        Op& op = Emit(OpCode::kSkipCall, place);
        op.target = SkipBody(type);
        op.need = 1;
        return;
      }
      for (const Field& field : type.fields) EmitSkip(*field.type, NewPlace(place, *field.type, field.name));
  }
}

void CodeBuilder::EmitSkipUnion(const Node& type, uint32_t place) {
  Branch branch = BeginBranch(OpCode::kSkipBranch, type.branches.size(), place);
  for (size_t i = 0; i < type.branches.size(); ++i) {
    BeginCase(branch, i);
    EmitSkip(*type.branches[i], place);
    EndCase(branch);
  }
  EndBranch(branch);
}

void CodeBuilder::EmitSkipItems(const Node& type, uint32_t place) {
  const bool map = type.type == Type::kMap;
  ItemsOp items;
  items.bytes_min = static_cast<uint32_t>(std::min<size_t>(type.items->encoded_bytes_min + (map ? 1 : 0), UINT32_MAX));
  if (!map && type.items->type == Type::kFloat) items.fixed_bytes = sizeof(float);
  if (!map && type.items->type == Type::kDouble) items.fixed_bytes = sizeof(double);
  if (!map && type.items->type == Type::kFixed && type.items->fixed_size <= UINT32_MAX) {
    items.fixed_bytes = static_cast<uint32_t>(type.items->fixed_size);
  }
  items.body = SkipBody(*type.items);
  code_.items.push_back(items);
  Emit(map ? OpCode::kSkipMap : OpCode::kSkipArray, place).target = static_cast<uint32_t>(code_.items.size() - 1);
}

uint32_t CodeBuilder::SkipBody(const Node& type) {
  const auto [known, is_new] = skip_bodies_.try_emplace(&type, 0);
  if (is_new) {
    known->second = NewBody();
    skip_bodies_waiting_.push_back(&type);
  }
  return known->second;
}

// How many operations skipping takes, about; kTooManyOps when it is recursive.
uint32_t CodeBuilder::SkipWeight(const Node& type, int depth) {
  if (type.type != Type::kRecord && type.type != Type::kUnion) return 1;
  const auto [known, is_new] = skip_weights_.try_emplace(&type, kTooManyOps);
  if (!is_new || depth > kWeightDepthMax) return known->second;
  uint64_t weight = 1;
  for (const Field& field : type.fields) weight += SkipWeight(*field.type, depth + 1);
  for (const Node* branch : type.branches) weight += uint64_t{1} + SkipWeight(*branch, depth + 1);
  return skip_weights_[&type] = static_cast<uint32_t>(std::min<uint64_t>(weight, kTooManyOps));
}

void CodeBuilder::EmitSkipBodies() {
  while (!skip_bodies_waiting_.empty()) {
    const Node& type = *skip_bodies_waiting_.front();
    skip_bodies_waiting_.pop_front();
    BeginBody(skip_bodies_[&type]);
    const uint32_t place = NewPlace(Place::kNone, type);
    if (type.type == Type::kRecord) {
      for (const Field& field : type.fields) EmitSkip(*field.type, NewPlace(place, *field.type, field.name));
    } else {
      EmitSkip(type, place);
    }
    Emit(OpCode::kReturn, place);
  }
}

Status CodeBuilder::CheckSize() const {
  if (code_.ops.size() <= kOpsMax && code_.tables.size() <= kOpsMax) return Ok();
  return Error(ErrorCode::kInvalidSchema, "the schema is too complex: its reading takes too many operations");
}

void CodeBuilder::LinkBodies() {
  // A jump to a jump goes on, a jump to the end ends. Backwards, because jumps lead forward.
  for (auto op = code_.ops.rbegin(); op != code_.ops.rend(); ++op) {
    if (op->code != OpCode::kJump) continue;
    const Op& target = code_.ops[op->target];
    if (target.code == OpCode::kJump || target.code == OpCode::kReturn) *op = Op(target);
  }
  for (Op& op : code_.ops) {
    if (op.code == OpCode::kCall || op.code == OpCode::kSkipCall) op.target = bodies_[op.target];
  }
  for (ItemsOp& items : code_.items) items.body = bodies_[items.body];
}

}  // namespace venice::avro
