#include "embedded/tree_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/byte_order.h"
#include "base/file.h"
#include "base/log.h"

namespace venice::embedded {
namespace {

constexpr std::string_view kLogHeader("VENTREELOG\0\0\0\0\0\1", 16);
constexpr std::string_view kSnapshotHeader("VENTREESNAP\0\0\0\0\1", 16);
constexpr size_t kRecordHeaderBytes = 8;
// Far above any record: a multi is bounded by the request size, and encodes to less than three times of it.
constexpr uint32_t kRecordBytesMax = 64u << 20;

uint32_t Crc(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string FileName(std::string_view kind, int64_t zxid) { return fmt::format("{}.{:016x}", kind, zxid); }

std::optional<int64_t> ParseFileName(std::string_view name, std::string_view kind) {
  if (!name.starts_with(kind) || name.size() != kind.size() + 17 || name[kind.size()] != '.') return std::nullopt;
  const std::string_view digits = name.substr(kind.size() + 1);
  int64_t zxid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), zxid, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return zxid;
}

// Files of one kind in the folder, by zxid.
std::vector<std::pair<int64_t, std::string>> ListFiles(const std::string& folder, std::string_view kind) {
  std::vector<std::pair<int64_t, std::string>> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::optional<int64_t> zxid = ParseFileName(entry.path().filename().string(), kind);
    if (zxid) files.emplace_back(*zxid, entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A log ends where the next one begins, so what lies wholly before the snapshot can go.
void RemoveCovered(const std::string& folder, int64_t snapshot_zxid) {
  std::error_code ignored;  // what stays is removed next time
  for (const auto& [zxid, path] : ListFiles(folder, "snapshot")) {
    if (zxid < snapshot_zxid) std::filesystem::remove(path, ignored);
  }
  const auto logs = ListFiles(folder, "log");
  for (size_t i = 0; i + 1 < logs.size(); ++i) {
    if (logs[i + 1].first <= snapshot_zxid + 1) std::filesystem::remove(logs[i].second, ignored);
  }
}

// The record at the start of `bytes`, when it is there and whole.
std::optional<std::string_view> WholeRecord(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const auto length = LoadBigEndian<uint32_t>(bytes.data());
  if (length > kRecordBytesMax || length > bytes.size() - kRecordHeaderBytes) return std::nullopt;
  const std::string_view record = bytes.substr(kRecordHeaderBytes, length);
  if (Crc(record) != LoadBigEndian<uint32_t>(bytes.data() + 4)) return std::nullopt;
  return record;
}

// Whether a whole record with a later change begins anywhere in `bytes`: then what precedes it is no torn tail.
bool LaterRecordFollows(std::string_view bytes, int64_t last_zxid) {
  constexpr int64_t kChangesAhead = 1'000'000'000;
  for (; bytes.size() >= kRecordHeaderBytes + sizeof(int64_t); bytes.remove_prefix(1)) {
    const auto zxid = LoadBigEndian<int64_t>(bytes.data() + kRecordHeaderBytes);
    if (zxid > last_zxid && zxid < last_zxid + kChangesAhead && WholeRecord(bytes)) return true;
  }
  return false;
}

Status WriteSnapshotFile(const std::string& folder, int64_t zxid, std::string_view image) {
  std::string content(kSnapshotHeader);
  content.reserve(kSnapshotHeader.size() + 4 + image.size());
  AppendBigEndian(content, Crc(image));
  content.append(image);
  VENICE_TRY(WriteFileDurably(folder + "/" + FileName("snapshot", zxid), content));
  RemoveCovered(folder, zxid);
  return Ok();
}

}  // namespace

Result<std::unique_ptr<TreeJournal>> TreeJournal::Open(TreeJournalOptions options, TreeEngine& engine) {
  std::unique_ptr<TreeJournal> journal(new TreeJournal(std::move(options), engine));
  std::error_code error;
  std::filesystem::create_directories(journal->options_.data_dir, error);
  if (error) return ErrnoError("cannot create " + journal->options_.data_dir, error.value());
  VENICE_TRY(journal->Lock());
  VENICE_TRY(journal->Recover());
  TreeJournal* raw = journal.get();
  engine.SetRecordSink([raw](std::string_view record) { raw->Append(record); });
  return journal;
}

TreeJournal::~TreeJournal() {
  engine_.SetRecordSink([](std::string_view) {});
  if (snapshot_writer_.joinable()) snapshot_writer_.join();
  if (log_fd_ >= 0) ::close(log_fd_);
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

Status TreeJournal::Lock() {
  const std::string path = options_.data_dir + "/LOCK";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) return ErrnoError("cannot open " + path, errno);
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0) return Ok();
  if (errno != EWOULDBLOCK) return ErrnoError("cannot lock " + path, errno);
  return Error(ErrorCode::kConflict,
               fmt::format("another process is using {}; stop it, or choose another folder", options_.data_dir));
}

Status TreeJournal::Recover() {
  const auto snapshots = ListFiles(options_.data_dir, "snapshot");
  if (!snapshots.empty()) {
    const std::string& path = snapshots.back().second;
    VENICE_ASSIGN(const std::string content, ReadFile(path));
    const std::string_view bytes = content;
    const size_t image_at = kSnapshotHeader.size() + 4;
    if (bytes.size() < image_at || !bytes.starts_with(kSnapshotHeader) ||
        LoadBigEndian<uint32_t>(bytes.data() + kSnapshotHeader.size()) != Crc(bytes.substr(image_at))) {
      return Error(ErrorCode::kCorruption, path + " is damaged; restore the data folder from a copy");
    }
    Status loaded = engine_.LoadSnapshot(bytes.substr(image_at));
    if (!loaded.ok()) return std::move(loaded).error().In(path);
    snapshot_bytes_ = content.size();
  }

  std::vector<LogFile> logs;
  for (auto& [zxid, path] : ListFiles(options_.data_dir, "log")) logs.push_back({zxid, std::move(path)});
  for (size_t i = 0; i < logs.size(); ++i) VENICE_TRY(ReplayLog(logs[i], i + 1 == logs.size()));
  engine_.RestartSessionTimeouts();
  if (!snapshots.empty()) RemoveCovered(options_.data_dir, snapshots.back().first);
  if (!logs.empty()) return OpenLog(logs.back().path);
  return OpenLog(options_.data_dir + "/" + FileName("log", engine_.store().last_zxid() + 1));
}

Status TreeJournal::ReplayLog(const LogFile& log, bool last) {
  VENICE_ASSIGN(const std::string content, ReadFile(log.path));
  const std::string_view bytes = content;
  size_t good = 0;
  if (bytes.starts_with(kLogHeader)) {
    good = kLogHeader.size();
  } else if (bytes.size() >= kLogHeader.size() || !kLogHeader.starts_with(bytes)) {
    return Error(ErrorCode::kCorruption, log.path + " is not a tree journal; restore the data folder from a copy");
  }
  while (good > 0) {
    const std::optional<std::string_view> record = WholeRecord(bytes.substr(good));
    if (!record) break;
    Status replayed = engine_.Replay(*record);
    if (!replayed.ok()) return std::move(replayed).error().In(log.path);
    good += kRecordHeaderBytes + record->size();
  }
  bytes_since_snapshot_ += good;
  if (good == bytes.size()) return Ok();
  if (!last || LaterRecordFollows(bytes.substr(good), engine_.store().last_zxid())) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("{0} is damaged at byte {1}, with acknowledged changes after it; restore the data folder "
                             "from a copy (or give those changes up: delete later logs and truncate -s {1} {0})",
                             log.path, good));
  }
  LogWarning("tree.journal.cut", {{"file", log.path}, {"kept_bytes", good}, {"cut_bytes", bytes.size() - good}});
  if (::truncate(log.path.c_str(), static_cast<off_t>(good)) != 0) return ErrnoError("cannot cut " + log.path, errno);
  return Ok();
}

