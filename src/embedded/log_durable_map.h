// A small map of strings on one append-only file, in memory as a whole. Committed consumer offsets live here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "embedded/log_segment.h"

namespace venice::embedded {

// Belongs to one thread at a time. A change that returned survives kill -9 of the process; Sync() makes it durable. The
// file is rewritten when most of it is outdated.
class DurableMap {
 public:
  // Cuts a torn tail. Errors: kIo.
  static Result<DurableMap> Open(const std::string& path, size_t entries_max = 1'000'000);

  // Errors: kIo, kDiskFull, kResourceExhausted beyond entries_max; the map is unchanged then.
  Status Put(const std::string& key, const std::string& value);
  Status Remove(const std::string& key);
  Status Sync() { return file_->Sync(); }
  const std::map<std::string, std::string>& entries() const { return entries_; }

 private:
  Status Append(std::string_view key, std::optional<std::string_view> value);
  Status RewriteIfOutdated();

  std::string path_;
  size_t entries_max_ = 0;
  std::shared_ptr<LogFile> file_;
  uint64_t bytes_ = 0;
  uint64_t live_bytes_ = 0;
  std::map<std::string, std::string> entries_;
};

}  // namespace venice::embedded
