// Random evolutions: what the comparison calls compatible can be read, value by value; what it complains about exists.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "avro/binary.h"
#include "avro/compatibility.h"
#include "avro/names.h"
#include "avro/type_words.h"

namespace venice::avro {
namespace {

// The same type in an older and a newer schema, mostly equal.
struct Versions {
  std::string before;
  std::string after;
};

bool Chance(int percent) { return *rc::gen::inRange(0, 100) < percent; }

class Evolution {
 public:
  Versions Record(int depth) {
    const std::string name = fmt::format("R{}", names_++);
    enclosing_.push_back(name);
    Versions fields;
    const int count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) AddField(i, depth, fields);
    enclosing_.pop_back();
    constexpr std::string_view format = R"({{"type":"record","name":"{}"{},"fields":[{}]}})";
    if (Chance(3)) {
      const std::string renamed = name + "x";
      return {fmt::format(format, name, "", fields.before),
              fmt::format(format, renamed, Chance(50) ? fmt::format(R"(,"aliases":["{}"])", name) : "", fields.after)};
    }
    return {fmt::format(format, name, "", fields.before), fmt::format(format, name, "", fields.after)};
  }

 private:
  void AddField(int index, int depth, Versions& fields) {
    const auto add = [](std::string& list, const std::string& field) { list += (list.empty() ? "" : ",") + field; };
    const std::string name = fmt::format("f{}", index);
    const int kind = *rc::gen::inRange(0, 20);
    if (kind == 0) return add(fields.before, fmt::format(R"({{"name":"{}","type":"int","default":1}})", name));
    if (kind == 1) return add(fields.before, fmt::format(R"({{"name":"{}","type":"int"}})", name));
    if (kind == 2)
      return add(fields.after, fmt::format(R"({{"name":"{}","type":["null","string"],"default":null}})", name));
    if (kind == 3) return add(fields.after, fmt::format(R"({{"name":"{}","type":"string"}})", name));
    const Versions type = Type(depth);
    const bool renamed = kind == 4;
    add(fields.before, fmt::format(R"({{"name":"{}","type":{}}})", name, type.before));
    add(fields.after, renamed ? fmt::format(R"({{"name":"{0}new","aliases":["{0}"],"type":{1}}})", name, type.after)
                              : fmt::format(R"({{"name":"{}","type":{}}})", name, type.after));
  }

  Versions Type(int depth) {
    switch (*rc::gen::inRange(0, depth > 0 ? 12 : 6)) {
      case 0:
        return Enum();
      case 1: {
        const int size = *rc::gen::inRange(0, 3);
        constexpr std::string_view format = R"({{"type":"fixed","name":"F{}","size":{}}})";
        const int number = names_++;
        return {fmt::format(format, number, size), fmt::format(format, number, Chance(5) ? size + 1 : size)};
      }
      case 6: {
        const Versions items = Type(depth - 1);
        constexpr std::string_view format = R"({{"type":"array","items":{}}})";
        return {fmt::format(format, items.before), fmt::format(format, items.after)};
      }
      case 7: {
        const Versions values = Type(depth - 1);
        constexpr std::string_view format = R"({{"type":"map","values":{}}})";
        return {fmt::format(format, values.before), fmt::format(format, values.after)};
      }
      case 8:
      case 9:
        return Record(depth - 1);
      case 10:
      case 11:
        return Union(depth);
      default: {
        const std::string type = Primitive();
        if (Chance(5)) return {type, fmt::format(R"(["null",{}])", type == "\"null\"" ? "\"int\"" : type)};
        return {type, Chance(15) ? Primitive() : type};
      }
    }
  }

  static std::string Primitive() {
    return fmt::format("\"{}\"", TypeName(static_cast<avro::Type>(*rc::gen::inRange(0, 8))));
  }

  Versions Enum() {
    constexpr std::string_view format = R"({{"type":"enum","name":"E{}","symbols":[{}]{}}})";
    const int number = names_++;
    const auto symbols = [] {
      return Chance(85) ? R"("A","B","C")" : Chance(50) ? R"("A","B")" : R"("C","A","B","D")";
    };
    return {fmt::format(format, number, symbols(), ""),
            fmt::format(format, number, symbols(), Chance(30) ? R"(,"default":"A")" : "")};
  }

  Versions Union(int depth) {
    Versions branches{"\"null\"", "\"null\""};
    const auto add = [&](const Versions& type, bool before, bool after) {
      if (before) branches.before += "," + type.before;
      if (after) branches.after += "," + type.after;
    };
    for (const char* type : {"\"int\"", "\"double\"", "\"string\""}) {
      if (Chance(40)) add({type, type}, Chance(90), Chance(90));
    }
    // A name is defined on both sides or on none: a reference may follow.
    if (Chance(50)) add(Record(depth - 1), true, true);
    if (!enclosing_.empty() && Chance(40)) {
      const std::string self = fmt::format("\"{}\"", enclosing_.front());
      add({self, self}, true, true);
    }
    return {"[" + branches.before + "]", "[" + branches.after + "]"};
  }

