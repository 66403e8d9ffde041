#include "avro/plan.h"

#include <unordered_map>
#include <unordered_set>

#include "avro/binary.h"
#include "avro/code_builder.h"
#include "avro/default_value.h"
#include "avro/resolution.h"

namespace venice::avro {
namespace {

using Kind = Step::Kind;

constexpr size_t kBranchesMax = INT16_MAX;
constexpr uint32_t kInlineUnionSlotsMax = 16;  // an absent record costs its slots: 256 bytes

OpCode LeafCode(Type from, Type to) {
  switch (from) {
    case Type::kNull:
      return OpCode::kNull;
    case Type::kBoolean:
      return OpCode::kBoolean;
    case Type::kInt:
      if (to == Type::kLong) return OpCode::kIntAsLong;
      if (to == Type::kFloat) return OpCode::kIntAsFloat;
      return to == Type::kDouble ? OpCode::kIntAsDouble : OpCode::kInt;
    case Type::kLong:
      if (to == Type::kFloat) return OpCode::kLongAsFloat;
      return to == Type::kDouble ? OpCode::kLongAsDouble : OpCode::kLong;
    case Type::kFloat:
      return to == Type::kDouble ? OpCode::kFloatAsDouble : OpCode::kFloat;
    case Type::kDouble:
      return OpCode::kDouble;
    case Type::kFixed:
      return OpCode::kFixed;
    case Type::kEnum:
      return OpCode::kEnum;
    default:
      return OpCode::kText;
  }
}

bool IsPacked(Type item) {
  switch (item) {
    case Type::kNull:
    case Type::kBoolean:
    case Type::kInt:
    case Type::kLong:
    case Type::kFloat:
    case Type::kDouble:
    case Type::kEnum:
      return true;
    default:
      return false;
  }
}

bool IsPlainSkip(const Op& op) {
  return op.code == OpCode::kSkipInts || op.code == OpCode::kSkipLongs || op.code == OpCode::kSkipTexts ||
         op.code == OpCode::kSkipBytes;
}

uint32_t CountValues(const Value& value) {
  uint64_t count = 1;
  if (value.type() == Type::kRecord || (value.type() == Type::kArray && !value.packed())) {
    for (const Value& item : value.items()) count += CountValues(item);
  } else if (value.type() == Type::kMap) {
    for (const ValueEntry& entry : value.entries()) count += CountValues(entry.value);
  } else if (value.type() == Type::kArray) {
    count += value.size();
  }
  return static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX));
}

class PlanCompiler {
 public:
  explicit PlanCompiler(Plan& plan) : plan_(plan), builder_(plan) {}

  Status Compile(const Step& root) {
    recursive_ = IsRecursive(root);
    MeasureHeights(root);
    Frame frame{.slots = 1, .owned = true};
    Emit(root, {.slot = 0, .place = builder_.NewPlace(Place::kNone, *root.writer)}, frame);
    builder_.Emit(OpCode::kReturn, 0);
    plan_.frame_slots = frame.slots;
    plan_.need = static_cast<uint16_t>(Height(root));
    while (!waiting_.empty()) {
      const auto [step, body] = waiting_.back();
      waiting_.pop_back();
      EmitBody(*step, body);
    }
    builder_.EmitSkipBodies();
    if (!failure_.ok()) return failure_;
    VENICE_TRY(builder_.CheckSize());
    builder_.LinkBodies();
    for (Op& op : plan_.ops) {
      if (op.code == OpCode::kCall) op.count = frame_slots_by_address_[op.target];
    }
    for (ItemsOp& items : plan_.items) {
      if (items.records) items.frame_slots = frame_slots_by_address_[items.body];
    }
    return Ok();
  }

 private:
  // The slots of the body being emitted.
  struct Frame {
    uint32_t slots = 0;
    bool owned = false;  // further slots can be had
  };
  // Where a value goes.
  struct Target {
    uint32_t slot = 0;
    uint32_t place = 0;
    uint16_t depth = 0;
    int16_t branch = -1;
  };

