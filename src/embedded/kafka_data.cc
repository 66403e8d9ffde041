// Requests that carry or find records.
#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "embedded/kafka_broker.h"
#include "embedded/kafka_pending_fetch.h"

namespace venice::embedded {
namespace {

constexpr size_t kFetchBytesMax = 64u << 20;  // of one answer, whatever the client asks for
constexpr int32_t kFetchWaitMsMax = 60'000;

}  // namespace

void KafkaBroker::Produce(KafkaRequest& request) {
  constexpr int16_t kFirstVersion = 3;  // earlier ones carry message formats 0 and 1
  const int16_t version = request.version();
  WireReader& body = request.body;
  if (version < kFirstVersion) return Malformed(request);
  const bool transactional = body.NullableString().has_value();
  const int16_t acks = body.Int16();
  body.Int32();
  const bool bad_acks = acks < -1 || acks > 1;

  WireWriter writer = Begin(request.reply_to);
  const int32_t topics = body.ArrayCount();
  writer.Array(static_cast<size_t>(std::max(topics, 0)));
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    const std::string topic(body.String());
    writer.String(topic);
    const int32_t partitions = body.ArrayCount();
    writer.Array(static_cast<size_t>(std::max(partitions, 0)));
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      const int32_t partition = body.Int32();
      const std::string_view records = body.NullableBytes().value_or(std::string_view());
      body.Tags();
      if (!body.ok()) break;
      AppendResult result;
      KafkaError error = KafkaError::kNone;
      if (bad_acks) {
        error = KafkaError::kInvalidRequiredAcks;
      } else if (transactional) {
        error = KafkaError::kInvalidRequest;
        result.message = "this log does not support transactions";
      } else {
        result = AppendRecords(topic, partition, const_cast<char*>(records.data()), records.size());
        error = ErrorFor(result.outcome);
      }
      writer.Int32(partition).Int16(static_cast<int16_t>(error)).Int64(result.base_offset).Int64(result.append_time_ms);
      if (version >= 5) writer.Int64(result.start_offset);
      if (version >= 8) {
        writer.Array(0);
        writer.NullableString(error == KafkaError::kNone ? std::nullopt
                                                         : std::optional<std::string_view>(result.message));
      }
      writer.Tags();
    }
    body.Tags();
    writer.Tags();
  }
  writer.Int32(0).Tags();
  if (!body.ok()) return Malformed(request);
  if (acks == 0) return network_->SendNothing(request.reply_to.connection);
  if (options_.sync == LogSync::kBeforeAck) {
    held_answers_.push_back({request.reply_to, std::move(writer)});
  } else {
    Send(request.reply_to, writer);
  }
}

AppendResult KafkaBroker::AppendRecords(const std::string& topic, int32_t partition, char* records, size_t bytes) {
  AppendResult result;
  const std::shared_ptr<PartitionLog> log = engine_.Partition(topic, partition);
  if (log == nullptr) {
    result.outcome = AppendOutcome::kDeleted;
    result.message = "no such topic or partition";
    return result;
  }
  if (bytes == 0) {
    result.outcome = AppendOutcome::kInvalidRecord;
    result.message = "no record batch";
    return result;
  }
  if (Status space = engine_.RequireFreeSpace(); !space.ok()) {
    result.outcome = AppendOutcome::kDiskFull;
    result.message = space.error().message();
    return result;
  }
  int64_t first_offset = -1;
  for (size_t position = 0; position < bytes;) {
    const std::string_view rest(records + position, bytes - position);
    const auto header = ParseBatchHeader(rest);
    const size_t size = header.ok() ? std::min(header->total_bytes(), rest.size()) : rest.size();
    result = options_.tamper_for_test ? AppendTampered(*log, topic, partition, rest.substr(0, size))
                                      : log->Append(records + position, size);
    if (first_offset < 0) first_offset = result.base_offset;
    if (result.outcome == AppendOutcome::kIoError) {
      LogError("kafka.append.failed", {{"topic", topic}, {"partition", partition}, {"error", result.message}});
    }
    if (result.outcome != AppendOutcome::kAppended && result.outcome != AppendOutcome::kDuplicate) break;
    position += size;
  }
  result.base_offset = first_offset;
  if (options_.sync == LogSync::kBeforeAck) {
    unsynced_.emplace(log.get(), log);
  } else {
    WakeFetchesOf(log.get());
  }
  return result;
}

