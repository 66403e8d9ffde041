// Whole files, durable replacement, and temporary folders.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/byte_size.h"
#include "base/result.h"

namespace venice {

// An Error for the current errno, naming what was attempted: kNotFound, kDiskFull, kPermissionDenied or kIo.
Error ErrnoError(std::string_view attempt, int error_number);

Result<std::string> ReadFile(const std::string& path);

// Replaces the file atomically: a reader, also after a crash, sees the old or the new content, never a mix.
// The data is fsynced, and so is the folder.
Status WriteFileDurably(const std::string& path, std::string_view content);

Status SyncDirectory(const std::string& path);

// For bulk writers, so that they leave room for what must still be written when they fail: bookkeeping and deletion.
// Errors: kDiskFull when less than `share` (0 to 1) of the disk that holds `path`, at most `cap`, is free.
Status RequireFreeSpace(const std::string& path, double share, ByteSize cap);

// A fresh folder under the system's temporary folder, removed with all its content by the destructor.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view prefix = "venice");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace venice
