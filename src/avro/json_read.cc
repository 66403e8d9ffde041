// JSON text to values.
#include <algorithm>
#include <cmath>
#include <utility>

#include "avro/default_value.h"
#include "avro/json.h"
#include "avro/json_document.h"
#include "avro/json_text.h"

namespace venice::avro {
namespace {

std::string Excerpt(const JsonValue& json) {
  if (json.size() > 3) return json.is_object() ? "an object" : "an array";
  return json.Excerpt();
}

std::optional<double> SpecialNumber(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity" || text == "INF") return HUGE_VAL;
  if (text == "-Infinity" || text == "-INF") return -HUGE_VAL;
  return std::nullopt;
}

// 3.0 is an integer too: JSON has one kind of number.
std::optional<int64_t> IntegerOf(const JsonValue& json) {
  if (json.kind() != JsonKind::kReal) return json.Integer();
  const double value = json.Real();
  if (!(std::abs(value) <= 9007199254740992.0) || value != std::floor(value)) return std::nullopt;  // 2^53
  return static_cast<int64_t>(value);
}

// A failed call has set `problem`; callers on the way out put their place in front of it.
class Reader {
 public:
  // Trying union branches can repeat work at every level: `budget` bounds the whole.
  Reader(JsonForm form, size_t budget, bool in_default) : form_(form), budget_(budget), in_default_(in_default) {}

  std::string problem;
  size_t problem_at = 0;  // offset in the text

  bool Read(const Node& node, const JsonValue& json, Datum& out, int depth) {
    if (depth > kDatumDepthMax) return Fail(json, fmt::format("value nests deeper than {}", kDatumDepthMax));
    if (budget_ == 0) return Fail(json, "too many combinations of union branches to try; use Avro's JSON form");
    --budget_;
    switch (node.type) {
      case Type::kNull:
        if (!json.is_null()) return Expected(node, json);
        out = Datum();
        return true;
      case Type::kBoolean:
        if (!json.is_boolean()) return Expected(node, json);
        out = Datum::Boolean(json.kind() == JsonKind::kTrue);
        return true;
      case Type::kInt:
      case Type::kLong:
        return ReadInteger(node, json, out);
      case Type::kFloat:
      case Type::kDouble:
        return ReadReal(node, json, out);
      case Type::kBytes:
      case Type::kFixed:
        return ReadBinary(node, json, out);
      case Type::kString:
        if (!json.is_string()) return Expected(node, json);
        out = Datum::String(std::string(json.text()));
        return true;
      case Type::kEnum:
        return ReadEnum(node, json, out);
      case Type::kRecord:
        return ReadRecord(node, json, out, depth);
      case Type::kArray:
        return ReadArray(node, json, out, depth);
      case Type::kMap:
        return ReadMap(node, json, out, depth);
      case Type::kUnion:
        return form_ == JsonForm::kAvro ? ReadWrapped(node, json, out, depth) : ReadBare(node, json, out, depth);
    }
    return false;
  }

 private:
  bool Fail(const JsonValue& where, std::string what) {
    problem = std::move(what);
    problem_at = where.offset();
    return false;
  }
  bool In(const std::string& where) {
    problem = where + ": " + problem;
    return false;
  }
  bool Expected(const Node& node, const JsonValue& json) {
    return Fail(json, fmt::format("expected {}, found {}", node.BranchName(), Excerpt(json)));
  }

  bool ReadInteger(const Node& node, const JsonValue& json, Datum& out) {
    const auto value = IntegerOf(json);
    if (!value && !json.is_integer()) return Expected(node, json);
    if (!value) return Fail(json, fmt::format("{} does not fit 64 bits", Excerpt(json)));
    if (node.type == Type::kLong) {
      out = Datum::Long(*value);
      return true;
    }
    if (*value < INT32_MIN || *value > INT32_MAX) return Fail(json, fmt::format("{} does not fit an int", *value));
    out = Datum::Int(static_cast<int32_t>(*value));
    return true;
  }

