#include "avro/binary.h"
#include "avro/primitives.h"

namespace venice::avro {
namespace {

// Collects small writes before they go to the string, each of whose appends would cost as much as a whole number.
class Output {
 public:
  explicit Output(std::string& out) : out_(out) {}

  void Varint(int64_t value) {
    Reserve(kVarintBytesMax);
    at_ += StoreVarint(at_, ZigZag(value));
  }
  void Byte(char value) {
    Reserve(1);
    *at_++ = value;
  }
  template <typename T>
  void Number(T value) {
    Reserve(sizeof(T));
    std::memcpy(at_, &value, sizeof(T));
    at_ += sizeof(T);
  }
  void Bytes(std::string_view bytes) {
    if (bytes.size() > kBuffered) {
      Flush();
      out_.append(bytes);
    } else if (!bytes.empty()) {
      Reserve(bytes.size());
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }
  void Flush() {
    out_.append(buffer_, static_cast<size_t>(at_ - buffer_));
    at_ = buffer_;
  }

 private:
  static constexpr size_t kBuffered = 512;

  void Reserve(size_t bytes) {
    if (bytes > static_cast<size_t>(buffer_ + sizeof(buffer_) - at_)) [[unlikely]]
      Flush();
  }

  std::string& out_;
  char* at_ = buffer_;
  char buffer_[2 * kBuffered];
};

// Of a Datum or a Value: they are read alike, but for packed arrays. A failed call has set `problem`; callers on the
// way out put their place in front of it.
template <typename T>
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  std::string problem;

  bool WriteAll(const Node& node, const T& value) {
    if (!Write(node, value, 0)) return false;
    out_.Flush();
    return true;
  }

 private:
  // Inlined into the loops over fields, items and entries: most values are leaves, and a call would cost as much.
  [[gnu::always_inline]] bool Write(const Node& node, const T& value, int depth) {
    const Type type = node.type;
    if (depth > kDatumDepthMax) [[unlikely]]
      return FailDepth();
    if (type == Type::kUnion) return WriteUnion(node, value, depth);
    if (type != value.type() && !Fits(type, value.type())) [[unlikely]]
      return FailType(node, value.type());
    switch (type) {
      case Type::kNull:
        return true;
      case Type::kBoolean:
        out_.Byte(value.boolean() ? '\1' : '\0');
        return true;
      case Type::kInt:
        out_.Varint(value.int_value());
        return true;
      case Type::kLong:
        out_.Varint(value.long_value());
        return true;
      case Type::kFloat:
        out_.Number(value.type() == Type::kFloat ? value.float_value() : static_cast<float>(AsDouble(value)));
        return true;
      case Type::kDouble:
        out_.Number(AsDouble(value));
        return true;
      case Type::kBytes:
      case Type::kString:
        WriteText(value.text());
        return true;
      case Type::kFixed:
        return WriteFixed(node, value);
      case Type::kEnum:
        return WriteEnum(node, value.int_value());
      case Type::kRecord:
        return WriteRecord(node, value, depth);
      case Type::kArray:
        return WriteArray(node, value, depth);
      case Type::kMap:
        return WriteMap(node, value, depth);
      case Type::kUnion:
        break;
    }
    return false;
  }

  static double AsDouble(const T& value) {
    switch (value.type()) {
      case Type::kInt:
        return value.int_value();
      case Type::kLong:
        return static_cast<double>(value.long_value());
      case Type::kFloat:
        return value.float_value();
      default:
        return value.double_value();
    }
  }

  static bool Fits(Type wanted, Type type) {
    switch (wanted) {
      case Type::kLong:
        return type == Type::kLong || type == Type::kInt;
      case Type::kFloat:
        return type == Type::kFloat || type == Type::kInt || type == Type::kLong;
      case Type::kDouble:
        return type == Type::kDouble || type == Type::kFloat || type == Type::kInt || type == Type::kLong;
      default:
        return wanted == type;
    }
  }

  [[gnu::noinline, gnu::cold]] bool FailDepth() {
    return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
  }
  [[gnu::noinline, gnu::cold]] bool FailType(const Node& node, Type found) {
    return Fail(fmt::format("expected {}, found {}", node.BranchName(), TypeName(found)));
  }
  [[gnu::noinline, gnu::cold]] bool FailBranch(const Node& node, Type found) {
    return Fail(fmt::format("the union of {} has no branch for {}", node.branches.size(), TypeName(found)));
  }
  [[gnu::noinline, gnu::cold]] bool Fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  [[gnu::noinline, gnu::cold]] bool In(std::string_view kind, std::string_view name) {
    problem = fmt::format("{} {}: {}", kind, name, problem);
    return false;
  }

  [[gnu::noinline, gnu::cold]] bool InItem(size_t index) { return In("item", std::to_string(index)); }
  [[gnu::noinline, gnu::cold]] bool InEntry(std::string_view key) { return In("entry", fmt::format("\"{}\"", key)); }

  void WriteText(std::string_view text) {
    out_.Varint(static_cast<int64_t>(text.size()));
    out_.Bytes(text);
  }

