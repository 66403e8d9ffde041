// The values that go into and come out of the tree engine. Numbers are those of ZooKeeper's protocol.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace venice::embedded {

enum class TreeCode : int32_t {
  kOk = 0,
  kRuntimeInconsistency = -2,  // a step of a multi that was not reached
  kMarshallingError = -5,
  kUnimplemented = -6,
  kBadArguments = -8,
  kNoNode = -101,
  kNoAuth = -102,
  kBadVersion = -103,
  kNoChildrenForEphemerals = -108,
  kNodeExists = -110,
  kNotEmpty = -111,
  kSessionExpired = -112,
  kInvalidAcl = -114,
  kAuthFailed = -115,
  kNoWatcher = -121,
};

namespace permission {
inline constexpr int32_t kRead = 1;
inline constexpr int32_t kWrite = 2;
inline constexpr int32_t kCreate = 4;
inline constexpr int32_t kDelete = 8;
inline constexpr int32_t kAdmin = 16;
inline constexpr int32_t kAll = 31;
}  // namespace permission

struct TreeAcl {
  int32_t permissions = 0;
  std::string scheme;
  std::string id;
  bool operator==(const TreeAcl&) const = default;
};
using TreeAclList = std::vector<TreeAcl>;

// Who somebody has shown to be: {"digest", "user:hash"} or {"ip", "127.0.0.1"}.
struct TreeIdentity {
  std::string scheme;
  std::string id;
  bool operator==(const TreeIdentity&) const = default;
};

struct TreeCaller {
  int64_t session = 0;
  std::vector<TreeIdentity> identities;
};

struct TreeStat {
  int64_t created_zxid = 0;
  int64_t modified_zxid = 0;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int32_t version = 0;
  int32_t children_version = 0;
  int32_t acl_version = 0;
  int64_t ephemeral_owner = 0;
  int32_t data_length = 0;
  int32_t children_count = 0;
  int64_t children_modified_zxid = 0;
};

enum class TreeEventType : int32_t { kCreated = 1, kDeleted = 2, kDataChanged = 3, kChildrenChanged = 4 };

struct TreeOp {
  enum class Kind : int8_t { kCreate = 1, kDelete = 2, kSetData = 5, kSetAcl = 7, kCheck = 13 };
  Kind kind = Kind::kCheck;
  std::string path;
  std::string data;
  TreeAclList acl;
  int32_t version = -1;  // -1 matches any
  bool ephemeral = false;
  bool sequential = false;
};

struct TreeOpResult {
  TreeCode code = TreeCode::kOk;
  std::string path;  // created, with its sequence number
  TreeStat stat;     // after create, set data and set ACL
};

}  // namespace venice::embedded
