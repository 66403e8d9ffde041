// The durable log: topics of partitions of record batches, on files. No threads and no sockets of its own, time by an
// injected Clock: the Kafka front drives it in production, a simulation may drive it directly.
//
//   <data_dir>/topics/<topic>/topic.properties     id, partition count, settings; replaced atomically
//   <data_dir>/topics/<topic>/<partition>/<base offset>.log, .index
//   <data_dir>/deleted/...                         renamed there at once, removed by RunMaintenance()
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/clock.h"
#include "base/result.h"
#include "embedded/log_partition.h"
#include "embedded/log_topic_config.h"

namespace venice::embedded {

struct LogEngineOptions {
  std::string data_dir;
  std::map<std::string, std::string> topic_defaults;
  bool hold_back_unsynced = false;  // readers see a record only after Sync()
  ByteSize compaction_memory_max{64u << 20};
  int partitions_max = 100'000;
  // Appends are refused when less than this share of the disk, at most the cap, is free.
  double disk_reserve_share = 0.05;
  ByteSize disk_reserve_cap{1u << 30};
};

using TopicId = std::array<uint8_t, 16>;

// Immutable; a snapshot of one topic.
struct LogTopic {
  std::string name;
  TopicId id{};
  std::map<std::string, std::string> settings;   // as set by users, without defaults
  std::shared_ptr<const LogTopicConfig> config;  // settings over defaults, typed
  std::vector<std::shared_ptr<PartitionLog>> partitions;
};

// Thread-safe.
class LogEngine {
 public:
  LogEngine(LogEngineOptions options, const Clock& clock);
  ~LogEngine();  // without a checkpoint, as a crash would

  // Locks the folder and recovers every partition. Errors: kAlreadyExists (another process has it), kIo, kCorruption.
  Status Open();
  // Writes checkpoints, so that the next Open() need not scan.
  void Close();

  // Errors: kAlreadyExists, kInvalidArgument (name, count, a setting), kResourceExhausted, kDiskFull, kIo.
  // `check_only`: answers as if, and creates nothing.
  Result<std::shared_ptr<const LogTopic>> CreateTopic(const std::string& name, int32_t partitions,
                                                      const std::map<std::string, std::string>& settings,
                                                      bool check_only = false);
  Status DeleteTopic(const std::string& name);                                            // kNotFound
  Status AddPartitions(const std::string& name, int32_t total, bool check_only = false);  // kNotFound, kInvalidArgument
  // Replaces all settings of the topic. Takes effect at the next RunMaintenance(), or record.
  Status SetSettings(const std::string& name, const std::map<std::string, std::string>& settings,
                     bool check_only = false);

  std::shared_ptr<const LogTopic> Find(std::string_view name) const;  // nullptr when there is none
  std::shared_ptr<const LogTopic> FindById(const TopicId& id) const;
  std::vector<std::shared_ptr<const LogTopic>> Topics() const;  // by name
  std::shared_ptr<PartitionLog> Partition(std::string_view topic, int32_t partition) const;

  // Errors: kDiskFull when records should no longer be appended.
  Status RequireFreeSpace() const;

  // Never given twice, also after a crash.
  Result<int64_t> NewProducerId();

  // Rolls, expires, compacts, removes deleted topics, writes recovery points. May take long; one caller at a time.
  void RunMaintenance();
  // Ends a RunMaintenance() early: it returns after the batch at hand.
  void RequestStop() { stop_requested_ = true; }

  // A random id of this data folder, kept.
  const std::string& cluster_id() const { return cluster_id_; }

 private:
  Status LoadTopics();
  Status LoadTopic(const std::string& name);
  Status WriteTopicFile(const LogTopic& topic) const;
  std::string TopicFolder(std::string_view name) const;
  Result<std::shared_ptr<PartitionLog>> OpenPartition(const LogTopic& topic, int32_t partition) const;
  void RemoveDeleted();

  const LogEngineOptions options_;
  const Clock& clock_;
  LogTopicConfig defaults_;
  std::string cluster_id_;
  int lock_fd_ = -1;
  std::atomic<bool> stop_requested_{false};

  std::mutex change_mutex_;                 // held by whoever changes topics, also across I/O
  mutable std::shared_mutex topics_mutex_;  // for the map alone
  std::map<std::string, std::shared_ptr<const LogTopic>, std::less<>> topics_;
  int64_t partition_count_ = 0;  // under change_mutex_

  std::mutex producer_id_mutex_;
  int64_t producer_id_next_ = 0;
  int64_t producer_id_end_ = 0;
};

}  // namespace venice::embedded
