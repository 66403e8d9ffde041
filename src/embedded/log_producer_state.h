// What idempotent producers wrote lately to one partition, so that a batch sent twice is stored once.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "embedded/log_batch.h"

namespace venice::embedded {

inline constexpr size_t kProducersMax = 10'000;    // of one partition; the longest unused is forgotten first
inline constexpr size_t kProducerBatchesKept = 5;  // clients have at most five requests in flight
inline constexpr int64_t kProducerExpiryMs = 24LL * 3600 * 1000;

// Owned by one partition, under its lock.
class ProducerState {
 public:
  enum class Verdict : uint8_t { kAccept, kDuplicate, kOutOfOrder, kOldDuplicate, kStaleEpoch };
  struct Answer {
    Verdict verdict = Verdict::kAccept;
    int64_t base_offset = -1;  // of the batch stored before, for kDuplicate
    int64_t timestamp_ms = -1;
  };

  // `header` as sent, before offsets are assigned. Batches without producer id are accepted.
  Answer Check(const BatchHeader& header) const;
  // Remembers a batch that is stored.
  void Add(const BatchHeader& stored, int64_t now_ms);

  size_t size() const { return producers_.size(); }
  std::string Encode() const;
  static Result<ProducerState> Decode(std::string_view bytes);

 private:
  struct BatchSpan {
    int32_t first_sequence = 0;
    int32_t last_sequence = 0;
    int64_t base_offset = 0;
    int64_t timestamp_ms = -1;
  };
  struct Producer {
    int16_t epoch = 0;
    int64_t used_ms = 0;
    std::deque<BatchSpan> batches;  // newest last
  };
  void Expire(int64_t now_ms);

  std::unordered_map<int64_t, Producer> producers_;
};

}  // namespace venice::embedded
