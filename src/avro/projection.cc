#include "avro/projection.h"

#include <unordered_set>

#include "avro/binary.h"
#include "avro/default_value.h"
#include "avro/extractor.h"
#include "avro/primitives.h"
#include "avro/resolution.h"

namespace venice::avro {
namespace {

using Kind = Step::Kind;

constexpr size_t kFieldsMax = 10'000;  // records within records can stand for exponentially many

// What is appended: the bytes as they are, then the extracted field, if any.
struct Piece {
  static constexpr size_t kNoField = SIZE_MAX;
  std::string bytes;
  size_t field = kNoField;
};

// Whether the writer's bytes mean the same to the reader.
class VerbatimCheck {
 public:
  bool operator()(const Step& step) {
    switch (step.kind) {
      case Kind::kLeaf:
        return IsLeafVerbatim(step);
      case Kind::kArray:
      case Kind::kMap:
        return (*this)(*step.inner);
      case Kind::kRecord:
        return !seen_.insert(&step).second || IsRecordVerbatim(step);
      case Kind::kWriterUnion:
        for (size_t i = 0; i < step.branches.size(); ++i) {
          const Step& branch = *step.branches[i];
          if (branch.kind != Kind::kReaderUnion || branch.branch != static_cast<int32_t>(i)) return false;
          if (!(*this)(*branch.inner)) return false;
        }
        return true;
      default:
        return false;
    }
  }

 private:
  static bool IsLeafVerbatim(const Step& step) {
    for (size_t i = 0; i < step.symbols.size(); ++i) {
      if (step.symbols[i] != static_cast<int32_t>(i)) return false;
    }
    const Type from = step.writer->type;
    const Type to = step.reader->type;
    const bool text = from == Type::kString || from == Type::kBytes;
    return from == to || text || (from == Type::kInt && to == Type::kLong);
  }

  bool IsRecordVerbatim(const Step& step) {
    if (!step.missing.empty() || step.fields.size() != step.reader->fields.size()) return false;
    for (size_t i = 0; i < step.fields.size(); ++i) {
      const Step::FieldStep& field = step.fields[i];
      if (field.step == nullptr || field.reader_index != i || !(*this)(*field.step)) return false;
    }
    return true;
  }

  std::unordered_set<const Step*> seen_;  // records found alike, or being looked at
};

class ProjectionCompiler {
 public:
  explicit ProjectionCompiler(const Schema& reader) : reader_(reader) {}

  std::vector<std::string> paths;
  std::vector<Piece> pieces;

  // prefix  of the paths of the record's fields
  Status AddRecord(const Step& record, const std::string& prefix) {
    if (!open_.insert(&record).second) {
      return Unable(record, "a record within itself has no end without decoding it");
    }
    std::vector<const Step::FieldStep*> by_reader(record.reader->fields.size());
    std::vector<std::string> names(by_reader.size());
    for (size_t i = 0; i < record.fields.size(); ++i) {
      if (record.fields[i].step == nullptr) continue;
      by_reader[record.fields[i].reader_index] = &record.fields[i];
      names[record.fields[i].reader_index] = record.writer->fields[i].name;
    }
    for (size_t i = 0; i < by_reader.size(); ++i) {
      const Field& field = record.reader->fields[i];
      Status added = by_reader[i] == nullptr ? AddDefault(field) : Add(*by_reader[i]->step, prefix + names[i]);
      if (!added.ok()) return std::move(added).error().In("field " + field.name);
    }
    open_.erase(&record);
    return Ok();
  }

 private:
  Status Add(const Step& step, const std::string& path) {
    if (VerbatimCheck()(step)) {
      if (paths.size() == kFieldsMax) return Unable(step, "too many fields");
      paths.push_back(path);
      Last().field = paths.size() - 1;
      return Ok();
    }
    if (step.kind == Kind::kReaderUnion) {
      AppendLong(Last().bytes, step.branch);
      return Add(*step.inner, path);
    }
    if (step.kind == Kind::kRecord) return AddRecord(step, path + ".");
    if (step.kind == Kind::kFail) return Error(ErrorCode::kInvalidSchema, step.message);
    return Unable(step, "such values must be decoded; use DecodeValue");
  }

  static Error Unable(const Step& step, std::string_view why) {
    return Error(ErrorCode::kInvalidSchema, fmt::format("written as {}, wanted as {}: {}", step.writer->BranchName(),
                                                        step.reader->BranchName(), why));
  }

  Status AddDefault(const Field& field) {
    VENICE_ASSIGN(const Datum datum, DefaultValue(*field.type, *field.default_json));
    return Encode(reader_.At(*field.type), datum, Last().bytes);
  }

  // The piece that takes what comes next.
  Piece& Last() {
    if (pieces.empty() || pieces.back().field != Piece::kNoField) pieces.emplace_back();
    return pieces.back();
  }

  const Schema& reader_;
  std::unordered_set<const Step*> open_;
};

}  // namespace

struct Projection::Program {
  Extractor extractor;
  std::vector<Piece> pieces;
};

Result<Projection> Projection::Make(const Schema& writer, const Schema& reader) {
  if (writer.type() != Type::kRecord || reader.type() != Type::kRecord) {
    return Error(ErrorCode::kInvalidSchema, "only records can be projected");
  }
  VENICE_ASSIGN(const Resolution resolution, Resolve(writer, reader));
  if (resolution.root->kind != Kind::kRecord) return Error(ErrorCode::kInvalidSchema, resolution.root->message);
  ProjectionCompiler compiler(reader);
  VENICE_TRY(compiler.AddRecord(*resolution.root, ""));
  VENICE_ASSIGN(Extractor extractor, Extractor::Make(writer, compiler.paths));
  return Projection(std::make_shared<const Program>(Program{std::move(extractor), std::move(compiler.pieces)}));
}

Status Projection::Project(std::string_view& in, std::string& out) const {
  constexpr size_t kFieldsOnStack = 32;
  std::array<ExtractedField, kFieldsOnStack> few;
  std::vector<ExtractedField> many;
  std::span<ExtractedField> fields(few.data(), std::min(program_->extractor.size(), few.size()));
  if (program_->extractor.size() > few.size()) {
    many.resize(program_->extractor.size());
    fields = many;
  }
  VENICE_TRY(program_->extractor.Extract(in, fields));
  std::string_view run;  // fields that follow each other in the input too are one copy
  for (const Piece& piece : program_->pieces) {
    if (!piece.bytes.empty()) {
      out.append(run);
      run = {};
      out.append(piece.bytes);
    }
    if (piece.field == Piece::kNoField) continue;
    const std::string_view field = fields[piece.field].encoded;
    if (run.data() + run.size() == field.data()) {
      run = {run.data(), run.size() + field.size()};
    } else {
      out.append(run);
      run = field;
    }
  }
  out.append(run);
  return Ok();
}

}  // namespace venice::avro
