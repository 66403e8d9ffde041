// One file of batches in offset order, with a sparse index of offsets and times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "embedded/log_batch.h"

namespace venice::embedded {

// An open file; closed with its last owner, so that readers outlive deletion and replacement.
class LogFile {
 public:
  static Result<std::shared_ptr<LogFile>> Open(const std::string& path, bool writable);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  int fd() const { return fd_; }
  Status ReadAt(uint64_t position, char* out, size_t bytes) const;  // kCorruption when the file ends before
  Status WriteAt(uint64_t position, std::string_view bytes) const;
  Status Sync() const;

 private:
  explicit LogFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

// An entry every 64 KiB of the file: 16 bytes, so 256 MiB of memory for 1 TiB of log.
inline constexpr size_t kIndexIntervalBytes = 64u << 10;

struct IndexEntry {
  uint32_t offset_delta;  // of the batch's base offset to the segment's
  uint32_t position;
  int64_t timestamp_ms_max;  // of everything before this batch in the segment
};

// Not synchronized: the partition's lock covers it; sealed segments no longer change.
class LogSegment {
 public:
  // A file to be created at the first append.
  LogSegment(std::string folder, int64_t base_offset);

  // Opens what is on disk: takes the index file's word for what it covers, checks every batch after that, and cuts the
  // file at the first batch that is not whole and correct.
  struct Recovered {
    std::shared_ptr<LogSegment> segment;
    std::optional<std::string> checkpoint;  // of WriteIndex(); nullopt when the index was missing or not to be trusted
    std::vector<BatchHeader> scanned;       // the batches checked
    uint64_t lost_bytes = 0;                // cut, or missing although the index promises them
  };
  static Result<Recovered> Recover(const std::string& folder, int64_t base_offset);

  int64_t base_offset() const { return base_offset_; }
  int64_t next_offset() const { return next_offset_; }  // base_offset() while empty
  uint64_t bytes() const { return bytes_; }
  int64_t timestamp_ms_max() const { return timestamp_ms_max_; }  // -1 while empty
  uint64_t indexed_bytes() const { return indexed_bytes_; }
  bool synced() const { return synced_; }  // data and index are durable, and will not change
  const std::shared_ptr<LogFile>& file() const { return file_; }
  std::string log_path() const;
  std::string index_path() const;

  // Writes at the end; nothing changes on error. `header` is of `batch`, offsets assigned.
  Status Append(const BatchHeader& header, std::string_view batch);
  Status CreateFile();  // for an empty segment whose name must survive

  // Where the first batch that ends at or after `offset` starts; nullopt when there is none.
  struct Place {
    uint64_t position;
    size_t batch_bytes;
    BatchHeader header;
  };
  Result<std::optional<Place>> Find(int64_t offset) const;
  // The first batch whose largest timestamp is at or after `timestamp_ms` and that ends at or after `from_offset`.
  Result<std::optional<Place>> FindTime(int64_t timestamp_ms, int64_t from_offset) const;
  Result<std::string> ReadBatch(const Place& place) const;
  // The end of the last batch that ends at or before `limit`, or `from` when there is none. `from` starts a batch.
  Result<uint64_t> LastBatchEnd(uint64_t from, uint64_t limit) const;

  // Calls `visit` for every whole batch; bytes are valid during the call. `visit` returns an error to stop.
  Status ForEachBatch(const std::function<Status(const BatchHeader&, std::string_view)>& visit) const;

  // Writes the index with an opaque checkpoint. `sync`: makes the data durable, then the index. Without it the index
  // is only believed until the machine restarts, so that it never vouches for data which a power loss took.
  Status WriteIndex(std::string_view checkpoint, bool sync);
  // The checkpoint stored beside the index on disk; empty when there is none.
  std::string ReadCheckpoint() const;
  void RemoveFiles();
  // Takes the place of the files of the same name in another folder of the same file system.
  Status MoveTo(const std::string& folder);
  void RaiseNextOffset(int64_t next_offset) { next_offset_ = std::max(next_offset_, next_offset); }
  int64_t ModifiedMs() const;  // of the file; 0 when there is none

 private:
  void Note(const BatchHeader& header);
  struct LoadedIndex;
  static std::optional<LoadedIndex> LoadIndex(const std::string& path);
  Status ScanTail(uint64_t file_bytes, Recovered& recovered);
  uint64_t FloorPosition(int64_t offset) const;
  template <typename Found>
  Result<std::optional<Place>> Walk(uint64_t position, Found found) const;

  std::string folder_;
  int64_t base_offset_;
  int64_t next_offset_;
  uint64_t bytes_ = 0;
  uint64_t indexed_bytes_ = 0;  // covered by the index file
  bool synced_ = false;
  int64_t timestamp_ms_max_ = -1;
  std::vector<IndexEntry> index_;
  std::shared_ptr<LogFile> file_;
};

// "00000000000000000042"
std::string SegmentName(int64_t base_offset);

}  // namespace venice::embedded
