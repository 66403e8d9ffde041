#include "storage/batch_loader.h"

#include <charconv>
#include <filesystem>

#include "base/encoding.h"
#include "base/file.h"
#include "storage/rocks.h"

namespace venice::storage {

namespace fs = std::filesystem;

namespace {

// A file's index and filter are built in memory: about 1/40 of this.
constexpr uint64_t kFileBytesMax = 256 << 20;
constexpr std::string_view kFilePrefix = "sst_file_";

std::string Shown(std::string_view key) { return HexEncode(key.substr(0, 64)) + (key.size() > 64 ? "..." : ""); }

}  // namespace

BatchLoader::BatchLoader(std::string folder, rocksdb::Options options)
    : folder_(std::move(folder)), options_(std::move(options)) {}

BatchLoader::~BatchLoader() = default;

std::string BatchLoader::PathOf(uint64_t number) const {
  return folder_ + "/" + std::string(kFilePrefix) + std::to_string(number);
}

std::vector<std::string> BatchLoader::paths() const {
  std::vector<std::string> paths;
  for (const TableFile& file : files_) paths.push_back(PathOf(file.number));
  return paths;
}

Result<bool> BatchLoader::Continue(const std::vector<TableFile>& files, std::string last_key) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return ErrnoError("create " + folder_, error.value());
  for (const TableFile& file : files) {
    const uintmax_t bytes = fs::file_size(PathOf(file.number), error);
    if (error || bytes != file.bytes) return false;
  }
  std::vector<fs::path> extra;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    bool named = false;
    for (const TableFile& file : files) named = named || entry.path() == PathOf(file.number);
    if (!named) extra.push_back(entry.path());
  }
  if (error) return ErrnoError("list " + folder_, error.value());
  for (const fs::path& path : extra) {
    fs::remove(path, error);
    if (error) return ErrnoError("remove " + path.string(), error.value());
  }
  files_ = files;
  last_key_ = std::move(last_key);
  any_key_ = !files_.empty();
  next_number_ = files_.empty() ? 0 : files_.back().number + 1;
  return true;
}

Status BatchLoader::OpenFile() {
  writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_, nullptr,
                                                     /*invalidate_page_cache=*/false);
  const rocksdb::Status status = writer_->Open(PathOf(next_number_));
  if (!status.ok()) {
    writer_.reset();
    return RocksError(status, "create " + PathOf(next_number_));
  }
  open_bytes_ = 0;
  return Ok();
}

Status BatchLoader::Put(std::string_view key, std::string_view value) {
  if (any_key_ && key <= last_key_) {
    const bool equal = key == last_key_;
    return Error(
        ErrorCode::kInvalidArgument,
        equal ? "key " + Shown(key) + " comes twice in input that was announced as sorted"
              : "key " + Shown(key) + " comes after " + Shown(last_key_) + " in input that was announced as sorted");
  }
  if (!writer_) VENICE_TRY(OpenFile());
  const rocksdb::Status status = writer_->Put(ToSlice(key), ToSlice(value));
  if (!status.ok()) return RocksError(status, "write " + PathOf(next_number_));
  last_key_ = key;
  any_key_ = true;
  open_bytes_ += key.size() + value.size();
  return open_bytes_ < kFileBytesMax ? Ok() : FinishFile();
}

Status BatchLoader::FinishFile() {
  rocksdb::ExternalSstFileInfo info;
  const rocksdb::Status status = writer_->Finish(&info);  // with fsync; write errors of the puts surface here
  writer_.reset();
  if (!status.ok()) return RocksError(status, "write " + PathOf(next_number_));
  files_.push_back({next_number_, info.file_size});
  ++next_number_;
  return Ok();
}

Status BatchLoader::Sync() {
  if (writer_) VENICE_TRY(FinishFile());
  return SyncDirectory(folder_);
}

}  // namespace venice::storage
