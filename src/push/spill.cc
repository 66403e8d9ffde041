#include "push/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/file.h"

namespace venice::push {
namespace {

// An open file without a name, or -errno.
int OpenNameless(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) return -errno;
  std::string path = folder + "/venice-push-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named < 0) return -errno;
  ::unlink(path.c_str());
  return named;
}

}  // namespace

SpillRun::~SpillRun() { ::close(fd_); }

Result<SpillWriter> SpillWriter::Create(const std::string& folder, int32_t partitions, size_t buffer_bytes) {
  const int fd = OpenNameless(folder);
  if (fd < 0) return ErrnoError("make a temporary file in " + folder + " (choose another with --temp-dir)", -fd);
  return SpillWriter(std::shared_ptr<SpillRun>(new SpillRun(fd, partitions)), folder, buffer_bytes);
}

SpillWriter::SpillWriter(std::shared_ptr<SpillRun> run, std::string folder, size_t buffer_bytes)
    : run_(std::move(run)), folder_(std::move(folder)), buffer_bytes_(buffer_bytes) {
  buffer_.reserve(buffer_bytes);
}

void SpillWriter::StartPartition(int32_t partition) {
  VENICE_CHECK(partition > partition_);
  partition_ = partition;
  run_->sections_[static_cast<size_t>(partition)].offset = offset_;
}

Status SpillWriter::Add(const RecordView& record) {
  const size_t bytes = kRecordHeaderBytes + record.key.size() + record.value.size();
  if (buffer_.size() + bytes > buffer_bytes_ && !buffer_.empty()) VENICE_TRY(Drain());
  const size_t before = buffer_.size();
  buffer_.resize(before + bytes);
  StoreRecord(buffer_.data() + before, static_cast<uint32_t>(partition_), record.key, record.value);
  offset_ += bytes;
  run_->sections_[static_cast<size_t>(partition_)].bytes += bytes;
  return Ok();
}

Status SpillWriter::Drain() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t count = ::write(run_->fd_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError("write sorted records to " + folder_ + " (choose another with --temp-dir)", errno);
    left.remove_prefix(static_cast<size_t>(count));
  }
  buffer_.clear();
  return Ok();
}

Result<std::shared_ptr<const SpillRun>> SpillWriter::Finish() {
  VENICE_TRY(Drain());
  run_->bytes_ = offset_;
  return std::shared_ptr<const SpillRun>(std::move(run_));
}

SpillReader::SpillReader(std::shared_ptr<const SpillRun> run, int32_t partition, size_t buffer_bytes)
    : run_(std::move(run)),
      partition_(partition),
      offset_(run_->section(partition).offset),
      end_(offset_ + run_->section(partition).bytes) {
  buffer_.resize(static_cast<size_t>(std::min<uint64_t>(buffer_bytes, end_ - offset_)));
}

bool SpillReader::Fill(size_t wanted) {
  if (used_ - begin_ >= wanted) return true;
  std::memmove(buffer_.data(), buffer_.data() + begin_, used_ - begin_);
  used_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  while (used_ < wanted) {
    const size_t room = static_cast<size_t>(std::min<uint64_t>(buffer_.size() - used_, end_ - offset_));
    const ssize_t count =
        room == 0 ? 0 : ::pread(run_->fd(), buffer_.data() + used_, room, static_cast<off_t>(offset_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      status_ = ErrnoError("read sorted records back", errno);
      return false;
    }
    if (count == 0) {
      status_ = Error(ErrorCode::kCorruption, "the temporary file of sorted records is shorter than written");
      return false;
    }
    used_ += static_cast<size_t>(count);
    offset_ += static_cast<size_t>(count);
  }
  return true;
}

bool SpillReader::Next(RecordView& record) {
  if (begin_ == used_ && offset_ == end_) return false;
  if (!Fill(kRecordHeaderBytes)) return false;
  const size_t bytes = RecordBytes(buffer_.data() + begin_);
  if (RecordPartition(buffer_.data() + begin_) != static_cast<uint32_t>(partition_) ||
      bytes > (used_ - begin_) + (end_ - offset_)) {
    status_ = Error(ErrorCode::kCorruption, "the temporary file of sorted records was damaged");
    return false;
  }
  if (!Fill(bytes)) return false;
  const char* at = buffer_.data() + begin_;
  record = {RecordKey(at), RecordValue(at)};
  begin_ += bytes;
  return true;
}

}  // namespace venice::push
