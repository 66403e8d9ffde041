// A read-only view of all stores of one cluster that follows ZooKeeper by watches.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "metadata/schema_entry.h"
#include "metadata/store.h"
#include "zk/client.h"

namespace venice::metadata {

// Immutable: both parts of one store, as read.
struct StoreEntry {
  std::shared_ptr<const Store> store;
  std::shared_ptr<const StoreSchemas> schemas;
};
using StoreMap = std::map<std::string, StoreEntry, std::less<>>;

struct StoreChange {
  enum class Kind { kAdded, kChanged, kDeleted };
  Kind kind;
  std::string name;
  StoreEntry entry;  // the last known content when deleted
};
using StoreListener = std::function<void(const StoreChange&)>;

// Thread-safe. Owns one thread that re-reads what a watch or a new session marks as stale; while ZooKeeper is away the
// last known content stays. The whole cluster's store records are in memory.
class StoreRepository {
 public:
  // The client must outlive the repository.
  StoreRepository(zk::Client& zk, std::string cluster);
  ~StoreRepository();  // as Stop()
  StoreRepository(const StoreRepository&) = delete;
  StoreRepository& operator=(const StoreRepository&) = delete;

  // Loads everything, then follows. Blocks. A cluster without any store yet is fine. Errors: those of zk::Client.
  Status Start();
  void Stop();

  // Called on the repository's thread, in order of changes, after Snapshot() shows them. A listener first gets kAdded
  // for every store known when it is registered (on the calling thread). Listeners must not block for long and stay
  // until Stop(). After Stop() has returned none is running.
  void AddListener(StoreListener listener);

  // The stores as of now: one pointer copy under a short lock.
  std::shared_ptr<const StoreMap> Snapshot() const;
  // nullptr when there is no such store.
  std::shared_ptr<const Store> Get(std::string_view name) const;
  std::shared_ptr<const StoreSchemas> Schemas(std::string_view name) const;

  // Reads one store from ZooKeeper now, past the cache, updates the cache and returns it. For readers that must see a
  // write known to have happened, such as a state transition of a version just created. Blocks.
  // Errors: kStoreNotFound, and those of zk::Client.
  Result<StoreEntry> Refresh(const std::string& name);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace venice::metadata
