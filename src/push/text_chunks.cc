#include "push/text_chunks.h"

#include <cerrno>

#include "base/file.h"

namespace venice::push {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // what spreadsheets put in front of UTF-8

}  // namespace

TextChunks::~TextChunks() {
  if (file_ != nullptr) std::fclose(file_);
}

Result<bool> TextChunks::Open() {
  if (file_ != nullptr) return true;
  if (next_file_ == files_.size()) return false;
  const std::string& path = files_[next_file_].path;
  file_ = std::fopen(path.c_str(), "rbe");
  if (file_ == nullptr) return ErrnoError("open " + path, errno);
  ++next_file_;
  pending_.clear();
  offset_ = 0;
  line_ = 1;
  return true;
}

size_t TextChunks::WholeLines(int64_t& lines) {
  lines = 0;
  if (quotes_ == Quotes::kIgnore) {
    const size_t last = pending_.rfind('\n');
    if (last == std::string::npos) return 0;
    lines = std::count(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(last) + 1, '\n');
    return last + 1;
  }
  size_t end = 0;
  int64_t seen = 0;
  bool quoted = false;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i] == '"') quoted = !quoted;
    if (pending_[i] != '\n') continue;
    ++seen;
    if (quoted) continue;
    end = i + 1;
    lines = seen;
  }
  return end;
}

Result<bool> TextChunks::Next(Chunk& chunk) {
  const std::lock_guard lock(mutex_);
  while (true) {
    VENICE_ASSIGN(const bool open, Open());
    if (!open) return false;
    const std::string& path = files_[next_file_ - 1].path;
    size_t wanted = kReadBytes;
    size_t whole = 0;
    int64_t lines = 0;
    bool ended = false;
    while (whole == 0 && !ended) {
      const size_t before = pending_.size();
      pending_.resize(before + wanted);
      const size_t count = std::fread(pending_.data() + before, 1, wanted, file_);
      pending_.resize(before + count);
      if (count < wanted && std::ferror(file_) != 0) return ErrnoError("read " + path, errno);
      ended = count < wanted;
      if (offset_ == 0 && before == 0 && pending_.starts_with(kByteOrderMark)) {
        pending_.erase(0, kByteOrderMark.size());
        offset_ = kByteOrderMark.size();
      }
      whole = WholeLines(lines);
      if (whole == 0 && !ended && pending_.size() > kLineBytesMax) {
        return Error(ErrorCode::kTooLarge,
                     fmt::format("{}, line {}: longer than {} bytes; is this a text file, and are its "
                                 "quotes closed?",
                                 path, line_, kLineBytesMax));
      }
      wanted = std::max(wanted, pending_.size());
    }
    if (ended && whole < pending_.size()) {
      // The last line has no line break, or a quote in it is never closed, which its reader reports.
      whole = pending_.size();
      lines = std::count(pending_.begin(), pending_.end(), '\n') + 1;
    }
    if (ended) {
      std::fclose(file_);
      file_ = nullptr;
    }
    if (whole == 0) continue;
    chunk.data.assign(pending_, 0, whole);
    chunk.file = next_file_ - 1;
    chunk.offset = offset_;
    chunk.first = line_;
    chunk.count = 0;
    chunk.index = 0;
    pending_.erase(0, whole);
    offset_ += whole;
    line_ += lines;
    return true;
  }
}

}  // namespace venice::push
