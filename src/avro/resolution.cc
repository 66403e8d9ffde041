#include "avro/resolution.h"

#include <map>
#include <set>
#include <unordered_map>

#include "avro/aliases.h"
#include "avro/names.h"
#include "avro/promotion.h"

namespace venice::avro {
namespace {

// Two hostile schemas can name as many pairs of types as the product of their sizes.
constexpr size_t kStepsMax = 200'000;
constexpr size_t kUnionComparisonsMax = 5'000'000;
constexpr int kResolveDepthMax = 512;

using Kind = Step::Kind;
using Pair = std::pair<const Node*, const Node*>;

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidSchema, std::move(message)); }

class SchemaResolver {
 public:
  SchemaResolver(Resolution& resolution, const Aliases& aliases) : resolution_(resolution), aliases_(aliases) {}

  bool too_complex = false;

  const Step* Resolve(const Node& writer, const Node& reader, int depth) {
    if (depth > kResolveDepthMax || resolution_.steps.size() >= kStepsMax) too_complex = true;
    if (too_complex) return &MakeStep(Kind::kFail, writer, reader);
    if (writer.type == Type::kUnion) return ResolveWriterUnion(writer, reader, depth);
    if (writer.type == reader.type) return ResolveSameType(writer, reader, depth);
    if (reader.type == Type::kUnion) return ResolveReaderUnion(writer, reader, depth);
    if (Promotes(writer.type, reader.type)) return &MakeStep(Kind::kLeaf, writer, reader);
    return Mismatch(writer, reader);
  }

 private:
  Step& MakeStep(Kind kind, const Node& writer, const Node& reader) {
    Step& step = resolution_.steps.emplace_back();
    step.kind = kind;
    step.writer = &writer;
    step.reader = &reader;
    return step;
  }

  const Step* Fail(const Node& writer, const Node& reader, std::string message) {
    Step& step = MakeStep(Kind::kFail, writer, reader);
    step.message = std::move(message);
    return &step;
  }
  const Step* Mismatch(const Node& writer, const Node& reader) {
    return Fail(writer, reader,
                fmt::format("written as {}, cannot be read as {}", writer.BranchName(), reader.BranchName()));
  }

  bool SameSimpleName(const Node& writer, const Node& reader) const {
    return SimpleName(aliases_.NameOf(writer)) == SimpleName(reader.name);
  }

  const Step* ResolveSameType(const Node& writer, const Node& reader, int depth) {
    switch (writer.type) {
      case Type::kRecord:
        return ResolveRecord(writer, reader, depth);
      case Type::kEnum:
        return ResolveEnum(writer, reader);
      case Type::kFixed:
        if (!SameSimpleName(writer, reader) || writer.fixed_size != reader.fixed_size) {
          return Fail(writer, reader,
                      fmt::format("fixed {} of {} bytes cannot be read as {} of {} bytes", writer.name,
                                  writer.fixed_size, reader.name, reader.fixed_size));
        }
        return &MakeStep(Kind::kLeaf, writer, reader);
      case Type::kArray:
      case Type::kMap: {
        Step& step = MakeStep(writer.type == Type::kArray ? Kind::kArray : Kind::kMap, writer, reader);
        step.inner = Resolve(*writer.items, *reader.items, depth + 1);
        return &step;
      }
      default:
        return &MakeStep(Kind::kLeaf, writer, reader);
    }
  }

  const Step* ResolveEnum(const Node& writer, const Node& reader) {
    if (!SameSimpleName(writer, reader)) return Mismatch(writer, reader);
    Step& step = MakeStep(Kind::kLeaf, writer, reader);
    const int fallback = reader.default_symbol ? reader.SymbolIndex(*reader.default_symbol) : -1;
    std::unordered_map<std::string_view, int32_t> by_name;
    for (size_t i = 0; i < reader.symbols.size(); ++i) by_name[reader.symbols[i]] = static_cast<int32_t>(i);
    for (const std::string& symbol : writer.symbols) {
      const auto found = by_name.find(symbol);
      step.symbols.push_back(found == by_name.end() ? fallback : found->second);
    }
    return &step;
  }

