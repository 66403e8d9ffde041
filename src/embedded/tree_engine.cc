#include "embedded/tree_engine.h"

#include <fmt/format.h>

#include "embedded/tree_acl.h"

namespace venice::embedded {
namespace {

// The password is a secret only against accidents: a client that guesses a session id by mistake is refused.
std::string MakePassword(uint64_t seed, uint64_t session) {
  std::string password;
  uint64_t state = seed ^ (session * 0x9e3779b97f4a7c15);
  for (int half = 0; half < 2; ++half) {  // splitmix64
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    AppendBigEndian(password, z ^ (z >> 31));
  }
  return password;
}

bool Reserved(std::string_view path) {
  return path == "/" || path == "/zookeeper" || path == "/zookeeper/config" || path == "/zookeeper/quota";
}

TreeChange::Kind ChangeKind(TreeOp::Kind kind) { return static_cast<TreeChange::Kind>(kind); }

}  // namespace

bool ValidTreePath(std::string_view path) {
  if (path.empty() || path[0] != '/') return false;
  if (path == "/") return true;
  size_t start = 1;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
    for (size_t i = 0; i < part.size(); ++i) {
      const auto byte = static_cast<unsigned char>(part[i]);
      if (byte < 0x20 || byte == 0x7f) return false;
      // U+0080 to U+009F, control characters as well.
      if (byte == 0xc2 && i + 1 < part.size() && static_cast<unsigned char>(part[i + 1]) < 0xa0) return false;
    }
    start = end + 1;
  }
  return true;
}

TreeEngine::TreeEngine(TreeEngineOptions options, const Clock& clock) : options_(options), clock_(clock) {}

milliseconds TreeEngine::Negotiate(milliseconds wanted) const {
  return std::clamp(wanted, options_.session_timeout_min, options_.session_timeout_max);
}

void TreeEngine::SetDeadline(int64_t session, milliseconds timeout) {
  const auto at = clock_.Monotonic() + timeout;
  const auto [it, added] = deadlines_.try_emplace(session, Deadline{at, timeout});
  const bool sooner = !added && timeout < it->second.timeout;
  it->second = {at, timeout};
  if (added || sooner) expiry_queue_.emplace(at, session);
}

void TreeEngine::ApplySessionChange(TreeChange change) {
  const int64_t zxid = store_.last_zxid() + 1;
  const int64_t now_ms = clock_.WallMs();
  std::string record;
  JuteWriter writer(record);
  writer.Long(zxid);
  writer.Long(now_ms);
  writer.Int(1);
  change.Encode(record);
  std::vector<TreeEvent> events;
  store_.Apply(std::move(change), zxid, now_ms, &events);
  record_sink_(record);
  Tell(events);
}

TreeSession TreeEngine::OpenSession(milliseconds wanted_timeout) {
  // ZooKeeper's form: the time in the upper bytes, so that ids do not repeat after the data folder was removed.
  const auto from_time = static_cast<int64_t>((static_cast<uint64_t>(clock_.WallMs()) << 24) >> 8);
  TreeSession session;
  session.id = std::max(from_time, store_.last_session() + 1);
  session.timeout = Negotiate(wanted_timeout);
  session.password = MakePassword(options_.seed, static_cast<uint64_t>(session.id));

  TreeChange change;
  change.kind = TreeChange::Kind::kOpenSession;
  change.session = session.id;
  change.number = static_cast<int32_t>(session.timeout.count());
  change.data = session.password;
  ApplySessionChange(std::move(change));
  SetDeadline(session.id, session.timeout);
  return session;
}

std::optional<TreeSession> TreeEngine::ResumeSession(int64_t id, std::string_view password,
                                                     milliseconds wanted_timeout) {
  const auto it = store_.sessions().find(id);
  if (it == store_.sessions().end() || it->second.password != password) return std::nullopt;
  const milliseconds timeout = Negotiate(wanted_timeout);
  SetDeadline(id, timeout);
  return TreeSession{id, timeout, it->second.password};
}

bool TreeEngine::TouchSession(int64_t id) {
  const auto it = deadlines_.find(id);
  if (it == deadlines_.end()) return false;
  it->second.at = clock_.Monotonic() + it->second.timeout;
  return true;
}

void TreeEngine::CloseSession(int64_t id) {
  if (!store_.sessions().contains(id)) return;
  deadlines_.erase(id);
  TreeChange change;
  change.kind = TreeChange::Kind::kCloseSession;
  change.session = id;
  ApplySessionChange(std::move(change));
}

