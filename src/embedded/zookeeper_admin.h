// ZooKeeper's four-letter words: plain text answers for operators and monitors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "embedded/tree_engine.h"

namespace venice::embedded {

struct ZooKeeperCounters {
  int64_t requests = 0;
  int64_t replies = 0;
  int64_t connections = 0;
  int64_t latency_us_total = 0;  // from decoding to the commit
  int64_t latency_us_max = 0;
};

struct ZooKeeperAdminView {
  const TreeEngine& engine;
  const ZooKeeperCounters& counters;
  std::string data_dir;
  uint16_t port = 0;
  milliseconds session_timeout_min{0};
  milliseconds session_timeout_max{0};
};

// nullopt when `word` is none of ruok, srvr, stat, mntr, conf, isro.
std::optional<std::string> AnswerFourLetterWord(std::string_view word, const ZooKeeperAdminView& view);

}  // namespace venice::embedded
