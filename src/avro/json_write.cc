// Values to JSON text.
#include "avro/binary.h"
#include "avro/json.h"
#include "avro/json_text.h"

namespace venice::avro {
namespace {

class Writer {
 public:
  Writer(JsonForm form, std::string& out) : form_(form), out_(out) {}

  std::string problem;

  bool Write(const Node& node, const Datum& datum, int depth) {
    if (depth > kDatumDepthMax) return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
    if (node.type == Type::kUnion) return WriteUnion(node, datum, depth);
    if (node.type != datum.type()) {
      return Fail(fmt::format("expected {}, found {}", node.BranchName(), TypeName(datum.type())));
    }
    switch (node.type) {
      case Type::kNull:
        out_ += "null";
        return true;
      case Type::kBoolean:
        out_ += datum.boolean() ? "true" : "false";
        return true;
      case Type::kInt:
        out_ += fmt::format("{}", datum.int_value());
        return true;
      case Type::kLong:
        out_ += fmt::format("{}", datum.long_value());
        return true;
      case Type::kFloat:
        AppendJsonReal(out_, datum.float_value());
        return true;
      case Type::kDouble:
        AppendJsonReal(out_, datum.double_value());
        return true;
      case Type::kString:
        AppendJsonText(out_, datum.text());
        return true;
      case Type::kBytes:
      case Type::kFixed:
        AppendJsonBytes(out_, datum.text(), form_ == JsonForm::kAvro ? HighBytes::kRaw : HighBytes::kEscaped);
        return true;
      case Type::kEnum:
        return WriteEnum(node, datum);
      case Type::kRecord:
        return WriteRecord(node, datum, depth);
      case Type::kArray:
        return WriteArray(node, datum, depth);
      case Type::kMap:
        return WriteMap(node, datum, depth);
      case Type::kUnion:
        break;
    }
    return false;
  }

 private:
  bool Fail(std::string what) {
    problem = std::move(what);
    return false;
  }

  bool WriteUnion(const Node& node, const Datum& datum, int depth) {
    auto branch = static_cast<size_t>(datum.branch());
    if (datum.branch() < 0) {
      branch = 0;
      while (branch < node.branches.size() && node.branches[branch]->type != datum.type()) ++branch;
    }
    if (branch >= node.branches.size()) return Fail("the union has no such branch");
    const Node& type = *node.branches[branch];
    if (form_ == JsonForm::kPlain || type.type == Type::kNull) return Write(type, datum, depth + 1);
    out_ += '{';
    AppendJsonText(out_, type.BranchName());
    out_ += ':';
    if (!Write(type, datum, depth + 1)) return false;
    out_.push_back('}');
    return true;
  }

  bool WriteEnum(const Node& node, const Datum& datum) {
    const auto index = static_cast<size_t>(datum.int_value());
    if (index >= node.symbols.size()) return Fail(fmt::format("{} has no symbol number {}", node.name, index));
    AppendJsonText(out_, node.symbols[index]);
    return true;
  }

  bool WriteRecord(const Node& node, const Datum& datum, int depth) {
    if (datum.items().size() != node.fields.size()) return Fail(fmt::format("not a value of {}", node.name));
    out_.push_back('{');
    for (size_t i = 0; i < node.fields.size(); ++i) {
      if (i > 0) out_.push_back(',');
      AppendJsonText(out_, node.fields[i].name);
      out_.push_back(':');
      if (!Write(*node.fields[i].type, datum.field(i), depth + 1)) return false;
    }
    out_.push_back('}');
    return true;
  }

  bool WriteArray(const Node& node, const Datum& datum, int depth) {
    out_.push_back('[');
    for (size_t i = 0; i < datum.items().size(); ++i) {
      if (i > 0) out_.push_back(',');
      if (!Write(*node.items, datum.items()[i], depth + 1)) return false;
    }
    out_.push_back(']');
    return true;
  }

  bool WriteMap(const Node& node, const Datum& datum, int depth) {
    out_.push_back('{');
    bool first = true;
    for (const MapEntry& entry : datum.entries()) {
      if (!first) out_.push_back(',');
      first = false;
      AppendJsonText(out_, entry.key);
      out_.push_back(':');
      if (!Write(*node.items, entry.value, depth + 1)) return false;
    }
    out_.push_back('}');
    return true;
  }

  const JsonForm form_;
  std::string& out_;
};

}  // namespace

Result<std::string> ToJson(const Schema& schema, const Datum& datum, JsonForm form) {
  std::string out;
  Writer writer(form, out);
  if (!writer.Write(schema.node(), datum, 0)) return Error(ErrorCode::kInvalidArgument, std::move(writer.problem));
  return out;
}

Result<std::string> BinaryToJson(const Schema& schema, std::string_view encoded, JsonForm form) {
  VENICE_ASSIGN(const Datum datum, DecodeAll(schema, encoded));
  return ToJson(schema, datum, form);
}

}  // namespace venice::avro
