#include "avro/mismatch.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "avro/names.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

// More of a type, a list or a piece of JSON helps nobody.
constexpr size_t kTypeBytesMax = 200;
constexpr size_t kJsonBytesMax = 400;
constexpr size_t kNamesMax = 10;

std::string Shortened(std::string text, size_t size_max) {
  if (text.size() <= size_max) return text;
  while (size_max > 0 && (static_cast<uint8_t>(text[size_max]) & 0xc0) == 0x80) --size_max;
  return text.substr(0, size_max) + "...";
}

std::string Words(const Node& node) {
  const std::string_view kind = node.type == Type::kRecord ? "record " : "";
  return Shortened(std::string(kind) + TypeInWords(node), kTypeBytesMax);
}

template <typename Names>
std::string List(const Names& names) {
  std::vector<std::string> shown;
  for (const auto& name : names) {
    if (shown.size() < kNamesMax) shown.push_back(Shortened(std::string(name), kTypeBytesMax));
  }
  std::string list = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > kNamesMax) list += fmt::format(" and {} more", names.size() - kNamesMax);
  return list;
}

bool ContainsNamed(const Node& node) {
  switch (node.type) {
    case Type::kRecord:
    case Type::kEnum:
    case Type::kFixed:
      return true;
    case Type::kArray:
    case Type::kMap:
      return ContainsNamed(*node.items);
    default:
      return std::any_of(node.branches.begin(), node.branches.end(),
                         [](auto* branch) { return ContainsNamed(*branch); });
  }
}

// A value to write where none matters.
std::string Constant(const Node& node) {
  switch (node.type) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return "false";
    case Type::kInt:
    case Type::kLong:
      return "0";
    case Type::kFloat:
    case Type::kDouble:
      return "0.0";
    case Type::kBytes:
    case Type::kString:
      return "\"\"";
    case Type::kArray:
      return "[]";
    case Type::kMap:
      return "{}";
    case Type::kUnion:
      return node.branches.empty() ? "" : Constant(*node.branches[0]);
    default:
      return "";
  }
}

// The type as JSON, or empty when a name in it may be defined elsewhere or when it is long.
std::string TypeJson(const Node& node, const Schema& schema) {
  if (ContainsNamed(node)) return "";
  std::string json = schema.At(node).ToJson();
  return json.size() > kJsonBytesMax ? "" : json;
}

// ["null", the type], whatever the type is.
std::string NullableJson(const Node& node, const Schema& schema) {
  if (node.type != Type::kUnion) {
    const std::string json = TypeJson(node, schema);
    return json.empty() || node.type == Type::kNull ? json : fmt::format("[\"null\", {}]", json);
  }
  std::string list = "\"null\"";
  for (const Node* branch : node.branches) {
    if (branch->type == Type::kNull) continue;
    const std::string json = TypeJson(*branch, schema);
    if (json.empty()) return "";
    list += ", " + json;
  }
  return list.size() > kJsonBytesMax ? "" : "[" + list + "]";
}

std::string FieldJson(std::string_view name, std::string_view type, std::string_view default_value) {
  if (type.empty()) return "";
  return fmt::format(R"({{"name": "{}", "type": {}{}{}}})", name, type,
                     default_value.empty() ? "" : ", \"default\": ", default_value);
}

// The field at the end of a path, as against the items of a list or a branch of a union.
std::string_view FieldAtEnd(const Path& path) {
  std::string_view name;
  for (const PathStep* step = path.get(); step != nullptr; step = step->rest.get()) {
    const bool through_null = step->kind == PathStep::Kind::kBranch && step->name.empty();
    if (!through_null) name = step->kind == PathStep::Kind::kField ? step->name : std::string_view();
  }
  return name;
}

// Whether some records have nothing at this path: an empty list, another branch of a union.
bool IsOptional(const Path& path) {
  for (const PathStep* step = path.get(); step != nullptr; step = step->rest.get()) {
    if (step->kind != PathStep::Kind::kField) return true;
  }
  return false;
}

// One mismatch, told from the side of the old and the new schema instead of the reader and the writer.
class Teller {
 public:
  Teller(const Mismatch& mismatch, const Schema& reader, const Schema& writer, Direction direction)
      : mismatch_(mismatch),
        reader_(reader),
        writer_(writer),
        backward_(direction == Direction::kNewReadsOld),
        path_(PathText(mismatch.path)) {
    finding_.rule = mismatch.rule;
    finding_.direction = direction;
    finding_.path = path_;
    finding_.beyond_avro = mismatch.beyond_avro;
    finding_.reader_type = mismatch.field != nullptr ? Words(*mismatch.field->type) : Words(*mismatch.reader);
    finding_.writer_type = mismatch.rule == Rule::kMissingDefault ? "" : Words(*mismatch.writer);
  }

