#include "avro/binary.h"
#include "avro/primitives.h"
#include "avro/resolver_steps.h"
#include "avro/skip.h"

namespace venice::avro {
namespace {

using Step = Resolver::Step;

// Values without any bytes ("null" in an array) cost the sender nothing. Decoding makes at most this many values, and
// as many more for each byte of input.
constexpr uint64_t kValuesMax = 1 << 20;
constexpr uint64_t kValuesPerByteMax = 64;

// A failed call has set `problem`; callers on the way out put their place in front of it.
class Decoder {
 public:
  explicit Decoder(std::string_view& in) : in_(in), values_left_(kValuesMax + kValuesPerByteMax * in.size()) {}

  std::string problem;

  bool Read(const Node& node, Datum& out, int depth) {
    if (depth > kDatumDepthMax) return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
    if (!Spend(1)) return false;
    switch (node.type) {
      case Type::kUnion: {
        int32_t branch = 0;
        if (!ReadBranch(node, branch)) return false;
        if (!Read(*node.branches[static_cast<size_t>(branch)], out, depth + 1)) return false;
        out = std::move(out).InBranch(branch);
        return true;
      }
      case Type::kRecord: {
        Datum::Items fields(node.fields.size());
        for (size_t i = 0; i < fields.size(); ++i) {
          if (!Read(*node.fields[i].type, fields[i], depth + 1)) return In("field " + node.fields[i].name);
        }
        out = Datum::Record(std::move(fields));
        return true;
      }
      case Type::kArray:
      case Type::kMap:
        return ReadItems(node, out, [&](Datum& item) { return Read(*node.items, item, depth + 1); });
      default:
        return ReadLeaf(node, out);
    }
  }

  bool Resolve(const Step& step, Datum& out, int depth) {
    if (depth > kDatumDepthMax) return Fail(fmt::format("value nests deeper than {}", kDatumDepthMax));
    switch (step.kind) {
      case Step::Kind::kRead:
        return Read(*step.reader, out, depth);
      case Step::Kind::kPromote:
        return Promote(step, out);
      case Step::Kind::kRecord:
        return ResolveRecord(step, out, depth);
      case Step::Kind::kEnum:
        return ResolveEnum(step, out);
      case Step::Kind::kItems:
        return ReadItems(*step.writer, out, [&](Datum& item) { return Resolve(*step.inner, item, depth + 1); });
      case Step::Kind::kWriterUnion: {
        int32_t branch = 0;
        if (!ReadBranch(*step.writer, branch)) return false;
        return Resolve(*step.branches[static_cast<size_t>(branch)], out, depth + 1);
      }
      case Step::Kind::kReaderUnion:
        if (!Resolve(*step.inner, out, depth + 1)) return false;
        out = std::move(out).InBranch(step.branch);
        return true;
      case Step::Kind::kFail:
        return Fail(step.message);
    }
    return false;
  }

 private:
  bool Fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool In(std::string where) {
    problem = where + ": " + problem;
    return false;
  }
  bool Spend(uint64_t values) {
    if (values > values_left_) return Fail("too many values without bytes");
    values_left_ -= values;
    return true;
  }
  bool Bad(const Node& node) {
    return Fail(fmt::format("the {} bytes left are not an encoded {}", in_.size(), node.BranchName()));
  }

  bool ReadBranch(const Node& node, int32_t& branch) {
    const std::string_view before = in_;
    if (ReadInt(in_, branch) && branch >= 0 && static_cast<size_t>(branch) < node.branches.size()) return true;
    in_ = before;
    return Bad(node);
  }

  bool ReadLeaf(const Node& node, Datum& out) {
    const std::string_view before = in_;
    if (TryLeaf(node, out)) return true;
    in_ = before;
    return Bad(node);
  }

  template <typename T, typename Make>
  static bool Accept(bool read, const T& value, Make make, Datum& out) {
    if (read) out = make(value);
    return read;
  }

  bool TryLeaf(const Node& node, Datum& out) {
    bool flag = false;
    int32_t number = 0;
    int64_t wide = 0;
    float single = 0;
    double real = 0;
    std::string_view bytes;
    switch (node.type) {
      case Type::kNull:
        out = Datum();
        return true;
      case Type::kBoolean:
        return Accept(ReadBoolean(in_, flag), flag, Datum::Boolean, out);
      case Type::kInt:
        return Accept(ReadInt(in_, number), number, Datum::Int, out);
      case Type::kLong:
        return Accept(ReadLong(in_, wide), wide, Datum::Long, out);
      case Type::kFloat:
        return Accept(ReadFloat(in_, single), single, Datum::Float, out);
      case Type::kDouble:
        return Accept(ReadDouble(in_, real), real, Datum::Double, out);
      case Type::kBytes:
        return Text(ReadBytes(in_, bytes), bytes, Datum::Bytes, out);
      case Type::kString:
        return Text(ReadBytes(in_, bytes), bytes, Datum::String, out);
      case Type::kFixed:
        return Text(ReadFixed(in_, node.fixed_size, bytes), bytes, Datum::Fixed, out);
      case Type::kEnum:
        return Accept(ReadInt(in_, number) && number >= 0 && static_cast<size_t>(number) < node.symbols.size(), number,
                      Datum::Enum, out);
      default:
        return false;
    }
  }

