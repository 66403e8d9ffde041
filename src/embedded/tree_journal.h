// The tree's files: a write-ahead log of the engine's records, and snapshots that let old logs go.
//
//   log.<first zxid>      16 bytes of header, then records: length, CRC-32 of the payload, payload
//   snapshot.<zxid>       16 bytes of header, CRC-32 and payload: the tree after that change
//   LOCK                  held by the process that has the folder
//
// Recovery takes the newest snapshot and replays the logs after it. A torn record at the very end is what a crash
// leaves of a write nobody was told about: it is cut off.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/byte_size.h"
#include "base/result.h"
#include "embedded/tree_engine.h"

namespace venice::embedded {

struct TreeJournalOptions {
  std::string data_dir;
  bool sync_every_write = false;  // fsync in Commit: survives power loss, not only the end of the process
  // A snapshot is taken when the log since the last one is larger than this and than that snapshot.
  ByteSize log_size_before_snapshot = 16_MiB;
  bool snapshot_in_background = true;  // a thread writes the file; the image is taken at once either way
};

// Loop-bound, on the engine's loop.
class TreeJournal {
 public:
  // Recovers the engine (which must be fresh and outlive the journal) and becomes its record sink.
  // Errors: kConflict (another process has the folder), kCorruption, kIo, kDiskFull, kPermissionDenied.
  static Result<std::unique_ptr<TreeJournal>> Open(TreeJournalOptions options, TreeEngine& engine);
  ~TreeJournal();
  TreeJournal(const TreeJournal&) = delete;
  TreeJournal& operator=(const TreeJournal&) = delete;

  // Makes everything the engine did until now durable. After an error nothing of it may be acknowledged; the records
  // are kept, the log is as it was, and the next call tries again.
  Status Commit();
  bool uncommitted() const { return !buffer_.empty(); }

  uint64_t log_bytes() const { return committed_bytes_; }

 private:
  struct LogFile {
    int64_t first_zxid;
    std::string path;
  };
  TreeJournal(TreeJournalOptions options, TreeEngine& engine) : options_(std::move(options)), engine_(engine) {}

  Status Lock();
  Status Recover();
  Status ReplayLog(const LogFile& log, bool last);
  Status OpenLog(const std::string& path);
  Status WriteBuffer();
  void Append(std::string_view record);
  void MaybeSnapshot();

  const TreeJournalOptions options_;
  TreeEngine& engine_;
  int lock_fd_ = -1;
  int log_fd_ = -1;
  std::string log_path_;
  uint64_t committed_bytes_ = 0;  // of the log file in use
  uint64_t bytes_since_snapshot_ = 0;
  uint64_t snapshot_bytes_ = 0;
  std::string buffer_;  // records not yet written
  std::thread snapshot_writer_;
  std::atomic<bool> snapshot_running_{false};
};

}  // namespace venice::embedded
