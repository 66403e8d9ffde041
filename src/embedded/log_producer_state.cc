#include "embedded/log_producer_state.h"

#include <algorithm>
#include <limits>

#include "base/byte_order.h"

namespace venice::embedded {
namespace {

// Sequences wrap to 0 after the largest 32-bit value.
int32_t Advance(int32_t sequence, int32_t by) {
  constexpr int64_t kModulus = int64_t{std::numeric_limits<int32_t>::max()} + 1;
  return static_cast<int32_t>((int64_t{sequence} + by) % kModulus);
}

}  // namespace

ProducerState::Answer ProducerState::Check(const BatchHeader& header) const {
  if (header.producer_id < 0) return {};
  const auto found = producers_.find(header.producer_id);
  if (found == producers_.end()) return {};
  const Producer& producer = found->second;
  if (header.producer_epoch < producer.epoch) return {Verdict::kStaleEpoch};
  if (header.producer_epoch > producer.epoch) {
    return {header.base_sequence == 0 ? Verdict::kAccept : Verdict::kOutOfOrder};
  }
  const int32_t last = Advance(header.base_sequence, header.last_offset_delta);
  for (const BatchSpan& batch : producer.batches) {
    if (batch.first_sequence == header.base_sequence && batch.last_sequence == last) {
      return {Verdict::kDuplicate, batch.base_offset, batch.timestamp_ms};
    }
  }
  if (producer.batches.empty()) return {};
  const int32_t newest = producer.batches.back().last_sequence;
  if (header.base_sequence == Advance(newest, 1)) return {};
  return {last <= newest ? Verdict::kOldDuplicate : Verdict::kOutOfOrder};
}

void ProducerState::Add(const BatchHeader& stored, int64_t now_ms) {
  if (stored.producer_id < 0) return;
  if (!producers_.contains(stored.producer_id) && producers_.size() >= kProducersMax) Expire(now_ms);
  Producer& producer = producers_[stored.producer_id];
  if (stored.producer_epoch != producer.epoch) producer.batches.clear();
  producer.epoch = stored.producer_epoch;
  producer.used_ms = now_ms;
  producer.batches.push_back({stored.base_sequence, Advance(stored.base_sequence, stored.last_offset_delta),
                              stored.base_offset, stored.log_append_time() ? stored.max_timestamp : -1});
  if (producer.batches.size() > kProducerBatchesKept) producer.batches.pop_front();
}

void ProducerState::Expire(int64_t now_ms) {
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.used_ms + kProducerExpiryMs < now_ms; });
  if (producers_.size() < kProducersMax) return;
  const auto oldest = std::min_element(producers_.begin(), producers_.end(), [](const auto& a, const auto& b) {
    return a.second.used_ms < b.second.used_ms;
  });
  producers_.erase(oldest);
}

std::string ProducerState::Encode() const {
  std::string out;
  AppendBigEndian<uint32_t>(out, static_cast<uint32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    AppendBigEndian<int64_t>(out, id);
    AppendBigEndian<int16_t>(out, producer.epoch);
    AppendBigEndian<int64_t>(out, producer.used_ms);
    AppendBigEndian<uint8_t>(out, static_cast<uint8_t>(producer.batches.size()));
    for (const BatchSpan& batch : producer.batches) {
      AppendBigEndian<int32_t>(out, batch.first_sequence);
      AppendBigEndian<int32_t>(out, batch.last_sequence);
      AppendBigEndian<int64_t>(out, batch.base_offset);
      AppendBigEndian<int64_t>(out, batch.timestamp_ms);
    }
  }
  return out;
}

Result<ProducerState> ProducerState::Decode(std::string_view bytes) {
  constexpr size_t kProducerBytes = 19;
  constexpr size_t kBatchBytes = 24;
  const Error corrupt(ErrorCode::kCorruption, "producer state of a partition");
  ProducerState state;
  if (bytes.size() < 4) return corrupt;
  const auto count = LoadBigEndian<uint32_t>(bytes.data());
  bytes.remove_prefix(4);
  if (count > kProducersMax) return corrupt;
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes.size() < kProducerBytes) return corrupt;
    Producer& producer = state.producers_[LoadBigEndian<int64_t>(bytes.data())];
    producer.epoch = LoadBigEndian<int16_t>(bytes.data() + 8);
    producer.used_ms = LoadBigEndian<int64_t>(bytes.data() + 10);
    const size_t batches = static_cast<uint8_t>(bytes[18]);
    bytes.remove_prefix(kProducerBytes);
    if (batches > kProducerBatchesKept || bytes.size() < batches * kBatchBytes) return corrupt;
    for (size_t b = 0; b < batches; ++b) {
      producer.batches.push_back({LoadBigEndian<int32_t>(bytes.data()), LoadBigEndian<int32_t>(bytes.data() + 4),
                                  LoadBigEndian<int64_t>(bytes.data() + 8), LoadBigEndian<int64_t>(bytes.data() + 16)});
      bytes.remove_prefix(kBatchBytes);
    }
  }
  return state;
}

}  // namespace venice::embedded