  template <typename Make>
  static bool Text(bool read, std::string_view bytes, Make make, Datum& out) {
    if (read) out = make(std::string(bytes));
    return read;
  }

  // Arrays and maps. Counts are checked against the bytes left before anything of that size is allocated.
  template <typename ReadItem>
  bool ReadItems(const Node& node, Datum& out, ReadItem read_item) {
    const bool map = node.type == Type::kMap;
    const size_t item_bytes_min = node.items->encoded_bytes_min + (map ? 1 : 0);
    Datum::Items items;
    Datum::Entries entries;
    while (true) {
      int64_t count = 0;
      if (!ReadLong(in_, count)) return Bad(node);
      if (count == 0) break;
      if (count < 0) {
        int64_t block_bytes = 0;
        if (count == INT64_MIN || !ReadLong(in_, block_bytes) || block_bytes < 0 ||
            static_cast<uint64_t>(block_bytes) > in_.size()) {
          return Bad(node);
        }
        count = -count;
      }
      const auto wanted = static_cast<uint64_t>(count);
      if (item_bytes_min == 0 ? wanted > values_left_ : wanted > in_.size() / item_bytes_min) {
        return Fail(fmt::format("{} items cannot be in {} bytes", wanted, in_.size()));
      }
      for (uint64_t i = 0; i < wanted; ++i) {
        if (map) {
          std::string_view key;
          if (!ReadBytes(in_, key)) return Bad(node);
          entries.push_back({std::string(key), Datum()});
          if (!read_item(entries.back().value)) return In(fmt::format("entry \"{}\"", entries.back().key));
        } else {
          items.emplace_back();
          if (!read_item(items.back())) return In(fmt::format("item {}", items.size() - 1));
        }
      }
    }
    out = map ? Datum::Map(std::move(entries)) : Datum::Array(std::move(items));
    return true;
  }

  bool Promote(const Step& step, Datum& out) {
    Datum raw;
    if (!ReadLeaf(*step.writer, raw)) return false;
    const bool is_float = raw.type() == Type::kFloat;
    switch (step.reader->type) {
      case Type::kLong:
        out = Datum::Long(raw.long_value());
        return true;
      case Type::kFloat:
        out = Datum::Float(static_cast<float>(raw.long_value()));
        return true;
      case Type::kDouble:
        out = Datum::Double(is_float ? raw.float_value() : static_cast<double>(raw.long_value()));
        return true;
      case Type::kString:
        out = Datum::String(raw.text());
        return true;
      default:
        out = Datum::Bytes(raw.text());
        return true;
    }
  }

  bool ResolveRecord(const Step& step, Datum& out, int depth) {
    if (!Spend(1 + step.defaults.size())) return false;
    Datum::Items fields(step.reader->fields.size());
    for (size_t i = 0; i < step.fields.size(); ++i) {
      const Step::FieldStep& field = step.fields[i];
      if (field.step == nullptr) {
        if (!SkipNode(*field.writer, in_)) {
          Bad(*field.writer);
          return In("field " + step.writer->fields[i].name);
        }
      } else if (!Resolve(*field.step, fields[field.reader_index], depth + 1)) {
        return In("field " + step.writer->fields[i].name);
      }
    }
    for (const auto& [index, value] : step.defaults) fields[index] = value;
    out = Datum::Record(std::move(fields));
    return true;
  }

  bool ResolveEnum(const Step& step, Datum& out) {
    Datum raw;
    if (!ReadLeaf(*step.writer, raw)) return false;
    const auto index = static_cast<size_t>(raw.int_value());
    if (step.symbols[index] < 0) {
      return Fail(fmt::format("the reader's enum {} has neither symbol {} nor a default", step.reader->name,
                              step.writer->symbols[index]));
    }
    out = Datum::Enum(step.symbols[index]);
    return true;
  }

  std::string_view& in_;
  uint64_t values_left_;
};

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

Status NothingLeft(std::string_view in) {
  if (in.empty()) return Ok();
  return Corrupt(fmt::format("{} bytes are left over after the value", in.size()));
}

}  // namespace

Result<Datum> Decode(const Schema& writer, std::string_view& in) {
  Decoder decoder(in);
  Datum out;
  if (!decoder.Read(writer.node(), out, 0)) return Corrupt(std::move(decoder.problem));
  return out;
}

Result<Datum> Decode(const Resolver& resolver, std::string_view& in) {
  Decoder decoder(in);
  Datum out;
  if (!decoder.Resolve(resolver.root(), out, 0)) return Corrupt(std::move(decoder.problem));
  return out;
}

Result<Datum> DecodeAll(const Schema& writer, std::string_view bytes) {
  VENICE_ASSIGN(Datum datum, Decode(writer, bytes));
  VENICE_TRY(NothingLeft(bytes));
  return datum;
}

Result<Datum> DecodeAll(const Resolver& resolver, std::string_view bytes) {
  VENICE_ASSIGN(Datum datum, Decode(resolver, bytes));
  VENICE_TRY(NothingLeft(bytes));
  return datum;
}

}  // namespace venice::avro
