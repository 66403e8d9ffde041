#include "pubsub/kafka/consumer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::pubsub::kafka {
namespace {

constexpr int kTimeoutMs = 30'000;
constexpr int kLeaderLookupMs = 1'000;
constexpr int kWakeMs = 50;
constexpr size_t kWakeBytes = 1 << 20;  // read between two wake-ups, at least

}  // namespace

class KafkaBatch : public Batch {
 public:
  KafkaBatch(std::shared_ptr<rd_kafka_t> client, std::vector<rd_kafka_message_t*> messages,
             std::shared_ptr<const KafkaConsumer::Partitions> names)
      : client_(std::move(client)), messages_(std::move(messages)), names_(std::move(names)) {}
  ~KafkaBatch() override {
    for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
  }

  std::span<const RecordView> records() const override { return records_; }
  const TopicPartition& topic_partition(const RecordView& record) const override {
    return (*names_)[static_cast<size_t>(record.topic_partition_index)];
  }

  std::vector<Header> Headers(const RecordView& record) const override {
    std::vector<Header> headers;
    rd_kafka_headers_t* list = nullptr;
    const auto* message = static_cast<const rd_kafka_message_t*>(record.native);
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
      headers.push_back({name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size)});
    return headers;
  }

  void Reserve(size_t count) { records_.reserve(count); }
  void Add(const rd_kafka_message_t* message, int32_t index) {
    records_.push_back({.topic_partition_index = index,
                        .offset = message->offset,
                        .timestamp_ms = rd_kafka_message_timestamp(message, nullptr),
                        .key = {static_cast<const char*>(message->key), message->key_len},
                        .value = {static_cast<const char*>(message->payload), message->len},
                        .native = message});
  }

 private:
  std::shared_ptr<rd_kafka_t> client_;
  std::vector<rd_kafka_message_t*> messages_;
  std::shared_ptr<const KafkaConsumer::Partitions> names_;
  std::vector<RecordView> records_;
};

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::Make(ConfigHandle config) {
  std::unique_ptr<KafkaConsumer> consumer(new KafkaConsumer());
  rd_kafka_conf_set_opaque(config.get(), consumer.get());
  rd_kafka_conf_set_error_cb(config.get(), [](rd_kafka_t*, int code, const char* text, void* self) {
    static_cast<KafkaConsumer*>(self)->OnError(static_cast<rd_kafka_resp_err_t>(code), text);
  });
  VENICE_ASSIGN(consumer->client_, MakeClient(Role::kConsumer, std::move(config)));
  consumer->queue_.reset(rd_kafka_queue_new(consumer->client_.get()));
  consumer->late_queue_.reset(rd_kafka_queue_new(consumer->client_.get()));
  return consumer;
}

KafkaConsumer::~KafkaConsumer() {
  for (auto& [partition, source] : sources_)
    if (source.subscribed) (void)Stop(partition, source);
  sources_.clear();
  topics_.clear();
  queue_.reset();
  late_queue_.reset();
}

// Called within Poll. Broken connections are mended by the library and only noted; what will not heal by itself (topic
// deleted, no permission) is told. The text starts with "<topic> [<partition>]: " when it is about a partition.
void KafkaConsumer::OnError(rd_kafka_resp_err_t code, std::string_view text) {
  Error error = MakeError(code, "read", text);
  if (Info(error.code()).advice == Advice::kBackOff) {
    LogDebug("kafka.consumer_error", {{"text", error.message()}});
    return;
  }
  const bool names_partition = text.find(" [") != std::string_view::npos && text.find("]: ") != std::string_view::npos;
  const bool ours = std::any_of(sources_.begin(), sources_.end(), [&](const auto& entry) {
    const auto& [partition, source] = entry;
    return source.subscribed && text.starts_with(fmt::format("{} [{}]: ", partition.topic, partition.partition));
  });
  if (ours || !names_partition) pending_error_ = std::move(error);
}

Result<rd_kafka_topic_t*> KafkaConsumer::FindTopic(const std::string& name) {
  TopicHandle& handle = topics_[name];
  if (handle != nullptr) return handle.get();
  handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  if (handle != nullptr) {
    // Learn the leaders now: without them the library would look for a partition's start only every 500 ms.
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata, kLeaderLookupMs) == RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(metadata);
    return handle.get();
  }
  topics_.erase(name);
  return MakeError(rd_kafka_last_error(), fmt::format("read topic {}", name));
}

KafkaConsumer::Source& KafkaConsumer::FindSource(const TopicPartition& of) {
  const auto [entry, is_new] = sources_.try_emplace(of);
  if (is_new) {
    auto names = std::make_shared<Partitions>(*names_);
    entry->second.index = static_cast<int32_t>(names->size());
    names->push_back(of);
    names_ = std::move(names);
  }
  return entry->second;
}

