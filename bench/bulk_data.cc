// bulk-data: makes the dataset of bench/bulk_push.py, and times RocksDB's own bulk load of the same pairs.
//
//   bulk-data generate  DIR RECORDS VALUE_BYTES FILES   Avro container files of {key: string, value: string}
//   bulk-data load      DIR RECORDS VALUE_BYTES         sorted table files + ingestion, one thread; prints JSON
//   bulk-data check     ROUTER STORE RECORDS VALUE_BYTES   reads every key in batches and compares the values; prints
//   JSON
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "avro/container.h"
#include "bench/bulk_data.h"
#include "net/http_client.h"
#include "protocol/http_names.h"
#include "protocol/multi_get.h"

namespace venice::bench {
namespace {

constexpr std::string_view kSchema =
    R"({"type":"record","name":"Row","fields":[{"name":"key","type":"string"},{"name":"value","type":"string"}]})";

int Fail(const std::string& what) {
  fmt::print(stderr, "bulk-data: {}\n", what);
  return 1;
}

int Generate(const std::string& folder, uint64_t records, size_t value_bytes, uint64_t files) {
  std::filesystem::create_directories(folder);
  auto schema = avro::Schema::Parse(kSchema);
  if (!schema.ok()) return Fail(schema.error().message());
  for (uint64_t file = 0; file < files; ++file) {
    auto writer = avro::ContainerWriter::Create(fmt::format("{}/part-{:05}.avro", folder, file), *schema);
    if (!writer.ok()) return Fail(writer.error().message());
    for (uint64_t i = file; i < records; i += files) {
      if (auto status = (*writer)->AppendEncoded(AvroString(Key(i)) + AvroString(Value(i, value_bytes)));
          !status.ok()) {
        return Fail(status.error().message());
      }
    }
    if (auto status = (*writer)->Close(); !status.ok()) return Fail(status.error().message());
  }
  return 0;
}

// What a bulk load costs when RocksDB is all there is: pairs sorted beforehand (not timed), then SstFileWriter and one
// IngestExternalFile, block-based tables without compression or filter: the least RocksDB can do.
int Load(const std::string& folder, uint64_t records, size_t value_bytes) {
  std::vector<std::pair<std::string, uint64_t>> keys;
  keys.reserve(records);
  for (uint64_t i = 0; i < records; ++i) keys.emplace_back(AvroString(Key(i)), i);
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> values(records);
  for (uint64_t i = 0; i < records; ++i)
    values[i] = std::string("\0\0\0\1", 4) + AvroString(Value(keys[i].second, value_bytes));

  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 16 << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  std::filesystem::create_directories(folder);
  rocksdb::DB* raw = nullptr;
  if (auto status = rocksdb::DB::Open(options, folder + "/db", &raw); !status.ok()) return Fail(status.ToString());
  const std::unique_ptr<rocksdb::DB> db(raw);

  const auto started = std::chrono::steady_clock::now();
  std::vector<std::string> files;
  std::unique_ptr<rocksdb::SstFileWriter> writer;
  for (uint64_t i = 0; i < records; ++i) {
    if (!writer) {
      files.push_back(fmt::format("{}/{}.sst", folder, files.size()));
      writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options);
      if (auto status = writer->Open(files.back()); !status.ok()) return Fail(status.ToString());
    }
    if (auto status = writer->Put(keys[i].first, values[i]); !status.ok()) return Fail(status.ToString());
    if (writer->FileSize() > (64u << 20) || i + 1 == records) {
      if (auto status = writer->Finish(); !status.ok()) return Fail(status.ToString());
      writer.reset();
    }
  }
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  if (auto status = db->IngestExternalFile(files, ingest); !status.ok()) return Fail(status.ToString());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{{\"records\": {}, \"seconds\": {:.3f}, \"records_per_second\": {:.0f}}}\n", records, seconds,
             static_cast<double>(records) / seconds);
  return 0;
}

constexpr uint64_t kBatchKeys = 400;  // the router's default limit is 500

// Number of keys of [first, last) that are missing or differ; an error ends the program.
uint64_t WrongInBatch(net::BlockingHttpClient& http, const net::Url& router, const std::string& store, uint64_t first,
                      uint64_t last, size_t value_bytes) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = "/storage/" + store;
  request.headers.Add(std::string(protocol::http_header::kApiVersion), "1");
  for (uint64_t i = first; i < last; ++i) protocol::AppendClientKey(AvroString(Key(i)), request.body);
  const auto response = http.Send(router.endpoint, std::move(request), std::chrono::seconds(60));
  if (!response.ok() || response->status != 200) {
    std::exit(Fail(response.ok() ? fmt::format("HTTP {}: {}", response->status, response->body)
                                 : response.error().message()));
  }
  uint64_t right = 0;
  std::string_view body = response->body;
  while (!body.empty()) {
    const auto record = protocol::NextResponseRecord(body);
    if (!record.ok()) std::exit(Fail(record.error().message()));
    right += record->value == AvroString(Value(first + static_cast<uint64_t>(record->key_index), value_bytes));
  }
  return last - first - right;
}

int Check(const std::string& url, const std::string& store, uint64_t records, size_t value_bytes) {
  const auto router = net::ParseUrl(url);
  if (!router.ok()) return Fail(router.error().message());
  constexpr int kThreads = 2;
  std::atomic<uint64_t> next = 0, wrong = 0;
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      net::BlockingHttpClient http;
      for (uint64_t first = next.fetch_add(kBatchKeys); first < records; first = next.fetch_add(kBatchKeys)) {
        wrong += WrongInBatch(http, *router, store, first, std::min(records, first + kBatchKeys), value_bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{{\"records\": {}, \"wrong\": {}, \"seconds\": {:.3f}, \"keys_per_second\": {:.0f}}}\n", records,
             wrong.load(), seconds, static_cast<double>(records) / seconds);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace venice::bench

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
  if (mode == "generate" && argc == 6) return venice::bench::Generate(argv[2], number(3), number(4), number(5));
  if (mode == "load" && argc == 5) return venice::bench::Load(argv[2], number(3), number(4));
  if (mode == "check" && argc == 6) return venice::bench::Check(argv[2], argv[3], number(4), number(5));
  fmt::print(stderr,
             "usage: bulk-data generate DIR RECORDS VALUE_BYTES FILES\n"
             "       bulk-data load DIR RECORDS VALUE_BYTES\n"
             "       bulk-data check ROUTER STORE RECORDS VALUE_BYTES\n");
  return 2;
}
