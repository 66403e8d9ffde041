#include "embedded/zookeeper_handler.h"

#include "base/log.h"
#include "embedded/tree_acl.h"

namespace venice::embedded {

ZooKeeperHandler::Next ZooKeeperHandler::Connect(ZooKeeperPeer& peer, std::string_view frame) {
  const std::optional<ZooKeeperConnectRequest> request = DecodeConnectRequest(frame);
  if (!request) return Next::kClose;
  if (request->seen_zxid > zxid()) {
    // The client has seen changes that this tree does not have: to serve it would be to go back in time.
    LogWarning("zookeeper.client.ahead", {{"client_zxid", request->seen_zxid},
                                          {"server_zxid", zxid()},
                                          {"next", "restart the client; was the data folder replaced?"}});
    return Next::kClose;
  }
  const milliseconds wanted(request->timeout_ms);
  std::optional<TreeSession> session = request->session == 0
                                           ? engine_.OpenSession(wanted)
                                           : engine_.ResumeSession(request->session, request->password, wanted);
  EncodeConnectResponse(session.value_or(TreeSession()), request->has_read_only, peer.out);
  if (!session) return Next::kClose;
  peer.caller.session = session->id;
  return Next::kContinue;
}

ZooKeeperHandler::Next ZooKeeperHandler::Request(ZooKeeperPeer& peer, std::string_view frame) {
  JuteReader in(frame);
  const int32_t xid = in.ReadInt();
  const auto opcode = static_cast<ZooKeeperOpcode>(in.ReadInt());
  if (!in.ok()) return Next::kClose;
  if (!engine_.TouchSession(peer.caller.session)) return Next::kClose;
  switch (opcode) {
    case ZooKeeperOpcode::kPing:
      Answer(peer, xid, TreeCode::kOk);
      return Next::kContinue;
    case ZooKeeperOpcode::kAuth:
      return Authenticate(peer, xid, in);
    case ZooKeeperOpcode::kCloseSession:
      engine_.CloseSession(peer.caller.session);
      Answer(peer, xid, TreeCode::kOk);
      return Next::kClose;
    case ZooKeeperOpcode::kCreate:
    case ZooKeeperOpcode::kCreate2:
    case ZooKeeperOpcode::kCreateContainer:
    case ZooKeeperOpcode::kCreateTtl:
    case ZooKeeperOpcode::kDelete:
    case ZooKeeperOpcode::kSetData:
    case ZooKeeperOpcode::kSetAcl:
    case ZooKeeperOpcode::kCheck:
      Write(peer, xid, opcode, in);
      return Next::kContinue;
    case ZooKeeperOpcode::kMulti:
      Multi(peer, xid, in);
      return Next::kContinue;
    case ZooKeeperOpcode::kMultiRead:
      MultiRead(peer, xid, in);
      return Next::kContinue;
    case ZooKeeperOpcode::kExists:
    case ZooKeeperOpcode::kGetData:
    case ZooKeeperOpcode::kGetAcl:
    case ZooKeeperOpcode::kGetChildren:
    case ZooKeeperOpcode::kGetChildren2:
      Read(peer, xid, opcode, in);
      return Next::kContinue;
    case ZooKeeperOpcode::kSetWatches:
    case ZooKeeperOpcode::kSetWatches2:
    case ZooKeeperOpcode::kAddWatch:
    case ZooKeeperOpcode::kCheckWatches:
    case ZooKeeperOpcode::kRemoveWatches:
      Watch(peer, xid, opcode, in);
      return Next::kContinue;
    case ZooKeeperOpcode::kSync:
    case ZooKeeperOpcode::kGetEphemerals:
    case ZooKeeperOpcode::kGetAllChildrenNumber:
    case ZooKeeperOpcode::kWhoAmI:
      Inquire(peer, xid, opcode, in);
      return Next::kContinue;
    default:
      Answer(peer, xid, TreeCode::kUnimplemented);
      return Next::kContinue;
  }
}

void ZooKeeperHandler::Answer(ZooKeeperPeer& peer, int32_t xid, TreeCode code) {
  ZooKeeperFrame(peer.out).Header(xid, zxid(), code);
}

ZooKeeperHandler::Next ZooKeeperHandler::Authenticate(ZooKeeperPeer& peer, int32_t xid, JuteReader& in) {
  in.ReadInt();  // type, unused
  const std::string_view scheme = in.ReadBuffer();
  const std::string_view secret = in.ReadBuffer();
  if (in.ok() && scheme == "digest") {
    TreeIdentity identity = DigestIdentity(secret);
    auto& identities = peer.caller.identities;
    if (std::find(identities.begin(), identities.end(), identity) == identities.end()) {
      identities.push_back(std::move(identity));
    }
    Answer(peer, xid, TreeCode::kOk);
    return Next::kContinue;
  }
  if (in.ok() && (scheme == "world" || scheme == "ip")) {  // everybody has these already
    Answer(peer, xid, TreeCode::kOk);
    return Next::kContinue;
  }
  Answer(peer, xid, TreeCode::kAuthFailed);
  return Next::kClose;
}

void ZooKeeperHandler::Write(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in) {
  ZooKeeperStep step = DecodeWrite(opcode, in);
  if (!in.ok()) return Answer(peer, xid, TreeCode::kMarshallingError);
  if (step.refusal != TreeCode::kOk) return Answer(peer, xid, step.refusal);
  std::vector<TreeOp> ops;
  ops.push_back(std::move(step.op));
  const TreeOpResult result = std::move(engine_.Write(peer.caller, std::move(ops)).front());
  ZooKeeperFrame frame(peer.out);
  frame.Header(xid, zxid(), result.code);
  if (result.code == TreeCode::kOk) EncodeWriteResult(opcode, result, frame.writer());
}

void ZooKeeperHandler::Multi(ZooKeeperPeer& peer, int32_t xid, JuteReader& in) {
  std::optional<std::vector<ZooKeeperStep>> steps = DecodeMulti(in);
  if (!steps) return Answer(peer, xid, TreeCode::kMarshallingError);

  std::vector<TreeOpResult> results;
  const auto refused = std::find_if(steps->begin(), steps->end(),
                                    [](const ZooKeeperStep& step) { return step.refusal != TreeCode::kOk; });
  if (refused != steps->end()) {
    results.resize(steps->size());
    const auto at = static_cast<size_t>(refused - steps->begin());
    results[at].code = refused->refusal;
    for (size_t i = at + 1; i < results.size(); ++i) results[i].code = TreeCode::kRuntimeInconsistency;
  } else {
    std::vector<TreeOp> ops;
    for (ZooKeeperStep& step : *steps) ops.push_back(std::move(step.op));
    results = engine_.Write(peer.caller, std::move(ops));
  }
  const bool failed = std::any_of(results.begin(), results.end(),
                                  [](const TreeOpResult& result) { return result.code != TreeCode::kOk; });

  ZooKeeperFrame frame(peer.out);
  JuteWriter& out = frame.writer();
  frame.Header(xid, zxid(), TreeCode::kOk);
  for (size_t i = 0; i < results.size(); ++i) {
    const TreeOpResult& result = results[i];
    out.Int(static_cast<int32_t>(failed ? ZooKeeperOpcode::kError : (*steps)[i].opcode));
    out.Bool(false);
    out.Int(static_cast<int32_t>(result.code));
    if (failed) {
      out.Int(static_cast<int32_t>(result.code));
    } else {
      EncodeWriteResult((*steps)[i].opcode, result, out);
    }
  }
  out.Int(-1);
  out.Bool(true);
  out.Int(-1);
}

void ZooKeeperHandler::MultiRead(ZooKeeperPeer& peer, int32_t xid, JuteReader& in) {
  const std::optional<std::vector<ZooKeeperStep>> steps = DecodeMultiRead(in);
  if (!steps) return Answer(peer, xid, TreeCode::kMarshallingError);
  ZooKeeperFrame frame(peer.out);
  JuteWriter& out = frame.writer();
  frame.Header(xid, zxid(), TreeCode::kOk);
  for (const ZooKeeperStep& step : *steps) {
    const TreeEngine::NodeView view = step.opcode == ZooKeeperOpcode::kGetData
                                          ? engine_.GetData(peer.caller, step.read_path, 0)
                                          : engine_.GetChildren(peer.caller, step.read_path, 0);
    const bool found = view.code == TreeCode::kOk;
    out.Int(static_cast<int32_t>(found ? step.opcode : ZooKeeperOpcode::kError));
    out.Bool(false);
    out.Int(static_cast<int32_t>(view.code));
    if (!found) {
      out.Int(static_cast<int32_t>(view.code));
    } else if (step.opcode == ZooKeeperOpcode::kGetData) {
      out.Buffer(view.node->data);
      EncodeStat(view.node->Stat(), out);
    } else {
      EncodeNames(view.node->children, out);
    }
  }
  out.Int(-1);
  out.Bool(true);
  out.Int(-1);
}

void ZooKeeperHandler::Read(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in) {
  const std::string path(in.ReadBuffer());
  const bool wants_watch = opcode != ZooKeeperOpcode::kGetAcl && in.ReadBool();
  if (!in.ok()) return Answer(peer, xid, TreeCode::kMarshallingError);
  const WatcherId watcher = wants_watch ? peer.id : 0;

  if (opcode == ZooKeeperOpcode::kGetAcl) {
    TreeAclList acl;
    TreeStat stat;
    const TreeCode code = engine_.GetAcl(peer.caller, path, acl, stat);
    if (code != TreeCode::kOk) return Answer(peer, xid, code);
    ZooKeeperFrame frame(peer.out);
    frame.Header(xid, zxid(), TreeCode::kOk);
    EncodeAcl(acl, frame.writer());
    EncodeStat(stat, frame.writer());
    return;
  }

  TreeEngine::NodeView view;
  if (opcode == ZooKeeperOpcode::kExists) {
    view = engine_.Exists(path, watcher);
  } else if (opcode == ZooKeeperOpcode::kGetData) {
    view = engine_.GetData(peer.caller, path, watcher);
  } else {
    view = engine_.GetChildren(peer.caller, path, watcher);
  }
  ZooKeeperFrame frame(peer.out);
  frame.Header(xid, zxid(), view.code);
  if (view.code != TreeCode::kOk) return;
  if (opcode == ZooKeeperOpcode::kGetData) frame.writer().Buffer(view.node->data);
  if (opcode == ZooKeeperOpcode::kGetChildren || opcode == ZooKeeperOpcode::kGetChildren2) {
    EncodeNames(view.node->children, frame.writer());
  }
  if (opcode != ZooKeeperOpcode::kGetChildren) EncodeStat(view.node->Stat(), frame.writer());
}

void ZooKeeperHandler::Watch(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in) {
  constexpr int32_t kPersistent = 0;
  constexpr int32_t kPersistentRecursive = 1;
  if (opcode == ZooKeeperOpcode::kSetWatches || opcode == ZooKeeperOpcode::kSetWatches2) {
    const std::optional<TreeWatchSet> wanted = DecodeSetWatches(in, opcode == ZooKeeperOpcode::kSetWatches2);
    if (!wanted) return Answer(peer, xid, TreeCode::kMarshallingError);
    engine_.RestoreWatches(*wanted, peer.id);
    return Answer(peer, xid, TreeCode::kOk);
  }
  const std::string path(in.ReadBuffer());
  const int32_t kind = in.ReadInt();
  if (!in.ok()) return Answer(peer, xid, TreeCode::kMarshallingError);
  if (opcode == ZooKeeperOpcode::kAddWatch) {
    if (kind != kPersistent && kind != kPersistentRecursive) return Answer(peer, xid, TreeCode::kBadArguments);
    engine_.watches().WatchPersistently(path, peer.id, kind == kPersistentRecursive);
    ZooKeeperFrame frame(peer.out);
    frame.Header(xid, zxid(), TreeCode::kOk);
    frame.writer().Int(0);  // ErrorResponse
    return;
  }
  if (kind < 1 || kind > 3) return Answer(peer, xid, TreeCode::kBadArguments);
  const auto watch_kind = static_cast<TreeWatches::Kind>(kind);
  const bool found = opcode == ZooKeeperOpcode::kRemoveWatches ? engine_.watches().Remove(path, peer.id, watch_kind)
                                                               : engine_.watches().Contains(path, peer.id, watch_kind);
  Answer(peer, xid, found ? TreeCode::kOk : TreeCode::kNoWatcher);
}

void ZooKeeperHandler::Inquire(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in) {
  const std::string path(opcode == ZooKeeperOpcode::kWhoAmI ? std::string_view() : in.ReadBuffer());
  if (!in.ok()) return Answer(peer, xid, TreeCode::kMarshallingError);
  int32_t count = 0;
  if (opcode == ZooKeeperOpcode::kGetAllChildrenNumber) {
    const TreeCode code = engine_.CountDescendants(peer.caller, path, count);
    if (code != TreeCode::kOk) return Answer(peer, xid, code);
  }
  ZooKeeperFrame frame(peer.out);
  JuteWriter& out = frame.writer();
  frame.Header(xid, zxid(), TreeCode::kOk);
  switch (opcode) {
    case ZooKeeperOpcode::kSync:
      out.Buffer(path);
      return;
    case ZooKeeperOpcode::kGetAllChildrenNumber:
      out.Int(count);
      return;
    case ZooKeeperOpcode::kGetEphemerals: {
      const std::vector<std::string> paths = engine_.Ephemerals(peer.caller.session, path);
      out.Int(static_cast<int32_t>(paths.size()));
      for (const std::string& ephemeral : paths) out.Buffer(ephemeral);
      return;
    }
    default: {
      out.Int(static_cast<int32_t>(peer.caller.identities.size()));
      for (const TreeIdentity& identity : peer.caller.identities) {
        out.Buffer(identity.scheme);
        out.Buffer(identity.scheme == "digest" ? identity.id.substr(0, identity.id.find(':')) : identity.id);
      }
      return;
    }
  }
}

}  // namespace venice::embedded
