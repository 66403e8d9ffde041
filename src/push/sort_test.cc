// Sorting in memory, on disk and in several passes, against std::sort.
#include <gtest/gtest.h>

#include <random>

#include "base/file.h"
#include "push/external_sorter.h"

namespace venice::push {
namespace {

struct Sample {
  int32_t partition;
  std::string key;
  std::string value;
  auto operator<=>(const Sample&) const = default;
};

std::vector<Sample> MakeSamples(int count, int32_t partitions, int distinct_keys, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    Sample sample;
    sample.partition = static_cast<int32_t>(random() % static_cast<uint32_t>(partitions));
    sample.key = fmt::format("\x1euser-{:08}", random() % static_cast<uint32_t>(distinct_keys));
    if (random() % 3 == 0) sample.key[0] = static_cast<char>(random());  // also bytes above 0x7f
    if (random() % 10 == 0) sample.key.resize(random() % 6);
    sample.value = std::string(random() % 200, static_cast<char>(random()));
    samples.push_back(std::move(sample));
  }
  return samples;
}

bool UnsignedLess(const Sample& a, const Sample& b) {
  return std::tuple(a.partition, std::string_view(a.key), std::string_view(a.value)) <
         std::tuple(b.partition, std::string_view(b.key), std::string_view(b.value));
}

std::vector<Sample> SortedBy(ExternalSorter& sorter, const std::vector<Sample>& samples, int32_t partitions,
                             int shards) {
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto shard = static_cast<int>(i % static_cast<size_t>(shards));
    EXPECT_TRUE(sorter.Add(shard, samples[i].partition, samples[i].key, samples[i].value).ok());
  }
  for (int shard = 0; shard < shards; ++shard) sorter.FinishShard(shard);
  EXPECT_TRUE(sorter.PrepareMerge().ok());
  std::vector<Sample> sorted;
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const auto cursor = sorter.Merge(partition);
    RecordView record;
    while (cursor->Next(record)) sorted.push_back({partition, std::string(record.key), std::string(record.value)});
    EXPECT_TRUE(cursor->status().ok());
  }
  return sorted;
}

TEST(SortBuffer, RefusesWhenFullButTakesOneHugeRecord) {
  SortBuffer buffer(1, 1 << 20);
  EXPECT_TRUE(buffer.Add(0, "k", std::string(2 << 20, 'v')));
  EXPECT_FALSE(buffer.Add(0, "l", "v"));
  buffer.Sort();
  EXPECT_EQ(buffer.partition(0).size(), 1u);
  buffer.Clear();
  EXPECT_EQ(buffer.bytes_used(), 0u);
  EXPECT_TRUE(buffer.partition(0).empty());
  EXPECT_TRUE(buffer.Add(0, "l", "v"));
}

TEST(ExternalSorter, SortsInMemory) {
  const auto samples = MakeSamples(20'000, 7, 5'000, 1);
  ExternalSorter sorter({.partitions = 7, .shards = 3, .memory_bytes = 64 << 20});
  auto expected = samples;
  std::sort(expected.begin(), expected.end(), UnsignedLess);
  EXPECT_EQ(SortedBy(sorter, samples, 7, 3), expected);
  EXPECT_EQ(sorter.spilled_bytes(), 0u);
}

TEST(ExternalSorter, SortsOnDisk) {
  const auto samples = MakeSamples(50'000, 5, 1'000'000, 2);
  const TemporaryDirectory folder;
  ExternalSorter sorter(
      {.partitions = 5, .shards = 2, .merge_threads = 2, .memory_bytes = 1 << 20, .temp_dir = folder.path().string()});
  auto expected = samples;
  std::sort(expected.begin(), expected.end(), UnsignedLess);
  EXPECT_EQ(SortedBy(sorter, samples, 5, 2), expected);
  EXPECT_GT(sorter.runs(), 4);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));  // the files have no name
}

TEST(ExternalSorter, MergesInSeveralPasses) {
  const auto samples = MakeSamples(30'000, 3, 1'000, 3);
  ExternalSorter sorter({.partitions = 3, .shards = 1, .memory_bytes = 256 << 10, .runs_max = 3});
  auto expected = samples;
  std::sort(expected.begin(), expected.end(), UnsignedLess);
  EXPECT_EQ(SortedBy(sorter, samples, 3, 1), expected);
  EXPECT_GT(sorter.extra_passes(), 2);
}

TEST(ExternalSorter, EmptyPartitionsAndNoRecords) {
  ExternalSorter sorter({.partitions = 4, .shards = 2, .memory_bytes = 1 << 20});
  EXPECT_TRUE(SortedBy(sorter, {}, 4, 2).empty());
  ExternalSorter one({.partitions = 4, .shards = 2, .memory_bytes = 1 << 20});
  EXPECT_EQ(SortedBy(one, {{2, "k", ""}}, 4, 2), (std::vector<Sample>{{2, "k", ""}}));
}

TEST(ExternalSorter, NamesTheFolderThatCannotBeWritten) {
  ExternalSorter sorter({.partitions = 1, .shards = 1, .memory_bytes = 64 << 10, .temp_dir = "/no/such/folder"});
  Status status;
  for (int i = 0; i < 10'000 && status.ok(); ++i) status = sorter.Add(0, 0, std::to_string(i), std::string(100, 'v'));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message().find("/no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace venice::push
