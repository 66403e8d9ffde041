// What the event loops know: which partitions of which versions this host can answer for.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/event_loop.h"
#include "storage/partition_store.h"

namespace venice::server {

struct ServedPartition {
  std::shared_ptr<const storage::PartitionStore> store;  // null: not on this host, or not open
  bool ready = false;                                    // complete and verified: may answer
};

struct ServedVersion {
  int32_t compression = 0;                  // CompressionStrategy of its values
  std::vector<ServedPartition> partitions;  // by number
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// Immutable once published. By version topic, "<store>_v<N>".
using ReplicaTable = std::unordered_map<std::string, ServedVersion, TextHash, std::equal_to<>>;

// Hands each new table to every loop, which then reads it without a lock.
class PublishedTable {
 public:
  explicit PublishedTable(net::EventLoopGroup& loops);

  // Returns when every loop uses the new table; so stores that only the old one held are closed on this thread, not on
  // a loop. Thread-safe; not from a loop. After StopWaiting() it returns at once.
  void Publish(std::shared_ptr<const ReplicaTable> table);
  // The loops are about to stop.
  void StopWaiting();

  // Only on `loop`.
  const std::shared_ptr<const ReplicaTable>& On(const net::EventLoop& loop) const;

 private:
  net::EventLoopGroup& loops_;
  std::mutex publishing_;  // tables arrive at the loops in the order of publication
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace venice::server
