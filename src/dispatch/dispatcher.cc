#include "dispatch/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/http_names.h"
#include "protocol/multi_get.h"

namespace venice::dispatch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLongTailRoutesMax = 2;  // router.long.tail.retry.max.route.for.multi.keys.req
constexpr auto kRetryMin = std::chrono::milliseconds(2);

Answer NoReplica(const Target& target, int32_t partition) {
  Answer answer;
  answer.response.status = 503;
  answer.error = fmt::format("No replica is available for this partition: {}, partition {}", target.topic, partition);
  return answer;
}

Answer ToAnswer(Result<net::HttpResponse> result) {
  Answer answer;
  if (result.ok()) {
    answer.response = std::move(result).value();
  } else {
    answer.response.status = result.error().code() == ErrorCode::kResourceExhausted ? 503 : 500;
    answer.error = result.error().message();
  }
  return answer;
}

// May another replica do better?
bool Failed(const Answer& answer) {
  return !answer.error.empty() || answer.response.status == 500 || answer.response.status == 503;
}

net::HttpRequest Request(bool retry) {
  net::HttpRequest request;
  request.headers.Add(std::string(protocol::http_header::kApiVersion), "1");
  if (retry) request.headers.Add(std::string(protocol::http_header::kRetry), "1");
  return request;
}

bool Allowed(const Target& target) { return target.budget == nullptr || target.budget->Take(1, Clock::now()); }

class GetCall : public std::enable_shared_from_this<GetCall> {
 public:
  GetCall(HostPool& hosts, Target target, int32_t partition, std::string path, std::function<void(Answer)> callback)
      : hosts_(hosts),
        loop_(hosts.loop()),
        target_(std::move(target)),
        partition_(partition),
        path_(std::move(path)),
        callback_(std::move(callback)) {}

  void Start() {
    if (!Send(false)) {
      loop_.Post([self = shared_from_this()] { self->Finish(NoReplica(self->target_, self->partition_)); });
      return;
    }
    if (target_.retry_after.count() > 0 && target_.routes->Replicas(partition_).size() > 1) {
      timer_ = loop_.RunAfter(std::max(target_.retry_after, kRetryMin), [self = shared_from_this()] {
        self->timer_ = 0;
        if (!self->retried_ && Allowed(self->target_)) self->Send(true);
      });
    }
  }

 private:
  bool Send(bool retry) {
    const std::optional<HostId> host =
        hosts_.Choose(target_.routes->Replicas(partition_), std::span(&first_host_, retry ? 1 : 0));
    if (!host) return false;
    if (!retry) first_host_ = *host;
    retried_ = retried_ || retry;
    ++under_way_;
    net::HttpRequest request = Request(retry);
    request.target = path_;
    hosts_.Send(*host, std::move(request), [self = shared_from_this()](Result<net::HttpResponse> result) {
      self->OnAnswer(ToAnswer(std::move(result)));
    });
    return true;
  }

  void OnAnswer(Answer answer) {
    --under_way_;
    if (!callback_) return;
    if (!Failed(answer)) return Finish(std::move(answer));
    if (!retried_ && Allowed(target_) && Send(true)) return;
    if (under_way_ == 0) Finish(std::move(answer));  // otherwise the other one may still be good
  }

  void Finish(Answer answer) {
    loop_.Cancel(timer_);
    const auto callback = std::move(callback_);
    callback_ = nullptr;
    callback(std::move(answer));
  }

  HostPool& hosts_;
  net::EventLoop& loop_;
  const Target target_;
  const int32_t partition_;
  const std::string path_;
  std::function<void(Answer)> callback_;
  HostId first_host_ = 0;
  bool retried_ = false;
  int under_way_ = 0;
  net::EventLoop::TimerId timer_ = 0;
};

class BatchCall : public std::enable_shared_from_this<BatchCall> {
 public:
  BatchCall(HostPool& hosts, Target target, Batch batch, std::function<void(Answer)> on_part,
            std::function<void()> on_done)
      : hosts_(hosts),
        loop_(hosts.loop()),
        target_(std::move(target)),
        batch_(std::move(batch)),
        on_part_(std::move(on_part)),
        on_done_(std::move(on_done)) {}

