#include "embedded/zookeeper_protocol.h"

namespace venice::embedded {
namespace {

TreeAclList DecodeAcl(JuteReader& in) {
  TreeAclList acl(static_cast<size_t>(in.ReadCount(12)));
  for (TreeAcl& entry : acl) {
    entry.permissions = in.ReadInt();
    entry.scheme = in.ReadBuffer();
    entry.id = in.ReadBuffer();
  }
  return acl;
}

std::vector<std::string> DecodePaths(JuteReader& in) {
  std::vector<std::string> paths(static_cast<size_t>(in.ReadCount(4)));
  for (std::string& path : paths) path = in.ReadBuffer();
  return paths;
}

// Bit 0 ephemeral, bit 1 sequential; 4 container, 5 and 6 with a time to live.
void ApplyCreateFlags(int32_t flags, ZooKeeperStep& step) {
  constexpr int32_t kContainer = 4;
  constexpr int32_t kSequentialTtl = 6;
  step.op.ephemeral = (flags & 1) != 0;
  step.op.sequential = (flags & 2) != 0;
  if (flags < 0 || flags > kSequentialTtl) {
    step.refusal = TreeCode::kBadArguments;
  } else if (flags >= kContainer) {
    step.refusal = TreeCode::kUnimplemented;
  }
}

}  // namespace

std::optional<ZooKeeperConnectRequest> DecodeConnectRequest(std::string_view frame) {
  JuteReader in(frame);
  ZooKeeperConnectRequest request;
  in.ReadInt();  // protocol version, always 0
  request.seen_zxid = in.ReadLong();
  request.timeout_ms = in.ReadInt();
  request.session = in.ReadLong();
  request.password = in.ReadBuffer();
  if (!in.ok()) return std::nullopt;
  request.has_read_only = !in.at_end();
  return request;
}

void EncodeConnectResponse(const TreeSession& session, bool with_read_only, std::string& out) {
  constexpr size_t kPasswordBytes = 16;
  ZooKeeperFrame frame(out);
  frame.writer().Int(0);
  frame.writer().Int(static_cast<int32_t>(session.timeout.count()));
  frame.writer().Long(session.id);
  frame.writer().Buffer(session.password.empty() ? std::string(kPasswordBytes, '\0') : session.password);
  if (with_read_only) frame.writer().Bool(false);
}

ZooKeeperStep DecodeWrite(ZooKeeperOpcode opcode, JuteReader& in) {
  ZooKeeperStep step;
  step.opcode = opcode;
  TreeOp& op = step.op;
  op.path = in.ReadBuffer();
  switch (opcode) {
    case ZooKeeperOpcode::kCreate:
    case ZooKeeperOpcode::kCreate2:
    case ZooKeeperOpcode::kCreateContainer:
    case ZooKeeperOpcode::kCreateTtl:
      op.kind = TreeOp::Kind::kCreate;
      op.data = in.ReadBuffer();
      op.acl = DecodeAcl(in);
      ApplyCreateFlags(in.ReadInt(), step);
      if (opcode == ZooKeeperOpcode::kCreateTtl) in.ReadLong();
      if (opcode == ZooKeeperOpcode::kCreateContainer || opcode == ZooKeeperOpcode::kCreateTtl) {
        step.refusal = TreeCode::kUnimplemented;
      }
      return step;
    case ZooKeeperOpcode::kDelete:
      op.kind = TreeOp::Kind::kDelete;
      op.version = in.ReadInt();
      return step;
    case ZooKeeperOpcode::kSetData:
      op.kind = TreeOp::Kind::kSetData;
      op.data = in.ReadBuffer();
      op.version = in.ReadInt();
      return step;
    case ZooKeeperOpcode::kSetAcl:
      op.kind = TreeOp::Kind::kSetAcl;
      op.acl = DecodeAcl(in);
      op.version = in.ReadInt();
      return step;
    case ZooKeeperOpcode::kCheck:
      op.kind = TreeOp::Kind::kCheck;
      op.version = in.ReadInt();
      return step;
    default:
      step.refusal = TreeCode::kUnimplemented;
      return step;
  }
}

std::optional<std::vector<ZooKeeperStep>> DecodeMulti(JuteReader& in) {
  std::vector<ZooKeeperStep> steps;
  while (in.ok()) {
    const auto opcode = static_cast<ZooKeeperOpcode>(in.ReadInt());
    const bool done = in.ReadBool();
    in.ReadInt();  // an error code, without meaning in requests
    if (!in.ok()) return std::nullopt;
    if (done) return steps;
    switch (opcode) {
      case ZooKeeperOpcode::kCreate:
      case ZooKeeperOpcode::kCreate2:
      case ZooKeeperOpcode::kCreateContainer:
      case ZooKeeperOpcode::kCreateTtl:
      case ZooKeeperOpcode::kDelete:
      case ZooKeeperOpcode::kSetData:
      case ZooKeeperOpcode::kCheck:
        break;
      default:
        return std::nullopt;
    }
    steps.push_back(DecodeWrite(opcode, in));
  }
  return std::nullopt;
}

std::optional<std::vector<ZooKeeperStep>> DecodeMultiRead(JuteReader& in) {
  std::vector<ZooKeeperStep> steps;
  while (in.ok()) {
    ZooKeeperStep step;
    step.opcode = static_cast<ZooKeeperOpcode>(in.ReadInt());
    const bool done = in.ReadBool();
    in.ReadInt();
    if (!in.ok()) return std::nullopt;
    if (done) return steps;
    if (step.opcode != ZooKeeperOpcode::kGetData && step.opcode != ZooKeeperOpcode::kGetChildren) return std::nullopt;
    step.read_path = in.ReadBuffer();
    in.ReadBool();  // watch; multi reads do not watch
    steps.push_back(std::move(step));
  }
  return std::nullopt;
}

std::optional<TreeWatchSet> DecodeSetWatches(JuteReader& in, bool with_persistent) {
  TreeWatchSet wanted;
  wanted.seen_zxid = in.ReadLong();
  wanted.data = DecodePaths(in);
  wanted.exists = DecodePaths(in);
  wanted.children = DecodePaths(in);
  if (with_persistent) {
    wanted.persistent = DecodePaths(in);
    wanted.recursive = DecodePaths(in);
  }
  if (!in.ok()) return std::nullopt;
  return wanted;
}

void EncodeStat(const TreeStat& stat, JuteWriter& out) {
  out.Long(stat.created_zxid);
  out.Long(stat.modified_zxid);
  out.Long(stat.created_ms);
  out.Long(stat.modified_ms);
  out.Int(stat.version);
  out.Int(stat.children_version);
  out.Int(stat.acl_version);
  out.Long(stat.ephemeral_owner);
  out.Int(stat.data_length);
  out.Int(stat.children_count);
  out.Long(stat.children_modified_zxid);
}

void EncodeAcl(const TreeAclList& acl, JuteWriter& out) {
  out.Int(static_cast<int32_t>(acl.size()));
  for (const TreeAcl& entry : acl) {
    out.Int(entry.permissions);
    out.Buffer(entry.scheme);
    out.Buffer(entry.id);
  }
}

void EncodeWriteResult(ZooKeeperOpcode opcode, const TreeOpResult& result, JuteWriter& out) {
  switch (opcode) {
    case ZooKeeperOpcode::kCreate:
      out.Buffer(result.path);
      return;
    case ZooKeeperOpcode::kCreate2:
      out.Buffer(result.path);
      EncodeStat(result.stat, out);
      return;
    case ZooKeeperOpcode::kSetData:
    case ZooKeeperOpcode::kSetAcl:
      EncodeStat(result.stat, out);
      return;
    default:
      return;
  }
}

void EncodeNames(const std::set<std::string, std::less<>>& names, JuteWriter& out) {
  out.Int(static_cast<int32_t>(names.size()));
  for (const std::string& name : names) out.Buffer(name);
}

void EncodeWatchEvent(TreeEventType type, std::string_view path, std::string& out) {
  constexpr int32_t kNotificationXid = -1;
  constexpr int32_t kStateConnected = 3;
  ZooKeeperFrame frame(out);
  frame.Header(kNotificationXid, -1, TreeCode::kOk);
  frame.writer().Int(static_cast<int32_t>(type));
  frame.writer().Int(kStateConnected);
  frame.writer().Buffer(path);
}

}  // namespace venice::embedded
