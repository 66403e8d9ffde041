// Text files cut into chunks of whole lines, for several readers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "push/input.h"

namespace venice::push {

// A line is no longer than this; a file without line breaks is not what it was taken for.
inline constexpr size_t kLineBytesMax = 64 << 20;

// Any thread.
class TextChunks {
 public:
  enum class Quotes : uint8_t { kIgnore, kDouble };  // kDouble: line breaks between " belong to the line (CSV)

  TextChunks(std::vector<InputFile> files, Quotes quotes) : files_(std::move(files)), quotes_(quotes) {}
  ~TextChunks();

  // Chunks never span files. A file's last line may lack its line break. Errors: kIo, kNotFound, kTooLarge.
  Result<bool> Next(Chunk& chunk);

 private:
  Result<bool> Open();
  // Size of the whole lines at the front of pending_, 0 when there is none; counts them.
  size_t WholeLines(int64_t& lines);

  const std::vector<InputFile> files_;
  const Quotes quotes_;
  std::mutex mutex_;
  std::FILE* file_ = nullptr;
  size_t next_file_ = 0;
  std::string pending_;  // read, not yet handed out
  uint64_t offset_ = 0;  // of pending_ in the file
  int64_t line_ = 1;     // number of the first pending line
};

}  // namespace venice::push
