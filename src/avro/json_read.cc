// JSON text to values.
#include <cmath>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "avro/default_value.h"
#include "avro/json.h"
#include "avro/json_text.h"

namespace venice::avro {
namespace {

using Json = nlohmann::json;

std::string Excerpt(const Json& json) {
  if (json.is_structured() && json.size() > 3) return json.is_object() ? "an object" : "an array";
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// Avro writes bytes as a string of the code points 0 to 255.
std::optional<std::string> Latin1(const std::string& utf8) {
  std::string bytes;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      bytes.push_back(utf8[i]);
    } else if ((lead == 0xc2 || lead == 0xc3) && i + 1 < utf8.size()) {
      bytes.push_back(static_cast<char>(((lead & 0x03) << 6) | (static_cast<uint8_t>(utf8[++i]) & 0x3f)));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

std::optional<double> SpecialNumber(const std::string& text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity" || text == "INF") return HUGE_VAL;
  if (text == "-Infinity" || text == "-INF") return -HUGE_VAL;
  return std::nullopt;
}

// A failed call has set `problem`; callers on the way out put their place in front of it.
class Reader {
 public:
  // Trying union branches can repeat work at every level: `budget` bounds the whole.
  Reader(JsonForm form, size_t budget) : form_(form), budget_(budget) {}

  std::string problem;

  bool Read(const Node& node, const Json& json, Datum& out, int depth) {
    if (depth > kDatumDepthMax) return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
    if (budget_ == 0) return Fail("too many combinations of union branches to try; use Avro's JSON form");
    --budget_;
    switch (node.type) {
      case Type::kNull:
        if (!json.is_null()) return Expected(node, json);
        out = Datum();
        return true;
      case Type::kBoolean:
        if (!json.is_boolean()) return Expected(node, json);
        out = Datum::Boolean(json.get<bool>());
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
        out = Datum::String(json.get<std::string>());
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
  bool Fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool In(const std::string& where) {
    problem = where + ": " + problem;
    return false;
  }
  bool Expected(const Node& node, const Json& json) {
    return Fail(fmt::format("expected {}, found {}", node.BranchName(), Excerpt(json)));
  }

  bool ReadInteger(const Node& node, const Json& json, Datum& out) {
    if (!json.is_number_integer()) return Expected(node, json);
    if (json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX) {
      return Fail(fmt::format("{} does not fit 64 bits", Excerpt(json)));
    }
    const auto value = json.get<int64_t>();
    if (node.type == Type::kLong) {
      out = Datum::Long(value);
      return true;
    }
    if (value < INT32_MIN || value > INT32_MAX) return Fail(fmt::format("{} does not fit an int", value));
    out = Datum::Int(static_cast<int32_t>(value));
    return true;
  }

  bool ReadReal(const Node& node, const Json& json, Datum& out) {
    double value = 0;
    if (json.is_number()) {
      value = json.get<double>();
    } else if (const auto special =
                   json.is_string() ? SpecialNumber(json.get_ref<const std::string&>()) : std::optional<double>()) {
      value = *special;
    } else {
      return Expected(node, json);
    }
    out = node.type == Type::kFloat ? Datum::Float(static_cast<float>(value)) : Datum::Double(value);
    return true;
  }

  bool ReadBinary(const Node& node, const Json& json, Datum& out) {
    if (!json.is_string()) return Expected(node, json);
    auto bytes = Latin1(json.get_ref<const std::string&>());
    if (!bytes) return Fail(fmt::format("{} has characters above U+00FF, which stand for no byte", Excerpt(json)));
    if (node.type == Type::kBytes) {
      out = Datum::Bytes(std::move(*bytes));
      return true;
    }
    if (bytes->size() != node.fixed_size) {
      return Fail(fmt::format("{} takes {} bytes, not {}", node.name, node.fixed_size, bytes->size()));
    }
    out = Datum::Fixed(std::move(*bytes));
    return true;
  }

  bool ReadEnum(const Node& node, const Json& json, Datum& out) {
    if (!json.is_string()) return Expected(node, json);
    const int index = node.SymbolIndex(json.get_ref<const std::string&>());
    if (index < 0) return Fail(fmt::format("enum {} has no symbol {}", node.name, Excerpt(json)));
    out = Datum::Enum(index);
    return true;
  }

  bool ReadRecord(const Node& node, const Json& json, Datum& out, int depth) {
    if (!json.is_object()) return Expected(node, json);
    Datum::Items fields(node.fields.size());
    size_t present = 0;
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& field = node.fields[i];
      if (const auto found = json.find(field.name); found != json.end()) {
        ++present;
        if (!Read(*field.type, *found, fields[i], depth + 1)) return In("field " + field.name);
      } else if (form_ == JsonForm::kPlain && field.default_json) {
        const Json value = Json::parse(*field.default_json);
        if (!Read(*field.type, value, fields[i], depth + 1)) return In("default of field " + field.name);
      } else {
        return Fail(fmt::format("{} has no field {}, which {} needs", Excerpt(json), field.name, node.name));
      }
    }
    if (present != json.size()) {
      for (const auto& [name, value] : json.items()) {
        if (node.FieldIndex(name) < 0) return Fail(fmt::format("record {} has no field \"{}\"", node.name, name));
      }
    }
    out = Datum::Record(std::move(fields));
    return true;
  }

  bool ReadArray(const Node& node, const Json& json, Datum& out, int depth) {
    if (!json.is_array()) return Expected(node, json);
    Datum::Items items(json.size());
    for (size_t i = 0; i < items.size(); ++i) {
      if (!Read(*node.items, json[i], items[i], depth + 1)) return In(fmt::format("item {}", i));
    }
    out = Datum::Array(std::move(items));
    return true;
  }

  bool ReadMap(const Node& node, const Json& json, Datum& out, int depth) {
    if (!json.is_object()) return Expected(node, json);
    Datum::Entries entries;
    for (const auto& [key, value] : json.items()) {
      entries.push_back({key, Datum()});
      if (!Read(*node.items, value, entries.back().value, depth + 1)) return In(fmt::format("entry \"{}\"", key));
    }
    out = Datum::Map(std::move(entries));
    return true;
  }

  // null, or {"<branch name>": value}
  bool ReadWrapped(const Node& node, const Json& json, Datum& out, int depth) {
    const bool null = json.is_null();
    if (!null && (!json.is_object() || json.size() != 1)) {
      return Fail(fmt::format("expected null or {{\"<branch>\": value}} for a union, found {}", Excerpt(json)));
    }
    const std::string name = null ? "null" : json.begin().key();
    for (size_t i = 0; i < node.branches.size(); ++i) {
      const Node& branch = *node.branches[i];
      if (branch.BranchName() != name) continue;
      if (!Read(branch, null ? json : *json.begin(), out, depth + 1)) return false;
      out = std::move(out).InBranch(static_cast<int32_t>(i));
      return true;
    }
    return Fail(fmt::format("the union has no branch {}", name));
  }

  // Whether a branch is the natural reading of a JSON value: 1 is an int rather than a double.
  static bool Natural(const Node& branch, const Json& json) {
    return !json.is_number_integer() || (branch.type != Type::kFloat && branch.type != Type::kDouble);
  }

  bool ReadBare(const Node& node, const Json& json, Datum& out, int depth) {
    std::string first_problem;
    for (const bool natural : {true, false}) {
      for (size_t i = 0; i < node.branches.size(); ++i) {
        const Node& branch = *node.branches[i];
        if (Natural(branch, json) != natural) continue;
        if (Read(branch, json, out, depth + 1)) {
          out = std::move(out).InBranch(static_cast<int32_t>(i));
          return true;
        }
        if (first_problem.empty() && branch.type != Type::kNull) first_problem = std::move(problem);
      }
    }
    // {"string": "a"}: Avro's form is understood here as well.
    if (json.is_object() && json.size() == 1 && ReadWrapped(node, json, out, depth)) return true;
    return Fail(first_problem.empty() ? fmt::format("expected null, found {}", Excerpt(json)) : first_problem);
  }

  const JsonForm form_;
  size_t budget_;
};

// Generous for real values, small enough that hostile ones end in under a second.
size_t Budget(size_t json_bytes) { return 100'000 + 64 * json_bytes; }

Result<Datum> Read(const Node& node, std::string_view text, JsonForm form, ErrorCode code) {
  if (JsonNestsTooDeep(text)) return Error(code, fmt::format("JSON nests deeper than {}", kJsonDepthMax));
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& e) {
    return Error(code, fmt::format("not JSON: {}", e.what()));
  }
  Reader reader(form, Budget(text.size()));
  Datum out;
  if (!reader.Read(node, json, out, 0)) return Error(code, std::move(reader.problem));
  return out;
}

}  // namespace

Result<Datum> FromJson(const Schema& schema, std::string_view json, JsonForm form) {
  return Read(schema.node(), json, form, ErrorCode::kInvalidArgument);
}

Result<Datum> DefaultValue(const Node& type, std::string_view json) {
  return Read(type, json, JsonForm::kPlain, ErrorCode::kInvalidSchema);
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