  bool ReadReal(const Node& node, const JsonValue& json, Datum& out) {
    double value = 0;
    if (json.is_number()) {
      value = json.Real();
    } else if (const auto special = json.is_string() ? SpecialNumber(json.text()) : std::optional<double>()) {
      value = *special;
    } else {
      return Expected(node, json);
    }
    out = node.type == Type::kFloat ? Datum::Float(static_cast<float>(value)) : Datum::Double(value);
    return true;
  }

  bool ReadBinary(const Node& node, const JsonValue& json, Datum& out) {
    if (!json.is_string()) return Expected(node, json);
    auto bytes = BytesOfText(json.text());
    if (!bytes)
      return Fail(json, fmt::format("{} has characters above U+00FF, which stand for no byte", Excerpt(json)));
    if (node.type == Type::kBytes) {
      out = Datum::Bytes(std::move(*bytes));
      return true;
    }
    if (bytes->size() != node.fixed_size) {
      return Fail(json, fmt::format("{} takes {} bytes, not {}", node.name, node.fixed_size, bytes->size()));
    }
    out = Datum::Fixed(std::move(*bytes));
    return true;
  }

  bool ReadEnum(const Node& node, const JsonValue& json, Datum& out) {
    if (!json.is_string()) return Expected(node, json);
    const int index = node.SymbolIndex(json.text());
    if (index < 0) return Fail(json, fmt::format("enum {} has no symbol {}", node.name, Excerpt(json)));
    out = Datum::Enum(index);
    return true;
  }

  bool ReadRecord(const Node& node, const JsonValue& json, Datum& out, int depth) {
    if (!json.is_object()) return Expected(node, json);
    const auto members = json.Members();
    Datum::Items fields(node.fields.size());
    size_t present = 0;
    size_t expected_at = 0;  // writers keep the order of the schema
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& field = node.fields[i];
      auto found = members.begin() + static_cast<ptrdiff_t>(expected_at);
      if (found == members.end() || found->first != field.name) {
        found = std::find_if(members.begin(), members.end(), [&](auto& member) { return member.first == field.name; });
      }
      if (found != members.end()) {
        ++present;
        expected_at = static_cast<size_t>(found - members.begin()) + 1;
        if (!Read(*field.type, found->second, fields[i], depth + 1)) return In("field " + field.name);
      } else if (form_ == JsonForm::kPlain && field.default_json) {
        if (!ReadDefault(field, json, fields[i], depth)) return In("default of field " + field.name);
      } else {
        return Fail(json, fmt::format("{} has no field {}, which {} needs", Excerpt(json), field.name, node.name));
      }
    }
    if (present != members.size()) {
      for (const auto& [name, value] : members) {
        if (node.FieldIndex(name) < 0)
          return Fail(value, fmt::format("record {} has no field \"{}\"", node.name, name));
      }
    }
    out = Datum::Record(std::move(fields));
    return true;
  }

  bool ReadDefault(const Field& field, const JsonValue& record, Datum& out, int depth) {
    const auto document = JsonDocument::Parse(*field.default_json, {});
    VENICE_CHECK(document.ok());
    const bool around = std::exchange(in_default_, true);
    const bool read = Read(*field.type, document->root(), out, depth + 1);
    in_default_ = around;
    if (!read) problem_at = record.offset();
    return read;
  }

  bool ReadArray(const Node& node, const JsonValue& json, Datum& out, int depth) {
    if (!json.is_array()) return Expected(node, json);
    Datum::Items items(json.size());
    size_t i = 0;
    for (const JsonValue item : json.items()) {
      if (!Read(*node.items, item, items[i], depth + 1)) return In(fmt::format("item {}", i));
      ++i;
    }
    out = Datum::Array(std::move(items));
    return true;
  }

  bool ReadMap(const Node& node, const JsonValue& json, Datum& out, int depth) {
    if (!json.is_object()) return Expected(node, json);
    Datum::Entries entries;
    for (const auto& [key, value] : json.Members()) {
      entries.push_back({std::string(key), Datum()});
      if (!Read(*node.items, value, entries.back().value, depth + 1)) return In(fmt::format("entry \"{}\"", key));
    }
    out = Datum::Map(std::move(entries));
    return true;
  }

