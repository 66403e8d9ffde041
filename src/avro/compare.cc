#include "avro/compare.h"

#include <cmath>

#include "avro/primitives.h"

namespace venice::avro {
namespace {

enum class Order : int8_t { kLess = -1, kEqual = 0, kGreater = 1, kMap, kBad };

template <typename T>
Order Ordered(T left, T right) {
  return left < right ? Order::kLess : right < left ? Order::kGreater : Order::kEqual;
}

Order OrderedBytes(std::string_view left, std::string_view right) {
  return Ordered(left.compare(right), 0);  // char_traits<char> compares unsigned bytes
}

// Java's Float.compare.
template <typename T>
Order OrderedReals(T left, T right) {
  if (left < right) return Order::kLess;
  if (left > right) return Order::kGreater;
  const auto rank = [](T value) { return std::isnan(value) ? 2 : std::signbit(value) && value == 0 ? 0 : 1; };
  return Ordered(rank(left), rank(right));
}

Order Directed(Order order, FieldOrder direction) {
  if (direction != FieldOrder::kDescending) return order;
  return order == Order::kLess ? Order::kGreater : order == Order::kGreater ? Order::kLess : order;
}

// The items of one array: their number in the current block, across block boundaries.
class ItemCount {
 public:
  // Makes `left` the items of the current block; 0 at the end. False when the bytes are bad.
  bool Next(std::string_view& in) {
    if (left > 0 || ended_) return true;
    if (!ReadLong(in, left)) return false;
    int64_t block_bytes = 0;
    if (left < 0) {
      if (left == INT64_MIN || !ReadLong(in, block_bytes)) return false;
      left = -left;
    }
    ended_ = left == 0;
    return true;
  }

  int64_t left = 0;

