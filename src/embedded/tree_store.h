// The state of the tree: nodes, sessions and their ephemeral nodes, changed only by applying recorded changes. Applying
// the same changes in the same order gives the same state, which is what recovery from the journal rests on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "embedded/tree_types.h"
#include "embedded/zookeeper_jute.h"

namespace venice::embedded {

// One effect, with nothing left to decide: sequence numbers, owners and versions are settled.
struct TreeChange {
  enum class Kind : int8_t {
    kCreate = 1,
    kDelete = 2,
    kSetData = 5,
    kSetAcl = 7,
    kOpenSession = 20,
    kCloseSession = 21
  };
  Kind kind = Kind::kDelete;
  std::string path;
  std::string data;  // kOpenSession: the password
  TreeAclList acl;
  int64_t session = 0;  // kCreate: ephemeral owner or 0
  int32_t number = 0;   // kSetData, kSetAcl: the version after; kOpenSession: timeout in ms

  static constexpr size_t kEncodedBytesMin = 1 + 3 * 4 + 8 + 4;
  void Encode(std::string& out) const;
  static TreeChange Decode(JuteReader& in);  // check in.ok()
};

struct TreeNode {
  std::string data;
  std::shared_ptr<const TreeAclList> acl;
  int64_t created_zxid = 0;
  int64_t modified_zxid = 0;
  int64_t children_modified_zxid = 0;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t ephemeral_owner = 0;
  int32_t version = 0;
  int32_t acl_version = 0;
  int32_t children_created = 0;  // ever; numbers the sequential ones
  std::set<std::string, std::less<>> children;

  TreeStat Stat() const;
};

// A change as the watches see it.
struct TreeEvent {
  TreeEventType type;
  std::string path;
};

// Loop-bound. The whole tree is in memory: data, path twice, and about 400 bytes a node.
class TreeStore {
 public:
  struct Session {
    int32_t timeout_ms = 0;
    std::string password;
    std::set<std::string> ephemerals;
  };
  // What Revert needs to know.
  struct Undo {
    TreeChange::Kind kind;
    std::string path;
    TreeNode before;                            // the node; of a create, its parent's counters
    int64_t parent_children_modified_zxid = 0;  // of a delete
  };

  TreeStore();

  const TreeNode* Find(std::string_view path) const;
  const std::map<int64_t, Session>& sessions() const { return sessions_; }
  size_t node_count() const { return nodes_.size(); }
  int64_t data_bytes() const { return data_bytes_; }
  int64_t last_zxid() const { return last_zxid_; }
  int64_t last_session() const { return last_session_; }

  // The change must be possible: the engine has checked it, or it was journaled. Events are appended when asked for.
  void Apply(TreeChange change, int64_t zxid, int64_t time_ms, std::vector<TreeEvent>* events, Undo* undo = nullptr);
  // Takes back the latest change not yet taken back. Not for sessions.
  void Revert(Undo undo);
  void SetLastZxid(int64_t zxid) { last_zxid_ = zxid; }

  // False when a change cannot belong to this state: the journal is then corrupt.
  bool Possible(const TreeChange& change) const;

  void EncodeSnapshot(std::string& out) const;
  Status LoadSnapshot(std::string_view bytes);  // errors: kCorruption

  static std::string ParentOf(std::string_view path);
  static std::string_view NameOf(std::string_view path);

 private:
  struct PathHash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const { return std::hash<std::string_view>()(path); }
  };

  TreeNode& Get(std::string_view path);
  void AddReserved(const std::string& path, int32_t permissions);
  std::shared_ptr<const TreeAclList> Share(const TreeAclList& acl);
  void Detach(const std::string& path, int64_t zxid, Undo* undo);

  std::unordered_map<std::string, TreeNode, PathHash, std::equal_to<>> nodes_;
  std::map<int64_t, Session> sessions_;
  std::map<std::string, std::shared_ptr<const TreeAclList>> shared_acls_;  // by encoded form
  int64_t data_bytes_ = 0;
  int64_t last_zxid_ = 0;
  int64_t last_session_ = 0;
};

}  // namespace venice::embedded
