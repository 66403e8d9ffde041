// Writes a version topic: producer identity, segments, sequence numbers, checksums, start and end of push.
// Source: data-plane reference 4.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/checksum.h"
#include "protocol/compression.h"
#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/guid.h"
#include "pubsub/pubsub.h"

namespace venice::writer {

// Key + value (+ replication metadata) of one record: Venice's default limit, 950 KiB.
inline constexpr size_t kPayloadBytesMax = 950 * 1024;

struct WriterOptions {
  protocol::Guid guid = protocol::Guid::Random();
  std::string writer_id = "venice-cpp";  // host name in the footer of every record
  protocol::ChecksumType checksum = protocol::ChecksumType::kAdHash;
  size_t payload_bytes_max = kPayloadBytesMax;
  std::chrono::milliseconds segment_age_max = std::chrono::minutes(5);  // <= 0: one segment for ever
  const Clock* clock = &SystemClock();
};

struct PushStart {
  bool sorted = true;
  bool chunked = false;
  protocol::CompressionStrategy compression = protocol::CompressionStrategy::kNoOp;
  std::string dictionary;  // kZstdWithDict only
};

// Thread-safe across partitions: different partitions may be written by different threads at once; one partition by
// one thread at a time (records of a partition need an order anyway).
//
// Order of use: StartOfPush, Put and Delete, EndOfPush (which closes). A writer that only adds data to a push that
// another one started and ends (an own GUID each) uses Put and Close. After EndOfPush or Close nothing more can be
// written. The producer is borrowed and must outlive the writer.
// Nothing is known to be in the topic before the producer's Flush returned; EndOfPush and Close flush.
class VersionTopicWriter {
 public:
  VersionTopicWriter(pubsub::Producer& producer, std::string topic, int32_t partitions, WriterOptions options = {});
  ~VersionTopicWriter();
  VersionTopicWriter(const VersionTopicWriter&) = delete;
  VersionTopicWriter& operator=(const VersionTopicWriter&) = delete;

  const std::string& topic() const { return topic_; }
  int32_t partitions() const { return static_cast<int32_t>(partitions_.size()); }

  // One start of push per partition. Errors: kInvalidArgument (dictionary without or against its strategy), those of
  // the producer.
  Status StartOfPush(const PushStart& start);

  // value: Avro, compressed if the version is, without schema id. The callback (may be empty) runs once, on a producer
  // thread; also without it a failed write is remembered and returned by the next call, EndOfPush or Close.
  // Errors: kTooLarge (names the size; the record is not written), those of the producer.
  Status Put(int32_t partition, std::string_view key, int32_t schema_id, std::string_view value,
             pubsub::ProduceCallback callback = {});
  Status Delete(int32_t partition, std::string_view key, pubsub::ProduceCallback callback = {});

  // One end of push per partition, with its record count and content digest, then ends the segments as final and
  // flushes. `digests` has one entry per partition, or none when they are not known.
  Status EndOfPush(std::span<const protocol::PartitionDigest> digests,
                   std::chrono::milliseconds timeout = std::chrono::minutes(5));

  // The same from a job that counts but does not digest (Venice's own). -1 for a partition whose count is not known.
  Status EndOfPushWithCounts(std::span<const int64_t> counts,
                             std::chrono::milliseconds timeout = std::chrono::minutes(5));

  // Ends open segments as final and flushes. Idempotent; the destructor does not do it.
  Status Close(std::chrono::milliseconds timeout = std::chrono::minutes(5));

  // Records handed over, control records included, and bytes of their encoded keys and values; any thread, any time.
  uint64_t records_sent() const;
  uint64_t bytes_sent() const;

 private:
  struct PartitionWriter;
  class Failure;

  PartitionWriter& At(int32_t partition);
  protocol::LeaderMetadata Footer() const;
  Status FirstFailure() const;

  pubsub::Producer& producer_;
  const std::string topic_;
  const WriterOptions options_;
  std::vector<std::unique_ptr<PartitionWriter>> partitions_;
  Failure* failure_;  // deletes itself: deliveries may come after the writer is gone
};

}  // namespace venice::writer
