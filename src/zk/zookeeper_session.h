// One ZooKeeper session: one handle of the C client, its pending calls and its armed watches.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zk/client.h"

struct _zhandle;

namespace venice::zk {

// What a session tells its owner, in the order it happened, from a thread of the C client.
struct SessionNotice {
  enum class Kind { kConnected, kDisconnected, kExpired, kAuthFailed, kWatch };
  Kind kind;
  // kWatch: the one that fired. kExpired: every watch that was still armed, as kSessionLost.
  std::vector<std::pair<Watcher, WatchEvent>> watches;
};

// Thread-safe. After kExpired every call fails and a new Session is needed.
class Session {
 public:
  using NoticeHandler = std::function<void(SessionNotice)>;

  // Starts connecting; the outcome is a notice. `on_notice` must not block and must not call the session.
  static Result<std::shared_ptr<Session>> Open(const ClientOptions& options, NoticeHandler on_notice);
  ~Session();  // ends the session on the server when connected
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<std::string> Create(const std::string& path, std::string_view data, CreateMode mode);
  Status Delete(const std::string& path, int32_t version);
  Result<std::optional<Stat>> Exists(const std::string& path, Watcher watcher);
  Result<std::optional<Node>> Get(const std::string& path, Watcher watcher);
  Result<Stat> Set(const std::string& path, std::string_view data, int32_t version);
  Result<std::optional<std::vector<std::string>>> Children(const std::string& path, Watcher watcher);
  Result<std::vector<std::string>> Multi(const std::vector<Op>& ops);
  Status Sync(const std::string& path);

  int64_t id() const { return id_.load(); }
  bool connected() const { return connected_.load(); }

  struct Call;  // a request on its way; shared by the caller and the completion
  struct MultiCall;

 private:
  struct Watch {
    std::string path;
    Watcher watcher;
    bool armed = false;  // the server has taken it
  };

  Session(std::chrono::milliseconds timeout, NoticeHandler on_notice);

  // Blocks until the completion ran. `issued` is what the zoo_a... function returned.
  Status Await(Call& call, int issued, std::string_view attempt, const std::string& path);
  Error CallError(int rc, std::string_view attempt, const std::string& path) const;
  Status CheckUsable(std::string_view attempt, const std::string& path) const;

  uint64_t AddWatch(const std::string& path, Watcher watcher);  // 0 for no watcher
  void SettleWatch(uint64_t id, bool armed);

  static void OnEvent(_zhandle* handle, int type, int state, const char* path, void* context);
  static void OnWatch(_zhandle* handle, int type, int state, const char* path, void* context);
  void HandleState(int state);
  void HandleWatch(uint64_t id, int type, const char* path);

  const std::chrono::milliseconds timeout_;
  const NoticeHandler on_notice_;
  _zhandle* handle_ = nullptr;
  std::atomic<int64_t> id_{0};
  std::atomic<bool> connected_{false};
  std::atomic<bool> expired_{false};

  std::mutex mutex_;  // guards what follows
  uint64_t next_watch_ = 1;
  std::unordered_map<uint64_t, Watch> watches_;
};

}  // namespace venice::zk
