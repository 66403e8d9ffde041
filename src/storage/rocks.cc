#include "storage/rocks.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace venice::storage {

namespace {

rocksdb::Options CommonOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;  // values are compressed by Venice or not at all
  options.max_open_files = -1;                    // a renamed or unlinked file stays readable, and no get opens a file
  options.keep_log_file_num = 3;
  options.max_log_file_size = 10 << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.stats_dump_period_sec = 0;  // each non-zero period keeps a timer thread awake per process
  options.stats_persist_period_sec = 0;
  options.max_background_jobs = 4;
  options.bytes_per_sync = 1 << 20;
  options.skip_checking_sst_file_sizes_on_db_open = true;  // one stat() per file; the manifest is checksummed
  options.skip_stats_update_on_db_open = true;
  return options;
}

}  // namespace

Memory::Memory(const MemoryOptions& options) : impl_(std::make_unique<Impl>()) {
  // The LRU cache: the clock cache of this release is marked experimental. Shards: 2^6, so that loops rarely meet.
  impl_->cache = rocksdb::NewLRUCache(options.block_cache_bytes.bytes(), 6, false, 0.2);
  // Memtables are charged to a bound of their own: a push must not evict what readers use.
  impl_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes.bytes());
}

Memory::~Memory() = default;

ByteSize Memory::cache_used() const { return ByteSize(impl_->cache->GetUsage()); }
ByteSize Memory::cache_capacity() const { return ByteSize(impl_->cache->GetCapacity()); }
ByteSize Memory::write_buffers_used() const { return ByteSize(impl_->write_buffers->memory_usage()); }

rocksdb::Options DataOptions(const Memory& memory) {
  rocksdb::Options options = CommonOptions();
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.impl().cache;
  table.block_size = 4 << 10;  // a get scans one block; larger ones save index memory and cost time
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;  // Debian's RocksDB is built without SSE 4.2, where CRC32C is slow
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.data_block_hash_table_util_ratio = 0.75;
  // Whole keys at every entry: keys of one block share little, and a get then decodes one entry only.
  table.block_restart_interval = 1;
  table.index_block_restart_interval = 1;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  // Indexes and filters count as cache, so that the bound on memory holds; they stay there while their file is open.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  options.write_buffer_manager = memory.impl().write_buffers;
  options.write_buffer_size = 32 << 20;
  options.max_write_buffer_number = 2;
  options.level0_file_num_compaction_trigger = 10;
  options.level0_slowdown_writes_trigger = 40;
  options.level0_stop_writes_trigger = 60;
  options.target_file_size_base = 64 << 20;
  options.max_bytes_for_level_base = 512 << 20;
  return options;
}

rocksdb::Options MetadataOptions(const Memory& memory) {
  rocksdb::Options options = CommonOptions();
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.impl().cache;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_manager = memory.impl().write_buffers;
  options.write_buffer_size = 1 << 20;
  options.max_total_wal_size = 4 << 20;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

Error RocksError(const rocksdb::Status& status, std::string_view attempt) {
  const std::string text = std::string(attempt) + ": " + status.ToString();
  if (status.IsNoSpace())
    return Error(ErrorCode::kDiskFull, text + "; free space on this disk, then start the push again");
  if (status.IsCorruption()) return Error(ErrorCode::kCorruption, text);
  if (status.IsIOError()) {
    if (text.find("lock") != std::string::npos || text.find("LOCK") != std::string::npos)
      return Error(ErrorCode::kAlreadyExists, text + "; another process uses this data folder: stop it first");
    if (text.find("File too large") != std::string::npos)  // EFBIG: a file size limit is a full disk to us
      return Error(ErrorCode::kDiskFull, text + "; raise the file size limit (ulimit -f)");
    return Error(ErrorCode::kIo, text);
  }
  return Error(ErrorCode::kInternal, text);
}

}  // namespace venice::storage