  Finding Tell() && {
    switch (mismatch_.rule) {
      case Rule::kMissingDefault:
        backward_ ? NewFieldWithoutDefault() : RemovedFieldWithoutDefault();
        break;
      case Rule::kTypeMismatch:
      case Rule::kMissingBranch:
        TypeChange();
        break;
      case Rule::kMissingSymbols:
        Symbols();
        break;
      case Rule::kNameMismatch:
        Names();
        break;
      case Rule::kFixedSize:
        FixedSize();
        break;
      case Rule::kAmbiguousAlias:
        AmbiguousAlias();
        break;
      case Rule::kTooComplex:
        TooComplex();
        break;
    }
    if (finding_.remedy.ends_with(':') && finding_.remedy_json.empty()) finding_.remedy.back() = '.';
    if (mismatch_.beyond_avro)
      finding_.remedy.insert(
          0,
          "Only Venice's rules forbid this, for the sake of clients on older Avro; in a store that is set to "
          "enumSchemaEvolutionAllowed it is fine. Otherwise: ");
    return std::move(finding_);
  }

 private:
  const Node& Old() const { return backward_ ? *mismatch_.writer : *mismatch_.reader; }
  const Node& New() const { return backward_ ? *mismatch_.reader : *mismatch_.writer; }
  const Schema& OldSchema() const { return backward_ ? writer_ : reader_; }
  const Schema& NewSchema() const { return backward_ ? reader_ : writer_; }

  std::string_view Readers() const {
    return backward_ ? "Programs on the new schema" : "Programs still on the older schema";
  }
  std::string_view Written() const { return backward_ ? "already written" : "written with the new schema"; }

  std::string Subject() const {
    if (path_.empty()) return "The value";
    if (path_.ends_with("[]")) return fmt::format("An item of `{}`", path_.substr(0, path_.size() - 2));
    if (path_.ends_with("{}")) return fmt::format("A value of `{}`", path_.substr(0, path_.size() - 2));
    return fmt::format("Field `{}`", path_);
  }

  // The records that the readers fail on.
  std::string Affected() const {
    std::string holder = path_;
    // What a missing field is missing from.
    if (mismatch_.rule == Rule::kMissingDefault) holder.resize(std::min(holder.rfind('.') + 1, holder.size()));
    if (holder.ends_with('.')) holder.pop_back();
    if (!IsOptional(mismatch_.path) || holder.empty()) return fmt::format("every record {}", Written());
    const bool list = holder.ends_with("[]");
    const bool map = holder.ends_with("{}");
    if (list || map) holder.resize(holder.size() - 2);
    return fmt::format("any record {} that has {} `{}`", Written(),
                       list  ? "items in"
                       : map ? "entries in"
                             : "a value at",
                       holder);
  }

  void NewFieldWithoutDefault() {
    const Field& field = *mismatch_.field;
    finding_.what = fmt::format("Field `{}` is new and has no default value.", path_);
    finding_.reader_sees = fmt::format(
        "Records already written have no `{}`, and the new schema does not say what to use instead: "
        "programs on the new schema would fail to decode {}.",
        field.name, Affected());
    const bool nullable = HasNullBranch(*field.type);
    finding_.remedy =
        nullable ? fmt::format("Give `{}` the default null; \"null\" has to come first in its type.", field.name)
                 : fmt::format(
                       "Give `{}` a default. When it may be unknown, add \"default\": null and make "
                       "its type [\"null\", {}]:",
                       field.name, TypeToWrite(*field.type));
    finding_.remedy_json = FieldJson(field.name, NullableJson(*field.type, reader_), "null");
    RenameHint();
  }

  // How the type is written in a schema: "string" with its quotes, or a hint for what is too long.
  std::string TypeToWrite(const Node& node) const {
    const std::string json = TypeJson(node, reader_);
    return json.empty() || node.type == Type::kUnion ? "the type it has now" : json;
  }

  void RemovedFieldWithoutDefault() {
    const Field& field = *mismatch_.field;
    finding_.what = fmt::format("Field `{}` is gone, and the older schema has no default value for it.", path_);
    finding_.reader_sees =
        fmt::format("Programs still on the older schema need `{}` in every record: they would fail to decode {}.",
                    field.name, Affected());
    const std::string constant = Constant(*field.type);
    finding_.remedy = fmt::format(
        "Put `{}` back. A registered schema cannot be changed, so a field it requires has to stay{}", field.name,
        constant.empty() ? "." : fmt::format("; when its value no longer matters, write {} into it:", constant));
    finding_.remedy_json = FieldJson(field.name, TypeJson(*field.type, reader_), constant);
    RenameHint();
  }