Status KafkaConsumer::Subscribe(const TopicPartition& from, const Position& start) {
  const std::string attempt = fmt::format("read {}", from.ToString());
  int64_t offset = RD_KAFKA_OFFSET_BEGINNING;
  if (start.kind() == Position::Kind::kLatest) offset = RD_KAFKA_OFFSET_END;
  if (start.kind() == Position::Kind::kAt) {
    VENICE_ASSIGN(offset, OffsetFromPosition(start));
  }
  VENICE_ASSIGN(rd_kafka_topic_t* const topic, FindTopic(from.topic));
  VENICE_TRY(Unsubscribe(from));
  QueueHandle own(rd_kafka_queue_get_partition(client_.get(), from.topic.c_str(), from.partition));
  if (own == nullptr) return MakeError(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, attempt);
  rd_kafka_queue_forward(own.get(), queue_.get());  // the start does not, after an earlier Stop()
  if (rd_kafka_consume_start_queue(topic, from.partition, offset, queue_.get()) != 0)
    return MakeError(rd_kafka_last_error(), attempt);
  Source& source = FindSource(from);
  source.own_queue = std::move(own);
  source.subscribed = true;
  source.first_offset = std::max<int64_t>(offset, 0);  // the special offsets are negative
  return Ok();
}

Status KafkaConsumer::Unsubscribe(const TopicPartition& from) {
  const auto found = sources_.find(from);
  if (found == sources_.end() || !found->second.subscribed) return Ok();
  VENICE_TRY(Resume(from));  // inside the library a pause would outlive the subscription
  return Stop(from, found->second);
}

Status KafkaConsumer::Stop(const TopicPartition& from, Source& source) {
  source.subscribed = false;
  // Records already prefetched are dropped by the library: they belong to the subscription that ended.
  const bool stopped = rd_kafka_consume_stop(topics_.at(from.topic).get(), from.partition) == 0;
  const rd_kafka_resp_err_t code = rd_kafka_last_error();
  // An answer on its way at the stop still comes, into the partition's own queue, which nobody reads any more. There
  // its records would hold the partition, which holds the queue: once the topic is deleted nothing breaks that circle,
  // and rd_kafka_destroy waits for it without end (librdkafka before 2.6). So it goes where we empty. Not to queue_:
  // the end of a partition clears the queue that its own leads to.
  rd_kafka_queue_forward(source.own_queue.get(), late_queue_.get());
  source.own_queue.reset();
  rd_kafka_message_t* late[64];
  ssize_t count = 0;
  while ((count = rd_kafka_consume_batch_queue(late_queue_.get(), 0, late, std::size(late))) > 0)
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(late[i]);
  if (stopped) return Ok();
  return MakeError(code, fmt::format("stop reading {}", from.ToString()));
}

Status KafkaConsumer::PauseOrResume(const TopicPartition& of, bool pause) {
  const auto found = sources_.find(of);
  if (found == sources_.end() || !found->second.subscribed)
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} is not subscribed", of.ToString()));
  // Either way the library drops what it prefetched and asks again, so a call without effect must not reach it.
  if (found->second.paused == pause) return Ok();
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), of.topic.c_str(), of.partition);
  auto code = pause ? rd_kafka_pause_partitions(client_.get(), list.get())
                    : rd_kafka_resume_partitions(client_.get(), list.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = list->elems[0].err;
  found->second.paused = pause;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return MakeError(code, fmt::format("{} {}", pause ? "pause" : "resume", of.ToString()));
}

Status KafkaConsumer::Pause(const TopicPartition& from) { return PauseOrResume(from, true); }
Status KafkaConsumer::Resume(const TopicPartition& from) { return PauseOrResume(from, false); }

// When the prefetch queue is full, the library's thread sleeps for a second, whatever is read meanwhile (later releases
// have a setting for it, fetch.queue.backoff.ms); a fast reader then waits most of the time. Anything that this thread
// is asked to do makes it look at the queue again. So, once the queue has fallen to half of what it was, it is asked
// for the ends of the partitions: one short request to each broker, and the answer does not matter.
void KafkaConsumer::KeepFetching() {
  const size_t queued = rd_kafka_queue_length(queue_.get());
  queued_max_ = std::max(queued_max_, queued);
  if (read_since_wake_ < kWakeBytes || queued > queued_max_ / 2) return;
  read_since_wake_ = 0;
  queued_max_ = queued;
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(sources_.size())));
  for (const auto& [partition, source] : sources_) {
    if (source.subscribed && !source.paused)
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
          RD_KAFKA_OFFSET_END;
  }
  if (list->cnt > 0) (void)rd_kafka_offsets_for_times(client_.get(), list.get(), kWakeMs);
}