AppendResult KafkaBroker::AppendTampered(PartitionLog& log, const std::string& topic, int32_t partition,
                                         std::string_view batch) {
  std::string bytes(batch);
  const auto header = CheckBatch(bytes);
  auto records = DecodeBatch(bytes);
  if (!header.ok() || !records.ok()) return log.Append(bytes.data(), bytes.size());
  options_.tamper_for_test(topic, partition, *records);
  if (records->empty()) {
    // Nothing is left to store; the producer hears that all is well.
    AppendResult dropped;
    dropped.outcome = AppendOutcome::kAppended;
    dropped.base_offset = log.end_offset();
    return dropped;
  }
  const auto altered =
      BuildBatch(*records, header->codec(), header->producer_id, header->producer_epoch, header->base_sequence);
  if (!altered.ok()) return log.Append(bytes.data(), bytes.size());
  bytes = *altered;
  return log.Append(bytes.data(), bytes.size(), &*header);
}

void KafkaBroker::Fetch(KafkaRequest& request) {
  const int16_t version = request.version();
  WireReader& body = request.body;
  auto fetch = std::make_unique<PendingFetch>();
  fetch->to = request.reply_to;
  body.Int32();  // replica
  fetch->wait_ms = std::clamp(body.Int32(), 0, kFetchWaitMsMax);
  fetch->bytes_min = static_cast<size_t>(std::max(body.Int32(), 0));
  fetch->bytes_max = std::min<size_t>(static_cast<size_t>(std::max(body.Int32(), 0)), kFetchBytesMax);
  body.Int8();  // isolation: without transactions both levels are the same
  int32_t session_id = 0;
  if (version >= 7) {
    session_id = body.Int32();
    body.Int32();
  }
  const int32_t topics = body.ArrayCount();
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    fetch->topics.emplace_back(body.String());
    const int32_t partitions = body.ArrayCount();
    const auto topic = engine_.Find(fetch->topics.back());
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      PendingFetch::Part part;
      part.topic = fetch->topics.size() - 1;
      part.partition = body.Int32();
      if (version >= 9) body.Int32();
      part.offset = body.Int64();
      if (version >= 12) body.Int32();
      if (version >= 5) body.Int64();
      part.bytes_max = static_cast<size_t>(std::max(body.Int32(), 0));
      body.Tags();
      if (topic != nullptr && part.partition >= 0 && static_cast<size_t>(part.partition) < topic->partitions.size()) {
        part.log = topic->partitions[static_cast<size_t>(part.partition)];
      }
      fetch->parts.push_back(std::move(part));
    }
    body.Tags();
  }
  // What follows only matters to fetch sessions, which are refused: id 0 tells the client to go on without.
  if (!body.ok()) return Malformed(request);
  if (session_id != 0) {
    WireWriter writer = Begin(request.reply_to);
    writer.Int32(0).Int16(static_cast<int16_t>(KafkaError::kFetchSessionIdNotFound)).Int32(0).Array(0).Tags();
    return Send(request.reply_to, writer);
  }
  if (TryFetch(*fetch, fetch->wait_ms == 0)) return FinishFetch(*fetch);
  const ConnectionId connection = request.reply_to.connection;
  for (const PendingFetch::Part& part : fetch->parts) waiting_[part.log.get()].insert(connection);
  fetch->timer = network_->RunAfter(std::chrono::milliseconds(fetch->wait_ms), [this, connection] {
    const auto found = fetches_.find(connection);
    if (found == fetches_.end()) return;
    TryFetch(*found->second, true);
    FinishFetch(*found->second);
  });
  fetches_[connection] = std::move(fetch);
}

