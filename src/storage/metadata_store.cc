#include "storage/metadata_store.h"

#include <rocksdb/write_batch.h>

#include "storage/rocks.h"

namespace venice::storage {

namespace {

constexpr char kVersionStateKey[] = "VERSION_METADATA";                                      // Venice's key
std::string StateKey(int32_t partition) { return "P_" + std::to_string(partition); }         // Venice's key
std::string ManifestKey(int32_t partition) { return "FILES_" + std::to_string(partition); }  // ours

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

}  // namespace

Result<std::shared_ptr<MetadataStore>> MetadataStore::Open(const std::string& path, std::shared_ptr<Memory> memory) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(MetadataOptions(*memory), path, &db);
  if (!status.ok()) return RocksError(status, "open metadata " + path);
  return std::shared_ptr<MetadataStore>(new MetadataStore(path, std::move(memory), std::unique_ptr<rocksdb::DB>(db)));
}

MetadataStore::MetadataStore(std::string path, std::shared_ptr<Memory> memory, std::unique_ptr<rocksdb::DB> db)
    : path_(std::move(path)), memory_(std::move(memory)), db_(std::move(db)) {}

MetadataStore::~MetadataStore() = default;

Status MetadataStore::PutCheckpoint(int32_t partition, std::string_view state, const Manifest& manifest) {
  rocksdb::WriteBatch batch;
  batch.Put(StateKey(partition), ToSlice(state));
  batch.Put(ManifestKey(partition), EncodeManifest(manifest));
  const rocksdb::Status status = db_->Write(Synced(), &batch);
  if (!status.ok()) return RocksError(status, "write a checkpoint to " + path_);
  return Ok();
}

Result<std::optional<StoredCheckpoint>> MetadataStore::GetCheckpoint(int32_t partition) const {
  VENICE_ASSIGN(std::optional<std::string> state, Get(StateKey(partition)));
  VENICE_ASSIGN(std::optional<std::string> files, Get(ManifestKey(partition)));
  if (!state || !files) return std::optional<StoredCheckpoint>();
  VENICE_ASSIGN(Manifest manifest, DecodeManifest(*files));
  return std::optional<StoredCheckpoint>(StoredCheckpoint{std::move(*state), std::move(manifest)});
}

Status MetadataStore::DeleteCheckpoint(int32_t partition) {
  rocksdb::WriteBatch batch;
  batch.Delete(StateKey(partition));
  batch.Delete(ManifestKey(partition));
  const rocksdb::Status status = db_->Write(Synced(), &batch);
  if (!status.ok()) return RocksError(status, "remove a checkpoint from " + path_);
  return Ok();
}

Status MetadataStore::PutVersionState(std::string_view bytes) {
  const rocksdb::Status status = db_->Put(Synced(), kVersionStateKey, ToSlice(bytes));
  if (!status.ok()) return RocksError(status, "write the version state to " + path_);
  return Ok();
}

Result<std::optional<std::string>> MetadataStore::GetVersionState() const { return Get(kVersionStateKey); }

Result<std::optional<std::string>> MetadataStore::Get(const std::string& key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return RocksError(status, "read " + key + " from " + path_);
  return std::optional<std::string>(std::move(value));
}

}  // namespace venice::storage
