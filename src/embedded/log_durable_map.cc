#include "embedded/log_durable_map.h"

#include <unistd.h>

#include <cerrno>

#include "base/byte_order.h"
#include "base/file.h"
#include "embedded/log_crc32c.h"

namespace venice::embedded {
namespace {

// crc of the rest (4), key size (4), value size or -1 for a removal (4), key, value
constexpr size_t kEntryHeaderBytes = 12;
constexpr uint64_t kRewriteBytesMin = 1u << 20;

uint64_t EntryBytes(std::string_view key, std::string_view value) {
  return kEntryHeaderBytes + key.size() + value.size();
}

std::string EncodeEntry(std::string_view key, std::optional<std::string_view> value) {
  std::string body;
  AppendBigEndian<uint32_t>(body, static_cast<uint32_t>(key.size()));
  AppendBigEndian<int32_t>(body, value ? static_cast<int32_t>(value->size()) : -1);
  body += key;
  if (value) body += *value;
  std::string entry;
  AppendBigEndian<uint32_t>(entry, Crc32c(body));
  return entry + body;
}

}  // namespace

Result<DurableMap> DurableMap::Open(const std::string& path, size_t entries_max) {
  DurableMap map;
  map.path_ = path;
  map.entries_max_ = entries_max;
  VENICE_ASSIGN(map.file_, LogFile::Open(path, true));
  VENICE_ASSIGN(const std::string content, ReadFile(path));
  std::string_view rest = content;
  while (rest.size() >= kEntryHeaderBytes) {
    const auto key_size = LoadBigEndian<uint32_t>(rest.data() + 4);
    const auto value_size = LoadBigEndian<int32_t>(rest.data() + 8);
    const uint64_t size = kEntryHeaderBytes + uint64_t{key_size} + static_cast<uint64_t>(std::max(value_size, 0));
    if (value_size < -1 || size > rest.size()) break;
    if (Crc32c(rest.substr(4, size - 4)) != LoadBigEndian<uint32_t>(rest.data())) break;
    const std::string key(rest.substr(kEntryHeaderBytes, key_size));
    if (value_size >= 0) {
      map.entries_[key] = rest.substr(kEntryHeaderBytes + key_size, static_cast<size_t>(value_size));
    } else {
      map.entries_.erase(key);
    }
    rest.remove_prefix(size);
  }
  map.bytes_ = content.size() - rest.size();
  for (const auto& [key, value] : map.entries_) map.live_bytes_ += EntryBytes(key, value);
  if (!rest.empty() && ::ftruncate(map.file_->fd(), static_cast<off_t>(map.bytes_)) != 0) {
    return ErrnoError("cannot cut the torn tail of " + path, errno);
  }
  return map;
}

Status DurableMap::Append(std::string_view key, std::optional<std::string_view> value) {
  const std::string entry = EncodeEntry(key, value);
  if (const Status written = file_->WriteAt(bytes_, entry); !written.ok()) {
    [[maybe_unused]] const int ignored = ::ftruncate(file_->fd(), static_cast<off_t>(bytes_));
    return written;
  }
  bytes_ += entry.size();
  return Ok();
}

Status DurableMap::Put(const std::string& key, const std::string& value) {
  const auto found = entries_.find(key);
  if (found == entries_.end() && entries_.size() >= entries_max_) {
    return Error(ErrorCode::kResourceExhausted, path_ + " holds as many entries as it may");
  }
  VENICE_TRY(Append(key, value));
  if (found != entries_.end()) live_bytes_ -= EntryBytes(key, found->second);
  live_bytes_ += EntryBytes(key, value);
  entries_[key] = value;
  return RewriteIfOutdated();
}

Status DurableMap::Remove(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return Ok();
  VENICE_TRY(Append(key, std::nullopt));
  live_bytes_ -= EntryBytes(key, found->second);
  entries_.erase(found);
  return RewriteIfOutdated();
}

Status DurableMap::RewriteIfOutdated() {
  if (bytes_ < kRewriteBytesMin || bytes_ < live_bytes_ * 4) return Ok();
  std::string content;
  content.reserve(live_bytes_);
  for (const auto& [key, value] : entries_) content += EncodeEntry(key, value);
  VENICE_TRY(WriteFileDurably(path_, content));
  VENICE_ASSIGN(file_, LogFile::Open(path_, true));
  bytes_ = content.size();
  return Ok();
}

}  // namespace venice::embedded