  static Value::Header HeaderOf(Type type, const Target& target) { return {.type = type, .branch = target.branch}; }

  Op& EmitAt(OpCode code, Type type, const Target& target) {
    Op& op = builder_.Emit(code, target.place);
    op.slot = target.slot;
    op.depth = target.depth;
    op.header = HeaderOf(type, target);
    return op;
  }

  void Emit(const Step& step, Target target, Frame& frame) {
    if (builder_.Here() > 0 && !builder_.CheckSize().ok()) return;
    switch (step.kind) {
      case Kind::kLeaf:
        return EmitLeaf(step, target);
      case Kind::kRecord:
        return EmitRecord(step, target, frame);
      case Kind::kArray:
        if (step.inner->kind == Kind::kLeaf && IsPacked(step.reader->items->type)) return EmitNumbers(step, target);
        return EmitItems(step, target);
      case Kind::kMap:
        return EmitItems(step, target);
      case Kind::kWriterUnion:
        return EmitUnion(step, target, frame);
      case Kind::kReaderUnion:
        target.branch = static_cast<int16_t>(step.branch);
        ++target.depth;
        return Emit(*step.inner, target, frame);
      case Kind::kFail:
        return builder_.EmitFail(target.place, step.message);
    }
  }

  // What an operation on a leaf needs beside its slot: also of the items of a packed array.
  void FillLeaf(const Step& step, OpCode code, Op& op) {
    if (code == OpCode::kFixed) op.count = static_cast<uint32_t>(step.writer->fixed_size);
    if (code != OpCode::kEnum) return;
    op.count = static_cast<uint32_t>(step.writer->symbols.size());
    op.target = static_cast<uint32_t>(plan_.tables.size());
    plan_.tables.insert(plan_.tables.end(), step.symbols.begin(), step.symbols.end());
  }

  void EmitLeaf(const Step& step, const Target& target) {
    if (step.writer->fixed_size > UINT32_MAX) {
      return builder_.EmitFail(target.place, "fixed types of 4 GiB and more are not supported");
    }
    Op op;
    op.code = LeafCode(step.writer->type, step.reader->type);
    op.slot = target.slot;
    op.place = target.place;
    op.depth = target.depth;
    op.header = HeaderOf(step.reader->type, target);
    if (op.code == OpCode::kFixed) op.header.size = static_cast<uint32_t>(step.writer->fixed_size);
    if (builder_.Extend(op)) return;
    FillLeaf(step, op.code, op);
    builder_.Emit(op.code, op.place) = op;
  }

  void EmitNumbers(const Step& step, const Target& target) {
    const Step& item = *step.inner;
    Op& op = EmitAt(OpCode::kNumbers, Type::kArray, target);
    op.header.item_type = item.reader->type;
    op.detail = static_cast<uint8_t>(LeafCode(item.writer->type, item.reader->type));
    op.need = static_cast<uint16_t>(target.depth + 1);
    FillLeaf(item, static_cast<OpCode>(op.detail), op);
  }

  void EmitRecord(const Step& step, const Target& target, Frame& frame) {
    const auto fields = static_cast<uint32_t>(step.reader->fields.size());
    if (!frame.owned || Weight(step) > CodeBuilder::kInlineOpsMax) {
      Op& op = EmitAt(OpCode::kCall, Type::kRecord, target);
      op.header.size = fields;
      op.target = BodyOf(step);
      op.need = SaturatedNeed(target.depth, Height(step));
      return;
    }
    Op& op = EmitAt(OpCode::kRecord, Type::kRecord, target);
    op.header.size = fields;
    op.target = frame.slots;
    const Target first{.slot = frame.slots, .place = target.place, .depth = static_cast<uint16_t>(target.depth + 1)};
    frame.slots += fields;
    EmitFields(step, first, frame);
  }