// Reads what there is. True when the answer may go out: enough bytes, an error, or `final`.
bool KafkaBroker::TryFetch(PendingFetch& fetch, bool final) {
  size_t total = 0;
  bool error = false;
  for (PendingFetch::Part& part : fetch.parts) {
    part.read = ReadResult();
    part.error = KafkaError::kNone;
    // The topic may have been deleted, or deleted and made again, meanwhile.
    if (part.log == nullptr || engine_.Partition(fetch.topics[part.topic], part.partition) != part.log) {
      part.error = KafkaError::kUnknownTopicOrPartition;
    } else {
      const size_t left = fetch.bytes_max - std::min(total, fetch.bytes_max);
      auto read = part.log->Read(part.offset, std::min(part.bytes_max, left), total == 0);
      if (!read.ok()) {
        LogError(
            "kafka.read.failed",
            {{"topic", fetch.topics[part.topic]}, {"partition", part.partition}, {"error", read.error().message()}});
        part.error = KafkaError::kStorageError;
      } else {
        part.read = std::move(*read);
        if (part.read.out_of_range) part.error = KafkaError::kOffsetOutOfRange;
        total += part.read.slice.bytes;
      }
    }
    error = error || part.error != KafkaError::kNone;
  }
  return final || error || fetch.parts.empty() || total >= fetch.bytes_min;
}

void KafkaBroker::FinishFetch(PendingFetch& fetch) {
  const int16_t version = fetch.to.version;
  WireWriter writer = Begin(fetch.to);
  writer.Int32(0);
  if (version >= 7) writer.Int16(0).Int32(0);
  writer.Array(fetch.topics.size());
  auto part = fetch.parts.begin();
  for (size_t t = 0; t < fetch.topics.size(); ++t) {
    const auto end = std::find_if(part, fetch.parts.end(), [t](const PendingFetch::Part& p) { return p.topic != t; });
    writer.String(fetch.topics[t]).Array(static_cast<size_t>(end - part));
    for (; part != end; ++part) {
      const bool known = part->log != nullptr;
      const int64_t high_watermark = known ? part->read.end_offset : -1;
      writer.Int32(part->partition)
          .Int16(static_cast<int16_t>(part->error))
          .Int64(high_watermark)
          .Int64(high_watermark);
      if (version >= 5) writer.Int64(known ? part->read.start_offset : -1);
      writer.NullArray();
      if (version >= 11) writer.Int32(-1);
      writer.Records(part->error == KafkaError::kNone ? std::move(part->read.slice) : LogSlice());
      writer.Tags();
    }
    writer.Tags();
  }
  writer.Tags();
  const ReplyTo to = fetch.to;
  network_->Cancel(fetch.timer);
  for (const PendingFetch::Part& waited : fetch.parts) {
    const auto waiting = waiting_.find(waited.log.get());
    if (waiting == waiting_.end()) continue;
    waiting->second.erase(to.connection);
    if (waiting->second.empty()) waiting_.erase(waiting);
  }
  fetches_.erase(to.connection);  // `fetch` may be gone now
  Send(to, writer);
}

void KafkaBroker::WakeFetchesOf(const PartitionLog* log) {
  const auto found = waiting_.find(log);
  if (found != waiting_.end()) woken_.insert(found->second.begin(), found->second.end());
}

void KafkaBroker::ListOffsets(KafkaRequest& request) {
  constexpr int64_t kLatest = -1;
  constexpr int64_t kEarliest = -2;
  constexpr int64_t kNewest = -3;  // the record with the largest timestamp
  const int16_t version = request.version();
  WireReader& body = request.body;
  body.Int32();
  if (version >= 2) body.Int8();
  WireWriter writer = Begin(request.reply_to);
  if (version >= 2) writer.Int32(0);
  const int32_t topics = body.ArrayCount();
  writer.Array(static_cast<size_t>(std::max(topics, 0)));
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    const std::string topic(body.String());
    const int32_t partitions = body.ArrayCount();
    writer.String(topic).Array(static_cast<size_t>(std::max(partitions, 0)));
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      const int32_t partition = body.Int32();
      if (version >= 4) body.Int32();
      const int64_t timestamp = body.Int64();
      body.Tags();
      KafkaError error = KafkaError::kNone;
      TimedOffset answer;
      const auto log = engine_.Partition(topic, partition);
      if (log == nullptr) {
        error = KafkaError::kUnknownTopicOrPartition;
      } else if (timestamp == kLatest) {
        answer.offset = log->end_offset();
      } else if (timestamp == kEarliest) {
        answer.offset = log->start_offset();
      } else {
        const auto found = timestamp == kNewest ? log->FindMaxTime() : log->FindTime(timestamp);
        if (!found.ok()) {
          LogError("kafka.read.failed",
                   {{"topic", topic}, {"partition", partition}, {"error", found.error().message()}});
          error = KafkaError::kStorageError;
        } else if (*found) {
          answer = **found;
        }
      }
      writer.Int32(partition).Int16(static_cast<int16_t>(error)).Int64(answer.timestamp_ms).Int64(answer.offset);
      if (version >= 4) writer.Int32(answer.offset >= 0 ? 0 : -1);
      writer.Tags();
    }
    body.Tags();
    writer.Tags();
  }
  writer.Tags();
  if (!body.ok()) return Malformed(request);
  Send(request.reply_to, writer);
}

