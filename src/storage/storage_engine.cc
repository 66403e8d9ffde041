#include "storage/storage_engine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "storage/metadata_store.h"
#include "storage/partition_impl.h"
#include "storage/slots.h"

namespace venice::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kInUseLimit{30};
constexpr std::string_view kDroppingPrefix = ".dropping_";

Status RemoveFolder(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return ErrnoError("remove " + path.string(), error.value());
  return Ok();
}

// The number after the last '_' (and after `mark` behind it); nullopt when there is none.
std::optional<int32_t> TrailingNumber(std::string_view name, std::string_view mark) {
  const size_t at = name.rfind(mark);
  if (at == std::string_view::npos || at == 0 || at + mark.size() == name.size()) return std::nullopt;
  int32_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + at + mark.size(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

Result<std::vector<std::string>> SubfolderNames(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  if (error) return ErrnoError("list " + folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Error InUse(const std::string& name) {
  return Error(ErrorCode::kNotReady, name + " is still being read or written; try again when that has ended");
}

using VersionSlots = Slots<std::string, VersionStore>;
using PartitionSlots = Slots<int32_t, PartitionStore>;

}  // namespace

class VersionStore::Impl {
 public:
  ~Impl() {
    metadata.reset();
    slots->Closed(name);
  }
  std::string PartitionName(int32_t partition) const { return name + "_" + std::to_string(partition); }
  std::string PartitionFolder(int32_t partition) const { return folder + "/" + PartitionName(partition); }

  std::string name;
  std::string folder;
  std::shared_ptr<Memory> memory;
  std::shared_ptr<MetadataStore> metadata;
  std::shared_ptr<VersionSlots> slots;
  std::weak_ptr<VersionStore> self;
  PartitionSlots partitions;
};

VersionStore::VersionStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VersionStore::~VersionStore() = default;
const std::string& VersionStore::name() const { return impl_->name; }

Result<std::vector<int32_t>> VersionStore::Partitions() const {
  VENICE_ASSIGN(std::vector<std::string> names, SubfolderNames(impl_->folder));
  std::vector<int32_t> partitions;
  for (const std::string& name : names) {
    const std::optional<int32_t> number = TrailingNumber(name, "_");
    if (number && *number != kMetadataPartition && name == impl_->PartitionName(*number)) partitions.push_back(*number);
  }
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

Result<std::shared_ptr<PartitionStore>> VersionStore::OpenPartition(int32_t partition) {
  bool timed_out = false;
  if (auto open = impl_->partitions.Acquire(partition, kInUseLimit, &timed_out)) return open;
  if (timed_out) return InUse(impl_->PartitionName(partition));

  PartitionStore::Impl::Place place;
  place.name = impl_->PartitionName(partition);
  place.folder = impl_->PartitionFolder(partition);
  place.partition = partition;
  place.memory = impl_->memory;
  place.metadata = impl_->metadata;
  // An open partition keeps its version open.
  place.on_closed = [version = impl_->self.lock(), partition] { version->impl_->partitions.Closed(partition); };
  Result<std::unique_ptr<PartitionStore::Impl>> opened = PartitionStore::Impl::Open(std::move(place));
  if (!opened.ok()) {
    impl_->partitions.Closed(partition);
    return std::move(opened).error();
  }
  std::shared_ptr<PartitionStore> store(new PartitionStore(std::move(opened).value()));
  impl_->partitions.Opened(partition, store);
  return store;
}

Status VersionStore::DropPartition(int32_t partition) {
  if (!impl_->partitions.Claim(partition, kInUseLimit)) return InUse(impl_->PartitionName(partition));
  // The checkpoint goes first: a folder without one is removed when it is next opened.
  Status status = impl_->metadata->DeleteCheckpoint(partition);
  if (status.ok()) status = RemoveFolder(impl_->PartitionFolder(partition));
  impl_->partitions.Closed(partition);
  return status;
}

Status VersionStore::PutVersionState(std::string_view bytes) { return impl_->metadata->PutVersionState(bytes); }
Result<std::optional<std::string>> VersionStore::VersionState() const { return impl_->metadata->GetVersionState(); }

class StorageEngine::Impl {
 public:
  ~Impl() {
    if (lock_file >= 0) close(lock_file);
  }
  std::string data_dir;
  std::shared_ptr<Memory> memory;
  int lock_file = -1;
  std::atomic<uint64_t> dropped{0};
  std::shared_ptr<VersionSlots> versions = std::make_shared<VersionSlots>();
};

Result<std::unique_ptr<StorageEngine>> StorageEngine::Open(const std::string& data_dir,
                                                           std::shared_ptr<Memory> memory) {
  auto impl = std::make_unique<Impl>();
  impl->data_dir = data_dir;
  impl->memory = std::move(memory);
  std::error_code error;
  fs::create_directories(data_dir, error);
  if (error) return ErrnoError("create the data folder " + data_dir, error.value());
  const std::string lock_path = data_dir + "/.lock";
  impl->lock_file = open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (impl->lock_file < 0) return ErrnoError("open " + lock_path, errno);
  if (flock(impl->lock_file, LOCK_EX | LOCK_NB) != 0)
    return Error(ErrorCode::kAlreadyExists,
                 "the data folder " + data_dir + " is in use by another server: stop it, or give another folder");
  VENICE_ASSIGN(std::vector<std::string> names, SubfolderNames(data_dir));
  for (const std::string& name : names)
    if (name.starts_with(kDroppingPrefix)) VENICE_TRY(RemoveFolder(fs::path(data_dir) / name));
  return std::unique_ptr<StorageEngine>(new StorageEngine(std::move(impl)));
}

StorageEngine::StorageEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StorageEngine::~StorageEngine() = default;
const std::string& StorageEngine::data_dir() const { return impl_->data_dir; }

Result<std::vector<std::string>> StorageEngine::Versions() const {
  VENICE_ASSIGN(std::vector<std::string> names, SubfolderNames(impl_->data_dir));
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.') || !TrailingNumber(name, "_v"); });
  return names;
}

Result<std::shared_ptr<VersionStore>> StorageEngine::OpenVersion(const std::string& name) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos || !TrailingNumber(name, "_v"))
    return Error(ErrorCode::kInvalidArgument, "'" + name + "' is not a store version; expected <store>_v<number>");
  bool timed_out = false;
  if (auto open = impl_->versions->Acquire(name, kInUseLimit, &timed_out)) return open;
  if (timed_out) return InUse(name);

  auto version = std::make_unique<VersionStore::Impl>();
  version->name = name;
  version->folder = impl_->data_dir + "/" + name;
  version->memory = impl_->memory;
  version->slots = impl_->versions;
  std::error_code error;
  fs::create_directories(version->folder, error);
  if (error) return ErrnoError("create " + version->folder, error.value());
  VENICE_ASSIGN(version->metadata, MetadataStore::Open(version->PartitionFolder(kMetadataPartition), impl_->memory));
  VersionStore::Impl& insides = *version;
  std::shared_ptr<VersionStore> store(new VersionStore(std::move(version)));
  insides.self = store;
  impl_->versions->Opened(name, store);
  return store;
}

Status StorageEngine::DropVersion(const std::string& name) {
  if (!impl_->versions->Claim(name, kInUseLimit)) return InUse(name);
  // Renamed first: after a crash in the middle there is no half version, only rubbish that Open() removes.
  const fs::path from = fs::path(impl_->data_dir) / name;
  const fs::path to =
      fs::path(impl_->data_dir) / (std::string(kDroppingPrefix) + name + "." + std::to_string(++impl_->dropped));
  std::error_code error;
  fs::rename(from, to, error);
  Status status = Ok();
  if (error && error != std::errc::no_such_file_or_directory)
    status = ErrnoError("remove " + from.string(), error.value());
  impl_->versions->Closed(name);
  if (!status.ok() || error) return status;
  LogInfo("storage.version.dropped", {{"version", name}});
  return RemoveFolder(to);
}

}  // namespace venice::storage
