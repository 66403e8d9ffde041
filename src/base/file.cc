#include "base/file.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace venice {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Error ErrnoError(std::string_view attempt, int error_number) {
  ErrorCode code = ErrorCode::kIo;
  if (error_number == ENOENT) code = ErrorCode::kNotFound;
  if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::kDiskFull;
  if (error_number == EACCES || error_number == EPERM) code = ErrorCode::kPermissionDenied;
  char buffer[128];
  return Error(code, fmt::format("{}: {}", attempt, ::strerror_r(error_number, buffer, sizeof(buffer))));
}

Result<std::string> ReadFile(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoError("cannot open " + path, errno);
  std::string content;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError("cannot read " + path, errno);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
  }
}

Status SyncDirectory(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoError("cannot open folder " + path, errno);
  if (::fsync(fd.get()) != 0) return ErrnoError("cannot sync folder " + path, errno);
  return Ok();
}

Status RequireFreeSpace(const std::string& path, double share, ByteSize cap) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return ErrnoError("cannot ask for the free space of " + path, errno);
  const uint64_t total = uint64_t{disk.f_blocks} * disk.f_frsize;
  const uint64_t free = uint64_t{disk.f_bavail} * disk.f_frsize;
  const uint64_t reserve = std::min(cap.bytes(), static_cast<uint64_t>(static_cast<double>(total) * share));
  if (free >= reserve) return Ok();
  return Error(ErrorCode::kDiskFull,
               fmt::format("no space left on the disk of {}: {} free, {} kept in reserve; free some, "
                           "then try again",
                           path, ByteSize(free).ToString(), ByteSize(reserve).ToString()));
}

Status WriteFileDurably(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  {
    const FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return ErrnoError("cannot create " + temporary, errno);
    while (!content.empty()) {
      const ssize_t count = ::write(fd.get(), content.data(), content.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoError("cannot write " + temporary, errno);
      content.remove_prefix(static_cast<size_t>(count));
    }
    if (::fsync(fd.get()) != 0) return ErrnoError("cannot sync " + temporary, errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return ErrnoError("cannot replace " + path, errno);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return SyncDirectory(folder.empty() ? "." : folder);
}

TemporaryDirectory::TemporaryDirectory(std::string_view prefix) {
  std::string name = (std::filesystem::temp_directory_path() / fmt::format("{}-XXXXXX", prefix)).string();
  VENICE_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace venice