  void EmitFields(const Step& step, const Target& first, Frame& frame) {
    uint32_t skip = 0;  // address of the open run of skipped fields
    bool skipping = false;
    const auto close = [&] {
      if (!skipping) return;
      skipping = false;
      if (std::all_of(plan_.ops.begin() + skip + 1, plan_.ops.end(), IsPlainSkip)) {
        plan_.ops.erase(plan_.ops.begin() + skip);  // a decoder does these, if any, itself
      } else {
        builder_.Emit(OpCode::kReturn, 0);
        plan_.ops[skip].count = builder_.Here() - skip - 1;
      }
      builder_.Label();
    };
    for (size_t i = 0; i < step.fields.size(); ++i) {
      const Step::FieldStep& field = step.fields[i];
      const uint32_t place = builder_.NewPlace(first.place, *field.writer, step.writer->fields[i].name);
      if (field.step == nullptr) {
        if (!skipping) {
          skip = builder_.Here();
          builder_.Emit(OpCode::kSkip, place);
          builder_.Label();
          skipping = true;
        }
        builder_.EmitSkip(*field.writer, place);
        continue;
      }
      close();
      const auto slot = static_cast<uint32_t>(first.slot + field.reader_index);
      Emit(*field.step, {.slot = slot, .place = place, .depth = first.depth}, frame);
    }
    close();
    for (const size_t index : step.missing) {
      Op& op = builder_.Emit(OpCode::kDefault, first.place);
      op.slot = static_cast<uint32_t>(first.slot + index);
      op.target = DefaultOf(step.reader->fields[index]);
    }
  }

  void EmitItems(const Step& step, const Target& target) {
    const bool map = step.kind == Kind::kMap;
    ItemsOp items;
    items.bytes_min =
        static_cast<uint32_t>(std::min<size_t>(step.writer->items->encoded_bytes_min + (map ? 1 : 0), UINT32_MAX));
    const Step* record = step.inner;
    if (record->kind == Kind::kReaderUnion) record = record->inner;
    if (record->kind == Kind::kRecord) {
      items.records = true;
      items.item_header = {.type = Type::kRecord, .size = static_cast<uint32_t>(record->reader->fields.size())};
      if (record != step.inner) items.item_header.branch = static_cast<int16_t>(step.inner->branch);
    } else {
      record = step.inner;
    }
    items.body = BodyOf(*record);
    plan_.items.push_back(items);
    Op& op = EmitAt(map ? OpCode::kMap : OpCode::kArray, map ? Type::kMap : Type::kArray, target);
    op.target = static_cast<uint32_t>(plan_.items.size() - 1);
    op.need = SaturatedNeed(target.depth + 1, Height(*step.inner));
  }

  void EmitUnion(const Step& step, const Target& target, Frame& frame) {
    const auto& branches = step.branches;
    const int null_branch = OptionalNull(step);
    if (null_branch >= 0) {
      const Step& null = *branches[static_cast<size_t>(null_branch)];
      Target nothing = target;
      if (null.kind == Kind::kReaderUnion) nothing.branch = static_cast<int16_t>(null.branch);
      const uint32_t address = builder_.Here();
      EmitAt(OpCode::kOptional, Type::kNull, nothing).detail = static_cast<uint8_t>(null_branch);
      builder_.Label();
      EmitCase(*branches[static_cast<size_t>(1 - null_branch)], target, frame);
      plan_.ops[address].target = builder_.Label();
      return;
    }
    CodeBuilder::Branch branch = builder_.BeginBranch(OpCode::kBranch, branches.size(), target.place);
    const uint32_t slots = frame.slots;
    uint32_t slots_most = slots;
    for (size_t i = 0; i < branches.size(); ++i) {
      builder_.BeginCase(branch, i);
      frame.slots = slots;  // only one of the branches is there
      EmitCase(*branches[i], target, frame);
      slots_most = std::max(slots_most, frame.slots);
      builder_.EndCase(branch);
    }
    frame.slots = slots_most;
    builder_.EndBranch(branch);
  }