  // Known to others from the start, because its fields may lead back to it.
  Step* ResolveRecord(const Node& writer, const Node& reader, int depth) {
    auto [known, is_new] = records_.try_emplace({&writer, &reader}, nullptr);
    if (!is_new) return known->second;
    Step& step = MakeStep(Kind::kRecord, writer, reader);
    known->second = &step;
    std::unordered_map<std::string_view, size_t> by_name;
    for (size_t i = 0; i < reader.fields.size(); ++i) by_name[reader.fields[i].name] = i;
    std::vector<bool> filled(reader.fields.size());
    for (const Field& field : writer.fields) {
      const auto found = by_name.find(aliases_.FieldName(writer, field));
      const Step* inner = nullptr;
      size_t index = 0;
      if (found != by_name.end()) {
        index = found->second;
        filled[index] = true;
        inner = Resolve(*field.type, *reader.fields[index].type, depth + 1);
      }
      step.fields.push_back({inner, field.type, index});
    }
    for (size_t i = 0; i < filled.size(); ++i) {
      if (filled[i]) continue;
      step.missing.push_back(i);
      if (reader.fields[i].default_json) continue;
      step.kind = Kind::kFail;
      step.message =
          fmt::format("field {}: missing in the writer's {} and without a default", reader.fields[i].name, writer.name);
      break;
    }
    return &step;
  }

  const Step* ResolveWriterUnion(const Node& writer, const Node& reader, int depth) {
    const bool alike = AreAlike(writer, reader);
    Step& step = MakeStep(Kind::kWriterUnion, writer, reader);
    for (size_t i = 0; i < writer.branches.size(); ++i) {
      if (!alike) {
        step.branches.push_back(Resolve(*writer.branches[i], reader, depth + 1));
        continue;
      }
      Step& adjust = MakeStep(Kind::kReaderUnion, *writer.branches[i], reader);
      adjust.branch = static_cast<int32_t>(i);
      adjust.inner = Resolve(*writer.branches[i], *reader.branches[i], depth + 1);
      step.branches.push_back(&adjust);
    }
    return &step;
  }

  const Step* ResolveReaderUnion(const Node& writer, const Node& reader, int depth) {
    const int branch = MatchingBranch(writer, reader, depth);
    if (branch < 0) {
      return Fail(writer, reader,
                  fmt::format("written as {}, which no branch of the reader's union takes", writer.BranchName()));
    }
    Step& step = MakeStep(Kind::kReaderUnion, writer, reader);
    step.branch = branch;
    step.inner = Resolve(writer, *reader.branches[static_cast<size_t>(branch)], depth + 1);
    return &step;
  }

  int MatchingBranch(const Node& writer, const Node& reader, int depth) {
    int like = -1;
    for (size_t i = 0; i < reader.branches.size(); ++i) {
      const Node& branch = *reader.branches[i];
      if (branch.type != writer.type) continue;
      if (writer.name.empty() || aliases_.NameOf(writer) == branch.name) return static_cast<int>(i);
      if (writer.type != Type::kRecord || !Fits(*ResolveRecord(writer, branch, depth + 1))) continue;
      if (like < 0 || SameSimpleName(writer, branch)) like = static_cast<int>(i);
    }
    if (like >= 0) return like;
    for (size_t i = 0; i < reader.branches.size(); ++i) {
      if (Promotes(writer.type, reader.branches[i]->type)) return static_cast<int>(i);
    }
    return -1;
  }

  // Looks one level deep, and not into a record that is being resolved further up: Java's rule.
  static bool Fits(const Step& record) {
    if (record.kind == Kind::kFail) return false;
    for (const Step::FieldStep& field : record.fields) {
      if (field.step != nullptr && field.step->kind == Kind::kFail) return false;
    }
    return true;
  }

