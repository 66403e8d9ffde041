#include "avro/extractor.h"

#include <map>

#include "avro/code_builder.h"
#include "avro/primitives.h"
#include "avro/run_skip.h"

namespace venice::avro {
namespace {

constexpr int kWantedDepthMax = 64;  // of a path

// The wanted paths as a tree of field names.
struct Wanted {
  const Field* field = nullptr;
  int index = -1;  // of the path that ends here
  std::map<std::string, Wanted, std::less<>> fields;
};

std::string FieldNames(const Node& record) {
  std::string names;
  for (const Field& field : record.fields) names += (names.empty() ? "" : ", ") + field.name;
  return names;
}

// The record that a path goes on in: the type itself or, of a union, the first branch that has the field.
const Field* FindField(const Node& type, std::string_view name) {
  if (type.type == Type::kRecord) {
    const int index = type.FieldIndex(name);
    return index < 0 ? nullptr : &type.fields[static_cast<size_t>(index)];
  }
  for (const Node* branch : type.branches) {
    if (branch->type != Type::kRecord) continue;
    if (const Field* field = FindField(*branch, name)) return field;
  }
  return nullptr;
}

bool IsFieldOf(const Node& record, const Field* field) {
  return record.FieldIndex(field->name) >= 0 &&
         &record.fields[static_cast<size_t>(record.FieldIndex(field->name))] == field;
}

Result<const Node*> AddPath(const Node& root, const std::string& path, int index, Wanted& wanted) {
  const Node* type = &root;
  Wanted* at = &wanted;
  int depth = 0;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t dot = std::min(path.find('.', begin), path.size());
    const std::string name = path.substr(begin, dot - begin);
    begin = dot + 1;
    const Field* field = FindField(*type, name);
    if (field == nullptr || ++depth > kWantedDepthMax) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("path {}: {} has no field \"{}\"; its fields are {}", path, type->BranchName(), name,
                               type->type == Type::kRecord ? FieldNames(*type) : "those of its branches"));
    }
    type = field->type;
    at = &at->fields[name];
    at->field = field;
  }
  if (at->index >= 0) return Error(ErrorCode::kInvalidArgument, fmt::format("path {} comes twice", path));
  at->index = index;
  return type;
}

class ExtractorCompiler {
 public:
  explicit ExtractorCompiler(Code& code) : builder_(code) {}

  Status Compile(const Node& root, const Wanted& wanted, bool stops) {
    const uint32_t place = builder_.NewPlace(Place::kNone, root);
    Emit(wanted, root, place, stops);
    builder_.Emit(OpCode::kReturn, place);
    builder_.EmitSkipBodies();
    VENICE_TRY(builder_.CheckSize());
    builder_.LinkBodies();
    return Ok();
  }

 private:
  void Mark(OpCode code, const Wanted& wanted, uint32_t place) {
    if (wanted.index >= 0) builder_.Emit(code, place).count = static_cast<uint32_t>(wanted.index);
  }

  // stops  nothing behind this value is wanted
  void Emit(const Wanted& wanted, const Node& type, uint32_t place, bool stops) {
    Mark(OpCode::kMarkBegin, wanted, place);
    const bool stops_inside = stops && wanted.index < 0;
    if (type.type == Type::kUnion) {
      EmitUnion(wanted, type, place, stops_inside);
    } else {
      EmitValue(wanted, type, place, stops_inside);
    }
    Mark(OpCode::kMarkEnd, wanted, place);
    if (stops) builder_.Emit(OpCode::kStop, place);
  }

  void EmitUnion(const Wanted& wanted, const Node& type, uint32_t place, bool stops) {
    CodeBuilder::Branch branch = builder_.BeginBranch(OpCode::kSkipBranch, type.branches.size(), place);
    for (size_t i = 0; i < type.branches.size(); ++i) {
      builder_.BeginCase(branch, i);
      if (wanted.index >= 0) {
        Op& op = builder_.Emit(OpCode::kMarkValue, place);
        op.count = static_cast<uint32_t>(wanted.index);
        op.target = static_cast<uint32_t>(i);
      }
      EmitValue(wanted, *type.branches[i], place, stops);
      builder_.EndCase(branch);
    }
    builder_.EndBranch(branch);
  }

  void EmitValue(const Wanted& wanted, const Node& type, uint32_t place, bool stops) {
    if (type.type != Type::kRecord || wanted.fields.empty()) return builder_.EmitSkip(type, place);
    size_t left = 0;
    for (const auto& [name, field] : wanted.fields) left += IsFieldOf(type, field.field) ? 1 : 0;
    for (const Field& field : type.fields) {
      if (left == 0 && stops) return;
      const uint32_t field_place = builder_.NewPlace(place, *field.type, field.name);
      const auto found = wanted.fields.find(field.name);
      // Two branches of a union may have fields of one name; the path means the first.
      if (found == wanted.fields.end() || found->second.field != &field) {
        builder_.EmitSkip(*field.type, field_place);
      } else {
        Emit(found->second, *field.type, field_place, stops && --left == 0);
      }
    }
  }