  void EmitCase(const Step& branch, const Target& target, Frame& frame) {
    const Step& step = branch.kind == Kind::kReaderUnion ? *branch.inner : branch;
    if (step.kind == Kind::kFail) {
      const std::string name(branch.writer->BranchName());
      return builder_.EmitFail(target.place, fmt::format("union branch {}: {}", name, step.message));
    }
    // A call also checks how deep the record nests, and costs no slots when another branch is taken.
    const bool inlined = !recursive_ && (step.kind != Kind::kRecord || Weight(step) <= kInlineUnionSlotsMax);
    Frame calls_only{.slots = frame.slots, .owned = false};
    Emit(branch, target, inlined ? frame : calls_only);
  }

  // The null's branch of a union of null and one other that both can be read, or -1.
  static int OptionalNull(const Step& step) {
    if (step.branches.size() != 2) return -1;
    for (size_t i = 0; i < 2; ++i) {
      if (step.writer->branches[i]->type != Type::kNull) continue;
      const Step* null = step.branches[i];
      if (null->kind == Kind::kReaderUnion) null = null->inner;
      return null->kind == Kind::kLeaf ? static_cast<int>(i) : -1;
    }
    return -1;
  }

  uint32_t BodyOf(const Step& step) {
    const auto [known, is_new] = bodies_.try_emplace(&step, 0);
    if (is_new) {
      known->second = builder_.NewBody();
      waiting_.emplace_back(&step, known->second);
    }
    return known->second;
  }

  void EmitBody(const Step& step, uint32_t body) {
    builder_.BeginBody(body);
    const uint32_t address = builder_.Here();
    const uint32_t place = builder_.NewPlace(Place::kNone, *step.writer);
    Frame frame;
    if (step.kind == Kind::kRecord) {
      frame = {.slots = static_cast<uint32_t>(step.reader->fields.size()), .owned = true};
      EmitFields(step, {.slot = 0, .place = place, .depth = 1}, frame);
    } else {
      frame.slots = 1;
      Emit(step, {.slot = 0, .place = place}, frame);
    }
    builder_.Emit(OpCode::kReturn, place);
    frame_slots_by_address_[address] = frame.slots;
  }

  static uint16_t SaturatedNeed(int depth, int height) {
    return static_cast<uint16_t>(std::min(depth + height, kDatumDepthMax + 1));
  }

  bool IsRecursive(const Step& root) {
    std::unordered_set<const Step*> open;
    std::unordered_set<const Step*> done;
    return LeadsBack(root, open, done);
  }

  bool LeadsBack(const Step& step, std::unordered_set<const Step*>& open, std::unordered_set<const Step*>& done) {
    if (done.contains(&step)) return false;
    if (!open.insert(&step).second) return true;
    bool back = step.inner != nullptr && LeadsBack(*step.inner, open, done);
    for (const auto& field : step.fields) back = back || (field.step != nullptr && LeadsBack(*field.step, open, done));
    for (const Step* branch : step.branches) back = back || LeadsBack(*branch, open, done);
    open.erase(&step);
    done.insert(&step);
    return back;
  }

  // How many operations a step takes without the bodies it calls, about; kTooManyOps when it contains itself.
  uint32_t Weight(const Step& step) {
    if (step.kind == Kind::kReaderUnion) return Weight(*step.inner);
    if (step.kind != Kind::kRecord && step.kind != Kind::kWriterUnion) return 1;
    if (const auto found = weights_.find(&step); found != weights_.end()) return found->second;
    weights_[&step] = CodeBuilder::kTooManyOps;
    uint64_t weight = 1 + step.missing.size();
    for (const auto& field : step.fields) weight += field.step == nullptr ? 1 : Weight(*field.step);
    for (const Step* branch : step.branches) weight += uint64_t{1} + Weight(*branch);
    return weights_[&step] = static_cast<uint32_t>(std::min<uint64_t>(weight, CodeBuilder::kTooManyOps));
  }

  // How deep every value of the step nests at least; more than kDatumDepthMax when it always contains itself.
  int Height(const Step& step) const { return heights_.at(&step); }

