// Values to JSON text.
#include <cmath>

#include "avro/binary.h"
#include "avro/json.h"

namespace venice::avro {
namespace {

// Length of the well-formed UTF-8 sequence at the front of `text` (Unicode, table 3-7), or 0.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void AppendCharacter(std::string& out, uint8_t c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      if (c < 0x20 || c == 0x7f) {
        out += fmt::format("\\u{:04x}", c);
      } else {
        out.push_back(static_cast<char>(c));
      }
  }
}

void AppendText(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 1) {
      AppendCharacter(out, static_cast<uint8_t>(text[0]));
    } else if (length == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  out.push_back('"');
}

void AppendBinary(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      AppendCharacter(out, byte);
    }
  }
  out.push_back('"');
}

template <typename T>
void AppendReal(std::string& out, T value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    const std::string text = fmt::format("{}", value);
    out += text;
    if (text.find_first_of(".e") == std::string::npos) out += ".0";
  }
}

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
        AppendReal(out_, datum.float_value());
        return true;
      case Type::kDouble:
        AppendReal(out_, datum.double_value());
        return true;
      case Type::kString:
        AppendText(out_, datum.text());
        return true;
      case Type::kBytes:
      case Type::kFixed:
        AppendBinary(out_, datum.text());
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
    out_ += fmt::format("{{\"{}\":", type.BranchName());
    if (!Write(type, datum, depth + 1)) return false;
    out_.push_back('}');
    return true;
  }

  bool WriteEnum(const Node& node, const Datum& datum) {
    const auto index = static_cast<size_t>(datum.int_value());
    if (index >= node.symbols.size()) return Fail(fmt::format("{} has no symbol number {}", node.name, index));
    AppendText(out_, node.symbols[index]);
    return true;
  }

  bool WriteRecord(const Node& node, const Datum& datum, int depth) {
    if (datum.items().size() != node.fields.size()) return Fail(fmt::format("not a value of {}", node.name));
    out_.push_back('{');
    for (size_t i = 0; i < node.fields.size(); ++i) {
      if (i > 0) out_.push_back(',');
      AppendText(out_, node.fields[i].name);
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
      AppendText(out_, entry.key);
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
