// The replicas on this host: opens, fills, publishes and drops them as Helix says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "helix/participant.h"
#include "ingestion/ingestion_service.h"
#include "metadata/store_repository.h"
#include "server/replica_table.h"
#include "server/status_writer.h"
#include "storage/storage_engine.h"

namespace venice::server {

struct ReplicaManagerOptions {
  std::string instance;
  ByteSize checkpoint_bytes = 64_MiB;
  ingestion::Replays replays = ingestion::Replays::kFail;
  std::chrono::milliseconds graceful_drop_delay{30'000};
};

// What an operator sees of one replica.
struct ReplicaView {
  ingestion::ReplicaReport report;
  std::string helix_state;
  bool ready = false;
};

// Thread-safe. Owns one thread, which publishes and tells what ingestion reports.
class ReplicaManager : public helix::TransitionHandler {
 public:
  ReplicaManager(ReplicaManagerOptions options, storage::StorageEngine& engine, ingestion::IngestionService& ingestion,
                 metadata::StoreRepository& stores, PublishedTable& table, StatusWriter& statuses);
  ~ReplicaManager() override;  // as Stop()

  // Removes local data of versions that the stores' records do not know. Before the first transition.
  Status DropUnknownVersions();
  // Opens and publishes every replica on disk whose push was completed and verified: a restarted host answers at once,
  // also while no controller is there to tell it what it holds. Before the first transition.
  Status OpenCompleted();
  // Lets everything go, keeping data and progress. After the participant has stopped. Idempotent.
  void Stop();

  Status OnTransition(const helix::Transition& transition) override;
  void OnReset(const std::string& resource, const std::string& partition) override;

  std::vector<ReplicaView> Replicas() const;
  // nullptr when it is not here or not complete.
  std::shared_ptr<storage::PartitionStore> ReadyStore(const std::string& topic, int32_t partition) const;
  // nullptr when no partition of it is open here.
  std::shared_ptr<storage::VersionStore> OpenVersion(const std::string& topic) const;

 private:
  using Key = std::pair<std::string, int32_t>;  // topic, partition

  struct Replica {
    std::shared_ptr<storage::VersionStore> version;
    std::shared_ptr<storage::PartitionStore> store;
    int32_t compression = 0;
    uint64_t generation = 0;  // of its ingestion: reports of an earlier one are stale
    bool ready = false;
    bool progress_told = false;
    std::string helix_state = "OFFLINE";
    std::chrono::steady_clock::time_point offline_since{};
    ingestion::ReplicaReport report;
  };

  Status ToStandby(const helix::Transition& transition, const Key& key);
  Status ToOffline(const Key& key);
  Status ToDropped(const helix::Transition& transition, const Key& key);

  // True when the replica is complete, and now in replicas_.
  Result<bool> AdoptIfComplete(const Key& key, int32_t compression,
                               const std::shared_ptr<storage::VersionStore>& version);
  // Opens the partition's data, again from nothing when it is damaged.
  Status Open(const Key& key, int32_t compression);
  Status StartIngestion(const Key& key, int32_t compression);
  Status WaitUntilReady(const Key& key, std::chrono::milliseconds limit, const std::stop_token& cancelled);
  // Ends ingestion; an unfinished replica is closed too, so that it is reopened at its checkpoint.
  void Pause(const Key& key);
  bool IsReady(const Key& key) const;
  bool IsCurrentVersion(const std::string& topic) const;
  void DeleteData(const Key& key);
  void DropVersionIfEmpty(const std::string& topic);

  void OnReport(uint64_t generation, const ingestion::ReplicaReport& report);  // ingestion thread
  void HandleReport(uint64_t generation, const ingestion::ReplicaReport& report);
  void Publish();

  const ReplicaManagerOptions options_;
  storage::StorageEngine& engine_;
  ingestion::IngestionService& ingestion_;
  metadata::StoreRepository& stores_;
  PublishedTable& table_;
  StatusWriter& statuses_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Replica> replicas_;
  std::atomic<uint64_t> generations_{0};
  std::shared_mutex versions_mutex_;  // exclusive: a version's folder is being dropped
  ThreadPool control_;
};

}  // namespace venice::server
