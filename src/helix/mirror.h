// A cache of znodes that are read again only after their watch fired.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "helix/zn_record.h"
#include "zk/client.h"

namespace venice::helix {

// One znode as cached. `record` is null when the node has no record (absent, empty, or not JSON).
struct MirrorNode {
  bool exists = false;
  zk::Stat stat;
  std::shared_ptr<const ZnRecord> record;
};

// Belongs to one thread, which makes the reads; watches fire elsewhere and only mark what is dirty, then call
// `on_change`, which must do no more than post. Pull-through: what is asked for is cached, what was not asked for
// between two calls of Sweep() is forgotten.
class Mirror {
 public:
  Mirror(zk::Client& client, std::function<void()> on_change);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // The node as of the last change seen. The pointer is equal as long as the node is unchanged.
  Result<std::shared_ptr<const MirrorNode>> Node(const std::string& path);
  // Without a watch: for nodes whose data never matters again (messages). Forgotten like the others.
  Result<std::shared_ptr<const MirrorNode>> NodeOnce(const std::string& path);
  // Sorted names; empty for an absent node.
  Result<std::shared_ptr<const std::vector<std::string>>> Children(const std::string& path);

  // What the owner has just written for NodeOnce() to return, instead of reading it back.
  void Prime(const std::string& path, ZnRecord record);
  // The owner has just changed the children: they are read again. Its own watch may fire later than its own next step.
  void ForgetChildren(const std::string& path) { children_.erase(path); }
  // The owner knows of a change before the watch may have told: the node is read again.
  void ForgetNode(const std::string& path) { nodes_.erase(path); }

  void BeginSweep();
  void EndSweep();
  // Everything is read again: after a new session, or for safety now and then.
  void Invalidate();

  uint64_t reads() const { return reads_; }

 private:
  struct Shared;
  struct NodeEntry {
    std::shared_ptr<const MirrorNode> node;
    uint64_t sweep = 0;
  };
  struct ChildrenEntry {
    std::shared_ptr<const std::vector<std::string>> names;
    uint64_t sweep = 0;
  };

  Result<std::shared_ptr<const MirrorNode>> Read(const std::string& path, bool watch);
  zk::Watcher Watch(const std::string& path, bool children);

  zk::Client& client_;
  std::shared_ptr<Shared> shared_;  // with the watchers, which may outlive this
  std::map<std::string, NodeEntry> nodes_;
  std::map<std::string, ChildrenEntry> children_;
  uint64_t sweep_ = 1;
  uint64_t reads_ = 0;
};

}  // namespace venice::helix
