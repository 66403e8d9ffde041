// ZooKeeper's client protocol: requests decoded, replies encoded. Pure functions on bytes.
// Source: zookeeper.jute and ZooDefs of ZooKeeper 3.8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "embedded/tree_engine.h"
#include "embedded/tree_types.h"
#include "embedded/zookeeper_jute.h"

namespace venice::embedded {

enum class ZooKeeperOpcode : int32_t {
  kNotification = 0,
  kCreate = 1,
  kDelete = 2,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kGetAcl = 6,
  kSetAcl = 7,
  kGetChildren = 8,
  kSync = 9,
  kPing = 11,
  kGetChildren2 = 12,
  kCheck = 13,
  kMulti = 14,
  kCreate2 = 15,
  kReconfig = 16,
  kCheckWatches = 17,
  kRemoveWatches = 18,
  kCreateContainer = 19,
  kDeleteContainer = 20,
  kCreateTtl = 21,
  kMultiRead = 22,
  kAuth = 100,
  kSetWatches = 101,
  kSasl = 102,
  kGetEphemerals = 103,
  kGetAllChildrenNumber = 104,
  kSetWatches2 = 105,
  kAddWatch = 106,
  kWhoAmI = 107,
  kCreateSession = -10,
  kCloseSession = -11,
  kError = -1,
};

struct ZooKeeperConnectRequest {
  int64_t seen_zxid = 0;
  int32_t timeout_ms = 0;
  int64_t session = 0;  // 0 asks for a new one
  std::string password;
  bool has_read_only = false;  // clients before 3.4 do not send the flag and do not expect it back
};

std::optional<ZooKeeperConnectRequest> DecodeConnectRequest(std::string_view frame);
// A session with id 0 and timeout 0 says that the session asked for has expired.
void EncodeConnectResponse(const TreeSession& session, bool with_read_only, std::string& out);

// The steps of a multi.
struct ZooKeeperStep {
  ZooKeeperOpcode opcode = ZooKeeperOpcode::kError;
  TreeCode refusal = TreeCode::kOk;  // this server cannot do it
  TreeOp op;
  std::string read_path;  // of a kMultiRead
};

// One write as single requests and multis carry it. The reader's ok() tells whether it was whole.
ZooKeeperStep DecodeWrite(ZooKeeperOpcode opcode, JuteReader& in);
// nullopt when malformed.
std::optional<std::vector<ZooKeeperStep>> DecodeMulti(JuteReader& in);
std::optional<std::vector<ZooKeeperStep>> DecodeMultiRead(JuteReader& in);
std::optional<TreeWatchSet> DecodeSetWatches(JuteReader& in, bool with_persistent);

void EncodeStat(const TreeStat& stat, JuteWriter& out);
void EncodeAcl(const TreeAclList& acl, JuteWriter& out);
// The body of the answer to one successful write.
void EncodeWriteResult(ZooKeeperOpcode opcode, const TreeOpResult& result, JuteWriter& out);
void EncodeNames(const std::set<std::string, std::less<>>& names, JuteWriter& out);

// Appends one frame: length, then what is written through writer().
class ZooKeeperFrame {
 public:
  explicit ZooKeeperFrame(std::string& out) : out_(out), start_(out.size()), writer_(out) { writer_.Int(0); }
  ~ZooKeeperFrame() { StoreBigEndian(out_.data() + start_, static_cast<int32_t>(out_.size() - start_ - 4)); }
  ZooKeeperFrame(const ZooKeeperFrame&) = delete;
  ZooKeeperFrame& operator=(const ZooKeeperFrame&) = delete;

  JuteWriter& writer() { return writer_; }
  void Header(int32_t xid, int64_t zxid, TreeCode code) {
    writer_.Int(xid);
    writer_.Long(zxid);
    writer_.Int(static_cast<int32_t>(code));
  }

 private:
  std::string& out_;
  const size_t start_;
  JuteWriter writer_;
};

void EncodeWatchEvent(TreeEventType type, std::string_view path, std::string& out);

}  // namespace venice::embedded
