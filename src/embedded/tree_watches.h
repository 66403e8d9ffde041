// Who wants to hear about which path. ZooKeeper's rules: one-shot watches on data and on children, and persistent ones,
// plain or for a whole subtree.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "embedded/tree_types.h"

namespace venice::embedded {

using WatcherId = uint64_t;  // 0 is nobody
using WatchSink = std::function<void(WatcherId, TreeEventType, const std::string& path)>;

enum class WatchMode : uint8_t { kOnce = 1, kPersistent = 2, kRecursive = 4 };

// One table: paths to watchers.
class WatchTable {
 public:
  void Add(const std::string& path, WatcherId watcher, WatchMode mode);
  bool Contains(const std::string& path, WatcherId watcher) const;
  bool Remove(const std::string& path, WatcherId watcher);  // all modes; false when there was none
  void RemoveWatcher(WatcherId watcher);
  // The watchers to tell, each once, by id; one-shot watches are used up.
  std::vector<WatcherId> Trigger(const std::string& path, TreeEventType type);
  size_t size() const { return size_; }

 private:
  using Entries = std::map<WatcherId, uint8_t>;  // bits of WatchMode

  void Forget(const std::string& path, WatcherId watcher, uint8_t modes);

  std::unordered_map<std::string, Entries> by_path_;
  std::unordered_map<WatcherId, std::set<std::string>> by_watcher_;
  size_t size_ = 0;
  size_t recursive_ = 0;
};

// The two tables and the order in which a change tells them.
class TreeWatches {
 public:
  enum class Kind : int32_t { kChildren = 1, kData = 2, kAny = 3 };

  void WatchData(const std::string& path, WatcherId watcher) { data_.Add(path, watcher, WatchMode::kOnce); }
  void WatchChildren(const std::string& path, WatcherId watcher) { children_.Add(path, watcher, WatchMode::kOnce); }
  void WatchPersistently(const std::string& path, WatcherId watcher, bool recursive);
  bool Contains(const std::string& path, WatcherId watcher, Kind kind) const;
  bool Remove(const std::string& path, WatcherId watcher, Kind kind);
  void RemoveWatcher(WatcherId watcher);

  void Created(const std::string& path, const std::string& parent, const WatchSink& sink);
  void Deleted(const std::string& path, const std::string& parent, const WatchSink& sink);
  void DataChanged(const std::string& path, const WatchSink& sink);

  size_t size() const { return data_.size() + children_.size(); }

 private:
  WatchTable data_;
  WatchTable children_;
};

}  // namespace venice::embedded
