#include "ingestion/ingestion_service.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"

namespace venice::ingestion {

namespace {

// Bounds how long a command waits while nothing arrives.
constexpr std::chrono::milliseconds kPollTimeout{20};
// Bounds how long a command waits while records arrive, and what one partition gets before the next.
constexpr size_t kPollRecordsMax = 5'000;
constexpr std::chrono::milliseconds kRetryPause{200};

}  // namespace

// One thread, one consumer, some partitions. The public calls are thread-safe.
class IngestionService::Worker {
 public:
  using Replica = std::shared_ptr<PartitionIngestion>;

  Worker(pubsub::Client& client, ByteSize buffer_bytes) : client_(client), buffer_bytes_(buffer_bytes) {}
  ~Worker() { Stop(); }

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }

  // Ends the thread; every replica is let go first.
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void Add(Replica replica) {
    {
      std::lock_guard lock(mutex_);
      commands_.push_back({std::move(replica), /*start=*/true});
    }
    ++load_;
    wake_.notify_all();
  }

  // Returns when the thread has let the replica go.
  void Remove(const Replica& replica) {
    std::unique_lock lock(mutex_);
    if (ended_) return;
    commands_.push_back({replica, /*start=*/false});
    const uint64_t ticket = ++commands_given_;
    commands_.back().ticket = ticket;
    wake_.notify_all();
    done_.wait(lock, [&] { return commands_done_ >= ticket || ended_; });
    --load_;
  }

  int load() const { return load_; }

 private:
  struct Command {
    Replica replica;
    bool start = false;
    uint64_t ticket = 0;
  };

  void Run() {
    pthread_setname_np(pthread_self(), "ingestion");
    while (RunCommands()) {
      if (consuming_.empty()) continue;
      PollOnce();
    }
    for (auto& [topic_partition, replica] : consuming_) replica->Leave();
    consuming_.clear();
    consumer_.reset();
    std::lock_guard lock(mutex_);
    ended_ = true;
    commands_.clear();
    done_.notify_all();
  }

  // False when the worker is to end. Waits for a command when there is nothing to consume.
  bool RunCommands() {
    std::unique_lock lock(mutex_);
    if (consuming_.empty()) wake_.wait(lock, [&] { return stopping_ || !commands_.empty(); });
    while (!stopping_ && !commands_.empty()) {
      Command command = std::move(commands_.front());
      commands_.pop_front();
      lock.unlock();
      if (command.start) {
        Begin(command.replica);
      } else {
        End(command.replica);
      }
      command.replica.reset();  // released before whoever waits goes on
      lock.lock();
      if (!command.start) {
        commands_done_ = command.ticket;
        done_.notify_all();
      }
    }
    return !stopping_;
  }

  static pubsub::TopicPartition NameOf(const PartitionIngestion& replica) {
    return {replica.options().topic, replica.options().partition};
  }

  void Begin(const Replica& replica) {
    Result<std::optional<pubsub::Position>> start = replica->Start();
    if (!start.ok()) return replica->Fail(std::move(start).error());
    if (!start->has_value()) return;
    if (Status status = Subscribe(NameOf(*replica), **start); !status.ok())
      return replica->Fail(std::move(status).error());
    consuming_[NameOf(*replica)] = replica;
  }

  Status Subscribe(const pubsub::TopicPartition& from, const pubsub::Position& start) {
    if (!consumer_) {
      const std::string kilobytes = std::to_string(std::max<uint64_t>(buffer_bytes_.bytes() >> 10, 1024));
      VENICE_ASSIGN(consumer_, client_.NewConsumer({{"queued.max.messages.kbytes", kilobytes}}));
    }
    return consumer_->Subscribe(from, start);
  }

  void End(const Replica& replica) {
    if (consuming_.contains(NameOf(*replica)) && consuming_[NameOf(*replica)] == replica) {
      replica->Leave();
      Forget(replica);
    }
  }

  void Forget(const Replica& replica) {
    const pubsub::TopicPartition name = NameOf(*replica);
    consuming_.erase(name);
    if (Status status = consumer_->Unsubscribe(name); !status.ok())
      LogWarning("ingestion.unsubscribe.failed",
                 {{"partition", name.ToString()}, {"error", status.error().ToString()}});
  }

  void PollOnce() {
    Result<std::unique_ptr<pubsub::Batch>> polled = consumer_->Poll(kPollTimeout, kPollRecordsMax);
    if (!polled.ok()) return PollFailed(polled.error());
    poll_failures_ = 0;
    const pubsub::Batch& batch = **polled;
    slots_.clear();
    for (const pubsub::RecordView& record : batch.records()) {
      const auto index = static_cast<size_t>(record.topic_partition_index);
      if (index >= slots_.size()) slots_.resize(index + 1);
      Slot& slot = slots_[index];
      if (!slot.known) {
        slot.known = true;
        const auto found = consuming_.find(batch.topic_partition(record));
        slot.replica = found == consuming_.end() ? nullptr : found->second;
      }
      if (!slot.replica || slot.replica->finished()) continue;
      slot.last = &record;
      if (Status status = slot.replica->Apply(*consumer_, batch, record); !status.ok())
        slot.replica->Fail(std::move(status).error());
    }
    for (Slot& slot : slots_) {
      if (slot.last == nullptr) continue;
      if (Status status = slot.replica->EndOfBatch(*consumer_, *slot.last); !status.ok())
        slot.replica->Fail(std::move(status).error());
      if (slot.replica->finished()) Forget(slot.replica);
    }
    slots_.clear();
  }

