#include "embedded/log_segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>

#include "base/byte_order.h"
#include "base/file.h"
#include "embedded/log_crc32c.h"

namespace venice::embedded {
namespace {

constexpr uint32_t kIndexMagic = 0x564C4958;  // "VLIX"
constexpr uint32_t kIndexVersion = 1;
constexpr size_t kIndexFixedBytes = 84;
constexpr size_t kIndexEntryBytes = 16;
constexpr size_t kBootIdBytes = 36;
constexpr size_t kScanBytes = 1u << 20;

// Names this run of the machine; empty when it cannot be known.
const std::string& BootId() {
  static const std::string id = [] {
    auto text = ReadFile("/proc/sys/kernel/random/boot_id");
    std::string value = text.ok() ? text->substr(0, kBootIdBytes) : std::string();
    return value.size() == kBootIdBytes ? value : std::string();
  }();
  return id;
}

// Reads headers of batches one after the other, in pieces that suit their size.
class HeaderWalk {
 public:
  HeaderWalk(const LogFile& file, uint64_t position, uint64_t end) : file_(file), position_(position), end_(end) {}

  // nullopt at the end.
  Result<std::optional<BatchHeader>> Next() {
    position_ += step_;
    if (position_ >= end_) return std::optional<BatchHeader>();
    if (end_ - position_ < kBatchHeaderBytes) return Error(ErrorCode::kCorruption, "log segment ends inside a batch");
    if (position_ < buffered_from_ || position_ + kBatchHeaderBytes > buffered_from_ + buffer_.size()) {
      const size_t wanted = step_ > kPieceBytes / 2 ? kBatchHeaderBytes : kPieceBytes;
      buffer_.resize(std::min<uint64_t>(wanted, end_ - position_));
      buffered_from_ = position_;
      VENICE_TRY(file_.ReadAt(position_, buffer_.data(), buffer_.size()));
    }
    VENICE_ASSIGN(const BatchHeader header,
                  ParseBatchHeader(std::string_view(buffer_).substr(position_ - buffered_from_)));
    if (header.total_bytes() > end_ - position_)
      return Error(ErrorCode::kCorruption, "log segment ends inside a batch");
    step_ = header.total_bytes();
    return std::optional<BatchHeader>(header);
  }
  uint64_t position() const { return position_; }  // of the header returned last