  CodeBuilder builder_;
};

// The bytes have been checked: reading cannot fail.
int64_t CheckedLong(std::string_view bytes) {
  int64_t value = 0;
  VENICE_CHECK(ReadLong(bytes, value));
  return value;
}

}  // namespace

struct Extractor::Program : Code {
  Schema schema;
  std::vector<const Node*> types;
};

Result<Extractor> Extractor::Make(const Schema& schema, std::span<const std::string> paths, Rest rest) {
  auto program = std::make_shared<Program>();
  program->schema = schema;
  Wanted wanted;
  for (const std::string& path : paths) {
    VENICE_ASSIGN(const Node* type, AddPath(schema.node(), path, static_cast<int>(program->types.size()), wanted));
    program->types.push_back(type);
  }
  VENICE_TRY(ExtractorCompiler(*program).Compile(schema.node(), wanted, rest == Rest::kIgnore));
  return Extractor(std::move(program));
}

size_t Extractor::size() const { return program_->types.size(); }
const Schema& Extractor::schema() const { return program_->schema; }
const Node& Extractor::FieldType(size_t index) const { return *program_->types.at(index); }

Status Extractor::Extract(std::string_view& in, std::span<ExtractedField> fields) const {
  constexpr size_t kMarksOnStack = 32;
  VENICE_CHECK(fields.size() == size());
  std::array<Mark, kMarksOnStack> few;
  std::vector<Mark> many(fields.size() > few.size() ? fields.size() : 0);
  Mark* const marks = many.empty() ? few.data() : many.data();
  std::fill_n(marks, fields.size(), Mark());

  Trace trace(*program_, in.data());
  const char* const end = in.data() + in.size();
  const char* const after = RunSkip(*program_, program_->ops.data(), in.data(), end, 0, marks, trace);
  if (after == nullptr) [[unlikely]]
    return trace.ToError();
  in.remove_prefix(static_cast<size_t>(after - in.data()));
  for (size_t i = 0; i < fields.size(); ++i) {
    const Mark& mark = marks[i];
    fields[i] = {};
    if (mark.end == nullptr) continue;
    fields[i].encoded = {mark.begin, static_cast<size_t>(mark.end - mark.begin)};
    fields[i].value = {mark.value, static_cast<size_t>(mark.end - mark.value)};
    fields[i].type = program_->types[i];
    if (fields[i].type->type != Type::kUnion) continue;
    fields[i].branch = static_cast<int>(mark.branch);
    fields[i].type = fields[i].type->branches[mark.branch];
  }
  return Ok();
}

bool ExtractedField::Boolean() const {
  VENICE_CHECK(present() && type->type == Type::kBoolean);
  return value[0] != 0;
}

int32_t ExtractedField::Int() const {
  VENICE_CHECK(present() && (type->type == Type::kInt || type->type == Type::kEnum));
  return static_cast<int32_t>(CheckedLong(value));
}

int64_t ExtractedField::Long() const {
  VENICE_CHECK(present() && (type->type == Type::kInt || type->type == Type::kLong));
  return CheckedLong(value);
}

float ExtractedField::Float() const {
  VENICE_CHECK(present() && type->type == Type::kFloat);
  return PackedArray<float>(value.data(), 1)[0];
}

double ExtractedField::Double() const {
  VENICE_CHECK(present() && (type->type == Type::kFloat || type->type == Type::kDouble));
  return type->type == Type::kFloat ? Float() : PackedArray<double>(value.data(), 1)[0];
}

std::string_view ExtractedField::Text() const {
  VENICE_CHECK(present());
  if (type->type == Type::kFixed) return value;
  VENICE_CHECK(type->type == Type::kString || type->type == Type::kBytes);
  std::string_view in = value;
  std::string_view text;
  VENICE_CHECK(ReadBytes(in, text));
  return text;
}

NumberRuns<float> ExtractedField::Floats() const {
  VENICE_CHECK(present() && type->type == Type::kArray && type->items->type == Type::kFloat);
  return NumberRuns<float>(value);
}

NumberRuns<double> ExtractedField::Doubles() const {
  VENICE_CHECK(present() && type->type == Type::kArray && type->items->type == Type::kDouble);
  return NumberRuns<double>(value);
}

template <typename T>
bool NumberRuns<T>::Next() {
  int64_t count = 0;
  if (!ReadLong(left_, count) || count == 0) return false;
  if (count < 0) {
    int64_t bytes = 0;
    if (count == INT64_MIN || !ReadLong(left_, bytes)) return false;
    count = -count;
  }
  if (static_cast<uint64_t>(count) > left_.size() / sizeof(T)) return false;
  run_ = {left_.data(), static_cast<size_t>(count)};
  left_.remove_prefix(run_.size() * sizeof(T));
  return true;
}

template <typename T>
size_t NumberRuns<T>::CountLeft() const {
  size_t count = 0;
  for (NumberRuns rest = *this; rest.Next();) count += rest.run_.size();
  return count;
}

template class NumberRuns<float>;
template class NumberRuns<double>;

}  // namespace venice::avro
