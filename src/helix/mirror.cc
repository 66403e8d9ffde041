#include "helix/mirror.h"

#include <mutex>
#include <set>

#include "base/log.h"

namespace venice::helix {

// What watchers reach. They run on the client's thread, perhaps after the mirror is gone.
struct Mirror::Shared {
  std::mutex mutex;
  std::set<std::string> dirty_nodes;
  std::set<std::string> dirty_children;
  std::function<void()> on_change;  // empty once the mirror is gone

  bool TakeDirty(std::set<std::string>& dirty, const std::string& path) {
    std::lock_guard lock(mutex);
    return dirty.erase(path) != 0;
  }
  void MarkDirty(std::set<std::string>& dirty, const std::string& path) {
    std::lock_guard lock(mutex);
    dirty.insert(path);
    if (on_change) on_change();
  }
};

Mirror::Mirror(zk::Client& client, std::function<void()> on_change)
    : client_(client), shared_(std::make_shared<Shared>()) {
  shared_->on_change = std::move(on_change);
}

Mirror::~Mirror() {
  std::lock_guard lock(shared_->mutex);
  shared_->on_change = nullptr;
}

zk::Watcher Mirror::Watch(const std::string& path, bool children) {
  return [weak = std::weak_ptr(shared_), path, children](const zk::WatchEvent&) {
    if (const auto shared = weak.lock()) {
      shared->MarkDirty(children ? shared->dirty_children : shared->dirty_nodes, path);
    }
  };
}

Result<std::shared_ptr<const MirrorNode>> Mirror::Read(const std::string& path, bool watch) {
  auto node = std::make_shared<MirrorNode>();
  while (true) {
    ++reads_;
    VENICE_ASSIGN(std::optional<zk::Node> found, client_.Get(path, watch ? Watch(path, false) : zk::Watcher()));
    if (found) {
      node->exists = true;
      node->stat = found->stat;
      if (!found->data.empty()) {
        Result<ZnRecord> record = DecodeZnRecord(found->data);
        if (record.ok()) {
          node->record = std::make_shared<const ZnRecord>(std::move(*record));
        } else {
          LogWarning("helix.record.unreadable", {{"path", path}, {"error", record.error().message()}});
        }
      }
      return std::shared_ptr<const MirrorNode>(std::move(node));
    }
    if (!watch) return std::shared_ptr<const MirrorNode>(std::move(node));
    VENICE_ASSIGN(const std::optional<zk::Stat> created, client_.Exists(path, Watch(path, false)));
    if (!created) return std::shared_ptr<const MirrorNode>(std::move(node));
  }
}

Result<std::shared_ptr<const MirrorNode>> Mirror::Node(const std::string& path) {
  const auto it = nodes_.find(path);
  if (it != nodes_.end() && !shared_->TakeDirty(shared_->dirty_nodes, path)) {
    it->second.sweep = sweep_;
    return it->second.node;
  }
  nodes_.erase(path);  // a failed read leaves nothing cached, so the next call reads again
  VENICE_ASSIGN(auto node, Read(path, true));
  nodes_[path] = {node, sweep_};
  return node;
}

Result<std::shared_ptr<const MirrorNode>> Mirror::NodeOnce(const std::string& path) {
  if (const auto it = nodes_.find(path); it != nodes_.end()) {
    it->second.sweep = sweep_;
    return it->second.node;
  }
  VENICE_ASSIGN(auto node, Read(path, false));
  if (node->exists) nodes_[path] = {node, sweep_};
  return node;
}

Result<std::shared_ptr<const std::vector<std::string>>> Mirror::Children(const std::string& path) {
  using Names = std::shared_ptr<const std::vector<std::string>>;
  const auto it = children_.find(path);
  if (it != children_.end() && !shared_->TakeDirty(shared_->dirty_children, path)) {
    it->second.sweep = sweep_;
    return it->second.names;
  }
  children_.erase(path);
  while (true) {
    ++reads_;
    VENICE_ASSIGN(std::optional<std::vector<std::string>> names, client_.Children(path, Watch(path, true)));
    if (!names) {
      VENICE_ASSIGN(const std::optional<zk::Stat> created, client_.Exists(path, Watch(path, true)));
      if (created) continue;
      names.emplace();
    }
    Names shared_names = std::make_shared<const std::vector<std::string>>(std::move(*names));
    children_[path] = {shared_names, sweep_};
    return shared_names;
  }
}

void Mirror::Prime(const std::string& path, ZnRecord record) {
  auto node = std::make_shared<MirrorNode>();
  node->exists = true;
  node->record = std::make_shared<const ZnRecord>(std::move(record));
  nodes_[path] = {std::move(node), sweep_};
}

void Mirror::BeginSweep() { ++sweep_; }

void Mirror::EndSweep() {
  std::erase_if(nodes_, [this](const auto& entry) { return entry.second.sweep != sweep_; });
  std::erase_if(children_, [this](const auto& entry) { return entry.second.sweep != sweep_; });
  std::lock_guard lock(shared_->mutex);
  std::erase_if(shared_->dirty_nodes, [this](const std::string& path) { return !nodes_.contains(path); });
  std::erase_if(shared_->dirty_children, [this](const std::string& path) { return !children_.contains(path); });
}

void Mirror::Invalidate() {
  nodes_.clear();
  children_.clear();
}

}  // namespace venice::helix