 private:
  static constexpr size_t kPieceBytes = 16u << 10;
  const LogFile& file_;
  uint64_t position_;
  uint64_t end_;
  uint64_t step_ = 0;
  std::string buffer_;
  uint64_t buffered_from_ = 0;
};

}  // namespace

std::string SegmentName(int64_t base_offset) { return fmt::format("{:020d}", base_offset); }

Result<std::shared_ptr<LogFile>> LogFile::Open(const std::string& path, bool writable) {
  const int fd = ::open(path.c_str(), (writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError("cannot open " + path, errno);
  return std::shared_ptr<LogFile>(new LogFile(fd, path));
}

LogFile::~LogFile() { ::close(fd_); }

Status LogFile::ReadAt(uint64_t position, char* out, size_t bytes) const {
  while (bytes > 0) {
    const ssize_t count = ::pread(fd_, out, bytes, static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError("cannot read " + path_, errno);
    if (count == 0) return Error(ErrorCode::kCorruption, path_ + " is shorter than it was");
    out += count;
    position += static_cast<uint64_t>(count);
    bytes -= static_cast<size_t>(count);
  }
  return Ok();
}

Status LogFile::WriteAt(uint64_t position, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoError("cannot write " + path_, errno);
    position += static_cast<uint64_t>(count);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return Ok();
}

Status LogFile::Sync() const {
  if (::fdatasync(fd_) != 0) return ErrnoError("cannot sync " + path_, errno);
  return Ok();
}

LogSegment::LogSegment(std::string folder, int64_t base_offset)
    : folder_(std::move(folder)), base_offset_(base_offset), next_offset_(base_offset) {}

std::string LogSegment::log_path() const { return folder_ + "/" + SegmentName(base_offset_) + ".log"; }
std::string LogSegment::index_path() const { return folder_ + "/" + SegmentName(base_offset_) + ".index"; }

struct LogSegment::LoadedIndex {
  int64_t base_offset;
  int64_t next_offset;
  uint64_t valid_bytes;
  int64_t timestamp_ms_max;
  bool synced;
  bool believed;
  std::vector<IndexEntry> entries;
  std::string checkpoint;
};

std::optional<LogSegment::LoadedIndex> LogSegment::LoadIndex(const std::string& path) {
  const auto content = ReadFile(path);
  if (!content.ok() || content->size() < kIndexFixedBytes + 4) return std::nullopt;
  const char* data = content->data();
  const std::string_view body(data, content->size() - 4);
  if (Crc32c(body) != LoadBigEndian<uint32_t>(data + body.size())) return std::nullopt;
  if (LoadBigEndian<uint32_t>(data) != kIndexMagic || LoadBigEndian<uint32_t>(data + 4) != kIndexVersion) {
    return std::nullopt;
  }
  LoadedIndex index;
  index.base_offset = LoadBigEndian<int64_t>(data + 8);
  index.next_offset = LoadBigEndian<int64_t>(data + 16);
  index.valid_bytes = LoadBigEndian<uint64_t>(data + 24);
  index.timestamp_ms_max = LoadBigEndian<int64_t>(data + 32);
  const std::string_view boot_id(data + 40, kBootIdBytes);
  index.synced = boot_id.find_first_not_of('\0') == std::string_view::npos;
  index.believed = index.synced || boot_id == BootId();
  const auto entries = LoadBigEndian<uint32_t>(data + 76);
  const auto checkpoint_bytes = LoadBigEndian<uint32_t>(data + 80);
  if (body.size() != kIndexFixedBytes + uint64_t{entries} * kIndexEntryBytes + checkpoint_bytes) return std::nullopt;
  const char* entry = data + kIndexFixedBytes;
  for (uint32_t i = 0; i < entries; ++i, entry += kIndexEntryBytes) {
    index.entries.push_back(
        {LoadBigEndian<uint32_t>(entry), LoadBigEndian<uint32_t>(entry + 4), LoadBigEndian<int64_t>(entry + 8)});
  }
  index.checkpoint.assign(entry, checkpoint_bytes);
  return index;
}

Result<LogSegment::Recovered> LogSegment::Recover(const std::string& folder, int64_t base_offset) {
  Recovered recovered;
  recovered.segment = std::make_shared<LogSegment>(folder, base_offset);
  LogSegment& segment = *recovered.segment;
  VENICE_ASSIGN(segment.file_, LogFile::Open(segment.log_path(), true));
  struct stat info {};
  if (::fstat(segment.file_->fd(), &info) != 0) return ErrnoError("cannot stat " + segment.log_path(), errno);
  const auto file_bytes = static_cast<uint64_t>(info.st_size);

  std::optional<LoadedIndex> index = LoadIndex(segment.index_path());
  if (index && index->base_offset == base_offset && index->believed) {
    if (index->valid_bytes <= file_bytes) {
      segment.next_offset_ = index->next_offset;
      segment.bytes_ = segment.indexed_bytes_ = index->valid_bytes;
      segment.timestamp_ms_max_ = index->timestamp_ms_max;
      segment.index_ = std::move(index->entries);
      segment.synced_ = index->synced && index->valid_bytes == file_bytes;
      recovered.checkpoint = std::move(index->checkpoint);
    } else {
      recovered.lost_bytes = index->valid_bytes - file_bytes;
    }
  }
  VENICE_TRY(segment.ScanTail(file_bytes, recovered));
  return recovered;
}

Status LogSegment::ScanTail(uint64_t file_bytes, Recovered& recovered) {
  std::string buffer;
  uint64_t buffered_from = bytes_;
  while (bytes_ < file_bytes) {
    // Make sure the buffer holds the header, then the whole batch.
    auto fill = [&](size_t wanted) -> Status {
      if (bytes_ + wanted <= buffered_from + buffer.size()) return Ok();
      buffer.resize(std::min<uint64_t>(std::max(wanted, kScanBytes), file_bytes - bytes_));
      buffered_from = bytes_;
      return file_->ReadAt(bytes_, buffer.data(), buffer.size());
    };
    auto view = [&](size_t size) { return std::string_view(buffer).substr(bytes_ - buffered_from, size); };
    if (file_bytes - bytes_ < kBatchHeaderBytes) break;
    VENICE_TRY(fill(kBatchHeaderBytes));
    const auto header = ParseBatchHeader(view(kBatchHeaderBytes));
    if (!header.ok() || header->total_bytes() > file_bytes - bytes_ || header->base_offset < next_offset_) break;
    VENICE_TRY(fill(header->total_bytes()));
    if (!CheckBatch(view(header->total_bytes())).ok()) break;
    Note(*header);
    recovered.scanned.push_back(*header);
  }
  if (bytes_ < file_bytes) {
    recovered.lost_bytes += file_bytes - bytes_;
    if (::ftruncate(file_->fd(), static_cast<off_t>(bytes_)) != 0) {
      return ErrnoError("cannot cut the torn tail of " + log_path(), errno);
    }
  }
  return Ok();
}

void LogSegment::Note(const BatchHeader& header) {
  if (index_.empty() || bytes_ - index_.back().position >= kIndexIntervalBytes) {
    index_.push_back(
        {static_cast<uint32_t>(header.base_offset - base_offset_), static_cast<uint32_t>(bytes_), timestamp_ms_max_});
  }
  bytes_ += header.total_bytes();
  next_offset_ = header.next_offset();
  timestamp_ms_max_ = std::max(timestamp_ms_max_, header.max_timestamp);
  synced_ = false;
}

Status LogSegment::CreateFile() {
  if (file_ != nullptr) return Ok();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return ErrnoError("cannot create folder " + folder_, error.value());
  VENICE_ASSIGN(file_, LogFile::Open(log_path(), true));
  return Ok();
}

Status LogSegment::Append(const BatchHeader& header, std::string_view batch) {
  VENICE_TRY(CreateFile());
  if (const Status written = file_->WriteAt(bytes_, batch); !written.ok()) {
    // Give back the space of the part that was written; what is left of it would be cut at the next start.
    [[maybe_unused]] const int ignored = ::ftruncate(file_->fd(), static_cast<off_t>(bytes_));
    return written;
  }
  Note(header);
  return Ok();
}

uint64_t LogSegment::FloorPosition(int64_t offset) const {
  const auto after =
      std::upper_bound(index_.begin(), index_.end(), offset - base_offset_,
                       [](int64_t delta, const IndexEntry& entry) { return delta < entry.offset_delta; });
  return after == index_.begin() ? 0 : std::prev(after)->position;
}

template <typename Found>
Result<std::optional<LogSegment::Place>> LogSegment::Walk(uint64_t position, Found found) const {
  if (bytes_ == 0) return std::optional<Place>();
  HeaderWalk walk(*file_, position, bytes_);
  while (true) {
    auto header = walk.Next();
    if (!header.ok()) return std::move(header).error().In(log_path());
    if (!*header) return std::optional<Place>();
    if (found(**header)) return std::optional<Place>(Place{walk.position(), (*header)->total_bytes(), **header});
  }
}

Result<std::optional<LogSegment::Place>> LogSegment::Find(int64_t offset) const {
  if (offset >= next_offset_) return std::optional<Place>();
  return Walk(FloorPosition(offset), [&](const BatchHeader& header) { return header.last_offset() >= offset; });
}

Result<std::optional<LogSegment::Place>> LogSegment::FindTime(int64_t timestamp_ms, int64_t from_offset) const {
  if (timestamp_ms_max_ < timestamp_ms) return std::optional<Place>();
  // The last entry before which everything is older.
  const auto after = std::partition_point(
      index_.begin(), index_.end(), [&](const IndexEntry& entry) { return entry.timestamp_ms_max < timestamp_ms; });
  const uint64_t by_time = after == index_.begin() ? 0 : std::prev(after)->position;
  return Walk(std::max(by_time, FloorPosition(from_offset)), [&](const BatchHeader& header) {
    return header.max_timestamp >= timestamp_ms && header.last_offset() >= from_offset;
  });
}

Result<std::string> LogSegment::ReadBatch(const Place& place) const {
  std::string batch(place.batch_bytes, '\0');
  VENICE_TRY(file_->ReadAt(place.position, batch.data(), batch.size()));
  return batch;
}

Result<uint64_t> LogSegment::LastBatchEnd(uint64_t from, uint64_t limit) const {
  if (limit >= bytes_) return bytes_;
  const auto after =
      std::upper_bound(index_.begin(), index_.end(), limit,
                       [](uint64_t position, const IndexEntry& entry) { return position < entry.position; });
  const uint64_t floor = after == index_.begin() ? 0 : std::prev(after)->position;
  uint64_t end = std::max(from, floor);
  HeaderWalk walk(*file_, end, bytes_);
  while (true) {
    auto header = walk.Next();
    if (!header.ok()) return std::move(header).error().In(log_path());
    if (!*header || walk.position() + (*header)->total_bytes() > limit) return end;
    end = walk.position() + (*header)->total_bytes();
  }
}

Status LogSegment::ForEachBatch(const std::function<Status(const BatchHeader&, std::string_view)>& visit) const {
  if (bytes_ == 0) return Ok();
  HeaderWalk walk(*file_, 0, bytes_);
  std::string batch;
  while (true) {
    VENICE_ASSIGN(const std::optional<BatchHeader> header, walk.Next());
    if (!header) return Ok();
    batch.resize(header->total_bytes());
    VENICE_TRY(file_->ReadAt(walk.position(), batch.data(), batch.size()));
    VENICE_TRY(visit(*header, batch));
  }
}

Status LogSegment::WriteIndex(std::string_view checkpoint, bool sync) {
  VENICE_TRY(CreateFile());
  const std::string no_boot_id(kBootIdBytes, '\0');
  if (!sync && BootId().empty()) return Ok();
  std::string content;
  content.reserve(kIndexFixedBytes + index_.size() * kIndexEntryBytes + checkpoint.size() + 4);
  AppendBigEndian(content, kIndexMagic);
  AppendBigEndian(content, kIndexVersion);
  AppendBigEndian(content, base_offset_);
  AppendBigEndian(content, next_offset_);
  AppendBigEndian(content, bytes_);
  AppendBigEndian(content, timestamp_ms_max_);
  content += sync ? no_boot_id : BootId();
  AppendBigEndian(content, static_cast<uint32_t>(index_.size()));
  AppendBigEndian(content, static_cast<uint32_t>(checkpoint.size()));
  for (const IndexEntry& entry : index_) {
    AppendBigEndian(content, entry.offset_delta);
    AppendBigEndian(content, entry.position);
    AppendBigEndian(content, entry.timestamp_ms_max);
  }
  content += checkpoint;
  AppendBigEndian(content, Crc32c(content));
  if (sync) {
    VENICE_TRY(file_->Sync());
    VENICE_TRY(WriteFileDurably(index_path(), content));
    synced_ = true;
  } else {
    const std::string temporary = index_path() + ".tmp";
    {
      VENICE_ASSIGN(const std::shared_ptr<LogFile> file, LogFile::Open(temporary, true));
      if (::ftruncate(file->fd(), 0) != 0) return ErrnoError("cannot truncate " + temporary, errno);
      VENICE_TRY(file->WriteAt(0, content));
    }
    if (::rename(temporary.c_str(), index_path().c_str()) != 0)
      return ErrnoError("cannot write " + index_path(), errno);
  }
  indexed_bytes_ = bytes_;
  return Ok();
}

std::string LogSegment::ReadCheckpoint() const {
  auto index = LoadIndex(index_path());
  return index ? std::move(index->checkpoint) : std::string();
}

void LogSegment::RemoveFiles() {
  ::unlink(index_path().c_str());
  ::unlink(log_path().c_str());
}

Status LogSegment::MoveTo(const std::string& folder) {
  const std::string log_from = log_path();
  const std::string index_from = index_path();
  folder_ = folder;
  // The old index must not be taken for the new file's; without one the file is scanned.
  ::unlink(index_path().c_str());
  if (::rename(log_from.c_str(), log_path().c_str()) != 0) return ErrnoError("cannot replace " + log_path(), errno);
  if (::rename(index_from.c_str(), index_path().c_str()) != 0)
    return ErrnoError("cannot replace " + index_path(), errno);
  return Ok();
}

int64_t LogSegment::ModifiedMs() const {
  struct stat info {};
  if (file_ == nullptr || ::fstat(file_->fd(), &info) != 0) return 0;
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace venice::embedded