Result<std::unique_ptr<Batch>> KafkaConsumer::Poll(std::chrono::milliseconds timeout, size_t records_max) {
  rd_kafka_poll(client_.get(), 0);  // OnError
  if (pending_error_) return TakePendingError();

  // The batch call would wait for a full batch; so wait for one record, then take what is there.
  std::vector<rd_kafka_message_t*> messages(std::max<size_t>(records_max, 1));
  ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data(), messages.size());
  if (count == 0 && timeout.count() > 0) {
    messages[0] = rd_kafka_consume_queue(queue_.get(), static_cast<int>(timeout.count()));
    if (messages[0] != nullptr) {
      count = 1;
      if (messages.size() > 1)
        count += std::max<ssize_t>(
            rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data() + 1, messages.size() - 1), 0);
    }
  }
  if (count < 0) return MakeError(rd_kafka_last_error(), "read records");
  KeepFetching();
  messages.resize(static_cast<size_t>(count));
  auto batch = std::make_unique<KafkaBatch>(client_, messages, names_);
  batch->Reserve(messages.size());

  const rd_kafka_topic_t* topic = nullptr;
  int32_t partition = -1;
  int32_t index = -1;
  int64_t first_offset = 0;
  for (const rd_kafka_message_t* message : messages) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      pending_error_ =
          MakeError(message->err, fmt::format("read {}-{}", rd_kafka_topic_name(message->rkt), message->partition),
                    rd_kafka_message_errstr(message));
      continue;
    }
    if (message->rkt != topic || message->partition != partition) {
      topic = message->rkt;
      partition = message->partition;
      const auto found = sources_.find({rd_kafka_topic_name(topic), partition});
      index = found == sources_.end() || !found->second.subscribed ? -1 : found->second.index;
      first_offset = index < 0 ? 0 : found->second.first_offset;
    }
    read_since_wake_ += message->len + message->key_len;
    if (index >= 0 && message->offset >= first_offset) batch->Add(message, index);
  }
  if (batch->records().empty() && pending_error_) return TakePendingError();
  return std::unique_ptr<Batch>(std::move(batch));
}

Error KafkaConsumer::TakePendingError() {
  Error error = std::move(*pending_error_);
  pending_error_.reset();
  return error;
}

Position KafkaConsumer::PositionOf(const RecordView& record) const { return PositionFromOffset(record.offset); }
Position KafkaConsumer::PositionAfter(const RecordView& record) const { return PositionFromOffset(record.offset + 1); }

Result<std::pair<int64_t, int64_t>> KafkaConsumer::Watermarks(const TopicPartition& of) {
  std::pair<int64_t, int64_t> low_high;
  const auto code = rd_kafka_query_watermark_offsets(client_.get(), of.topic.c_str(), of.partition, &low_high.first,
                                                     &low_high.second, kTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, fmt::format("ask where {} begins and ends", of.ToString()));
  return low_high;
}

Result<Position> KafkaConsumer::Beginning(const TopicPartition& of) {
  VENICE_ASSIGN(const auto low_high, Watermarks(of));
  return PositionFromOffset(low_high.first);
}

Result<Position> KafkaConsumer::End(const TopicPartition& of) {
  VENICE_ASSIGN(const auto low_high, Watermarks(of));
  return PositionFromOffset(low_high.second);
}

Result<std::optional<Position>> KafkaConsumer::AtTime(const TopicPartition& of, int64_t timestamp_ms) {
  const PartitionsHandle list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* query = rd_kafka_topic_partition_list_add(list.get(), of.topic.c_str(), of.partition);
  query->offset = timestamp_ms;
  auto code = rd_kafka_offsets_for_times(client_.get(), list.get(), kTimeoutMs);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = query->err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, fmt::format("look for time {} ms in {}", timestamp_ms, of.ToString()));
  if (query->offset < 0) return std::optional<Position>();
  return std::optional<Position>(PositionFromOffset(query->offset));
}

Result<std::strong_ordering> KafkaConsumer::Compare(const TopicPartition&, const Position& a, const Position& b) {
  if (a.kind() != b.kind() || a.kind() != Position::Kind::kAt) {
    const auto rank = [](const Position& position) {
      return position.kind() == Position::Kind::kEarliest ? 0 : position.kind() == Position::Kind::kAt ? 1 : 2;
    };
    return rank(a) <=> rank(b);
  }
  VENICE_ASSIGN(const int64_t offset_a, OffsetFromPosition(a));
  VENICE_ASSIGN(const int64_t offset_b, OffsetFromPosition(b));
  return offset_a <=> offset_b;
}

}  // namespace venice::pubsub::kafka
