#include "zk/zookeeper_errors.h"

#include <zookeeper/zookeeper.h>

#include <fmt/format.h>

namespace venice::zk {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view text;
};

Meaning Explain(int rc) {
  switch (rc) {
    case ZNONODE:
      return {ErrorCode::kNotFound, "no such node (for a create: no such parent); create the parents first"};
    case ZNODEEXISTS:
      return {ErrorCode::kAlreadyExists, "the node exists already; read it, or choose another name"};
    case ZBADVERSION:
      return {ErrorCode::kConflict, "the node was changed meanwhile; read it again and retry with its new version"};
    case ZNOTEMPTY:
      return {ErrorCode::kConflict, "the node has children; delete them first"};
    case ZNOCHILDRENFOREPHEMERALS:
      return {ErrorCode::kInvalidArgument,
              "the parent is ephemeral, and such nodes have no children; use another parent"};
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
      return {ErrorCode::kUnavailable,
              "the connection was lost and a write may or may not have happened; read back, then retry"};
    case ZCLOSING:
    case ZINVALIDSTATE:
    case ZNOTREADONLY:
    case ZSESSIONMOVED:
    case ZTHROTTLEDOP:
      return {ErrorCode::kUnavailable, "no usable connection at the moment; retry after a pause"};
    case ZSESSIONEXPIRED:
      return {ErrorCode::kSessionExpired,
              "the session expired, its ephemeral nodes and watches are gone; create them again in the new session"};
    case ZNOAUTH:
    case ZAUTHFAILED:
    case ZINVALIDACL:
    case ZSESSIONCLOSEDREQUIRESASLAUTH:
      return {ErrorCode::kPermissionDenied, "the node's access list refuses it; check the digest user and password"};
    case ZBADARGUMENTS:
      return {ErrorCode::kInvalidArgument,
              "refused as malformed; a path starts with '/', has no empty, '.' or '..' part and no trailing '/'"};
    case ZMARSHALLINGERROR:
      return {ErrorCode::kCorruption, "the answer cannot be decoded; check that a ZooKeeper listens at this address"};
    case ZUNIMPLEMENTED:
      return {ErrorCode::kUnsupported, "the server does not know this operation; use ZooKeeper 3.5 or later"};
    default:
      return {ErrorCode::kInternal, "unexpected answer of the ZooKeeper client library; see the server's log"};
  }
}

}  // namespace

Error ZooKeeperError(int rc, std::string_view attempt, std::string_view path) {
  const Meaning meaning = Explain(rc);
  return Error(meaning.code, fmt::format("ZooKeeper {} {}: {} ({})", attempt, path, meaning.text, zerror(rc)));
}

}  // namespace venice::zk
