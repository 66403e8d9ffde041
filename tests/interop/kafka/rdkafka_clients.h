// librdkafka's C clients, as little wrapped as the tests of this folder allow.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace venice::kafka_cases {

using Config = std::map<std::string, std::string>;

struct Message {
  int32_t partition = -1;
  int64_t offset = -1;
  int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Handle {
  rd_kafka_t* rk = nullptr;
  Handle() = default;
  Handle(Handle&& other) noexcept : rk(std::exchange(other.rk, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(rk, other.rk);
    return *this;
  }
  ~Handle() {
    if (rk != nullptr) rd_kafka_destroy(rk);
  }
};
Handle NewHandle(rd_kafka_type_t type, const std::string& bootstrap, const Config& config);

class Producer {
 public:
  Producer(const std::string& bootstrap, Config config = {});
  // Waits while the queue is full. `partition` -1: by key.
  void Send(const std::string& topic, int32_t partition, const std::optional<std::string>& key,
            const std::optional<std::string>& value, int64_t timestamp_ms = 0,
            const std::vector<std::pair<std::string, std::string>>& headers = {});
  // True when all were acknowledged in time.
  bool Flush(std::chrono::milliseconds limit = std::chrono::seconds(20));

  struct Delivery {
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    int32_t partition = -1;
    int64_t offset = -1;
    std::string value;
  };
  std::vector<Delivery> deliveries;  // filled by Poll and Flush
  bool keep_values = false;
  void Poll() { rd_kafka_poll(handle_.rk, 0); }
  rd_kafka_t* rk() { return handle_.rk; }

 private:
  static void OnDelivery(rd_kafka_t* rk, const rd_kafka_message_t* message, void* opaque);
  Handle handle_;
};

class Consumer {
 public:
  Consumer(const std::string& bootstrap, Config config = {});
  ~Consumer();
  void Assign(const std::string& topic, int32_t partition, int64_t offset);
  void Subscribe(const std::vector<std::string>& topics);
  // Up to `count` messages, fewer when the limit passes or every assigned partition is at its end.
  std::vector<Message> Read(size_t count, std::chrono::milliseconds limit = std::chrono::seconds(15),
                            bool stop_at_end = false);
  std::vector<int32_t> Assignment();
  rd_kafka_resp_err_t Commit();
  rd_kafka_resp_err_t last_error = RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_t* rk() { return handle_.rk; }

 private:
  Handle handle_;
};

class Admin {
 public:
  explicit Admin(const std::string& bootstrap);
  rd_kafka_resp_err_t Create(const std::string& topic, int partitions, const Config& settings = {});
  rd_kafka_resp_err_t Delete(const std::string& topic);
  rd_kafka_resp_err_t Grow(const std::string& topic, int partitions);
  rd_kafka_resp_err_t SetConfig(const std::string& topic, const Config& settings);
  Config Describe(const std::string& topic);
  rd_kafka_resp_err_t DeleteRecords(const std::string& topic, int32_t partition, int64_t before);
  // nullopt when the topic does not exist.
  std::optional<int> Partitions(const std::string& topic);
  std::pair<int64_t, int64_t> Watermarks(const std::string& topic, int32_t partition);
  int64_t OffsetAt(const std::string& topic, int32_t partition, int64_t timestamp_ms);
  std::string error_text;  // of the last operation

 private:
  struct Event;
  std::unique_ptr<Event> Wait(rd_kafka_queue_t* queue);
  Handle handle_;
};

}  // namespace venice::kafka_cases
