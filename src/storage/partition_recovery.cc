// Opening a partition: the checkpoint decides which files count.
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "storage/partition_impl.h"
#include "storage/rocks.h"

namespace venice::storage {

namespace fs = std::filesystem;

namespace {

Status RemoveFolder(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return ErrnoError("remove " + path, error.value());
  return Ok();
}

bool DataIsGone(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound() ||
         status.ToString().find("No such file") != std::string::npos;
}

}  // namespace

PartitionStore::Impl::Impl(Place place) : place_(std::move(place)) {
  read_memory_.read_tier = rocksdb::kBlockCacheTier;
  unlogged_.disableWAL = true;  // durable through Checkpoint; what comes after it is read again from the log
}

PartitionStore::Impl::~Impl() {
  loader_.reset();
  db_.reset();
  if (opened_ && place_.on_closed) place_.on_closed();
}

Result<std::unique_ptr<PartitionStore::Impl>> PartitionStore::Impl::Open(Place place) {
  auto impl = std::unique_ptr<Impl>(new Impl(std::move(place)));
  VENICE_ASSIGN(std::optional<StoredCheckpoint> stored, impl->place_.metadata->GetCheckpoint(impl->place_.partition));
  if (!stored) {
    // Whatever lies here was never covered by a checkpoint.
    VENICE_TRY(RemoveFolder(impl->place_.folder));
    VENICE_TRY(impl->OpenDatabase());
  } else {
    VENICE_ASSIGN(const bool recovered, impl->Recover(*stored));
    if (!recovered) VENICE_TRY(impl->StartFromScratch("the files of its checkpoint are missing or damaged"));
  }
  impl->opened_ = true;
  return impl;
}

Status PartitionStore::Impl::OpenDatabase() {
  std::error_code error;
  fs::create_directories(place_.folder, error);
  if (error) return ErrnoError("create " + place_.folder, error.value());
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DataOptions(*place_.memory), place_.folder, &db);
  db_.reset(db);
  if (!status.ok()) return RocksError(status, Attempt("open"));
  return Ok();
}

Result<bool> PartitionStore::Impl::Recover(const StoredCheckpoint& stored) {
  // Without this file RocksDB would create an empty database and the checkpoint would speak of data that is not there.
  if (!fs::exists(place_.folder + "/CURRENT")) return false;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DataOptions(*place_.memory), place_.folder, &db);
  db_.reset(db);
  if (DataIsGone(status)) {
    LogError("storage.partition.damaged", {{"partition", place_.name}, {"error", status.ToString()}});
    return false;
  }
  if (!status.ok()) return RocksError(status, Attempt("open"));

  const Manifest& manifest = stored.manifest;
  const bool moved = manifest.phase == Manifest::Phase::kOpen ||
                     (manifest.phase == Manifest::Phase::kIngesting && (manifest.files.empty() || DatabaseHasFiles()));
  if (!moved) {
    loader_ = std::make_unique<BatchLoader>(BatchFolder(), DataOptions(*place_.memory));
    VENICE_ASSIGN(const bool complete, loader_->Continue(manifest.files, manifest.last_key));
    if (!complete) return false;
    for (const TableFile& file : manifest.files) batch_bytes_ += file.bytes;
  }
  checkpoint_ = stored.state;
  if (manifest.phase == Manifest::Phase::kBatch) {
    phase_ = Phase::kBatch;
    return true;
  }
  if (manifest.phase == Manifest::Phase::kIngesting) VENICE_TRY(FinishIngestion());
  phase_ = Phase::kOpen;
  return true;
}

Status PartitionStore::Impl::StartFromScratch(std::string_view reason) {
  LogWarning("storage.partition.restarted", {{"partition", place_.name}, {"reason", reason}});
  loader_.reset();
  db_.reset();
  checkpoint_.reset();
  batch_bytes_ = 0;
  phase_ = Phase::kNew;
  VENICE_TRY(place_.metadata->DeleteCheckpoint(place_.partition));
  VENICE_TRY(RemoveFolder(place_.folder));
  return OpenDatabase();
}

bool PartitionStore::Impl::DatabaseHasFiles() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  return !files.empty();
}

// Safe to repeat after a crash at any point: the manifest says kIngesting until the database holds the files, and
// RocksDB links all of them in by one atomic write of its own manifest.
Status PartitionStore::Impl::FinishIngestion() {
  if (loader_ && !loader_->files().empty()) {
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.snapshot_consistency = false;  // nobody reads before kOpen
    options.write_global_seqno = false;    // the files stay as they were written and fsynced
    const rocksdb::Status status = db_->IngestExternalFile(loader_->paths(), options);
    if (!status.ok()) return RocksError(status, Attempt("ingest the batch files of"));
  }
  loader_.reset();
  VENICE_TRY(RemoveFolder(BatchFolder()));
  return Save(*checkpoint_, Manifest::Phase::kOpen);
}

}  // namespace venice::storage
