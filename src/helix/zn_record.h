// The one record shape of every Helix znode: an id and three sorted containers of text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::helix {

// A value; every scalar is text ("true", "42"), as Helix writes it.
struct ZnRecord {
  using Map = std::map<std::string, std::string>;

  std::string id;  // normally the last path element
  Map simple;
  std::map<std::string, Map> maps;
  std::map<std::string, std::vector<std::string>> lists;

  // The simple field, or `fallback` when absent (or, for numbers, not a number).
  std::string_view Text(const std::string& key, std::string_view fallback = "") const;
  int64_t Number(const std::string& key, int64_t fallback) const;
  bool Flag(const std::string& key, bool fallback) const;  // any case of "true" / "false"

  // Simple fields overwrite, map fields merge key by key, list fields append: Helix's group commit.
  void Merge(const ZnRecord& other);
  // Every key of `other` replaces ours, whole map or list included: Helix's ideal-state update.
  void Update(const ZnRecord& other);

  bool operator==(const ZnRecord&) const = default;
};

// {"id":…,"simpleFields":{…},"mapFields":{…},"listFields":{…}}; all three always present. Text that is not UTF-8 is
// replaced by U+FFFD. Compressed with gzip when it would pass the 1 MB node limit.
std::string EncodeZnRecord(const ZnRecord& record);

// Bytes of a znode, plain or gzip. Unknown members are ignored, null containers read as empty.
// Errors: kCorruption: not a record, a wrong type inside, or over 64 MiB when inflated.
Result<ZnRecord> DecodeZnRecord(std::string_view bytes);

// Case is ignored in states and message states, as Helix does.
bool SameText(std::string_view left, std::string_view right);

}  // namespace venice::helix
