#include "pubsub/kafka/producer.h"

#include <mutex>

#include <fmt/format.h>

#include "base/check.h"
#include "pubsub/kafka/kafka_client.h"

namespace venice::pubsub::kafka {
namespace {

constexpr int kPollMs = 100;

// What a record carries through librdkafka: nothing, an owned ProduceCallback, or (with the lowest bit set) a watcher.
constexpr uintptr_t kWatcherBit = 1;

Error WhyRefused(const rd_kafka_message_t& message) {
  const std::string attempt = fmt::format("write to {}-{}", rd_kafka_topic_name(message.rkt), message.partition);
  // Kafka has no error for a full disk that clients do not repeat for minutes; the embedded log answers with this one.
  if (message.err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION)
    return Error(ErrorCode::kDiskFull, attempt + ": the log refuses more records, its disk has no space left");
  return MakeError(message.err, attempt);
}

using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, FreeWith<rd_kafka_headers_destroy>>;

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::Make(ConfigHandle config) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer());
  rd_kafka_conf_set_dr_msg_cb(config.get(), OnDelivery);
  rd_kafka_conf_set_error_cb(config.get(), [](rd_kafka_t*, int, const char*, void*) {});  // records tell their own fate
  VENICE_ASSIGN(producer->client_, MakeClient(Role::kProducer, std::move(config)));
  producer->callback_thread_ = std::thread([self = producer.get()] { self->ServeCallbacks(); });
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (client_ != nullptr) rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  stopping_ = true;
  if (callback_thread_.joinable()) callback_thread_.join();
  topics_.clear();
}

void KafkaProducer::ServeCallbacks() {
  // After the purge every record has its report in the queue, so the last rounds run all callbacks that are left.
  while (!stopping_) rd_kafka_poll(client_.get(), kPollMs);
  while (rd_kafka_outq_len(client_.get()) > 0) rd_kafka_poll(client_.get(), kPollMs);
}

void KafkaProducer::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const auto opaque = reinterpret_cast<uintptr_t>(message->_private);
  if (opaque == 0) return;
  Result<Position> outcome = PositionFromOffset(message->offset);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) outcome = WhyRefused(*message);
  if ((opaque & kWatcherBit) != 0) {
    reinterpret_cast<DeliveryWatcher*>(opaque ^ kWatcherBit)->OnDelivery(std::move(outcome));
    return;
  }
  const std::unique_ptr<ProduceCallback> callback(reinterpret_cast<ProduceCallback*>(opaque));
  (*callback)(std::move(outcome));
}

Result<rd_kafka_topic_t*> KafkaProducer::FindTopic(const std::string& name) {
  if (const Topic* last = last_topic_.load(std::memory_order_acquire); last != nullptr && last->name == name)
    return last->handle.get();
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = topics_.find(name); found != topics_.end()) {
      last_topic_.store(found->second.get(), std::memory_order_release);
      return found->second->handle.get();
    }
  }
  const std::unique_lock lock(mutex_);
  std::unique_ptr<Topic>& entry = topics_[name];
  if (entry == nullptr) {
    TopicHandle handle(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    if (handle == nullptr) {
      topics_.erase(name);
      return MakeError(rd_kafka_last_error(), fmt::format("write to topic {}", name));
    }
    entry = std::make_unique<Topic>(Topic{name, std::move(handle)});
  }
  last_topic_.store(entry.get(), std::memory_order_release);
  return entry->handle.get();
}

Status KafkaProducer::Send(const TopicPartition& to, std::string_view key, std::string_view value,
                           std::span<const Header> headers, ProduceCallback callback) {
  std::unique_ptr<ProduceCallback> owned;
  if (callback) owned = std::make_unique<ProduceCallback>(std::move(callback));
  VENICE_TRY(Produce(to, key, value, headers, owned.get()));
  (void)owned.release();  // OnDelivery takes it
  return Ok();
}

Status KafkaProducer::SendWatched(const TopicPartition& to, std::string_view key, std::string_view value,
                                  std::span<const Header> headers, DeliveryWatcher& watcher) {
  static_assert(alignof(DeliveryWatcher) > kWatcherBit && alignof(ProduceCallback) > kWatcherBit);
  return Produce(to, key, value, headers, reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(&watcher) | kWatcherBit));
}

Status KafkaProducer::Produce(const TopicPartition& to, std::string_view key, std::string_view value,
                              std::span<const Header> headers, void* opaque) {
  VENICE_ASSIGN(rd_kafka_topic_t* const topic, FindTopic(to.topic));
  // Blocks while the buffer is full; the callback thread drains it.
  constexpr int kFlags = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers.empty()) {
    if (rd_kafka_produce(topic, to.partition, kFlags, const_cast<char*>(value.data()), value.size(), key.data(),
                         key.size(), opaque) != 0)
      code = rd_kafka_last_error();
  } else {
    HeadersHandle list(rd_kafka_headers_new(headers.size()));
    for (const Header& header : headers)
      rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    code = rd_kafka_producev(client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(to.partition),
                             RD_KAFKA_V_MSGFLAGS(kFlags), RD_KAFKA_V_KEY(key.data(), key.size()),
                             RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                             RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) (void)list.release();
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return MakeError(code, fmt::format("write {} bytes to {}", key.size() + value.size(), to.ToString()));
  return Ok();
}

Status KafkaProducer::Flush(std::chrono::milliseconds timeout) {
  // rd_kafka_flush also sends what waits for its batch to fill. The callback thread may be the one that serves reports.
  const auto code = rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return MakeError(code, fmt::format("flush: {} records are still unacknowledged after {} ms",
                                     rd_kafka_outq_len(client_.get()), timeout.count()));
}

}  // namespace venice::pubsub::kafka
