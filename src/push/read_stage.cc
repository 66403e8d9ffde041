#include "push/read_stage.h"

#include "avro/json.h"
#include "base/byte_size.h"
#include "protocol/partitioner.h"
#include "push/worker_group.h"

namespace venice::push {
namespace {

constexpr auto kTickInterval = std::chrono::milliseconds(200);

// One worker's end of the pipeline. Counts for itself and publishes once a chunk.
class ShardSink : public RecordSink {
 public:
  ShardSink(const ReadOptions& options, ExternalSorter& sorter, int shard,
            std::unique_ptr<protocol::Compressor> compressor)
      : digests(static_cast<size_t>(options.partitions)),
        options_(options),
        sorter_(sorter),
        shard_(shard),
        compressor_(options.compression == protocol::CompressionStrategy::kNoOp ? nullptr : std::move(compressor)) {}

  std::vector<protocol::PartitionDigest> digests;

  Status OnRecord(std::string_view key, std::string_view value) override {
    std::string_view stored = value;
    if (compressor_ != nullptr) {
      VENICE_TRY(compressor_->Compress(value, compressed_));
      stored = compressed_;
    }
    if (key.size() + stored.size() > options_.record_bytes_max) [[unlikely]]
      return TooLarge(key, value, stored);
    const int32_t partition = protocol::Partition(key, options_.partitions);
    digests[static_cast<size_t>(partition)].Add(key, options_.value_schema_id, stored);
    ++records_;
    key_bytes_ += key.size();
    value_bytes_ += value.size();
    stored_bytes_ += stored.size();
    largest_ = std::max<uint64_t>(largest_, value.size());
    return sorter_.Add(shard_, partition, key, stored);
  }

  Status OnNullValue(std::string_view) override {
    ++null_values_;
    return Ok();
  }

  void Publish(ReadCounters& counters) {
    counters.records += std::exchange(records_, 0);
    counters.key_bytes += std::exchange(key_bytes_, 0);
    counters.value_bytes += std::exchange(value_bytes_, 0);
    counters.stored_bytes += std::exchange(stored_bytes_, 0);
    counters.null_values += std::exchange(null_values_, 0);
    counters.too_large += std::exchange(too_large_, 0);
    uint64_t before = counters.largest_value;
    while (before < largest_ && !counters.largest_value.compare_exchange_weak(before, largest_)) {
    }
  }

 private:
  Error TooLarge(std::string_view key, std::string_view value, std::string_view stored) {
    ++too_large_;
    auto text = avro::BinaryToJson(options_.key_schema, key.substr(0, 4096));
    return Error(
        ErrorCode::kTooLarge,
        fmt::format("the record of key {} is too large: {} of key and {}{} of value, at most {} together; make it "
                    "smaller, or let the store compress (update-store --compression-strategy ZSTD_WITH_DICT)",
                    text.ok() ? *text : "(long)", ByteSize(key.size()).ToString(), ByteSize(stored.size()).ToString(),
                    compressor_ == nullptr ? "" : fmt::format(" ({} uncompressed)", ByteSize(value.size()).ToString()),
                    ByteSize(options_.record_bytes_max).ToString()));
  }

  const ReadOptions& options_;
  ExternalSorter& sorter_;
  const int shard_;
  const std::unique_ptr<protocol::Compressor> compressor_;
  std::string compressed_;
  uint64_t records_ = 0;
  uint64_t key_bytes_ = 0;
  uint64_t value_bytes_ = 0;
  uint64_t stored_bytes_ = 0;
  uint64_t null_values_ = 0;
  uint64_t too_large_ = 0;
  uint64_t largest_ = 0;
};

}  // namespace

Status ReadAll(Input& input, ExternalSorter& sorter, const ReadOptions& options, ReadCounters& counters,
               const std::function<Status()>& tick, std::vector<protocol::PartitionDigest>& digests) {
  std::vector<std::unique_ptr<ShardSink>> sinks;
  for (int shard = 0; shard < options.threads; ++shard) {
    VENICE_ASSIGN(auto compressor, protocol::Compressor::Make(options.compression, options.dictionary));
    sinks.push_back(std::make_unique<ShardSink>(options, sorter, shard, std::move(compressor)));
  }
  std::atomic<bool> failed{false};
  const auto work = [&](int shard) -> Status {
    ShardSink& sink = *sinks[static_cast<size_t>(shard)];
    const auto reader = input.NewReader();
    Chunk chunk;
    while (!failed.load(std::memory_order_relaxed)) {
      auto more = input.Next(chunk);
      Status read = more.ok() ? Ok() : Status(more.error());
      if (more.ok() && !*more) break;
      if (read.ok()) read = reader->Read(chunk, sink);
      counters.input_bytes += chunk.data.size();
      sink.Publish(counters);
      if (!read.ok()) {
        failed.store(true, std::memory_order_relaxed);
        return read;
      }
    }
    sorter.FinishShard(shard);
    return Ok();
  };
  {
    WorkerGroup workers(options.threads, work);
    VENICE_TRY(workers.Wait(kTickInterval, [&]() -> Status {
      Status status = tick();
      if (!status.ok()) failed.store(true, std::memory_order_relaxed);
      return status;
    }));
  }
  digests.assign(static_cast<size_t>(options.partitions), {});
  for (const auto& sink : sinks) {
    for (size_t i = 0; i < digests.size(); ++i) digests[i].Merge(sink->digests[i]);
  }
  return Ok();
}

}  // namespace venice::push
