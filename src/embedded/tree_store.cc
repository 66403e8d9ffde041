#include "embedded/tree_store.h"

#include <algorithm>

#include "base/check.h"

namespace venice::embedded {
namespace {

void EncodeAcl(const TreeAclList& acl, std::string& out) {
  JuteWriter writer(out);
  writer.Int(static_cast<int32_t>(acl.size()));
  for (const TreeAcl& entry : acl) {
    writer.Int(entry.permissions);
    writer.Buffer(entry.scheme);
    writer.Buffer(entry.id);
  }
}

TreeAclList DecodeAcl(JuteReader& in) {
  TreeAclList acl(static_cast<size_t>(in.ReadCount(12)));
  for (TreeAcl& entry : acl) {
    entry.permissions = in.ReadInt();
    entry.scheme = in.ReadBuffer();
    entry.id = in.ReadBuffer();
  }
  return acl;
}

}  // namespace

void TreeChange::Encode(std::string& out) const {
  JuteWriter writer(out);
  writer.Byte(static_cast<int8_t>(kind));
  writer.Buffer(path);
  writer.Buffer(data);
  EncodeAcl(acl, out);
  writer.Long(session);
  writer.Int(number);
}

TreeChange TreeChange::Decode(JuteReader& in) {
  TreeChange change;
  change.kind = static_cast<Kind>(in.ReadByte());
  change.path = in.ReadBuffer();
  change.data = in.ReadBuffer();
  change.acl = DecodeAcl(in);
  change.session = in.ReadLong();
  change.number = in.ReadInt();
  return change;
}

TreeStat TreeNode::Stat() const {
  const auto count = static_cast<int32_t>(children.size());
  return {.created_zxid = created_zxid,
          .modified_zxid = modified_zxid,
          .created_ms = created_ms,
          .modified_ms = modified_ms,
          .version = version,
          // Creations plus deletions, as ZooKeeper 3.x reports it (the root of an empty tree therefore has -1).
          .children_version = children_created * 2 - count,
          .acl_version = acl_version,
          .ephemeral_owner = ephemeral_owner,
          .data_length = static_cast<int32_t>(data.size()),
          .children_count = count,
          .children_modified_zxid = children_modified_zxid};
}

TreeStore::TreeStore() {
  // The nodes every ZooKeeper has; clients such as zkCli look into them.
  AddReserved("/", permission::kAll);
  AddReserved("/zookeeper", permission::kAll);
  AddReserved("/zookeeper/config", permission::kRead);
  AddReserved("/zookeeper/quota", permission::kAll);
}

void TreeStore::AddReserved(const std::string& path, int32_t permissions) {
  TreeNode& node = nodes_[path];
  node.acl = Share({{permissions, "world", "anyone"}});
  if (path != "/") Get(ParentOf(path)).children.emplace(NameOf(path));
}

std::string TreeStore::ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == 0 || slash == std::string_view::npos) return "/";
  return std::string(path.substr(0, slash));
}

std::string_view TreeStore::NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

const TreeNode* TreeStore::Find(std::string_view path) const {
  const auto it = nodes_.find(path);
  return it == nodes_.end() ? nullptr : &it->second;
}

TreeNode& TreeStore::Get(std::string_view path) {
  const auto it = nodes_.find(path);
  VENICE_CHECK(it != nodes_.end());
  return it->second;
}

