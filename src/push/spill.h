// Sorted runs on disk: written once, read back partition by partition. The files have no name, so that nothing is left
// behind however the process ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "push/record_layout.h"

namespace venice::push {

// One sorted run. Immutable once finished; readers of different threads may share it.
class SpillRun {
 public:
  struct Section {
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  ~SpillRun();
  SpillRun(const SpillRun&) = delete;
  SpillRun& operator=(const SpillRun&) = delete;

  int fd() const { return fd_; }
  const Section& section(int32_t partition) const { return sections_[static_cast<size_t>(partition)]; }
  uint64_t bytes() const { return bytes_; }

 private:
  friend class SpillWriter;
  SpillRun(int fd, int32_t partitions) : fd_(fd), sections_(static_cast<size_t>(partitions)) {}
  const int fd_;
  std::vector<Section> sections_;
  uint64_t bytes_ = 0;
};

// One thread. Partitions are written in ascending order, each in key order.
class SpillWriter {
 public:
  // Errors: kDiskFull, kIo, kPermissionDenied, kNotFound naming the folder.
  static Result<SpillWriter> Create(const std::string& folder, int32_t partitions, size_t buffer_bytes);
  SpillWriter(SpillWriter&&) noexcept = default;

  void StartPartition(int32_t partition);
  Status Add(const RecordView& record);
  Result<std::shared_ptr<const SpillRun>> Finish();

 private:
  SpillWriter(std::shared_ptr<SpillRun> run, std::string folder, size_t buffer_bytes);
  Status Drain();

  std::shared_ptr<SpillRun> run_;
  std::string folder_;
  size_t buffer_bytes_;
  std::string buffer_;
  uint64_t offset_ = 0;
  int32_t partition_ = -1;
};

// Reads one partition of a run in order. One thread.
class SpillReader {
 public:
  SpillReader(std::shared_ptr<const SpillRun> run, int32_t partition, size_t buffer_bytes);
  // Advances; false at the end or on error. The record's bytes are valid until the next call.
  bool Next(RecordView& record);
  const Status& status() const { return status_; }

 private:
  bool Fill(size_t wanted);

  std::shared_ptr<const SpillRun> run_;
  int32_t partition_;
  uint64_t offset_;
  uint64_t end_;
  std::string buffer_;
  size_t begin_ = 0;
  size_t used_ = 0;
  Status status_;
};

}  // namespace venice::push
