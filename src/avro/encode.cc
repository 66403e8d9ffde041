#include "avro/binary.h"
#include "avro/primitives.h"

namespace venice::avro {
namespace {

// A failed call has set `problem`; callers on the way out put their place in front of it.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  std::string problem;

  bool Write(const Node& node, const Datum& datum, int depth) {
    if (depth > kDatumDepthMax) return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
    if (node.type == Type::kUnion) return WriteUnion(node, datum, depth);
    if (!Fits(node, datum)) {
      return Fail(fmt::format("expected {}, found {}", node.BranchName(), TypeName(datum.type())));
    }
    switch (node.type) {
      case Type::kNull:
        return true;
      case Type::kBoolean:
        AppendBoolean(out_, datum.boolean());
        return true;
      case Type::kInt:
        AppendInt(out_, datum.int_value());
        return true;
      case Type::kLong:
        AppendLong(out_, datum.long_value());
        return true;
      case Type::kFloat:
        AppendFloat(out_, static_cast<float>(AsDouble(datum)));
        return true;
      case Type::kDouble:
        AppendDouble(out_, AsDouble(datum));
        return true;
      case Type::kBytes:
      case Type::kString:
        AppendBytes(out_, datum.text());
        return true;
      case Type::kFixed:
        return WriteFixed(node, datum);
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
  static double AsDouble(const Datum& datum) {
    switch (datum.type()) {
      case Type::kInt:
        return datum.int_value();
      case Type::kLong:
        return static_cast<double>(datum.long_value());
      case Type::kFloat:
        return datum.float_value();
      default:
        return datum.double_value();
    }
  }

  static bool Fits(const Node& node, const Datum& datum) {
    const Type type = datum.type();
    switch (node.type) {
      case Type::kLong:
        return type == Type::kLong || type == Type::kInt;
      case Type::kFloat:
        return type == Type::kFloat || type == Type::kInt || type == Type::kLong;
      case Type::kDouble:
        return type == Type::kDouble || type == Type::kFloat || type == Type::kInt || type == Type::kLong;
      default:
        return node.type == type;
    }
  }

  bool Fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool In(std::string where) {
    problem = where + ": " + problem;
    return false;
  }

  bool WriteUnion(const Node& node, const Datum& datum, int depth) {
    auto branch = static_cast<size_t>(datum.branch());
    if (datum.branch() < 0) {
      branch = 0;
      while (branch < node.branches.size() && node.branches[branch]->type != datum.type()) ++branch;
      if (branch == node.branches.size()) {
        branch = 0;
        while (branch < node.branches.size() && !Fits(*node.branches[branch], datum)) ++branch;
      }
    }
    if (branch >= node.branches.size()) {
      return Fail(fmt::format("the union of {} has no branch for {}", node.branches.size(), TypeName(datum.type())));
    }
    AppendLong(out_, static_cast<int64_t>(branch));
    return Write(*node.branches[branch], datum, depth + 1);
  }

  bool WriteFixed(const Node& node, const Datum& datum) {
    if (datum.text().size() != node.fixed_size) {
      return Fail(fmt::format("{} takes {} bytes, not {}", node.name, node.fixed_size, datum.text().size()));
    }
    out_ += datum.text();
    return true;
  }

  bool WriteEnum(const Node& node, const Datum& datum) {
    const int32_t index = datum.int_value();
    if (index < 0 || static_cast<size_t>(index) >= node.symbols.size()) {
      return Fail(fmt::format("{} has {} symbols, no number {}", node.name, node.symbols.size(), index));
    }
    AppendInt(out_, index);
    return true;
  }

  bool WriteRecord(const Node& node, const Datum& datum, int depth) {
    const Datum::Items& values = datum.items();
    if (values.size() != node.fields.size()) {
      return Fail(fmt::format("{} has {} fields, the value {}", node.name, node.fields.size(), values.size()));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (!Write(*node.fields[i].type, values[i], depth + 1)) return In("field " + node.fields[i].name);
    }
    return true;
  }

  bool WriteArray(const Node& node, const Datum& datum, int depth) {
    const Datum::Items& items = datum.items();
    if (!items.empty()) AppendLong(out_, static_cast<int64_t>(items.size()));
    for (size_t i = 0; i < items.size(); ++i) {
      if (!Write(*node.items, items[i], depth + 1)) return In(fmt::format("item {}", i));
    }
    AppendLong(out_, 0);
    return true;
  }

  bool WriteMap(const Node& node, const Datum& datum, int depth) {
    const Datum::Entries& entries = datum.entries();
    if (!entries.empty()) AppendLong(out_, static_cast<int64_t>(entries.size()));
    for (const MapEntry& entry : entries) {
      AppendBytes(out_, entry.key);
      if (!Write(*node.items, entry.value, depth + 1)) return In(fmt::format("entry \"{}\"", entry.key));
    }
    AppendLong(out_, 0);
    return true;
  }

  std::string& out_;
};

}  // namespace

Status Encode(const Schema& schema, const Datum& datum, std::string& out) {
  const size_t size = out.size();
  Encoder encoder(out);
  if (encoder.Write(schema.node(), datum, 0)) return Ok();
  out.resize(size);
  return Error(ErrorCode::kInvalidArgument, std::move(encoder.problem));
}

Result<std::string> Encode(const Schema& schema, const Datum& datum) {
  std::string out;
  VENICE_TRY(Encode(schema, datum, out));
  return out;
}

}  // namespace venice::avro
