#include "avro/resolver.h"

#include <deque>
#include <map>
#include <unordered_map>

#include "avro/default_value.h"
#include "avro/resolver_steps.h"

namespace venice::avro {
namespace {

using Step = Resolver::Step;

// Two hostile schemas can name as many pairs of types as the product of their sizes.
constexpr size_t kStepsMax = 200'000;
constexpr int kCompileDepthMax = 512;

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidSchema, std::move(message)); }

std::string_view SimpleName(std::string_view full_name) { return full_name.substr(full_name.rfind('.') + 1); }

bool IsNamed(const Node& node) {
  return node.type == Type::kRecord || node.type == Type::kEnum || node.type == Type::kFixed;
}

bool SameName(const Node& writer, const Node& reader) {
  if (writer.name == reader.name) return true;
  return std::find(reader.aliases.begin(), reader.aliases.end(), writer.name) != reader.aliases.end();
}

bool SimilarName(const Node& writer, const Node& reader) {
  return SameName(writer, reader) || SimpleName(writer.name) == SimpleName(reader.name);
}

bool Promotes(Type from, Type to) {
  switch (from) {
    case Type::kInt:
      return to == Type::kLong || to == Type::kFloat || to == Type::kDouble;
    case Type::kLong:
      return to == Type::kFloat || to == Type::kDouble;
    case Type::kFloat:
      return to == Type::kDouble;
    case Type::kString:
      return to == Type::kBytes;
    case Type::kBytes:
      return to == Type::kString;
    default:
      return false;
  }
}

struct Program {
  std::deque<Step> steps;
  Schema writer;  // keeps the nodes alive
  Schema reader;
};

class Compiler {
 public:
  explicit Compiler(Program& program) : program_(program) {}

  // Why some, but not all, values cannot be read; empty when all can.
  std::string partial;

  Result<const Step*> Compile(const Node& writer, const Node& reader, int depth) {
    const auto key = std::make_pair(&writer, &reader);
    if (const auto found = steps_.find(key); found != steps_.end()) {
      if (found->second->kind == Step::Kind::kFail && done_[found->second]) return Invalid(found->second->message);
      return found->second;
    }
    if (depth > kCompileDepthMax || program_.steps.size() >= kStepsMax) {
      return Invalid("the two schemas together are too complex to resolve");
    }
    Step& step = program_.steps.emplace_back();
    step.writer = &writer;
    step.reader = &reader;
    steps_[key] = &step;
    Status filled = Fill(step, depth);
    done_[&step] = true;
    if (!filled.ok()) {
      // Others may already point here: let them fail when they come by.
      step.kind = Step::Kind::kFail;
      step.message = filled.error().message();
      return std::move(filled).error();
    }
    return &step;
  }

 private:
  Status Fill(Step& step, int depth) {
    const Node& writer = *step.writer;
    const Node& reader = *step.reader;
    if (writer.type == Type::kUnion) return FillWriterUnion(step, depth);
    if (reader.type == Type::kUnion) return FillReaderUnion(step, depth);
    if (Promotes(writer.type, reader.type)) {
      step.kind = Step::Kind::kPromote;
      return Ok();
    }
    if (writer.type != reader.type) return Mismatch(writer, reader);
    switch (writer.type) {
      case Type::kRecord:
        return FillRecord(step, depth);
      case Type::kEnum:
        return FillEnum(step);
      case Type::kFixed:
        if (!SimilarName(writer, reader) || writer.fixed_size != reader.fixed_size) {
          return Invalid(fmt::format("fixed {} of {} bytes cannot be read as {} of {} bytes", writer.name,
                                     writer.fixed_size, reader.name, reader.fixed_size));
        }
        step.kind = Step::Kind::kRead;
        return Ok();
      case Type::kArray:
      case Type::kMap: {
        step.kind = Step::Kind::kItems;
        auto inner = Compile(*writer.items, *reader.items, depth + 1);
        if (!inner.ok()) return std::move(inner).error().In(writer.type == Type::kArray ? "items" : "values");
        step.inner = *inner;
        return Ok();
      }
      default:
        step.kind = Step::Kind::kRead;
        return Ok();
    }
  }

  static Error Mismatch(const Node& writer, const Node& reader) {
    return Invalid(fmt::format("written as {}, cannot be read as {}", writer.BranchName(), reader.BranchName()));
  }

  Status FillWriterUnion(Step& step, int depth) {
    step.kind = Step::Kind::kWriterUnion;
    bool any = step.writer->branches.empty();
    for (const Node* branch : step.writer->branches) {
      auto inner = Compile(*branch, *step.reader, depth + 1);
      if (inner.ok()) {
        any = true;
        step.branches.push_back(*inner);
        continue;
      }
      Step& failing = program_.steps.emplace_back();
      failing.kind = Step::Kind::kFail;
      failing.message = fmt::format("union branch {}: {}", branch->BranchName(), inner.error().message());
      if (partial.empty()) partial = failing.message;
      step.branches.push_back(&failing);
    }
    return any ? Ok() : Status(Mismatch(*step.writer, *step.reader));
  }

