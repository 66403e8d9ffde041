#include "storage/partition_store.h"

#include <new>

#include "base/file.h"
#include "base/log.h"
#include "storage/partition_impl.h"
#include "storage/rocks.h"

namespace venice::storage {

namespace {
// A batch of writes is committed on the way when it grows beyond this: bounded memory, and no gain above it.
constexpr size_t kPendingBytesMax = 1 << 20;
// Loading stops while this much is free: less than the log keeps, so that a replica fails last, and enough for the
// coordination tree to take the failure's record.
constexpr double kDiskReserveShare = 0.02;
constexpr ByteSize kDiskReserveCap = 256_MiB;
constexpr size_t kDiskCheckBytes = 256 << 10;

using Pinned = rocksdb::PinnableSlice;
}  // namespace

PinnedValue::PinnedValue() {
  static_assert(sizeof(slice_) >= sizeof(Pinned) && alignof(Pinned) <= 8);
  new (slice_) Pinned();
}
PinnedValue::~PinnedValue() { reinterpret_cast<Pinned*>(slice_)->~Pinned(); }
PinnedValue::PinnedValue(PinnedValue&& other) noexcept {
  new (slice_) Pinned(std::move(*reinterpret_cast<Pinned*>(other.slice_)));
}
PinnedValue& PinnedValue::operator=(PinnedValue&& other) noexcept {
  *reinterpret_cast<Pinned*>(slice_) = std::move(*reinterpret_cast<Pinned*>(other.slice_));
  return *this;
}
std::string_view PinnedValue::view() const { return ToView(*reinterpret_cast<const Pinned*>(slice_)); }
void PinnedValue::Release() { reinterpret_cast<Pinned*>(slice_)->Reset(); }

std::string PartitionStore::Impl::Attempt(std::string_view what) const {
  return std::string(what) + " partition " + place_.name;
}

Status PartitionStore::Impl::Require(Phase wanted, std::string_view call) const {
  if (phase() == wanted) return Ok();
  return Error(ErrorCode::kInternal, Attempt(call) + ": not in this phase of loading");
}

Status PartitionStore::Impl::BeginBatch() {
  if (phase() == Phase::kBatch) return Ok();
  VENICE_TRY(Require(Phase::kNew, "begin a batch in"));
  loader_ = std::make_unique<BatchLoader>(BatchFolder(), DataOptions(*place_.memory));
  VENICE_ASSIGN(const bool empty, loader_->Continue({}, {}));
  VENICE_CHECK(empty);
  phase_ = Phase::kBatch;
  return Ok();
}

Status PartitionStore::Impl::PutSorted(std::string_view key, std::string_view value) {
  VENICE_TRY(Require(Phase::kBatch, "write sorted records to"));
  Status status = loader_->Put(key, value);
  if (!status.ok()) return std::move(status).error().In(Attempt("write"));
  batch_records_.fetch_add(1, std::memory_order_relaxed);
  batch_bytes_.fetch_add(key.size() + value.size(), std::memory_order_relaxed);
  return RequireDiskFor(key.size() + value.size());
}

Status PartitionStore::Impl::RequireDiskFor(size_t bytes) {
  unchecked_bytes_ += bytes;
  if (unchecked_bytes_ < kDiskCheckBytes) [[likely]]
    return Ok();
  unchecked_bytes_ = 0;
  Status status = RequireFreeSpace(place_.folder, kDiskReserveShare, kDiskReserveCap);
  if (!status.ok()) return std::move(status).error().In(Attempt("write"));
  return Ok();
}

Status PartitionStore::Impl::EndBatch(std::string_view checkpoint) {
  VENICE_TRY(Require(Phase::kBatch, "end the batch of"));
  VENICE_TRY(loader_->Sync());
  VENICE_TRY(Save(checkpoint, Manifest::Phase::kIngesting));
  VENICE_TRY(FinishIngestion());
  phase_ = Phase::kOpen;
  return Ok();
}

Status PartitionStore::Impl::BeginWrites() {
  if (phase() == Phase::kOpen) return Ok();
  VENICE_TRY(Require(Phase::kNew, "begin writes to"));
  phase_ = Phase::kOpen;
  return Ok();
}

Status PartitionStore::Impl::Put(std::string_view key, std::string_view value) {
  VENICE_TRY(Require(Phase::kOpen, "write to"));
  const rocksdb::Status status = pending_.Put(ToSlice(key), ToSlice(value));
  if (!status.ok()) return RocksError(status, Attempt("write to"));
  VENICE_TRY(RequireDiskFor(key.size() + value.size()));
  return pending_.GetDataSize() < kPendingBytesMax ? Ok() : Commit();
}

Status PartitionStore::Impl::Delete(std::string_view key) {
  VENICE_TRY(Require(Phase::kOpen, "delete from"));
  const rocksdb::Status status = pending_.Delete(ToSlice(key));
  if (!status.ok()) return RocksError(status, Attempt("delete from"));
  return pending_.GetDataSize() < kPendingBytesMax ? Ok() : Commit();
}

Status PartitionStore::Impl::Commit() {
  if (pending_.Count() == 0) return Ok();
  const rocksdb::Status status = db_->Write(unlogged_, &pending_);
  if (!status.ok()) return RocksError(status, Attempt("write to"));
  pending_.Clear();
  return Ok();
}

Status PartitionStore::Impl::Checkpoint(std::string_view checkpoint) {
  if (phase() == Phase::kBatch) {
    VENICE_TRY(loader_->Sync());
    return Save(checkpoint, Manifest::Phase::kBatch);
  }
  VENICE_TRY(Require(Phase::kOpen, "write a checkpoint of"));
  VENICE_TRY(Commit());
  const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return RocksError(status, Attempt("flush"));
  return Save(checkpoint, Manifest::Phase::kOpen);
}

Status PartitionStore::Impl::Save(std::string_view checkpoint, Manifest::Phase manifest_phase) {
  Manifest manifest;
  manifest.phase = manifest_phase;
  if (loader_) {
    manifest.files = loader_->files();
    manifest.last_key = loader_->last_key();
  }
  VENICE_TRY(place_.metadata->PutCheckpoint(place_.partition, checkpoint, manifest));
  if (!checkpoint_ || checkpoint_->data() != checkpoint.data()) checkpoint_ = std::string(checkpoint);
  return Ok();
}

GetOutcome PartitionStore::Impl::Get(std::string_view key, ReadTier tier, Pinned& value) const {
  if (phase() != Phase::kOpen) return GetOutcome::kNotReady;
  value.Reset();
  const rocksdb::ReadOptions& options = tier == ReadTier::kMemory ? read_memory_ : read_blocking_;
  const rocksdb::Status status = db_->Get(options, db_->DefaultColumnFamily(), ToSlice(key), &value);
  if (status.ok()) return GetOutcome::kFound;
  if (status.IsNotFound()) return GetOutcome::kMissing;
  if (status.IsIncomplete()) return GetOutcome::kNotInMemory;
  LogError("storage.get.failed", {{"partition", place_.name}, {"error", status.ToString()}});
  return GetOutcome::kError;
}

Status PartitionStore::Impl::Scan(const std::function<bool(std::string_view, std::string_view)>& visitor) const {
  if (phase() != Phase::kOpen)
    return Error(ErrorCode::kNotReady, Attempt("scan") + ": its batch is still being loaded");
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
  for (it->SeekToFirst(); it->Valid(); it->Next())
    if (!visitor(ToView(it->key()), ToView(it->value()))) break;
  if (!it->status().ok()) return RocksError(it->status(), Attempt("scan"));
  return Ok();
}

PartitionStats PartitionStore::Impl::stats() const {
  PartitionStats stats;
  if (phase() == Phase::kBatch) {
    stats.records_estimate = batch_records_;
    stats.table_bytes = batch_bytes_;
    return stats;
  }
  db_->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &stats.records_estimate);
  db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &stats.table_bytes);
  db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &stats.write_buffer_bytes);
  return stats;
}

