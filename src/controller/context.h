// What the parts of one cluster's control plane share.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "controller/settings.h"
#include "controller/topics.h"
#include "helix/admin.h"
#include "helix/spectator.h"
#include "metadata/push_status.h"
#include "metadata/store_writer.h"
#include "zk/client.h"

namespace venice::controller {

// Changes of one store come one after the other, as in Venice. These locks are held over calls to ZooKeeper and the log
// on purpose: they order administration of one store, which is rare, and no hot path takes them. Thread-safe.
class StoreLocks {
 public:
  class Guard {
   public:
    explicit Guard(std::shared_ptr<std::mutex> mutex) : mutex_(std::move(mutex)), lock_(*mutex_) {}

   private:
    std::shared_ptr<std::mutex> mutex_;
    std::unique_lock<std::mutex> lock_;
  };

  Guard Lock(const std::string& store) {
    std::shared_ptr<std::mutex> of_store;
    {
      std::lock_guard lock(mutex_);
      // Names come from outside, also of stores that do not exist: what nobody holds is forgotten now and then.
      if (locks_.size() >= kLocksMax)
        std::erase_if(locks_, [](const auto& entry) { return entry.second.use_count() == 1; });
      std::shared_ptr<std::mutex>& entry = locks_[store];
      if (!entry) entry = std::make_shared<std::mutex>();
      of_store = entry;
    }
    return Guard(std::move(of_store));
  }

 private:
  static constexpr size_t kLocksMax = 4096;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::mutex>> locks_;
};

// Only the characters of a store name: a name from outside becomes part of paths.
inline bool HasStoreNameForm(std::string_view name) {
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Every member is thread-safe.
struct ClusterContext {
  ClusterContext(std::string cluster_name, const ControllerSettings& controller_settings, zk::Client& client,
                 Topics& version_topics)
      : name(std::move(cluster_name)),
        settings(controller_settings),
        clock(*controller_settings.clock),
        zk(client),
        stores(client, name),
        pushes(client, name),
        helix(client, *controller_settings.clock),
        spectator(client, SpectatorOptionsFor(name, controller_settings)),
        topics(version_topics) {}

  static helix::SpectatorOptions SpectatorOptionsFor(const std::string& cluster, const ControllerSettings& settings) {
    helix::SpectatorOptions options;
    options.cluster = cluster;
    options.clock = settings.clock;
    return options;
  }

  // The store, or kStoreNotFound with a message that helps.
  Result<metadata::Store> Store(const std::string& store) {
    std::optional<metadata::Store> record;
    if (HasStoreNameForm(store)) {
      VENICE_ASSIGN(record, stores.Read(store));
    }
    if (!record) return Error(ErrorCode::kStoreNotFound, "Store: " + store + " does not exist in cluster " + name);
    return *std::move(record);
  }

  const std::string name;
  const ControllerSettings& settings;
  const Clock& clock;
  zk::Client& zk;
  metadata::StoreWriter stores;
  metadata::PushStatusStore pushes;
  helix::Admin helix;
  helix::Spectator spectator;
  Topics& topics;
  StoreLocks locks;
};

}  // namespace venice::controller
