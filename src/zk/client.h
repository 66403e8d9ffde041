// The coordination seam: a tree of nodes with versions, ephemeral owners and one-shot watches.
//
// Calls block until the server has answered, so they belong on control threads and pools, never on an event loop.
// Watch callbacks and session listeners run on one thread of the client, in the order of events; they must not block
// for long, and must not call back into the client: post to your own thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace venice::zk {

struct Stat {
  int64_t created_zxid = 0;
  int64_t modified_zxid = 0;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int32_t version = 0;  // of the data
  int32_t children_version = 0;
  int32_t acl_version = 0;
  int64_t ephemeral_owner = 0;  // session id; 0 for a persistent node
  int32_t data_length = 0;
  int32_t children_count = 0;
  int64_t children_modified_zxid = 0;
};

struct Node {
  std::string data;
  Stat stat;
};

enum class CreateMode { kPersistent, kEphemeral, kPersistentSequential, kEphemeralSequential };

struct WatchEvent {
  enum class Type {
    kCreated,
    kDeleted,
    kDataChanged,
    kChildrenChanged,
    kSessionLost,  // the session expired: the watch will never fire; register again in the next session
  };
  Type type;
  std::string path;
};
using Watcher = std::function<void(const WatchEvent&)>;

enum class SessionEvent {
  kConnected,     // again, after kDisconnected or kExpired; of the first connection Connect() tells by returning
  kDisconnected,  // nothing is lost yet; calls return kUnavailable
  kExpired,       // ephemeral nodes and watches are gone; the client opens a new session by itself, then kConnected
};

// One step of a multi. Exactly what the single call of the same name does.
struct Op {
  enum class Kind { kCreate, kDelete, kSet, kCheck };
  Kind kind;
  std::string path;
  std::string data;
  int32_t version = -1;  // -1 matches any
  CreateMode mode = CreateMode::kPersistent;

  static Op Create(std::string path, std::string data, CreateMode mode = CreateMode::kPersistent) {
    return {Kind::kCreate, std::move(path), std::move(data), -1, mode};
  }
  static Op Delete(std::string path, int32_t version = -1) { return {Kind::kDelete, std::move(path), {}, version}; }
  static Op Set(std::string path, std::string data, int32_t version = -1) {
    return {Kind::kSet, std::move(path), std::move(data), version};
  }
  static Op Check(std::string path, int32_t version) { return {Kind::kCheck, std::move(path), {}, version}; }
};

// Thread-safe. Errors of every call: kUnavailable (no connection; the write may or may not have happened),
// kSessionExpired, kTimeout, kPermissionDenied, kInvalidArgument (bad path), and those named below.
class Client {
 public:
  virtual ~Client() = default;

  // Returns the path created (with the sequence suffix). Errors: kAlreadyExists, kNotFound (no parent).
  virtual Result<std::string> Create(const std::string& path, std::string_view data,
                                     CreateMode mode = CreateMode::kPersistent) = 0;
  // Errors: kNotFound, kConflict (version differs, or node has children).
  virtual Status Delete(const std::string& path, int32_t version = -1) = 0;
  // nullopt when the node is absent; the watch is then for its creation.
  virtual Result<std::optional<Stat>> Exists(const std::string& path, Watcher watcher = nullptr) = 0;
  // nullopt when the node is absent; no watch is left then.
  virtual Result<std::optional<Node>> Get(const std::string& path, Watcher watcher = nullptr) = 0;
  // Errors: kNotFound, kConflict (version differs), kTooLarge (over the 1 MB node limit).
  virtual Result<Stat> Set(const std::string& path, std::string_view data, int32_t version = -1) = 0;
  // Names without the parent's path, sorted; nullopt when the node is absent; no watch is left then.
  virtual Result<std::optional<std::vector<std::string>>> Children(const std::string& path,
                                                                   Watcher watcher = nullptr) = 0;
  // All or nothing. The error names the first step that failed. Returns the created paths ("" for other steps).
  virtual Result<std::vector<std::string>> Multi(const std::vector<Op>& ops) = 0;
  // Waits until this client's reads see every write acknowledged before the call.
  virtual Status Sync(const std::string& path) = 0;

  // 0 before the first connection.
  virtual int64_t SessionId() const = 0;
  virtual bool Connected() const = 0;
  // Listeners stay until the client is destroyed.
  virtual void AddSessionListener(std::function<void(SessionEvent)> listener) = 0;
};

struct ClientOptions {
  std::string address;  // "host:port,host:port[/chroot]"
  std::chrono::milliseconds session_timeout{30'000};
  std::chrono::milliseconds connect_timeout{60'000};  // bound on Connect()
  std::string digest_auth;                            // "user:password"; empty for none
};

// Connects with the ZooKeeper C client. Errors: kUnavailable when no connection within the time, kInvalidArgument.
Result<std::unique_ptr<Client>> Connect(const ClientOptions& options);

// Creates the node and every missing parent; an existing node is left as it is.
Status EnsurePath(Client& client, const std::string& path);
// Deletes the node and everything below it; absent is fine.
Status DeleteRecursively(Client& client, const std::string& path);

}  // namespace venice::zk
