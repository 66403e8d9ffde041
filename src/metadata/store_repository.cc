#include "metadata/store_repository.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/log.h"
#include "metadata/paths.h"
#include "metadata/store_writer.h"

namespace venice::metadata {

namespace {
constexpr std::chrono::milliseconds kRetryInterval{500};
}

// Shared with the watch callbacks, which may outlive the repository and then find it stopped.
class StoreRepository::Impl : public std::enable_shared_from_this<StoreRepository::Impl> {
 public:
  Impl(zk::Client& zk, std::string cluster)
      : zk_(zk), cluster_(std::move(cluster)), snapshot_(std::make_shared<const StoreMap>()) {}

  Status Start() {
    zk_.AddSessionListener([weak = weak_from_this()](zk::SessionEvent event) {
      // Watches set while the connection came back may be lost with an expired session: read everything again.
      if (const auto self = weak.lock(); self && event == zk::SessionEvent::kConnected) self->MarkAll();
    });
    {
      std::lock_guard reading(read_mutex_);
      VENICE_TRY(LoadAll());
    }
    std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    return Ok();
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  void AddListener(StoreListener listener) {
    std::lock_guard reading(read_mutex_);  // no change is published in between
    const std::shared_ptr<const StoreMap> snapshot = Snapshot();
    for (const auto& [name, entry] : *snapshot) listener({StoreChange::Kind::kAdded, name, entry});
    listeners_.push_back(std::move(listener));
  }

  std::shared_ptr<const StoreMap> Snapshot() const {
    std::lock_guard lock(mutex_);
    return snapshot_;
  }

  Result<StoreEntry> Refresh(const std::string& name) {
    std::lock_guard reading(read_mutex_);
    VENICE_TRY(LoadStore(name));
    const auto snapshot = Snapshot();
    const auto it = snapshot->find(name);
    if (it == snapshot->end())
      return Error(ErrorCode::kStoreNotFound, "Store: " + name + " does not exist in cluster " + cluster_);
    return it->second;
  }

 private:
  // A watcher that marks the store as stale, or none while an earlier one of the same key still waits: a read repeated
  // a million times must not leave a million watchers behind. `key` tells data, children and existence watches apart.
  zk::Watcher Arm(std::string key, std::string name) {
    {
      std::lock_guard lock(mutex_);
      if (!armed_.insert(key).second) return nullptr;
    }
    return [weak = weak_from_this(), key = std::move(key), name = std::move(name)](const zk::WatchEvent& event) {
      const auto self = weak.lock();
      if (!self) return;
      std::lock_guard lock(self->mutex_);
      self->armed_.erase(key);
      if (name.empty() || event.type == zk::WatchEvent::Type::kSessionLost)
        self->all_stale_ = true;
      else
        self->stale_.insert(name);
      self->wake_.notify_all();
    };
  }

  // The read failed or the node was absent: no watch is left.
  void Disarm(const std::string& key) {
    std::lock_guard lock(mutex_);
    armed_.erase(key);
  }

  Result<std::optional<zk::Node>> GetWatched(const std::string& path, const std::string& name) {
    Result<std::optional<zk::Node>> node = zk_.Get(path, Arm("data " + path, name));
    if (!node.ok() || !*node) Disarm("data " + path);
    return node;
  }

  Result<std::optional<std::vector<std::string>>> ChildrenWatched(const std::string& path, const std::string& name) {
    Result<std::optional<std::vector<std::string>>> names = zk_.Children(path, Arm("children " + path, name));
    if (!names.ok() || !*names) Disarm("children " + path);
    return names;
  }

  void MarkAll() {
    std::lock_guard lock(mutex_);
    armed_.clear();
    all_stale_ = true;
    wake_.notify_all();
  }

  void Run() {
    while (true) {
      bool all = false;
      std::set<std::string> names;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopped_ || all_stale_ || !stale_.empty(); });
        if (stopped_) return;
        all = std::exchange(all_stale_, false);
        names.swap(stale_);
      }
      std::lock_guard reading(read_mutex_);
      Status loaded = all ? LoadListing() : Ok();
      for (auto it = names.begin(); loaded.ok() && it != names.end(); ++it) loaded = LoadStore(*it);
      if (loaded.ok()) continue;
      LogWarning("store_repository.refresh_failed", {{"cluster", cluster_}, {"error", loaded.error().ToString()}});
      std::unique_lock lock(mutex_);
      reload_data_ = true;
      all_stale_ = true;
      wake_.wait_for(lock, kRetryInterval, [&] { return stopped_; });
    }
  }

  Status LoadAll() {
    reload_data_ = true;
    return LoadListing();
  }

  // A changed listing costs one read of the names and of the new stores; a new session one read of everything.
  Status LoadListing() {
    bool everything = false;
    {
      std::lock_guard lock(mutex_);
      everything = std::exchange(reload_data_, false) || zk_.SessionId() != session_;
    }
    const int64_t session = zk_.SessionId();
    VENICE_TRY(EnsureListing());
    VENICE_ASSIGN(const std::optional<std::vector<std::string>> names, ChildrenWatched(paths::Stores(cluster_), ""));
    const std::set<std::string> listed =
        names ? std::set<std::string>(names->begin(), names->end()) : std::set<std::string>();
    const auto known = Snapshot();
    for (const auto& [name, entry] : *known)
      if (!listed.contains(name)) Publish(name, std::nullopt);
    for (const std::string& name : listed)
      if (everything || !known->contains(name)) VENICE_TRY(LoadStore(name));
    std::lock_guard lock(mutex_);
    session_ = session;
    return Ok();
  }

  // Where the cluster's folder is not there yet, a watch for its creation would be another path; making it is simpler.
  Status EnsureListing() { return zk::EnsurePath(zk_, paths::Stores(cluster_)); }

  Status LoadStore(const std::string& name) {
    const std::string path = paths::Store(cluster_, name);
    VENICE_ASSIGN(const std::optional<zk::Node> node, GetWatched(path, name));
    if (!node || node->data.empty()) {
      Publish(name, std::nullopt);
      return Ok();
    }
    Result<Store> store = ParseZooKeeperStore(node->data);
    if (!store.ok()) {
      // One bad record must not hide the others; its watch is set, so a repair is seen.
      LogError("store_repository.bad_record", {{"path", path}, {"error", store.error().ToString()}});
      return Ok();
    }
    VENICE_ASSIGN(StoreSchemas schemas, LoadSchemas(name));
    StoreEntry entry{std::make_shared<const Store>(std::move(store).value()),
                     std::make_shared<const StoreSchemas>(std::move(schemas))};
    Publish(name, std::move(entry));
    return Ok();
  }

  // Schemas never change once written: only the listings are watched, and only unknown ids are read.
  Result<StoreSchemas> LoadSchemas(const std::string& name) {
    const std::shared_ptr<const StoreSchemas> known = KnownSchemas(name);
    // The key schema and both folders are written shortly after the store: their creation touches the store's children.
    VENICE_TRY(ChildrenWatched(paths::Store(cluster_, name), name));
    StoreSchemas schemas;
    if (known && !known->key.text.empty()) {
      schemas.key = known->key;
    } else {
      Result<std::optional<zk::Node>> key = zk_.Get(paths::KeySchema(cluster_, name));
      VENICE_TRY(key);
      if (*key) {
        schemas.key = {1, (*key)->data, (*key)->stat.created_ms};
      } else {
        const std::string exists = "exists " + paths::KeySchema(cluster_, name);
        if (Result<std::optional<zk::Stat>> stat = zk_.Exists(paths::KeySchema(cluster_, name), Arm(exists, name));
            !stat.ok()) {
          Disarm(exists);
          return std::move(stat).error();
        }
      }
    }
    VENICE_ASSIGN(const std::optional<std::vector<std::string>> ids,
                  ChildrenWatched(paths::ValueSchemas(cluster_, name), name));
    for (const std::string& text : ids.value_or(std::vector<std::string>())) {
      char* end = nullptr;
      const long id = std::strtol(text.c_str(), &end, 10);
      if (text.empty() || *end != '\0' || id <= 0 || id > INT32_MAX) continue;
      const SchemaEntry* old = known ? known->Value(static_cast<int32_t>(id)) : nullptr;
      if (old != nullptr) {
        schemas.values.push_back(*old);
        continue;
      }
      VENICE_ASSIGN(const std::optional<zk::Node> node,
                    zk_.Get(paths::ValueSchema(cluster_, name, static_cast<int32_t>(id))));
      if (node) schemas.values.push_back({static_cast<int32_t>(id), node->data, node->stat.created_ms});
    }
    std::sort(schemas.values.begin(), schemas.values.end(),
              [](const SchemaEntry& a, const SchemaEntry& b) { return a.id < b.id; });
    static const std::vector<GeneratedSchemaEntry> kNone;
    VENICE_ASSIGN(schemas.derived,
                  LoadGenerated(name, paths::DerivedSchemas(cluster_, name), known ? known->derived : kNone));
    VENICE_ASSIGN(schemas.replication_metadata, LoadGenerated(name, paths::ReplicationMetadataSchemas(cluster_, name),
                                                              known ? known->replication_metadata : kNone));
    return schemas;
  }

  // A folder that is not there yet is seen when it is made: that touches the store's children.
  Result<std::vector<GeneratedSchemaEntry>> LoadGenerated(const std::string& name, const std::string& folder,
                                                          const std::vector<GeneratedSchemaEntry>& known) {
    VENICE_ASSIGN(const std::optional<std::vector<std::string>> names, ChildrenWatched(folder, name));
    std::vector<GeneratedSchemaEntry> schemas;
    for (const std::string& text : names.value_or(std::vector<std::string>())) {
      const auto ids = ParseGeneratedSchemaName(text);
      if (!ids) continue;
      const auto old = std::find_if(known.begin(), known.end(), [&](const GeneratedSchemaEntry& entry) {
        return entry.value_id == ids->first && entry.id == ids->second;
      });
      if (old != known.end()) {
        schemas.push_back(*old);
        continue;
      }
      VENICE_ASSIGN(const std::optional<zk::Node> node, zk_.Get(folder + "/" + text));
      if (node) schemas.push_back({ids->first, ids->second, node->data, node->stat.created_ms});
    }
    std::sort(schemas.begin(), schemas.end(), [](const GeneratedSchemaEntry& a, const GeneratedSchemaEntry& b) {
      return std::pair(a.value_id, a.id) < std::pair(b.value_id, b.id);
    });
    return schemas;
  }

  std::shared_ptr<const StoreSchemas> KnownSchemas(const std::string& name) const {
    const auto snapshot = Snapshot();
    const auto it = snapshot->find(name);
    return it == snapshot->end() ? nullptr : it->second.schemas;
  }

  // Under read_mutex_.
  void Publish(const std::string& name, std::optional<StoreEntry> entry) {
    const auto before = Snapshot();
    const auto old = before->find(name);
    StoreChange change{StoreChange::Kind::kAdded, name, {}};
    if (!entry) {
      if (old == before->end()) return;
      change = {StoreChange::Kind::kDeleted, name, old->second};
    } else {
      if (old != before->end()) {
        if (*old->second.store == *entry->store && *old->second.schemas == *entry->schemas) return;
        change.kind = StoreChange::Kind::kChanged;
      }
      change.entry = *entry;
    }
    auto after = std::make_shared<StoreMap>(*before);
    if (entry)
      (*after)[name] = *std::move(entry);
    else
      after->erase(name);
    {
      std::lock_guard lock(mutex_);
      snapshot_ = std::move(after);
      if (stopped_) return;
    }
    for (const StoreListener& listener : listeners_) listener(change);
  }

  zk::Client& zk_;
  const std::string cluster_;

  std::mutex read_mutex_;  // one reading of ZooKeeper (and one publication) at a time; guards listeners_
  std::vector<StoreListener> listeners_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::shared_ptr<const StoreMap> snapshot_;
  std::set<std::string> stale_;
  std::set<std::string> armed_;  // watches that wait, see Arm()
  bool all_stale_ = false;
  bool reload_data_ = false;
  bool stopped_ = false;
  int64_t session_ = 0;
  std::thread thread_;
};

StoreRepository::StoreRepository(zk::Client& zk, std::string cluster)
    : impl_(std::make_shared<Impl>(zk, std::move(cluster))) {}
StoreRepository::~StoreRepository() { Stop(); }

Status StoreRepository::Start() { return impl_->Start(); }
void StoreRepository::Stop() { impl_->Stop(); }
void StoreRepository::AddListener(StoreListener listener) { impl_->AddListener(std::move(listener)); }
std::shared_ptr<const StoreMap> StoreRepository::Snapshot() const { return impl_->Snapshot(); }

std::shared_ptr<const Store> StoreRepository::Get(std::string_view name) const {
  const auto snapshot = impl_->Snapshot();
  const auto it = snapshot->find(name);
  return it == snapshot->end() ? nullptr : it->second.store;
}

std::shared_ptr<const StoreSchemas> StoreRepository::Schemas(std::string_view name) const {
  const auto snapshot = impl_->Snapshot();
  const auto it = snapshot->find(name);
  return it == snapshot->end() ? nullptr : it->second.schemas;
}

Result<StoreEntry> StoreRepository::Refresh(const std::string& name) { return impl_->Refresh(name); }

}  // namespace venice::metadata
