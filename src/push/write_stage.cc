#include "push/write_stage.h"

#include "avro/json.h"
#include "push/worker_group.h"

namespace venice::push {
namespace {

constexpr auto kTickInterval = std::chrono::milliseconds(200);
constexpr uint64_t kPublishEvery = 1024;  // records between two looks at shared counters and the stop flag

class PartitionTask {
 public:
  PartitionTask(int32_t partition, const WriteOptions& options, writer::VersionTopicWriter& writer,
                WriteCounters& counters, const std::atomic<bool>& stop)
      : partition_(partition), options_(options), writer_(writer), counters_(counters), stop_(stop) {}

  protocol::PartitionDigest written;
  protocol::PartitionDigest left_out;

  Status Run(MergeCursor& cursor) {
    const bool stable = cursor.stable();
    RecordView record;
    RecordView last;
    bool any = false;
    while (cursor.Next(record)) {
      if (any && record.key == last.key) {
        VENICE_TRY(Duplicate(record, last));
        continue;
      }
      if (Status put = writer_.Put(partition_, record.key, options_.value_schema_id, record.value); !put.ok()) {
        return std::move(put).error().In(fmt::format("write partition {} of {}", partition_, writer_.topic()));
      }
      written.Add(record.key, options_.value_schema_id, record.value);
      bytes_ += record.key.size() + record.value.size();
      last = stable ? record : Copy(record);
      any = true;
      if (++records_ == kPublishEvery) {
        Publish();
        if (stop_.load(std::memory_order_relaxed)) return Error(ErrorCode::kCancelled, "stopped");
      }
    }
    Publish();
    return cursor.status();
  }

 private:
  // The bytes of a merge's record live until the next one; comparing needs them longer.
  RecordView Copy(const RecordView& record) {
    last_key_.assign(record.key);
    last_value_.assign(record.value);
    return {last_key_, last_value_};
  }

  Status Duplicate(const RecordView& record, const RecordView& last) {
    left_out.Add(record.key, options_.value_schema_id, record.value);
    if (record.value == last.value) {
      ++counters_.duplicates_identical;
      return Ok();
    }
    if (options_.allow_duplicate_keys) {
      ++counters_.duplicates_dropped;  // values are in byte order: the smallest was written
      return Ok();
    }
    auto key = avro::BinaryToJson(options_.key_schema, record.key);
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("key {} is in the input more than once with different values; remove the duplicates, or set "
                    "allow.duplicate.key=true (--allow-duplicate-key) to keep one of them",
                    key.ok() ? *key : "(unprintable)"));
  }

  void Publish() {
    counters_.records += std::exchange(records_, 0);
    counters_.bytes += std::exchange(bytes_, 0);
  }

  const int32_t partition_;
  const WriteOptions& options_;
  writer::VersionTopicWriter& writer_;
  WriteCounters& counters_;
  const std::atomic<bool>& stop_;
  std::string last_key_;
  std::string last_value_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

Status WriteAll(const ExternalSorter& sorter, writer::VersionTopicWriter& writer, const WriteOptions& options,
                const std::vector<protocol::PartitionDigest>& read_digests, WriteCounters& counters,
                const std::function<Status()>& tick, std::vector<protocol::PartitionDigest>& digests) {
  digests.assign(static_cast<size_t>(options.partitions), {});
  std::atomic<int32_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&](int) -> Status {
    for (int32_t partition = next++; partition < options.partitions; partition = next++) {
      PartitionTask task(partition, options, writer, counters, stop);
      const auto cursor = sorter.Merge(partition);
      if (Status status = task.Run(*cursor); !status.ok()) {
        stop.store(true, std::memory_order_relaxed);
        return status;
      }
      const auto index = static_cast<size_t>(partition);
      digests[index] = task.written;
      protocol::PartitionDigest all = task.written;
      all.Merge(task.left_out);
      if (!(all == read_digests[index])) {
        stop.store(true, std::memory_order_relaxed);
        return Error(ErrorCode::kCorruption,
                     fmt::format("partition {}: {} records were read but others came out of sorting; memory or the "
                                 "temporary disk is faulty",
                                 partition, read_digests[index].count()));
      }
    }
    return Ok();
  };
  WorkerGroup workers(options.threads, work);
  return workers.Wait(kTickInterval, [&]() -> Status {
    Status status = tick();
    if (!status.ok()) stop.store(true, std::memory_order_relaxed);
    return status;
  });
}

}  // namespace venice::push