std::vector<int64_t> TreeEngine::ExpireSessions() {
  std::vector<int64_t> expired;
  const auto now = clock_.Monotonic();
  while (!expiry_queue_.empty() && expiry_queue_.begin()->first <= now) {
    const int64_t session = expiry_queue_.begin()->second;
    expiry_queue_.erase(expiry_queue_.begin());
    const auto it = deadlines_.find(session);
    if (it == deadlines_.end()) continue;
    if (it->second.at > now) {
      expiry_queue_.emplace(it->second.at, session);
      continue;
    }
    CloseSession(session);
    expired.push_back(session);
  }
  return expired;
}

std::optional<std::chrono::nanoseconds> TreeEngine::NextExpiry() const {
  if (expiry_queue_.empty()) return std::nullopt;
  return expiry_queue_.begin()->first;
}

void TreeEngine::RestartSessionTimeouts() {
  deadlines_.clear();
  expiry_queue_.clear();
  for (const auto& [id, session] : store_.sessions()) SetDeadline(id, milliseconds(session.timeout_ms));
}

std::vector<TreeOpResult> TreeEngine::Write(const TreeCaller& caller, std::vector<TreeOp> ops) {
  std::vector<TreeOpResult> results(ops.size());
  if (ops.empty()) return results;
  if (!store_.sessions().contains(caller.session)) {
    for (TreeOpResult& result : results) result.code = TreeCode::kSessionExpired;
    return results;
  }
  const int64_t zxid_before = store_.last_zxid();
  const int64_t zxid = zxid_before + 1;
  const int64_t now_ms = clock_.WallMs();

  std::string record;
  JuteWriter writer(record);
  writer.Long(zxid);
  writer.Long(now_ms);
  writer.Int(0);  // the number of changes, known below
  int32_t changes = 0;
  std::vector<TreeEvent> events;
  std::vector<TreeStore::Undo> undo_steps;
  for (size_t i = 0; i < ops.size(); ++i) {
    TreeChange change;
    const TreeCode code = Check(caller, ops[i], change);
    if (code != TreeCode::kOk) {
      store_.SetLastZxid(zxid_before);
      for (auto undo = undo_steps.rbegin(); undo != undo_steps.rend(); ++undo) store_.Revert(std::move(*undo));
      std::fill(results.begin(), results.end(), TreeOpResult());
      results[i].code = code;
      for (size_t rest = i + 1; rest < ops.size(); ++rest) results[rest].code = TreeCode::kRuntimeInconsistency;
      return results;
    }
    if (ops[i].kind == TreeOp::Kind::kCheck) continue;
    ++changes;
    change.Encode(record);
    results[i].path = change.path;
    if (ops.size() > 1) {
      store_.Apply(std::move(change), zxid, now_ms, &events, &undo_steps.emplace_back());
    } else {
      store_.Apply(std::move(change), zxid, now_ms, &events);
    }
    if (const TreeNode* node = store_.Find(results[i].path)) results[i].stat = node->Stat();
  }
  if (changes == 0) return results;
  StoreBigEndian(record.data() + 16, changes);
  record_sink_(record);
  Tell(events);
  return results;
}

TreeCode TreeEngine::Check(const TreeCaller& caller, TreeOp& op, TreeChange& change) const {
  change.kind = ChangeKind(op.kind);
  switch (op.kind) {
    case TreeOp::Kind::kCreate:
      return CheckCreate(caller, op, change);
    case TreeOp::Kind::kDelete:
      return CheckDelete(caller, op, change);
    case TreeOp::Kind::kSetData:
      return CheckSet(caller, op, change);
    case TreeOp::Kind::kSetAcl:
      return CheckSetAcl(caller, op, change);
    case TreeOp::Kind::kCheck: {
      if (!ValidTreePath(op.path)) return TreeCode::kBadArguments;
      const TreeNode* node = store_.Find(op.path);
      if (node == nullptr) return TreeCode::kNoNode;
      if (!Permits(*node->acl, permission::kRead, caller)) return TreeCode::kNoAuth;
      return op.version == -1 || op.version == node->version ? TreeCode::kOk : TreeCode::kBadVersion;
    }
  }
  return TreeCode::kUnimplemented;
}

