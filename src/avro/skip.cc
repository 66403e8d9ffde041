#include "avro/skip.h"

#include "avro/primitives.h"
#include "base/check.h"

namespace venice::avro {
namespace {

bool SkipAt(const Node& node, std::string_view& in, int depth);

// Arrays and maps: blocks of items; a negative count is followed by the block's size, which is jumped over.
bool SkipBlocks(const Node& node, std::string_view& in, int depth) {
  const bool map = node.type == Type::kMap;
  const size_t item_bytes_min = node.items->encoded_bytes_min + (map ? 1 : 0);
  while (true) {
    int64_t count = 0;
    if (!ReadLong(in, count)) return false;
    if (count == 0) return true;
    if (count < 0) {
      std::string_view block;
      if (!ReadBytes(in, block)) return false;
      continue;
    }
    if (item_bytes_min == 0) {
      // Only types without any bytes have this minimum: one stands for all, however many are claimed.
      if (!SkipAt(*node.items, in, depth + 1)) return false;
      continue;
    }
    if (static_cast<uint64_t>(count) > in.size() / item_bytes_min) return false;
    for (; count > 0; --count) {
      std::string_view key;
      if (map && !ReadBytes(in, key)) return false;
      if (!SkipAt(*node.items, in, depth + 1)) return false;
    }
  }
}

bool SkipAt(const Node& node, std::string_view& in, int depth) {
  if (depth > kDatumDepthMax) [[unlikely]]
    return false;
  std::string_view bytes;
  int64_t number = 0;
  int32_t index = 0;
  bool flag = false;
  switch (node.type) {
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return ReadBoolean(in, flag);
    case Type::kInt:
      return ReadInt(in, index);
    case Type::kLong:
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
    case Type::kEnum:
      return ReadInt(in, index) && index >= 0 && static_cast<size_t>(index) < node.symbols.size();
    case Type::kUnion:
      if (!ReadInt(in, index) || index < 0 || static_cast<size_t>(index) >= node.branches.size()) return false;
      return SkipAt(*node.branches[static_cast<size_t>(index)], in, depth + 1);
    case Type::kRecord:
      for (const Field& field : node.fields) {
        if (!SkipAt(*field.type, in, depth + 1)) return false;
      }
      return true;
    case Type::kArray:
    case Type::kMap:
      return SkipBlocks(node, in, depth);
  }
  return false;
}

}  // namespace

bool SkipNode(const Node& node, std::string_view& in) { return SkipAt(node, in, 0); }

Status Skip(const Schema& schema, std::string_view& in) {
  const size_t size = in.size();
  if (SkipNode(schema.node(), in)) return Ok();
  return Error(ErrorCode::kCorruption, fmt::format("{} bytes are not an encoded {}", size, schema.node().BranchName()));
}

bool SliceRecord(const Node& record, std::string_view& in, std::span<std::string_view> slices) {
  VENICE_CHECK(record.type == Type::kRecord && slices.size() == record.fields.size());
  for (size_t i = 0; i < slices.size(); ++i) {
    const char* begin = in.data();
    if (!SkipAt(*record.fields[i].type, in, 1)) return false;
    slices[i] = std::string_view(begin, static_cast<size_t>(in.data() - begin));
  }
  return true;
}

}  // namespace venice::avro
