// What the comparison of two schemas finds, before it is put into words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avro/compatibility.h"

namespace venice::avro {

// The way from the root of the reader's schema, first step first. Names are the schema's own.
struct PathStep {
  enum class Kind : uint8_t { kField, kItem, kValue, kBranch };
  Kind kind = Kind::kField;
  std::string_view name;  // of a field or branch; empty for the branch beside null, which nobody mentions
  std::shared_ptr<const PathStep> rest;
};
using Path = std::shared_ptr<const PathStep>;

struct Mismatch {
  Rule rule = Rule::kTooComplex;
  Path path;
  const Node* reader = nullptr;  // the two types that do not fit; for kMissingDefault the two records
  const Node* writer = nullptr;
  const Field* field = nullptr;         // kMissingDefault, kAmbiguousAlias: the reader's
  const Field* lookalike = nullptr;     // kMissingDefault: what may be the same field under another name in the data
  std::vector<const Node*> branches{};  // of the writer's union that the reader cannot take; empty when it takes none
  std::vector<std::string_view> symbols{};
  bool beyond_avro = false;
};

// "address.zip", at most about kPathBytesMax long.
constexpr size_t kPathBytesMax = 2'000;
std::string PathText(const Path& path);

// The schemas own the nodes of the mismatch.
Finding InWords(const Mismatch& mismatch, const Schema& reader, const Schema& writer, Direction direction);

}  // namespace venice::avro