  void Start() {
    std::vector<uint32_t> all(batch_.keys.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    std::optional<int32_t> unready;
    std::vector<Group> groups = Assign(all, {}, &unready);
    units_.reserve(groups.size());
    for (Group& group : groups) units_.push_back({.first = std::move(group)});
    undecided_ = units_.size() + (unready ? 1 : 0);
    if (unready) {
      loop_.Post([self = shared_from_this(), partition = *unready] {
        self->on_part_(NoReplica(self->target_, partition));
        self->OneDecided();
      });
    }
    for (size_t i = 0; i < units_.size(); ++i) SendGroup(i, units_[i].first, false);
    if (target_.retry_after.count() > 0) {
      timer_ = loop_.RunAfter(std::max(target_.retry_after, kRetryMin), [self = shared_from_this()] {
        self->timer_ = 0;
        self->RetrySlow();
      });
    }
  }

 private:
  // Keys that go to one host in one request.
  struct Group {
    HostId host = 0;
    std::vector<uint32_t> keys;
  };
  // A first request and what replaces it.
  struct Unit {
    Group first;
    bool decided = false;
    bool retried = false;
    bool first_failed = false;
    int retries_under_way = 0;
    std::vector<Answer> retry_answers;
    Answer failure;
  };

  // Every key to the least busy of its replicas, all keys of a partition to the same one. Keys without a replica are
  // left out and one of their partitions is named.
  std::vector<Group> Assign(const std::vector<uint32_t>& keys, const std::vector<HostId>& exclude,
                            std::optional<int32_t>* unready) {
    std::vector<Group> groups;
    std::map<int32_t, std::optional<size_t>> group_of_partition;
    for (const uint32_t key : keys) {
      const int32_t partition = batch_.keys[key].partition;
      auto [entry, is_new] = group_of_partition.try_emplace(partition);
      if (is_new) {
        const std::optional<HostId> host = hosts_.Choose(target_.routes->Replicas(partition), exclude);
        if (!host) {
          *unready = partition;
        } else {
          auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.host == *host; });
          if (group == groups.end()) group = groups.insert(groups.end(), {*host, {}});
          entry->second = group - groups.begin();
        }
      }
      if (entry->second) groups[*entry->second].keys.push_back(key);
    }
    return groups;
  }

  void SendGroup(size_t unit, const Group& group, bool retry) {
    net::HttpRequest request = Request(retry);
    request.method = "POST";
    request.repeatable = true;
    request.target = "/storage/" + target_.topic;
    request.headers.Add("Content-Type", std::string(protocol::media_type::kAvroBinary));
    if (batch_.streaming) request.headers.Add(std::string(protocol::http_header::kStreaming), "1");
    for (const uint32_t i : group.keys) {
      const BatchKey& key = batch_.keys[i];
      protocol::AppendRouterKey({key.index, key.key, key.partition}, request.body);
    }
    hosts_.Send(group.host, std::move(request),
                [self = shared_from_this(), unit, retry](Result<net::HttpResponse> result) {
                  Answer answer = ToAnswer(std::move(result));
                  retry ? self->OnRetry(unit, std::move(answer)) : self->OnFirst(unit, std::move(answer));
                });
  }

  // False when no other replica can take over all of the unit's keys.
  bool Retry(size_t index, const std::vector<HostId>& exclude) {
    Unit& unit = units_[index];
    std::optional<int32_t> unready;
    const std::vector<Group> groups = Assign(unit.first.keys, exclude, &unready);
    if (unready || !Allowed(target_)) return false;
    unit.retried = true;
    unit.retries_under_way = static_cast<int>(groups.size());
    for (const Group& group : groups) SendGroup(index, group, true);
    return true;
  }

  void RetrySlow() {
    std::vector<HostId> slow;
    for (const Unit& unit : units_) {
      if (!unit.decided) slow.push_back(unit.first.host);
    }
    int routes = 0;
    for (size_t i = 0; i < units_.size() && routes < kLongTailRoutesMax; ++i) {
      if (!units_[i].decided && !units_[i].retried && Retry(i, slow)) ++routes;
    }
  }

  void OnFirst(size_t index, Answer answer) {
    Unit& unit = units_[index];
    if (unit.decided) return;
    if (!Failed(answer)) return Decide(index, std::move(answer));
    unit.first_failed = true;
    unit.failure = std::move(answer);
    if (!unit.retried && !Retry(index, {unit.first.host})) return Decide(index, std::move(unit.failure));
    if (unit.retried && unit.retries_under_way == 0) TakeRetries(index);
  }

  void OnRetry(size_t index, Answer answer) {
    Unit& unit = units_[index];
    --unit.retries_under_way;
    if (unit.decided) return;
    unit.retry_answers.push_back(std::move(answer));
    if (unit.retries_under_way == 0) TakeRetries(index);
  }

  // All answers to the retry are there. Good ones replace the first; bad ones count only when the first failed too.
  void TakeRetries(size_t index) {
    Unit& unit = units_[index];
    const bool good = std::none_of(unit.retry_answers.begin(), unit.retry_answers.end(), Failed);
    if (!good && !unit.first_failed) return;
    unit.decided = true;
    const std::vector<Answer> answers = std::move(unit.retry_answers);
    for (const Answer& answer : answers) on_part_(answer);
    OneDecided();
  }

  void Decide(size_t index, Answer answer) {
    units_[index].decided = true;
    on_part_(std::move(answer));
    OneDecided();
  }

  void OneDecided() {
    if (--undecided_ > 0) return;
    loop_.Cancel(timer_);
    const auto on_done = std::move(on_done_);
    on_part_ = nullptr;
    on_done_ = nullptr;
    on_done();
  }

  HostPool& hosts_;
  net::EventLoop& loop_;
  const Target target_;
  const Batch batch_;
  std::function<void(Answer)> on_part_;
  std::function<void()> on_done_;
  std::vector<Unit> units_;
  size_t undecided_ = 0;
  net::EventLoop::TimerId timer_ = 0;
};

}  // namespace

void Dispatcher::Get(Target target, int32_t partition, std::string_view key_base64,
                     std::function<void(Answer)> callback) {
  if (target.budget != nullptr) target.budget->CountRequest(Clock::now());
  std::string path = fmt::format("/storage/{}/{}/{}?f=b64", target.topic, partition, key_base64);
  std::make_shared<GetCall>(hosts_, std::move(target), partition, std::move(path), std::move(callback))->Start();
}

void Dispatcher::MultiGet(Target target, Batch batch, std::function<void(Answer)> on_part,
                          std::function<void()> on_done) {
  if (target.budget != nullptr) target.budget->CountRequest(Clock::now());
  std::make_shared<BatchCall>(hosts_, std::move(target), std::move(batch), std::move(on_part), std::move(on_done))
      ->Start();
}

}  // namespace venice::dispatch