PartitionStore::PartitionStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PartitionStore::~PartitionStore() = default;
const std::string& PartitionStore::name() const { return impl_->place().name; }
int32_t PartitionStore::partition() const { return impl_->place().partition; }
Phase PartitionStore::phase() const { return impl_->phase(); }
const std::optional<std::string>& PartitionStore::checkpoint() const { return impl_->checkpoint(); }
Status PartitionStore::BeginBatch() { return impl_->BeginBatch(); }
Status PartitionStore::PutSorted(std::string_view key, std::string_view value) { return impl_->PutSorted(key, value); }
Status PartitionStore::EndBatch(std::string_view checkpoint) { return impl_->EndBatch(checkpoint); }
Status PartitionStore::BeginWrites() { return impl_->BeginWrites(); }
Status PartitionStore::Put(std::string_view key, std::string_view value) { return impl_->Put(key, value); }
Status PartitionStore::Delete(std::string_view key) { return impl_->Delete(key); }
Status PartitionStore::Commit() { return impl_->Commit(); }
Status PartitionStore::Checkpoint(std::string_view checkpoint) { return impl_->Checkpoint(checkpoint); }
GetOutcome PartitionStore::Get(std::string_view key, ReadTier tier, PinnedValue& value) const {
  return impl_->Get(key, tier, *reinterpret_cast<Pinned*>(value.slice_));
}
Status PartitionStore::Scan(const std::function<bool(std::string_view, std::string_view)>& visitor) const {
  return impl_->Scan(visitor);
}
PartitionStats PartitionStore::stats() const { return impl_->stats(); }

}  // namespace venice::storage