TreeCode TreeEngine::CheckCreate(const TreeCaller& caller, TreeOp& op, TreeChange& change) const {
  // The order of the checks is ZooKeeper's: it decides which error a client sees.
  if (op.path.empty() || op.path[0] != '/' || op.path.find('\0') != std::string::npos) return TreeCode::kBadArguments;
  std::optional<TreeAclList> acl = ResolveAcl(op.acl, caller);
  if (!acl) return TreeCode::kInvalidAcl;
  const TreeNode* parent = store_.Find(TreeStore::ParentOf(op.path));
  if (parent == nullptr) return TreeCode::kNoNode;
  if (!Permits(*parent->acl, permission::kCreate, caller)) return TreeCode::kNoAuth;
  change.path = std::move(op.path);
  if (op.sequential) change.path += fmt::format("{:010}", parent->children_created);
  if (!ValidTreePath(change.path)) return TreeCode::kBadArguments;
  if (store_.Find(change.path) != nullptr) return TreeCode::kNodeExists;
  if (parent->ephemeral_owner != 0) return TreeCode::kNoChildrenForEphemerals;
  change.data = std::move(op.data);
  change.acl = std::move(*acl);
  change.session = op.ephemeral ? caller.session : 0;
  return TreeCode::kOk;
}

TreeCode TreeEngine::CheckDelete(const TreeCaller& caller, TreeOp& op, TreeChange& change) const {
  if (op.path.empty() || op.path[0] != '/' || Reserved(op.path)) return TreeCode::kBadArguments;
  const TreeNode* parent = store_.Find(TreeStore::ParentOf(op.path));
  const TreeNode* node = store_.Find(op.path);
  if (parent == nullptr || node == nullptr) return TreeCode::kNoNode;
  if (!Permits(*parent->acl, permission::kDelete, caller)) return TreeCode::kNoAuth;
  if (op.version != -1 && op.version != node->version) return TreeCode::kBadVersion;
  if (!node->children.empty()) return TreeCode::kNotEmpty;
  change.path = std::move(op.path);
  return TreeCode::kOk;
}

TreeCode TreeEngine::CheckSet(const TreeCaller& caller, TreeOp& op, TreeChange& change) const {
  if (!ValidTreePath(op.path)) return TreeCode::kBadArguments;
  const TreeNode* node = store_.Find(op.path);
  if (node == nullptr) return TreeCode::kNoNode;
  if (!Permits(*node->acl, permission::kWrite, caller)) return TreeCode::kNoAuth;
  if (op.version != -1 && op.version != node->version) return TreeCode::kBadVersion;
  // The version wraps to 0 after the last number, not through -1, which would match any.
  change.number = node->version == INT32_MAX ? 0 : node->version + 1;
  change.path = std::move(op.path);
  change.data = std::move(op.data);
  return TreeCode::kOk;
}

TreeCode TreeEngine::CheckSetAcl(const TreeCaller& caller, TreeOp& op, TreeChange& change) const {
  if (!ValidTreePath(op.path)) return TreeCode::kBadArguments;
  std::optional<TreeAclList> acl = ResolveAcl(op.acl, caller);
  if (!acl) return TreeCode::kInvalidAcl;
  const TreeNode* node = store_.Find(op.path);
  if (node == nullptr) return TreeCode::kNoNode;
  if (!Permits(*node->acl, permission::kAdmin, caller)) return TreeCode::kNoAuth;
  if (op.version != -1 && op.version != node->acl_version) return TreeCode::kBadVersion;
  change.number = node->acl_version == INT32_MAX ? 0 : node->acl_version + 1;
  change.path = std::move(op.path);
  change.acl = std::move(*acl);
  return TreeCode::kOk;
}

void TreeEngine::Tell(const std::vector<TreeEvent>& events) {
  for (const TreeEvent& event : events) {
    switch (event.type) {
      case TreeEventType::kCreated:
        watches_.Created(event.path, TreeStore::ParentOf(event.path), watch_sink_);
        break;
      case TreeEventType::kDeleted:
        watches_.Deleted(event.path, TreeStore::ParentOf(event.path), watch_sink_);
        break;
      case TreeEventType::kDataChanged:
        watches_.DataChanged(event.path, watch_sink_);
        break;
      case TreeEventType::kChildrenChanged:
        break;
    }
  }
}

TreeEngine::NodeView TreeEngine::Exists(const std::string& path, WatcherId watcher) {
  if (path.empty()) return {TreeCode::kBadArguments};
  if (watcher != 0) watches_.WatchData(path, watcher);
  const TreeNode* node = store_.Find(path);
  return {node != nullptr ? TreeCode::kOk : TreeCode::kNoNode, node};
}

TreeEngine::NodeView TreeEngine::GetData(const TreeCaller& caller, const std::string& path, WatcherId watcher) {
  const TreeNode* node = store_.Find(path);
  if (node == nullptr) return {TreeCode::kNoNode};
  if (!Permits(*node->acl, permission::kRead, caller)) return {TreeCode::kNoAuth};
  if (watcher != 0) watches_.WatchData(path, watcher);
  return {TreeCode::kOk, node};
}

