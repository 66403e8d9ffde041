#include "random_value.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace venice::oracle {
namespace {

constexpr int kNodesMax = 100;  // of one value; afterwards the shortest way to an end is taken

void PutLong(int64_t value, std::string& out) {
  uint64_t zigzag = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; zigzag >= 0x80; zigzag >>= 7) out += static_cast<char>(zigzag | 0x80);
  out += static_cast<char>(zigzag);
}

template <typename T>
void PutRaw(T value, std::string& out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

int64_t RandomLong(Choices& choices, bool as_int) {
  static constexpr int64_t kEdges[] = {0, 1, -1, 63, 64, -64, -65, INT32_MAX, INT32_MIN};
  static constexpr int64_t kLongEdges[] = {INT64_MAX,       INT64_MIN, 1LL << 53,
                                           (1LL << 53) + 1, 1LL << 32, -(1LL << 31) - 1};
  switch (choices.Below(4)) {
    case 0:
      return choices.Below(100);
    case 1:
      return choices.Pick(kEdges);
    case 2:
      return as_int ? choices.Pick(kEdges) : choices.Pick(kLongEdges);
    default:
      return as_int ? static_cast<int32_t>(choices.Draw()) : static_cast<int64_t>(choices.Draw64());
  }
}

double RandomReal(Choices& choices) {
  static const double kEdges[] = {0.0,         -0.0,   0.1,          1e-7, 1.5e300,  1e7,
                                  123456789.0, 5e-324, 3.4028235e38, NAN,  INFINITY, -INFINITY};
  switch (choices.Below(4)) {
    case 0:
      return choices.Below(100);
    case 1:
      return choices.Pick(kEdges);
    case 2:
      return choices.Below(100000) / 8.0;
    default: {
      const uint64_t bits = choices.Draw64();
      double value = 0;
      std::memcpy(&value, &bits, sizeof(value));
      return value;
    }
  }
}

std::string RandomBytes(Choices& choices, size_t size) {
  const int range = choices.Chance(1, 2) ? 256 : 128;
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(choices.Below(range));
  return bytes;
}

class Values {
 public:
  Values(const SchemaModel& schema, Choices& choices)
      : schema_(schema), choices_(choices), heights_(schema.Heights()) {}

  bool Finite(size_t type) const { return heights_[type] < SchemaModel::kEndless; }

  void Binary(size_t index, std::string& out) {
    const TypeModel& type = schema_.types[index];
    ++nodes_;
    switch (type.kind) {
      case Kind::kNull:
        return;
      case Kind::kBoolean:
        out += static_cast<char>(choices_.Below(2));
        return;
      case Kind::kInt:
      case Kind::kLong:
        return PutLong(RandomLong(choices_, type.kind == Kind::kInt), out);
      case Kind::kFloat:
        return PutRaw(static_cast<float>(RandomReal(choices_)), out);
      case Kind::kDouble:
        return PutRaw(RandomReal(choices_), out);
      case Kind::kBytes:
      case Kind::kString: {
        const std::string text = type.kind == Kind::kString
                                     ? RandomText(choices_)
                                     : RandomBytes(choices_, static_cast<size_t>(choices_.Below(6)));
        PutLong(static_cast<int64_t>(text.size()), out);
        out += text;
        return;
      }
      case Kind::kFixed:
        out += RandomBytes(choices_, static_cast<size_t>(type.fixed_bytes));
        return;
      case Kind::kEnum:
        return PutLong(choices_.Below(static_cast<int>(type.symbols.size())), out);
      case Kind::kArray:
      case Kind::kMap:
        return Blocks(type, out);
      case Kind::kUnion: {
        const size_t branch = Branch(type);
        PutLong(static_cast<int64_t>(branch), out);
        return Binary(type.inner[branch], out);
      }
      case Kind::kRecord:
        for (const FieldModel& field : type.fields) Binary(field.type, out);
    }
  }

  std::string Json(size_t index) {
    const TypeModel& type = schema_.types[index];
    ++nodes_;
    switch (type.kind) {
      case Kind::kNull:
        return "null";
      case Kind::kBoolean:
        return choices_.Below(2) == 1 ? "true" : "false";
      case Kind::kInt:
      case Kind::kLong:
        return std::to_string(RandomLong(choices_, type.kind == Kind::kInt));
      case Kind::kFloat:
        return fmt::format("{}", choices_.Below(1000) / 8.0);
      case Kind::kDouble: {
        const double value = RandomReal(choices_);
        return fmt::format("{}", std::isfinite(value) ? value : 0.5);
      }
      case Kind::kBytes:
        return Latin1(static_cast<size_t>(choices_.Below(4)));
      case Kind::kFixed:
        return Latin1(static_cast<size_t>(type.fixed_bytes));
      case Kind::kString:
        return Quoted(RandomText(choices_));
      case Kind::kEnum:
        return Quoted(choices_.Pick(type.symbols));
      case Kind::kArray:
      case Kind::kMap:
        return JsonItems(type);
      case Kind::kUnion:
        return JsonOfUnion(type);
      case Kind::kRecord:
        break;
    }
    std::string text = "{";
    for (const FieldModel& field : type.fields) {
      if (field.default_json && choices_.Chance(1, 4)) continue;  // the field's own default stands for it
      text += fmt::format("{}\"{}\":{}", text.size() > 1 ? "," : "", field.name, Json(field.type));
    }
    return text + "}";
  }

 private:
  int Count() { return nodes_ > kNodesMax ? 0 : choices_.Below(4); }

  size_t Branch(const TypeModel& type) {
    auto branch = static_cast<size_t>(choices_.Below(static_cast<int>(type.inner.size())));
    if (nodes_ > kNodesMax || !Finite(type.inner[branch])) {
      for (size_t i = 0; i < type.inner.size(); ++i) {
        if (heights_[type.inner[i]] < heights_[type.inner[branch]]) branch = i;
      }
    }
    return branch;
  }

  void Blocks(const TypeModel& type, std::string& out) {
    const int blocks = Finite(type.inner[0]) ? (choices_.Chance(1, 4) ? 2 : 1) : 0;
    int key = 0;
    for (int block = 0; block < blocks; ++block) {
      const int count = Count();
      if (count == 0) continue;  // an empty block would end the array
      std::string items;
      for (int i = 0; i < count; ++i) {
        if (type.kind == Kind::kMap) {
          const std::string name = fmt::format("{}{}", key++, RandomText(choices_));
          PutLong(static_cast<int64_t>(name.size()), items);
          items += name;
        }
        Binary(type.inner[0], items);
      }
      const bool sized = choices_.Chance(1, 4);
      PutLong(sized ? -count : count, out);
      if (sized) PutLong(static_cast<int64_t>(items.size()), out);
      out += items;
    }
    PutLong(0, out);
  }

  std::string JsonItems(const TypeModel& type) {
    const bool array = type.kind == Kind::kArray;
    std::string text;
    const int count = Finite(type.inner[0]) ? std::min(2, Count()) : 0;
    for (int i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      if (!array) text += fmt::format("\"k{}\":", i);
      text += Json(type.inner[0]);
    }
    return array ? "[" + text + "]" : "{" + text + "}";
  }

  // A default says no branch: the value must not be one that an earlier branch would also take.
  std::string JsonOfUnion(const TypeModel& type) {
    static constexpr Kind kPlain[] = {Kind::kNull, Kind::kBoolean};
    for (size_t i = 1; i < type.inner.size() && choices_.Chance(1, 3); ++i) {
      const Kind kind = schema_.types[type.inner[i]].kind;
      if (std::find(std::begin(kPlain), std::end(kPlain), kind) != std::end(kPlain)) return Json(type.inner[i]);
    }
    if (Finite(type.inner[0]) && nodes_ <= kNodesMax) return Json(type.inner[0]);
    return Json(type.inner[Branch(type)]);
  }

  std::string Latin1(size_t size) {
    std::string text = "\"";
    for (size_t i = 0; i < size; ++i) text += fmt::format("\\u00{:02x}", choices_.Below(256));
    return text + "\"";
  }

  const SchemaModel& schema_;
  Choices& choices_;
  const std::vector<int> heights_;
  int nodes_ = 0;
};

}  // namespace

std::string RandomText(Choices& choices) {
  static const char* const kPieces[] = {
      "a", "B",      "7",      " ",          "\"",   "\\",     "\n",
      "/", "\u00e9", "\u20ac", "\U0001f600", "\x7f", "\u0001", "long words do not shrink "};
  std::string text;
  const int pieces = choices.Below(4);
  for (int i = 0; i < pieces; ++i) text += choices.Pick(kPieces);
  if (choices.Chance(1, 30)) text += '\0';
  return text;
}

std::string RandomBinary(const SchemaModel& schema, Choices& choices) {
  std::string out;
  Values(schema, choices).Binary(schema.root, out);
  return out;
}

std::optional<std::string> RandomDefault(const SchemaModel& schema, size_t type, Choices& choices) {
  Values values(schema, choices);
  if (!values.Finite(type)) return std::nullopt;
  return values.Json(type);
}

}  // namespace venice::oracle