  void PollFailed(const Error& error) {
    // Said once, then every 50 failures: the log may be away for long.
    if (poll_failures_++ % 50 == 0) LogWarning("ingestion.poll.failed", {{"error", error.ToString()}});
    if (error.code() == ErrorCode::kNotFound) FailWhatIsGone();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kRetryPause, [&] { return stopping_ || !commands_.empty(); });
  }

  // The consumer says that a topic, or a position in it, is gone; not which.
  void FailWhatIsGone() {
    std::vector<std::pair<Replica, Error>> gone;
    for (auto& [name, replica] : consuming_)
      if (std::optional<Error> error = WhyGone(name, replica->next())) gone.emplace_back(replica, std::move(*error));
    for (auto& [replica, error] : gone) {
      replica->Fail(std::move(error));
      Forget(replica);
    }
  }

  std::optional<Error> WhyGone(const pubsub::TopicPartition& name, const pubsub::Position& next) {
    const Result<pubsub::Position> begin = consumer_->Beginning(name);
    if (!begin.ok() && begin.error().code() == ErrorCode::kNotFound)
      return Error(ErrorCode::kNotFound, "the version topic " + name.topic +
                                             " does not exist (any more): the version was deleted or its push killed");
    const Result<pubsub::Position> end = consumer_->End(name);
    if (!begin.ok() || !end.ok() || next.kind() != pubsub::Position::Kind::kAt) return std::nullopt;
    const auto to_begin = consumer_->Compare(name, next, *begin);
    const auto to_end = consumer_->Compare(name, next, *end);
    if (!to_begin.ok() || !to_end.ok() || (*to_begin >= 0 && *to_end <= 0)) return std::nullopt;
    return Error(ErrorCode::kCorruption, "the log " + name.ToString() +
                                             (*to_begin < 0 ? " no longer holds" : " has lost") +
                                             " the records after the last checkpoint; push again");
  }

  struct Slot {  // of one topic-partition within one batch
    bool known = false;
    Replica replica;
    const pubsub::RecordView* last = nullptr;
  };

  pubsub::Client& client_;
  const ByteSize buffer_bytes_;
  std::thread thread_;
  std::atomic<int> load_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<Command> commands_;
  uint64_t commands_given_ = 0;
  uint64_t commands_done_ = 0;
  bool stopping_ = false;
  bool ended_ = false;

  // Of the thread alone.
  std::unique_ptr<pubsub::Consumer> consumer_;
  std::map<pubsub::TopicPartition, Replica> consuming_;
  std::vector<Slot> slots_;
  uint64_t poll_failures_ = 0;
};

class IngestionService::Impl {
 public:
  struct Entry {
    std::shared_ptr<PartitionIngestion> replica;
    Worker* worker = nullptr;
  };
  using Key = std::pair<std::string, int32_t>;

  std::vector<std::unique_ptr<Worker>> workers;
  mutable std::mutex mutex;
  bool running = false;
  std::map<Key, Entry> replicas;
};

IngestionService::IngestionService(pubsub::Client& client, IngestionOptions options) : impl_(std::make_unique<Impl>()) {
  const int threads = std::max(1, options.threads);
  const ByteSize share(options.buffer_bytes.bytes() / static_cast<uint64_t>(threads));
  for (int i = 0; i < threads; ++i) impl_->workers.push_back(std::make_unique<Worker>(client, share));
}

IngestionService::~IngestionService() { Stop(); }

Status IngestionService::Start() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->running) return Ok();
  impl_->running = true;
  for (auto& worker : impl_->workers) worker->Start();
  return Ok();
}

void IngestionService::Stop() {
  std::map<Impl::Key, Impl::Entry> replicas;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->running = false;
    replicas.swap(impl_->replicas);
  }
  for (auto& worker : impl_->workers) worker->Stop();
}

Status IngestionService::StartReplica(ReplicaOptions options) {
  const Impl::Key key{options.topic, options.partition};
  auto replica = std::make_shared<PartitionIngestion>(std::move(options));
  std::lock_guard lock(impl_->mutex);
  if (!impl_->running) return Error(ErrorCode::kCancelled, "ingestion is stopped");
  Worker* worker = std::min_element(impl_->workers.begin(), impl_->workers.end(), [](const auto& a, const auto& b) {
                     return a->load() < b->load();
                   })->get();
  if (!impl_->replicas.emplace(key, Impl::Entry{replica, worker}).second)
    return Error(ErrorCode::kAlreadyExists,
                 "partition " + key.first + "-" + std::to_string(key.second) + " is already being ingested");
  worker->Add(std::move(replica));  // under the lock: the worker must not hear of the end before the start
  return Ok();
}

void IngestionService::StopReplica(const std::string& topic, int32_t partition) {
  Impl::Entry entry;
  {
    std::lock_guard lock(impl_->mutex);
    const auto found = impl_->replicas.find({topic, partition});
    if (found == impl_->replicas.end()) return;
    entry = std::move(found->second);
    impl_->replicas.erase(found);
  }
  entry.worker->Remove(entry.replica);
}

std::vector<ReplicaReport> IngestionService::Reports() const {
  std::vector<std::shared_ptr<PartitionIngestion>> replicas;
  {
    std::lock_guard lock(impl_->mutex);
    for (const auto& [key, entry] : impl_->replicas) replicas.push_back(entry.replica);
  }
  std::vector<ReplicaReport> reports;
  for (const auto& replica : replicas) reports.push_back(replica->Report());
  return reports;
}

}  // namespace venice::ingestion