  // The branch of the same name, else of the same type, else one that the value can be promoted to.
  Status FillReaderUnion(Step& step, int depth) {
    const Node& writer = *step.writer;
    const auto& branches = step.reader->branches;
    auto use = [&](auto accepts) {
      for (size_t i = 0; i < branches.size(); ++i) {
        if (!accepts(*branches[i])) continue;
        auto inner = Compile(writer, *branches[i], depth + 1);
        if (!inner.ok()) continue;
        step.kind = Step::Kind::kReaderUnion;
        step.inner = *inner;
        step.branch = static_cast<int32_t>(i);
        return true;
      }
      return false;
    };
    const bool named = IsNamed(writer);
    if (use([&](const Node& b) { return b.type == writer.type && (!named || SameName(writer, b)); })) return Ok();
    if (named && use([&](const Node& b) { return b.type == writer.type && SimilarName(writer, b); })) return Ok();
    if (named && use([&](const Node& b) { return b.type == writer.type; })) return Ok();
    if (use([&](const Node& b) { return Promotes(writer.type, b.type); })) return Ok();
    return Invalid(fmt::format("written as {}, which no branch of the reader's union takes", writer.BranchName()));
  }

  Status FillRecord(Step& step, int depth) {
    step.kind = Step::Kind::kRecord;
    const Node& reader = *step.reader;
    std::unordered_map<std::string_view, size_t> by_name;  // reader's fields by alias, then by name, which wins
    for (size_t i = 0; i < reader.fields.size(); ++i) {
      for (const std::string& alias : reader.fields[i].aliases) by_name[alias] = i;
    }
    for (size_t i = 0; i < reader.fields.size(); ++i) by_name[reader.fields[i].name] = i;

    std::vector<bool> filled(reader.fields.size());
    for (const Field& field : step.writer->fields) {
      Step::FieldStep field_step{.writer = field.type};
      const auto found = by_name.find(field.name);
      if (found != by_name.end() && !filled[found->second]) {
        filled[found->second] = true;
        field_step.reader_index = found->second;
        auto inner = Compile(*field.type, *reader.fields[found->second].type, depth + 1);
        if (!inner.ok()) return std::move(inner).error().In("field " + field.name);
        field_step.step = *inner;
      }
      step.fields.push_back(field_step);
    }
    for (size_t i = 0; i < filled.size(); ++i) {
      if (filled[i]) continue;
      const Field& field = reader.fields[i];
      if (!field.default_json) {
        return Invalid(
            fmt::format("field {}: missing in the writer's {} and without a default", field.name, step.writer->name));
      }
      auto value = DefaultValue(*field.type, *field.default_json);
      if (!value.ok()) return std::move(value).error().In("field " + field.name);
      step.defaults.emplace_back(i, std::move(value).value());
    }
    return Ok();
  }

  Status FillEnum(Step& step) {
    const Node& reader = *step.reader;
    if (!SimilarName(*step.writer, reader)) return Mismatch(*step.writer, reader);
    step.kind = Step::Kind::kEnum;
    const int fallback = reader.default_symbol ? reader.SymbolIndex(*reader.default_symbol) : -1;
    std::unordered_map<std::string_view, int32_t> by_name;
    for (size_t i = 0; i < reader.symbols.size(); ++i) by_name[reader.symbols[i]] = static_cast<int32_t>(i);
    for (const std::string& symbol : step.writer->symbols) {
      const auto found = by_name.find(symbol);
      step.symbols.push_back(found == by_name.end() ? fallback : found->second);
      if (step.symbols.back() < 0 && partial.empty()) {
        partial = fmt::format("the reader's enum {} has neither symbol {} nor a default", reader.name, symbol);
      }
    }
    return Ok();
  }

  Program& program_;
  std::map<std::pair<const Node*, const Node*>, Step*> steps_;
  std::unordered_map<const Step*, bool> done_;
};

struct Compiled {
  std::shared_ptr<const Step> root;
  std::string partial;
};

Result<Compiled> CompileRoot(const Schema& writer, const Schema& reader) {
  auto program = std::make_shared<Program>();
  program->writer = writer;
  program->reader = reader;
  Compiler compiler(*program);
  VENICE_ASSIGN(const Step* root, compiler.Compile(writer.node(), reader.node(), 0));
  return Compiled{std::shared_ptr<const Step>(std::move(program), root), std::move(compiler.partial)};
}

}  // namespace

Result<Resolver> Resolver::Make(const Schema& writer, const Schema& reader) {
  VENICE_ASSIGN(Compiled compiled, CompileRoot(writer, reader));
  return Resolver(writer, reader, std::move(compiled.root));
}

}  // namespace venice::avro