  bool AreAlike(const Node& writer, const Node& reader) {
    if (&writer == &reader) return true;
    std::map<Pair, bool> seen;
    return AreAlike(writer, reader, seen, 0);
  }

  bool AreAlike(const Node& writer, const Node& reader, std::map<Pair, bool>& seen, int depth) {
    if (++comparisons_ > kUnionComparisonsMax || depth > kResolveDepthMax) too_complex = true;
    if (too_complex || writer.type != reader.type) return false;
    if (!writer.name.empty() && !SameSimpleName(writer, reader)) return false;
    switch (writer.type) {
      case Type::kArray:
      case Type::kMap:
        return AreAlike(*writer.items, *reader.items, seen, depth + 1);
      case Type::kFixed:
        return writer.fixed_size == reader.fixed_size;
      case Type::kEnum:
        return writer.symbols == reader.symbols;
      case Type::kUnion:
        if (writer.branches.size() != reader.branches.size()) return false;
        for (size_t i = 0; i < writer.branches.size(); ++i) {
          if (!AreAlike(*writer.branches[i], *reader.branches[i], seen, depth + 1)) return false;
        }
        return true;
      case Type::kRecord: {
        auto [known, is_new] = seen.try_emplace({&writer, &reader}, true);
        if (is_new) known->second = HaveAlikeFields(writer, reader, seen, depth);
        return known->second;
      }
      default:
        return true;
    }
  }

  bool HaveAlikeFields(const Node& writer, const Node& reader, std::map<Pair, bool>& seen, int depth) {
    if (writer.fields.size() != reader.fields.size()) return false;
    for (size_t i = 0; i < writer.fields.size(); ++i) {
      if (aliases_.FieldName(writer, writer.fields[i]) != reader.fields[i].name) return false;
      if (!AreAlike(*writer.fields[i].type, *reader.fields[i].type, seen, depth + 1)) return false;
    }
    return true;
  }

  Resolution& resolution_;
  const Aliases& aliases_;
  std::map<Pair, Step*> records_;
  size_t comparisons_ = 0;
};

// Finds out whether a step fails for every value, and says why.
class HopeFinder {
 public:
  Status Check(const Step& step) {
    switch (step.kind) {
      case Kind::kFail:
        return Invalid(step.message);
      case Kind::kReaderUnion:
        return Check(*step.inner);
      case Kind::kWriterUnion:
        return CheckUnion(step);
      case Kind::kRecord:
        if (!seen_.insert(&step).second) return Ok();
        for (size_t i = 0; i < step.fields.size(); ++i) {
          if (step.fields[i].step == nullptr) continue;
          if (Status status = Check(*step.fields[i].step); !status.ok()) {
            return std::move(status).error().In("field " + step.writer->fields[i].name);
          }
        }
        return Ok();
      default:
        return Ok();  // an empty array or map can always be read
    }
  }

 private:
  Status CheckUnion(const Step& step) {
    Status last = Ok();
    for (const Step* branch : step.branches) {
      last = Check(*branch);
      if (last.ok()) return last;
    }
    if (last.ok() || step.branches.size() == 1) return last;
    return Invalid(
        fmt::format("written as {}, cannot be read as {}", step.writer->BranchName(), step.reader->BranchName()));
  }

  std::set<const Step*> seen_;
};

}  // namespace

Result<Resolution> Resolve(const Schema& writer, const Schema& reader) {
  Resolution resolution;
  resolution.writer = writer;
  resolution.reader = reader;
  const bool same = &writer.node() == &reader.node() || writer.SameAs(reader);
  const Aliases aliases = same ? Aliases() : Aliases(reader.node());
  VENICE_TRY(aliases.CheckRenamed(writer.node()));
  SchemaResolver resolver(resolution, aliases);
  resolution.root = resolver.Resolve(writer.node(), reader.node(), 0);
  if (resolver.too_complex) return Invalid("the two schemas together are too complex to resolve");
  return resolution;
}

Status CheckSomethingReads(const Resolution& resolution) { return HopeFinder().Check(*resolution.root); }

}  // namespace venice::avro