  void RenameHint() {
    if (mismatch_.lookalike == nullptr) return;
    const std::string_view was = backward_ ? mismatch_.lookalike->name : mismatch_.field->name;
    const std::string_view is = backward_ ? mismatch_.field->name : mismatch_.lookalike->name;
    finding_.hint = fmt::format(
        "If you renamed `{}` to `{}`: programs on the older schema still look for `{}`. Keep the old name, or keep "
        "`{}` and "
        "add `{}` beside it with a default. (If only programs on the new schema have to read, \"aliases\": [\"{}\"] on "
        "`{}` is enough.)",
        was, is, was, was, is, was, is);
  }

  void TypeChange() {
    const Node& from = Old();
    const Node& to = New();
    const auto lost = List(BranchWords());
    const bool only_null = mismatch_.branches.size() == 1 && mismatch_.branches[0]->type == Type::kNull;
    const bool both_unions = from.type == Type::kUnion && to.type == Type::kUnion;
    if (both_unions && !mismatch_.branches.empty()) {
      finding_.what = backward_ ? fmt::format("{} can no longer be {}.", Subject(), lost)
                                : fmt::format("{} can now also be {}.", Subject(), lost);
    } else {
      finding_.what = fmt::format("{} changed from {} to {}.", Subject(), Words(from), Words(to));
    }
    if (mismatch_.branches.empty()) {
      finding_.reader_sees = fmt::format("{} expect {} and cannot read {}: they would fail to decode {}.", Readers(),
                                         finding_.reader_type, finding_.writer_type, Affected());
    } else {
      finding_.reader_sees =
          fmt::format("{} expect {} and cannot read {}: they would fail to decode any record {} where {} is {}.",
                      Readers(), finding_.reader_type, lost, Written(), Place(), lost);
    }
    finding_.reader_sees += Widening(from, to);
    TypeRemedy(only_null, both_unions, lost);
  }

  void TypeRemedy(bool only_null, bool both_unions, const std::string& lost) {
    const std::string before = Words(Old());
    const std::string_view field = FieldAtEnd(mismatch_.path);
    if (path_.empty()) {
      finding_.remedy = fmt::format("Keep the value {}. For another type of value, make another store.", before);
      return;
    }
    if (backward_ && (only_null || both_unions)) {
      finding_.remedy = only_null ? fmt::format("Keep {} nullable:", Place())
                                  : fmt::format("Put {} back into the type of {}:", lost, Place());
      const std::string type = TypeJson(Old(), OldSchema());
      if (!type.empty()) finding_.remedy_json = "\"type\": " + type;
      return;
    }
    finding_.remedy = only_null ? fmt::format(
                                      "Keep {} as {} and write a value that means unknown, or add a second, "
                                      "nullable field:",
                                      Place(), before)
                                : fmt::format(
                                      "Keep {} as {} and add a second field for the new type; fill both until "
                                      "nobody reads the old one:",
                                      Place(), before);
    NewField(field, New());
  }

  std::string Place() const { return path_.empty() ? "it" : "`" + path_ + "`"; }

  std::vector<std::string> BranchWords() const {
    std::vector<std::string> words;
    for (const Node* branch : mismatch_.branches) words.push_back(Words(*branch));
    return words;
  }

  static std::string Widening(const Node& from, const Node& to) {
    const auto rank = [](Type type) {
      return type == Type::kInt      ? 1
             : type == Type::kLong   ? 2
             : type == Type::kFloat  ? 3
             : type == Type::kDouble ? 4
                                     : 0;
    };
    if (rank(from.type) == 0 || rank(to.type) == 0) return "";
    return " (Avro widens numbers when it reads, int to long to float to double, and never narrows them.)";
  }

  // A second field beside one whose type must stay.
  void NewField(std::string_view field, const Node& type) {
    if (field.empty()) return;
    const Node* plain = NullableBranch(type) != nullptr ? NullableBranch(type) : &type;
    const bool primitive = plain->type < Type::kRecord && plain->type != Type::kNull;
    const std::string name = fmt::format("{}_{}", field, primitive ? TypeName(plain->type) : "v2");
    finding_.remedy_json = FieldJson(name, NullableJson(type, NewSchema()), "null");
  }

  void Symbols() {
    const std::string symbols = List(mismatch_.symbols);
    const std::string_view name = SimpleName(mismatch_.reader->name);
    if (backward_) {
      finding_.what = fmt::format("{}: enum {} no longer has {}.", Subject(), name, symbols);
      finding_.remedy = fmt::format("Put {} back.", symbols);
    } else {
      finding_.what = fmt::format("{}: enum {} now also has {}.", Subject(), name, symbols);
      finding_.remedy =
          fmt::format("Leave enum {} as it is and put the new state into a new field, for example a string:", name);
      const std::string_view field = FieldAtEnd(mismatch_.path);
      if (!field.empty())
        finding_.remedy_json = FieldJson(fmt::format("{}_v2", field), R"(["null", "string"])", "null");
    }
    finding_.reader_sees = fmt::format("{} know only {}: they would fail to decode any record {} that holds {}.",
                                       Readers(), List(mismatch_.reader->symbols), Written(), symbols);
  }