void KafkaBroker::OffsetForLeaderEpoch(KafkaRequest& request) {
  WireReader& body = request.body;
  if (request.version() >= 3) body.Int32();
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0);
  const int32_t topics = body.ArrayCount();
  writer.Array(static_cast<size_t>(std::max(topics, 0)));
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    const std::string topic(body.String());
    const int32_t partitions = body.ArrayCount();
    writer.String(topic).Array(static_cast<size_t>(std::max(partitions, 0)));
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      const int32_t partition = body.Int32();
      body.Int32();
      const int32_t epoch = body.Int32();
      body.Tags();
      const auto log = engine_.Partition(topic, partition);
      const KafkaError error = log != nullptr ? KafkaError::kNone : KafkaError::kUnknownTopicOrPartition;
      // There has been one epoch only, 0: it ends where the log ends.
      const bool known = log != nullptr && epoch == 0;
      writer.Int16(static_cast<int16_t>(error)).Int32(partition).Int32(known ? 0 : -1);
      writer.Int64(known ? log->end_offset() : -1).Tags();
    }
    body.Tags();
    writer.Tags();
  }
  writer.Tags();
  if (!body.ok()) return Malformed(request);
  Send(request.reply_to, writer);
}

void KafkaBroker::DeleteRecords(KafkaRequest& request) {
  WireReader& body = request.body;
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0);
  const int32_t topics = body.ArrayCount();
  writer.Array(static_cast<size_t>(std::max(topics, 0)));
  for (int32_t t = 0; t < topics && body.ok(); ++t) {
    const std::string topic(body.String());
    const int32_t partitions = body.ArrayCount();
    writer.String(topic).Array(static_cast<size_t>(std::max(partitions, 0)));
    for (int32_t p = 0; p < partitions && body.ok(); ++p) {
      const int32_t partition = body.Int32();
      const int64_t offset = body.Int64();
      body.Tags();
      if (!body.ok()) break;
      const auto log = engine_.Partition(topic, partition);
      KafkaError error = KafkaError::kUnknownTopicOrPartition;
      int64_t low_watermark = -1;
      if (log != nullptr) {
        const auto deleted = log->DeleteRecordsBefore(offset);
        error = deleted.ok() ? KafkaError::kNone : KafkaError::kOffsetOutOfRange;
        if (deleted.ok()) low_watermark = *deleted;
      }
      writer.Int32(partition).Int64(low_watermark).Int16(static_cast<int16_t>(error)).Tags();
    }
    body.Tags();
    writer.Tags();
  }
  writer.Tags();
  if (!body.ok()) return Malformed(request);
  Send(request.reply_to, writer);
}

void KafkaBroker::InitProducerId(KafkaRequest& request) {
  const bool transactional = request.body.NullableString().has_value();
  if (!request.body.ok()) return Malformed(request);
  int64_t id = -1;
  KafkaError error = transactional ? KafkaError::kInvalidRequest : KafkaError::kNone;
  if (!transactional) {
    const auto made = engine_.NewProducerId();
    if (made.ok()) {
      id = *made;
    } else {
      LogError("kafka.producer_id.failed", {{"error", made.error().message()}});
      error = KafkaError::kCoordinatorNotAvailable;
    }
  }
  WireWriter writer = Begin(request.reply_to);
  writer.Int32(0).Int16(static_cast<int16_t>(error)).Int64(id).Int16(id >= 0 ? 0 : -1).Tags();
  Send(request.reply_to, writer);
}

}  // namespace venice::embedded