std::shared_ptr<const TreeAclList> TreeStore::Share(const TreeAclList& acl) {
  constexpr size_t kUnusedKept = 1'000;
  std::string key;
  EncodeAcl(acl, key);
  auto& shared = shared_acls_[std::move(key)];
  if (shared == nullptr) shared = std::make_shared<const TreeAclList>(acl);
  const std::shared_ptr<const TreeAclList> result = shared;
  if (shared_acls_.size() % kUnusedKept == 0) {
    std::erase_if(shared_acls_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  return result;
}

bool TreeStore::Possible(const TreeChange& change) const {
  switch (change.kind) {
    case TreeChange::Kind::kCreate:
      return change.path.size() > 1 && change.path[0] == '/' && Find(change.path) == nullptr &&
             Find(ParentOf(change.path)) != nullptr && (change.session == 0 || sessions_.contains(change.session));
    case TreeChange::Kind::kDelete: {
      const TreeNode* node = Find(change.path);
      return node != nullptr && change.path != "/" && node->children.empty();
    }
    case TreeChange::Kind::kSetData:
    case TreeChange::Kind::kSetAcl:
      return Find(change.path) != nullptr;
    case TreeChange::Kind::kOpenSession:
      return !sessions_.contains(change.session);
    case TreeChange::Kind::kCloseSession:
      return sessions_.contains(change.session);
  }
  return false;
}

void TreeStore::Apply(TreeChange change, int64_t zxid, int64_t time_ms, std::vector<TreeEvent>* events, Undo* undo) {
  last_zxid_ = zxid;
  if (undo != nullptr) {
    undo->kind = change.kind;
    undo->path = change.path;
  }
  switch (change.kind) {
    case TreeChange::Kind::kCreate: {
      TreeNode& parent = Get(ParentOf(change.path));
      if (undo != nullptr) {
        undo->before.children_created = parent.children_created;
        undo->before.children_modified_zxid = parent.children_modified_zxid;
      }
      parent.children.emplace(NameOf(change.path));
      ++parent.children_created;
      parent.children_modified_zxid = zxid;
      TreeNode& node = nodes_[change.path];
      node.data = std::move(change.data);
      node.acl = Share(change.acl);
      node.created_zxid = node.modified_zxid = node.children_modified_zxid = zxid;
      node.created_ms = node.modified_ms = time_ms;
      node.ephemeral_owner = change.session;
      data_bytes_ += static_cast<int64_t>(node.data.size());
      if (change.session != 0) sessions_.at(change.session).ephemerals.insert(change.path);
      if (events != nullptr) events->push_back({TreeEventType::kCreated, std::move(change.path)});
      return;
    }
    case TreeChange::Kind::kDelete:
      Detach(change.path, zxid, undo);
      if (events != nullptr) events->push_back({TreeEventType::kDeleted, std::move(change.path)});
      return;
    case TreeChange::Kind::kSetData: {
      TreeNode& node = Get(change.path);
      data_bytes_ += static_cast<int64_t>(change.data.size()) - static_cast<int64_t>(node.data.size());
      if (undo != nullptr) {
        undo->before.data = std::move(node.data);
        undo->before.version = node.version;
        undo->before.modified_zxid = node.modified_zxid;
        undo->before.modified_ms = node.modified_ms;
      }
      node.data = std::move(change.data);
      node.version = change.number;
      node.modified_zxid = zxid;
      node.modified_ms = time_ms;
      if (events != nullptr) events->push_back({TreeEventType::kDataChanged, std::move(change.path)});
      return;
    }
    case TreeChange::Kind::kSetAcl: {
      TreeNode& node = Get(change.path);
      if (undo != nullptr) {
        undo->before.acl = node.acl;
        undo->before.acl_version = node.acl_version;
      }
      node.acl = Share(change.acl);
      node.acl_version = change.number;
      return;
    }
    case TreeChange::Kind::kOpenSession:
      sessions_[change.session] = {change.number, std::move(change.data), {}};
      last_session_ = std::max(last_session_, change.session);
      return;
    case TreeChange::Kind::kCloseSession: {
      const auto it = sessions_.find(change.session);
      const std::set<std::string> ephemerals = it->second.ephemerals;
      for (const std::string& path : ephemerals) {
        Detach(path, zxid, nullptr);
        if (events != nullptr) events->push_back({TreeEventType::kDeleted, path});
      }
      sessions_.erase(it);
      return;
    }
  }
}

void TreeStore::Detach(const std::string& path, int64_t zxid, Undo* undo) {
  TreeNode& parent = Get(ParentOf(path));
  const auto it = nodes_.find(path);
  const int64_t parent_zxid_before = parent.children_modified_zxid;
  parent.children.erase(parent.children.find(NameOf(path)));
  parent.children_modified_zxid = zxid;
  data_bytes_ -= static_cast<int64_t>(it->second.data.size());
  if (it->second.ephemeral_owner != 0) sessions_.at(it->second.ephemeral_owner).ephemerals.erase(path);
  if (undo != nullptr) {
    undo->before = std::move(it->second);
    undo->parent_children_modified_zxid = parent_zxid_before;
  }
  nodes_.erase(it);
}

void TreeStore::Revert(Undo undo) {
  switch (undo.kind) {
    case TreeChange::Kind::kCreate: {
      Detach(undo.path, 0, nullptr);
      TreeNode& parent = Get(ParentOf(undo.path));
      parent.children_created = undo.before.children_created;
      parent.children_modified_zxid = undo.before.children_modified_zxid;
      return;
    }
    case TreeChange::Kind::kDelete: {
      TreeNode& parent = Get(ParentOf(undo.path));
      parent.children.emplace(NameOf(undo.path));
      parent.children_modified_zxid = undo.parent_children_modified_zxid;
      data_bytes_ += static_cast<int64_t>(undo.before.data.size());
      if (undo.before.ephemeral_owner != 0) sessions_.at(undo.before.ephemeral_owner).ephemerals.insert(undo.path);
      nodes_[undo.path] = std::move(undo.before);
      return;
    }
    case TreeChange::Kind::kSetData: {
      TreeNode& node = Get(undo.path);
      data_bytes_ += static_cast<int64_t>(undo.before.data.size()) - static_cast<int64_t>(node.data.size());
      node.data = std::move(undo.before.data);
      node.version = undo.before.version;
      node.modified_zxid = undo.before.modified_zxid;
      node.modified_ms = undo.before.modified_ms;
      return;
    }
    case TreeChange::Kind::kSetAcl: {
      TreeNode& node = Get(undo.path);
      node.acl = std::move(undo.before.acl);
      node.acl_version = undo.before.acl_version;
      return;
    }
    case TreeChange::Kind::kOpenSession:
    case TreeChange::Kind::kCloseSession:
      break;
  }
  VENICE_CHECK(false);
}

void TreeStore::EncodeSnapshot(std::string& out) const {
  JuteWriter writer(out);
  writer.Long(last_zxid_);
  writer.Long(last_session_);
  writer.Int(static_cast<int32_t>(sessions_.size()));
  for (const auto& [id, session] : sessions_) {
    writer.Long(id);
    writer.Int(session.timeout_ms);
    writer.Buffer(session.password);
  }

  // Sorted paths put every parent before its children.
  std::vector<const std::pair<const std::string, TreeNode>*> sorted;
  sorted.reserve(nodes_.size());
  for (const auto& entry : nodes_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });

  std::unordered_map<const TreeAclList*, int32_t> acl_numbers;
  std::vector<const TreeAclList*> acls;
  for (const auto* entry : sorted) {
    const TreeAclList* acl = entry->second.acl.get();
    if (acl_numbers.emplace(acl, static_cast<int32_t>(acls.size())).second) acls.push_back(acl);
  }
  writer.Int(static_cast<int32_t>(acls.size()));
  for (const TreeAclList* acl : acls) EncodeAcl(*acl, out);

  writer.Int(static_cast<int32_t>(sorted.size()));
  for (const auto* entry : sorted) {
    const TreeNode& node = entry->second;
    writer.Buffer(entry->first);
    writer.Buffer(node.data);
    writer.Int(acl_numbers.at(node.acl.get()));
    writer.Long(node.created_zxid);
    writer.Long(node.modified_zxid);
    writer.Long(node.children_modified_zxid);
    writer.Long(node.created_ms);
    writer.Long(node.modified_ms);
    writer.Long(node.ephemeral_owner);
    writer.Int(node.version);
    writer.Int(node.acl_version);
    writer.Int(node.children_created);
  }
}

Status TreeStore::LoadSnapshot(std::string_view bytes) {
  const Error corrupt(ErrorCode::kCorruption, "the tree snapshot is malformed; restore the data folder from a copy");
  nodes_.clear();
  sessions_.clear();
  shared_acls_.clear();
  data_bytes_ = 0;
  JuteReader in(bytes);
  last_zxid_ = in.ReadLong();
  last_session_ = in.ReadLong();
  for (int32_t left = in.ReadCount(16); left > 0; --left) {
    const int64_t id = in.ReadLong();
    Session& session = sessions_[id];
    session.timeout_ms = in.ReadInt();
    session.password = in.ReadBuffer();
  }
  std::vector<std::shared_ptr<const TreeAclList>> acls;
  for (int32_t left = in.ReadCount(4); left > 0; --left) acls.push_back(Share(DecodeAcl(in)));

  const int32_t count = in.ReadCount(72);
  nodes_.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    const std::string path(in.ReadBuffer());
    TreeNode node;
    node.data = in.ReadBuffer();
    const int32_t acl = in.ReadInt();
    node.created_zxid = in.ReadLong();
    node.modified_zxid = in.ReadLong();
    node.children_modified_zxid = in.ReadLong();
    node.created_ms = in.ReadLong();
    node.modified_ms = in.ReadLong();
    node.ephemeral_owner = in.ReadLong();
    node.version = in.ReadInt();
    node.acl_version = in.ReadInt();
    node.children_created = in.ReadInt();
    if (!in.ok() || path.empty() || acl < 0 || static_cast<size_t>(acl) >= acls.size()) return corrupt;
    node.acl = acls[static_cast<size_t>(acl)];
    data_bytes_ += static_cast<int64_t>(node.data.size());
    if (node.ephemeral_owner != 0) {
      const auto session = sessions_.find(node.ephemeral_owner);
      if (session == sessions_.end()) return corrupt;
      session->second.ephemerals.insert(path);
    }
    if (path != "/") {
      const auto parent = nodes_.find(ParentOf(path));
      if (parent == nodes_.end()) return corrupt;
      parent->second.children.emplace(NameOf(path));
    }
    nodes_[path] = std::move(node);
  }
  if (!in.ok() || Find("/") == nullptr) return corrupt;
  return Ok();
}

}  // namespace venice::embedded
