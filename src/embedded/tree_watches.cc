#include "embedded/tree_watches.h"

#include <algorithm>

namespace venice::embedded {
namespace {

constexpr uint8_t Bit(WatchMode mode) { return static_cast<uint8_t>(mode); }
constexpr uint8_t kAllModes = Bit(WatchMode::kOnce) | Bit(WatchMode::kPersistent) | Bit(WatchMode::kRecursive);

void Tell(const std::vector<WatcherId>& watchers, TreeEventType type, const std::string& path, const WatchSink& sink) {
  for (const WatcherId watcher : watchers) sink(watcher, type, path);
}

}  // namespace

void WatchTable::Add(const std::string& path, WatcherId watcher, WatchMode mode) {
  uint8_t& modes = by_path_[path][watcher];
  if (modes == 0) {
    ++size_;
    by_watcher_[watcher].insert(path);
  }
  if (mode == WatchMode::kRecursive && (modes & Bit(mode)) == 0) ++recursive_;
  modes |= Bit(mode);
}

bool WatchTable::Contains(const std::string& path, WatcherId watcher) const {
  const auto it = by_path_.find(path);
  return it != by_path_.end() && it->second.contains(watcher);
}

void WatchTable::Forget(const std::string& path, WatcherId watcher, uint8_t modes) {
  const auto it = by_path_.find(path);
  if (it == by_path_.end()) return;
  const auto entry = it->second.find(watcher);
  if (entry == it->second.end()) return;
  if (entry->second & modes & Bit(WatchMode::kRecursive)) --recursive_;
  entry->second &= static_cast<uint8_t>(~modes);
  if (entry->second != 0) return;
  --size_;
  const auto owner = by_watcher_.find(watcher);
  owner->second.erase(path);
  if (owner->second.empty()) by_watcher_.erase(owner);
  it->second.erase(entry);
  if (it->second.empty()) by_path_.erase(it);
}

bool WatchTable::Remove(const std::string& path, WatcherId watcher) {
  if (!Contains(path, watcher)) return false;
  Forget(path, watcher, kAllModes);
  return true;
}

void WatchTable::RemoveWatcher(WatcherId watcher) {
  const auto it = by_watcher_.find(watcher);
  if (it == by_watcher_.end()) return;
  const std::set<std::string> paths = it->second;
  for (const std::string& path : paths) Forget(path, watcher, kAllModes);
}

std::vector<WatcherId> WatchTable::Trigger(const std::string& path, TreeEventType type) {
  std::set<WatcherId> told;
  std::vector<WatcherId> used_up;
  if (const auto it = by_path_.find(path); it != by_path_.end()) {
    for (const auto& [watcher, modes] : it->second) {
      if (modes & (Bit(WatchMode::kOnce) | Bit(WatchMode::kPersistent))) told.insert(watcher);
      if (modes & Bit(WatchMode::kOnce)) used_up.push_back(watcher);
    }
  }
  // A watch on a subtree hears of nodes, not of their parents' child lists: those would repeat the same news.
  if (recursive_ > 0 && type != TreeEventType::kChildrenChanged) {
    std::string ancestor = path;
    while (!ancestor.empty()) {
      if (const auto it = by_path_.find(ancestor); it != by_path_.end()) {
        for (const auto& [watcher, modes] : it->second) {
          if (modes & Bit(WatchMode::kRecursive)) told.insert(watcher);
        }
      }
      if (ancestor == "/") break;
      const size_t slash = ancestor.rfind('/');
      ancestor.resize(slash == 0 || slash == std::string::npos ? 1 : slash);
    }
  }
  for (const WatcherId watcher : used_up) Forget(path, watcher, Bit(WatchMode::kOnce));
  return {told.begin(), told.end()};
}

void TreeWatches::WatchPersistently(const std::string& path, WatcherId watcher, bool recursive) {
  data_.Add(path, watcher, recursive ? WatchMode::kRecursive : WatchMode::kPersistent);
  if (!recursive) children_.Add(path, watcher, WatchMode::kPersistent);
}

bool TreeWatches::Contains(const std::string& path, WatcherId watcher, Kind kind) const {
  return (kind != Kind::kChildren && data_.Contains(path, watcher)) ||
         (kind != Kind::kData && children_.Contains(path, watcher));
}

bool TreeWatches::Remove(const std::string& path, WatcherId watcher, Kind kind) {
  bool removed = false;
  if (kind != Kind::kChildren) removed |= data_.Remove(path, watcher);
  if (kind != Kind::kData) removed |= children_.Remove(path, watcher);
  return removed;
}

void TreeWatches::RemoveWatcher(WatcherId watcher) {
  data_.RemoveWatcher(watcher);
  children_.RemoveWatcher(watcher);
}

void TreeWatches::Created(const std::string& path, const std::string& parent, const WatchSink& sink) {
  Tell(data_.Trigger(path, TreeEventType::kCreated), TreeEventType::kCreated, path, sink);
  Tell(children_.Trigger(parent, TreeEventType::kChildrenChanged), TreeEventType::kChildrenChanged, parent, sink);
}

void TreeWatches::Deleted(const std::string& path, const std::string& parent, const WatchSink& sink) {
  const std::vector<WatcherId> told = data_.Trigger(path, TreeEventType::kDeleted);
  Tell(told, TreeEventType::kDeleted, path, sink);
  // Who watched both the data and the children of the node hears of its end once.
  std::vector<WatcherId> rest = children_.Trigger(path, TreeEventType::kDeleted);
  std::erase_if(rest, [&](WatcherId id) { return std::binary_search(told.begin(), told.end(), id); });
  Tell(rest, TreeEventType::kDeleted, path, sink);
  Tell(children_.Trigger(parent, TreeEventType::kChildrenChanged), TreeEventType::kChildrenChanged, parent, sink);
}

void TreeWatches::DataChanged(const std::string& path, const WatchSink& sink) {
  Tell(data_.Trigger(path, TreeEventType::kDataChanged), TreeEventType::kDataChanged, path, sink);
}

}  // namespace venice::embedded