Status TreeJournal::OpenLog(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError("cannot open " + path, errno);
  if (log_fd_ >= 0) ::close(log_fd_);
  log_fd_ = fd;
  log_path_ = path;
  committed_bytes_ = static_cast<uint64_t>(::lseek(fd, 0, SEEK_END));
  if (committed_bytes_ == 0) buffer_.insert(0, kLogHeader);
  if (options_.sync_every_write) VENICE_TRY(SyncDirectory(options_.data_dir));
  return WriteBuffer();
}

void TreeJournal::Append(std::string_view record) {
  AppendBigEndian(buffer_, static_cast<uint32_t>(record.size()));
  AppendBigEndian(buffer_, Crc(record));
  buffer_.append(record);
}

Status TreeJournal::WriteBuffer() {
  std::string_view rest = buffer_;
  int failure = 0;
  while (!rest.empty() && failure == 0) {
    const ssize_t count = ::write(log_fd_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (failure == 0 && options_.sync_every_write && !buffer_.empty() && ::fdatasync(log_fd_) != 0) failure = errno;
  if (failure != 0) {
    // Back to the last whole commit, so that the next attempt does not follow half a record.
    if (::ftruncate(log_fd_, static_cast<off_t>(committed_bytes_)) != 0) {
      LogError("tree.journal.truncate.failed",
               {{"file", log_path_}, {"error", ErrnoError("ftruncate", errno).message()}});
    }
    return ErrnoError("cannot write " + log_path_, failure);
  }
  committed_bytes_ += buffer_.size();
  bytes_since_snapshot_ += buffer_.size();
  buffer_.clear();
  if (buffer_.capacity() > (4u << 20)) buffer_.shrink_to_fit();
  return Ok();
}

Status TreeJournal::Commit() {
  if (buffer_.empty()) return Ok();
  VENICE_TRY(WriteBuffer());
  MaybeSnapshot();
  return Ok();
}

void TreeJournal::MaybeSnapshot() {
  // Larger than the last snapshot as well, so that a big tree is not written again for every few changes.
  if (bytes_since_snapshot_ < std::max(options_.log_size_before_snapshot.bytes(), snapshot_bytes_)) return;
  if (snapshot_running_) return;
  if (snapshot_writer_.joinable()) snapshot_writer_.join();

  const int64_t zxid = engine_.store().last_zxid();
  // The next record starts a new log; the old one stays until the snapshot is safe.
  const Status opened = OpenLog(options_.data_dir + "/" + FileName("log", zxid + 1));
  if (!opened.ok()) {
    LogWarning("tree.snapshot.postponed", {{"error", opened.error().ToString()}});
    bytes_since_snapshot_ = 0;
    return;
  }
  std::string image;
  engine_.EncodeSnapshot(image);
  snapshot_bytes_ = image.size();
  bytes_since_snapshot_ = 0;
  auto write = [this, zxid, folder = options_.data_dir, image = std::move(image)] {
    const Status written = WriteSnapshotFile(folder, zxid, image);
    if (!written.ok()) LogWarning("tree.snapshot.failed", {{"error", written.error().ToString()}});
    snapshot_running_ = false;
  };
  if (!options_.snapshot_in_background) return write();
  snapshot_running_ = true;
  snapshot_writer_ = std::thread(std::move(write));
}

}  // namespace venice::embedded