  // Of all steps at once: heights only fall until they stay, so those of types that contain each other do not depend on
  // which of them is asked about first.
  void MeasureHeights(const Step& root) {
    std::vector<const Step*> steps;
    std::vector<const Step*> left = {&root};
    while (!left.empty()) {
      const Step* const step = left.back();
      left.pop_back();
      if (step == nullptr || !heights_.try_emplace(step, kDatumDepthMax + 1).second) continue;
      steps.push_back(step);
      for (const auto& field : step->fields) left.push_back(field.step);
      left.insert(left.end(), step->branches.begin(), step->branches.end());
      left.push_back(step->inner);
    }
    for (bool fell = true; fell;) {
      fell = false;
      for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        const int height = HeightByParts(**step);
        fell = fell || height < heights_[*step];
        heights_[*step] = height;
      }
    }
  }

  int HeightByParts(const Step& step) const {
    int height = 0;
    if (step.kind == Kind::kReaderUnion) {
      height = 1 + Height(*step.inner);
    } else if (step.kind == Kind::kRecord) {
      if (!step.reader->fields.empty()) height = 1;
      for (const auto& field : step.fields) {
        if (field.step != nullptr) height = std::max(height, 1 + Height(*field.step));
      }
    } else if (step.kind == Kind::kWriterUnion) {
      height = step.branches.empty() ? 0 : kDatumDepthMax + 1;
      for (const Step* branch : step.branches) height = std::min(height, Height(*branch));
    }
    return std::min(height, kDatumDepthMax + 1);
  }

  // The value of a field's default, decoded once for all records.
  uint32_t DefaultOf(const Field& field) {
    const auto [known, is_new] = defaults_.try_emplace(&field, static_cast<uint32_t>(plan_.defaults.size()));
    if (!is_new) return known->second;
    plan_.defaults.emplace_back();
    plan_.default_costs.push_back(1);
    if (Status status = FillDefault(field, known->second); !status.ok() && failure_.ok()) {
      failure_ = std::move(status).error().In("field " + field.name);
    }
    return known->second;
  }

  Status FillDefault(const Field& field, uint32_t index) {
    VENICE_ASSIGN(const Datum datum, DefaultValue(*field.type, *field.default_json));
    VENICE_ASSIGN(plan_.defaults[index], ToValue(plan_.reader.At(*field.type), datum, plan_.default_memory));
    plan_.default_costs[index] = CountValues(plan_.defaults[index]);
    return Ok();
  }

  Plan& plan_;
  CodeBuilder builder_;
  bool recursive_ = false;
  Status failure_;
  std::unordered_map<const Step*, uint32_t> bodies_;
  std::vector<std::pair<const Step*, uint32_t>> waiting_;
  std::unordered_map<uint32_t, uint32_t> frame_slots_by_address_;
  std::unordered_map<const Step*, uint32_t> weights_;
  std::unordered_map<const Step*, int> heights_;
  std::unordered_map<const Field*, uint32_t> defaults_;
};

bool HasTooManyBranches(const Resolution& resolution) {
  return std::any_of(resolution.steps.begin(), resolution.steps.end(), [](const Step& step) {
    return step.kind == Kind::kReaderUnion && static_cast<size_t>(step.branch) >= kBranchesMax;
  });
}

}  // namespace

Result<std::shared_ptr<const Plan>> CompilePlan(const Schema& writer, const Schema& reader) {
  VENICE_ASSIGN(const Resolution resolution, Resolve(writer, reader));
  VENICE_TRY(CheckSomethingReads(resolution));
  if (HasTooManyBranches(resolution)) {
    return Error(ErrorCode::kInvalidSchema, fmt::format("unions of more than {} branches", kBranchesMax));
  }
  auto plan = std::make_shared<Plan>();
  plan->writer = writer;
  plan->reader = reader;
  VENICE_TRY(PlanCompiler(*plan).Compile(*resolution.root));
  return std::shared_ptr<const Plan>(std::move(plan));
}

}  // namespace venice::avro
