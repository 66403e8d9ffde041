// ingestion-rate: what filling one partition costs per record, beside RocksDB's own table writer on the same pairs.
//
//   ingestion-rate [RECORDS] [VALUE_BYTES]   one thread, records in memory, sorted; prints JSON
//
// The difference is what Venice adds: envelope, data integrity, content digest, checkpoints. The log is not in it.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <span>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "base/file.h"
#include "base/log.h"
#include "bench/bulk_data.h"
#include "ingestion/partition_ingestion.h"
#include "ingestion/scripted_log.h"

namespace venice::bench {
namespace {

using ingestion::ScriptedLog;
using ingestion::ScriptedPush;
using ingestion::ScriptedRecord;

const pubsub::TopicPartition kPartition{"bench_v1", 0};

std::string SortedKey(uint64_t i) {
  std::string key;
  AppendBigEndian(key, i * 0x1000);
  AppendBigEndian(key, i * 0x9e3779b97f4a7c15u);
  return key;
}

class Records : public pubsub::Batch {
 public:
  explicit Records(std::span<const ScriptedRecord> records, int64_t first) {
    for (const ScriptedRecord& record : records) views_.push_back({0, first++, 0, record.key, record.value, &record});
  }
  std::span<const pubsub::RecordView> records() const override { return views_; }
  const pubsub::TopicPartition& topic_partition(const pubsub::RecordView&) const override { return kPartition; }
  std::vector<pubsub::Header> Headers(const pubsub::RecordView& record) const override {
    return static_cast<const ScriptedRecord*>(record.native)->headers;
  }

 private:
  std::vector<pubsub::RecordView> views_;
};

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Must(bool ok, std::string_view what) {
  if (ok) return;
  fmt::print(stderr, "ingestion-rate: {}\n", what);
  std::exit(1);
}

double Ingest(const std::string& folder, ScriptedLog& log) {
  auto engine = storage::StorageEngine::Open(folder, std::make_shared<storage::Memory>());
  Must(engine.ok(), "open");
  ingestion::ReplicaOptions options;
  options.topic = kPartition.topic;
  options.version = (*engine)->OpenVersion(kPartition.topic).value();
  options.store = options.version->OpenPartition(0).value();
  ingestion::PartitionIngestion replica(std::move(options));
  auto consumer = log.NewConsumer({}).value();
  Must(replica.Start().ok(), "start");
  const std::vector<ScriptedRecord>& records = log.records(kPartition);
  std::vector<std::unique_ptr<Records>> batches;
  for (size_t at = 0; at < records.size(); at += 5000)
    batches.push_back(std::make_unique<Records>(
        std::span(records).subspan(at, std::min<size_t>(5000, records.size() - at)), static_cast<int64_t>(at)));
  const double seconds = Seconds([&] {
    for (const auto& batch : batches) {
      const pubsub::RecordView* last = nullptr;
      for (const pubsub::RecordView& record : batch->records()) {
        if (replica.finished()) break;
        const Status status = replica.Apply(*consumer, *batch, record);
        Must(status.ok(), status.ok() ? "" : status.error().message());
        last = &record;
      }
      if (last != nullptr) Must(replica.EndOfBatch(*consumer, *last).ok(), "end of batch");
    }
  });
  Must(replica.Report().state == ingestion::ReplicaState::kCompleted, "not completed");
  return seconds;
}

// With the table options that the server uses.
double Raw(const std::string& folder, uint64_t count, const std::string& value) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 4 << 10;
  table.format_version = 5;
  table.block_restart_interval = 1;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* raw = nullptr;
  Must(rocksdb::DB::Open(options, folder, &raw).ok(), "open");
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < count; ++i) keys.push_back(SortedKey(i));
  return Seconds([&] {
    std::vector<std::string> files;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
    for (uint64_t i = 0; i < count; ++i) {
      if (!writer) {
        files.push_back(fmt::format("{}/in{}.sst", folder, files.size()));
        writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options);
        Must(writer->Open(files.back()).ok(), "open");
      }
      Must(writer->Put(keys[i], value).ok(), "put");
      if (i % 1024 == 0 && writer->FileSize() < (64u << 20) && i + 1 != count) continue;
      if (i % 1024 != 0 && i + 1 != count) continue;
      Must(writer->Finish().ok(), "finish");
      writer.reset();
    }
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    Must(db->IngestExternalFile(files, ingest).ok(), "ingest");
  });
}

int Run(uint64_t count, size_t value_bytes) {
  SetLogLevel(LogLevel::kWarning);
  const std::string value(value_bytes, 'v');
  ScriptedLog log;
  ScriptedPush push(log, kPartition);
  push.StartSegment();
  push.StartOfPush(true);
  for (uint64_t i = 0; i < count; ++i) push.Put(SortedKey(i), 1, value);
  push.EndOfPush();
  for (int round = 0; round < 3; ++round) {
    TemporaryDirectory folder;
    const double raw = Raw(folder / "raw", count, std::string("\0\0\0\1", 4) + value);
    const double ours = Ingest(folder / "data", log);
    fmt::print(
        "{{\"records\": {}, \"value_bytes\": {}, \"rocksdb_records_per_second\": {:.0f}, "
        "\"ingestion_records_per_second\": {:.0f}, \"ratio\": {:.2f}}}\n",
        count, value_bytes, static_cast<double>(count) / raw, static_cast<double>(count) / ours, raw / ours);
  }
  return 0;
}

}  // namespace
}  // namespace venice::bench

int main(int argc, char** argv) {
  return venice::bench::Run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000,
                            argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200);
}
