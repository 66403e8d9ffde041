// One record dropped, doubled or altered between the job and the servers is caught every time and never served.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "base/wait.h"
#include "tests/integration/test_cluster.h"

namespace venice::test {
namespace {

using embedded::LogRecord;

constexpr int kRecords = 600;
constexpr int kRounds = 6;  // of each kind, at different records

// Strikes once: at the `strike_at`-th data record that passes in topics of version 2 and later.
struct Saboteur {
  std::function<void(std::vector<LogRecord>&, size_t)> act;
  std::atomic<int64_t> strike_at{-1};
  std::atomic<int64_t> seen{0};
  std::atomic<int> strikes{0};

  void operator()(std::string_view topic, std::vector<LogRecord>& records) {
    if (strike_at < 0 || topic.ends_with("_v1")) return;
    for (size_t i = 0; i < records.size(); ++i) {
      const bool data = records[i].key && !records[i].key->empty() && (*records[i].key)[0] == '\0';
      if (!data || seen++ != strike_at) continue;
      act(records, i);
      ++strikes;
      return;
    }
  }
};

class ContentVerification : public testing::Test {
 protected:
  // Pushes version 1 untouched, then sabotaged ones, each of which must fail while version 1 is served.
  void Sabotage(std::function<void(std::vector<LogRecord>&, size_t)> act) {
    Saboteur saboteur;
    saboteur.act = std::move(act);
    TestClusterOptions options;
    options.servers = 2;
    options.replication_factor = 2;
    options.tamper = [&](std::string_view topic, int32_t, std::vector<LogRecord>& records) {
      saboteur(topic, records);
    };
    TestCluster cluster(options);
    cluster.Start();
    if (HasFatalFailure()) return;
    cluster.NewStore("s");
    const auto first = cluster.Push("s", Pairs(kRecords, "good"));
    ASSERT_TRUE(first.ok()) << first.error().ToString();

    std::mt19937 dice(7);
    for (int round = 0; round < kRounds; ++round) {
      saboteur.seen = 0;
      saboteur.strikes = 0;
      saboteur.strike_at = round == 0 ? 0 : round == 1 ? kRecords - 1 : static_cast<int64_t>(dice() % kRecords);
      const auto pushed = cluster.Push("s", Pairs(kRecords, fmt::format("bad{}", round)));
      ASSERT_EQ(saboteur.strikes, 1);
      ASSERT_FALSE(pushed.ok()) << "record " << saboteur.strike_at << " was not missed";
      EXPECT_EQ(pushed.error().code(), ErrorCode::kPushFailed) << pushed.error().ToString();
      EXPECT_NE(pushed.error().message().find("partition"), std::string::npos) << pushed.error().message();
      EXPECT_EQ(cluster.CurrentVersion("s"), 1);
      for (int i = 0; i < kRecords; i += 37) {
        const auto value = cluster.Get("s", fmt::format("key-{}", i));
        ASSERT_TRUE(value.ok()) << value.error().ToString();
        EXPECT_EQ(value->value_or("missing"), fmt::format("good-{}", i));
      }
    }
    saboteur.strike_at = -1;
    const auto last = cluster.Push("s", Pairs(kRecords, "fine"));
    ASSERT_TRUE(last.ok()) << last.error().ToString();
    EXPECT_TRUE(WaitUntil(
        [&] {
          const auto value = cluster.Get("s", "key-5");
          return value.ok() && value->value_or("") == "fine-5";
        },
        std::chrono::seconds(20)));
  }
};

TEST_F(ContentVerification, CatchesADroppedRecord) {
  Sabotage([](std::vector<LogRecord>& records, size_t at) { records.erase(records.begin() + static_cast<long>(at)); });
}

TEST_F(ContentVerification, CatchesADoubledRecord) {
  Sabotage([](std::vector<LogRecord>& records, size_t at) {
    records.insert(records.begin() + static_cast<long>(at), records[at]);
  });
}

TEST_F(ContentVerification, CatchesAnAlteredValue) {
  Sabotage([](std::vector<LogRecord>& records, size_t at) {
    std::string& envelope = *records[at].value;
    const size_t value = envelope.find("bad");
    ASSERT_NE(value, std::string::npos);
    envelope[value] ^= 1;
  });
}

TEST_F(ContentVerification, CatchesAnAlteredKey) {
  Sabotage([](std::vector<LogRecord>& records, size_t at) { records[at].key->back() ^= 1; });
}

}  // namespace
}  // namespace venice::test
