#include "zk/zookeeper_session.h"

#include <zookeeper/zookeeper.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>

#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "zk/zookeeper_errors.h"

namespace venice::zk {

// The C client answers every request, at the latest when the connection times out; the caller's own limit is there
// so that a defect of the library cannot hang a service.
struct Session::Call {
  std::function<void(int rc)> settle_watch;  // runs before the caller wakes

  std::mutex mutex;
  std::condition_variable answered;
  bool done = false;
  int rc = ZOK;
  std::string text;
  zk::Stat stat;
  std::vector<std::string> names;

  virtual ~Call() = default;
};

struct Session::MultiCall : Session::Call {
  std::vector<zoo_op_t> steps;
  std::vector<zoo_op_result_t> results;
  std::vector<std::string> created;  // filled by the C client, zero-terminated
};

namespace {

using CallPtr = std::shared_ptr<Session::Call>;

// 0xfffff: ZooKeeper's default jute.maxbuffer bounds the whole request; a server closes the connection of a larger one
// without a word, so the client refuses it first. 1 KiB: more than the other fields of any request, paths apart.
constexpr size_t kRequestBytesMax = 0xfffff - 1024;

zk::Stat Convert(const struct ::Stat& stat) {
  return {.created_zxid = stat.czxid,
          .modified_zxid = stat.mzxid,
          .created_ms = stat.ctime,
          .modified_ms = stat.mtime,
          .version = stat.version,
          .children_version = stat.cversion,
          .acl_version = stat.aversion,
          .ephemeral_owner = stat.ephemeralOwner,
          .data_length = stat.dataLength,
          .children_count = stat.numChildren,
          .children_modified_zxid = stat.pzxid};
}

int Flags(CreateMode mode) {
  switch (mode) {
    case CreateMode::kPersistent:
      return ZOO_PERSISTENT;
    case CreateMode::kEphemeral:
      return ZOO_EPHEMERAL;
    case CreateMode::kPersistentSequential:
      return ZOO_PERSISTENT_SEQUENTIAL;
    case CreateMode::kEphemeralSequential:
      return ZOO_EPHEMERAL_SEQUENTIAL;
  }
  return ZOO_PERSISTENT;
}

Status CheckSize(size_t bytes, const std::string& path) {
  if (bytes <= kRequestBytesMax) return Ok();
  return Error(ErrorCode::kTooLarge,
               fmt::format("ZooKeeper request of {} bytes for {}: the limit is {}; store less in one node", bytes, path,
                           kRequestBytesMax));
}

void LogLibraryMessage(const char* message) { LogDebug("zookeeper.client", {{"message", message}}); }

// The context of a completion: one reference to the call, dropped when it has run.
CallPtr* Hold(const CallPtr& call) { return new CallPtr(call); }

template <typename Fill>
void Finish(const void* context, int rc, Fill fill) {
  const std::unique_ptr<CallPtr> held(static_cast<CallPtr*>(const_cast<void*>(context)));
  Session::Call& call = **held;
  if (call.settle_watch) call.settle_watch(rc);
  const std::lock_guard lock(call.mutex);
  call.rc = rc;
  if (rc == ZOK) fill(call);
  call.done = true;
  call.answered.notify_all();
}

void FinishVoid(int rc, const void* context) {
  Finish(context, rc, [](Session::Call&) {});
}

void FinishText(int rc, const char* value, const void* context) {
  Finish(context, rc, [value](Session::Call& call) { call.text = value != nullptr ? value : ""; });
}

void FinishStat(int rc, const struct ::Stat* stat, const void* context) {
  Finish(context, rc, [stat](Session::Call& call) {
    if (stat != nullptr) call.stat = Convert(*stat);
  });
}

void FinishData(int rc, const char* value, int length, const struct ::Stat* stat, const void* context) {
  Finish(context, rc, [=](Session::Call& call) {
    if (value != nullptr && length > 0) call.text.assign(value, static_cast<size_t>(length));
    if (stat != nullptr) call.stat = Convert(*stat);
  });
}

void FinishNames(int rc, const struct ::String_vector* names, const void* context) {
  Finish(context, rc, [names](Session::Call& call) {
    if (names == nullptr) return;
    call.names.reserve(static_cast<size_t>(names->count));
    for (int i = 0; i < names->count; ++i) call.names.emplace_back(names->data[i]);
    std::sort(call.names.begin(), call.names.end());
  });
}

// Releases the context of a completion that will never run.
int Issue(CallPtr* context, int rc) {
  if (rc != ZOK) delete context;
  return rc;
}

}  // namespace

Session::Session(std::chrono::milliseconds timeout, NoticeHandler on_notice)
    : timeout_(timeout), on_notice_(std::move(on_notice)) {}

Result<std::shared_ptr<Session>> Session::Open(const ClientOptions& options, NoticeHandler on_notice) {
  static std::once_flag quiet;
  std::call_once(quiet, [] { zoo_set_debug_level(ZOO_LOG_LEVEL_WARN); });

  std::shared_ptr<Session> session(new Session(options.session_timeout, std::move(on_notice)));
  session->handle_ =
      zookeeper_init2(options.address.c_str(), &Session::OnEvent, static_cast<int>(options.session_timeout.count()),
                      nullptr, session.get(), ZOO_NO_LOG_CLIENTENV, &LogLibraryMessage);
  if (session->handle_ == nullptr) {
    const int error_number = errno;
    return Error(
        error_number == EINVAL || error_number == ENOENT ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable,
        fmt::format("cannot use the ZooKeeper address \"{}\" ({}); it must read host:port,host:port[/chroot] "
                    "with host names that resolve",
                    options.address, ErrnoError("zookeeper_init", error_number).message()));
  }
  if (!options.digest_auth.empty()) {
    const int rc = zoo_add_auth(session->handle_, "digest", options.digest_auth.data(),
                                static_cast<int>(options.digest_auth.size()), nullptr, nullptr);
    if (rc != ZOK) return ZooKeeperError(rc, "digest authentication at", options.address);
  }
  return session;
}

Session::~Session() {
  if (handle_ != nullptr) zookeeper_close(handle_);
}

Error Session::CallError(int rc, std::string_view attempt, const std::string& path) const {
  return ZooKeeperError(expired_ ? ZSESSIONEXPIRED : rc, attempt, path);
}

Status Session::CheckUsable(std::string_view attempt, const std::string& path) const {
  if (path.find('\0') != std::string::npos) return ZooKeeperError(ZBADARGUMENTS, attempt, path);
  if (connected_) return Ok();
  return CallError(ZCLOSING, attempt, path);
}

Status Session::Await(Call& call, int issued, std::string_view attempt, const std::string& path) {
  if (issued != ZOK) {
    if (call.settle_watch) call.settle_watch(issued);
    return CallError(issued, attempt, path);
  }
  std::unique_lock lock(call.mutex);
  if (!call.answered.wait_for(lock, 2 * timeout_ + std::chrono::seconds(10), [&call] { return call.done; })) {
    return Error(ErrorCode::kTimeout,
                 fmt::format("ZooKeeper {} {}: no answer; check the server, then read back and retry", attempt, path));
  }
  if (call.rc == ZOK) return Ok();
  return CallError(call.rc, attempt, path);
}

Result<std::string> Session::Create(const std::string& path, std::string_view data, CreateMode mode) {
  VENICE_TRY(CheckUsable("create", path));
  VENICE_TRY(CheckSize(path.size() + data.size(), path));
  const auto call = std::make_shared<Call>();
  CallPtr* context = Hold(call);
  const int rc = zoo_acreate(handle_, path.c_str(), data.data() != nullptr ? data.data() : "",
                             static_cast<int>(data.size()), &ZOO_OPEN_ACL_UNSAFE, Flags(mode), &FinishText, context);
  VENICE_TRY(Await(*call, Issue(context, rc), "create", path));
  return std::move(call->text);
}

Status Session::Delete(const std::string& path, int32_t version) {
  VENICE_TRY(CheckUsable("delete", path));
  const auto call = std::make_shared<Call>();
  CallPtr* context = Hold(call);
  const int rc = zoo_adelete(handle_, path.c_str(), version, &FinishVoid, context);
  return Await(*call, Issue(context, rc), "delete", path);
}

Result<std::optional<zk::Stat>> Session::Exists(const std::string& path, Watcher watcher) {
  VENICE_TRY(CheckUsable("exists", path));
  const auto call = std::make_shared<Call>();
  const uint64_t watch = AddWatch(path, std::move(watcher));
  if (watch != 0) call->settle_watch = [this, watch](int rc) { SettleWatch(watch, rc == ZOK || rc == ZNONODE); };
  CallPtr* context = Hold(call);
  const int rc = zoo_awexists(handle_, path.c_str(), watch != 0 ? &Session::OnWatch : nullptr,
                              reinterpret_cast<void*>(watch), &FinishStat, context);
  const Status status = Await(*call, Issue(context, rc), "exists", path);
  if (!status.ok() && status.error().code() == ErrorCode::kNotFound) return std::optional<zk::Stat>();
  VENICE_TRY(status);
  return std::optional<zk::Stat>(call->stat);
}

Result<std::optional<Node>> Session::Get(const std::string& path, Watcher watcher) {
  VENICE_TRY(CheckUsable("get", path));
  const auto call = std::make_shared<Call>();
  const uint64_t watch = AddWatch(path, std::move(watcher));
  if (watch != 0) call->settle_watch = [this, watch](int rc) { SettleWatch(watch, rc == ZOK); };
  CallPtr* context = Hold(call);
  const int rc = zoo_awget(handle_, path.c_str(), watch != 0 ? &Session::OnWatch : nullptr,
                           reinterpret_cast<void*>(watch), &FinishData, context);
  const Status status = Await(*call, Issue(context, rc), "get", path);
  if (!status.ok() && status.error().code() == ErrorCode::kNotFound) return std::optional<Node>();
  VENICE_TRY(status);
  return std::optional<Node>(Node{std::move(call->text), call->stat});
}

Result<zk::Stat> Session::Set(const std::string& path, std::string_view data, int32_t version) {
  VENICE_TRY(CheckUsable("set", path));
  VENICE_TRY(CheckSize(path.size() + data.size(), path));
  const auto call = std::make_shared<Call>();
  CallPtr* context = Hold(call);
  const int rc = zoo_aset(handle_, path.c_str(), data.data() != nullptr ? data.data() : "",
                          static_cast<int>(data.size()), version, &FinishStat, context);
  VENICE_TRY(Await(*call, Issue(context, rc), "set", path));
  return call->stat;
}

Result<std::optional<std::vector<std::string>>> Session::Children(const std::string& path, Watcher watcher) {
  using Names = std::optional<std::vector<std::string>>;
  VENICE_TRY(CheckUsable("children", path));
  const auto call = std::make_shared<Call>();
  const uint64_t watch = AddWatch(path, std::move(watcher));
  if (watch != 0) call->settle_watch = [this, watch](int rc) { SettleWatch(watch, rc == ZOK); };
  CallPtr* context = Hold(call);
  const int rc = zoo_awget_children(handle_, path.c_str(), watch != 0 ? &Session::OnWatch : nullptr,
                                    reinterpret_cast<void*>(watch), &FinishNames, context);
  const Status status = Await(*call, Issue(context, rc), "children", path);
  if (!status.ok() && status.error().code() == ErrorCode::kNotFound) return Names();
  VENICE_TRY(status);
  return Names(std::move(call->names));
}

Result<std::vector<std::string>> Session::Multi(const std::vector<Op>& ops) {
  if (ops.empty()) return std::vector<std::string>();
  VENICE_TRY(CheckUsable("multi", ops.front().path));
  const auto call = std::make_shared<MultiCall>();
  call->steps.resize(ops.size());
  call->results.resize(ops.size());
  call->created.resize(ops.size());
  size_t bytes = 0;
  for (size_t i = 0; i < ops.size(); ++i) {
    const Op& op = ops[i];
    if (op.path.find('\0') != std::string::npos) return ZooKeeperError(ZBADARGUMENTS, "multi", op.path);
    bytes += op.path.size() + op.data.size() + 64;  // 64: headers, access list and lengths of one step
    const int length = static_cast<int>(op.data.size());
    switch (op.kind) {
      case Op::Kind::kCreate:
        call->created[i].resize(op.path.size() + 16);  // the sequence suffix and the zero
        zoo_create_op_init(&call->steps[i], op.path.c_str(), op.data.data(), length, &ZOO_OPEN_ACL_UNSAFE,
                           Flags(op.mode), call->created[i].data(), static_cast<int>(call->created[i].size()));
        break;
      case Op::Kind::kDelete:
        zoo_delete_op_init(&call->steps[i], op.path.c_str(), op.version);
        break;
      case Op::Kind::kSet:
        zoo_set_op_init(&call->steps[i], op.path.c_str(), op.data.data(), length, op.version, nullptr);
        break;
      case Op::Kind::kCheck:
        zoo_check_op_init(&call->steps[i], op.path.c_str(), op.version);
        break;
    }
  }
  VENICE_TRY(CheckSize(bytes, ops.front().path));

  CallPtr* context = Hold(call);
  const int rc =
      zoo_amulti(handle_, static_cast<int>(ops.size()), call->steps.data(), call->results.data(), &FinishVoid, context);
  Status status = Await(*call, Issue(context, rc), "multi", ops.front().path);
  if (!status.ok()) {
    if (rc != ZOK || status.error().code() == ErrorCode::kTimeout) return std::move(status).error();
    for (size_t i = 0; i < ops.size(); ++i) {
      const int step = call->results[i].err;
      if (step == ZOK || step == ZRUNTIMEINCONSISTENCY) continue;
      return CallError(step, fmt::format("multi, step {} of {}:", i + 1, ops.size()), ops[i].path);
    }
    return std::move(status).error();
  }
  for (std::string& created : call->created) created.resize(std::strlen(created.c_str()));
  return std::move(call->created);
}

Status Session::Sync(const std::string& path) {
  VENICE_TRY(CheckUsable("sync", path));
  const auto call = std::make_shared<Call>();
  CallPtr* context = Hold(call);
  const int rc = zoo_async(handle_, path.c_str(), &FinishText, context);
  return Await(*call, Issue(context, rc), "sync", path);
}

uint64_t Session::AddWatch(const std::string& path, Watcher watcher) {
  if (!watcher) return 0;
  const std::lock_guard lock(mutex_);
  const uint64_t id = next_watch_++;
  watches_.emplace(id, Watch{path, std::move(watcher)});
  return id;
}

void Session::SettleWatch(uint64_t id, bool armed) {
  const std::lock_guard lock(mutex_);
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  if (armed) {
    it->second.armed = true;
  } else {
    watches_.erase(it);
  }
}

void Session::OnEvent(zhandle_t* handle, int type, int state, const char*, void* context) {
  Session& session = *static_cast<Session*>(context);
  if (type != ZOO_SESSION_EVENT) return;
  if (state == ZOO_CONNECTED_STATE) session.id_ = zoo_client_id(handle)->client_id;
  session.HandleState(state);
}

void Session::OnWatch(zhandle_t* handle, int type, int, const char* path, void* context) {
  // Session events come to every watch of the handle too; OnEvent has dealt with them.
  if (type == ZOO_SESSION_EVENT) return;
  auto* session = static_cast<Session*>(const_cast<void*>(zoo_get_context(handle)));
  session->HandleWatch(reinterpret_cast<uint64_t>(context), type, path);
}

void Session::HandleState(int state) {
  if (state == ZOO_CONNECTED_STATE) {
    if (!connected_.exchange(true)) on_notice_({SessionNotice::Kind::kConnected, {}});
    return;
  }
  if (state == ZOO_EXPIRED_SESSION_STATE) {
    if (expired_.exchange(true)) return;
    connected_ = false;
    SessionNotice notice{SessionNotice::Kind::kExpired, {}};
    {
      const std::lock_guard lock(mutex_);
      for (auto& [id, watch] : watches_) {
        if (!watch.armed) continue;
        notice.watches.emplace_back(std::move(watch.watcher),
                                    WatchEvent{WatchEvent::Type::kSessionLost, std::move(watch.path)});
      }
      watches_.clear();
    }
    on_notice_(std::move(notice));
    return;
  }
  if (state == ZOO_AUTH_FAILED_STATE) {
    connected_ = false;
    on_notice_({SessionNotice::Kind::kAuthFailed, {}});
    return;
  }
  if (connected_.exchange(false)) on_notice_({SessionNotice::Kind::kDisconnected, {}});
}

void Session::HandleWatch(uint64_t id, int type, const char* path) {
  WatchEvent event;
  if (type == ZOO_CREATED_EVENT) {
    event.type = WatchEvent::Type::kCreated;
  } else if (type == ZOO_DELETED_EVENT) {
    event.type = WatchEvent::Type::kDeleted;
  } else if (type == ZOO_CHANGED_EVENT) {
    event.type = WatchEvent::Type::kDataChanged;
  } else if (type == ZOO_CHILD_EVENT) {
    event.type = WatchEvent::Type::kChildrenChanged;
  } else {
    return;
  }
  event.path = path != nullptr ? path : "";
  SessionNotice notice{SessionNotice::Kind::kWatch, {}};
  {
    const std::lock_guard lock(mutex_);
    const auto it = watches_.find(id);
    if (it == watches_.end()) return;
    notice.watches.emplace_back(std::move(it->second.watcher), std::move(event));
    watches_.erase(it);
  }
  on_notice_(std::move(notice));
}

}  // namespace venice::zk