 private:
  bool ended_ = false;
};

// Past one value of a field that does not count. Here rather than on a compiled plan: a comparison needs no
// preparation.
bool SkipIgnored(const Node& node, std::string_view& in, int depth);

bool SkipIgnoredItems(const Node& node, std::string_view& in, int depth) {
  while (true) {
    int64_t count = 0;
    std::string_view block;
    if (!ReadLong(in, count)) return false;
    if (count == 0) return true;
    if (count < 0) {
      if (!ReadBytes(in, block)) return false;
      continue;
    }
    // Items without bytes: one stands for all, however many are claimed.
    if (node.type == Type::kArray && node.items->encoded_bytes_min == 0) count = 1;
    for (; count > 0; --count) {
      if (node.type == Type::kMap && !ReadBytes(in, block)) return false;
      if (!SkipIgnored(*node.items, in, depth + 1)) return false;
    }
  }
}

bool SkipIgnored(const Node& node, std::string_view& in, int depth) {
  if (depth > kDatumDepthMax) return false;
  std::string_view bytes;
  int64_t number = 0;
  switch (node.type) {
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return ReadFixed(in, 1, bytes);
    case Type::kInt:
    case Type::kLong:
    case Type::kEnum:
      return ReadLong(in, number);
    case Type::kFloat:
      return ReadFixed(in, sizeof(float), bytes);
    case Type::kDouble:
      return ReadFixed(in, sizeof(double), bytes);
    case Type::kBytes:
    case Type::kString:
      return ReadBytes(in, bytes);
    case Type::kFixed:
      return ReadFixed(in, node.fixed_size, bytes);
    case Type::kUnion:
      if (!ReadLong(in, number) || number < 0 || static_cast<uint64_t>(number) >= node.branches.size()) return false;
      return SkipIgnored(*node.branches[static_cast<size_t>(number)], in, depth + 1);
    case Type::kRecord:
      for (const Field& field : node.fields) {
        if (!SkipIgnored(*field.type, in, depth + 1)) return false;
      }
      return true;
    case Type::kArray:
    case Type::kMap:
      return SkipIgnoredItems(node, in, depth);
  }
  return false;
}

// Advances both views past what was equal.
Order CompareAt(const Node& node, std::string_view& left, std::string_view& right, int depth);

template <typename T>
Order CompareRead(bool (*read)(std::string_view&, T&), Order (*order)(T, T), std::string_view& left,
                  std::string_view& right) {
  T a{};
  T b{};
  return read(left, a) && read(right, b) ? order(a, b) : Order::kBad;
}

Order CompareArrays(const Node& node, std::string_view& left, std::string_view& right, int depth) {
  ItemCount left_items;
  ItemCount right_items;
  while (true) {
    if (!left_items.Next(left) || !right_items.Next(right)) return Order::kBad;
    if (left_items.left == 0 || right_items.left == 0) return Ordered(left_items.left, right_items.left);
    const Order order = CompareAt(*node.items, left, right, depth + 1);
    if (order != Order::kEqual) return order;
    // Items without bytes are all equal; whole blocks of them count as one step, for they cost their writer nothing.
    const int64_t step = node.items->encoded_bytes_min > 0 ? 1 : std::min(left_items.left, right_items.left);
    left_items.left -= step;
    right_items.left -= step;
  }
}

Order CompareRecords(const Node& node, std::string_view& left, std::string_view& right, int depth) {
  for (const Field& field : node.fields) {
    if (field.order == FieldOrder::kIgnore) {
      if (!SkipIgnored(*field.type, left, depth + 1) || !SkipIgnored(*field.type, right, depth + 1)) return Order::kBad;
      continue;
    }
    const Order order = CompareAt(*field.type, left, right, depth + 1);
    if (order != Order::kEqual) return Directed(order, field.order);
  }
  return Order::kEqual;
}

Order CompareUnions(const Node& node, std::string_view& left, std::string_view& right, int depth) {
  int32_t left_branch = 0;
  int32_t right_branch = 0;
  if (!ReadInt(left, left_branch) || !ReadInt(right, right_branch)) return Order::kBad;
  const auto known = [&](int32_t branch) { return branch >= 0 && static_cast<size_t>(branch) < node.branches.size(); };
  if (!known(left_branch) || !known(right_branch)) return Order::kBad;
  if (left_branch != right_branch) return Ordered(left_branch, right_branch);
  return CompareAt(*node.branches[static_cast<size_t>(left_branch)], left, right, depth + 1);
}

Order CompareEnums(const Node& node, std::string_view& left, std::string_view& right) {
  int32_t a = 0;
  int32_t b = 0;
  if (!ReadInt(left, a) || !ReadInt(right, b)) return Order::kBad;
  const auto known = [&](int32_t index) { return index >= 0 && static_cast<size_t>(index) < node.symbols.size(); };
  return known(a) && known(b) ? Ordered(a, b) : Order::kBad;
}

Order CompareFixed(const Node& node, std::string_view& left, std::string_view& right) {
  std::string_view a;
  std::string_view b;
  if (!ReadFixed(left, node.fixed_size, a) || !ReadFixed(right, node.fixed_size, b)) return Order::kBad;
  return OrderedBytes(a, b);
}

Order CompareAt(const Node& node, std::string_view& left, std::string_view& right, int depth) {
  if (depth > kDatumDepthMax) [[unlikely]]
    return Order::kBad;
  switch (node.type) {
    case Type::kNull:
      return Order::kEqual;
    case Type::kBoolean:
      return CompareRead<bool>(ReadBoolean, Ordered, left, right);
    case Type::kInt:
      return CompareRead<int32_t>(ReadInt, Ordered, left, right);
    case Type::kLong:
      return CompareRead<int64_t>(ReadLong, Ordered, left, right);
    case Type::kFloat:
      return CompareRead<float>(ReadFloat, OrderedReals, left, right);
    case Type::kDouble:
      return CompareRead<double>(ReadDouble, OrderedReals, left, right);
    case Type::kBytes:
    case Type::kString:
      return CompareRead<std::string_view>(ReadBytes, OrderedBytes, left, right);
    case Type::kFixed:
      return CompareFixed(node, left, right);
    case Type::kEnum:
      return CompareEnums(node, left, right);
    case Type::kUnion:
      return CompareUnions(node, left, right, depth);
    case Type::kRecord:
      return CompareRecords(node, left, right, depth);
    case Type::kArray:
      return CompareArrays(node, left, right, depth);
    case Type::kMap:
      return Order::kMap;
  }
  return Order::kBad;
}

Order CompareValues(const Node& node, const Datum& left, const Datum& right, int depth);

Order CompareValueUnions(const Node& node, const Datum& left, const Datum& right, int depth) {
  const auto branch_of = [&](const Datum& datum) {
    if (datum.branch() >= 0) return static_cast<size_t>(datum.branch());
    size_t branch = 0;
    while (branch < node.branches.size() && node.branches[branch]->type != datum.type()) ++branch;
    return branch;
  };
  const size_t left_branch = branch_of(left);
  const size_t right_branch = branch_of(right);
  if (std::max(left_branch, right_branch) >= node.branches.size()) return Order::kBad;
  if (left_branch != right_branch) return Ordered(left_branch, right_branch);
  return CompareValues(*node.branches[left_branch], left, right, depth + 1);
}

Order CompareItems(const Node& node, const Datum& left, const Datum& right, int depth) {
  const bool record = node.type == Type::kRecord;
  const size_t left_size = left.items().size();
  const size_t right_size = right.items().size();
  if (record && (left_size != node.fields.size() || right_size != left_size)) return Order::kBad;
  for (size_t i = 0; i < std::min(left_size, right_size); ++i) {
    const Field* field = record ? &node.fields[i] : nullptr;
    if (record && field->order == FieldOrder::kIgnore) continue;
    const Node& type = record ? *field->type : *node.items;
    const Order order = CompareValues(type, left.items()[i], right.items()[i], depth + 1);
    if (order != Order::kEqual) return record ? Directed(order, field->order) : order;
  }
  return Ordered(left_size, right_size);
}

Order CompareValues(const Node& node, const Datum& left, const Datum& right, int depth) {
  if (depth > kDatumDepthMax) return Order::kBad;
  if (node.type == Type::kUnion) return CompareValueUnions(node, left, right, depth);
  if (left.type() != node.type || right.type() != node.type) return Order::kBad;
  switch (node.type) {
    case Type::kNull:
      return Order::kEqual;
    case Type::kBoolean:
      return Ordered(left.boolean(), right.boolean());
    case Type::kInt:
    case Type::kEnum:
      return Ordered(left.int_value(), right.int_value());
    case Type::kLong:
      return Ordered(left.long_value(), right.long_value());
    case Type::kFloat:
      return OrderedReals(left.float_value(), right.float_value());
    case Type::kDouble:
      return OrderedReals(left.double_value(), right.double_value());
    case Type::kBytes:
    case Type::kString:
    case Type::kFixed:
      return OrderedBytes(left.text(), right.text());
    case Type::kRecord:
    case Type::kArray:
      return CompareItems(node, left, right, depth);
    case Type::kMap:
      return Order::kMap;
    case Type::kUnion:
      break;
  }
  return Order::kBad;
}

Result<std::weak_ordering> Answer(const Schema& schema, Order order, ErrorCode bad) {
  switch (order) {
    case Order::kLess:
      return std::weak_ordering::less;
    case Order::kEqual:
      return std::weak_ordering::equivalent;
    case Order::kGreater:
      return std::weak_ordering::greater;
    case Order::kMap:
      return Error(ErrorCode::kInvalidArgument,
                   "maps have no order; give their field \"order\": \"ignore\" to leave them out of the comparison");
    case Order::kBad:
      break;
  }
  return Error(bad, fmt::format("not two values of {}", schema->BranchName()));
}

}  // namespace

Result<std::weak_ordering> CompareEncoded(const Schema& schema, std::string_view left, std::string_view right) {
  return Answer(schema, CompareAt(schema.node(), left, right, 0), ErrorCode::kCorruption);
}

Result<std::weak_ordering> Compare(const Schema& schema, const Datum& left, const Datum& right) {
  return Answer(schema, CompareValues(schema.node(), left, right, 0), ErrorCode::kInvalidArgument);
}

}  // namespace venice::avro