  void Names() {
    const std::string_view kind = TypeName(mismatch_.reader->type);
    finding_.what = fmt::format("{}: {} {} is now called {}.", Subject(), kind, Old().name, New().name);
    finding_.reader_sees =
        fmt::format("{} look for a {} called {} and do not take one called {}: they would fail to decode {}.",
                    Readers(), kind, mismatch_.reader->name, mismatch_.writer->name, Affected());
    finding_.remedy = fmt::format("Call it {} again:", Old().name);
    const std::string_view space = NamespaceOf(Old().name);
    finding_.remedy_json = fmt::format("\"name\": \"{}\"", SimpleName(Old().name));
    if (!space.empty() || !NamespaceOf(New().name).empty())
      finding_.remedy_json += fmt::format(", \"namespace\": \"{}\"", space);
    if (backward_)
      finding_.hint = fmt::format("When only new programs read old data, \"aliases\": [\"{}\"] on the {} is enough.",
                                  Old().name, kind);
    finding_.reader_type = mismatch_.reader->name;
    finding_.writer_type = mismatch_.writer->name;
  }

  void FixedSize() {
    finding_.what = fmt::format("{}: {} changed its size from {} to {} bytes.", Subject(), SimpleName(Old().name),
                                Old().fixed_size, New().fixed_size);
    finding_.reader_sees = fmt::format("{} expect exactly {} bytes: they would fail to decode {}.", Readers(),
                                       mismatch_.reader->fixed_size, Affected());
    finding_.remedy =
        fmt::format("Keep the size of {} bytes, and add a second field of a new fixed type.", Old().fixed_size);
  }

  void AmbiguousAlias() {
    const Field& field = *mismatch_.field;
    finding_.what =
        fmt::format("Field `{}` could be read from two fields: its name and its aliases ({}) are all taken.", path_,
                    List(field.aliases));
    finding_.reader_sees =
        fmt::format("{} cannot tell which of them `{}` is: they refuse {}.", Readers(), field.name, Affected());
    finding_.remedy = fmt::format("Remove the alias of `{}` that is the name of another field.", field.name);
  }

  void TooComplex() {
    finding_.what = "The two schemas together are too large or too deeply nested to compare.";
    finding_.reader_sees = "Nothing is known about what readers would see.";
    finding_.remedy = "Use fewer types that contain each other.";
  }

  const Mismatch& mismatch_;
  const Schema& reader_;
  const Schema& writer_;
  const bool backward_;
  const std::string path_;
  Finding finding_;
};

}  // namespace

std::string PathText(const Path& path) {
  std::string text;
  for (const PathStep* step = path.get(); step != nullptr; step = step->rest.get()) {
    switch (step->kind) {
      case PathStep::Kind::kField:
        if (!text.empty()) text += '.';
        text += step->name;
        break;
      case PathStep::Kind::kItem:
        text += "[]";
        break;
      case PathStep::Kind::kValue:
        text += "{}";
        break;
      case PathStep::Kind::kBranch:
        if (!step->name.empty()) text.append("<").append(step->name).append(">");
        break;
    }
    if (text.size() > kPathBytesMax) return Shortened(std::move(text), kPathBytesMax);
  }
  return text;
}

std::string_view RuleId(Rule rule) {
  constexpr std::string_view kIds[] = {"READER_FIELD_MISSING_DEFAULT_VALUE",
                                       "TYPE_MISMATCH",
                                       "MISSING_UNION_BRANCH",
                                       "MISSING_ENUM_SYMBOLS",
                                       "NAME_MISMATCH",
                                       "FIXED_SIZE_MISMATCH",
                                       "AMBIGUOUS_ALIAS",
                                       "TOO_COMPLEX"};
  return kIds[static_cast<size_t>(rule)];
}

std::string_view RuleText(Rule rule) {
  constexpr std::string_view kTexts[] = {
      "A field that the data does not have needs a default value in the schema that reads.",
      "A type can be read as itself, or widened (int to long to float to double); nothing else.",
      "Every type that the data may hold has to be among the types that the reader accepts.",
      "Every symbol that the data may hold has to be in the enum of the reader.",
      "Records, enums and fixed types are recognised by their name.",
      "A fixed type is read only with the size it was written with.",
      "A field may be found under its name or one alias, not under two at once.",
      "Schemas are compared up to a bound on their size."};
  return kTexts[static_cast<size_t>(rule)];
}

Finding InWords(const Mismatch& mismatch, const Schema& reader, const Schema& writer, Direction direction) {
  return Teller(mismatch, reader, writer, direction).Tell();
}

}  // namespace venice::avro