TreeEngine::NodeView TreeEngine::GetChildren(const TreeCaller& caller, const std::string& path, WatcherId watcher) {
  const TreeNode* node = store_.Find(path);
  if (node == nullptr) return {TreeCode::kNoNode};
  if (!Permits(*node->acl, permission::kRead, caller)) return {TreeCode::kNoAuth};
  if (watcher != 0) watches_.WatchChildren(path, watcher);
  return {TreeCode::kOk, node};
}

TreeCode TreeEngine::GetAcl(const TreeCaller& caller, const std::string& path, TreeAclList& acl, TreeStat& stat) const {
  const TreeNode* node = store_.Find(path);
  if (node == nullptr) return TreeCode::kNoNode;
  if (!Permits(*node->acl, permission::kRead | permission::kAdmin, caller)) return TreeCode::kNoAuth;
  acl = Permits(*node->acl, permission::kAdmin, caller) ? *node->acl : WithoutSecrets(*node->acl);
  stat = node->Stat();
  return TreeCode::kOk;
}

std::vector<std::string> TreeEngine::Ephemerals(int64_t session, std::string_view prefix) const {
  std::vector<std::string> paths;
  const auto it = store_.sessions().find(session);
  if (it == store_.sessions().end()) return paths;
  for (const std::string& path : it->second.ephemerals) {
    if (path.starts_with(prefix)) paths.push_back(path);
  }
  return paths;
}

TreeCode TreeEngine::CountDescendants(const TreeCaller& caller, const std::string& path, int32_t& count) const {
  const TreeNode* node = store_.Find(path);
  if (node == nullptr) return TreeCode::kNoNode;
  if (!Permits(*node->acl, permission::kRead, caller)) return TreeCode::kNoAuth;
  count = 0;
  std::vector<std::string> pending{path};
  while (!pending.empty()) {
    const std::string current = std::move(pending.back());
    pending.pop_back();
    for (const std::string& child : store_.Find(current)->children) {
      ++count;
      std::string below = current == "/" ? "/" + child : current + "/" + child;
      if (!store_.Find(below)->children.empty()) pending.push_back(std::move(below));
    }
  }
  return TreeCode::kOk;
}

void TreeEngine::RestoreWatches(const TreeWatchSet& wanted, WatcherId watcher) {
  for (const std::string& path : wanted.data) {
    const TreeNode* node = store_.Find(path);
    if (node == nullptr) {
      watch_sink_(watcher, TreeEventType::kDeleted, path);
    } else if (node->modified_zxid > wanted.seen_zxid) {
      watch_sink_(watcher, TreeEventType::kDataChanged, path);
    } else {
      watches_.WatchData(path, watcher);
    }
  }
  for (const std::string& path : wanted.exists) {
    if (store_.Find(path) != nullptr) {
      watch_sink_(watcher, TreeEventType::kCreated, path);
    } else {
      watches_.WatchData(path, watcher);
    }
  }
  for (const std::string& path : wanted.children) {
    const TreeNode* node = store_.Find(path);
    if (node == nullptr) {
      watch_sink_(watcher, TreeEventType::kDeleted, path);
    } else if (node->children_modified_zxid > wanted.seen_zxid) {
      watch_sink_(watcher, TreeEventType::kChildrenChanged, path);
    } else {
      watches_.WatchChildren(path, watcher);
    }
  }
  for (const std::string& path : wanted.persistent) watches_.WatchPersistently(path, watcher, false);
  for (const std::string& path : wanted.recursive) watches_.WatchPersistently(path, watcher, true);
}

Status TreeEngine::Replay(std::string_view record) {
  JuteReader in(record);
  const int64_t zxid = in.ReadLong();
  const int64_t time_ms = in.ReadLong();
  const int32_t count = in.ReadCount(TreeChange::kEncodedBytesMin);
  if (in.ok() && zxid <= store_.last_zxid()) return Ok();  // the snapshot has it already
  if (!in.ok() || zxid != store_.last_zxid() + 1) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("the tree journal continues with change {} after {}; restore the data folder from a copy",
                             zxid, store_.last_zxid()));
  }
  for (int32_t i = 0; i < count; ++i) {
    TreeChange change = TreeChange::Decode(in);
    if (!in.ok() || !store_.Possible(change)) {
      return Error(
          ErrorCode::kCorruption,
          fmt::format("change {} of the tree journal does not fit the tree; restore the data folder from a copy",
                      zxid));
    }
    store_.Apply(std::move(change), zxid, time_ms, nullptr);
  }
  return Ok();
}

}  // namespace venice::embedded