  [[gnu::noinline]] bool WriteUnion(const Node& node, const T& value, int depth) {
    auto branch = static_cast<size_t>(value.branch());
    if (value.branch() < 0) branch = FittingBranch(node, value.type());
    if (branch >= node.branches.size()) [[unlikely]]
      return FailBranch(node, value.type());
    out_.Varint(static_cast<int64_t>(branch));
    return Write(*node.branches[branch], value, depth + 1);
  }

  // The first branch of the type, else the first that takes it; past the last when there is none.
  static size_t FittingBranch(const Node& node, Type type) {
    const auto& branches = node.branches;
    auto found =
        std::find_if(branches.begin(), branches.end(), [&](const Node* branch) { return branch->type == type; });
    if (found == branches.end()) {
      found =
          std::find_if(branches.begin(), branches.end(), [&](const Node* branch) { return Fits(branch->type, type); });
    }
    return static_cast<size_t>(found - branches.begin());
  }

  [[gnu::noinline]] bool WriteFixed(const Node& node, const T& value) {
    if (value.text().size() != node.fixed_size) {
      return Fail(fmt::format("{} takes {} bytes, not {}", node.name, node.fixed_size, value.text().size()));
    }
    out_.Bytes(value.text());
    return true;
  }

  [[gnu::noinline]] bool WriteEnum(const Node& node, int32_t index) {
    if (index < 0 || static_cast<size_t>(index) >= node.symbols.size()) {
      return Fail(fmt::format("{} has {} symbols, no number {}", node.name, node.symbols.size(), index));
    }
    out_.Varint(index);
    return true;
  }

  [[gnu::noinline]] bool WriteRecord(const Node& node, const T& value, int depth) {
    const auto& values = value.items();
    if (values.size() != node.fields.size()) {
      return Fail(fmt::format("{} has {} fields, the value {}", node.name, node.fields.size(), values.size()));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (!Write(*node.fields[i].type, values[i], depth + 1)) [[unlikely]]
        return In("field", node.fields[i].name);
    }
    return true;
  }

  [[gnu::noinline]] bool WriteArray(const Node& node, const T& value, int depth) {
    if constexpr (std::is_same_v<T, Value>) {
      if (value.packed()) return WriteNumbers(*node.items, value, depth);
    }
    const auto& items = value.items();
    if (!items.empty()) out_.Varint(static_cast<int64_t>(items.size()));
    for (size_t i = 0; i < items.size(); ++i) {
      if (!Write(*node.items, items[i], depth + 1)) [[unlikely]]
        return InItem(i);
    }
    out_.Varint(0);
    return true;
  }

  // A packed array. One of floats is one copy.
  bool WriteNumbers(const Node& item, const Value& value, int depth) {
    if (value.size() == 0) {
      out_.Varint(0);
      return true;
    }
    if (depth + 1 > kDatumDepthMax) return FailDepth();
    out_.Varint(static_cast<int64_t>(value.size()));
    const Type type = item.type == value.item_type() ? item.type : Type::kUnion;
    if (type == Type::kFloat) {
      out_.Bytes({value.numbers<float>().bytes(), value.size() * sizeof(float)});
    } else if (type == Type::kDouble) {
      out_.Bytes({value.numbers<double>().bytes(), value.size() * sizeof(double)});
    } else if (type == Type::kInt) {
      for (size_t i = 0; i < value.size(); ++i) out_.Varint(value.numbers<int32_t>()[i]);
    } else if (type == Type::kLong) {
      for (size_t i = 0; i < value.size(); ++i) out_.Varint(value.numbers<int64_t>()[i]);
    } else {
      for (size_t i = 0; i < value.size(); ++i) {
        if (!Write(item, value.item(i), depth + 1)) return InItem(i);
      }
    }
    out_.Varint(0);
    return true;
  }

  [[gnu::noinline]] bool WriteMap(const Node& node, const T& value, int depth) {
    const auto& entries = value.entries();
    if (!entries.empty()) out_.Varint(static_cast<int64_t>(entries.size()));
    for (const auto& entry : entries) {
      WriteText(entry.key);
      if (!Write(*node.items, entry.value, depth + 1)) [[unlikely]]
        return InEntry(entry.key);
    }
    out_.Varint(0);
    return true;
  }

  Output out_;
};

template <typename T>
Status EncodeAny(const Schema& schema, const T& value, std::string& out) {
  const size_t size = out.size();
  Encoder<T> encoder(out);
  if (encoder.WriteAll(schema.node(), value)) [[likely]]
    return Ok();
  out.resize(size);
  return Error(ErrorCode::kInvalidArgument, std::move(encoder.problem));
}

}  // namespace

Status Encode(const Schema& schema, const Datum& datum, std::string& out) { return EncodeAny(schema, datum, out); }

Status Encode(const Schema& schema, const Value& value, std::string& out) { return EncodeAny(schema, value, out); }

Result<std::string> Encode(const Schema& schema, const Datum& datum) {
  std::string out;
  VENICE_TRY(Encode(schema, datum, out));
  return out;
}

}  // namespace venice::avro
