// What one record costs in the formats: envelope, checksum, digest, partition, compression.
#include <benchmark/benchmark.h>

#include "protocol/checksum.h"
#include "protocol/compression.h"
#include "protocol/content_digest.h"
#include "protocol/envelope.h"
#include "protocol/multi_get.h"
#include "protocol/partitioner.h"
#include "protocol/position.h"

namespace venice::protocol {
namespace {

const std::string kKey =
    "\x20"
    "0123456789abcdef";

std::string Value(int64_t size) {
  std::string value(static_cast<size_t>(size), '\0');
  uint32_t state = 1;
  for (char& byte : value) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 28);
  return value;
}

constexpr LeaderMetadata kFooter{.host_name = "host-1234.example.com", .upstream_position = kEarliestPosition};

std::string EncodedPut(const std::string& value) {
  std::string out;
  EncodePutEnvelope({.guid = kHeartbeatGuid,
                     .segment_number = 1,
                     .sequence_number = 123456,
                     .message_timestamp_ms = 1700000000000,
                     .logical_timestamp_ms = -2},
                    {.value = value, .schema_id = 1}, kFooter, out);
  return out;
}

void EncodePut(benchmark::State& state) {
  const std::string value = Value(state.range(0));
  std::string out;
  ProducerMetadata producer{.guid = kHeartbeatGuid, .message_timestamp_ms = 1700000000000, .logical_timestamp_ms = -2};
  for (auto _ : state) {
    out.clear();
    ++producer.sequence_number;
    EncodePutEnvelope(producer, {.value = value, .schema_id = 1}, kFooter, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(EncodePut)->Arg(200)->Arg(2000);

void DecodePut(benchmark::State& state) {
  const std::string bytes = EncodedPut(Value(state.range(0)));
  EnvelopeView view;
  for (auto _ : state) {
    const bool ok = DecodeEnvelope(bytes, view).ok();
    benchmark::DoNotOptimize(ok);
    benchmark::DoNotOptimize(view);
  }
}
BENCHMARK(DecodePut)->Arg(200);

void Checksum(benchmark::State& state) {
  const std::string value = Value(state.range(1));
  SegmentChecksum checksum(static_cast<ChecksumType>(state.range(0)));
  for (auto _ : state) checksum.AddPut(kKey, 1, value);
  benchmark::DoNotOptimize(checksum.Value());
}
BENCHMARK(Checksum)
    ->ArgNames({"type", "bytes"})
    ->Args({1, 200})
    ->Args({3, 200})
    ->Args({4, 20})
    ->Args({4, 200})
    ->Args({4, 2000});

void ContentDigest(benchmark::State& state) {
  const std::string value = Value(state.range(0));
  PartitionDigest digest;
  for (auto _ : state) digest.Add(kKey, 1, value);
  benchmark::DoNotOptimize(digest.count());
}
BENCHMARK(ContentDigest)->Arg(20)->Arg(200)->Arg(2000);

void PartitionOfKey(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Partition(kKey, 256));
}
BENCHMARK(PartitionOfKey);

void MultiGetRecord(benchmark::State& state) {
  const std::string value = Value(100);
  std::string body;
  for (auto _ : state) {
    body.clear();
    AppendResponseRecord({.key_index = 70, .value = value, .schema_id = 1}, body);
    std::string_view rest = body;
    benchmark::DoNotOptimize(NextResponseRecord(rest));
  }
}
BENCHMARK(MultiGetRecord);

void Compress(benchmark::State& state) {
  const auto strategy = static_cast<CompressionStrategy>(state.range(0));
  std::shared_ptr<const ZstdDictionary> dictionary;
  if (strategy == CompressionStrategy::kZstdWithDict) dictionary = ZstdDictionary::Make(Value(4000)).value();
  const auto compressor = Compressor::Make(strategy, dictionary).value();
  const std::string value = Value(1000);
  std::string packed;
  for (auto _ : state) benchmark::DoNotOptimize(compressor->Compress(value, packed).ok());
}
BENCHMARK(Compress)->Arg(1)->Arg(3);

void Decompress(benchmark::State& state) {
  const auto strategy = static_cast<CompressionStrategy>(state.range(0));
  std::shared_ptr<const ZstdDictionary> dictionary;
  if (strategy == CompressionStrategy::kZstdWithDict) dictionary = ZstdDictionary::Make(Value(4000)).value();
  const auto compressor = Compressor::Make(strategy, dictionary).value();
  std::string packed, unpacked;
  (void)compressor->Compress(Value(1000), packed).ok();
  for (auto _ : state) benchmark::DoNotOptimize(compressor->Decompress(packed, 1 << 20, unpacked).ok());
}
BENCHMARK(Decompress)->Arg(1)->Arg(3);

}  // namespace
}  // namespace venice::protocol