  int names_ = 0;
  std::vector<std::string> enclosing_;
};

// Values of a type, getting smaller with depth so that recursion ends.
Datum Value(const Node& node, int depth) {
  const int size_max = depth > 0 ? 3 : 1;
  switch (node.type) {
    case Type::kNull:
      return Datum();
    case Type::kBoolean:
      return Datum::Boolean(*rc::gen::arbitrary<bool>());
    case Type::kInt:
      return Datum::Int(*rc::gen::arbitrary<int32_t>());
    case Type::kLong:
      return Datum::Long(*rc::gen::arbitrary<int64_t>());
    case Type::kFloat:
      return Datum::Float(*rc::gen::arbitrary<float>());
    case Type::kDouble:
      return Datum::Double(*rc::gen::arbitrary<double>());
    case Type::kBytes:
      return Datum::Bytes("b");
    case Type::kString:
      return Datum::String("s");
    case Type::kFixed:
      return Datum::Fixed(std::string(node.fixed_size, 'x'));
    case Type::kEnum:
      return Datum::Enum(*rc::gen::inRange(0, static_cast<int>(node.symbols.size())));
    case Type::kUnion: {
      const int branch = depth > 0 ? *rc::gen::inRange(0, static_cast<int>(node.branches.size())) : 0;
      return Value(*node.branches[static_cast<size_t>(branch)], depth - 1).InBranch(branch);
    }
    case Type::kRecord: {
      Datum::Items fields;
      for (const Field& field : node.fields) fields.push_back(Value(*field.type, depth - 1));
      return Datum::Record(std::move(fields));
    }
    case Type::kArray: {
      Datum::Items items(static_cast<size_t>(*rc::gen::inRange(0, size_max)));
      for (Datum& item : items) item = Value(*node.items, depth - 1);
      return Datum::Array(std::move(items));
    }
    case Type::kMap: {
      Datum::Entries entries;
      const int count = *rc::gen::inRange(0, size_max);
      for (int i = 0; i < count; ++i) entries.push_back({fmt::format("k{}", i), Value(*node.items, depth - 1)});
      return Datum::Map(std::move(entries));
    }
  }
  return Datum();
}

// Follows a finding's path; whether every step is there.
bool Exists(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (!path.empty()) {
    const Node* beside_null = NullableBranch(*node);
    if (beside_null != nullptr) node = beside_null;
    if (path.starts_with("[]") || path.starts_with("{}")) {
      if (node->type != (path[0] == '[' ? Type::kArray : Type::kMap)) return false;
      node = node->items;
      path.remove_prefix(2);
    } else if (path[0] == '<') {
      const size_t end = path.find('>');
      const std::string_view name = path.substr(1, end - 1);
      const auto found = std::find_if(node->branches.begin(), node->branches.end(),
                                      [&](const Node* branch) { return SimpleName(branch->BranchName()) == name; });
      if (found == node->branches.end()) return false;
      node = *found;
      path.remove_prefix(end + 1);
    } else {
      if (path[0] == '.') path.remove_prefix(1);
      const size_t end = std::min(path.find_first_of(".[{<"), path.size());
      const int index = node->FieldIndex(path.substr(0, end));
      if (index < 0) return false;
      node = node->fields[static_cast<size_t>(index)].type;
      path.remove_prefix(end);
    }
  }
  return true;
}

void CheckOneWay(const Schema& reader, const Schema& writer) {
  const std::vector<Finding> findings = FindIncompatibilities(reader, writer);
  RC_ASSERT(CheckCanRead(reader, writer).ok() == findings.empty());
  for (const Finding& finding : findings) {
    if (!Exists(reader.node(), finding.path)) RC_LOG() << finding.path << " is not in " << reader.ToJson() << "\n";
    RC_ASSERT(Exists(reader.node(), finding.path));
    RC_ASSERT(!finding.what.empty() && !finding.reader_sees.empty() && !finding.remedy.empty());
  }
  // Venice takes nothing that Avro refuses.
  if (!findings.empty())
    RC_ASSERT(!FindIncompatibilities(reader, writer, Direction::kNewReadsOld, Rules::kVenice).empty());
  if (!findings.empty()) return;
  const auto resolver = Resolver::Make(writer, reader);
  if (!resolver.ok())
    RC_LOG() << resolver.error().message() << "\n" << writer.ToJson() << "\n" << reader.ToJson() << "\n";
  RC_ASSERT(resolver.ok());
  for (int i = 0; i < 5; ++i) {
    const Datum datum = Value(writer.node(), 6);
    const auto decoded = DecodeAll(*resolver, Encode(writer, datum).value());
    if (!decoded.ok())
      RC_LOG() << decoded.error().message() << "\n" << writer.ToJson() << "\n" << reader.ToJson() << "\n";
    RC_ASSERT(decoded.ok());
  }
}

TEST(CompatibilityProperty, CompatibleMeansEveryValueIsRead) {
  const bool holds = rc::check("a compatible reader reads every value; a finding's path exists", [] {
    const Versions texts = Evolution().Record(2);
    const auto before = Schema::Parse(texts.before);
    const auto after = Schema::Parse(texts.after);
    RC_PRE(before.ok() && after.ok());
    const bool compatible = FindIncompatibilities(*after, *before).empty();
    RC_CLASSIFY(compatible, "compatible");
    CheckOneWay(*after, *before);
    CheckOneWay(*before, *after);
    RC_ASSERT(FindIncompatibilities(*before, *before).empty());
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace venice::avro
