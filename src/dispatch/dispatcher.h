// Asks replicas: one for a single key, several at once for a batch; asks another one when the first fails or is slow.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/host_pool.h"
#include "dispatch/retry_policy.h"
#include "dispatch/routing_table.h"
#include "net/http.h"

namespace venice::dispatch {

// Where one request goes.
struct Target {
  std::shared_ptr<const VersionRoutes> routes;
  std::string topic;                         // "profiles_v3"
  RetryBudget* budget = nullptr;             // may be null: no limit
  std::chrono::milliseconds retry_after{0};  // long-tail threshold; 0: only failures are retried
};

// The answer of a server, or of the dispatcher in its place: 503 when no replica is ready or too much is under way,
// 500 when the connection failed; then `error` says why.
struct Answer {
  net::HttpResponse response;
  std::string error;  // empty when a server answered

  bool good() const { return error.empty() && response.status == 200; }
};

struct BatchKey {
  int32_t index = 0;
  int32_t partition = 0;
  std::string_view key;
};

struct Batch {
  std::shared_ptr<const std::string> bytes;  // what the keys point into
  std::vector<BatchKey> keys;
  bool streaming = false;  // missing keys are to be named
};

// Loop-bound. Rules: read-path reference 3.2, 3.3. A request that fails with 500, 503 or without an answer is sent once
// more, at once, to another replica; one that is slow is sent to another replica too, and the first good answer wins.
class Dispatcher {
 public:
  explicit Dispatcher(HostPool& hosts) : hosts_(hosts) {}

  // `key_base64`: URL-safe. The callback runs exactly once, never inside the call.
  void Get(Target target, int32_t partition, std::string_view key_base64, std::function<void(Answer)> callback);

  // Parts arrive in any order, each the answer for some of the keys; then `on_done`, once. Neither inside the call.
  void MultiGet(Target target, Batch batch, std::function<void(Answer)> on_part, std::function<void()> on_done);

 private:
  HostPool& hosts_;
};

}  // namespace venice::dispatch