  // null, or {"<branch name>": value}
  bool ReadWrapped(const Node& node, const JsonValue& json, Datum& out, int depth) {
    const bool null = json.is_null();
    if (!null && (!json.is_object() || json.size() != 1)) {
      return Fail(json, fmt::format("expected null or {{\"<branch>\": value}} for a union, found {}", Excerpt(json)));
    }
    const std::string_view name = null ? "null" : json.Members().front().first;
    const JsonValue value = null ? json : json.Members().front().second;
    for (size_t i = 0; i < node.branches.size(); ++i) {
      const Node& branch = *node.branches[i];
      if (branch.BranchName() != name) continue;
      if (!Read(branch, value, out, depth + 1)) return false;
      out = std::move(out).InBranch(static_cast<int32_t>(i));
      return true;
    }
    return Fail(json, fmt::format("the union has no branch {}", name));
  }

  // Whether a branch is the natural reading of a JSON value: 1 is an int rather than a double. A default is of the
  // first branch that fits (Avro specification), whatever its kind.
  bool Natural(const Node& branch, const JsonValue& json) const {
    return in_default_ || !json.is_integer() || (branch.type != Type::kFloat && branch.type != Type::kDouble);
  }

  bool ReadBare(const Node& node, const JsonValue& json, Datum& out, int depth) {
    std::string first_problem;
    size_t first_problem_at = json.offset();
    for (const bool natural : {true, false}) {
      for (size_t i = 0; i < node.branches.size(); ++i) {
        const Node& branch = *node.branches[i];
        if (Natural(branch, json) != natural) continue;
        if (Read(branch, json, out, depth + 1)) {
          out = std::move(out).InBranch(static_cast<int32_t>(i));
          return true;
        }
        if (first_problem.empty() && branch.type != Type::kNull) {
          first_problem = std::move(problem);
          first_problem_at = problem_at;
        }
      }
    }
    // {"string": "a"}: Avro's form is understood here as well.
    if (json.is_object() && json.size() == 1 && ReadWrapped(node, json, out, depth)) return true;
    Fail(json, first_problem.empty() ? fmt::format("expected null, found {}", Excerpt(json)) : first_problem);
    problem_at = first_problem_at;
    return false;
  }

  const JsonForm form_;
  size_t budget_;
  bool in_default_;
};

// Generous for real values, small enough that hostile ones end in under a second.
size_t Budget(size_t json_bytes) { return 100'000 + 64 * json_bytes; }

Result<Datum> Read(const Node& node, const JsonDocument& document, JsonForm form, ErrorCode code, bool is_default) {
  Reader reader(form, Budget(document.text().size()), is_default);
  Datum out;
  if (reader.Read(node, document.root(), out, 0)) return out;
  return Error(code, reader.problem + document.PlaceWithin(reader.problem_at));
}

}  // namespace

Result<Datum> FromJson(const Schema& schema, std::string_view json, JsonForm form) {
  auto document = JsonDocument::Parse(json, {});
  if (!document.ok()) return std::move(document).error().In("not JSON");
  return Read(schema.node(), *document, form, ErrorCode::kInvalidArgument, false);
}

Result<Datum> DefaultValue(const Node& type, std::string_view json) {
  VENICE_ASSIGN(const JsonDocument document, JsonDocument::Parse(json, {.error = ErrorCode::kInvalidSchema}));
  return Read(type, document, JsonForm::kPlain, ErrorCode::kInvalidSchema, true);
}

Result<Datum> FromText(const Schema& schema, std::string_view text) {
  switch (schema.type()) {
    case Type::kString:
      return Datum::String(std::string(text));
    case Type::kEnum: {
      const int index = schema->SymbolIndex(text);
      if (index >= 0) return Datum::Enum(index);
      break;
    }
    case Type::kBytes:
      return Datum::Bytes(std::string(text));
    case Type::kFixed:
      if (text.size() == schema->fixed_size) return Datum::Fixed(std::string(text));
      break;
    default:
      break;
  }
  return FromJson(schema, text, JsonForm::kPlain);
}

}  // namespace venice::avro
