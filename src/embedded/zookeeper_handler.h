// One client's requests against the tree: what each opcode does and answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "embedded/tree_engine.h"
#include "embedded/zookeeper_protocol.h"

namespace venice::embedded {

// The state of a connection that requests see. `id` names it to the watches.
struct ZooKeeperPeer {
  WatcherId id = 0;
  TreeCaller caller;  // session 0 until the session is established
  std::string out;    // replies and watch events, in order, not yet sent
};

// Loop-bound. Appends to peer.out; the server sends it after the journal's Commit().
class ZooKeeperHandler {
 public:
  explicit ZooKeeperHandler(TreeEngine& engine) : engine_(engine) {}

  enum class Next { kContinue, kClose };  // kClose: send what is in `out`, then hang up

  // The first frame of a connection. On success the caller's session is set.
  Next Connect(ZooKeeperPeer& peer, std::string_view frame);
  // Every later frame.
  Next Request(ZooKeeperPeer& peer, std::string_view frame);

 private:
  void Write(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in);
  void Multi(ZooKeeperPeer& peer, int32_t xid, JuteReader& in);
  void MultiRead(ZooKeeperPeer& peer, int32_t xid, JuteReader& in);
  void Read(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in);
  void Watch(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in);
  void Inquire(ZooKeeperPeer& peer, int32_t xid, ZooKeeperOpcode opcode, JuteReader& in);
  Next Authenticate(ZooKeeperPeer& peer, int32_t xid, JuteReader& in);
  void Answer(ZooKeeperPeer& peer, int32_t xid, TreeCode code);
  int64_t zxid() const { return engine_.store().last_zxid(); }

  TreeEngine& engine_;
};

}  // namespace venice::embedded
