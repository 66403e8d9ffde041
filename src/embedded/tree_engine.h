// ZooKeeper's tree as a library: operations, sessions, access lists and watches, without sockets, files or threads.
//
// Time comes from the clock given, randomness from the seed, so that the same calls give the same results. Durability
// is the journal's: it takes every record the engine emits, and whoever answers a caller first waits for its Commit().
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "embedded/tree_store.h"
#include "embedded/tree_types.h"
#include "embedded/tree_watches.h"

namespace venice::embedded {

struct TreeEngineOptions {
  milliseconds session_timeout_min{1'000};
  milliseconds session_timeout_max{120'000};
  uint64_t seed = 1;  // of the session passwords
};

struct TreeSession {
  int64_t id = 0;
  milliseconds timeout{0};
  std::string password;  // 16 bytes
};

// What a reconnecting client watched, and the last zxid it saw.
struct TreeWatchSet {
  int64_t seen_zxid = 0;
  std::vector<std::string> data, exists, children, persistent, recursive;
};

// Loop-bound: one thread, or one simulation. Views and pointers it returns live until the next call that writes.
class TreeEngine {
 public:
  using RecordSink = std::function<void(std::string_view record)>;

  TreeEngine(TreeEngineOptions options, const Clock& clock);

  void SetRecordSink(RecordSink sink) { record_sink_ = std::move(sink); }
  void SetWatchSink(WatchSink sink) { watch_sink_ = std::move(sink); }

  // Sessions. They end by CloseSession, or by ExpireSessions when nothing touched them for their timeout.
  TreeSession OpenSession(milliseconds wanted_timeout);
  // nullopt for an unknown session or a wrong password.
  std::optional<TreeSession> ResumeSession(int64_t id, std::string_view password, milliseconds wanted_timeout);
  bool TouchSession(int64_t id);  // false when it is gone
  void CloseSession(int64_t id);  // deletes its ephemeral nodes; unknown ids are ignored
  std::vector<int64_t> ExpireSessions();
  std::optional<std::chrono::nanoseconds> NextExpiry() const;  // on the monotonic clock; may be early, never late
  void RestartSessionTimeouts();

  // All or nothing, one zxid. The result of each op; when one fails, its code, kOk before it and
  // kRuntimeInconsistency after it. Watches are told before this returns.
  std::vector<TreeOpResult> Write(const TreeCaller& caller, std::vector<TreeOp> ops);

  // Reads. A watcher (0 for none) is registered as ZooKeeper does: by Exists always, by the others when the node
  // exists.
  struct NodeView {
    TreeCode code = TreeCode::kOk;
    const TreeNode* node = nullptr;  // when code is kOk
  };
  NodeView Exists(const std::string& path, WatcherId watcher);
  NodeView GetData(const TreeCaller& caller, const std::string& path, WatcherId watcher);
  NodeView GetChildren(const TreeCaller& caller, const std::string& path, WatcherId watcher);
  // The list may have its secrets blanked.
  TreeCode GetAcl(const TreeCaller& caller, const std::string& path, TreeAclList& acl, TreeStat& stat) const;
  std::vector<std::string> Ephemerals(int64_t session, std::string_view prefix) const;
  TreeCode CountDescendants(const TreeCaller& caller, const std::string& path, int32_t& count) const;

  // Tells at once what the client missed, and watches the rest.
  void RestoreWatches(const TreeWatchSet& wanted, WatcherId watcher);
  TreeWatches& watches() { return watches_; }
  const TreeWatches& watches() const { return watches_; }

  // Recovery. Errors: kCorruption.
  Status Replay(std::string_view record);
  Status LoadSnapshot(std::string_view bytes) { return store_.LoadSnapshot(bytes); }
  void EncodeSnapshot(std::string& out) const { store_.EncodeSnapshot(out); }

  const TreeStore& store() const { return store_; }

 private:
  TreeCode Check(const TreeCaller& caller, TreeOp& op, TreeChange& change) const;
  TreeCode CheckCreate(const TreeCaller& caller, TreeOp& op, TreeChange& change) const;
  TreeCode CheckDelete(const TreeCaller& caller, TreeOp& op, TreeChange& change) const;
  TreeCode CheckSet(const TreeCaller& caller, TreeOp& op, TreeChange& change) const;
  TreeCode CheckSetAcl(const TreeCaller& caller, TreeOp& op, TreeChange& change) const;

  void ApplySessionChange(TreeChange change);
  void Tell(const std::vector<TreeEvent>& events);
  milliseconds Negotiate(milliseconds wanted) const;
  void SetDeadline(int64_t session, milliseconds timeout);

  const TreeEngineOptions options_;
  const Clock& clock_;
  RecordSink record_sink_ = [](std::string_view) {};
  WatchSink watch_sink_ = [](WatcherId, TreeEventType, const std::string&) {};

  TreeStore store_;
  TreeWatches watches_;
  struct Deadline {
    std::chrono::nanoseconds at;
    milliseconds timeout;
  };
  std::unordered_map<int64_t, Deadline> deadlines_;
  // When to look at a session next. Touching moves only its deadline; the queue follows when the time comes.
  std::set<std::pair<std::chrono::nanoseconds, int64_t>> expiry_queue_;
};

// ZooKeeper's rules for paths: absolute, no empty, "." or ".." part, no trailing slash, no control characters.
bool ValidTreePath(std::string_view path);

}  // namespace venice::embedded
